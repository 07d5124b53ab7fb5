"""What a feed says of how often it wants to be asked."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from watcher.feed.drafts import FeedError, text_of
from watcher.model import FailureKind, Hints

_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_DAYS = {day: number for number, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def hints(feed: Any, body: bytes) -> Hints:  # noqa: ANN401 - feedparser is untyped
    """The hints of a feed; those of its body that feedparser does not keep are read from there."""
    minutes = _number(text_of(feed, "ttl"))
    period = _PERIODS.get(text_of(feed, "sy_updateperiod").strip().lower())
    frequency = _number(text_of(feed, "sy_updatefrequency")) or 1
    waits = [minutes * 60 if minutes else 0, int(period / frequency) if period else 0]
    hours, days = _skips(body)
    return Hints(ttl=max(waits) or None, skip_hours=hours, skip_days=days)


def _number(text: str) -> int:
    found = re.match(r"\s*(\d{1,6})", text)
    return int(found.group(1)) if found else 0


def _skips(body: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """All of ``skipHours`` and ``skipDays``; feedparser keeps only the last of each."""
    if not re.search(rb"skip(?:Hours|Days)", body, re.IGNORECASE):
        return (), ()
    found: dict[str, list[str]] = {"hour": [], "day": []}
    _collect(body, found)
    hours = {int(hour) % 24 for hour in found["hour"] if re.fullmatch(r"\d{1,2}", hour) and int(hour) <= 24}
    days = {_DAYS[day[:3].lower()] for day in found["day"] if day[:3].lower() in _DAYS}
    return tuple(sorted(hours)), tuple(sorted(days))


def _collect(body: bytes, found: dict[str, list[str]]) -> None:
    """Appends the text of every element named by a key of ``found`` within a ``skip…`` element."""
    path: list[str] = []

    def start(name: str, _: object) -> None:
        path.append(name.lower())
        if _is_skip(path):
            found[path[-1]].append("")

    def text(data: str) -> None:
        if _is_skip(path):
            found[path[-1]][-1] = (found[path[-1]][-1] + data).strip()[:20]

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, FeedError, ValueError, LookupError):
        return  # what was read before the fault stands


def _is_skip(path: list[str]) -> bool:
    return len(path) > 1 and (path[-2], path[-1]) in {("skiphours", "hour"), ("skipdays", "day")}


def _no_entities(*_: object) -> None:
    raise FeedError(FailureKind.MALFORMED, "entity declarations are not read")
