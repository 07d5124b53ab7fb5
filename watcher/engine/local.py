"""Where work runs. This engine: fetching on the loop of the hub, everything else in worker processes of this machine.

A worker may crash, hang or eat memory over a hostile document: it is ended, the job gets a failure that says so, and no
other job notices. The hub itself imports neither feedparser nor trafilatura.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.machinery import ModuleSpec
from itertools import chain, zip_longest
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

import structlog
from pebble import ProcessExpired, ProcessPool

from watcher import polling
from watcher.engine import work
from watcher.engine.work import Fault, Limits, Page, ParseJob, Reading
from watcher.errors import EngineError, Problem
from watcher.fetch import Client, FetchRequest
from watcher.model import (
    Failed,
    FailureKind,
    ParsedFeed,
    Polled,
    PollJob,
    PollOutcome,
    ReadJob,
    ReadOutcome,
    Response,
    Settings,
)

if TYPE_CHECKING:
    from watcher.matching.definitions import (
        WatchDef,
    )  # its package holds the whole matcher, which workers need, not the hub

_T = TypeVar("_T")
_J = TypeVar("_J")

MAX_TASKS = 300
PATIENCE = 0.5
IDLE = 300.0
GRACE = 30.0
CLOSE_WITHIN = 10.0


class Engine(Protocol):
    """Same jobs in, same answers out, wherever the work is done."""

    def poll(self, jobs: Sequence[PollJob]) -> AsyncIterator[Polled]:
        """Yields the outcome of each feed as soon as it is there, in any order, exactly one for each job."""

    def read(self, jobs: Sequence[ReadJob]) -> AsyncIterator[ReadOutcome]:
        """Yields the outcome of each article as soon as it is there, in any order, exactly one for each job."""

    async def close(self) -> None:
        """Ends everything within seconds."""


# --- workers ------------------------------------------------------------------------------------------------------


class WorkerLost(EngineError):
    """A job took its worker along.

    Attributes:
        kind: WORKER_DIED or WORKER_TIMEOUT.
    """

    def __init__(self, kind: FailureKind, detail: str) -> None:
        self.kind = kind
        super().__init__(detail)


class Crew:
    """Worker processes, each with a queue of its own, hired as work comes in.

    The first is started by the first job; one more only when a job has waited for ``PATIENCE`` seconds; all but one go
    when there was nothing to do for ``IDLE`` seconds. A process is renewed after ``MAX_TASKS`` jobs.

    One Pebble pool a process: what a job breaks (its process, or the pipe to it) is broken for that job alone, and a
    time limit never counts the jobs that waited before.

    Args:
        size: processes at most.
        watch: what they judge by.
        limits: what each may use.
    """

    def __init__(self, size: int, watch: WatchDef | None, limits: Limits) -> None:
        self.size = size
        self._initargs = (watch, limits)
        self._hired: set[ProcessPool] = set()
        self._idle: asyncio.LifoQueue[ProcessPool | None] = asyncio.LifoQueue()  # None: look again
        self._jobs = 0
        self._asked: set[asyncio.Future[Any]] = set()
        self._starting: set[asyncio.Future[Any]] = set()
        self._leaving: set[asyncio.Future[Any]] = set()
        self._trimmer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def hired(self) -> int:
        """Processes there are now."""
        return len(self._hired)

    async def run(self, function: Callable[..., _T], *args: object, limit: timedelta) -> _T:
        """Runs ``function(*args)`` in a worker.

        Raises:
            WorkerLost: the process died, or did not answer within ``limit``.
            EngineError: the crew has been closed.
        """
        self._jobs += 1
        try:
            worker = await self._take()
            try:
                return await self._ask(worker, function, args, limit.total_seconds())
            finally:
                self._give_back(worker)
        finally:
            self._jobs -= 1

    async def _ask(
        self, worker: ProcessPool, function: Callable[..., _T], args: tuple[object, ...], limit: float
    ) -> _T:
        asked: asyncio.Future[_T] | None = None
        try:
            async with asyncio.timeout(limit + GRACE):  # beyond Pebble's own limit: should its threads have died
                asked = asyncio.wrap_future(worker.schedule(function, args=args, timeout=limit))
                self._asked.add(asked)
                return await asked
        except ProcessExpired as error:
            raise _loss(error.exitcode) from error
        except TimeoutError as error:
            raise WorkerLost(FailureKind.WORKER_TIMEOUT, f"not done within {limit:g} s") from error
        except (BrokenProcessPool, RuntimeError) as error:
            self._refuse_when_closed()
            raise WorkerLost(FailureKind.WORKER_DIED, "a worker ended by itself") from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and not task.cancelling():  # the crew was closed, not the job cancelled
                self._refuse_when_closed()
            raise
        finally:
            if asked is not None:
                self._asked.discard(asked)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise EngineError("The workers have been closed.")

    async def _take(self) -> ProcessPool:
        while True:
            worker = await self._free_worker()
            self._refuse_when_closed()
            if worker is None and (not self._hired or len(self._hired) < self.size):
                worker = await self._hire()
            if worker is None:
                continue
            if worker in self._hired and worker.active:
                return worker
            self._dismiss(worker)

    async def _free_worker(self) -> ProcessPool | None:
        """A worker that is free; None when there is none yet, and one more may have to be hired."""
        if not self._hired or not self._idle.empty():
            return None if self._idle.empty() else self._idle.get_nowait()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE if len(self._hired) < self.size else None):
                return await self._idle.get()
        return None

    async def _hire(self) -> ProcessPool:
        spare_workers_the_main_module()
        worker = ProcessPool(
            max_workers=1,
            max_tasks=MAX_TASKS,
            initializer=work.configure,
            initargs=self._initargs,
            context=get_context("spawn"),
        )
        self._hired.add(worker)
        # the first look at it starts the process, and waits until it has read the watch
        starting = asyncio.ensure_future(asyncio.to_thread(getattr, worker, "active"))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(lambda _: self._give_back(worker))
            raise
        return worker

    def _give_back(self, worker: ProcessPool) -> None:
        if self._closed or not worker.active:
            self._dismiss(worker)
            return
        self._idle.put_nowait(worker)
        if self._trimmer is not None:
            self._trimmer.cancel()
        self._trimmer = asyncio.get_running_loop().call_later(IDLE, self.trim)

    def trim(self) -> None:
        """Lets all idle workers but one go."""
        while not self._idle.empty() and len(self._hired) > 1:
            worker = self._idle.get_nowait()
            if worker is not None:
                self._dismiss(worker)

    def _dismiss(self, worker: ProcessPool) -> None:
        if worker in self._hired:
            self._hired.discard(worker)
            leaving = asyncio.ensure_future(asyncio.to_thread(_end, worker))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            self._idle.put_nowait(None)  # whoever waits may hire another

    def _shut(self) -> None:
        self._closed = True
        if self._trimmer is not None:
            self._trimmer.cancel()
        for asked in tuple(self._asked):
            asked.cancel()
        for worker in tuple(self._hired):
            self._dismiss(worker)
        for _ in range(self._jobs):
            self._idle.put_nowait(None)

    async def close(self) -> None:
        """Ends all workers, and what they are doing."""
        if self._starting:
            await asyncio.wait(tuple(self._starting), timeout=CLOSE_WITHIN)
        self._shut()
        if self._leaving:
            await asyncio.wait(tuple(self._leaving), timeout=CLOSE_WITHIN)


def _end(worker: ProcessPool) -> None:
    worker.stop()  # type: ignore[no-untyped-call] # a library without all annotations
    worker.join()


def _loss(exitcode: int | None) -> WorkerLost:
    # the worker's own alarm rings when the hub's clock was set back during the job
    if exitcode == -14:
        return WorkerLost(FailureKind.WORKER_TIMEOUT, "the worker ended itself: the job took too long")
    how = f"signal {-exitcode}" if exitcode is not None and exitcode < 0 else f"exit code {exitcode}"
    return WorkerLost(FailureKind.WORKER_DIED, f"the worker died ({how})")


def spare_workers_the_main_module() -> None:
    """Keeps new processes from importing the program that the daemon was started as.

    A spawned process imports the main module of its parent again: for a console script that is the whole command line,
    with all that it imports. Nothing of it is needed. A main module that is the ``__main__`` of a package is not
    imported again, so that is what ours is said to be.
    """
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) is None:
        main.__spec__ = ModuleSpec("watcher.__main__", None)


def default_workers() -> int:
    """Two processes at most unless the settings say more: parsing what changed in some thousand feeds takes no more."""
    return min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


CHECK_WITHIN = timedelta(minutes=5)


async def check_rules(watch: WatchDef) -> list[Problem]:
    """Compiles rules and runs their examples, in a process of its own, which ends with what that took.

    Raises:
        EngineError: the process was lost over it.
    """
    crew = Crew(1, watch, Limits())
    try:
        found = await crew.run(work.check_rules, limit=CHECK_WITHIN)
    finally:
        await crew.close()
    if isinstance(found, Fault):
        raise EngineError(f"The rules could not be checked: {found.detail}")
    return found


# --- the engine ---------------------------------------------------------------------------------------------------

ErrorReport = Callable[[str, str], None]


def _report_error(what: str, trace: str) -> None:
    structlog.get_logger("watcher.engine.local").error("a mistake of ours", what=what, traceback=trace)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LocalEngine:
    """Polls and reads on this machine.

    Args:
        settings: limits and manners.
        watch: what articles are judged by; None leaves them unjudged.
        client: fetches; the engine does not close it.
        clock: the time, aware.
        report_error: is told of mistakes of ours: what was being done, and the traceback.
        limits: what a worker may use.
    """

    def __init__(
        self,
        settings: Settings,
        watch: WatchDef | None,
        client: Client,
        *,
        clock: Callable[[], datetime] = _utc_now,
        report_error: ErrorReport = _report_error,
        limits: Limits | None = None,
    ) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._report_error = report_error
        longest = max(settings.parse_timeout, settings.extract_timeout).total_seconds()
        limits = limits or Limits()
        limits = replace(limits, seconds=limits.seconds or int(longest + GRACE))
        self._crew = Crew(settings.workers or default_workers(), watch, limits)

    async def close(self) -> None:
        """Ends everything within seconds; jobs under way are given up."""
        await self._crew.close()

    async def poll(self, jobs: Sequence[PollJob]) -> AsyncIterator[Polled]:
        """Yields the outcome of each feed as soon as it is there, in any order, exactly one for each job."""
        width = 2 * self._settings.connections
        async for polled in _stream(_spread(jobs, lambda job: job.state.url), self._poll, width):
            yield polled

    async def read(self, jobs: Sequence[ReadJob]) -> AsyncIterator[ReadOutcome]:
        """Yields the outcome of each article as soon as it is there, in any order, exactly one for each job."""
        width = self._settings.connections
        async for outcome in _stream(_spread(jobs, lambda job: job.url), self._read, width):
            yield outcome

    # --- polling

    async def _poll(self, job: PollJob) -> Polled:
        try:
            return Polled(job, await self._poll_outcome(job))
        except EngineError:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake over one feed must not cost the others their poll
            return Polled(job, self._mistake(f"polling {job.feed.id}", job.state.url, error))

    async def _poll_outcome(self, job: PollJob) -> PollOutcome:
        request = FetchRequest(
            job.state.url,
            kind="feed",
            validators=polling.conditions(job, self._settings),
            headers=job.feed.headers,
            allow_private=job.feed.allow_private,
        )
        response = await self._client.get(request)
        if isinstance(response, Failed):
            return response
        outcome = polling.classify(response, job.state)
        if not isinstance(outcome, polling.ToParse):
            return outcome
        parsed = await self._parse(job, response)
        return polling.fetched(response, outcome, parsed) if isinstance(parsed, ParsedFeed) else parsed

    async def _parse(self, job: PollJob, response: Response) -> ParsedFeed | Failed:
        known = job.state.items
        task = ParseJob(response.body, dict(response.headers), response.url, self._clock(), job.feed.identity, known)
        answer = self._crew.run(work.parse_feed, task, limit=self._settings.parse_timeout)
        parsed = await self._work(answer, f"parsing {job.feed.id}", response.url)
        if isinstance(parsed, Failed):
            return replace(parsed, status=response.status, elapsed=response.elapsed)
        return parsed

    async def _work(self, answer: Awaitable[_T | Fault], what: str, url: str) -> _T | Failed:
        """Waits for a worker; what goes wrong is a value."""
        try:
            given = await answer
        except WorkerLost as error:
            return Failed(error.kind, f"{what}: {error}", url)
        if not isinstance(given, Fault):
            return given
        if given.traceback:
            self._report_error(what, given.traceback)
        detail = given.detail if given.of_document else f"{what}: {given.detail}"
        return Failed(given.kind, detail, url)

    def _mistake(self, what: str, url: str, error: Exception) -> Failed:
        self._report_error(what, "".join(traceback.format_exception(error)))
        return Failed(FailureKind.INTERNAL, f"{what}: {type(error).__name__}: {error}"[:500], url)

    # --- reading

    async def _read(self, job: ReadJob) -> ReadOutcome:
        try:
            return await self._read_outcome(job)
        except EngineError:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake over one article must not cost the others their reading
            return unread(job, self._mistake(f"reading {job.key}", job.url, error))

    async def _read_outcome(self, job: ReadJob) -> ReadOutcome:
        page, failure = None, None
        if job.fetch_page and job.url and self._settings.read_pages:
            fetched = await self._page(job)
            page, failure = (None, fetched) if isinstance(fetched, Failed) else (fetched, None)
        final_url = page.url if page else ""
        reading = await self._judge(job, page)
        if isinstance(reading, Failed) and page:
            failure, reading = reading, await self._judge(job, None)
        if isinstance(reading, Failed) and job.content:
            failure, reading = failure or reading, await self._judge(replace(job, content=""), None)
        if isinstance(reading, Failed):
            return unread(job, failure or reading, final_url)
        failure = failure or reading.refused
        return ReadOutcome(
            job=job,
            text=reading.text,
            judgement=reading.judgement,
            failure=failure,
            retryable=failure is not None and worth_retrying(failure, job.attempts),
            final_url=final_url,
            canonical_url=reading.canonical_url,
            skipped=reading.skipped,
        )

    async def _judge(self, job: ReadJob, page: Page | None) -> Reading | Failed:
        answer = self._crew.run(work.read_article, job, page, limit=self._settings.extract_timeout)
        return await self._work(answer, f"reading {job.key}", job.url)

    async def _page(self, job: ReadJob) -> Page | Failed:
        request = FetchRequest(
            job.url,
            kind="page",
            allow_private=job.allow_private,
            max_bytes=self._settings.page_max_bytes,
            clip=True,  # an article is at the beginning of its page
            robots=self._settings.robots,
        )
        response = await self._client.get(request)
        if isinstance(response, Failed):
            return response
        failure = page_failure(response, job.url)
        if failure is None:
            return Page(response.body, dict(response.headers), response.url)
        if failure.kind is FailureKind.RATE_LIMITED and failure.retry_after:
            self._client.cool_host(urlsplit(response.url).hostname or "", self._clock() + failure.retry_after)
        return failure


def unread(job: ReadJob, failure: Failed, final_url: str = "") -> ReadOutcome:
    """The outcome for an article that no worker could read."""
    text = work.without_reading(job)
    return ReadOutcome(job, text, work.unjudged(text), failure, worth_retrying(failure, job.attempts), final_url)


def page_failure(response: Response, url: str) -> Failed | None:
    """Why an answer is no article page, by its status and its address; None when it may be one."""
    if response.status not in (200, 203):
        kind, meaning = polling.status_failure(response.status)
        detail = f"the server answers {response.status}: {meaning}"
        wait = polling.retry_after(response.headers) if response.status >= 400 else None
        return Failed(kind, detail, response.url, response.status, wait, response.elapsed)
    if not urlsplit(response.url).path.strip("/") and urlsplit(url).path.strip("/"):
        return Failed(FailureKind.NOT_FOUND, "the link leads to the home page", response.url, response.status)
    return None


_PASSING = frozenset(
    {
        FailureKind.DNS,
        FailureKind.CONNECT,
        FailureKind.TLS,
        FailureKind.TIMEOUT,
        FailureKind.PROTOCOL,
        FailureKind.TRUNCATED,
        FailureKind.RATE_LIMITED,
        FailureKind.UNAVAILABLE,
        FailureKind.SERVER_ERROR,
    }
)
# These may pass: pages appear minutes after their feed item, and challenges come and go. Or they never do.
_DOUBTFUL = frozenset({FailureKind.DENIED, FailureKind.NOT_FOUND, FailureKind.WORKER_DIED, FailureKind.WORKER_TIMEOUT})
_DOUBTFUL_TRIES = 2


def worth_retrying(failure: Failed, attempts: int) -> bool:
    """Whether a page that could not be used may be had later.

    Args:
        failure: why it could not.
        attempts: how often it had been tried before this time.
    """
    if failure.status == 410:
        return False
    if failure.kind is FailureKind.ROBOTS:
        return failure.retry_after is not None  # robots.txt could not be read for now
    return failure.kind in _PASSING or (failure.kind in _DOUBTFUL and attempts < _DOUBTFUL_TRIES)


# --- many at a time -----------------------------------------------------------------------------------------------


def _spread(jobs: Sequence[_J], url_of: Callable[[_J], str]) -> list[_J]:
    """The jobs with those of one host far apart, so that places in flight are not all taken by one slow host."""
    by_host: dict[str, list[_J]] = {}
    for job in jobs:
        by_host.setdefault(urlsplit(url_of(job)).netloc, []).append(job)
    rounds: Iterable[tuple[_J | None, ...]] = zip_longest(*by_host.values())
    return [job for job in chain.from_iterable(rounds) if job is not None]


@dataclass(frozen=True, slots=True)
class _Raised:
    """What ``do`` raised instead of a result: the engine cannot be used any more."""

    error: Exception


async def _stream(jobs: Sequence[_J], do: Callable[[_J], Awaitable[_T]], width: int) -> AsyncIterator[_T]:
    """Yields what ``do`` makes of the jobs as it is made, with at most ``width`` under way."""
    todo: Iterator[_J] = iter(jobs)
    results: asyncio.Queue[_T | _Raised] = asyncio.Queue(maxsize=width)

    async def lane() -> None:
        for job in todo:
            try:
                result: _T | _Raised = await do(job)
            except Exception as error:  # noqa: BLE001 - raised again where it is awaited
                result = _Raised(error)
            await results.put(result)

    lanes = [asyncio.ensure_future(lane()) for _ in range(min(width, len(jobs)))]
    try:
        for _ in jobs:
            result = await results.get()
            if isinstance(result, _Raised):
                raise result.error
            yield result
    finally:
        for task in lanes:
            task.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
