"""Trouble with the database: told once, outlasted with patience, and over as soon as one write works.

A disk that is full and a lock that another process holds pass. Until then nothing is thrown away that has been had from
the network, and nothing more is taken on.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from watcher.errors import StoreBusy, StoreDamaged, StoreError, StoreFull

log = structlog.get_logger("watcher")

R = TypeVar("R")

FIRST_WAIT = 10.0
LONGEST_WAIT = 120.0
# What passes without anybody's doing; anything else that SQLite says is the fault of what was to be written.
PASSING = (StoreBusy, StoreFull)


class Trouble:
    """Whether the database can be written, as far as is known.

    Args:
        probe: writes something tiny, or raises a StoreError.
        first_wait: seconds until it is tried again; twice as long each time, up to ``LONGEST_WAIT``.
        monotonic: a clock that never jumps.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]],
        *,
        first_wait: float = FIRST_WAIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worked = asyncio.Event()
        self._probe = probe
        self._monotonic = monotonic
        self._first_wait = self._wait = first_wait
        self._again = -math.inf
        self._began: float | None = None
        self._held = 0

    @property
    def left(self) -> float:
        """Seconds for which the database should be left alone; zero when it is well."""
        return max(self._again - self._monotonic(), 0.0)

    def note(self, error: StoreError) -> None:
        """Something could not be written, or read."""
        now = self._monotonic()
        if self._began is None:
            log.error("the database cannot be used; nothing more is begun until it can", error=str(error))
            self._began = now
        if now >= self._again:  # several that fail at one time are one failure
            self._again = now + self._wait
            self._wait = min(2 * self._wait, LONGEST_WAIT)

    def worked(self) -> None:
        """Something has been written: all others try again. The trouble is over unless one of them fails still."""
        if self._began is None:
            return
        self._again = -math.inf
        self._worked.set()
        self._worked = asyncio.Event()
        if not self._held:
            log.info("the database can be used again", seconds=round(self._monotonic() - self._began))
            self._began, self._wait = None, self._first_wait

    async def check(self) -> None:
        """See whether trouble that is known still stands; costs nothing when all is well.

        Raises:
            StoreError: it does.
        """
        if self._began is not None:
            await self._probe()
            self.worked()

    async def rest(self, stopping: asyncio.Event, patience: float = math.inf) -> None:
        """Leave the database alone for as long as is due, or until a write has worked."""
        await first_of(min(self.left, patience), stopping, self._worked)

    async def outlast(
        self,
        write: Callable[[], Awaitable[R]],
        stopping: asyncio.Event,
        *,
        patience: float = math.inf,
        passing: type[StoreError] | tuple[type[StoreError], ...] = PASSING,
    ) -> R:
        """Write, again and again until it works; the last time when ``stopping`` is set or patience has run out.

        Args:
            write: what is to be done; it is whole or not at all.
            stopping: set when there is no more time.
            patience: seconds.
            passing: errors that are waited out, a damaged file never. Those that concern this write alone are no
                trouble for others.

        Raises:
            StoreError: it did not work the last time either, or will never.
        """
        deadline = self._monotonic() + patience
        held, own_wait = False, self._first_wait
        try:
            while True:
                last = stopping.is_set() or self._monotonic() >= deadline
                try:
                    result = await write()
                except passing as error:
                    if last or isinstance(error, StoreDamaged):
                        raise
                    if isinstance(error, PASSING):
                        self._held += not held
                        held = True
                        self.note(error)
                        await self.rest(stopping, deadline - self._monotonic())
                        continue
                    log.warning("a write is refused; it is tried again", error=str(error), seconds=own_wait)
                    await first_of(min(own_wait, deadline - self._monotonic()), stopping)
                    own_wait = min(2 * own_wait, LONGEST_WAIT)
                else:
                    break
        finally:
            self._held -= held
        self.worked()
        return result


async def first_of(seconds: float, *events: asyncio.Event) -> None:
    """Wait until one of the events is set, for so many seconds at most."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=max(seconds, 0.0), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
