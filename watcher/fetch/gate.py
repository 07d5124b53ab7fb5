"""Politeness: how many requests at once go to one host, and how far apart."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

LANES_SWEPT_AT = 1_000


class _Lane:
    """The queue of one host."""

    __slots__ = ("next_start", "places", "users")

    def __init__(self, places: int) -> None:
        self.places = asyncio.Semaphore(places)
        self.next_start = -math.inf
        self.users = 0


class HostGate:
    """Lets at most ``connections`` requests at once go to one host, and starts them at least ``gap`` seconds apart.

    Args:
        monotonic, sleep: the clock that never jumps, and how to wait on it.
    """

    def __init__(
        self,
        connections: int,
        gap: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._connections = connections
        self._gap = gap
        self._monotonic = monotonic
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at ``host``, and hold it for the time of the block."""
        lane = self._lane(host)
        lane.users += 1
        try:
            async with lane.places:
                await self._space_out(lane)
                yield
        finally:
            lane.users -= 1

    async def _space_out(self, lane: _Lane) -> None:
        now = self._monotonic()
        start = max(now, lane.next_start)
        lane.next_start = start + self._gap
        if start > now:
            await self._sleep(start - now)

    def _lane(self, host: str) -> _Lane:
        if host not in self._lanes:
            if len(self._lanes) >= LANES_SWEPT_AT:
                self._sweep()
            self._lanes[host] = _Lane(self._connections)
        return self._lanes[host]

    def _sweep(self) -> None:
        """Forget hosts that nobody waits for."""
        now = self._monotonic()
        self._lanes = {host: lane for host, lane in self._lanes.items() if lane.users or lane.next_start > now}
