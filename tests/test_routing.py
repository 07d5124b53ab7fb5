"""Who gets an alert, and whether now: routes and quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.alerting.routing import Routed, Subject, health_targets, is_urgent, quiet_until, route
from watcher.model import QuietHours, Route, Schedule, TargetName, TopicId

PHONE, DESK, ARCHIVE = TargetName("phone"), TargetName("desk"), TargetName("archive")
GUARANTEES = TopicId("guarantees")
SUBJECT = Subject([GUARANTEES], "core", "uk", "wire", {"deadline"}, sources=2)
MORNING = Schedule("0 7 * * *", "Europe/Kyiv")
NIGHT = QuietHours(time(23), time(7), "Europe/Kyiv")


def targets(routes: Sequence[Route], **changes: Any) -> tuple[TargetName, ...]:
    return tuple(each.target for each in route(routes, replace(SUBJECT, **changes)))


def kyiv(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Kyiv"), fold=fold).astimezone(UTC)


# --- routes ------------------------------------------------------------------------------------------------------


def test_each_target_gets_an_alert_once_in_the_order_of_the_configuration() -> None:
    """Two routes to one target make one delivery."""
    routes = [Route("one", (DESK, PHONE)), Route("two", (PHONE, ARCHIVE, DESK))]
    assert targets(routes) == (DESK, PHONE, ARCHIVE)


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ({"topics": (GUARANTEES,)}, {"topics": [TopicId("plan")]}),
        ({"levels": ("core",)}, {"level": "mention"}),
        ({"languages": ("uk", "ru")}, {"language": "de"}),
        ({"outlet_classes": ("wire", "official")}, {"outlet_class": "local"}),
        ({"facts": ("deadline", "plan_points")}, {"facts": {"quantity"}}),
        ({"min_sources": 2}, {"sources": 1}),
    ],
)
def test_a_route_takes_only_what_its_conditions_allow(condition: dict[str, Any], other: dict[str, Any]) -> None:
    """Every condition of a route must hold."""
    routes = [Route("one", (DESK,), **condition)]
    assert targets(routes) == (DESK,)
    assert targets(routes, **other) == ()


def test_a_route_without_conditions_takes_core_alerts_only() -> None:
    """Mentions are sent only where they are asked for."""
    assert targets([Route("one", (DESK,))], level="mention") == ()
    assert targets([Route("one", (DESK,), levels=("core", "mention"))], level="mention") == (DESK,)


def test_an_official_text_needs_no_second_source() -> None:
    """What a government says of itself is its own confirmation."""
    routes = [Route("one", (DESK,), min_sources=3)]
    assert targets(routes, sources=1, outlet_class="official") == (DESK,)


def test_a_digest_tells_what_was_told_at_once_too() -> None:
    """A target with an instant route and a digest gets both; two routes of one digest make one row."""
    routes = [Route("now", (DESK,)), Route("morning", (DESK, PHONE), digest=MORNING)]
    assert route(routes, SUBJECT) == (Routed(DESK), Routed(DESK, "morning"), Routed(PHONE, "morning"))


def test_alerts_on_the_watch_go_where_they_are_wanted_and_not_to_what_they_are_about() -> None:
    """A target that cannot be reached is not told that it cannot be reached."""
    routes = [Route("a", (DESK, PHONE), health=True), Route("b", (ARCHIVE,))]
    assert health_targets(routes) == (DESK, PHONE)
    assert health_targets(routes, without=[PHONE]) == (DESK,)


# --- quiet hours -------------------------------------------------------------------------------------------------


def test_a_target_without_quiet_hours_is_never_quiet() -> None:
    """And nothing is urgent for it."""
    assert quiet_until(None, kyiv("2025-11-26T03:00")) is None
    assert not is_urgent(None, "core", [GUARANTEES])


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2025-11-26T22:59:59", None),
        ("2025-11-26T23:00", "2025-11-27T07:00"),
        ("2025-11-27T00:00", "2025-11-27T07:00"),
        ("2025-11-27T06:59:59", "2025-11-27T07:00"),
        ("2025-11-27T07:00", None),
        # The clock is put forward at 03:00: the night has seven hours.
        ("2025-03-29T23:30", "2025-03-30T07:00"),
        # It is put back at 04:00: the night has nine.
        ("2025-10-25T23:30", "2025-10-26T07:00"),
    ],
)
def test_quiet_hours_over_midnight(now: str, until: str | None) -> None:
    """From the first second to the last, by the clock on the wall."""
    assert quiet_until(NIGHT, kyiv(now)) == (kyiv(until) if until else None)


def test_nights_when_the_clock_is_changed_are_an_hour_shorter_and_longer() -> None:
    """Quiet hours end at seven on the wall, whatever that is in UTC."""
    spring = kyiv("2025-03-30T07:00") - kyiv("2025-03-29T23:00")
    autumn = kyiv("2025-10-26T07:00") - kyiv("2025-10-25T23:00")
    assert (spring, autumn) == (timedelta(hours=7), timedelta(hours=9))
    for night in ("2025-03-29T23:00", "2025-10-25T23:00"):
        end = quiet_until(NIGHT, kyiv(night))
        assert end is not None
        assert quiet_until(NIGHT, end) is None
        assert quiet_until(NIGHT, end - timedelta(seconds=1)) == end


def test_an_end_that_the_clock_skips_is_the_moment_after() -> None:
    """On 30 March 2025 there is no 03:30 in Kyiv: it is 04:30 when half an hour has passed."""
    quiet = QuietHours(time(1), time(3, 30), "Europe/Kyiv")
    assert quiet_until(quiet, kyiv("2025-03-30T02:00")) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


def test_an_end_that_comes_twice_is_the_second() -> None:
    """On 26 October 2025 the clock shows 03:30 twice in Kyiv."""
    quiet = QuietHours(time(1), time(3, 30), "Europe/Kyiv")
    second = kyiv("2025-10-26T03:30", fold=1)
    assert quiet_until(quiet, kyiv("2025-10-26T02:00")) == second
    assert quiet_until(quiet, kyiv("2025-10-26T03:30")) == second
    assert quiet_until(quiet, second) is None


WALL = st.times().map(lambda wall: wall.replace(second=0, microsecond=0, fold=0))
ZONES = st.sampled_from(["UTC", "Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])


@given(
    WALL,
    WALL,
    ZONES,
    st.integers(0, 440_000_000).map(lambda s: datetime(2011, 12, 28, tzinfo=UTC) + timedelta(seconds=s)),
)
def test_quiet_hours_always_end_within_a_day_or_so(start: time, end: time, zone: str, now: datetime) -> None:
    """Whatever the zone does to its clock, no quiet time is for ever, and it is over when it is said to be."""
    if start == end:
        return
    quiet = QuietHours(start, end, zone)
    until = quiet_until(quiet, now)
    if until is not None:
        assert now < until < now + timedelta(hours=50)  # Apia left out a whole day
        again = quiet_until(quiet, until)
        assert again is None or again > until


def test_urgent_levels_and_topics_pass() -> None:
    """Any of them is enough."""
    assert is_urgent(replace(NIGHT, levels=("core",)), "core", [])
    assert is_urgent(replace(NIGHT, topics=(GUARANTEES,)), "mention", [GUARANTEES])
    assert not is_urgent(replace(NIGHT, levels=("core",), topics=(GUARANTEES,)), "mention", [TopicId("other")])
