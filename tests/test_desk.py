"""Alerts that wait: quiet hours, backlogs, digests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW
from tests.desking import DESK, HOUR, MINUTE, PHONE, Office, target, watch_of
from watcher.alerting.routing import quiet_until
from watcher.model import QuietHours, Retry, Route, Schedule, TopicId

EVENING = datetime(2025, 11, 26, 20, 0, tzinfo=UTC)  # 22:00 in Kyiv
NIGHT = QuietHours(time(23), time(7), "Europe/Kyiv")
DAILY = Route("Morning", (PHONE,), levels=("core", "mention"), digest=Schedule("0 7 * * *", "Europe/Kyiv"))


@pytest.fixture
def office_of(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    with ExitStack() as offices:
        yield lambda watch, now=NOW: offices.enter_context(closing(Office(tmp_path / "watcher.db", watch, now)))


# --- quiet hours -------------------------------------------------------------------------------------------------


async def test_the_night_is_told_as_one_digest_in_the_morning(office_of: Callable[..., Office]) -> None:
    """Nothing is sent at night, nothing is lost, and one message tells all of it when it is over."""
    office = office_of(watch_of([target(quiet=NIGHT), target(DESK)]), EVENING)
    office.now += 2 * HOUR
    office.news(3)
    assert {job.target for job in await office.deliver()} == {DESK}
    assert office.events("held") == ["quiet hours until 2025-11-27 05:00 UTC"] * 3
    office.now += 7 * HOUR - MINUTE
    assert await office.deliver() == []
    office.now += MINUTE
    (digest,) = await office.deliver()
    assert digest.target == PHONE
    assert [f"Headline {n}" in digest.message.plain for n in (1, 2, 3)] == [True] * 3
    assert digest.message.subject == "While it was quiet: 3 stories"
    assert office.events("collapsed") == ["told together after the quiet hours"] * 3
    assert office.states() == {"sent": 4, "collapsed": 3}
    assert await office.deliver() == []


async def test_a_single_alert_of_the_night_is_told_as_it_is(office_of: Callable[..., Office]) -> None:
    """A digest of one would only be a worse alert."""
    office = office_of(watch_of([target(quiet=NIGHT)]), EVENING + 2 * HOUR)
    office.news()
    await office.deliver()
    office.now += 8 * HOUR
    (job,) = await office.deliver()
    assert "Headline" not in job.message.plain  # rendered as an alert, from the article
    assert office.states() == {"sent": 1}
    assert office.events("released") == ["the quiet hours are over"]


async def test_urgent_alerts_pass_the_night(office_of: Callable[..., Office]) -> None:
    """By level or by topic."""
    by_level = target(quiet=replace(NIGHT, levels=("core",)))
    by_topic = target(DESK, quiet=replace(NIGHT, topics=(TopicId("security_guarantees"),)))
    office = office_of(watch_of([by_level, by_topic]), EVENING + 2 * HOUR)
    office.news()
    office.news(level="mention")
    assert [job.target for job in await office.deliver()] == [DESK, PHONE, DESK]
    assert office.states() == {"sent": 3, "held": 1}


async def test_a_retry_does_not_slip_into_the_night(office_of: Callable[..., Office]) -> None:
    """What failed in the evening waits for the morning like the rest."""
    office = office_of(watch_of([target(quiet=NIGHT)]), EVENING + 59 * MINUTE)
    office.news()
    await office.deliver(Retry("busy"))
    office.now += 5 * MINUTE
    assert await office.deliver() == []
    assert office.states() == {"held": 1}


async def test_quiet_hours_that_are_taken_back_free_what_waits(office_of: Callable[..., Office]) -> None:
    """After a reload without them the digest comes at once."""
    office = office_of(watch_of([target(quiet=NIGHT)]), EVENING + 2 * HOUR)
    office.news(2)
    await office.deliver()
    await office.adopt(watch_of([target()]))
    assert len(await office.deliver()) == 1


SPAN = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda span: span[0] != span[1])
STEP = st.tuples(st.integers(1, 600), st.integers(0, 5), st.sampled_from(["core", "mention"]))


@settings(max_examples=12, deadline=None)
@given(SPAN, st.sampled_from(["UTC", "Europe/Kyiv", "America/New_York"]), st.lists(STEP, min_size=1, max_size=5))
async def test_no_schedule_of_quiet_hours_loses_an_alert(
    span: tuple[int, int], zone: str, steps: list[tuple[int, int, str]]
) -> None:
    """Whatever the hours, the zone and the news, across the night when the clock is put back: all is told, once."""
    start, end = (time(*divmod(minute, 60)) for minute in span)
    quiet = QuietHours(start, end, zone, levels=("core",) if span[0] % 2 else ())
    with tempfile.TemporaryDirectory() as home:
        day = datetime(2025, 10, 25, tzinfo=UTC)
        watch = watch_of([target(quiet=quiet, collapse_after=3)])
        with closing(Office(Path(home) / "w.db", watch, day)) as office:
            for minutes, count, level in steps:
                office.now += minutes * MINUTE
                office.news(count, level="core" if level == "core" else "mention")
                await office.deliver()
                if minutes % 3 == 0:  # as after kill -9
                    office.open()
            office.now = quiet_until(quiet, office.now) or office.now
            await office.deliver()
            assert office.untold() == []
            assert office.states().keys() <= {"sent", "collapsed"}
        assert len({job.idem_key for job in office.sent}) == len(office.sent)


# --- backlogs ----------------------------------------------------------------------------------------------------


async def test_a_backlog_is_told_as_one(office_of: Callable[..., Office]) -> None:
    """More than ten at once are one message; ten are ten."""
    office = office_of(watch_of([target()]))
    office.news(10)
    assert len(await office.deliver()) == 10
    office.news(11)
    (digest,) = await office.deliver()
    assert digest.message.subject == "Many at once: 11 stories"
    assert office.events("collapsed") == ["told together: too many waited"] * 11
    assert office.untold() == []


async def test_a_backlog_of_few_stories_is_a_message_for_each(office_of: Callable[..., Office]) -> None:
    """Fifty alerts on two stories are two messages; the only alert of a third stays what it is."""
    office = office_of(watch_of([target(collapse_after=4)]))
    office.news(7)
    with office.store._tx() as conn:
        conn.execute(
            """INSERT INTO stories (id, title, level, opened_at, updated_at)
            VALUES (1, 'One', 'core', '', ''), (2, 'Two', 'core', '', '')"""
        )
        conn.execute("UPDATE hits SET story_id = 1 + (id > 4) WHERE id < 7")
    made = await office.deliver()
    assert sorted(job.message.subject for job in made) == ["Headline 4", "Headline 6", made[0].message.subject]
    assert {job.message.thread for job in made} >= {"story:1", "story:2"}
    assert office.states() == {"sent": 3, "collapsed": 6}


async def test_no_limit_is_no_collapse(office_of: Callable[..., Office]) -> None:
    """A target that wants each alert gets each."""
    office = office_of(watch_of([target(collapse_after=0)]))
    office.news(15)
    assert len(await office.deliver()) == 15


# --- digests of routes -------------------------------------------------------------------------------------------


async def test_a_digest_is_made_when_its_time_has_come(office_of: Callable[..., Office]) -> None:
    """Nothing before; then one, with all of the day; the next one with what came after."""
    office = office_of(watch_of([target()], [DAILY]), EVENING)
    await office.adopt()
    office.news(2)
    office.news(level="mention")
    assert await office.deliver() == []
    assert office.events("held") == ["for the digest 'Morning'"] * 3
    office.now = datetime(2025, 11, 27, 4, 59, tzinfo=UTC)
    assert await office.desk.publish(office.watch, office.now) == 0
    office.now = datetime(2025, 11, 27, 5, 0, 3, tzinfo=UTC)
    office.news()  # after the slot: for the next one
    assert await office.desk.publish(office.watch, office.now) == 1
    (digest,) = await office.deliver()
    assert digest.message.subject == "Morning: 3 stories"
    assert "26 Nov 2025, 22:00 EET to 27 Nov 2025, 07:00 EET" in digest.message.plain
    assert office.events("collapsed") == ["in the digest 'Morning'"] * 3
    office.now += timedelta(days=1)
    assert await office.desk.publish(office.watch, office.now) == 1
    (digest,) = await office.deliver()
    assert "Headline 4" in digest.message.plain
    assert "Headline 3" not in digest.message.plain


async def test_an_empty_digest_says_so(office_of: Callable[..., Office]) -> None:
    """Silence is told, so that it is not taken for a fault."""
    office = office_of(watch_of([target()], [DAILY]), EVENING)
    await office.adopt()
    office.now += timedelta(days=1)
    await office.desk.publish(office.watch, office.now)
    (digest,) = await office.deliver()
    assert digest.message.subject == "Morning: nothing matched"
    assert "Nothing matched in this time." in digest.message.plain


async def test_a_slot_is_one_digest_whatever_happens(office_of: Callable[..., Office]) -> None:
    """Asked twice, started anew, killed between the rendering and the commit: one digest."""
    office = office_of(watch_of([target()], [DAILY]), EVENING)
    await office.adopt()
    office.news(2)
    office.now += timedelta(days=3)
    for _ in range(3):
        await office.desk.publish(office.watch, office.now)
        office.open()
        await office.adopt()
    assert len(await office.deliver()) == 1
    office.store._db.conn.execute("UPDATE digests SET slot_at = '2025-11-26T20:00:00.000Z'")  # as if not committed
    await office.desk.publish(office.watch, office.now)
    assert await office.deliver() == []


async def test_a_clock_that_ran_ahead_stops_no_digest(office_of: Callable[..., Office]) -> None:
    """The digest of a day next year has been made; when the clock is right again, tomorrow's comes all the same."""
    office = office_of(watch_of([target()], [DAILY]), EVENING + timedelta(days=365))
    await office.adopt()
    office.now = EVENING
    assert await office.desk.publish(office.watch, office.now) == 0
    office.now += timedelta(days=1)
    assert await office.desk.publish(office.watch, office.now) == 1


async def test_a_digest_that_is_taken_away_leaves_nothing_behind(office_of: Callable[..., Office]) -> None:
    """What it had kept is told at once, together."""
    office = office_of(watch_of([target()], [DAILY]))
    await office.adopt()
    office.news(3)
    await office.adopt(watch_of([target()]))
    (digest,) = await office.deliver()
    assert "Headline 2" in digest.message.plain
    assert office.events("released") == ["the digest 'Morning' is no longer in the configuration"] * 3
    assert office.untold() == []


async def test_a_digest_tells_of_the_plan_of_feeds_and_of_the_days(office_of: Callable[..., Office]) -> None:
    """New versions of the plan, the feeds, and the hits of fourteen days."""
    office = office_of(watch_of([target()], [DAILY]), EVENING)
    await office.adopt()
    office.now += MINUTE
    office.news(2)
    office.now += 10 * HOUR
    await office.desk.publish(office.watch, office.now)
    (digest,) = await office.deliver()
    assert "28 points: first: Harbour Wire" in digest.message.plain
    assert "The feed answers." in digest.message.plain
    assert "▁▁▁▁▁▁▁▁▁▁▁▁█▁ Security guarantees: 2" in digest.message.plain


async def test_a_digest_may_have_to_wait_for_the_end_of_quiet_hours(office_of: Callable[..., Office]) -> None:
    """It is made in time, and sent as it is afterwards."""
    early = replace(DAILY, digest=Schedule("0 5 * * *", "Europe/Kyiv"))
    office = office_of(watch_of([target(quiet=NIGHT)], [early, Route("now", (PHONE,))]), EVENING + 2 * HOUR)
    await office.adopt()
    office.news(2)
    await office.deliver()
    office.now = datetime(2025, 11, 27, 3, 0, tzinfo=UTC)
    await office.desk.publish(office.watch, office.now)
    assert await office.deliver() == []
    office.now += 2 * HOUR
    assert sorted(job.message.subject for job in await office.deliver()) == [
        "Morning: 2 stories",
        "While it was quiet: 2 stories",
    ]
