"""Numbers with their units: troops, money, years, percentages, areas, prisoners, children, countries.

``600,000`` = ``600.000`` = ``600 000`` = ``600 тис.`` = ``600k`` = ``0.6 million`` = ``шістсот тисяч``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from watcher.facts.lexicon import ANY_LANGUAGE, Role, Sense
from watcher.facts.page import MAX_FACTS, Page
from watcher.model import Fact

KIND: Final = "quantity"
SYMBOLS: Final = {"$": "usd", "€": "eur", "₽": "rub", "₴": "uah", "£": "gbp"}
_LEAST: Final = {"troops": 1_000, "people": 1_000, "prisoners": 10, "children": 10, "countries": 5, "years": 2, "km": 5}
_MOST_YEARS: Final = 150
_GROUPS: Final = 5
_MOST_DIGITS: Final = 15
_SEPARATORS: Final = frozenset([",", ".", "'", "’", "\xa0", "\u202f", "\u2009"]) - {""} | {" "}
_HUNDREDS_OF_THOUSANDS: Final = range(10**5, 10**6, 10**5)
_ADJECTIVES: Final = 2
_BREAKS: Final = frozenset(',;:!?()[]{}|/\n\u2026\u060c%$€£"«»“”')
_FORCES: Final = frozenset({"troops"})


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its multiplier: ``exact`` without, ``value`` with it; first and last word."""

    value: Decimal
    first: int
    last: int
    grouped: bool
    multiplied: bool
    rest: str = ""


def find_quantities(page: Page) -> Iterator[Fact]:
    """The quantities of a page, in the order of the text."""
    count, seen_until = 0, -1
    for place in sorted({*page.digits, *page.triggers[Role.MULTIPLIER]}):
        if place <= seen_until or count >= MAX_FACTS:
            continue
        amount = _in_digits(page, place) if page.known[place].digits else _in_words(page, place)
        if amount is None:
            continue
        seen_until = amount.last
        fact = _with_unit(page, amount)
        if fact:
            count += 1
            yield fact


# --- the number --------------------------------------------------------------------------------------------------


def _in_digits(page: Page, place: int) -> Amount | None:
    """The number that starts with the digits at ``place``, with thousands groups, a decimal part and a multiplier."""
    lead, digits, rest = page.known[place].digits or ("", "", "")
    if lead or not digits or len(digits) > _MOST_DIGITS:
        return None
    last, grouped = place, False
    if not rest:
        digits, last, rest = _grouped(page, place, digits)
        grouped = last > place
        decimal, last, rest = (_decimal(page, last)) if not rest else ("", last, rest)
        digits = f"{digits}.{decimal}" if decimal else digits
    return _multiplied(page, Amount(Decimal(digits), place, last, grouped, multiplied=False, rest=rest))


def _grouped(page: Page, place: int, digits: str) -> tuple[str, int, str]:
    """Adds the groups of exactly three digits that follow with one and the same separator; at most five."""
    if len(digits) > 3:
        return digits, place, ""
    separator = ""
    for last in range(place, place + _GROUPS):
        joint = page.between(last, last + 1) if last + 1 < page.size else ""
        if joint not in _SEPARATORS or (separator and joint != separator):
            return digits, last, ""
        lead, group, rest = page.known[last + 1].digits or ("", "", "")
        if lead or len(group) != 3:
            return digits, last, ""
        separator, digits = joint, digits + group
        if rest:
            return digits, last + 1, rest
    return digits, place + _GROUPS, ""


def _decimal(page: Page, last: int) -> tuple[str, int, str]:
    """The digits after a decimal point or comma right after the word, with what is glued to them (``1.5bn``)."""
    if last + 1 < page.size and page.between(last, last + 1) in {".", ",", "٫"}:
        lead, digits, rest = page.known[last + 1].digits or ("", "", "")
        if not lead and digits and len(digits) <= 4:
            return digits, last + 1, rest
    return "", last, ""


def _multiplied(page: Page, amount: Amount) -> Amount:
    """The amount times the word after it: ``million``, ``тис.``, ``mil millones``, or glued: ``100bn``, ``600k``."""
    value, last, multiplied, rest = amount.value, amount.last, False, amount.rest
    if rest and (glued := _multiplier(page, rest)):
        value, multiplied, rest = value * glued, True, ""
    for _ in range(2):
        following = last + 1
        skip = 1 if following < page.size and page.words[following] == "de" else 0
        sense = page.sense(following + skip, Role.MULTIPLIER)
        if rest or sense is None or page.sentences[following + skip] != page.sentences[last]:
            break
        if multiplied and sense.number < 10**6:
            break
        if any(char in _BREAKS for char in page.between(last, following)):
            break
        value, last, multiplied = value * sense.number, following + skip, True
    return Amount(value, amount.first, last, amount.grouped, multiplied, rest)


def _multiplier(page: Page, word: str) -> int:
    if word in {"m", "b", "t", "k"}:
        return {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}[word]
    sense = page.look(word, Role.MULTIPLIER)
    return sense.number if sense else 0


def _in_words(page: Page, place: int) -> Amount | None:
    """Number words before a multiplier: ``six hundred thousand``, ``шестьсот тысяч``."""
    sense = page.sense(place, Role.MULTIPLIER)
    values: list[tuple[int, bool]] = []
    first = place
    for at in range(place - 1, max(-1, place - 6), -1):
        if page.sentences[at] != page.sentences[place]:
            break
        found = page.sense(at, Role.HUNDRED) or page.sense(at, Role.NUMBER)
        if found is None:
            break
        values.append((found.number, found.value == "times"))
        first = at
    if sense and not values and sense.number in _HUNDREDS_OF_THOUSANDS:
        return Amount(Decimal(sense.number), place, place, grouped=False, multiplied=True)
    if not values or sense is None:
        return None
    total = _sum_words(values[::-1])
    return _multiplied(page, Amount(Decimal(total), first, place - 1, grouped=False, multiplied=False))


def _sum_words(values: list[tuple[int, bool]]) -> int:
    total = 0
    for value, times in values:
        total = max(total, 1) * value if times else total + value
    return total


# --- the unit ----------------------------------------------------------------------------------------------------


def _with_unit(page: Page, amount: Amount) -> Fact | None:
    unit, last, confidence = _unit(page, amount)
    value = amount.value
    if not unit or (amount.rest and last == amount.last and unit != _glued_unit(page, amount)):
        return None
    if unit == "people":
        unit = _people(page, amount)
        confidence = 0.6
    if value < _LEAST.get(unit, 0) or (unit == "years" and (value > _MOST_YEARS or _is_age(page, amount, last))):
        return None
    text = f"{value.normalize():f}"
    return page.fact(KIND, text, (amount.first, last), unit=unit, confidence=confidence)


def _glued_unit(page: Page, amount: Amount) -> str:
    sense = page.look(amount.rest, Role.UNIT)
    return sense.value if sense else ""


def _unit(page: Page, amount: Amount) -> tuple[str, int, float]:
    """The unit, the last word that belongs to it, and how sure that is; an empty unit when there is none."""
    symbol = SYMBOLS.get(page.before(amount.first).strip()) or SYMBOLS.get(page.before(amount.first, 2).strip())
    if symbol:
        return symbol, amount.last, 0.95
    after = page.after(amount.last, 2).strip()[:1]
    if after in SYMBOLS:
        return SYMBOLS[after], amount.last, 0.95
    if after == "%":
        return "percent", amount.last, 0.95
    if amount.rest:
        return _glued_unit(page, amount), amount.last, 0.9
    unit, last = _unit_after(page, amount)
    if unit:
        return unit, last, 0.9
    return ("troops", amount.last, 0.6) if _army_before(page, amount) else ("", amount.last, 0.0)


def _unit_after(page: Page, amount: Amount) -> tuple[str, int]:
    places = [*page.window(amount.last, 0, _ADJECTIVES + 2)[1:]]
    if not places and amount.multiplied and page.after(amount.last) == "." and amount.last + 1 < page.size:
        places = [amount.last + 1]  # "210 Mrd. Euro" looks like the end of a sentence
    for place in places:
        gap = page.between(place - 1, place)
        if any(char in _BREAKS for char in gap) or ("." in gap and place > amount.last + 1):
            break
        if page.words[place][:1].isdecimal():
            break
        if place > amount.last + 1 and _looks_like_year(amount):
            break
        sense = _fitting(page, place, place - amount.last - 1)
        if sense:
            return _square(page, place, sense)
    return "", amount.last


def _looks_like_year(amount: Amount) -> bool:
    return not amount.grouped and not amount.multiplied and 1900 <= amount.value < 2100


def _fitting(page: Page, place: int, distance: int) -> Sense | None:
    """The unit at a place, if it may stand so many words after the number."""
    sense = page.sense(place, Role.UNIT)
    if sense is None:
        return None
    if sense.value in {"years", "percent", "km", "km2"}:
        return sense if distance == 0 or (distance == 1 and page.words[place - 1] in {"de", "long"}) else None
    return sense


def _square(page: Page, place: int, sense: Sense) -> tuple[str, int]:
    """Joins "square kilometres", "km carrés", "кв. км"; other units as they are."""
    following = page.sense(place + 1, Role.UNIT)
    if {sense.value, following.value if following else ""} == {"square", "km"}:
        return "km2", place + 1
    return ("", place) if sense.value == "square" else (sense.value, place)


def _army_before(page: Page, amount: Amount) -> bool:
    """The army stands before its number: "an army of 600,000", "limit its forces to 800,000"."""
    if _looks_like_year(amount) or amount.value < 10_000 or amount.value > 5_000_000:
        return False
    places = page.window(amount.first, 6, 0)[:-1]
    if any(page.sense(place, Role.MONTH) for place in places):
        return False
    return any(sense.value in _FORCES for place in places for sense in page.senses(place, Role.UNIT)) or any(
        page.words[place] in {"forces", "force", "зсу", "всу", "streitkräfte", "fuerzas", "сили", "сил"}
        for place in places
    )


def _people(page: Page, amount: Amount) -> str:
    """People are soldiers when there are as many as an army has and nothing speaks of civilians."""
    near = page.window(amount.first, 14, 14)
    army = page.first_with(near, Role.UNIT, ANY_LANGUAGE) is not None and any(
        sense.value in _FORCES for place in near for sense in page.senses(place, Role.UNIT)
    )
    civilian = page.first_with(near, Role.CIVILIAN) is not None
    fits = 100_000 <= amount.value <= 1_500_000
    return "troops" if not civilian and (army or fits) else "people"


def _is_age(page: Page, amount: Amount, last: int) -> bool:
    """An age or a time past, which is no length of a guarantee: "34-year-old", "two years ago"."""
    return any(page.sense(place, Role.AGE) for place in page.window(last, 0, 2)[1:]) or bool(amount.value > 1000)
