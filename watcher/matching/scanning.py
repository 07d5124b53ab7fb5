"""One field of an article as the patterns see it: its words, where each slot fits, where each pattern matches.

Work is done once per distinct word where it can be, and positions are lists of whole numbers that are joined; nothing
here knows of concepts or topics.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

from watcher.matching.compiler import Way
from watcher.matching.patterns import Join
from watcher.matching.tables import Fitting, has_shape
from watcher.matching.topics import Hit, first_rank
from watcher.model import Field, Zone
from watcher.text import Tokens

MAX_HITS = 300
"""Mentions of one concept in one field beyond this many are not looked at."""
MAX_POSITIONS = 2_000
"""Places of one slot in one field beyond this many are not looked at."""
LEAD_SENTENCES = 2
LEAD_OF_SUMMARY = 600

Span = tuple[int, int]
Found = tuple[int, int, int]  # first word, word after the last, number of the pattern
_Places = defaultdict[int, list[list[int]]]


class FieldScan:
    """One field of an article, its words, and where each slot fits.

    Attributes:
        postings: for each slot the numbers of the words that fit it, in order.
        zones: for each sentence its zone, and whether its mentions count.
    """

    __slots__ = ("_sets", "name", "postings", "text", "tokens", "zones")

    def __init__(self, name: Field, text: str, tokens: Tokens, zones: Sequence[tuple[Zone, bool]] = ()) -> None:
        self.name: Field = name
        self.text = text
        self.tokens = tokens
        self.zones = zones
        self.postings: dict[int, list[int]] = {}
        self._sets: dict[int, frozenset[int]] = {}

    def place(self, fittings: Sequence[Fitting | None]) -> None:
        """Note the slots that each word fits, capitals and all."""
        places: _Places = defaultdict(list)
        starts, text = self.tokens.starts, self.text
        for fitting, words in _by_fitting(fittings).items():
            for slot in fitting.free:
                places[slot].append(words)
            if fitting.capital:
                capitals = [word for word in words if not text[starts[word]].islower()]
                for slot in fitting.capital if capitals else ():
                    places[slot].append(capitals)
            if fitting.exact:
                self._place_exact(fitting, words, places)
        self._keep(places)

    def _place_exact(self, fitting: Fitting, words: Sequence[int], places: _Places) -> None:
        tokens = self.tokens
        for word in words:
            raw = self.text[tokens.starts[word] : tokens.ends[word]]
            for slot, atom in fitting.exact:
                if has_shape(atom, tokens.words[word], raw):
                    places[slot].append([word])

    def place_loosely(self, fittings: Sequence[Fitting | None]) -> None:
        """Note the slots that each word fits by its letters."""
        places: _Places = defaultdict(list)
        for fitting, words in _by_fitting(fittings).items():
            for slot in fitting.all:
                places[slot].append(words)
        self._keep(places)

    def _keep(self, places: Mapping[int, Sequence[list[int]]]) -> None:
        postings = {
            slot: parts[0] if len(parts) == 1 else sorted(set().union(*parts)) for slot, parts in places.items()
        }
        if len(self.tokens) > MAX_POSITIONS:
            postings = {slot: words[:MAX_POSITIONS] for slot, words in postings.items()}
        self.postings = postings

    def _words(self, slot: int) -> frozenset[int]:
        """The words that fit a slot."""
        words = self._sets.get(slot)
        if words is None:
            words = self._sets[slot] = frozenset(self.postings.get(slot, ()))
        return words

    def fits(self, slots: Sequence[int], first: int) -> bool:
        """Whether the words from ``first`` on fit the slots, in one sentence."""
        last = first + len(slots) - 1
        sentences = self.tokens.sentences
        if first < 0 or last >= len(sentences) or sentences[first] != sentences[last]:
            return False
        for word, slot in enumerate(slots, first):
            if slot not in self.postings or word not in self._words(slot):
                return False
        return True

    def part(self, slots: Sequence[int]) -> list[Span]:
        """Where adjacent slots fit: (first word, word after the last), in order."""
        if len(slots) == 1:
            return [(word, word + 1) for word in self.postings[slots[0]]]
        size = len(slots)
        rarest = min(range(size), key=lambda i: len(self.postings[slots[i]]))
        firsts = [word - rarest for word in self.postings[slots[rarest]]]
        for place, slot in enumerate(slots):
            if place != rarest and firsts:
                words = self._words(slot)
                firsts = [first for first in firsts if first + place in words]
        sentences = self.tokens.sentences  # the last word is there, since it fits a slot
        return [(first, first + size) for first in firsts if sentences[first] == sentences[first + size - 1]]

    def spans(self, way: Way) -> list[Span]:
        """Where a way matches; its slots must all be there."""
        spans = self.part(way.parts[0])
        for part, join in zip(way.parts[1:], way.joins, strict=True):
            if not spans:
                break
            spans = self.joined(spans, self.part(part), join)
        return spans

    def joined(self, left: Sequence[Span], right: Sequence[Span], join: Join) -> list[Span]:
        """Each left span with the nearest right ones, before and after it, that the join allows."""
        sentences, distance, count = self.tokens.sentences, join.distance, len(right)
        starts, ends = [first for first, _ in right], [last for _, last in right]
        found = []
        for first, last in left:
            sentence = sentences[first]
            after = bisect_left(starts, last)
            if after < count and starts[after] - last <= distance and sentences[starts[after]] == sentence:
                found.append((first, ends[after]))
            before = -1 if join.ordered else bisect_right(ends, first) - 1
            if before >= 0 and first - ends[before] <= distance and sentences[starts[before]] == sentence:
                found.append((starts[before], last))
        return found

    def hits(self, concept: str, found: Iterable[Found]) -> list[Hit]:
        """The mentions of a concept, with all that topics and evidence want to know of them."""
        return [self.hit(concept, *span) for span in found]

    def hit(self, concept: str, first: int, last: int, pattern: int, fact: tuple[int, int, str] | None = None) -> Hit:
        """A mention, with all that topics and evidence want to know of it; of a fact its own start, end and value."""
        tokens, name = self.tokens, self.name
        sentence = tokens.sentences[first]
        zone, counts = self.zones[sentence]
        start, end, value = fact or (tokens.starts[first], tokens.ends[last - 1], "")
        paragraph = tokens.paragraphs[first]
        place = first_rank(name) + (first << 20) - last
        # The constructor of a named tuple with so many fields takes four times as long.
        return tuple.__new__(
            Hit, (concept, name, zone, first, last, start, end, sentence, paragraph, pattern, place, counts, value)
        )


def _by_fitting(fittings: Sequence[Fitting | None]) -> dict[Fitting, list[int]]:
    """The words by what they fit, so that a word that is repeated is placed once."""
    found: defaultdict[Fitting, list[int]] = defaultdict(list)
    for word, fitting in compress(enumerate(fittings), fittings):
        assert fitting is not None
        found[fitting].append(word)
    return found


def zones(name: Field, tokens: Tokens, title: FieldScan | None) -> tuple[tuple[Zone, bool], ...]:
    """For each sentence its zone, and whether its mentions count."""
    count = len(tokens.sentence_spans)
    if name == "title":
        return (("title", True),) * count
    if name == "summary":
        return tuple(("lead" if start < LEAD_OF_SUMMARY else "body", True) for start, _ in tokens.sentence_spans)
    size = bisect_left(tokens.sentences, 1)
    repeated = title is not None and tokens.words[:size] == title.tokens.words
    lead = LEAD_SENTENCES + repeated
    return tuple(("lead" if i < lead else "body", not (repeated and i == 0)) for i in range(count))


def overlaps(spans: Sequence[Span], first: int, last: int) -> bool:
    """Whether any of the sorted spans shares a word with the one given."""
    place = bisect_left(spans, (last, last))
    # Patterns are short, so only few spans before this place can reach over it.
    return any(end > first for _, end in spans[max(0, place - MAX_HITS) : place])
