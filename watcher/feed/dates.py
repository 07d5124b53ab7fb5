"""Dates as feeds spell them, and which of them can be believed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from watcher.model import DateSource
from watcher.text import clean_line

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# Offsets in hours of the names that feeds use; feedparser takes the unknown ones for UTC.
_ZONES = {
    **dict.fromkeys(("CEST", "EET", "SAST", "MESZ", "KALT"), 2),
    **dict.fromkeys(("CET", "MEZ", "WEST", "BST", "IRST"), 1),
    **dict.fromkeys(("EEST", "MSK", "TRT"), 3),
    **dict.fromkeys(("MSD", "GST", "SAMT"), 4),
    **dict.fromkeys(("JST", "KST"), 9),
    **dict.fromkeys(("HKT", "SGT", "AWST"), 8),
    "IST": 5.5,
    "PKT": 5,
    "AEST": 10,
    "AEDT": 11,
    "BRT": -3,
    "ART": -3,
}
_SLASHED = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_EAST_ASIAN = re.compile(
    r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?(?:\D{0,8}(\d{1,2})[:时時](\d{2}))?"
)
_FULL_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|[A-Za-z]{3,}.*\d{4}|\d{4}.*[A-Za-z]{3,}|\d{1,2}\s+[A-Za-z]{3,}\.?\s+\d{2}\b"
)


def credible_date(
    dates: Iterable[tuple[DateSource, str, datetime | None]], now: datetime, notes: list[str]
) -> tuple[datetime | None, str, DateSource]:
    """The first date that can be believed, as it is spelt, and what the feed calls it; or that there is none.

    Args:
        dates: (what the feed calls it, as the feed spells it, as feedparser reads it) in order of preference.
        now: later than a day after it is not credible.
        notes: gets the dates that are not credible.
    """
    first_raw = ""
    for source, raw, guessed in dates:
        if not raw.strip():
            continue
        first_raw = first_raw or raw
        moment = read_date(raw, guessed)
        if moment is not None and _EARLIEST <= moment <= now + timedelta(days=1):
            return moment, raw, source
        notes.append(f"date is not credible: {clean_line(raw, 60)}")
    return None, first_raw, "seen"


def read_date(raw: str, guessed: datetime | None = None) -> datetime | None:
    """The moment that a date in a feed means, aware, in UTC; None when it cannot be told.

    Args:
        raw: the date as the feed spells it.
        guessed: what feedparser makes of it. It is believed only where the text holds a day, a month and a year
            that cannot be taken for something else: feedparser reads ``1630929600`` as 2016 and ``2016/6/29`` as the
            first of June.
    """
    text = " ".join(raw[:200].split())
    for reader in (_epoch, _iso, _rfc822, _numbers):
        try:
            moment = reader(text)
            if moment is not None:
                return moment.astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError, OSError):
            continue  # a reader that stumbles leaves it to the next
    return guessed if guessed is not None and _FULL_DATE.search(text) and text.isascii() else None


def _epoch(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{9,10}|[0-9]{12,13}", text):
        return None
    seconds = int(text) / (1000 if len(text) > 10 else 1)
    return datetime.fromtimestamp(seconds, UTC)


def _iso(text: str) -> datetime | None:
    if not re.match(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:$|[T ])", text):
        return None
    # feeds write "+0200", "+02", a blank before the zone, and fractions of any length
    spelt = re.sub(r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{0,2})$", lambda zone: _iso_zone(zone.group(1)), text)
    spelt = re.sub(r"(:\d{2})[.,](\d{1,6})\d*", r"\1.\2", spelt)
    moment = datetime.fromisoformat(spelt)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso_zone(zone: str) -> str:
    return zone if zone[0] in "+-" else "+00:00"


_HALF_DAY = re.compile(r"\b(\d{1,2})(:\d{2}(?::\d{2})?)\s*([ap])\.?m\b\.?", re.IGNORECASE)


def _full_day(found: re.Match[str]) -> str:
    """A time of the twelve-hour clock on the other one; both parsers overlook what follows the minutes."""
    hour = int(found.group(1)) % 12 + (12 if found.group(3).lower() == "p" else 0)
    return f"{hour:02}{found.group(2)}"


def _rfc822(text: str) -> datetime | None:
    """Day, month name and year in the order of RFC 822, with the names of zones that feedparser does not know."""
    if not re.match(r"(?:[A-Za-z]{3,9}\.?,?\s+)?[0-9]{1,2}[\s-][A-Za-z]{3}", text):
        return None
    parts = parsedate_tz(_HALF_DAY.sub(_full_day, text))
    if parts is None or parts[0] < 1:
        return None
    offset = parts[9]
    zone = re.search(r"\b([A-Z]{3,4})\d?$", text)
    if zone and zone.group(1) in _ZONES:
        offset = int(_ZONES[zone.group(1)] * 3600)
    return datetime(*parts[:6], tzinfo=timezone(timedelta(seconds=offset or 0)))


def _numbers(text: str) -> datetime | None:
    found = _SLASHED.fullmatch(text) or _EAST_ASIAN.match(text)
    if not found:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups()[:5])
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
