"""A word table that tells, for any word, what it may mean for the finders, in a few dictionary look-ups.

Entries are whole words or, with a star, beginnings of words. All are folded like the text. A word may have several
senses in several languages; the finders combine only senses that share a language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from watcher.facts.numbers import compound
from watcher.facts.tables import words
from watcher.text import fold


class Role(IntEnum):
    """What a word can do in a fact."""

    NUMBER = 1
    HUNDRED = 2
    MULTIPLIER = 3
    POINT = 4
    PLAN = 5
    UKRAINE = 6
    ELSEWHERE = 7
    GAME = 8
    NOT_POINT_BEFORE = 9
    NOT_POINT_AFTER = 10
    CUT = 11
    REMAIN = 12
    TOWARDS = 13
    INSTEAD = 14
    PARTITIVE = 15
    FUNCTION = 16
    UNIT = 17
    CIVILIAN = 18
    AGE = 19
    MONTH = 20
    WEEKDAY = 21
    HOLIDAY = 22
    BY = 23
    DEADLINE = 24
    PAST = 25
    STANCE = 26
    NEGATION = 27
    NOT_SPEAKER = 28
    AGENT = 29
    RELATIVE = 30
    AND = 31


class Sense(NamedTuple):
    """One meaning: ``languages`` is a bit mask; ``value`` depends on the role (a number, a unit, a verb class)."""

    role: Role
    value: str
    number: int
    languages: int


ANY_LANGUAGE: Final = -1
_CODES: Final = words("""
en uk ru de fr pl es it pt ro cs tr ar zh be bg sk nl sv fi hu el he ja ko hr sr sl da no lt lv et ka ca fa hi vi id sq
az mk bs
""")
_BITS: Final = {code: 1 << place for place, code in enumerate(_CODES)}
_PREFIXES: Final = {
    "ar": ("", "ال", "و", "وال", "ب", "بال", "ل", "لل", "ف", "كال"),
    "he": ("", "ה", "ב", "ל", "ו", "ש", "מ", "כ", "וה", "שה", "מה"),
}

Entry = tuple[Role, str, str, int, str]
"""(role, languages, value, number, words): one line of a table."""


def language_mask(codes: str) -> int:
    """The bit mask of language codes separated by spaces; ``*`` or an unknown code means any language."""
    mask = 0
    for code in codes.split():
        mask |= _BITS.get(code, ANY_LANGUAGE)
    return mask if mask >= 0 else ANY_LANGUAGE


def _prefixes(codes: str) -> frozenset[str]:
    """The particles that Arabic and Hebrew write together with a word, folded; nothing for other languages."""
    return frozenset(fold(prefix) for code in codes.split() for prefix in _PREFIXES.get(code, ("",)))


_TRIGGERS: Final = frozenset({Role.POINT, Role.MONTH, Role.WEEKDAY, Role.HOLIDAY, Role.STANCE, Role.MULTIPLIER})
_SUBJECTS: Final = frozenset({Role.UKRAINE, Role.ELSEWHERE, Role.PLAN, Role.GAME})
_DIGITS: Final = frozenset("0123456789")
_REMEMBERED: Final = 50_000
_LONGEST: Final = 64
"""Longer words have no meaning of their own here, and are not remembered."""


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """What is known of one word, whatever stands around it.

    Attributes:
        senses: by role.
        triggers: the roles by which it can start a fact.
        digits: what stands before its first digits, these digits, and the rest; None when it has no digits.
        compound: the number and the rest of a word such as ``zwanzigpunkteplan``; None when it is no such word.
        starts: whether any of these three is there, so that a fact can start here.
        subjects: the roles that tell what an article is about, without those that want a capital letter.
    """

    senses: Mapping[Role, tuple[Sense, ...]]
    triggers: tuple[Role, ...]
    digits: tuple[str, str, str] | None
    compound: tuple[int, str] | None
    starts: bool
    subjects: tuple[Role, ...]


def split_digits(word: str) -> tuple[str, str, str] | None:
    """What stands before the first digits of a folded word, the digits, and the rest: ``28bodový``, ``ال28``."""
    if _DIGITS.isdisjoint(word):
        return None
    lead = word.rstrip("0123456789") if word[-1] in _DIGITS else word
    first = next(place for place, char in enumerate(word) if char in _DIGITS)
    if len(lead) == first:
        return lead, word[first:], ""
    last = next((place for place in range(first, len(word)) if word[place] not in _DIGITS), len(word))
    return word[:first], word[first:last], word[last:]


class _Known(dict[str, Word]):
    """Words by what is known of them; asks the lexicon for one that is not there."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon

    def __missing__(self, word: str) -> Word:
        known = self._lexicon.make(word)
        if len(word) <= _LONGEST and len(self) < 2 * _REMEMBERED:
            self[word] = known
        return known


class Lexicon:
    """Words and beginnings of words with their senses; what it answers never changes.

    It remembers the words it was asked for, up to a bound: nearly all words of an article were in an earlier one.
    """

    __slots__ = ("_exact", "_heads", "_known")

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._exact: dict[str, tuple[Sense, ...]] = {}
        self._heads: dict[str, tuple[tuple[str, Sense], ...]] = {}
        self._known = _Known(self)
        for role, codes, value, number, spec in entries:
            sense = Sense(role, value, number, language_mask(codes))
            prefixes = _prefixes(codes)
            for word in words(fold(spec)):
                for prefix in prefixes:
                    self._add(prefix + word, sense)

    def _add(self, word: str, sense: Sense) -> None:
        if not word.endswith("*"):
            known = self._exact.get(word, ())
            if sense not in known:
                self._exact[word] = (*known, sense)
            return
        stem = word[:-1]
        head = stem[:4]
        self._heads[head] = (*self._heads.get(head, ()), (stem, sense))

    def look_up(self, words: Sequence[str]) -> list[Word]:
        """All that is known of each of some folded words."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        return list(map(self._known.__getitem__, words))

    def look(self, word: str) -> Word:
        """All that is known of a folded word; the cost does not depend on the size of the table."""
        return self._known[word]

    def make(self, word: str) -> Word:
        """The same from the tables alone."""
        senses: dict[Role, tuple[Sense, ...]] = {}
        for sense in self._senses(word):
            senses[sense.role] = (*senses.get(sense.role, ()), sense)
        triggers = tuple(role for role in senses if role in _TRIGGERS)
        subjects = tuple(r for r, found in senses.items() if r in _SUBJECTS and found[0].value != "capital")
        short = word[:_LONGEST]
        digits, joined = split_digits(short), compound(short)
        return Word(senses, triggers, digits, joined, bool(triggers or digits or joined), subjects)

    def _senses(self, word: str) -> Iterator[Sense]:
        """The senses of the whole word, then of its beginnings, the longest first."""
        yield from self._exact.get(word, ())
        found = [
            (stem, sense)
            for size in (4, 3, 2)
            if len(word) >= size
            for stem, sense in self._heads.get(word[:size], ())
            if word.startswith(stem)
        ]
        yield from (sense for _, sense in sorted(found, key=lambda pair: -len(pair[0])))
