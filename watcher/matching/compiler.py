"""From what an analyst wrote to tables: every pattern parsed, every id looked up, every mistake collected."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, NamedTuple

from watcher.errors import Problem
from watcher.facts import KINDS, nameable
from watcher.matching.definitions import (
    ConditionDef,
    EntityDef,
    PatternDef,
    ScoreDef,
    Source,
    TermDef,
    TopicDef,
    WatchDef,
)
from watcher.matching.patterns import Join, Naming, PatternError, Slot, Variant, parse
from watcher.matching.tables import SlotTable
from watcher.matching.topics import Gate, Topic, build_gate, build_topic, fires_alone, leaves

OUTLET_CLASSES = ("official", "wire", "national", "local", "aggregator")
_CAPITAL_KINDS = frozenset(["person", "place", "outlet"])
_HASH_FORMAT = "2"  # goes up when the same rules come to mean something else


@dataclass(frozen=True, slots=True)
class Concept:
    """A term or an entity.

    Attributes:
        before, after: sequences of slots that, right before or after a name, show that it is something else.
    """

    id: str
    kind: Literal["term", "entity"]
    label: str
    person: bool = False
    before: tuple[tuple[int, ...], ...] = ()
    after: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A pattern as written, with what it was compiled to.

    Attributes:
        excluded: what it matches does not count.
    """

    concept: str
    text: str
    language: str
    source: Source
    variants: tuple[Variant, ...]
    excluded: bool = False


class Way(NamedTuple):
    """A variant of a pattern with its slots as numbers.

    Attributes:
        pattern: number of the pattern.
        single: the slot of a way that has only one, else -1.
        others: the slots besides the anchor; the way is tried only when all of them are there.
    """

    concept: str
    pattern: int
    excluded: bool
    parts: tuple[tuple[int, ...], ...]
    joins: tuple[Join, ...]
    single: int
    others: frozenset[int]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything that matching needs.

    Attributes:
        anchored: ways by the slot that, of theirs, is used by the fewest patterns.
        topics_by_need: numbers of the topics that may fire when an id is there.
    """

    watch: WatchDef
    concepts: dict[str, Concept]
    patterns: tuple[Written, ...]
    table: SlotTable
    anchored: dict[int, tuple[Way, ...]]
    topics: tuple[Topic, ...]
    topics_by_need: dict[str, tuple[int, ...]]
    rules_hash: str


@dataclass(slots=True)
class _Draft:
    """Collects patterns and problems while compiling."""

    problems: list[Problem] = field(default_factory=list)
    patterns: list[Written] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)

    def error(self, source: Source, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(source.file, source.line, source.field, message, remedy))

    def read(self, pattern: PatternDef, naming: Naming | None = None) -> tuple[Variant, ...]:
        try:
            return parse(pattern.text, naming)
        except PatternError as error:
            self.error(pattern.source, str(error), error.remedy)
            return ()

    def add(self, concept: str, pattern: PatternDef, naming: Naming | None = None, *, excluded: bool = False) -> None:
        variants = self.read(pattern, naming)
        self.patterns.append(Written(concept, pattern.text, pattern.language, pattern.source, variants, excluded))


def compile_rules(watch: WatchDef) -> tuple[Compiled | None, list[Problem]]:
    """Compile a watch.

    Returns:
        The tables, and every mistake; no tables when there is one.
    """
    draft = _Draft()
    guards: dict[str, tuple[list[Variant], list[Variant]]] = {}
    for entity in watch.entities:
        guards[entity.id] = _read_entity(draft, entity)
    for term in watch.terms:
        _read_term(draft, term)
    _check_ids(draft, watch)
    known, news = _known_ids(watch), nameable(watch.facts)
    for topic in watch.topics:
        _check_topic(draft, news, known, topic)
    if draft.problems:
        return None, sorted(draft.problems, key=lambda problem: (problem.file, problem.line))
    return _assemble(watch, draft, guards), []


def naming_of(entity: EntityDef, language: str) -> Naming:
    """How the names of an entity that are listed under a language are read."""
    return Naming(language, entity.gender, entity.kind in _CAPITAL_KINDS)


def _read_entity(draft: _Draft, entity: EntityDef) -> tuple[list[Variant], list[Variant]]:
    if not entity.names:
        draft.error(entity.source, f"“{entity.id}” has no names", "give at least one, as names: {en: Name}")
    for name in entity.names:
        draft.add(entity.id, name, naming_of(entity, name.language))
    before = [variant for guard in entity.not_after for variant in _guard(draft, guard)]
    after = [variant for guard in entity.not_before for variant in _guard(draft, guard)]
    return _merged_guards(before), _merged_guards(after)


def _merged_guards(guards: Sequence[Variant]) -> list[Variant]:
    """Guards of one word become one slot, so that a name is looked at once however many there are."""
    single = frozenset(atom for variant in guards if len(variant.slots) == 1 for atom in variant.slots[0])
    return ([Variant(((single,),))] if single else []) + [variant for variant in guards if len(variant.slots) > 1]


def _guard(draft: _Draft, guard: PatternDef) -> Iterable[Variant]:
    variants = draft.read(guard)
    if any(variant.joins for variant in variants):
        draft.error(guard.source, f"“{guard.text}” has ~ or >", "a guard stands right beside the name: leave them out")
    return variants


def _read_term(draft: _Draft, term: TermDef) -> None:
    if not term.patterns:
        draft.error(term.source, f"“{term.id}” has no patterns", "give at least one")
    for pattern in term.patterns:
        draft.add(term.id, pattern)
    for pattern in term.excluded:
        draft.add(term.id, pattern, excluded=True)


# --- checks ------------------------------------------------------------------------------------------------------


def _check_ids(draft: _Draft, watch: WatchDef) -> None:
    seen: dict[str, Source] = {}
    items: list[EntityDef | TermDef] = [*watch.entities, *watch.terms]
    for item in items:
        if item.id in seen:
            first = seen[item.id]
            draft.error(
                item.source, f"the id “{item.id}” is used already, at {first.file}:{first.line}", "choose another one"
            )
        seen.setdefault(item.id, item.source)
        if len(item.id.split()) != 1 or "." in item.id:
            draft.error(item.source, f"“{item.id}” is no id", "use letters, digits and _")
    for topic_id, count in Counter(topic.id for topic in watch.topics).items():
        if count > 1:
            again = [topic for topic in watch.topics if topic.id == topic_id][-1]
            draft.error(again.source, f"the topic “{topic_id}” is there {count} times", "choose another id")
    for kind in watch.facts.kinds:
        if kind not in KINDS:
            source = watch.topics[0].source if watch.topics else Source("", 0, "")
            draft.error(Source(source.file, 0, "facts.kinds"), f"no kind of fact “{kind}”", _one_of(KINDS))


def _check_topic(draft: _Draft, kinds: frozenset[str], known: frozenset[str], topic: TopicDef) -> None:
    before = len(draft.problems)
    for leaf in leaves(topic.when):
        _check_leaf(draft, known, leaf)
    _check_counts(draft, topic.when)
    for score in topic.score:
        _check_score(draft, known, score)
    for kind in topic.again_if_new:
        if kind.removeprefix("fact.") not in kinds:
            draft.error(topic.source, f"again_if_new: no kind of fact “{kind}”", _one_of(sorted(kinds)))
    if topic.digest_at > topic.alert_at:
        draft.error(topic.source, "digest_at is above alert_at", "a mention needs less than an alert")
    if topic.digest_at <= 0:
        draft.error(topic.source, "digest_at must be above 0", "else every article would fire")
    if len(draft.problems) == before:
        _check_context(draft, topic)
        _check_reach(draft, topic)


def _known_ids(watch: WatchDef) -> frozenset[str]:
    ids = [item.id for item in watch.entities] + [item.id for item in watch.terms]
    return frozenset([*ids, *(f"fact.{kind}" for kind in watch.facts.kinds)])


def _check_leaf(draft: _Draft, known: frozenset[str], leaf: ConditionDef) -> None:
    words = leaf.text.split()
    if len(words) == 1:
        _check_id(draft, known, words[0], leaf.source, flags=True)
    elif len(words) == 3:
        left, scope, right = words
        name, slash, distance = scope.partition("/")
        near = name == "near" and slash and distance.isdecimal() and 0 < int(distance[:6]) <= 1_000
        if not near and scope not in {"sentence", "paragraph"}:
            draft.error(leaf.source, f"“{scope}” joins nothing", "use sentence, paragraph or near/8 between two ids")
        for word in (left, right):
            _check_id(draft, known, word, leaf.source, flags=False)
        if left == right:
            draft.error(leaf.source, f"“{leaf.text}” joins “{left}” with itself", "name two different ids")
    else:
        draft.error(leaf.source, f"“{leaf.text}” is no condition", "write an id, or two ids joined by sentence")


def _check_id(draft: _Draft, known: frozenset[str], name: str, source: Source, *, flags: bool) -> None:
    head, _, tail = name.partition(".")
    if name in known:
        return
    if head == "outlet" and flags and tail not in OUTLET_CLASSES:
        draft.error(source, f"no class of outlets “{tail}”", _one_of(OUTLET_CLASSES))
    elif head in {"feed", "outlet"} and not flags:
        draft.error(source, f"“{name}” has no place in the text", "use it as a condition of its own")
    elif head == "fact":
        draft.error(source, f"no kind of fact “{tail}”", _one_of(sorted(i[5:] for i in known if i.startswith("fact."))))
    elif head not in {"feed", "outlet"} or not tail:
        draft.error(source, f"no term or entity “{name}”", _similar(name, known))


def _check_counts(draft: _Draft, condition: ConditionDef) -> None:
    if condition.op == "item":
        return
    if not condition.items:
        draft.error(condition.source, f"“{condition.op}” has no items", "give at least one, or leave it out")
    if condition.op == "at_least" and not 1 <= condition.at_least <= len(condition.items):
        draft.error(condition.source, f"at_least_{condition.at_least} of {len(condition.items)}", "ask for fewer")
    for item in condition.items:
        _check_counts(draft, item)


def _check_score(draft: _Draft, known: frozenset[str], score: ScoreDef) -> None:
    for name in score.concepts:
        _check_id(draft, known, name, score.source, flags=False)
    if not score.concepts:
        draft.error(score.source, "a line of the score names nothing", "name one or more ids")


def _check_context(draft: _Draft, topic: TopicDef) -> None:
    """A topic that one word can open fires on everything that shares this word: sport, economy, other wars."""
    items = sorted({word for leaf in leaves(topic.when) for word in leaf.text.split()[:3:2]})
    flags = frozenset(item for item in items if item.startswith(("feed.", "outlet.")))
    gate = build_gate(topic.when)
    draft.gates.append(gate)
    alone = fires_alone(gate, items, flags)
    if alone is not None:
        what = f"“{alone}” alone opens it" if alone else "it is open on an empty article"
        draft.error(
            topic.when.source,
            f"the topic “{topic.id}” has no context condition: {what}",
            "add a second condition, such as all: [this, any: [ukraine, zelensky, feed.ukraine]]",
        )
    elif gate.needs() is None:
        draft.error(topic.when.source, f"the gate of “{topic.id}” needs nothing", "ask for at least one id")


def _check_reach(draft: _Draft, topic: TopicDef) -> None:
    best = 0.0
    for score in topic.score:
        top = max(score.title, score.lead, score.body)
        if top > 0 and score.cap is None:
            return
        best += max(0.0, score.cap or 0.0) if top > 0 else 0.0
    if best < topic.digest_at:
        draft.error(topic.source, f"the score cannot reach digest_at: {best:g} at most", "raise weights or caps")


def _one_of(names: Sequence[str]) -> str:
    return "use one of " + ", ".join(names)


def _similar(name: str, known: frozenset[str]) -> str:
    close = sorted(known, key=lambda other: (_differences(name, other), other))[:1]
    if close and _differences(name, close[0]) <= max(2, len(name) // 3):
        return f"did you mean {close[0]}?"
    return "define it, or correct the name"


def _differences(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


# --- tables ------------------------------------------------------------------------------------------------------


def _assemble(watch: WatchDef, draft: _Draft, guards: dict[str, tuple[list[Variant], list[Variant]]]) -> Compiled:
    patterns = tuple(draft.patterns)
    table = SlotTable(_all_slots(patterns, guards))
    concepts: dict[str, Concept] = {}
    for entity in watch.entities:
        before, after = (tuple(_numbered(table, v)[0] for v in side) for side in guards[entity.id])
        concepts[entity.id] = Concept(entity.id, "entity", entity.name, entity.kind == "person", before, after)
    for term in watch.terms:
        concepts[term.id] = Concept(term.id, "term", term.label)
    topics = tuple(map(build_topic, watch.topics, draft.gates))
    by_need: dict[str, list[int]] = {}
    for number, topic in enumerate(topics):
        for need in topic.needs:
            by_need.setdefault(need, []).append(number)
    return Compiled(
        watch,
        concepts,
        patterns,
        table,
        _anchored(table, patterns),
        topics,
        {need: tuple(numbers) for need, numbers in by_need.items()},
        rules_hash(watch),
    )


def _all_slots(patterns: Iterable[Written], guards: dict[str, tuple[list[Variant], list[Variant]]]) -> Iterator[Slot]:
    for pattern in patterns:
        for variant in pattern.variants:
            yield from variant.slots
    for before, after in guards.values():
        for variant in (*before, *after):
            yield from variant.slots


def _numbered(table: SlotTable, variant: Variant) -> tuple[tuple[int, ...], ...]:
    number = table.number
    return tuple([tuple([number(slot) for slot in part]) for part in variant.parts])


def _anchored(table: SlotTable, patterns: Sequence[Written]) -> dict[int, tuple[Way, ...]]:
    """Ways by their rarest slot, so that a common word does not wake all the patterns that it is part of."""
    numbered = [
        (number, variant.joins, _numbered(table, variant))
        for number, pattern in enumerate(patterns)
        for variant in pattern.variants
    ]
    slots_of = [dict.fromkeys(chain.from_iterable(parts)) for _, _, parts in numbered]
    uses = Counter(chain.from_iterable(slots_of))
    anchored: dict[int, list[Way]] = {}
    for (number, joins, parts), slots in zip(numbered, slots_of, strict=True):
        pattern = patterns[number]
        anchor = min(slots, key=uses.__getitem__) if len(slots) > 1 else parts[0][0]
        single = anchor if parts == ((anchor,),) else -1
        others = frozenset(slots) - {anchor}
        way = Way(pattern.concept, number, pattern.excluded, parts, joins, single, others)
        anchored.setdefault(anchor, []).append(way)
    return {slot: tuple(ways) for slot, ways in anchored.items()}


def rules_hash(watch: WatchDef) -> str:
    """16 hex digits that stand for what the watch says, not for where it is written or in which layout."""
    digest = hashlib.blake2b(_HASH_FORMAT.encode(), digest_size=8)
    for line in _hashed_lines(watch):
        digest.update(repr(line).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _hashed_lines(watch: WatchDef) -> Iterator[tuple[object, ...]]:
    for entity in watch.entities:
        yield "entity", entity.id, entity.name, entity.kind, entity.gender, entity.wikidata
        for group in (entity.names, entity.not_after, entity.not_before):
            yield tuple((pattern.text, pattern.language) for pattern in group)
    for term in watch.terms:
        yield "term", term.id, term.label
        for group in (term.patterns, term.excluded):
            yield tuple((pattern.text, pattern.language) for pattern in group)
    for topic in watch.topics:
        yield "topic", topic.id, topic.label, topic.alert_at, topic.digest_at, topic.again_if_new, topic.news
        yield _hashed_condition(topic.when)
        yield tuple((s.concepts, s.title, s.lead, s.body, s.cap) for s in topic.score)
    yield "facts", watch.facts.kinds, watch.facts.cues


def _hashed_condition(condition: ConditionDef) -> tuple[object, ...]:
    items = tuple(_hashed_condition(item) for item in condition.items)
    return condition.op, condition.text, condition.at_least, items
