"""Trouble with the database: outlasted, told once, over for all at once."""

from __future__ import annotations

import asyncio

import pytest
import structlog
from structlog.testing import capture_logs

from watcher.errors import StoreBusy, StoreDamaged, StoreError
from watcher.pipeline.trouble import LONGEST_WAIT, Trouble


class Disk:
    """Full until it is not."""

    def __init__(self, *, failures: int = 0) -> None:
        self.failures = failures
        self.writes = 0

    async def write(self) -> str:
        self.writes += 1
        if self.failures:
            self.failures -= 1
            raise StoreBusy("locked")
        return "written"


async def test_a_write_is_repeated_until_it_works() -> None:
    """What has been had from the network is not thrown away."""
    disk = Disk(failures=3)
    trouble = Trouble(disk.write, first_wait=0.001)

    assert await trouble.outlast(disk.write, asyncio.Event()) == "written"
    assert disk.writes == 4
    assert trouble.left == 0


async def test_the_end_of_the_process_gives_one_last_try() -> None:
    """Then the error is raised, and what was not written is done again by the next process."""
    disk, stopping = Disk(failures=9), asyncio.Event()
    writing = asyncio.create_task(Trouble(disk.write, first_wait=60).outlast(disk.write, stopping))
    while not disk.writes:
        await asyncio.sleep(0)
    stopping.set()

    with pytest.raises(StoreBusy):
        await writing
    assert disk.writes == 2


async def test_patience_may_end() -> None:
    """A single pass must not wait for ever."""
    disk = Disk(failures=9)
    with pytest.raises(StoreBusy):
        await Trouble(disk.write, first_wait=60).outlast(disk.write, asyncio.Event(), patience=0.01)


@pytest.mark.parametrize("error", [StoreError("a row"), StoreDamaged("damaged"), ValueError("a row")])
async def test_what_will_not_pass_is_not_waited_for(error: Exception) -> None:
    """A row that is refused, and a file that is damaged."""

    async def write() -> None:
        raise error

    with pytest.raises(type(error)):
        await Trouble(write).outlast(write, asyncio.Event())


async def test_a_write_that_is_refused_for_its_own_sake_holds_up_nobody() -> None:
    """Whoever asks for it is patient; others see no trouble."""
    refusals = 2

    async def write() -> str:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            assert trouble.left == 0
            raise StoreError("a constraint")
        return "written"

    trouble = Trouble(write, first_wait=0.001)
    assert await trouble.outlast(write, asyncio.Event(), passing=StoreError) == "written"


async def test_one_write_that_works_lets_all_others_try_again() -> None:
    """Nobody sleeps on when the trouble is over."""
    disk = Disk(failures=2)
    trouble = Trouble(disk.write, first_wait=3600)
    waiting = [asyncio.create_task(trouble.outlast(disk.write, asyncio.Event())) for _ in range(2)]
    while disk.failures:
        await asyncio.sleep(0)
    assert trouble.left > 3000

    await trouble.check()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*waiting) == ["written"] * 2
    assert trouble.left == 0


async def test_waits_grow_to_minutes() -> None:
    """Failures at one time count once."""
    now = 0.0
    trouble = Trouble(Disk().write, first_wait=10, monotonic=lambda: now)
    waits = []
    for _ in range(6):
        trouble.note(StoreBusy("locked"))
        trouble.note(StoreBusy("locked"))
        waits.append(trouble.left)
        now += trouble.left

    assert waits == [10, 20, 40, 80, LONGEST_WAIT, LONGEST_WAIT]


async def test_trouble_is_told_once_and_so_is_its_end() -> None:
    """A log that repeats itself hides what matters."""
    structlog.reset_defaults()
    disk = Disk(failures=3)
    trouble = Trouble(disk.write, first_wait=0.001)
    with capture_logs() as logs:
        await asyncio.gather(*(trouble.outlast(disk.write, asyncio.Event()) for _ in range(3)))

    assert [line["event"] for line in logs] == [
        "the database cannot be used; nothing more is begun until it can", "the database can be used again"
    ]  # fmt: skip
