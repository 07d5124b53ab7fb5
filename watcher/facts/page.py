"""One field of an article, seen as words with their senses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import attrgetter
from typing import Final

from watcher.facts.lexicon import ANY_LANGUAGE, Lexicon, Role, Sense
from watcher.model import EntityId, Fact, Field
from watcher.text import Tokens

MAX_TOKENS: Final = 40_000
MAX_FACTS: Final = 50
"""Of one kind in one field; an article with more is a table or an attack."""
REACH: Final = 40
"""No finder looks further than this many words away, however long the sentence is."""
_STARTS: Final = attrgetter("starts")
_SUBJECTS: Final = attrgetter("subjects")
HYPHENS: Final = frozenset("-\u2010\u2011\u2012\u2013\u2014")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the text: its value and its first and last word."""

    value: int
    first: int
    last: int


class Page:
    """A field with its words; senses are looked up once per distinct word.

    Attributes:
        words, starts, ends, sentences: of the tokens, cut at ``MAX_TOKENS``; size: how many.
        known: what the lexicon knows of each word.
        triggers: places of the words that can start a fact, by role.
        digits, compounds: places of the words that have a digit, or that are a number and points in one.
        speakers: (start, end, id) of the entities that can speak, by position.
    """

    __slots__ = (
        "_lexicon",
        "compounds",
        "digits",
        "ends",
        "field",
        "known",
        "sentences",
        "size",
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
        self.size = len(self.words)
        self.known = lexicon.look_up(self.words)
        self.triggers: dict[Role, list[int]] = defaultdict(list)
        self.digits: list[int] = []
        self.compounds: list[int] = []
        self._find_triggers()

    def _find_triggers(self) -> None:
        for place in compress(range(self.size), map(_STARTS, self.known)):
            known = self.known[place]
            for role in known.triggers:
                self.triggers[role].append(place)
            if known.digits:
                self.digits.append(place)
            if known.compound:
                self.compounds.append(place)

    def __len__(self) -> int:
        return self.size

    def sense(self, place: int, role: Role, languages: int = ANY_LANGUAGE) -> Sense | None:
        """The sense of a word in a role and in one of the languages; None outside of the text."""
        senses = self.known[place].senses.get(role) if 0 <= place < self.size else None
        if senses is None:
            return None
        for sense in senses:
            if sense.languages & languages and (sense.value != "capital" or self.text[self.starts[place]].isupper()):
                return sense
        return None

    def senses(self, place: int, role: Role) -> tuple[Sense, ...]:
        """All senses of a word in a role."""
        return self.known[place].senses.get(role, ())

    def look(self, word: str, role: Role) -> Sense | None:
        """The sense in a role of a word that need not be in the text, such as a part of one."""
        return next(iter(self._lexicon.look(word).senses.get(role, ())), None)

    def window(self, place: int, back: int = REACH, ahead: int = REACH) -> range:
        """The places of the same sentence at most so many words before and after; includes ``place``."""
        sentence = self.sentences[place]
        low, high = place - back if place > back else 0, min(self.size, place + ahead + 1)
        if self.sentences[low] != sentence:
            low = bisect_left(self.sentences, sentence, low, place + 1)
        if self.sentences[high - 1] != sentence:
            high = bisect_right(self.sentences, sentence, place, high)
        return range(low, high)

    def first_with(self, places: Collection[int], role: Role, languages: int = ANY_LANGUAGE) -> int | None:
        """The first of the places whose word has the role."""
        known, size = self.known, self.size
        for place in places:
            if 0 <= place < size and role in known[place].senses and self.sense(place, role, languages):
                return place
        return None

    def all_with(self, places: Collection[int], role: Role) -> Iterator[int]:
        """The places whose word has the role."""
        return (place for place in places if role in self.known[place].senses and self.sense(place, role))

    def subjects(self) -> Counter[Role]:
        """How many words of the field have each of the roles that tell what an article is about.

        Words that have the role only with a capital letter are not counted.
        """
        return Counter(chain.from_iterable(map(_SUBJECTS, self.known)))

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
