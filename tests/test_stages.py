"""Stages: bounded, woken by news, stopped without loss; group commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from watcher.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from watcher.pipeline.stages import GroupCommit, Stage, wait
from watcher.pipeline.trouble import Trouble


class Source:
    """Jobs that are numbers; what is done is kept."""

    def __init__(self, *due: int) -> None:
        self.due = list(due)
        self.done: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.trouble: Exception | None = None
        self.claims = 0
        self.stage = Stage[int](
            "test",
            limit=2,
            claim=self.claim,
            key=lambda job: job,
            work=self.work,
            next_wait=self.next_wait,
            trouble=Trouble(self.probe, first_wait=0.01),
        )

    async def probe(self) -> None:
        if isinstance(self.trouble, StoreError):
            raise self.trouble

    async def claim(self, room: int) -> list[int]:
        self.claims += 1
        await self.probe()
        return [job for job in self.due if job not in self.stage.busy][:room]

    async def work(self, jobs: Sequence[int], done: Callable[[int], None]) -> None:
        if self.trouble is not None:
            raise self.trouble
        for job in jobs:
            await self.gate.wait()
            self.due.remove(job)
            self.done.append(job)
            done(job)

    async def next_wait(self) -> float:
        return 0.0 if self.due else 60.0


async def test_drain_does_all_that_is_due() -> None:
    """Draining ends when nothing is due and nothing is under way."""
    source = Source(1, 2, 3, 4, 5)
    await source.stage.drain()

    assert sorted(source.done) == [1, 2, 3, 4, 5]
    assert source.stage.busy == set()


async def test_no_more_than_the_limit_are_under_way() -> None:
    """What is under way is never claimed again, and never more than the limit."""
    source = Source(1, 2, 3)
    source.gate.clear()
    running = asyncio.create_task(source.stage.drain())
    while len(source.stage.busy) < 2:
        await asyncio.sleep(0)

    assert source.stage.busy == {1, 2}
    source.gate.set()
    await running
    assert sorted(source.done) == [1, 2, 3]


async def test_a_woken_stage_works_at_once() -> None:
    """News is not left lying until the next look at the store."""
    source = Source()
    running = asyncio.create_task(source.stage.run())
    await asyncio.sleep(0)
    source.due.append(7)
    source.stage.wake()
    async with asyncio.timeout(2):
        while not source.done:
            await asyncio.sleep(0)
    await source.stage.stop(1)
    await running


async def test_stop_gives_what_is_under_way_its_time() -> None:
    """Work that ends within the grace is finished; nothing new is claimed."""
    source = Source(1, 2, 3)
    source.gate.clear()
    running = asyncio.create_task(source.stage.run())
    while not source.stage.busy:
        await asyncio.sleep(0)
    stopping = asyncio.create_task(source.stage.stop(5))
    await asyncio.sleep(0)
    source.gate.set()
    await stopping
    await running

    assert source.done == [1, 2]
    assert source.due == [3]


async def test_stop_ends_what_takes_too_long() -> None:
    """Work that does not end is cancelled; it stays due."""
    source = Source(1)
    source.gate.clear()
    running = asyncio.create_task(source.stage.run())
    while not source.stage.busy:
        await asyncio.sleep(0)
    await source.stage.stop(0.01)
    await running

    assert source.due == [1]
    assert source.stage.busy == set()


async def test_trouble_with_the_store_stops_draining_with_its_error() -> None:
    """`run --once` must not pretend to have finished."""
    source = Source(1)
    source.trouble = StoreBusy("locked")

    with pytest.raises(StoreBusy):
        await source.stage.drain()
    assert source.due == [1]


async def test_a_mistake_while_claiming_does_not_end_a_stage() -> None:
    """It is logged, and tried again after a while; a drain says so."""
    source = Source(1)

    async def claim(_room: int) -> list[int]:
        raise RuntimeError("a mistake")

    stage = Stage[int](
        "test", limit=1, claim=claim, key=lambda job: job, work=source.work, next_wait=source.next_wait,
        trouble=Trouble(source.probe),
    )  # fmt: skip
    running = asyncio.create_task(stage.run())
    await asyncio.wait([running], timeout=0.05)
    assert not running.done()
    await stage.stop(1)
    await running


async def test_a_mistake_in_a_batch_leaves_its_jobs_due() -> None:
    """A mistake of ours is trouble too: its jobs are not lost, and not tried in a tight loop."""
    source = Source(1)
    source.trouble = RuntimeError("a mistake")

    with pytest.raises(ExceptionGroup):
        await source.stage.drain()
    assert source.due == [1]
    assert source.stage.busy == set()


async def test_group_commit_takes_what_came_in_meanwhile() -> None:
    """The second batch holds all that was added while the first was being written."""
    batches: list[list[int]] = []
    gate = asyncio.Event()

    async def write(batch: Sequence[int]) -> None:
        batches.append(list(batch))
        await gate.wait()

    commit = GroupCommit[int](write)
    adding = [asyncio.create_task(commit.add(number)) for number in range(5)]
    while not batches:
        await asyncio.sleep(0)
    more = [asyncio.create_task(commit.add(number)) for number in range(5, 8)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*adding, *more)

    assert [number for batch in batches for number in batch] == list(range(8))
    assert batches[-1] == [5, 6, 7]


async def test_a_damaged_database_ends_a_stage() -> None:
    """Nothing it could do would help; the process ends with an exit code that says so."""
    source = Source(1)
    source.trouble = StoreDamaged("malformed")

    async with asyncio.timeout(5):
        with pytest.raises(StoreDamaged):
            await source.stage.run()


async def test_nothing_is_claimed_while_the_database_cannot_be_written() -> None:
    """What was claimed would be fetched for nothing. As soon as the database is well again, work goes on."""
    source = Source(1)
    source.trouble = StoreFull("full")
    running = asyncio.create_task(source.stage.run())
    while not source.claims:
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await running
    assert source.claims == 1

    source = Source(1)
    source.trouble = StoreFull("full")
    running = asyncio.create_task(source.stage.run())
    while not source.claims:
        await asyncio.sleep(0)
    source.trouble = None
    async with asyncio.timeout(5):
        while not source.done:
            await asyncio.sleep(0)
    await source.stage.stop(1)
    await running


async def test_what_is_refused_does_not_cost_the_others_of_its_batch() -> None:
    """They are written one by one, and only the culprit is told."""
    written: list[int] = []

    async def write(batch: Sequence[int]) -> None:
        if 2 in batch:
            raise ValueError("2 cannot be written")
        written.extend(batch)

    commit = GroupCommit[int](write)
    results = await asyncio.gather(*(commit.add(number) for number in range(4)), return_exceptions=True)

    assert sorted(written) == [0, 1, 3]
    assert [type(result) for result in results] == [type(None), type(None), ValueError, type(None)]


async def test_everyone_in_a_failed_batch_is_told() -> None:
    """Nobody believes that something was written that was not."""

    async def write(_batch: Sequence[int]) -> None:
        raise StoreBusy("locked")

    commit = GroupCommit[int](write)
    results = await asyncio.gather(*(commit.add(number) for number in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [StoreBusy] * 3


async def test_wait_says_whether_the_event_came() -> None:
    """True when it came, False when the time ran out."""
    event = asyncio.Event()
    assert not await wait(event, 0.001)
    event.set()
    assert await wait(event, 10)
