"""One field of an article, seen as words with their senses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from watcher.facts.lexicon import ANY_LANGUAGE, Lexicon, Role, Sense
from watcher.model import EntityId, Fact, Field
from watcher.text import Tokens

MAX_TOKENS: Final = 40_000
MAX_FACTS: Final = 50
"""Of one kind in one field; an article with more is a table or an attack."""
REACH: Final = 40
"""No finder looks further than this many words away, however long the sentence is."""
HYPHENS: Final = frozenset("-\u2010\u2011\u2012\u2013\u2014")

_TRIGGERS: Final = frozenset({Role.POINT, Role.MONTH, Role.WEEKDAY, Role.HOLIDAY, Role.STANCE, Role.MULTIPLIER})
_DIGITS: Final = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the text: its value and its first and last word."""

    value: int
    first: int
    last: int


class Page:
    """A field with its words; senses are looked up once per distinct word.

    Attributes:
        words, starts, ends, sentences: of the tokens, cut at ``MAX_TOKENS``.
        triggers: positions of the words that can start a fact, by role.
        digits: positions of the words that have a digit.
        speakers: (start, end, id) of the entities that can speak, by position.
    """

    __slots__ = (
        "_lexicon",
        "_senses",
        "digit_set",
        "digits",
        "ends",
        "field",
        "sentences",
        "speakers",
        "starts",
        "text",
        "triggers",
        "words",
    )

    def __init__(
        self,
        field: Field,
        text: str,
        tokens: Tokens,
        lexicon: Lexicon,
        speakers: Sequence[tuple[int, int, EntityId]] = (),
    ) -> None:
        self.field: Field = field
        self.text = text
        self.words = tokens.words[:MAX_TOKENS]
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.sentences = tokens.sentences[:MAX_TOKENS]
        self.speakers = speakers
        self._lexicon = lexicon
        self._senses: dict[str, tuple[Sense, ...]] = {}
        self.triggers: dict[Role, list[int]] = {role: [] for role in _TRIGGERS}
        self.digits: list[int] = []
        self._find_triggers()
        self.digit_set = frozenset(self.digits)

    def _find_triggers(self) -> None:
        wanted: dict[str, frozenset[Role]] = {}
        with_digits = set()
        for word in set(self.words):
            senses = self._senses[word] = self._lexicon.look(word)
            if senses:
                roles = _TRIGGERS.intersection([sense.role for sense in senses])
                if roles:
                    wanted[word] = roles
            if not _DIGITS.isdisjoint(word):
                with_digits.add(word)
        for place, word in enumerate(self.words):
            if word in wanted:
                for role in wanted[word]:
                    self.triggers[role].append(place)
            if word in with_digits:
                self.digits.append(place)

    def __len__(self) -> int:
        return len(self.words)

    def sense(self, place: int, role: Role, languages: int = ANY_LANGUAGE) -> Sense | None:
        """The sense of a word in a role and in one of the languages; None outside of the text."""
        if not 0 <= place < len(self.words):
            return None
        for sense in self._senses[self.words[place]]:
            if sense.role is role and sense.languages & languages and self._spelt(sense, place):
                return sense
        return None

    def _spelt(self, sense: Sense, place: int) -> bool:
        return sense.value != "capital" or self.text[self.starts[place]].isupper()

    def senses(self, place: int, role: Role) -> list[Sense]:
        """All senses of a word in a role."""
        return [sense for sense in self._senses[self.words[place]] if sense.role is role]

    def look(self, word: str, role: Role) -> Sense | None:
        """The sense in a role of a word that need not be in the text, such as a part of one."""
        return next((sense for sense in self._lexicon.look(word) if sense.role is role), None)

    def window(self, place: int, back: int = REACH, ahead: int = REACH) -> range:
        """The places of the same sentence at most so many words before and after; includes ``place``."""
        sentence = self.sentences[place]
        low = bisect_left(self.sentences, sentence, max(0, place - back), place + 1)
        high = bisect_right(self.sentences, sentence, place, min(len(self.words), place + ahead + 1))
        return range(low, high)

    def first_with(self, places: Collection[int], role: Role, languages: int = ANY_LANGUAGE) -> int | None:
        """The first of the places whose word has the role."""
        return next((place for place in places if self.sense(place, role, languages)), None)

    def all_with(self, places: Collection[int], role: Role) -> Iterator[int]:
        """The places whose word has the role."""
        return (place for place in places if self.sense(place, role))

    def distinct_with(self, role: Role) -> int:
        """How many words of the field have the role (spelling in capitals aside)."""
        hits = {
            word
            for word, senses in self._senses.items()
            if any(s.role is role and s.value != "capital" for s in senses)
        }
        return sum(word in hits for word in self.words) if hits else 0

    def between(self, left: int, right: int) -> str:
        """The text between the end of one word and the start of another."""
        return self.text[self.ends[left] : self.starts[right]]

    def before(self, place: int, size: int = 1) -> str:
        """The characters right before a word."""
        start = self.starts[place]
        return self.text[max(0, start - size) : start]

    def after(self, place: int, size: int = 1) -> str:
        """The characters right after a word."""
        end = self.ends[place]
        return self.text[end : end + size]

    def fact(
        self, kind: str, value: str, span: tuple[int, int], *, unit: str = "", speaker: str = "", confidence: float
    ) -> Fact:
        """A fact over the words from the first to the last place of ``span``."""
        return self.fact_at(kind, value, (self.starts[span[0]], self.ends[span[1]]), unit, speaker, confidence)

    def fact_at(
        self, kind: str, value: str, chars: tuple[int, int], unit: str, speaker: str, confidence: float
    ) -> Fact:
        """A fact over a slice of the text."""
        start, end = chars
        return Fact(kind, value, unit, speaker, confidence, self.field, start, end, self.text[start:end])
