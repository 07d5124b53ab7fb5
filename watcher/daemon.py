"""The background service: it knows *when* things are done, never *what*.

APScheduler holds a handful of jobs; the real schedule of feeds, articles and deliveries is in the database, in indexed
columns. A job only wakes a stage or does something short. Waits run on the monotonic clock, so that a jump of the wall
clock stops nothing; the clock guard then mends what was planned by the wall clock.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from watcher.errors import ConfigError, EngineError, InstanceLocked, StoreDamaged, StoreError, UsageError
from watcher.model import Event, Target, TargetName
from watcher.pipeline.flow import Parts, Pipeline
from watcher.pipeline.housekeeping import back_up, keep_house
from watcher.store import Store, wal_reset_advice

log = structlog.get_logger("watcher")

TICK = timedelta(seconds=30)
HEARTBEAT = timedelta(minutes=5)
GUARD = 5.0
PUBLISH = 5.0
PAUSE_AFTER_MISTAKE = 600.0
LOOK = 60.0
JUMP = timedelta(seconds=30)
# How often to look whether the backup of the day is due: a machine may sleep at any hour.
BACKUP_CHECK = timedelta(minutes=10)
GRACE_RELOAD = 60.0
LONGEST_BEAT = 30.0


@dataclass(frozen=True)
class Assembly:
    """What is made from one configuration, as it was read.

    Attributes:
        parts: what the pipeline works by and with.
        spread: feeds that were never polled are first polled within this time.
        ping: tells a monitor outside that we are alive, and returns what went wrong; None when none is configured.
        close: lets go of the parts when nothing uses them any more.
    """

    parts: Parts
    spread: timedelta
    ping: Callable[[], Awaitable[str]] | None
    close: Callable[[], Awaitable[None]]


# Reads the configuration and makes the parts; raises ConfigError when it cannot be used.
Assemble = Callable[[], Awaitable[Assembly]]


@contextmanager
def instance_lock(state: Path) -> Iterator[None]:
    """Hold the state directory for this process; the lock goes with the process, however it ends.

    Raises:
        InstanceLocked: another process holds it.
        UsageError: it cannot be written to.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        opened = (state / "lock").open("a+")
    except OSError as error:
        raise UsageError(f"The state directory {state} cannot be used: {error.strerror}.") from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip()
            by = f" (process {holder})" if holder.isdecimal() else ""
            raise InstanceLocked(f"Another Watcher{by} is running on {state}.") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def notify_systemd(message: str) -> None:
    """Tell the service manager, if there is one (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        # A manager that does not read must not hold up the loop.
        sock.setblocking(False)
        try:
            sock.connect("\0" + address[1:] if address.startswith("@") else address)
            sock.sendall(message.encode())
        except OSError as error:
            log.warning("the service manager cannot be told", error=str(error))


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Daemon:
    """Runs the stages until it is told to stop.

    Args:
        store: open for writing; the caller holds the instance lock.
        assemble: makes the parts, at the start and on every reload.
        clock: the wall clock, aware.
        rng: for jitter.
    """

    def __init__(self, store: Store, assemble: Assemble, *, clock: Callable[[], datetime], rng: random.Random) -> None:
        self._store = store
        self._assemble = assemble
        self._clock = clock
        self._rng = rng
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._told = asyncio.Event()
        self._damage: StoreDamaged | None = None

    def stop(self) -> None:
        """Finish what is under way, and end."""
        self._stop.set()
        self._told.set()

    def reload(self) -> None:
        """Read the configuration again, and go on with it if it can be used."""
        self._reload.set()
        self._told.set()

    async def run(self) -> None:
        """Run until :meth:`stop`, SIGTERM or SIGINT; SIGHUP reloads.

        Raises:
            ConfigError: the configuration cannot be used at the start.
            StoreDamaged: the database is not sound.
        """
        with self._signals():
            self._assembly = assembly = await self._assemble()
            pipeline = Pipeline(self._store, assembly.parts, clock=self._clock, rng=self._rng)
            scheduler = AsyncIOScheduler(timezone="UTC")
            tasks: list[asyncio.Task[None]] = []
            try:
                await self._tell_of_database(pipeline)
                await pipeline.start(spread=assembly.spread)
                tasks += self._begin(pipeline, scheduler, assembly)
                await self._say_hello(pipeline)
                await self._until_stopped(pipeline, scheduler, tasks)
            finally:
                notify_systemd("STOPPING=1")
                if scheduler.running:
                    scheduler.shutdown(wait=False)
                await self._wind_down(pipeline, self._assembly, tasks)

    def _begin(self, pipeline: Pipeline, scheduler: AsyncIOScheduler, assembly: Assembly) -> list[asyncio.Task[None]]:
        self._schedule(scheduler, pipeline, assembly)
        scheduler.add_listener(self._job_failed, EVENT_JOB_ERROR)
        scheduler.start()
        return [
            *(asyncio.create_task(stage.run(), name=stage.name) for stage in pipeline.stages),
            asyncio.create_task(self._guard_clock(pipeline, scheduler), name="clock"),
            asyncio.create_task(self._feed_watchdog(pipeline), name="watchdog"),
            asyncio.create_task(self._publish(pipeline), name="digests"),
            asyncio.create_task(self._look_after(pipeline), name="watchman"),
        ]

    async def _tell_of_database(self, pipeline: Pipeline) -> None:
        if advice := wal_reset_advice():
            log.info("this version of SQLite has the WAL-reset bug", advice=advice)
        if self._store.lost:
            log.warning("the database is older than it was", lost=self._store.lost)
            await pipeline.db(self._store.add_events, [Event("rolled_back", self._store.lost)], self._clock())

    async def _say_hello(self, pipeline: Pipeline) -> None:
        watch = pipeline.watch
        await pipeline.attempt(self._beat(pipeline))
        log.info("watching", feeds=len(watch.feeds), topics=watch.topics, targets=_named(watch.targets))
        notify_systemd(f"READY=1\nSTATUS=watching {len(watch.feeds)} feeds")

    async def _until_stopped(
        self, pipeline: Pipeline, scheduler: AsyncIOScheduler, tasks: list[asyncio.Task[None]]
    ) -> None:
        told = asyncio.create_task(self._told.wait())
        try:
            while True:
                await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
                self._raise_what_ended(tasks)
                if self._stop.is_set():
                    return
                self._told.clear()
                told = asyncio.create_task(self._told.wait())
                if self._reload.is_set():
                    self._reload.clear()
                    await self._take_over(pipeline, scheduler)
        finally:
            told.cancel()

    def _raise_what_ended(self, tasks: list[asyncio.Task[None]]) -> None:
        if self._damage is not None:
            raise self._damage
        for task in tasks:
            if task.done():
                task.result()
                raise EngineError(f"the {task.get_name()} stage has ended by itself")

    async def _take_over(self, pipeline: Pipeline, scheduler: AsyncIOScheduler) -> None:
        """Change over to the configuration as it is now; keep the old one when that cannot be done."""
        notify_systemd(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        new = await self._adopt(pipeline)
        if new is None:
            notify_systemd("READY=1\nSTATUS=the new configuration cannot be used; the old one stays")
            return
        old, self._assembly = self._assembly, new
        scheduler.remove_all_jobs()
        self._schedule(scheduler, pipeline, new)
        await self._finish_current(pipeline)
        await old.close()
        await pipeline.attempt(pipeline.bury_orphans())
        await self._note(pipeline, Event("reloaded", "the configuration was read anew"))
        await self._say_hello(pipeline)

    async def _adopt(self, pipeline: Pipeline) -> Assembly | None:
        """Read the configuration and let the pipeline work by it; None, and all is as before, when that fails."""
        try:
            new = await self._assemble()
        except ConfigError as error:
            for problem in error.problems:
                log.warning("the new configuration cannot be used; the old one stays", problem=str(problem))
            event = Event("reload_refused", f"{len(error.problems)} problems", detail=str(error)[:4000])
            await self._note(pipeline, event)
            return None
        except Exception:  # a mistake of ours over a new configuration must not end the watch by the old one
            log.exception("the new configuration could not be read; the old one stays")
            return None
        try:
            await pipeline.adopt(new.parts, spread=new.spread)
        except BaseException as error:
            await new.close()
            if not isinstance(error, StoreError) or isinstance(error, StoreDamaged):
                raise
            log.warning("the new configuration cannot be taken over now; the old one stays", error=str(error))
            return None
        return new

    async def _note(self, pipeline: Pipeline, event: Event) -> None:
        await pipeline.attempt(pipeline.db(self._store.add_events, [event], self._clock()))

    async def _finish_current(self, pipeline: Pipeline) -> None:
        """Let what is under way end with the old parts; a stop does not wait for it."""
        finishing = asyncio.create_task(self._finish_stages(pipeline))
        stopping = asyncio.create_task(self._told_to_stop())
        _, waiting = await asyncio.wait([finishing, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _finish_stages(self, pipeline: Pipeline) -> None:
        await asyncio.gather(*(stage.finish_current(GRACE_RELOAD) for stage in pipeline.stages))

    async def _told_to_stop(self) -> None:
        await self._stop.wait()

    def _schedule(self, scheduler: AsyncIOScheduler, pipeline: Pipeline, assembly: Assembly) -> None:
        """Plan the jobs. Each returns at once or does something short; a missed run is made up for once, never lost."""

        def every(span: timedelta, name: str, job: Callable[[], Awaitable[None]]) -> None:
            scheduler.add_job(
                job, IntervalTrigger(seconds=int(span.total_seconds()), timezone="UTC"), id=name, name=name,
                coalesce=True, misfire_grace_time=None, max_instances=1,
            )  # fmt: skip

        async def wake() -> None:
            for stage in pipeline.stages:
                stage.wake()

        async def ping() -> None:
            if assembly.ping is not None and (trouble := await assembly.ping()):
                log.warning("the heartbeat was not accepted", why=trouble)

        async def beat() -> None:
            await pipeline.attempt(self._beat(pipeline))

        async def backup() -> None:
            await pipeline.attempt(self._back_up(pipeline))

        async def housekeeping() -> None:
            await pipeline.attempt(self._housekeeping(pipeline))

        every(TICK, "tick", wake)
        every(TICK, "beat", beat)
        every(BACKUP_CHECK, "backup", backup)
        if assembly.ping is not None:
            every(HEARTBEAT, "heartbeat", ping)
        zone = pipeline.watch.settings.time_zone
        scheduler.add_job(
            housekeeping, CronTrigger(hour=3, minute=17, timezone=zone), id="housekeeping",
            name="housekeeping", coalesce=True, misfire_grace_time=None, max_instances=1,
        )  # fmt: skip

    def _job_failed(self, event: JobExecutionEvent) -> None:
        log.error("a job failed", job=event.job_id, error=repr(event.exception))
        if isinstance(event.exception, StoreDamaged):
            self._damage = event.exception
            self._told.set()

    async def _beat(self, pipeline: Pipeline) -> None:
        tally = pipeline.tally
        detail = (
            f"polled {tally.polled}, read {tally.read}, skipped {tally.skipped}, hits {tally.hits}, sent {tally.sent}"
        )
        await pipeline.db(self._store.beat, "daemon", self._clock(), detail)

    async def _housekeeping(self, pipeline: Pipeline) -> None:
        await keep_house(pipeline.db, self._store, pipeline.watch.settings, self._clock())

    async def _back_up(self, pipeline: Pipeline) -> None:
        await back_up(pipeline.db, self._store, pipeline.watch.settings, self._clock())

    async def _guard_clock(self, pipeline: Pipeline, scheduler: AsyncIOScheduler) -> None:
        """Notice jumps of the wall clock, and plan anew what was planned by it, as soon as the database allows.

        After a jump forwards all that was due meanwhile is due; that needs no help.
        """
        wall, steady = self._clock(), time.monotonic()
        ahead = timedelta(0)
        while True:
            await asyncio.sleep(GUARD)
            passed = timedelta(seconds=time.monotonic() - steady)
            jump = self._clock() - wall - passed
            wall, steady = self._clock(), time.monotonic()
            if abs(jump) >= JUMP:
                log.warning("the clock has jumped; plans are made anew", seconds=jump.total_seconds())
                ahead -= min(jump, timedelta(0))
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=job.trigger.get_next_fire_time(None, wall))
            if ahead and await pipeline.attempt(pipeline.set_back(ahead)):
                ahead = timedelta(0)

    async def _look_after(self, pipeline: Pipeline) -> None:
        """See how the watch itself is, every minute."""
        await self._again_and_again(pipeline, pipeline.look_after, LOOK, "the watch could not be looked after")

    async def _publish(self, pipeline: Pipeline) -> None:
        """Make digests when their time has come; what was missed while we were away is made up for once."""
        await self._again_and_again(pipeline, pipeline.publish, PUBLISH, "the digests could not be made")

    @staticmethod
    async def _again_and_again(
        pipeline: Pipeline, work: Callable[[], Awaitable[None]], every: float, mistake: str
    ) -> None:
        while True:
            try:
                await pipeline.attempt(work())
            except StoreDamaged:
                raise
            except Exception:  # a mistake over one of these must not end the watch
                log.exception("a mistake of ours: again in a while", what=mistake)
                await asyncio.sleep(PAUSE_AFTER_MISTAKE)
            await asyncio.sleep(every)

    async def _feed_watchdog(self, pipeline: Pipeline) -> None:
        """Tell the service manager that we are alive: the loop turns, and the store answers. Never by a bare timer."""
        period = watchdog_period()
        while True:
            await asyncio.sleep(period or LONGEST_BEAT)
            if await pipeline.attempt(pipeline.db(self._store.next_poll_at)) and period:
                notify_systemd("WATCHDOG=1")

    async def _wind_down(self, pipeline: Pipeline, assembly: Assembly, tasks: list[asyncio.Task[None]]) -> None:
        log.info("stopping")
        await pipeline.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await assembly.close()
        with suppress(StoreError):  # without the note, silence tells the same some minutes later
            await pipeline.db(self._store.beat, "stopped", self._clock())
        await pipeline.close()
        log.info("stopped")

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handlers = {signal.SIGTERM: self.stop, signal.SIGINT: self.stop, signal.SIGHUP: self.reload}
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)


def watchdog_period() -> float:
    """How often the service manager wants to hear from us, in seconds, with room to spare; 0 when it does not.

    See sd_watchdog_enabled(3).
    """
    usec = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(usec) / 1_000_000 / 3 if usec.isdecimal() and mine else 0.0


def _named(targets: Mapping[TargetName, Target]) -> str:
    """The targets that somebody reads."""
    return ", ".join(sorted(name for name, target in targets.items() if target.channel != "null"))
