"""What robots.txt allows (RFC 9309), remembered for a day. Not for feeds: who subscribes is no crawler."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from protego import Protego
from yarl import URL

from watcher.address import normal_host
from watcher.fetch.hops import shown
from watcher.fetch.messages import FetchRequest
from watcher.model import Failed, FailureKind, Response
from watcher.polling import retry_after, status_failure

ROBOTS_AGE = timedelta(hours=24)
ROBOTS_RETRY = timedelta(hours=1)
ROBOTS_HOSTS = 2_000

_ROBOTS_NAME = "watcher"


@dataclass(frozen=True, slots=True)
class _Rules:
    """What robots.txt of one origin says, and until when that holds.

    Attributes:
        rules: None when there is no file to obey.
        trouble: why nothing may be fetched for now; empty when the rules are known.
    """

    until: datetime
    rules: Protego | None = None
    trouble: str = ""


class Robots:
    """The rules of the origins that were asked.

    Args:
        get: fetches.
        clock: now, as aware UTC.
    """

    def __init__(
        self, get: Callable[[FetchRequest], Awaitable[Response | Failed]], clock: Callable[[], datetime]
    ) -> None:
        self._get = get
        self._clock = clock
        self._known: OrderedDict[tuple[str, tuple[str, ...]], _Rules] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def set_back(self, by: timedelta) -> None:
        """The clock was set back by so much: know the rules as long as was meant."""
        self._known = OrderedDict((key, replace(each, until=each.until - by)) for key, each in self._known.items())

    async def refusal(self, url: str, allow_private: tuple[str, ...] = ()) -> Failed | None:
        """Why robots.txt keeps us from a page; None when it does not.

        ``retry_after`` is set when that is for now only, because the file could not be read.
        """
        try:
            origin = URL(url).origin()
        except ValueError:
            return None  # fetching it will say what is wrong with it
        rules = await self._rules_of(str(origin), allow_private)
        host = normal_host(origin.host or "")
        if rules.trouble:
            detail = f"robots.txt of {host} could not be read ({rules.trouble}), so its pages are left alone for now"
            return Failed(FailureKind.ROBOTS, detail, shown(url), retry_after=rules.until - self._clock())
        if rules.rules is None or rules.rules.can_fetch(url, _ROBOTS_NAME):
            return None
        return Failed(FailureKind.ROBOTS, f"robots.txt of {host} does not allow it", shown(url))

    async def _rules_of(self, origin: str, allow_private: tuple[str, ...]) -> _Rules:
        key = (origin, allow_private)
        lock = self._locks.setdefault(origin, asyncio.Lock())
        async with lock:
            known = self._known.get(key)
            if known is None or known.until <= self._clock():
                known = await self._fetch(origin, allow_private)
                self._known[key] = known
            self._known.move_to_end(key)
            if len(self._known) > ROBOTS_HOSTS:
                self._known.popitem(last=False)
        return known

    async def _fetch(self, origin: str, allow_private: tuple[str, ...]) -> _Rules:
        answer = await self._get(FetchRequest(f"{origin}/robots.txt", "robots", allow_private=allow_private, clip=True))
        now = self._clock()
        if isinstance(answer, Failed):
            if answer.kind in (FailureKind.REDIRECT, FailureKind.BLOCKED):
                return _Rules(now + ROBOTS_AGE)  # nothing to obey; what is blocked is refused at the page itself
            return _Rules(now + (answer.retry_after or ROBOTS_RETRY), trouble=answer.detail)
        if answer.status == 429 or answer.status >= 500:
            wait = retry_after(answer.headers) or ROBOTS_RETRY
            return _Rules(now + wait, trouble=f"{answer.status}: {status_failure(answer.status)[1]}")
        if answer.status >= 300:
            return _Rules(now + ROBOTS_AGE)
        # In a thread: half a megabyte of rules takes most of a second.
        return _Rules(
            now + ROBOTS_AGE, await asyncio.to_thread(Protego.parse, answer.body.decode("utf-8-sig", "replace"))
        )
