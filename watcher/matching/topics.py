"""Topics: a gate that opens or not, and a score by place.

The gate looks at the whole article: which terms, entities and kinds of fact are there, which tags its feeds carry, and
which of them stand in one sentence, in one paragraph or a few words apart. The score adds up, line by line, points for
each mention by the zone it stands in, up to the line's cap.

A mention counts once. The words of one line that overlap are one mention. The summary of a feed and the beginning of
the text are two tellings of the same, so per line and zone the one with more mentions counts, not their sum. A first
sentence of the text that repeats the title counts for nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import NamedTuple, Protocol

from watcher.matching.definitions import ConditionDef, ScoreDef, TopicDef
from watcher.model import Field, Level, ScoreLine, TopicScore, Zone


class Hit(NamedTuple):
    """A mention: where it is, in words and in characters.

    Attributes:
        first, last: the words of the field it goes from and up to, ``last`` not included.
        pattern: number of the pattern; -1 for a fact.
        rank: sorts by field, then by the first word, then longer ones first.
        counts: False in a sentence that repeats the title.
        value: of a fact.
    """

    concept: str
    field: Field
    zone: Zone
    first: int
    last: int
    start: int
    end: int
    sentence: int
    paragraph: int
    pattern: int
    rank: int = 0
    counts: bool = True
    value: str = ""


class Tally(NamedTuple):
    """Which of some concepts are mentioned, and how often in each zone."""

    found: tuple[str, ...]
    mentions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is there in an article.

    Attributes:
        hits: mentions by concept.
        flags: ``feed.TAG`` and ``outlet.CLASS``.
        there: the concepts that are mentioned, and the flags.
    """

    hits: Mapping[str, Sequence[Hit]]
    flags: frozenset[str] = frozenset()
    there: frozenset[str] = field(init=False, repr=False, compare=False)
    _tallies: dict[tuple[str, ...], Tally] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        there = self.flags.union([concept for concept, found in self.hits.items() if found])
        object.__setattr__(self, "there", there)

    def tally(self, concepts: tuple[str, ...]) -> Tally:
        """How often any of some concepts is mentioned; counted once, since topics share many lines."""
        known = self._tallies.get(concepts)
        if known is None:
            found = tuple(concept for concept in concepts if self.hits.get(concept))
            hits = chain.from_iterable(self.hits[concept] for concept in found)
            counts = mentions(without_overlaps(hits) if len(found) > 1 else hits)
            known = self._tallies[concepts] = Tally(found, counts)
        return known


_EMPTY = Scene({})


class Gate(Protocol):
    """A node of a gate."""

    def holds(self, scene: Scene) -> bool:
        """Whether the condition is met."""
        ...

    def needs(self) -> frozenset[str] | None:
        """Ids of which at least one is there whenever the condition is met; None when there is no such set."""
        ...

    def missing(self, scene: Scene) -> str:
        """Why the condition is not met, in words."""
        ...

    def may_hold(self, there: Set[str]) -> bool:
        """Whether it could be met in a part of a text that has these ids somewhere; never wrongly False."""
        ...

    def lacking(self, scene: Scene) -> int:
        """How many conditions would have to be met besides, at least; 0 when it is met."""
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """A term, entity, kind of fact or flag is there."""

    id: str

    def holds(self, scene: Scene) -> bool:
        """See :class:`Gate`."""
        return self.id in scene.there

    def needs(self) -> frozenset[str] | None:
        """See :class:`Gate`."""
        return frozenset([self.id])

    def missing(self, scene: Scene) -> str:
        """See :class:`Gate`."""
        return "" if self.id in scene.there else f"no {self.id}"

    def may_hold(self, there: Set[str]) -> bool:
        """See :class:`Gate`."""
        return self.id in there

    def lacking(self, scene: Scene) -> int:
        """See :class:`Gate`."""
        return int(self.id not in scene.there)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two concepts stand close: in one ``sentence``, one ``paragraph``, or at most ``words`` apart."""

    left: str
    right: str
    scope: str
    words: int = 0

    def holds(self, scene: Scene) -> bool:
        """See :class:`Gate`."""
        left, right = scene.hits.get(self.left, ()), scene.hits.get(self.right, ())
        if not left or not right:
            return False
        if self.scope == "near":
            return self._near(left, right)
        places = {_place(hit, self.scope) for hit in left}
        return any(_place(hit, self.scope) in places for hit in right)

    def _near(self, left: Sequence[Hit], right: Sequence[Hit]) -> bool:
        others = sorted((hit.field, hit.first, hit.last) for hit in right)
        for hit in left:
            place = bisect_left(others, (hit.field, hit.first, hit.last))
            for name, first, last in others[max(0, place - 1) : place + 1]:
                gap = first - hit.last if first >= hit.first else hit.first - last
                if name == hit.field and gap <= self.words:
                    return True
        return False

    def needs(self) -> frozenset[str] | None:
        """See :class:`Gate`."""
        return frozenset([self.left])

    def missing(self, scene: Scene) -> str:
        """See :class:`Gate`."""
        absent = [name for name in (self.left, self.right) if not scene.hits.get(name)]
        if absent:
            return "no " + " and no ".join(absent)
        where = {"sentence": "in one sentence", "paragraph": "in one paragraph"}
        return f"{self.left} and {self.right} not {where.get(self.scope, f'within {self.words} words')}"

    def may_hold(self, there: Set[str]) -> bool:
        """See :class:`Gate`."""
        return self.left in there and self.right in there

    def lacking(self, scene: Scene) -> int:
        """See :class:`Gate`."""
        absent = sum(not scene.hits.get(name) for name in (self.left, self.right))
        return absent or int(not self.holds(scene))


def _place(hit: Hit, scope: str) -> tuple[Field, int]:
    return hit.field, hit.sentence if scope == "sentence" else hit.paragraph


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least ``count`` of the parts hold; all of them, or any, are special cases.

    Attributes:
        ids: when the parts are nothing but different items, these: then sets tell what holds.
    """

    count: int
    parts: tuple[Gate, ...]
    ids: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = frozenset(part.id for part in self.parts if isinstance(part, Item))
        different = ids if len(ids) == len(self.parts) else frozenset[str]()
        object.__setattr__(self, "ids", different)

    def holds(self, scene: Scene) -> bool:
        """See :class:`Gate`."""
        if self.ids:
            return len(self.ids & scene.there) >= self.count
        missing = len(self.parts) - self.count
        count = self.count
        for part in self.parts:
            if part.holds(scene):
                count -= 1
            else:
                missing -= 1
            if count <= 0 or missing < 0:
                break
        return count <= 0

    def needs(self) -> frozenset[str] | None:
        """See :class:`Gate`."""
        # Whatever ``count`` of the parts hold, any len - count + 1 of them include one that does.
        known = sorted((need for part in self.parts if (need := part.needs()) is not None), key=len)
        enough = len(self.parts) - self.count + 1
        if self.count <= 0 or len(known) < enough:
            return None
        return frozenset[str]().union(*known[:enough])

    def missing(self, scene: Scene) -> str:
        """See :class:`Gate`."""
        if self.holds(scene):
            return ""
        lacking = [part for part in self.parts if not part.holds(scene)]
        if self.count == len(self.parts):
            return "; ".join(part.missing(scene) for part in lacking)
        if self.count == 1:
            # Items first, then what lacks least: of many ways to open a gate the nearest tells most.
            items = [part.id for part in lacking if isinstance(part, Item)]
            others = sorted((part for part in lacking if not isinstance(part, Item)), key=lambda p: p.lacking(scene))
            reasons = [_none_of(items)] if items else []
            return ", or ".join([*reasons, *(part.missing(scene) for part in others)])
        held = len(self.parts) - len(lacking)
        return f"{held} of the {self.count} wanted of ({' | '.join(part.missing(scene) for part in lacking)})"

    def may_hold(self, there: Set[str]) -> bool:
        """See :class:`Gate`."""
        return sum(part.may_hold(there) for part in self.parts) >= self.count

    def lacking(self, scene: Scene) -> int:
        """See :class:`Gate`."""
        if self.ids:
            return max(0, self.count - len(self.ids & scene.there))
        return sum(sorted(part.lacking(scene) for part in self.parts)[: max(0, self.count)])


@dataclass(frozen=True, slots=True)
class NoneOf:
    """None of the parts holds."""

    parts: tuple[Gate, ...]

    def holds(self, scene: Scene) -> bool:
        """See :class:`Gate`."""
        return not any(part.holds(scene) for part in self.parts)

    def needs(self) -> frozenset[str] | None:
        """See :class:`Gate`."""
        return None

    def missing(self, scene: Scene) -> str:
        """See :class:`Gate`."""
        held = [_named(part) for part in self.parts if part.holds(scene)]
        return f"{', '.join(held)} must not be there" if held else ""

    def may_hold(self, there: Set[str]) -> bool:  # noqa: ARG002 - what is elsewhere on the page proves nothing
        """See :class:`Gate`."""
        return True

    def lacking(self, scene: Scene) -> int:
        """See :class:`Gate`."""
        return sum(part.holds(scene) for part in self.parts)


def _none_of(ids: Sequence[str]) -> str:
    return f"none of {', '.join(ids)}" if len(ids) > 1 else f"no {ids[0]}" if ids else "nothing that it needs"


def _named(gate: Gate) -> str:
    if isinstance(gate, Item):
        return gate.id
    return f"{gate.left} {gate.scope} {gate.right}" if isinstance(gate, Pair) else "a condition that"


def build_gate(condition: ConditionDef) -> Gate:
    """The gate of a condition whose texts have been checked."""
    if condition.op == "item":
        return _leaf(condition.text)
    parts = tuple(build_gate(item) for item in condition.items)
    if condition.op == "none":
        return NoneOf(parts)
    counts = {"all": len(parts), "any": 1, "at_least": condition.at_least}
    return AtLeast(counts[condition.op], parts)


def _leaf(text: str) -> Gate:
    words = text.split()
    if len(words) == 1:
        return Item(words[0])
    left, scope, right = words
    scope, _, distance = scope.partition("/")
    return Pair(left, right, scope, int(distance or 0))


def leaves(condition: ConditionDef) -> list[ConditionDef]:
    """All leaves below a condition, itself if it is one."""
    if condition.op == "item":
        return [condition]
    found = []
    for item in condition.items:
        found += [item] if item.op == "item" else leaves(item)
    return found


FIELDS: tuple[Field, ...] = ("title", "summary", "text")
_FIELD_RANK: dict[Field, int] = {name: place << 40 for place, name in enumerate(FIELDS)}


def first_rank(field: Field) -> int:
    """The rank of hits goes on from here: by field, then by first word, then longer ones first.

    Words have numbers below 2**20.
    """
    return _FIELD_RANK[field]


@dataclass(frozen=True, slots=True)
class Topic:
    """A compiled topic.

    Attributes:
        asleep: its score in an article that has nothing of what the topic needs, made once. What it says is missing is
            missing in each such article; the points that other lines give are not counted.
    """

    definition: TopicDef
    gate: Gate
    needs: frozenset[str]
    asleep: TopicScore = field(repr=False)

    def judge(self, scene: Scene) -> TopicScore:
        """Gate, arithmetic and level for an article."""
        definition = self.definition
        lines = tuple(line for score in definition.score if (line := _line(score, scene)) is not None)
        total = sum(line.points for line in lines)
        open_ = self.gate.holds(scene)
        level: Level | None = None
        if open_ and total >= definition.digest_at:
            level = "core" if total >= definition.alert_at else "mention"
        miss = ""
        if level is None:
            miss = f"score {total:g} of {definition.digest_at:g}" if open_ else f"gate: {self.gate.missing(scene)}"
        return TopicScore(
            definition.id, definition.label, level, open_, total, definition.alert_at, definition.digest_at, lines,
            miss, 0 if open_ else self.gate.lacking(scene),
        )  # fmt: skip


def build_topic(definition: TopicDef, gate: Gate) -> Topic:
    """Compile a topic that has been checked, with the gate of its condition."""
    needs = gate.needs() or frozenset()
    absent = [word for leaf in leaves(definition.when) for word in leaf.text.split() if word in needs]
    miss = f"gate: {_none_of(list(dict.fromkeys(absent)))}"
    asleep = TopicScore(
        definition.id, definition.label, None, False, 0.0, definition.alert_at, definition.digest_at, (), miss,
        gate.lacking(_EMPTY),
    )  # fmt: skip
    return Topic(definition, gate, needs, asleep)


def mentions(hits: Iterable[Hit]) -> dict[str, int]:
    """How often something is mentioned, by zone; each mention once, as the head of this module says."""
    summary: dict[Zone, int] = {}
    others: dict[Zone, int] = {}
    for hit in hits:
        if hit.counts:
            telling = summary if hit.field == "summary" else others
            telling[hit.zone] = telling.get(hit.zone, 0) + 1
    return {zone: max(summary.get(zone, 0), others.get(zone, 0)) for zone in (others | summary)}


def without_overlaps(hits: Iterable[Hit]) -> list[Hit]:
    """The earliest and longest of hits that share words."""
    kept: list[Hit] = []
    place, reached = "", 0
    for hit in sorted(hits, key=attrgetter("rank")):
        if hit.field != place:
            place, reached = hit.field, 0
        if reached <= hit.first:
            kept.append(hit)
            reached = hit.last
    return kept


def _line(score: ScoreDef, scene: Scene) -> ScoreLine | None:
    found, counts = scene.tally(score.concepts)
    if not found:
        return None
    raw = counts.get("title", 0) * score.title + counts.get("lead", 0) * score.lead + counts.get("body", 0) * score.body
    cap = score.cap
    points = raw if cap is None else max(-abs(cap), min(abs(cap), raw))
    return ScoreLine(found, counts, raw, points, cap)


def fires_alone(gate: Gate, items: Iterable[str], flags: frozenset[str]) -> str | None:
    """The single item that opens a gate with nothing else there; ``""`` when it is open on an empty article."""
    if gate.holds(_EMPTY):
        return ""
    for item in items:
        hit = Hit(item, "text", "body", 0, 1, 0, 1, 0, 0, -1)
        scene = Scene({}, frozenset([item])) if item in flags else Scene({item: (hit,)})
        if gate.holds(scene):
            return item
    return None
