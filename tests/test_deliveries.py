"""The pipeline over a real store, with the outside made up: what goes wrong with one thing concerns no other."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import FEED, NOW, OTHER_FEED, OUTLET, alert_plan, entry, poll_decision
from watcher.alerting.planning import BREAKER_LIMIT
from watcher.model import (
    COLLAPSE_AFTER,
    Delivered,
    Fetched,
    Hints,
    ParsedFeed,
    Polled,
    PollJob,
    ReadJob,
    ReadOutcome,
    Retry,
    SendOutcome,
    Settings,
    Target,
    TargetName,
    Validators,
)
from watcher.pipeline.flow import Parts, Pipeline
from watcher.pipeline.sending import SENDS_HANGING
from watcher.pipeline.watch import Watch
from watcher.render.alert import Renderer
from watcher.store import Store

Send = Callable[[str], SendOutcome]

DEFAULT = Settings()
IMPATIENT = Settings(send_timeout=timedelta(seconds=0.05))


class Feeds:
    """An engine that knows what each feed holds."""

    def __init__(self, **titles: str) -> None:
        self.titles = titles

    async def poll(self, jobs: Sequence[PollJob]) -> AsyncIterator[Polled]:
        for job in jobs:
            found = replace(entry(job.feed.id, title=self.titles.get(job.feed.id, "A title")), published_at=None)
            parsed = ParsedFeed("News", "en", (found,), Hints(), complete=True)
            yield Polled(job, Fetched(parsed, Validators(), Hints(), job.feed.url, "hash", 10))

    async def read(self, jobs: Sequence[ReadJob]) -> AsyncIterator[ReadOutcome]:
        assert not jobs, "no test here has anything read"
        nothing: tuple[ReadOutcome, ...] = ()
        for outcome in nothing:
            yield outcome

    async def close(self) -> None:
        pass


class World:
    """A pipeline on a store with one alert for each target, and a clock that can be set."""

    def __init__(self, path: Path, store: Store, send: Send, names: Sequence[str], settings: Settings) -> None:
        self.path = path
        self.now = NOW
        self.set_back: list[timedelta] = []
        targets = {TargetName(name): Target(TargetName(name), "console://", "text", "console") for name in names}
        watch = Watch(
            settings, {OUTLET.id: OUTLET}, {FEED.id: FEED, OTHER_FEED.id: OTHER_FEED}, targets, (), 0, {},
            Renderer("UTC", path.parent / "templates" if (path.parent / "templates").is_dir() else None),
        )  # fmt: skip
        self.engine = Feeds()
        self.parts = Parts(
            watch=watch,
            engine=self.engine,
            send=lambda target, _message, _key: send(target.name),
            cool_host=lambda _host, _until: None,
            set_back=self.set_back.append,
        )
        self.pipeline = Pipeline(store, self.parts, clock=lambda: self.now, rng=random.Random(1))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        conn = sqlite3.connect(self.path)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()

    async def until(self, sql: str, wanted: object) -> None:
        async with asyncio.timeout(20):
            while self.rows(sql) != wanted:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def world(
    tmp_path: Path, send: Send, *names: str, settings: Settings = DEFAULT, alerts: int = 1
) -> AsyncIterator[World]:
    path = tmp_path / "watcher.db"
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW + timedelta(days=1))
        for number in range(alerts):
            store.add_alert(alert_plan(*names, key=f"{number:032d}"), NOW)
        it = World(path, store, send, names, settings)
        try:
            yield it
        finally:
            await it.pipeline.stop()
            await it.pipeline.close()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a server waits for that hangs."""
    event = threading.Event()
    yield event
    event.set()


async def test_a_send_that_hangs_is_given_up_and_the_target_goes_on(tmp_path: Path, gate: threading.Event) -> None:
    """Its message may have arrived; the next one is sent while it still hangs."""
    calls = 0

    def send(_name: str) -> SendOutcome:
        nonlocal calls
        calls += 1
        if calls == 1:
            gate.wait()
        return Delivered()

    async with world(tmp_path, send, "a", settings=IMPATIENT, alerts=2) as it:
        running = asyncio.create_task(it.pipeline.delivering.run())
        await it.until("SELECT id FROM deliveries WHERE state = 'sent'", [(2,)])
        assert it.rows("SELECT state, maybe_sent, last_error FROM deliveries WHERE id = 1") == [
            ("pending", 1, "no whole answer within 0 s")
        ]
        it.now = NOW + timedelta(hours=1)
        it.pipeline.delivering.wake()
        await it.until("SELECT count(*) FROM deliveries WHERE state = 'sent'", [(2,)])
        running.cancel()


async def test_a_target_where_sends_hang_gets_no_thread_for_each_attempt(tmp_path: Path, gate: threading.Event) -> None:
    """A few may hang; then it is left alone until one of them ends, and nothing more may have been sent."""
    calls = []

    def send(name: str) -> SendOutcome:
        calls.append(name)
        gate.wait()
        return Delivered()

    async with world(tmp_path, send, "a", settings=IMPATIENT, alerts=SENDS_HANGING + 1) as it:
        assert SENDS_HANGING + 1 <= BREAKER_LIMIT
        await it.pipeline.delivering.drain()
        assert len(calls) == SENDS_HANGING
        assert it.rows("SELECT maybe_sent, count(*) FROM deliveries GROUP BY 1") == [(0, 1), (1, SENDS_HANGING)]


async def test_a_mistake_over_one_delivery_is_a_retry_and_cancels_no_other(
    tmp_path: Path, gate: threading.Event
) -> None:
    """Both were claimed together; the other one is still being sent when the first one fails."""

    def send(name: str) -> SendOutcome:
        if name == "a":
            raise RuntimeError("a mistake")
        gate.wait()
        return Delivered()

    async with world(tmp_path, send, "a", "b") as it:
        running = asyncio.create_task(it.pipeline.delivering.run())
        await it.until("SELECT state FROM deliveries WHERE target = 'a'", [("pending",)])
        gate.set()
        await it.until("SELECT state, attempts FROM deliveries WHERE target = 'b'", [("sent", 1)])
        assert it.rows("SELECT last_error FROM deliveries WHERE target = 'a'") == [("RuntimeError: a mistake",)]
        running.cancel()


async def test_an_outcome_that_cannot_be_written_cancels_no_other_and_is_not_lost(tmp_path: Path) -> None:
    """It is kept until it can be written, at the latest when the process ends; the message is not sent again."""
    async with world(tmp_path, lambda _: Delivered(), "a", "b") as it:
        conn = sqlite3.connect(it.path, isolation_level=None)
        conn.execute("CREATE TRIGGER refuse BEFORE UPDATE ON deliveries WHEN new.target = 'a' AND new.state = 'sent' "
                     "BEGIN SELECT RAISE(ABORT, 'not now'); END")  # fmt: skip
        running = asyncio.create_task(it.pipeline.delivering.run())
        await it.until("SELECT state, attempts FROM deliveries WHERE target = 'b'", [("sent", 1)])
        assert it.rows("SELECT state FROM deliveries WHERE target = 'a'") == [("inflight",)]
        conn.execute("DROP TRIGGER refuse")
        conn.close()
        await it.pipeline.stop()
        await running
        assert it.rows("SELECT state, attempts FROM deliveries WHERE target = 'a'") == [("sent", 1)]


async def test_what_cannot_be_told_together_is_told_one_by_one(tmp_path: Path) -> None:
    """A template of the user's own that fails over what there is to say must not silence the target."""
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "digest.txt.j2").write_text(
        "[DIGEST] {{ title }}\n"
        "{% for entry in news %}{{ entry.headline }}{{ 1 // 0 if entry.headline == 'Headline' }}{% endfor %}\n",
        "utf-8",
    )
    async with world(tmp_path, lambda _: Delivered(), "a", alerts=COLLAPSE_AFTER + 1) as it:
        await it.pipeline.delivering.drain()
        assert it.rows("SELECT state, count(*) FROM deliveries GROUP BY 1") == [("sent", COLLAPSE_AFTER + 1)]


async def test_a_jump_of_the_clock_frees_targets_that_were_left_alone(tmp_path: Path) -> None:
    """What a target's breaker and the fetcher remember by the old time is forgotten."""
    outcome: SendOutcome = Retry("refused")
    async with world(tmp_path, lambda _: outcome, "a", alerts=BREAKER_LIMIT + 1) as it:
        await it.pipeline.delivering.drain(patience=0)
        assert it.rows("SELECT sum(attempts) FROM deliveries") == [(BREAKER_LIMIT,)]

        outcome = Delivered()
        it.now = NOW - timedelta(days=1)
        await it.pipeline.set_back(timedelta(days=1))
        await it.pipeline.delivering.drain(patience=0)
        assert it.rows("SELECT id FROM deliveries WHERE state = 'sent'") == [(BREAKER_LIMIT + 1,)]
        assert it.set_back == [timedelta(days=1)]


async def test_the_start_caps_what_a_clock_that_ran_ahead_has_planned(tmp_path: Path) -> None:
    """A process that starts has not seen the jump."""
    async with world(tmp_path, lambda _: Delivered()) as it:
        decision = poll_decision()
        far = replace(decision, state=replace(decision.state, next_poll_at=NOW + timedelta(days=1500)))
        await it.pipeline.db(it.pipeline._store.record_polls, [far], NOW)
        await it.pipeline.start(spread=timedelta(0))
        assert it.rows("SELECT count(*) FROM feeds WHERE next_poll_at > '2026'") == [(0,)]


async def test_a_feed_whose_entries_cannot_be_stored_costs_no_other_its_poll(tmp_path: Path) -> None:
    """It is parked with the reason in the ledger; the one that was polled with it is stored."""
    async with world(tmp_path, lambda _: Delivered()) as it:
        it.engine.titles = {FEED.id: "half a character: \ud83d"}
        it.now = NOW + timedelta(days=2)
        await it.pipeline.polling.drain()
        assert it.rows("SELECT feed_id FROM entries") == [(OTHER_FEED.id,)]
        assert it.rows("SELECT feed_id, kind FROM events") == [(FEED.id, "internal_error")]
        assert it.rows(f"SELECT next_poll_at, last_status FROM feeds WHERE id = '{FEED.id}'") == [
            ("2025-11-28T13:00:00.000Z", "internal")
        ]


async def test_after_a_crash_nothing_is_repeated_to_who_prefers_a_gap(tmp_path: Path) -> None:
    """``on_unknown: drop`` holds for what was in flight when the process died, too."""
    path = tmp_path / "watcher.db"
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW)
        store.add_alert(alert_plan("a", "b"), NOW)
        store.claim_deliveries(NOW, [TargetName("a"), TargetName("b")])
    with Store(path) as store:
        it = World(path, store, lambda _name: Delivered(), ("a", "b"), DEFAULT)
        drop = {name: replace(each, on_unknown="drop") for name, each in it.parts.watch.targets.items() if name == "a"}
        watch = replace(it.parts.watch, targets={**it.parts.watch.targets, **drop})
        pipeline = Pipeline(store, replace(it.parts, watch=watch), clock=lambda: NOW, rng=random.Random(1))
        await pipeline.start(spread=timedelta(0))
        await pipeline.stop()
        await pipeline.close()
        await it.pipeline.close()

    assert it.rows("SELECT target, state FROM deliveries ORDER BY target") == [("a", "dead"), ("b", "pending")]
