"""How the stages of the pipeline run: bounded, woken by news, stopped without loss.

Nothing here knows what a feed or an article is.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import structlog

from watcher.errors import StoreBusy, StoreDamaged, StoreError
from watcher.pipeline.trouble import PASSING, Trouble

log = structlog.get_logger("watcher")

T = TypeVar("T")
R = TypeVar("R")

# Between looks at the store; a stage is woken at once when work arrives, so this matters only for work that was
# waiting for its time.
SHORTEST_WAIT = 0.2
LONGEST_WAIT = 5.0
# After a mistake of ours a stage goes on after this; what is due stays due.
MISTAKE_WAIT = 10.0
# So long a stage that is being drained waits for a store that cannot be written.
DRAIN_PATIENCE = 30.0


class GroupCommit(Generic[T]):
    """Writes what comes in, as much at once as came in while the last write was under way.

    What SQLite refuses must not cost the others: after a failure each of the batch is written by itself. Not when the
    whole file is at fault, for then it would only take longer.

    Args:
        write: commits a batch, whole or not at all.
    """

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, item: T) -> None:
        """Return when the item is committed; raise what the write raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            failure = await self._try(batch)
            if failure is None or len(batch) == 1 or isinstance(failure, StoreBusy | StoreDamaged):
                _tell(batch, failure)
                continue
            for each in batch:
                _tell([each], await self._try([each]))

    async def _try(self, batch: Sequence[tuple[T, asyncio.Future[None]]]) -> Exception | None:
        try:
            await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed on to everyone who waits for this batch
            return error
        return None


def _tell(batch: Sequence[tuple[T, asyncio.Future[None]]], failure: Exception | None) -> None:
    for _, done in batch:
        if done.done():
            continue
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(failure)


class Stage(Generic[T]):
    """One stage: claims what is due, works on it in tasks, and never claims twice what is under way.

    Args:
        limit: how many jobs may be under way at once.
        claim: gives up to so many jobs that are due; it leaves out those in :attr:`busy`.
        key: what tells jobs apart.
        work: does the jobs of one claim; it calls the given function with each one that is done.
        next_wait: seconds until something else will be due.
        trouble: with the database; shared by all stages.
    """

    def __init__(  # noqa: PLR0913 - all but one by name
        self,
        name: str,
        *,
        limit: int,
        claim: Callable[[int], Awaitable[Sequence[T]]],
        key: Callable[[T], Hashable],
        work: Callable[[Sequence[T], Callable[[T], None]], Coroutine[Any, Any, None]],
        next_wait: Callable[[], Awaitable[float]],
        trouble: Trouble,
    ) -> None:
        self.name = name
        self.busy: set[Hashable] = set()
        self._limit = limit
        self._claim = claim
        self._key = key
        self._work = work
        self._next_wait = next_wait
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._trouble = trouble
        self._patience = math.inf
        self._mistake: Exception | None = None
        self._store_error: StoreError | None = None

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Work until :meth:`stop`.

        Raises:
            StoreDamaged: the database is not sound; nothing more can be done.
        """
        while not self._stopping.is_set():
            self._wake.clear()
            await self._rest()
            if not await self._fill():
                await wait(self._wake, await self._until_due())
        if isinstance(self._store_error, StoreDamaged):
            raise self._store_error

    async def _rest(self) -> None:
        """After a mistake, and while the database cannot be used, wait a while."""
        if self._mistake is not None:
            self._mistake = None
            await wait(self._stopping, MISTAKE_WAIT)
        if self._trouble.left:
            await self._trouble.rest(self._stopping)

    async def drain(self, patience: float = 60.0) -> None:
        """Work until nothing is due and nothing is under way.

        Args:
            patience: seconds to wait for work that is due but held back, by a rate limit for example.

        Raises:
            Exception: what kept the stage from working.
        """
        deadline = asyncio.get_running_loop().time() + patience
        self._patience, self._store_error = DRAIN_PATIENCE, None
        while True:
            self._wake.clear()
            if not self._failure:
                await self._fill()
            if failure := self._failure:
                raise failure
            if self._tasks:
                await self._progress()
            elif await self._next_wait() > 0 or asyncio.get_running_loop().time() > deadline:
                return
            else:
                await wait(self._wake, SHORTEST_WAIT)

    async def _progress(self) -> None:
        """Wait until a job is done: those that were claimed with it may take much longer, and others may be due."""
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({*self._tasks, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()

    @property
    def _failure(self) -> Exception | None:
        return self._store_error or self._mistake

    async def outlast(
        self, write: Callable[[], Awaitable[R]], passing: type[StoreError] | tuple[type[StoreError], ...] = PASSING
    ) -> R:
        """Write what must not be lost, however long it takes; see :meth:`watcher.pipeline.trouble.Trouble.outlast`."""
        return await self._trouble.outlast(write, self._stopping, patience=self._patience, passing=passing)

    async def stop(self, grace: float) -> None:
        """Claim nothing more; give what is under way so many seconds, then cancel it."""
        self._stopping.set()
        self._wake.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def finish_current(self, grace: float) -> None:
        """Wait for what is under way now, not for what is claimed meanwhile; so many seconds at most."""
        if tasks := set(self._tasks):
            await asyncio.wait(tasks, timeout=grace)

    async def _fill(self) -> int:
        room = self._limit - len(self.busy)
        if room <= 0 or self._stopping.is_set():
            return 0
        try:
            await self._trouble.check()
            jobs = await self._claim(room)
        except StoreError as error:
            self._complain(error)
            return 0
        except Exception as error:
            log.exception("nothing could be claimed for a reason of our own", stage=self.name)
            self._mistake = error
            return 0
        if jobs:
            self.busy.update(map(self._key, jobs))
            task = asyncio.create_task(self._do(jobs))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(jobs)

    async def _do(self, jobs: Sequence[T]) -> None:
        try:
            await self._work(jobs, self._done)
        except* StoreError as group:
            self._complain(_first(group))
        except* Exception as group:
            log.exception("a batch failed for a reason of our own", stage=self.name, jobs=len(jobs))
            self._mistake = group
        finally:
            self.busy.difference_update(map(self._key, jobs))
            self._wake.set()

    def _done(self, job: T) -> None:
        self.busy.discard(self._key(job))
        self._wake.set()

    def _complain(self, error: StoreError) -> None:
        self._store_error = error
        if isinstance(error, StoreDamaged):  # no patience helps
            self._stopping.set()
            self._wake.set()
        else:
            self._trouble.note(error)

    async def _until_due(self) -> float:
        try:
            return min(max(await self._next_wait(), SHORTEST_WAIT), LONGEST_WAIT)
        except StoreError as error:
            self._complain(error)
            return LONGEST_WAIT


def _first(group: ExceptionGroup[StoreError]) -> StoreError:
    """One error of a group, a damaged database before others."""
    found = list(_leaves(group))
    return next((error for error in found if isinstance(error, StoreDamaged)), found[0])


def _leaves(group: ExceptionGroup[StoreError]) -> Iterator[StoreError]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def wait(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, for so many seconds at most; say whether it came."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
