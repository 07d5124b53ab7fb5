"""The event that this watch was made for, over two days, as people are told of it: at their hours, by their routes."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import pytest

from tests.test_filing import CUT, DENIAL, LEAK, REPORTS, WHITE_HOUSE, Newsroom
from watcher.alerting.planning import settle
from watcher.config import Config, load
from watcher.matching import Matcher, compile_watch
from watcher.model import Delivered, OutletClass, QuietHours, Route, Schedule, Target, TargetName
from watcher.pipeline.desk import Desk

R = TypeVar("R")

KYIV = ZoneInfo("Europe/Kyiv")
DESK, PHONE, SURE, PAPER = (TargetName(name) for name in ("desk", "phone", "sure", "paper"))
TICK = timedelta(minutes=10)
NIGHT = QuietHours(time(23), time(7), "Europe/Kyiv")
ROUTES = (
    Route("all", (DESK, PHONE)),
    Route("sure", (SURE,), min_sources=2),
    Route("Morning", (PAPER,), digest=Schedule("0 8 * * *", "Europe/Kyiv")),
)


class Published(NamedTuple):
    """An article at a time of the wall clock in Kyiv, in November 2025."""

    day: int
    at: str
    text: tuple[str, str]
    by: str
    kind: OutletClass = "national"

    @property
    def moment(self) -> datetime:
        return kyiv(self.day, self.at)


def kyiv(day: int, at: str) -> datetime:
    return datetime.combine(date(2025, 11, day), time.fromisoformat(at), KYIV).astimezone(UTC)


def two_days() -> list[Published]:
    """Twenty outlets in eight languages: copies, a denial and a statement in the Kyiv night, then a shorter plan."""
    first = [Published(26, "16:10", LEAK, "Politico")]
    texts = [*list(REPORTS.values())[1:], LEAK, LEAK, *REPORTS.values()]
    evening = [
        Published(26, f"{16 + (20 + 10 * number) // 60}:{(20 + 10 * number) % 60:02}", text, f"Outlet {number}")
        for number, text in enumerate(texts)
    ]
    night = [
        Published(27, "01:10", DENIAL, "Outlet 3"),
        Published(27, "01:40", DENIAL, "Outlet 5"),
        Published(27, "03:20", WHITE_HOUSE, "The White House", "official"),
        Published(27, "04:00", REPORTS["uk"], "Outlet 17"),
    ]
    after = [
        Published(28, "08:30", CUT, "Financial Times"),
        Published(28, "08:50", CUT, "Outlet 2"),
        Published(28, "09:20", CUT, "Outlet 18"),
    ]
    return [*first, *evening, *night, *after]


class Told(NamedTuple):
    """A message that reached a target, with the time in Kyiv, and what it tells: (kind, what is new) of each alert."""

    at: str
    alerts: tuple[tuple[str, str], ...]
    subject: str
    plain: str


class Newsdesk:
    """A newsroom whose alerts are delivered as time goes by."""

    def __init__(self, room: Newsroom) -> None:
        self.room = room
        self.desk = Desk(room.store, self._db)
        self.told: dict[TargetName, list[Told]] = {name: [] for name in room.watch.targets}

    async def _db(self, call: Callable[..., R], *args: object) -> R:
        return call(*args)

    async def live(self, articles: list[Published], until: datetime) -> None:
        """Let the articles come out at their times, and deliver every ten minutes."""
        await self.desk.adopt(self.room.watch, self.room.now)
        now = self.room.now
        while now < until:
            now += TICK
            for article in articles:
                if now - TICK < article.moment <= now:
                    self.room.now = article.moment - TICK  # reading takes so long
                    self.room.read(article.text, article.by, kind=article.kind)
            self.room.now = now
            await self._deliver()

    async def _deliver(self) -> None:
        room, now = self.room, self.room.now
        await self.desk.publish(room.watch, now)
        while True:
            quiet = room.watch.quiet(now)
            await self.desk.gather(room.watch, [name for name in room.watch.targets if name not in quiet], now)
            jobs = room.store.claim_deliveries(now, list(room.watch.targets), 1, quiet)
            if not jobs:
                return
            for job in jobs:
                settled = settle(job, Delivered(), now=now, rng=random.Random(1), on_unknown="resend")
                room.store.settle_delivery(job, settled, now)
                self.told[job.target].append(self._told(job))

    def _told(self, job: Any) -> Told:
        alerts = self.room.rows(
            f"""SELECT alerts.kind, alerts.news FROM deliveries JOIN alerts ON alerts.id = alert_id
            WHERE alerts.kind <> 'digest' AND (deliveries.id = {job.id} OR told_by = {job.id}) ORDER BY deliveries.id"""
        )
        when = f"{self.room.now.astimezone(KYIV):%d %H:%M}"
        return Told(when, tuple(alerts), job.message.subject, job.message.plain)


@pytest.fixture(scope="module")
def config() -> Config:
    return load(Path(__file__).parents[1] / "config", {})


@pytest.fixture(scope="module")
def matcher(config: Config) -> Matcher:
    return compile_watch(config.watch)


async def test_everybody_is_told_of_the_event_once_and_at_their_hours(
    tmp_path: Path, config: Config, matcher: Matcher
) -> None:
    """One `new` and one `update` for each change, to each target, in order; a night in Kyiv is a digest at seven."""
    room = Newsroom(tmp_path / "watcher.db", config, matcher, ROUTES)
    room.watch.targets[PHONE] = Target(PHONE, "json://localhost", "text", "json", quiet=NIGHT)  # type: ignore[index]
    room.now = kyiv(26, "16:00")
    desk = Newsdesk(room)
    await desk.live(two_days(), kyiv(29, "10:00"))
    new, denied = ("new", ""), ("update", "denied by US State Department")
    official, shorter = ("update", "official text: The White House"), ("update", "19-point plan")

    def times(target: TargetName) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        return [(told.at, told.alerts) for told in desk.told[target]]

    assert times(DESK) == [
        ("26 16:10", (new,)), ("27 01:10", (denied,)), ("27 03:20", (official,)), ("28 08:30", (shorter,)),
    ]  # fmt: skip
    assert times(PHONE) == [("26 16:10", (new,)), ("27 07:00", (denied, official)), ("28 08:30", (shorter,))]
    assert times(SURE) == [  # all but the denial take the news from Politico
        ("27 01:10", (("new", "denied by US State Department"),)), ("27 03:20", (official,)), ("28 08:30", (shorter,)),
    ]  # fmt: skip
    assert times(PAPER) == [("27 08:00", (new, denied, official)), ("28 08:00", ()), ("29 08:00", (shorter,))]
    night, morning = desk.told[PHONE][1], desk.told[PAPER][0]
    for told in (night, morning):
        assert "New: denied by US State Department; official text: The White House" in told.plain
    assert (night.subject, morning.subject) == ("While it was quiet: 1 story", "Morning: 1 story")
    assert "22 reports, 3 sources" in night.plain
    assert desk.told[PAPER][1].subject == "Morning: nothing matched"
    assert room.rows("SELECT count(DISTINCT story_id) FROM hits") == [(1,)]
    assert room.rows("SELECT count(*) FROM hits") == [(len(two_days()),)]
    room.store.close()
