"""Where work runs when one machine is not enough: a Dask cluster (https://distributed.dask.org).

Each worker of the cluster is a :class:`Station`: a :class:`watcher.engine.local.LocalEngine` of its own, with its own
client and its own killable processes. The hub sends it batches of jobs and gets the same answers as from the engine at
home. The hub alone has a database, so that a worker needs none; with a worker or a scheduler nothing is lost, since the
batch is sent again.

A host is always asked by the same worker while the workers stay the same, so that its requests are spaced as if there
were one of us. What is sent holds the rules and the secrets of feeds: the network of the cluster must be one of trust.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import pickle
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from itertools import count
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import distributed
import structlog
from distributed.comm.core import CommClosedError

from watcher import __version__
from watcher.engine.local import Engine, LocalEngine, unread
from watcher.errors import EngineError
from watcher.fetch import Client
from watcher.matching.definitions import WatchDef
from watcher.model import Failed, FailureKind, Polled, PollJob, ReadJob, ReadOutcome, Settings

log = structlog.get_logger("watcher.engine.cluster")

J = TypeVar("J", PollJob, ReadJob)
A = TypeVar("A", Polled, ReadOutcome)

# A task costs the scheduler about 2 ms: a batch should be worth a hundred times that.
BATCH = 40
CONNECT_WITHIN = 10.0
AGAIN_AFTER = (1.0, 30.0)
CLOSE_WITHIN = 5.0
_engines = count()  # two that work by the same order, as after a reload, must not close each other's stations
_RUN = uuid4().hex[:8]
"""Tells this process from an earlier one of the same hub, whose stations may have been left behind."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a station works by.

    Attributes:
        hub: tells one hub of a cluster from another.
        version: of the hub; workers must be of the same.
    """

    settings: Settings
    watch: WatchDef
    user_agent: str
    hub: str
    version: str = __version__

    @property
    def name(self) -> str:
        """Tells one edition of settings and rules from another."""
        return f"{self.prefix}{_RUN}-{blake2b(pickle.dumps(self), digest_size=8).hexdigest()}"

    @property
    def prefix(self) -> str:
        """What the names of all stations of one hub begin with."""
        return f"watcher-{self.hub}-"


class NoStationError(EngineError):
    """A worker has not been told yet what to work by."""


# --- in a worker of the cluster -----------------------------------------------------------------------------------


class Station(distributed.WorkerPlugin):
    """What one worker of the cluster works with; made by Dask on every worker, on those that come later as well."""

    idempotent = True

    def __init__(self, order: Order) -> None:
        self._order = order
        self._client: Client | None = None
        self._engine: LocalEngine | None = None

    async def setup(self, worker: distributed.Worker) -> None:
        """Opens an engine with as many processes as the worker has threads.

        Raises:
            EngineError: the worker runs another version of ours.
        """
        if self._order.version != __version__:
            raise EngineError(f"This worker runs watcher {__version__}, the hub {self._order.version}.")
        _let_have_children()
        settings = replace(self._order.settings, workers=self._order.settings.workers or worker.state.nthreads)
        self._client = Client(settings, user_agent=self._order.user_agent, clock=_utc_now)
        await self._client.__aenter__()
        self._engine = LocalEngine(settings, self._order.watch, self._client)

    async def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - given by Dask
        """Ends the engine and what it is doing."""
        engine, client, self._engine, self._client = self._engine, self._client, None, None
        if engine is not None:
            await engine.close()
        if client is not None:
            await client.__aexit__(None, None, None)

    def engine(self, cooled: Mapping[str, datetime]) -> Engine:
        """The engine, told which hosts must be left alone.

        Raises:
            NoStationError: it could not be opened, or is closed.
        """
        if self._engine is None or self._client is None:
            raise NoStationError("This worker has no engine.")
        for host, until in cooled.items():
            self._client.cool_host(host, until)
        return self._engine


def _let_have_children() -> None:
    """Dask's nanny marks its worker as daemonic, which may not start the processes that documents are parsed in.

    Nothing is left behind: a pipe that breaks ends these processes as soon as the worker is gone.
    """
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined] # noqa: SLF001 - no other way


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _station(name: str) -> Station:
    found = distributed.get_worker().plugins.get(name)
    if not isinstance(found, Station):
        raise NoStationError("This worker does not know these rules yet.")
    return found


async def poll_batch(name: str, jobs: Sequence[PollJob], cooled: Mapping[str, datetime]) -> list[Polled]:
    """Polls feeds, in a worker of the cluster."""
    return [polled async for polled in _station(name).engine(cooled).poll(jobs)]


async def read_batch(name: str, jobs: Sequence[ReadJob], cooled: Mapping[str, datetime]) -> list[ReadOutcome]:
    """Reads articles, in a worker of the cluster."""
    return [outcome async for outcome in _station(name).engine(cooled).read(jobs)]


# --- in the hub ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Work(Generic[J, A]):
    """One kind of work.

    Attributes:
        do: what the worker calls.
        url: where a job leads to.
        lost: the answer to a job that always takes its worker along.
    """

    do: Callable[[str, Sequence[J], Mapping[str, datetime]], Coroutine[Any, Any, list[A]]]
    url: Callable[[J], str]
    lost: Callable[[J, Failed], A]


_POLL: _Work[PollJob, Polled] = _Work(poll_batch, lambda job: job.state.url, Polled)
_READ: _Work[ReadJob, ReadOutcome] = _Work(read_batch, lambda job: job.url, unread)


@dataclass(frozen=True, slots=True)
class Batch(Generic[J]):
    """Jobs that go to one worker together.

    Attributes:
        home: the address of the worker; empty when there is none yet.
    """

    home: str
    jobs: tuple[J, ...]


def batches(jobs: Iterable[J], url_of: Callable[[J], str], workers: Sequence[str], size: int = BATCH) -> list[Batch[J]]:
    """Cuts jobs into batches: all of one host at one worker, the same for the same workers; about ``size`` in each."""
    at_home: dict[str, list[list[J]]] = {}
    by_host: dict[str, list[J]] = {}
    for job in jobs:
        by_host.setdefault(urlsplit(url_of(job)).hostname or "", []).append(job)
    for host, of_host in by_host.items():
        at_home.setdefault(home_of(host, workers), []).append(of_host)
    return [
        Batch(home, tuple(job for of_host in some for job in of_host))
        for home, hosts in at_home.items()
        for some in _packed(hosts, size)
    ]


def _packed(hosts: Iterable[list[J]], size: int) -> list[list[list[J]]]:
    packs: list[list[list[J]]] = []
    room = 0
    for of_host in sorted(hosts, key=len, reverse=True):
        if len(of_host) > room:
            packs.append([])
            room = size
        packs[-1].append(of_host)
        room -= len(of_host)
    return packs


def home_of(host: str, workers: Sequence[str]) -> str:
    """The worker that asks a host (rendezvous hashing): when one leaves, only its own hosts move."""
    return max(workers, key=lambda worker: blake2b(f"{worker} {host}".encode(), digest_size=8).digest(), default="")


@dataclass(slots=True)
class _Reach:
    """Whether the cluster can be reached, said once when it changes."""

    address: str
    up: bool | None = None
    tries: int = 0

    def found(self) -> None:
        if not self.up:
            log.info("the cluster can be reached", address=self.address)
        self.up, self.tries = True, 0

    def lost(self, why: object) -> float:
        """Seconds until the next try."""
        if self.up is not False:
            log.warning("the cluster cannot be reached; what is due stays due", address=self.address, why=str(why))
        self.up, self.tries = False, self.tries + 1
        return min(AGAIN_AFTER[0] * 2.0 ** min(self.tries, 10), AGAIN_AFTER[1])


# Between a worker that is ended and the batch that it had, Dask raises one or the other of these.
_BROKEN = (CommClosedError, OSError, TimeoutError, distributed.client.FutureCancelledError, NoStationError)


class DaskEngine:
    """Polls and reads on a Dask cluster.

    Args:
        address: of the scheduler, such as ``tcp://10.0.0.1:8786``.
        order: settings and rules to work by.
        clock: the time, aware.
    """

    def __init__(self, address: str, order: Order, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._address = address
        self._order = order
        self._name = f"{order.name}-{next(_engines)}"
        self._clock = clock
        self._cluster: distributed.Client | None = None
        self._reach = _Reach(address)
        self._connecting = asyncio.Lock()
        self._cooled: dict[str, datetime] = {}
        # Dask says by itself, at length, what we say in one line
        logging.getLogger("distributed").setLevel(logging.CRITICAL)

    def cool_host(self, host: str, until: datetime) -> None:
        """Makes no request go to a host before then, from any worker."""
        now = self._clock()
        self._cooled = {name: at for name, at in self._cooled.items() if at > now} | {host: until}

    def set_back(self, by: timedelta) -> None:
        """The clock of the hub was set back by so much; those of the workers are their own."""
        self._cooled = {name: at - by for name, at in self._cooled.items()}

    async def poll(self, jobs: Sequence[PollJob]) -> AsyncIterator[Polled]:
        """Yields the outcome of each feed as its batch is done, in any order, exactly one for each job."""
        async for polled in self._stream(_POLL, jobs):
            yield polled

    async def read(self, jobs: Sequence[ReadJob]) -> AsyncIterator[ReadOutcome]:
        """Yields the outcome of each article as its batch is done, in any order, exactly one for each job."""
        async for outcome in self._stream(_READ, jobs):
            yield outcome

    async def close(self) -> None:
        """Ends the stations and the connection, within seconds; jobs under way are given up."""
        cluster, self._cluster = self._cluster, None
        if cluster is None:
            return
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                if cluster.status == "running":
                    await cluster.unregister_worker_plugin(self._name)
                await cluster.close(timeout=CLOSE_WITHIN)
        except (*_BROKEN, ValueError) as error:
            log.debug("the cluster was gone already", why=str(error))

    async def _stream(self, work: _Work[J, A], jobs: Sequence[J]) -> AsyncIterator[A]:
        _, workers = await self._connected()
        under_way = {asyncio.ensure_future(self._batch(work, batch)) for batch in batches(jobs, work.url, workers)}
        try:
            while under_way:
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for batch in done:
                    for answer in batch.result():
                        yield answer
        finally:
            for batch in under_way:
                batch.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _batch(self, work: _Work[J, A], batch: Batch[J]) -> list[A]:
        """Has a batch done, however often a worker or the scheduler is lost over it."""
        while True:
            cluster, _ = await self._connected()
            try:
                return await self._ask(cluster, work, batch)
            except distributed.KilledWorker as error:
                return await self._apart(work, batch, error)
            except _BROKEN as error:
                await asyncio.sleep(self._reach.lost(error))

    async def _ask(self, cluster: distributed.Client, work: _Work[J, A], batch: Batch[J]) -> list[A]:
        asked = cluster.submit(
            work.do,
            self._name,
            batch.jobs,
            dict(self._cooled),
            workers=[batch.home] if batch.home else None,
            allow_other_workers=bool(batch.home),
            pure=False,
        )
        try:
            answers: list[A] = await asked
        finally:
            asked.release()
        return answers

    async def _apart(self, work: _Work[J, A], batch: Batch[J], error: Exception) -> list[A]:
        """Finds the job that takes its workers along: by halves, so that the others get their answers."""
        if len(batch.jobs) == 1:
            failure = Failed(FailureKind.WORKER_DIED, f"the cluster: {error}"[:500], work.url(batch.jobs[0]))
            return [work.lost(batch.jobs[0], failure)]
        middle = len(batch.jobs) // 2
        halves = (batch.jobs[:middle], batch.jobs[middle:])
        answers = [await self._batch(work, Batch(batch.home, half)) for half in halves]
        return [answer for half in answers for answer in half]

    # --- the connection

    async def _connected(self) -> tuple[distributed.Client, list[str]]:
        """The cluster, waited for as long as it takes, and its workers, each with our station."""
        async with self._connecting:
            while True:
                try:
                    async with asyncio.timeout(2 * CONNECT_WITHIN):
                        cluster = await self._connect()
                        return cluster, await _workers(cluster)
                except (*_BROKEN, ValueError) as error:
                    await asyncio.sleep(self._reach.lost(error))

    async def _connect(self) -> distributed.Client:
        cluster = self._cluster
        if cluster is None or cluster.status in ("closing", "closed"):
            cluster = await distributed.Client(
                self._address, asynchronous=True, timeout=CONNECT_WITHIN, set_as_default=False, name="watcher"
            )
            self._cluster = cluster
        if cluster.status != "running":
            raise OSError("connecting again")
        if not self._reach.up:
            await self._open_stations(cluster)
            self._reach.found()
        return cluster

    async def _open_stations(self, cluster: distributed.Client) -> None:
        for left in await cluster.run_on_scheduler(partial(_left_behind, self._order.prefix, _RUN)):
            await cluster.unregister_worker_plugin(left)
        answers = await cluster.register_plugin(Station(self._order), name=self._name)
        for worker, answer in answers.items():
            if answer.get("status") == "error":
                log.error("a worker of the cluster cannot be used", worker=worker, why=str(answer.get("exception")))


async def _workers(cluster: distributed.Client) -> list[str]:
    if cluster.scheduler is None:
        raise OSError("connecting again")
    known = await cluster.scheduler.identity(n_workers=-1)
    return sorted(known["workers"])


def _left_behind(prefix: str, run: str, dask_scheduler: distributed.Scheduler) -> list[str]:
    """The stations of a hub's earlier processes, which ended without closing them; runs in the scheduler."""
    names: Iterable[str] = dask_scheduler.worker_plugins
    return [name for name in names if name.startswith(prefix) and not name.startswith(prefix + run)]
