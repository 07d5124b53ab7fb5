"""Poll, read, judge, deliver: calls adapters and core in order, and decides nothing.

Work is rows. Each stage asks the store what is due, hands it to the engine or to a target, and writes down what came
of it. A row stays due until that is committed, so that a crash at any point is mended by running again.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import structlog

from watcher import polling, reading
from watcher.alerting import planning
from watcher.engine.local import Engine
from watcher.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from watcher.model import (
    CANARY,
    ArticleId,
    DeliveryJob,
    Event,
    FailureKind,
    Message,
    NotModified,
    PollDecision,
    Polled,
    PollJob,
    PollOutcome,
    ReadJob,
    ReadOutcome,
    Rejected,
    SendOutcome,
    Target,
    TargetName,
)
from watcher.pipeline.availability import WELL, Availability
from watcher.pipeline.desk import Desk
from watcher.pipeline.filing import Filing
from watcher.pipeline.sending import Lane
from watcher.pipeline.stages import GroupCommit, Stage
from watcher.pipeline.trouble import Trouble
from watcher.pipeline.watch import Watch
from watcher.pipeline.watchman import Watchman, canary_deliveries
from watcher.store import AlertPlan, ReadRecord, Store
from watcher.stories import report_of

log = structlog.get_logger("watcher")

R = TypeVar("R")

POLLS_AT_ONCE = 256
READS_AT_ONCE = 48
# What failed for a reason of our own is left alone for so long.
PARK = timedelta(hours=1)
# These fail for the whole database, not for what was to be written.
_UNWRITABLE = (StoreBusy, StoreFull, StoreDamaged)
# Of the 20 s that a service manager may give us: reading and polling may finish quickly or be done again, a message
# that is being sent should get its answer.
GRACE_POLL = 2.0
GRACE_READ = 4.0
GRACE_SEND = 10.0
# The latest poll of each of so many hosts tells whether it is our own network that fails.
HOSTS_KEPT = 20


@dataclass(frozen=True)
class Parts:
    """What is made from one configuration: what to work by, and the outside to work with.

    Attributes:
        send: sends a message to a target, in the calling thread; the text is the idempotency key.
        cool_host: makes no request go to a host before then.
        set_back: tells what fetches that the clock was set back by so much.
    """

    watch: Watch
    engine: Engine
    send: Callable[[Target, Message, str], SendOutcome]
    cool_host: Callable[[str, datetime], None]
    set_back: Callable[[timedelta], None]


@dataclass(slots=True)
class Tally:
    """What has been done since the start.

    Attributes:
        skipped: articles read whose page was not extracted, because nothing on it could make any topic fire.
    """

    polled: int = 0
    failed: int = 0
    unchanged: int = 0
    entries: int = 0
    read: int = 0
    skipped: int = 0
    hits: int = 0
    queued: int = 0
    sent: int = 0
    undelivered: int = 0


class Pipeline:
    """The three stages over one store.

    Args:
        store: used from one thread of the pipeline's own from now on.
        parts: what to work by and with, until :meth:`adopt` gives others.
        clock: the wall clock, aware.
        rng: for jitter.
    """

    def __init__(self, store: Store, parts: Parts, *, clock: Callable[[], datetime], rng: random.Random) -> None:
        self.tally = Tally()
        self._store = store
        self._parts = parts
        self._clock = clock
        self._rng = rng
        self._db = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._outcomes: OrderedDict[str, PollOutcome] = OrderedDict()
        self._lanes: dict[TargetName, Lane] = {}
        self._buckets: dict[str, planning.Bucket] = {}
        self._breakers: dict[TargetName, planning.Breaker] = {}
        self._availability = Availability()
        self.trouble = Trouble(partial(self.db, store.probe))
        self.desk = Desk(store, self.db)
        self._digests_known = False
        self._gather_again = clock()
        self.watchman = Watchman(store, self.db)
        self._filing = Filing(store)
        self._polls = GroupCommit[PollDecision](self._write_polls)
        self._reads = GroupCommit[ReadRecord](self._write_reads)
        self.polling = Stage[PollJob](
            "poll",
            limit=POLLS_AT_ONCE,
            claim=self._due_polls,
            key=lambda job: job.feed.id,
            work=self._poll,
            next_wait=partial(self._wait_for, store.next_poll_at),
            trouble=self.trouble,
        )
        self.reading = Stage[ReadJob](
            "read",
            limit=READS_AT_ONCE,
            claim=self._due_reads,
            key=lambda job: job.article_id,
            work=self._read,
            next_wait=partial(self._wait_for, store.next_read_at),
            trouble=self.trouble,
        )
        self.delivering = Stage[DeliveryJob](
            "deliver",
            limit=1000,
            claim=self._due_deliveries,
            key=lambda job: job.target,
            work=self._deliver,
            next_wait=partial(self._wait_for, store.next_delivery_at),
            trouble=self.trouble,
        )

    @property
    def stages(self) -> tuple[Stage[PollJob], Stage[ReadJob], Stage[DeliveryJob]]:
        """In the order of the flow."""
        return self.polling, self.reading, self.delivering

    async def db(self, call: Callable[..., R], *args: object) -> R:
        """Call the store on its own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._db, partial(call, *args))

    async def attempt(self, work: Awaitable[object]) -> bool:
        """Do what can be left out while the database cannot be used; say whether it was done.

        Raises:
            StoreDamaged: nothing can be done any more.
        """
        try:
            await work
        except StoreDamaged:
            raise
        except StoreError as error:
            self.trouble.note(error)
            return False
        return True

    @property
    def watch(self) -> Watch:
        """What the pipeline works by."""
        return self._parts.watch

    async def start(self, *, spread: timedelta) -> None:
        """Pick up what an earlier process left, and make the store know the watch.

        Args:
            spread: feeds that were never polled are polled within this time.
        """
        now = self._clock()
        # A clock that ran ahead when they were written must not keep anything waiting for years.
        await self.db(self._store.cap_waits, now, max(self.watch.settings.max_interval, polling.RETRY_AFTER_RANGE[1]))
        drop = frozenset(name for name, target in self.watch.targets.items() if target.on_unknown == "drop")
        await self.db(self._store.recover_deliveries, now, drop)
        await self.adopt(self._parts, spread=spread)

    async def adopt(self, parts: Parts, *, spread: timedelta) -> None:
        """Work by and with these parts from now on; what is under way ends with those it began with.

        Raises:
            StoreError: nothing has changed.
        """
        now, watch = self._clock(), parts.watch
        first = {feed: polling.first_poll_at(feed, now=now, spread=spread) for feed in watch.feeds}
        for host, until in (await self.db(self._store.cooled_hosts, now)).items():
            parts.cool_host(host, until)
        outlets, feeds = tuple(watch.outlets.values()), tuple(watch.feeds.values())
        await self.db(partial(self._store.sync_watch, outlets, feeds, first, now, targets=watch.targets))
        self._parts = parts
        self._digests_known = False
        self._buckets.clear()
        for stage in self.stages:
            stage.wake()

    async def bury_orphans(self) -> None:
        """Give up deliveries to targets that are gone; those that were under way during a reload among them."""
        await self.db(self._store.bury_orphans, frozenset(self.watch.targets), self._clock())

    async def set_back(self, by: timedelta) -> None:
        """After the clock was set back by so much, let nothing wait for the old time; once only for each time.

        Raises:
            StoreError: the database still plans by the old time.
        """
        await self.db(self._store.set_back, by, self._clock())
        self._gather_again = self._clock()
        self._buckets.clear()
        self._breakers.clear()
        self._parts.set_back(by)
        for stage in self.stages:
            stage.wake()

    async def drain(self) -> None:
        """Do all that is due, stage by stage, until nothing is."""
        await self.polling.drain()
        await self.reading.drain()
        await self.publish()
        await self.delivering.drain()

    async def look_after(self) -> None:
        """See how the watch itself is, and tell when something ails it."""
        offline = polling.network_down(tuple(self._outcomes.values()))
        if await self.watchman.look(self.watch, self._clock(), offline=offline):
            self.delivering.wake()

    async def publish(self) -> None:
        """Make the digests whose time has come."""
        if not self._digests_known:
            await self.desk.adopt(self.watch, self._clock())
            self._digests_known = True
        if await self.desk.publish(self.watch, self._clock()):
            self.delivering.wake()

    async def stop(self) -> None:
        """Claim nothing more, and end what is under way within seconds; what is not done stays due."""
        polling, reading, delivering = self.stages
        await asyncio.gather(
            polling.stop(GRACE_POLL), reading.stop(GRACE_READ), delivering.stop(GRACE_SEND), return_exceptions=True
        )

    async def close(self) -> None:
        """Let go of the threads; a send that hangs is left to itself and counts as perhaps sent."""
        self._db.shutdown(wait=True, cancel_futures=True)

    async def _wait_for(self, when: Callable[[], datetime | None]) -> float:
        at = await self.db(when)
        return float("inf") if at is None else (at - self._clock()).total_seconds()

    # --- poll --------------------------------------------------------------------------------------------------

    async def _due_polls(self, room: int) -> list[PollJob]:
        states = await self.db(self._store.due_feeds, self._clock(), room, frozenset(self.polling.busy))
        feeds = self.watch.feeds
        return [PollJob(feeds[state.feed_id], state) for state in states if state.feed_id in feeds]

    async def _poll(self, jobs: Sequence[PollJob], done: Callable[[PollJob], None]) -> None:
        async with asyncio.TaskGroup() as group:
            async for polled in self._parts.engine.poll(jobs):
                group.create_task(self._finish_poll(polled, done))

    async def _finish_poll(self, polled: Polled, done: Callable[[PollJob], None]) -> None:
        offline = self._network_down(polled.outcome)
        decision = self._decide(polled, offline=offline)
        self._count_poll(polled, decision, offline=offline)
        try:
            await self.polling.outlast(partial(self._polls.add, decision))
        except _UNWRITABLE:
            raise
        except Exception as error:  # the database does not take what the feed brought
            log.exception("a poll could not be stored: its feed is left alone for an hour", feed=polled.job.feed.id)
            await self.polling.outlast(partial(self._polls.add, self._give_up(polled.job, error)))
        done(polled.job)

    def _network_down(self, latest: PollOutcome) -> bool:
        host = (urlsplit(latest.url).hostname or "").lower()
        self._outcomes[host] = latest
        self._outcomes.move_to_end(host)
        if len(self._outcomes) > HOSTS_KEPT:
            self._outcomes.popitem(last=False)
        return polling.network_down(tuple(self._outcomes.values()))

    def _decide(self, polled: Polled, *, offline: bool) -> PollDecision:
        try:
            return polling.decide(polled, self.watch.settings, now=self._clock(), rng=self._rng, offline=offline)
        except Exception as error:  # the edge of the pipeline for this one feed
            log.exception("a poll could not be understood", feed=polled.job.feed.id)
            return self._give_up(polled.job, error)

    def _give_up(self, job: PollJob, error: Exception) -> PollDecision:
        """Park a feed for a mistake of ours, with nothing of what it brought."""
        now = self._clock()
        state = replace(job.state, next_poll_at=now + PARK, last_polled_at=now, failures=job.state.failures + 1)
        event = Event("internal_error", _words(error), feed_id=state.feed_id)
        return PollDecision(
            state, (), (event,), FailureKind.INTERNAL, event.reason, "an error of ours: again in an hour"
        )

    def _count_poll(self, polled: Polled, decision: PollDecision, *, offline: bool) -> None:
        self.tally.polled += 1
        self.tally.failed += decision.status not in WELL
        self.tally.unchanged += isinstance(polled.outcome, NotModified)
        self._availability.note(decision, offline=offline)

    async def _write_polls(self, decisions: Sequence[PollDecision]) -> None:
        stored_polls = await self.db(self._store.record_polls, decisions, self._clock())
        for stored in stored_polls:
            self.tally.entries += stored.new
            if stored.new:
                log.info("new entries", feed=stored.feed_id, entries=stored.new)
                self.reading.wake()
            if stored.gap_suspected:
                log.warning("no entry was known before: some may have been missed", feed=stored.feed_id)
        for decision in decisions:
            if decision.host_retry_at is not None:
                host = (urlsplit(decision.state.url).hostname or "").lower()
                self._parts.cool_host(host, decision.host_retry_at)

    # --- read --------------------------------------------------------------------------------------------------

    async def _due_reads(self, room: int) -> list[ReadJob]:
        busy = frozenset(self.reading.busy)
        # One more than may be fetched at once: the workers are not to wait for the host.
        per_host = self.watch.settings.host_connections + 1
        jobs = await self.db(self._store.due_articles, self._clock(), room, busy, per_host)
        return [self._equip(job) for job in jobs]

    def _equip(self, job: ReadJob) -> ReadJob:
        feeds = [self.watch.feeds[feed] for feed in job.feed_ids if feed in self.watch.feeds]
        whole = bool(job.content) and any(feed.full_text for feed in feeds)
        return replace(
            job,
            fetch_page=self.watch.settings.read_pages and bool(job.url) and not whole,
            language=next((feed.language for feed in feeds if feed.language), job.language),
            allow_private=tuple(dict.fromkeys(block for feed in feeds for block in feed.allow_private)),
            keep_text=not reading.asks_gate(job, self.watch.settings.archive),
        )

    async def _read(self, jobs: Sequence[ReadJob], done: Callable[[ReadJob], None]) -> None:
        async with asyncio.TaskGroup() as group:
            async for outcome in self._parts.engine.read(jobs):
                group.create_task(self._finish_read(outcome, done))

    async def _finish_read(self, outcome: ReadOutcome, done: Callable[[ReadJob], None]) -> None:
        try:
            record = read_record(self.watch, outcome, now=self._clock(), rng=self._rng)
            await self.reading.outlast(partial(self._reads.add, record))
        except _UNWRITABLE:
            raise
        except Exception as error:  # the edge of the pipeline for this one article
            log.exception("an article could not be judged or stored: again in an hour", article=outcome.job.key)
            await self.reading.outlast(partial(self._park, outcome.job.article_id, _words(error)))
        done(outcome.job)

    async def _park(self, article: ArticleId, reason: str) -> None:
        now = self._clock()
        await self.db(self._store.park_read, article, now + PARK, reason, now)

    async def _write_reads(self, records: Sequence[ReadRecord]) -> None:
        queued = await self.db(self._filing.record, self.watch, records, self._clock())
        self.tally.read += len(records)
        self.tally.skipped += sum(record.outcome.skipped for record in records)
        self.tally.queued += queued
        for record in records:
            judgement = record.outcome.judgement
            if judgement.level is not None and record.outcome.job.outlet_id != CANARY:
                self.tally.hits += 1
                log.info(
                    "hit", level=judgement.level, score=judgement.score, title=record.outcome.text.title,
                    topics=" ".join(topic.topic for topic in judgement.fired), url=record.outcome.job.url,
                )  # fmt: skip
        if queued:
            self.delivering.wake()

    # --- deliver -----------------------------------------------------------------------------------------------

    async def _due_deliveries(self, _room: int) -> list[DeliveryJob]:
        now = self._clock()
        free = [name for name in self.watch.targets if name not in self.delivering.busy and self._may_send(name, now)]
        if not free:
            return []
        quiet = {name: until for name, until in self.watch.quiet(now).items() if name in free}
        await self._gather([name for name in free if name not in quiet], now)
        jobs = await self.db(self._store.claim_deliveries, now, free, 1, quiet)
        for job in jobs:
            # A bot's bucket may be overdrawn by as many targets as were free at once; the next ones wait for it.
            self._take_token(job.target, now)
        return jobs

    async def _gather(self, free: Sequence[TargetName], now: datetime) -> None:
        if now < self._gather_again:
            return
        try:
            await self.desk.gather(self.watch, free, now)
        except StoreError:
            raise
        except Exception:  # what is due by itself must not wait for what cannot be told together
            log.exception("what has waited could not be told together: again in an hour")
            self._gather_again = now + PARK

    def _may_send(self, name: TargetName, now: datetime) -> bool:
        if self._breakers.get(name, planning.Breaker()).wait(now):
            return False
        return not any(bucket.take(now)[1] for bucket in self._rates(name).values())

    def _take_token(self, name: TargetName, now: datetime) -> None:
        if name not in self.watch.targets:  # a reload took it away while its delivery was being claimed
            return
        self._buckets.update({key: bucket.take(now)[0] for key, bucket in self._rates(name).items()})

    def _rates(self, name: TargetName) -> dict[str, planning.Bucket]:
        """The buckets that a message to a target takes from: its own, and the one it shares with its bot's others."""
        target = self.watch.targets[name]
        own = planning.bucket_of(target)
        rates = {} if own is None else {f"target {name}": own}
        if target.channel == "telegram":
            rates[planning.credentials_of(target)] = planning.TELEGRAM_BOT
        return {key: self._buckets.get(key, full) for key, full in rates.items()}

    async def _deliver(self, jobs: Sequence[DeliveryJob], done: Callable[[DeliveryJob], None]) -> None:
        # Not a TaskGroup: what goes wrong with one delivery must not cancel another that is being sent.
        ends = await asyncio.gather(*(self._finish_delivery(job, done) for job in jobs), return_exceptions=True)
        if errors := [end for end in ends if isinstance(end, Exception)]:
            raise ExceptionGroup("deliveries whose outcome could not be written", errors)

    async def _finish_delivery(self, job: DeliveryJob, done: Callable[[DeliveryJob], None]) -> None:
        outcome = await self._send(job)
        now = self._clock()
        # Written down however long it takes: it is known nowhere else, and the claim blocks the target.
        settlement = await self.delivering.outlast(partial(self._settle, job, outcome, now), StoreError)
        self._breakers[job.target] = self._breakers.get(job.target, planning.Breaker()).after(outcome, now)
        if settlement.state == "sent":
            self.tally.sent += 1
            log.info("delivered", target=job.target, delivery=job.id)
        else:
            self.tally.undelivered += 1
            log.warning(
                "not delivered", target=job.target, delivery=job.id, state=settlement.state, why=settlement.reason
            )
        done(job)

    async def _settle(self, job: DeliveryJob, outcome: SendOutcome, now: datetime) -> planning.Settlement:
        watch = self.watch
        target = watch.targets.get(job.target)
        try:
            settlement = planning.settle(
                job,
                outcome,
                now=now,
                rng=self._rng,
                on_unknown=target.on_unknown if target else "drop",
                pauses=await self.db(self._store.pauses, job.target),
            )
            await self.db(self._store.settle_delivery, job, settlement, now, watch.same_bot(job.target))
        except StoreError:
            raise
        except Exception as error:  # the edge of the pipeline for this one delivery
            log.exception("the outcome of a delivery could not be understood", delivery=job.id, target=job.target)
            settlement = planning.Settlement("pending", _words(error), not_before=now + PARK, maybe_sent=True)
            await self.db(self._store.settle_delivery, job, settlement, now)
        return settlement

    async def _send(self, job: DeliveryJob) -> SendOutcome:
        target, limit = self.watch.targets.get(job.target), self.watch.settings.send_timeout
        if target is None:
            return Rejected("the target is no longer in the configuration", "target")
        lane = self._lanes.setdefault(target.name, Lane(target.name))
        return await lane.send(partial(self._parts.send, target, job.message, job.idem_key), limit)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def read_record(watch: Watch, outcome: ReadOutcome, *, now: datetime, rng: random.Random) -> ReadRecord:
    """Put together all that is to be written of one article."""
    status, detail = reading.describe(outcome)
    judgement = outcome.judgement
    near = reading.near_miss(judgement)
    hit, canary = judgement.level is not None, outcome.job.outlet_id == CANARY
    return ReadRecord(
        outcome=outcome,
        status=status,
        detail=detail,
        next_read_at=reading.next_read_at(outcome, now=now, rng=rng),
        entity_names=tuple(map(watch.entity_name, judgement.entities)),
        report=report_of(outcome, watch.outlet_of(outcome.job), watch.glossary, found_at=now)
        if hit and not canary
        else None,
        alerts=(_canary_alert(watch, outcome, now),) if hit and canary else (),
        keep_text=watch.settings.archive == "everything" or hit or near is not None,
        near_miss=near,
    )


def _canary_alert(watch: Watch, outcome: ReadOutcome, now: datetime) -> AlertPlan:
    """The alert of the canary: it is in no story, and nobody gets it."""
    key = planning.dedupe_key("new", outcome.job.key)
    content = planning.content_of(
        outcome,
        watch.outlet_of(outcome.job),
        alert_id=planning.alert_code(key),
        entity_name=watch.entity_name,
    )
    deliveries = canary_deliveries(watch, content, key)
    return AlertPlan("new", content.level, key, content.headline, deliveries, now + watch.settings.expire_after)
