"""Which slots a word fits: hash tables over whole words, beginnings, ends and insides.

The cost of looking a word up depends on the word alone: a few slices for the lengths of beginnings and ends in use, one
look-up for each of its trigrams. What was found is remembered, so in running text a word costs one look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

from watcher.matching.patterns import Atom, Slot

_CACHE_WORDS = 200_000
_CACHE_LENGTH = 40
_TRIGRAM = 3

_Entry = tuple[int, Atom]


class Fitting(NamedTuple):
    """The slots that a word fits: ``free`` whatever its capitals, ``capital`` with one, ``exact`` by the atom."""

    free: tuple[int, ...]
    capital: tuple[int, ...]
    exact: tuple[_Entry, ...]

    @property
    def all(self) -> set[int]:
        """The slots that the letters fit."""
        return {*self.free, *self.capital, *(slot for slot, _ in self.exact)}


_UNKNOWN = Fitting((), (), ())


class SlotTable:
    """Numbers slots, and finds the slots of words. Equal slots have one number."""

    __slots__ = ("_cache", "_exact", "_infix", "_numbers", "_prefix", "_prefix_lengths", "_suffix", "_suffix_lengths")

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._numbers: dict[Slot, int] = {}
        self._exact: dict[str, list[_Entry]] = {}
        self._prefix: dict[str, list[_Entry]] = {}
        self._suffix: dict[str, list[_Entry]] = {}
        self._infix: dict[str, list[_Entry]] = {}
        self._cache: dict[str, Fitting | None] = {}
        for slot in slots:
            self._add(slot)
        self._prefix_lengths = sorted({len(text) for text in self._prefix})
        self._suffix_lengths = sorted({len(text) for text in self._suffix})

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, slot: Slot) -> int:
        """The number of a slot that the table was made with."""
        return self._numbers[slot]

    def _add(self, slot: Slot) -> None:
        if slot in self._numbers:
            return
        number = self._numbers[slot] = len(self._numbers)
        tables = {"exact": self._exact, "prefix": self._prefix, "suffix": self._suffix}
        for atom in slot:
            if atom.kind == "infix":
                self._infix.setdefault(atom.text[:_TRIGRAM], []).append((number, atom))
            else:
                tables[atom.kind].setdefault(atom.text, []).append((number, atom))

    def look_up(self, words: Sequence[str]) -> list[Fitting | None]:
        """For each word the slots that it fits, None for none."""
        if len(self._cache) > _CACHE_WORDS:
            self._cache.clear()
        found = list(map(self._cache.get, words, repeat(_UNKNOWN)))
        for i, known in enumerate(found):
            if known is _UNKNOWN:  # a word not seen before; None is an answer
                found[i] = self._remembered(words[i])
        return found

    def _remembered(self, word: str) -> Fitting | None:
        fitting = self._search(word)
        if len(word) <= _CACHE_LENGTH:
            self._cache[word] = fitting
        return fitting

    def _search(self, word: str) -> Fitting | None:
        entries = list(self._exact.get(word, ()))
        size = len(word)
        for length in self._prefix_lengths:
            if length > size:
                break
            entries += self._prefix.get(word[:length], ())
        for length in self._suffix_lengths:
            if length > size:
                break
            entries += self._suffix.get(word[-length:], ())
        if self._infix:
            entries += self._inside(word)
        if not entries:
            return None
        free = dict.fromkeys(number for number, atom in entries if atom.case == "any")
        capital = dict.fromkeys(number for number, atom in entries if atom.case == "capital" and number not in free)
        exact = dict.fromkeys(entry for entry in entries if entry[1].case == "exact" and entry[0] not in free)
        return Fitting(tuple(free), tuple(capital), tuple(exact))

    def _inside(self, word: str) -> list[_Entry]:
        entries: dict[_Entry, None] = {}
        for start in range(len(word) - _TRIGRAM + 1):
            for entry in self._infix.get(word[start : start + _TRIGRAM], ()):
                if word.startswith(entry[1].text, start):
                    entries[entry] = None
        return list(entries)


def has_shape(atom: Atom, word: str, raw: str) -> bool:
    """Whether a word has the capitals of an exact atom, when its letters fit.

    Args:
        word: folded.
        raw: the same word as it stands in the text.
    """
    size = len(atom.text)
    start = {"suffix": len(word) - size, "infix": word.find(atom.text)}.get(atom.kind, 0)
    written = raw[start : start + size]
    return written == atom.shape or list(map(str.isupper, written)) == list(map(str.isupper, atom.shape))
