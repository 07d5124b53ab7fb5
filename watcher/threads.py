"""Calls that block, on threads that never keep the process from ending.

The executors of the standard library wait for their threads when the interpreter ends, so that one server that dribbles
bytes, or one slow name server, would hold up the end for as long as it likes. Daemon threads are left behind instead.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

R = TypeVar("R")


class DaemonThreads:
    """Makes calls on daemon threads, at most ``limit`` at once; the others wait for their turn.

    A call goes on when nobody waits for it any more, and takes up its place until it ends.

    Args:
        limit: of calls under way.
        name: what the threads are called.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._places = asyncio.Semaphore(limit)
        self.under_way = 0

    @property
    def all_taken(self) -> bool:
        """Whether the next call would have to wait."""
        return self.under_way >= self._limit

    async def call(self, work: Callable[[], R]) -> R:
        """What ``work`` returns or raises."""
        await self._places.acquire()
        self.under_way += 1
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()

        def end(settle: Callable[[], None]) -> None:
            self.under_way -= 1
            self._places.release()
            if not answer.done():
                settle()

        def run() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - raised again where the call is awaited
                raised = error
                settle: Callable[[], None] = lambda: answer.set_exception(raised)  # noqa: E731
            else:
                settle = lambda: answer.set_result(result)  # noqa: E731
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(end, settle)

        threading.Thread(target=run, name=self._name, daemon=True).start()
        return await answer
