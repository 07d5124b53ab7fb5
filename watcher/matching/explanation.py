"""Why an article matched, or what was nearest to matching.

For each topic the arithmetic with the mentions behind it; for each that did not fire, the condition or the points that
were missing, and for each term or entity that it missed, the pattern that came nearest with what kept it from matching.
Pure data; how it is shown is for others to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from operator import itemgetter
from typing import Literal

from watcher.matching.compiler import Compiled, Way
from watcher.matching.matcher import NO_CONTEXT, Context, Matcher
from watcher.matching.scanning import FieldScan, overlaps
from watcher.matching.topics import Topic, leaves
from watcher.model import ArticleText, Field, Judgement, Match, TopicScore

MAX_MISSES = 5
"""Near misses shown for one topic."""

MissKind = Literal["distance", "order", "sentence", "words", "capital", "excluded", "guard"]
_NEARNESS: dict[MissKind, int] = {
    "excluded": 0, "guard": 0, "capital": 1, "order": 2, "distance": 3, "sentence": 4, "words": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Miss:
    """A pattern that nearly matched.

    Attributes:
        kind: what kept it from matching: ``distance`` (words too far apart), ``order``, ``sentence`` (in different
            sentences), ``words`` (some are not there), ``capital``, ``excluded`` (an excluded pattern overlaps),
            ``guard`` (a word beside the name).
        detail: the same in words, such as ``~4 failed: distance 9``.
        field, start, end: where in the article.
        text: the slice.
    """

    concept: str
    pattern: str
    kind: MissKind
    detail: str
    field: Field
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class TopicExplanation:
    """One topic: its score, the mentions that its lines count, and what was nearest when it did not fire."""

    score: TopicScore
    matches: tuple[Match, ...]
    misses: tuple[Miss, ...]

    @property
    def nearest(self) -> str:
        """What was nearest to making it fire, the most useful first; empty when it fired.

        Points that were missing, when the gate was open; else a pattern whose words are there, with what kept it from
        matching; always what the gate wanted.
        """
        score, miss = self.score, next(iter(self.misses), None)
        if score.gate or miss is None or miss.kind == "words":
            return score.miss
        return f"{miss.concept}: {miss.detail}; {score.miss}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say of why an article was judged as it was."""

    judgement: Judgement
    topics: tuple[TopicExplanation, ...]


def explain(matcher: Matcher, text: ArticleText, context: Context = NO_CONTEXT) -> Explanation:
    """Explain what :meth:`Matcher.judge` says of an article: the same judgement, and the near misses."""
    scans = matcher.scan(text)
    judgement = matcher.judged(scans, context, in_full=True)
    rules = matcher.rules
    topics = {topic.definition.id: topic for topic in rules.topics}
    nearest = _Nearest(matcher, scans)
    found = {match.concept for match in judgement.matches if match.kind != "fact"}
    explained = []
    for score in judgement.topics:
        misses = () if score.level is not None else nearest.misses(_wanted(topics[score.topic], rules, found))
        explained.append(TopicExplanation(score, _counted(judgement.matches, score), misses))
    return Explanation(judgement, tuple(sorted(explained, key=_by_nearness)))


def _by_nearness(topic: TopicExplanation) -> tuple[bool, int, int]:
    """What fired first, then what lacks least: points, then conditions, the more the later."""
    score = topic.score
    together = any(miss.kind != "words" for miss in topic.misses)
    return score.level is None, score.lacking, 0 if score.level is not None or together else 1


def _counted(matches: Iterable[Match], score: TopicScore) -> tuple[Match, ...]:
    concepts = {name for line in score.lines for name in line.concepts}
    return tuple(m for m in matches if (f"fact.{m.concept}" if m.kind == "fact" else m.concept) in concepts)


def _wanted(topic: Topic, rules: Compiled, found: set[str]) -> list[str]:
    """The terms and entities that would have helped, those of the gate first."""
    names = [word for leaf in leaves(topic.definition.when) for word in leaf.text.split()]
    names += [name for line in topic.definition.score if line.lead > 0 for name in line.concepts]
    return [name for name in dict.fromkeys(names) if name in rules.concepts and name not in found]


_Ranked = tuple[tuple[int, int], Miss]


class _Nearest:
    """Finds the nearest miss of each concept, once."""

    def __init__(self, matcher: Matcher, scans: Mapping[Field, FieldScan]) -> None:
        self._matcher = matcher
        self._scans = [(scan, matcher.loose(scan)) for scan in scans.values()]
        self._ways: dict[str, list[Way]] = {}
        for way in chain.from_iterable(matcher.rules.anchored.values()):
            if not way.excluded:
                self._ways.setdefault(way.concept, []).append(way)
        self._known: dict[str, _Ranked | None] = {}

    def misses(self, wanted: Sequence[str]) -> tuple[Miss, ...]:
        """The nearest misses of some concepts, the nearest first."""
        for concept in wanted:
            if concept not in self._known:
                found = (near for scan, loose in self._scans for near in self._of(concept, scan, loose))
                self._known[concept] = min(found, key=itemgetter(0), default=None)
        ranked = [miss for concept in wanted if (miss := self._known[concept]) is not None]
        return tuple(miss for _, miss in sorted(ranked, key=itemgetter(0))[:MAX_MISSES])

    def _of(self, concept: str, scan: FieldScan, loose: FieldScan) -> Iterator[_Ranked]:
        there = loose.postings.keys()
        for way in self._ways.get(concept, ()):
            if any(slot in there for part in way.parts for slot in part):
                yield from _near(self._matcher, scan, loose, way)


def _near(matcher: Matcher, scan: FieldScan, loose: FieldScan, way: Way) -> Iterator[_Ranked]:
    """The near misses of one way in one field, each with its rank: smaller is nearer."""
    slots = [slot for part in way.parts for slot in part]
    there = [slot for slot in slots if slot in loose.postings]
    if len(there) < len(slots):
        if 2 * len(there) >= len(slots) and len(slots) > 1:
            place = loose.postings[there[0]][0]
            names = _missing_words(matcher, way, loose)
            yield _miss(matcher, scan, way, "words", f"not there: {names}", (place, place + 1), len(slots) - len(there))
        return
    spans = loose.spans(way)
    if spans:
        yield from _stopped(matcher, scan, way, spans)
    elif len(slots) > 1:
        yield _apart(matcher, loose, way)


def _missing_words(matcher: Matcher, way: Way, loose: FieldScan) -> str:
    variants = matcher.rules.patterns[way.pattern].variants
    for variant in variants:
        numbers = [matcher.rules.table.number(slot) for slot in variant.slots]
        if numbers == [slot for part in way.parts for slot in part]:
            missing = [
                slot for slot, number in zip(variant.slots, numbers, strict=True) if number not in loose.postings
            ]
            return ", ".join("|".join(sorted(map(str, slot))[:4]) for slot in missing)
    return ""


def _stopped(matcher: Matcher, scan: FieldScan, way: Way, spans: Sequence[tuple[int, int]]) -> Iterator[_Ranked]:
    """The words fit; something else spoke against it."""
    span = spans[0]
    strict = scan.spans(way) if all(slot in scan.postings for part in way.parts for slot in part) else []
    if not strict:
        yield _miss(matcher, scan, way, "capital", "capital letters do not fit", span, 0)
        return
    span = strict[0]
    for other in matcher.excluding(scan, way.concept):
        if overlaps(sorted(scan.spans(other)), *span):
            pattern = matcher.rules.patterns[other.pattern].text
            yield _miss(matcher, scan, way, "excluded", f"excluded by “{pattern}”", span, 0)
            return
    if matcher.guarded(scan, way.concept, *span):
        yield _miss(matcher, scan, way, "guard", "a word beside it shows that it is something else", span, 0)


def _apart(matcher: Matcher, scan: FieldScan, way: Way) -> _Ranked:
    """All words are there, but not together: the nearest they come, where the first join that fails is."""
    left = scan.part(way.parts[0])
    for part, join in zip(way.parts[1:], way.joins, strict=True):
        right = scan.part(part)
        joined = scan.joined(left, right, join) if left and right else []
        if joined:
            left = joined
            continue
        if not left or not right:
            break
        gap, first, last, ordered = _closest(left, right)
        span = (min(first[0], last[0]), max(first[1], last[1]))
        sentences = scan.tokens.sentences
        if sentences[span[0]] != sentences[span[1] - 1]:
            return _miss(matcher, scan, way, "sentence", f"{join} failed: in different sentences", span, gap)
        if gap <= join.distance and not ordered:
            return _miss(matcher, scan, way, "order", f"{join} failed: the other way round", span, gap)
        return _miss(matcher, scan, way, "distance", f"{join} failed: distance {gap}", span, gap)
    place = scan.postings[way.parts[0][0]][0]
    return _miss(matcher, scan, way, "words", "the words are there, but not next to each other", (place, place + 1), 1)


def _closest(
    left: Sequence[tuple[int, int]], right: Sequence[tuple[int, int]]
) -> tuple[int, tuple[int, int], tuple[int, int], bool]:
    """The pair with the fewest words between, and whether the right one is after the left one."""
    places = sorted((*span, side) for side, spans in enumerate((left, right)) for span in spans)
    pairs = [(max(0, b[0] - a[1]), a[:2], b[:2], a[2] == 0) for a, b in pairwise(places) if a[2] != b[2]]
    return min(pairs)


def _miss(  # noqa: PLR0913, PLR0917 - the parts of one record
    matcher: Matcher, scan: FieldScan, way: Way, kind: MissKind, detail: str, span: tuple[int, int], distance: int
) -> _Ranked:
    start, end = scan.tokens.starts[span[0]], scan.tokens.ends[span[1] - 1]
    pattern = matcher.rules.patterns[way.pattern].text
    miss = Miss(way.concept, pattern, kind, detail, scan.name, start, end, scan.text[start:end])
    return (_NEARNESS[kind], distance), miss
