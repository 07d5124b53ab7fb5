"""What ails the watch itself: told once when it begins, once when it is over."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import NOW, OUTLET, poll_decision
from tests.desking import DESK, HOUR, MINUTE, PHONE, Office, target, watch_of
from tests.servers.web import Item, WebServer, rss
from tests.world import write_config
from watcher.alerting.troubles import Condition, FeedCondition, PausedTarget, Trouble, notices, silent_after, troubles
from watcher.assembly import Assembler
from watcher.model import CANARY, HealthRules, PollDecision, Rejected, Retry, Route
from watcher.pipeline.flow import Pipeline
from watcher.pipeline.watch import Watch
from watcher.pipeline.watchman import Watchman
from watcher.redaction import Redactor
from watcher.store import Log, Store

RULES = HealthRules()
BOTH = [target(), target(DESK)]
ROUTES = [Route("all", (PHONE, DESK), levels=("core", "mention"), health=True)]


def feed(name: str = "a", failures: int = 0, since: timedelta | None = timedelta(0), **more: object) -> FeedCondition:
    return FeedCondition(name, failures, "no answer", NOW - since if since is not None else None, **more)  # type: ignore[arg-type]


def found(*feeds: FeedCondition, known: tuple[Trouble, ...] = (), **more: object) -> list[str]:
    condition = Condition(feeds, more.pop("targets", ()), **more)  # type: ignore[arg-type]
    return [each.key for each in troubles(condition, RULES, {each.key: each for each in known}, NOW)]


# --- decisions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("failures", "since", "told"), [(4, 9 * HOUR, False), (5, HOUR, False), (5, 2 * HOUR, True)])
def test_a_feed_must_fail_often_and_for_long(failures: int, since: timedelta | None, told: bool) -> None:
    """One hiccup is nothing; neither are five within an hour."""
    assert found(feed(failures=failures, since=since)) == (["failing:a"] if told else [])


def test_what_has_been_told_stays_until_it_is_over() -> None:
    """A feed that was told of is not over because its counts have changed, but when it answers."""
    told = Trouble("failing", "a", NOW, "")
    assert found(feed(failures=1), known=(told,)) == ["failing:a"]
    assert found(feed(failures=0), known=(told,)) == []


def test_silence_is_judged_by_what_a_feed_used_to_do() -> None:
    """Twice its longest gap, and twelve hours at least; nothing of a feed that is hardly known."""
    busy = tuple(NOW - timedelta(hours=5) - n * timedelta(hours=8) for n in range(12))
    assert silent_after(busy) == timedelta(hours=16)
    assert silent_after(busy[:9]) is None
    assert silent_after(tuple(NOW - n * MINUTE for n in range(60))) is None
    assert found(feed(arrivals=busy)) == []
    quiet = tuple(each - timedelta(hours=12) for each in busy)
    assert found(feed(arrivals=quiet)) == ["silent:a"]


def test_a_network_that_is_down_is_one_trouble_and_not_one_for_each_feed() -> None:
    """For five minutes at least; what was told of feeds before stays as it is."""
    told = Trouble("failing", "b", NOW, "")
    feeds = [feed(name, failures=9, since=9 * HOUR) for name in "abc"]
    assert found(*feeds, known=(told,), offline_since=NOW - 6 * MINUTE) == ["network:", "failing:b"]
    assert len(found(*feeds, offline_since=NOW - MINUTE)) == 3


def test_a_rate_limit_is_no_trouble_and_a_block_is() -> None:
    """A target that is paused for an hour is told of, until it takes something again."""
    limited = PausedTarget(PHONE, NOW + MINUTE, 1, "429")
    blocked = PausedTarget(PHONE, NOW + HOUR, 1, "403 blocked")
    assert found(targets=(limited,)) == []
    assert found(targets=(blocked,)) == ["target:phone"]
    again = replace(blocked, until=NOW - MINUTE)
    assert found(targets=(again,), known=(Trouble("target", PHONE, NOW, ""),)) == ["target:phone"]


def test_what_begins_together_is_told_together() -> None:
    """Forty feeds of one host are one message, which names some of them."""
    begun = [Trouble("failing", f"feed-{n}", NOW, "5 polls in a row failed") for n in range(40)]
    (notice,), *_ = notices({}, begun, NOW)
    assert notice.headline == "40 feeds cannot be had"
    assert "feed-11: 5 polls in a row failed; and 28 more." in notice.detail


# --- over a store ------------------------------------------------------------------------------------------------


@pytest.fixture
def office_of(tmp_path: Path) -> Iterator[Callable[[Watch], Office]]:
    with ExitStack() as offices:
        yield lambda watch: offices.enter_context(closing(Office(tmp_path / "w.db", watch)))


@pytest.fixture
def office(office_of: Callable[[Watch], Office]) -> Office:
    return office_of(watch_of(BOTH, ROUTES))


async def look(office: Office, *, offline: bool = False) -> None:
    watchman = Watchman(office.store, office._db)
    await watchman.look(office.watch, office.now, offline=offline)


def failed(failures: int) -> PollDecision:
    decision = poll_decision()
    state = replace(decision.state, failures=failures, last_success_at=NOW - 3 * HOUR)
    return replace(decision, state=state, status="timeout", detail="no answer in 30 s")


async def test_a_failing_feed_is_told_once_and_so_is_its_recovery(office: Office) -> None:
    """Whatever is started anew in between."""
    office.store.record_polls([failed(5)], NOW)
    office.now += HOUR
    await look(office)
    assert await office.deliver() == []
    office.now += HOUR
    office.store.record_polls([failed(6)], office.now)
    for _ in range(3):
        await look(office)
        office.open()
    first = await office.deliver()
    assert {job.target for job in first} == {PHONE, DESK}
    assert len(first) == 2
    assert "The feed wire-world cannot be had" in first[0].message.plain
    assert "6 polls in a row failed: no answer in 30 s." in first[0].message.plain
    office.store.record_polls([poll_decision()], NOW)
    office.now += HOUR
    for _ in range(2):
        await look(office)
    second = await office.deliver()
    assert ["The feed wire-world can be had again" in job.message.plain for job in second] == [True, True]
    assert office.events("trouble_over") == ["failing:wire-world"]


async def test_of_what_has_left_the_configuration_nothing_is_told(office: Office) -> None:
    """A feed that is taken out while it fails has not recovered."""
    office.store.record_polls([failed(6)], NOW)
    office.now += 2 * HOUR
    await look(office)
    await office.deliver()
    office.store.sync_watch([OUTLET], [], {}, office.now)
    office.watch = replace(office.watch, feeds={})
    await look(office)
    assert await office.deliver() == []
    assert office.events("trouble_over") == ["failing:wire-world"]


async def test_a_paused_target_is_told_once_to_the_other(office: Office) -> None:
    """Not to itself, and not at each attempt; then that it takes messages again."""
    office.news()
    await office.deliver(Rejected("403 bot was blocked by the user", "target", 403))
    await look(office)
    await look(office)
    (job,) = await office.deliver()
    assert job.target == DESK
    assert "The target phone is paused" in job.message.plain
    assert "403 bot was blocked by the user" in job.message.plain
    office.now += 2 * HOUR
    (probe,) = await office.deliver()
    assert probe.target == PHONE
    await look(office)
    (job,) = await office.deliver()
    assert (job.target, "takes messages again" in job.message.plain) == (DESK, True)


async def test_what_a_target_cannot_take_goes_to_its_fallback(office_of: Callable[[Watch], Office]) -> None:
    """Once, with its reason; the target itself is not told the same when it is well again."""
    office = office_of(watch_of([target(fallback=DESK), target(DESK)], [Route("one", (PHONE,))]))
    office.news(2)
    told = await office.deliver(Rejected("403 blocked", "target", 403))
    assert [job.target for job in told] == [PHONE, DESK, DESK]
    assert office.states() == {"collapsed": 2, "sent": 2}
    assert office.events("diverted")[0].startswith("to desk instead: 403 blocked")
    office.now += 3 * HOUR
    assert await office.deliver() == []
    assert office.untold() == []


async def test_a_dead_letter_goes_to_the_fallback(office_of: Callable[[Watch], Office]) -> None:
    """After 72 hours without success somebody else is told."""
    office = office_of(watch_of([target(fallback=DESK), target(DESK)], [Route("one", (PHONE,))]))
    office.news()
    office.now += 73 * HOUR
    told = await office.deliver(Retry("busy"))
    assert office.events("delivery_dead") == ["expired; last: busy"]
    assert [job.target for job in told] == [PHONE, DESK]
    assert office.untold() == []


async def test_a_fallback_that_is_new_is_not_told_of_the_past(office_of: Callable[[Watch], Office]) -> None:
    """What has been dead for longer than an alert may wait stays where it is."""
    office = office_of(watch_of([target(), target(DESK)], [Route("one", (PHONE,))]))
    office.news()
    office.now += 73 * HOUR
    assert [job.target for job in await office.deliver(Retry("busy"))] == [PHONE]
    office.now += 73 * HOUR
    office.watch = watch_of([target(fallback=DESK), target(DESK)], [Route("one", (PHONE,))])
    assert await office.deliver() == []
    assert office.states() == {"dead": 1}


# --- the canary --------------------------------------------------------------------------------------------------


async def test_the_canary_goes_through_the_whole_watch_and_leaves_nothing(tmp_path: Path) -> None:
    """Read by a worker, judged by the rules, delivered to nobody; its time is in the status, and its rows are gone."""
    async with WebServer() as web:
        web.feed("/feed.xml", rss([Item("Nothing", link=web.url("/x"), guid="1", published=datetime.now(UTC))]))
        write_config(
            tmp_path, {"one": {"url": web.url("/feed.xml"), "id": "one"}}, targets={"console": {"type": "console"}},
            settings={"workers": "1", "read_pages": "false"}, canary=True,
        )  # fmt: skip
        heard = io.StringIO()
        assembly = await Assembler(
            tmp_path / "config", clock=lambda: datetime.now(UTC), redactor=Redactor(), stream=heard, spread=timedelta(0)
        )()
        with Store(tmp_path / "watcher.db") as store:
            pipeline = Pipeline(store, assembly.parts, clock=lambda: datetime.now(UTC), rng=random.Random(1))
            await pipeline.start(spread=timedelta(0))
            await pipeline.look_after()
            await pipeline.drain()
            under_way = store._db.conn.execute("SELECT count(*) FROM hits").fetchone()[0]
            await pipeline.look_after()
            left = [
                store._db.conn.execute(f"SELECT count(*) FROM {table} {where}").fetchone()[0]
                for table, where in (
                    ("hits", ""), ("alerts", ""), ("deliveries", ""), ("articles", f"WHERE outlet_id = '{CANARY}'"),
                )
            ]  # fmt: skip
            await assembly.close()
            await pipeline.close()
        with Log(tmp_path / "watcher.db") as log:
            status = log.status(datetime.now(UTC))
    assert under_way == 1
    assert left == [0, 0, 0, 0]
    assert "canary" in status.beats
    assert status.canary.endswith(" s")
    assert heard.getvalue() == ""
    assert pipeline.tally.hits == 0


def test_a_canary_that_does_not_come_through_is_told() -> None:
    """After a quarter of an hour the watch is stuck."""
    assert found(canary_since=NOW - 14 * MINUTE) == []
    assert found(canary_since=NOW - 16 * MINUTE) == ["canary:"]
