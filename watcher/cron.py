"""Times that come again, as cron writes them; APScheduler reckons them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from watcher.model import Schedule

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MOST_MISSED = 1000


@lru_cache(maxsize=64)
def trigger_of(schedule: Schedule) -> CronTrigger:
    """The schedule as APScheduler has it.

    Raises:
        ValueError: it is not well-formed, or never comes.
    """
    fields = schedule.cron.split()
    if len(fields) != 5:
        raise ValueError("five fields are needed: minute, hour, day, month, weekday")
    fields[4] = ",".join(_weekday(part) for part in fields[4].lower().split(","))
    trigger = CronTrigger.from_crontab(" ".join(fields), timezone=ZoneInfo(schedule.zone))
    # The 29th of February comes within eight years, the 31st of June never.
    if next(_slots(trigger, datetime(2025, 1, 1, tzinfo=ZoneInfo(schedule.zone))), None) is None:
        raise ValueError("such a day never comes")
    return trigger


def _weekday(part: str) -> str:
    """Numbers as names: cron counts from Sunday (0 and 7), APScheduler from Monday."""
    found = re.fullmatch(r"([0-7])(?:-([0-7]))?(?:/([1-7]))?", part)
    if found is None:
        return part
    first = int(found[1])
    last = int(found[2]) if found[2] else (6 if found[3] else first)
    if last < first:
        raise ValueError(f"the weekdays `{part}` go backwards")
    return ",".join(dict.fromkeys(_DAYS[day % 7] for day in range(first, last + 1, int(found[3] or 1))))


def _slots(trigger: CronTrigger, after: datetime) -> Iterator[datetime]:
    slot = trigger.get_next_fire_time(after, after)
    while slot is not None:
        yield slot
        slot = trigger.get_next_fire_time(slot, slot)


def _after(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """The times of a schedule after a moment; a named hour that the clocks go through twice counts once."""
    named_hour = re.fullmatch(r"[\d,]+", schedule.cron.split()[1])
    for slot in _slots(trigger_of(schedule), after):
        if slot > after and not (named_hour and slot.fold):
            yield slot


def next_slot(schedule: Schedule, after: datetime) -> datetime | None:
    """The first time of a schedule after a moment."""
    return next((slot.astimezone(after.tzinfo) for slot in _after(schedule, after)), None)


def last_slot(schedule: Schedule, after: datetime, now: datetime) -> datetime | None:
    """The latest time of a schedule after ``after`` and not after ``now``; None when there was none.

    What was missed in between is not told of: who slept through three mornings wants one paper.
    """
    found = None
    for count, slot in enumerate(_after(schedule, after)):
        if slot > now or count > _MOST_MISSED:
            break
        found = slot
    return None if found is None else found.astimezone(now.tzinfo)
