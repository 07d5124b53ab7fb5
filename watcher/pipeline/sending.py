"""Sends that end: each has a limit in time, whatever the server at the other end does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from watcher.model import Retry, SendOutcome, TargetName
from watcher.polling import human
from watcher.threads import DaemonThreads

log = structlog.get_logger("watcher")

# A server that dribbles bytes keeps every time-out of a connection from running out; so many sends to it may hang.
SENDS_HANGING = 4


class Lane:
    """The way to one target. A send that hangs is given up after its time, and left to itself; the next has a new one.

    Args:
        name: of the target.
    """

    def __init__(self, name: TargetName) -> None:
        self._name = name
        self._threads = DaemonThreads(SENDS_HANGING, f"send-{name}")

    async def send(self, send: Callable[[], SendOutcome], limit: timedelta) -> SendOutcome:
        """What came of a send. Never raises, and waits no longer than the limit."""
        if self._threads.all_taken:
            return Retry(f"{SENDS_HANGING} earlier messages to it are still being sent")
        try:
            async with asyncio.timeout(limit.total_seconds()):
                return await self._threads.call(send)
        except TimeoutError:
            return Retry(f"no whole answer within {human(limit)}", maybe_sent=True)
        except Exception as error:
            log.exception("a send failed for a reason of our own", target=self._name)
            return Retry(f"{type(error).__name__}: {error}", maybe_sent=True)
