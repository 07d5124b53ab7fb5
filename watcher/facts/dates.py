"""Dates and deadlines, resolved against the day of publication.

A date needs a day of the month; the year is the one nearest to the publication. A weekday counts only as a deadline
("by Thursday"): the next such day. What is written without a year is left out when the publication date is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from watcher.facts.lexicon import Role
from watcher.facts.page import MAX_FACTS, Page
from watcher.facts.tables import words
from watcher.model import Fact

_ORDINALS: Final = frozenset(words("st nd rd th го е ого er º a й. è ª"))
_JOINTS: Final = frozenset(words("of de del di the го е ого st nd rd th d dia día 的"))
_CROATIAN: Final = frozenset(words("je i u za se su na od da bi će koji rok biti nije"))
_POLISH: Final = frozenset(words("w z ze że się dnia roku nie na o przez jest termin"))
_WEEKDAY_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Day:
    """A day as written: month and day, the year if given, first and last word."""

    day: int
    month: int
    year: int | None
    first: int
    last: int


def find_dates(page: Page, published: date | None) -> Iterator[Fact]:
    """Dates and deadlines of a page: at most ``MAX_FACTS`` of each."""
    counts = {"date": 0, "deadline": 0}
    taken: set[int] = set()
    for day in (*_named(page), *_numeric(page)):
        if taken.intersection(range(day.first, day.last + 1)):
            continue
        resolved = _resolve(day, published)
        if resolved is None:
            continue
        taken.update(range(day.first, day.last + 1))
        kind, confidence = _kind(page, day.first, day.last)
        counts[kind] += 1
        if counts[kind] <= MAX_FACTS:
            yield page.fact(kind, resolved.isoformat(), (day.first, day.last), confidence=confidence)
    if published is not None:
        yield from _weekdays(page, published, taken)
        yield from _holidays(page, published, taken)


# --- reading a day -----------------------------------------------------------------------------------------------


def _number(page: Page, place: int, low: int, high: int) -> int | None:
    """The value of a word in digits, with an ordinal ending or without, within bounds."""
    split = page.known[place].digits if 0 <= place < page.size else None
    if split is None:
        return None
    lead, digits, rest = split
    if lead or not digits or len(digits) > 4 or (rest and rest not in _ORDINALS and rest not in {"г", "р"}):
        return None
    value = int(digits)
    return value if low <= value <= high else None


def _named(page: Page) -> Iterator[Day]:
    """``27 листопада``, ``November 27``, ``27. November 2025``, ``27 de noviembre``, ``Dec. 18-19``."""
    for place in page.triggers[Role.MONTH][: 8 * MAX_FACTS]:
        if not _is_month(page, place):
            continue
        month = _month(page, place)
        day = _day_before(page, place, month) or _day_after(page, place, month)
        if day:
            yield day


def _is_month(page: Page, place: int) -> bool:
    """English months that are words too need their capital letter: "may", "march"."""
    word = page.words[place]
    return (
        word not in {"may", "march", "mar", "dec", "sep", "jan", "sept"}
        or page.text[page.starts[place]].isupper()
        or (word == "sept" and False)
    )


def _month(page: Page, place: int) -> int:
    """The number of the month; ``listopada`` is October in Croatian and November in Polish."""
    senses = page.senses(place, Role.MONTH)
    if page.words[place] == "listopada":
        return 10 if _is_croatian(page, place) else 11
    return senses[0].number + 1


def _is_croatian(page: Page, place: int) -> bool:
    if place and page.words[place - 1].isdecimal() and page.before(place, 2).startswith("."):
        return True
    near = {page.words[at] for at in page.window(place, 12, 12)}
    return len(near & _CROATIAN) > len(near & _POLISH)


def _day_before(page: Page, place: int, month: int) -> Day | None:
    at = place - 1
    while at >= 0 and place - at <= 2 and page.words[at] in _JOINTS:
        at -= 1
    day = _number(page, at, 1, 31)
    if day is None or page.sentences[at] != page.sentences[place] or _is_fraction(page, at):
        return None
    if page.words[place] == "may" and page.between(at, place).strip():
        return None
    year, last = _year_after(page, place)
    return Day(day, month, year, at, last)


def _day_after(page: Page, place: int, month: int) -> Day | None:
    at = place + 1
    if at < page.size and page.words[at] == "the":
        at += 1
    day = _number(page, at, 1, 31)
    if day is None or page.sentences[at] != page.sentences[place] or "," in page.between(place, at):
        return None
    if page.after(at) in {"%", ":"} or page.sense(at + 1, Role.POINT) or page.sense(at + 1, Role.MULTIPLIER):
        return None
    year, last = _year_after(page, at)
    return Day(day, month, year, place, last)


def _is_fraction(page: Page, place: int) -> bool:
    return page.before(place) in {".", ",", ":", "$", "€"} and place > 0 and page.words[place - 1].isdecimal()


def _year_after(page: Page, place: int) -> tuple[int | None, int]:
    at = place + 1
    while at < page.size and at - place <= 2 and page.words[at] in {"de", "del", "of"}:
        at += 1
    year = _number(page, at, 1990, 2099)
    if year is None or page.sentences[at] != page.sentences[place] or page.between(at - 1, at).strip(" ,.-"):
        return None, place
    return year, at


def _numeric(page: Page) -> Iterator[Day]:
    """``2025-11-27``, ``27.11.2025``, ``27.11.`` and ``27/11/2025`` when it can be no other day."""
    until = -1
    for place in page.digits[: 40 * MAX_FACTS]:
        if place > until:
            day = _iso(page, place) or _dotted(page, place)
            if day:
                until = day.last
                yield day


def _iso(page: Page, place: int) -> Day | None:
    year, month, day = (
        _number(page, place, 1990, 2099),
        _number(page, place + 1, 1, 12),
        _number(page, place + 2, 1, 31),
    )
    if year is None or month is None or day is None:
        return None
    joints = {page.between(place, place + 1), page.between(place + 1, place + 2)}
    return Day(day, month, year, place, place + 2) if joints in ({"-"}, {"/"}, {"."}) else None


def _dotted(page: Page, place: int) -> Day | None:
    day, month = _number(page, place, 1, 31), _number(page, place + 1, 1, 12)
    if day is None or month is None or len(page.words[place + 1]) != 2 or _is_fraction(page, place):
        return None
    joint = page.between(place, place + 1)
    year = _number(page, place + 2, 1990, 2099)
    if year is not None and page.between(place + 1, place + 2) == joint and joint in {".", "/"}:
        certain = joint == "." or day > 12
        return Day(day, month, year, place, place + 2) if certain else None
    return Day(day, month, None, place, place + 1) if joint == "." and _stands_alone(page, place) else None


def _stands_alone(page: Page, place: int) -> bool:
    """``27.11`` without a year is a date only after a word that leads to one: a decimal fraction looks the same."""
    after = page.after(place + 1, 2)
    if after[:1] == "%" or after[1:] in {"%", "$", "€"} or page.sense(place + 2, Role.UNIT):
        return False
    return page.sense(place - 1, Role.BY) is not None and not page.sense(place + 2, Role.MULTIPLIER)


# --- what it means -----------------------------------------------------------------------------------------------


def _resolve(day: Day, published: date | None) -> date | None:
    """The day with its year, or with the year that brings it nearest to the publication."""
    if day.year is not None:
        return _valid(day.year, day.month, day.day)
    if published is None:
        return None
    years = (published.year - 1, published.year, published.year + 1)
    days = [found for year in years if (found := _valid(year, day.month, day.day))]
    return min(days, key=lambda found: abs((found - published).days), default=None)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _kind(page: Page, first: int, last: int) -> tuple[str, float]:
    """Whether the day is a deadline: after a word like "by", or with a word like "ultimatum" near."""
    if _after_by(page, first) or _before_by(page, last):
        return "deadline", 0.9
    near = page.window(first, 10, 10)
    if page.first_with(near, Role.DEADLINE) is not None:
        return "deadline", 0.7
    return "date", 0.9


def _after_by(page: Page, first: int) -> bool:
    """A word like "by" right before, or with an article or a weekday between ("bis zum", "by Thursday,")."""
    for place in reversed(page.window(first, 3, 0)[:-1]):
        sense = page.sense(place, Role.BY)
        if sense and sense.value != "after":
            return True
        if not (page.sense(place, Role.WEEKDAY) or len(page.words[place]) <= 3) or page.words[place].isdecimal():
            return False
    return False


def _before_by(page: Page, last: int) -> bool:
    """Turkish, Finnish and Hungarian put the word after: "27 Kasım'a kadar"."""
    for place in page.window(last, 0, 2)[1:]:
        sense = page.sense(place, Role.BY)
        if sense and sense.value == "after":
            return True
    return False


def _weekdays(page: Page, published: date, taken: set[int]) -> Iterator[Fact]:
    count = 0
    for place in page.triggers[Role.WEEKDAY][: 8 * MAX_FACTS]:
        if taken.intersection(range(place - _WEEKDAY_GAP, place + _WEEKDAY_GAP + 1)) or not _leads_to_weekday(
            page, place
        ):
            continue
        ahead = (page.senses(place, Role.WEEKDAY)[0].number - published.weekday()) % 7
        if ahead and count < MAX_FACTS:
            count += 1
            day = published + timedelta(days=ahead)
            yield page.fact("deadline", day.isoformat(), (place, place), confidence=0.7)


def _leads_to_weekday(page: Page, place: int) -> bool:
    """Whether the weekday is a deadline: "by Thursday", but not "on Thursday" or "last Thursday"."""
    if page.sense(place - 1, Role.PAST) and not page.sense(place - 1, Role.BY):
        return False
    if not 0 < place < page.size or page.sentences[place - 1] != page.sentences[place]:
        return _before_by(page, place)
    return _after_by(page, place) or _before_by(page, place)


def _holidays(page: Page, published: date, taken: set[int]) -> Iterator[Fact]:
    """Holidays with one date ("by Thanksgiving", "by Christmas"), as deadlines only."""
    for place in page.triggers[Role.HOLIDAY][:MAX_FACTS]:
        sense = page.senses(place, Role.HOLIDAY)[0]
        if place in taken or not (_after_by(page, place) or page.first_with(page.window(place, 8, 8), Role.DEADLINE)):
            continue
        day = min(
            found
            for year in (published.year, published.year + 1)
            if (found := _holiday(sense.value, year)) >= published
        )
        yield page.fact("deadline", day.isoformat(), (place, place), confidence=0.8)


def _holiday(name: str, year: int) -> date:
    if name == "thanksgiving":
        first = date(year, 11, 1)
        return first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return date(year, 12, 25)
