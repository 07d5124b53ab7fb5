"""Who gets an alert, and whether now: routes and quiet hours. Decisions only.

A route takes an alert at once or keeps it for a digest. Quiet hours belong to the target and hold what is delivered,
never what is judged: an alert is made at night as by day, and waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from watcher.model import Level, OutletClass, QuietHours, Route, TargetName, TopicId


@dataclass(frozen=True, slots=True)
class Subject:
    """What routes look at.

    Attributes:
        facts: the kinds of fact in it.
        sources: how many independent sources the story has.
    """

    topics: Collection[TopicId]
    level: Level
    language: str
    outlet_class: OutletClass
    facts: Collection[str] = ()
    sources: int = 1


@dataclass(frozen=True, slots=True)
class Routed:
    """One target of an alert; ``digest`` names the route that keeps it for its digest, empty is at once."""

    target: TargetName
    digest: str = ""


def route(routes: Iterable[Route], subject: Subject) -> tuple[Routed, ...]:
    """Where an alert goes, each once, in the order of the configuration.

    A target that gets an alert at once has it in its digest, too, when a route says so: a digest tells the whole day.
    """
    found = (
        Routed(target, entry.name if entry.digest else "")
        for entry in routes
        if _takes(entry, subject)
        for target in entry.targets
    )
    return tuple(dict.fromkeys(found))


def _takes(entry: Route, subject: Subject) -> bool:
    return (
        (not entry.topics or not set(entry.topics).isdisjoint(subject.topics))
        and (not entry.levels or subject.level in entry.levels)
        and (not entry.languages or subject.language in entry.languages)
        and (not entry.outlet_classes or subject.outlet_class in entry.outlet_classes)
        and (not entry.facts or not set(entry.facts).isdisjoint(subject.facts))
        and (subject.sources >= entry.min_sources or subject.outlet_class == "official")
    )


def health_targets(routes: Iterable[Route], *, without: Collection[TargetName] = ()) -> tuple[TargetName, ...]:
    """The targets of alerts on the watch itself; those ``without``, because they are what the alert is about."""
    found = (target for entry in routes if entry.health for target in entry.targets)
    return tuple(dict.fromkeys(target for target in found if target not in without))


# --- quiet hours -------------------------------------------------------------------------------------------------


def is_urgent(quiet: QuietHours | None, level: Level, topics: Collection[TopicId]) -> bool:
    """Whether an alert passes through quiet hours."""
    return quiet is not None and (level in quiet.levels or not set(quiet.topics).isdisjoint(topics))


def quiet_until(quiet: QuietHours | None, now: datetime) -> datetime | None:
    """When the quiet hours that hold now are over; None when none do.

    They follow the clock on the wall. In the nights when it is changed they are an hour shorter or longer: a time that
    the clock skips counts as the moment after, one that comes twice begins them the first time and ends them the
    second.
    """
    if quiet is None:
        return None
    zone = ZoneInfo(quiet.zone)
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        over = day if quiet.start < quiet.end else day + timedelta(days=1)
        start = datetime.combine(day, quiet.start, zone).astimezone(UTC)
        end = max(datetime.combine(over, quiet.end, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if start <= now < end:
            return end.astimezone(now.tzinfo)
    return None
