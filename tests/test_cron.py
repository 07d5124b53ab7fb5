"""Times that come again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.cron import last_slot, next_slot, trigger_of
from watcher.model import Schedule

MONDAY = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)


def slots(cron: str, after: datetime, count: int, zone: str = "Europe/Kyiv") -> list[datetime]:
    found = []
    for _ in range(count):
        slot = next_slot(Schedule(cron, zone), after)
        assert slot is not None
        found.append(slot)
        after = slot
    return found


@pytest.mark.parametrize(
    ("cron", "days"),
    [
        ("0 7 * * 1-5", "Tue Wed Thu Fri Mon"),
        ("0 7 * * mon-fri", "Tue Wed Thu Fri Mon"),
        ("0 7 * * 5-7", "Fri Sat Sun Fri Sat"),
        ("0 7 * * 0", "Sun Sun Sun Sun Sun"),
        ("0 7 * * 7", "Sun Sun Sun Sun Sun"),
        ("0 7 * * 1-5/2", "Wed Fri Mon Wed Fri"),
        ("0 7 * * 1,3", "Wed Mon Wed Mon Wed"),
    ],
)
def test_weekdays_are_those_of_cron(cron: str, days: str) -> None:
    """Sunday is 0 and 7, as everywhere but in APScheduler."""
    assert " ".join(f"{slot:%a}" for slot in slots(cron, MONDAY, 5)) == days


@pytest.mark.parametrize("cron", ["", "0 7 * *", "x 7 * * *", "0 25 * * *", "0 7 31 6 *", "0 7 * * 5-1", "0 7 * * 8"])
def test_a_schedule_that_is_wrong_or_never_comes_is_refused(cron: str) -> None:
    """A digest that is never sent is worse than an error."""
    with pytest.raises(ValueError, match=r"."):
        trigger_of(Schedule(cron, "Europe/Kyiv"))


@pytest.mark.parametrize("day", ["2025-03-28", "2025-10-24"])
def test_one_slot_a_day_when_the_clock_is_changed(day: str) -> None:
    """03:30 is skipped in the night of spring, and comes twice in that of autumn: one paper each day all the same."""
    found = slots("30 3 * * *", datetime.fromisoformat(f"{day}T12:00+00:00"), 5)
    assert [(later.date() - earlier.date()).days for earlier, later in pairwise(found)] == [1, 1, 1, 1]


def test_an_hourly_slot_comes_in_each_hour_that_passes() -> None:
    """In autumn 03:30 comes twice, for two hours pass."""
    found = slots("30 * * * *", datetime(2025, 10, 25, 22, 0, tzinfo=UTC), 6)
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


def test_what_was_missed_is_made_up_for_once() -> None:
    """After three days off there is one slot to do, the latest."""
    schedule = Schedule("0 7 * * *", "Europe/Kyiv")
    assert last_slot(schedule, MONDAY, MONDAY + timedelta(days=3)) == datetime(2025, 11, 27, 5, 0, tzinfo=UTC)
    assert last_slot(schedule, MONDAY, MONDAY + timedelta(hours=2)) is None


@given(st.integers(0, 31_000_000).map(lambda s: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=s)))
def test_a_slot_that_is_done_does_not_come_again(now: datetime) -> None:
    """Asking again at the same moment, after the slot, finds nothing."""
    schedule = Schedule("0 7,19 * * *", "America/New_York")
    slot = last_slot(schedule, now - timedelta(days=2), now)
    assert slot is not None
    assert slot <= now
    assert last_slot(schedule, slot, now) is None
