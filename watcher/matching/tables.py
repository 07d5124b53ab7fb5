"""Which slots a word fits: hash tables over whole words, beginnings, ends and insides.

The cost of looking a word up depends on the word alone: a few slices for the lengths of beginnings and ends in use, one
look-up for each of its trigrams. What was found is remembered, so in running text a word costs one look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from watcher.matching.patterns import Atom, Slot

_CACHE_WORDS = 200_000
_CACHE_LENGTH = 40
_TRIGRAM = 3

_Entry = tuple[int, Atom]


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """The slots that a word fits: ``free`` whatever its capitals, ``capital`` with one, ``exact`` by the atom.

    Two are never equal, so that they are quick to tell apart.
    """

    free: tuple[int, ...]
    capital: tuple[int, ...]
    exact: tuple[_Entry, ...]

    @property
    def all(self) -> set[int]:
        """The slots that the letters fit."""
        return {*self.free, *self.capital, *(slot for slot, _ in self.exact)}


class _Cache(dict[str, Fitting | None]):
    """What words fit; asks the tables for a word that it does not know, so that looking up needs no loop of ours."""

    def __init__(self, table: SlotTable) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, word: str) -> Fitting | None:
        fitting = self._table.search(word)
        if len(word) <= _CACHE_LENGTH:
            self[word] = fitting
        return fitting


class SlotTable:
    """Numbers slots, and finds the slots of words. Equal slots have one number."""

    __slots__ = ("_cache", "_exact", "_infix", "_numbers", "_prefix", "_prefix_lengths", "_suffix", "_suffix_lengths")

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._numbers: dict[Slot, int] = {slot: number for number, slot in enumerate(dict.fromkeys(slots))}
        self._exact: dict[str, list[_Entry]] = {}
        self._prefix: dict[str, list[_Entry]] = {}
        self._suffix: dict[str, list[_Entry]] = {}
        self._infix: dict[str, list[_Entry]] = {}
        self._cache = _Cache(self)
        self._fill()
        self._prefix_lengths = sorted({len(text) for text in self._prefix})
        self._suffix_lengths = sorted({len(text) for text in self._suffix})

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, slot: Slot) -> int:
        """The number of a slot that the table was made with."""
        return self._numbers[slot]

    def _fill(self) -> None:
        tables = {"exact": self._exact, "prefix": self._prefix, "suffix": self._suffix}
        for slot, number in self._numbers.items():
            for atom in slot:
                kind, text = atom[:2]
                if kind == "infix":
                    self._infix.setdefault(text[:_TRIGRAM], []).append((number, atom))
                else:
                    tables[kind].setdefault(text, []).append((number, atom))

    def look_up(self, words: Sequence[str]) -> list[Fitting | None]:
        """For each word the slots that it fits, None for none."""
        if len(self._cache) > _CACHE_WORDS:
            self._cache.clear()
        return list(map(self._cache.__getitem__, words))

    def search(self, word: str) -> Fitting | None:
        """The slots that a word fits, None for none, from the tables alone."""
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
