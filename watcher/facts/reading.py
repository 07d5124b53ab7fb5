"""Reading small whole numbers, in digits or in words, next to a place in the text."""

from __future__ import annotations

from typing import Final

from watcher.facts.lexicon import Role
from watcher.facts.numbers import CONJUNCTIONS
from watcher.facts.page import HYPHENS, Number, Page
from watcher.facts.tables import words

_OBLIQUE: Final = frozenset(words("ми ти мя ма х ох ьох и"))
"""Endings that Ukrainian and Russian hang on a number in digits: "28-ми пунктів"."""
_GLUED: Final = frozenset(words("ال ل لل ب بال و وال ה ב ל מ ו"))
"""Particles that Arabic and Hebrew write together with digits."""
_SPLIT_FIRST: Final = frozenset({"п", "дев"})
"""What an apostrophe splits off Ukrainian number words."""
_LONGEST: Final = 5
_LOW, _HIGH = 2, 99


def small_digits(page: Page, place: int) -> int | None:
    """The value from 2 to 99 of a word in digits that is not a piece of a longer number, of money or a percentage."""
    split = page.known[place].digits if 0 <= place < page.size else None
    if split is None:
        return None
    lead, digits, rest = split
    if rest or not 1 <= len(digits) <= 2 or (lead and lead not in _GLUED):
        return None
    before, after = page.before(place, 2), page.after(place, 2)
    if before[-1:] in {"$", "€", "£", "#", "№"} or after[:1] in {"%", "°"}:
        return None
    if before[-1:] in {".", ",", ":", "/", "٫"} and before[:1].isdecimal():
        return None
    if after[:1] in {".", ",", ":", "/", "٫"} and after[1:].isdecimal():
        return None
    value = int(digits)
    return value if _LOW <= value <= _HIGH and digits[0] != "0" else None


def _word_value(page: Page, place: int, languages: int) -> tuple[int, int] | None:
    """The value of a number word and its first place; joins what an apostrophe split (``п'яти``)."""
    if place < 0:
        return None
    sense = page.sense(place, Role.NUMBER, languages)
    if sense:
        return sense.number, place
    if place and page.words[place].startswith("ят") and page.words[place - 1] in _SPLIT_FIRST:
        joined = page.look(f"{page.words[place - 1]}'{page.words[place]}", Role.NUMBER)
        if joined and joined.languages & languages:
            return joined.number, place - 1
    return None


def _tens(page: Page, place: int, languages: int) -> tuple[int, int] | None:
    """The same for a word for tens only, which is all that may stand before "and" in one number."""
    found = _word_value(page, place, languages)
    return found if found and found[0] >= 20 and found[0] % 10 == 0 else None


def _combine(values: list[int]) -> int:
    """The value of number words in the order of the text: ``twenty eight``, ``quatre vingt dix huit``."""
    total = 0
    for value in values:
        if total == 4 and value == 20:
            total = 80
        elif (
            (total >= 20 and total % 10 == 0 and value < 10)
            or (total in {60, 80} and 10 <= value < 20)
            or (total == 10 and value < 10)
            or (0 < total < 10 and (value == 10 or (value >= 20 and value % 10 == 0)))
        ):
            total += value
        else:
            total = value
    return total


def number_ending(page: Page, place: int, languages: int) -> Number | None:
    """The number from 2 to 99 whose last word is at ``place``."""
    if place < 0:
        return None
    value = small_digits(page, place)
    if value is not None:
        return Number(value, place, place)
    if page.words[place] in _OBLIQUE and place and page.between(place - 1, place) in HYPHENS:
        value = small_digits(page, place - 1)
        return None if value is None else Number(value, place - 1, place)
    return _number_words(page, place, languages)


def _number_words(page: Page, place: int, languages: int) -> Number | None:
    values: list[int] = []
    at = first = place
    sentence = page.sentences[place]
    while at >= 0 and place - at < _LONGEST and page.sentences[at] == sentence:
        found = _word_value(page, at, languages)
        if found is None and values and values[-1] < 20 and page.words[at] in CONJUNCTIONS:
            found = _tens(page, at - 1, languages)
        if found is None:
            break
        value, first = found
        values.append(value)
        at = first - 1
    if not values:
        return None
    total = _combine(values[::-1])
    return Number(total, first, place) if _LOW <= total <= _HIGH else None


def number_starting(page: Page, place: int, languages: int) -> Number | None:
    """The number from 2 to 99 whose first word is at ``place``."""
    if place >= page.size:
        return None
    known = page.known[place]
    if not known.digits and Role.NUMBER not in known.senses and page.words[place] not in _SPLIT_FIRST:
        return None
    value = small_digits(page, place)
    if value is not None:
        last = place
        if place + 1 < page.size and page.words[place + 1] in _OBLIQUE and page.after(place) in HYPHENS:
            last += 1
        return Number(value, place, last)
    if known.digits:
        return None
    for last in page.window(place, 0, _LONGEST)[::-1]:
        found = number_ending(page, last, languages)
        if found and found.first == place:
            return found
    return None
