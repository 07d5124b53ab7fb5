"""The matcher: one pass over the words of an article, then joins of lists of positions, then topics.

The work grows with the text and with what is found in it, not with the number of patterns: a word is looked up in hash
tables, a pattern is tried only when all of its words are there, a topic only when something that it needs is there.
Texts, words, positions and mentions are all capped, so that no text and no rule can make it slow.
"""

from __future__ import annotations

import gc
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from watcher.errors import ConfigError, Problem
from watcher.facts import FactCues, find_facts
from watcher.matching.compiler import Compiled, Way, compile_rules
from watcher.matching.definitions import ExampleDef, PatternDef, Source, TermDef, WatchDef
from watcher.matching.evidence import Clerk
from watcher.matching.language import language_of
from watcher.matching.scanning import MAX_HITS, FieldScan, Found, Span, overlaps, zones
from watcher.matching.topics import FIELDS, Hit, Scene, Topic, leaves
from watcher.model import ArticleText, EntityId, Fact, Field, Judgement, TermId, TopicScore
from watcher.text import canon, distinct_words, tokenize


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of an article besides its text.

    Attributes:
        feed_tags: the tags of the feeds that carry it, for ``feed.TAG``.
        outlet_class: the class of its outlet, for ``outlet.CLASS``.
        published_at: what relative dates are relative to.
        language: what the feed declares.
    """

    feed_tags: tuple[str, ...] = ()
    outlet_class: str = ""
    published_at: datetime | None = None
    language: str = ""

    @property
    def flags(self) -> frozenset[str]:
        """The conditions of topics that the context meets."""
        flags = [f"feed.{tag}" for tag in self.feed_tags]
        if self.outlet_class:
            flags.append(f"outlet.{self.outlet_class}")
        return frozenset(flags)


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class FormList:
    """All forms that a pattern or name stands for, word by word, as ``rules show`` prints them."""

    pattern: str
    language: str
    excluded: bool
    words: tuple[tuple[str, ...], ...]


class Matcher:
    """Compiled rules. Holds a bounded cache of words; made where it is used, it is not for pickling.

    Attributes:
        rules: the tables.
        rules_hash: identifies what the rules say.
    """

    def __init__(self, rules: Compiled) -> None:
        self.rules = rules
        self.rules_hash = rules.rules_hash
        self._cues = FactCues(rules.watch.facts.kinds, rules.watch.facts.cues)
        self._clerk = Clerk(rules)
        self._fact_ids = frozenset(f"fact.{kind}" for kind in rules.watch.facts.kinds)
        self._asleep = tuple(topic.asleep for topic in rules.topics)
        self._wants_facts = any(_uses_facts(topic) for topic in rules.topics)

    # --- what the rules say of an article -----------------------------------------------------------------------

    def judge(self, text: ArticleText, context: Context = NO_CONTEXT) -> Judgement:
        """What the rules say of an article whose text is in canonical form. Pure: the same in, the same out."""
        return self.judged(self.scan(text), context)

    def judged(self, scans: Mapping[Field, FieldScan], context: Context, *, in_full: bool = False) -> Judgement:
        """The same for an article that has been scanned.

        Facts are looked for only when some topic could fire with them, and points counted only of topics that something
        of what they need is there for, unless ``in_full``.
        """
        hits, facts = self._hits_and_facts(scans, context, in_full=in_full)
        topics = self._topics(Scene(hits, context.flags), in_full=in_full)
        language = self._language(scans, context)
        fired = [topic for topic in topics if topic.level is not None]
        return Judgement(
            level=fired[0].level if fired else None,
            score=fired[0].score if fired else 0.0,
            topics=topics,
            matches=self._clerk.matches(scans, hits, language),
            facts=facts,
            entities=self._entities(hits),
            evidence=self._clerk.evidence(scans, hits, fired) if fired else None,
            language=language,
            rules_hash=self.rules_hash,
        )

    def _hits_and_facts(
        self, scans: Mapping[Field, FieldScan], context: Context, *, in_full: bool
    ) -> tuple[dict[str, list[Hit]], tuple[Fact, ...]]:
        hits = self.hits(scans)
        if not in_full and not self._can_fire({*hits, *context.flags}):
            return hits, ()
        facts = self._facts(scans, hits, context)
        _add_facts(hits, facts, scans)
        return hits, facts

    def scan(self, text: ArticleText) -> dict[Field, FieldScan]:
        """The fields that have words, with the places of all slots."""
        scans: dict[Field, FieldScan] = {}
        for name in FIELDS:
            content: str = getattr(text, name)
            if content and (tokens := tokenize(content)).words:
                scan = scans[name] = FieldScan(name, content, tokens, zones(name, tokens, scans.get("title")))
                scan.place(self.rules.table.look_up(tokens.words))
        return scans

    def loose(self, scan: FieldScan) -> FieldScan:
        """The same field with capital letters left out of account."""
        loose = FieldScan(scan.name, scan.text, scan.tokens, scan.zones)
        loose.place_loosely(self.rules.table.look_up(scan.tokens.words))
        return loose

    def hits(self, scans: Mapping[Field, FieldScan]) -> dict[str, list[Hit]]:
        """All mentions of terms and entities, by concept, those in the title first."""
        hits: dict[str, list[Hit]] = {}
        for scan in scans.values():
            for concept, found in self._found(scan).items():
                hits.setdefault(concept, []).extend(scan.hits(concept, found))
        return hits

    def _found(self, scan: FieldScan) -> dict[str, list[Found]]:
        found: dict[str, list[Found]] = {}
        excluded: dict[str, list[Span]] = {}
        for way in self.ways(scan):
            if way.excluded:
                excluded.setdefault(way.concept, []).extend(scan.spans(way))
            elif way.single >= 0:
                pattern = way.pattern
                spans = [(word, word + 1, pattern) for word in scan.postings[way.single]]
                found.setdefault(way.concept, []).extend(spans)
            else:
                for first, last in scan.spans(way):
                    found.setdefault(way.concept, []).append((first, last, way.pattern))
        kept = {concept: self._kept(scan, concept, spans, excluded) for concept, spans in found.items()}
        return {concept: spans for concept, spans in kept.items() if spans}

    def ways(self, scan: FieldScan) -> Iterator[Way]:
        """The ways all of whose slots are in the field."""
        return self._ways(scan.postings.keys())

    def _ways(self, there: Set[int]) -> Iterator[Way]:
        anchored = self.rules.anchored
        for slot in there & anchored.keys():
            for way in anchored[slot]:
                if there >= way.others:
                    yield way

    def _kept(
        self, scan: FieldScan, concept: str, found: list[Found], excluded: Mapping[str, Sequence[Span]]
    ) -> list[Found]:
        """Mentions without those that an excluded pattern or a guard speaks against, and without overlaps."""
        known = self.rules.concepts[concept]
        if known.before or known.after:
            found = [span for span in found if not self.guarded(scan, concept, span[0], span[1])]
        if concept in excluded:
            against = sorted(excluded[concept])
            found = [span for span in found if not overlaps(against, span[0], span[1])]
        if len(found) < 2:
            return found
        kept: list[Found] = []
        reached = 0
        for span in sorted(found, key=_longest_first):
            if span[0] >= reached:
                kept.append(span)
                reached = span[1]
        return kept[:MAX_HITS]

    def excluding(self, scan: FieldScan, concept: str) -> Iterator[Way]:
        """The ways of the excluded patterns of a concept all of whose words are in the field."""
        return (way for way in self.ways(scan) if way.excluded and way.concept == concept)

    def guarded(self, scan: FieldScan, concept: str, first: int, last: int) -> bool:
        """Whether the words beside a name show that it is something else."""
        known = self.rules.concepts[concept]
        sentence = scan.tokens.sentences[first]
        return any(
            scan.fits(slots, first - len(slots)) and scan.tokens.sentences[first - 1] == sentence
            for slots in known.before
        ) or any(scan.fits(slots, last) and scan.tokens.sentences[last] == sentence for slots in known.after)

    def _facts(
        self, scans: Mapping[Field, FieldScan], hits: Mapping[str, Sequence[Hit]], context: Context
    ) -> tuple[Fact, ...]:
        if not (self._wants_facts and scans):
            return ()
        speakers: dict[Field, list[tuple[int, int, EntityId]]] = {name: [] for name in scans}
        for concept, mentions in hits.items():
            if self.rules.concepts[concept].person:
                for hit in mentions:
                    speakers[hit.field].append((hit.start, hit.end, EntityId(concept)))
        return find_facts(
            {name: (scan.text, scan.tokens) for name, scan in scans.items()},
            published_at=context.published_at,
            speakers={name: sorted(spans) for name, spans in speakers.items()},
            definition=self._cues,
        )

    def _topics(self, scene: Scene, *, in_full: bool = False) -> tuple[TopicScore, ...]:
        by_need = self.rules.topics_by_need
        awake = sorted({number for name in scene.there for number in by_need.get(name, ())})
        if in_full:
            awake = list(range(len(self.rules.topics)))
        if not awake:
            return self._asleep
        asleep = list(self._asleep)
        for number in reversed(awake):
            del asleep[number]
        judged = sorted((self.rules.topics[number].judge(scene) for number in awake), key=_by_strength)
        return (*judged, *asleep)

    def _language(self, scans: Mapping[Field, FieldScan], context: Context) -> str:
        words: list[str] = []
        for name in ("text", "summary", "title"):
            if name in scans:
                words += scans[name].tokens.words[:200]
        return language_of(words, context.language)

    def _entities(self, hits: Mapping[str, Sequence[Hit]]) -> tuple[EntityId, ...]:
        firsts = [
            (FIELDS.index(found[0].field), found[0].start, concept)
            for concept, found in hits.items()
            if found and concept in self.rules.concepts and self.rules.concepts[concept].kind == "entity"
        ]
        return tuple(EntityId(concept) for _, _, concept in sorted(firsts))

    # --- the rules themselves ------------------------------------------------------------------------------------

    def check_examples(self) -> list[Problem]:
        """Run the examples of all topics: what must match and does not, and what must not and does."""
        problems = []
        for topic in self.rules.topics:
            definition = topic.definition
            for example, wanted in [(e, True) for e in definition.match] + [(e, False) for e in definition.no_match]:
                score = next(s for s in self.judge(_as_article(example)).topics if s.topic == definition.id)
                if (score.level is not None) != wanted:
                    problems.append(_example_problem(example, score))
        return problems

    def may_fire(self, visible_text: str, context: Context = NO_CONTEXT) -> bool:
        """Whether the rules could fire on an article that is somewhere in this text. Never wrongly False.

        For deciding cheaply whether a page is worth extracting: distances, sentences, guards, exclusions, scores and
        negative conditions are left out, facts count as found.
        """
        words = distinct_words(canon(visible_text))
        if words is None:
            return True
        fittings = self.rules.table.look_up(list(words))
        slots = {slot for fitting in fittings if fitting is not None for slot in fitting.all}
        there = {way.concept for way in self._ways(slots) if not way.excluded}
        return self._can_fire(there | context.flags)

    def _can_fire(self, there: set[str]) -> bool:
        """Whether some topic could fire in an article that has these ids, and any facts."""
        by_need = self.rules.topics_by_need
        there = there | self._fact_ids
        awake = {number for name in there for number in by_need.get(name, ())}
        return any(self.rules.topics[number].gate.may_hold(there) for number in awake)

    def entity_name(self, entity: EntityId) -> str:
        """The canonical English name of an entity; the id itself when the rules do not know it."""
        concept = self.rules.concepts.get(entity)
        return concept.label if concept else str(entity)

    def forms(self, concept: str) -> tuple[FormList, ...]:
        """All forms that the names or patterns of an entity or term stand for."""
        return tuple(
            FormList(
                written.text,
                written.language,
                written.excluded,
                tuple(tuple(sorted(map(str, slot))) for slot in variant.slots),
            )
            for written in self.rules.patterns
            if written.concept == concept
            for variant in written.variants
        )


def compile_watch(watch: WatchDef) -> Matcher:
    """Compile the rules.

    Raises:
        ConfigError: with every mistake, each with its file, line and field.
    """
    with _collector_paused():
        rules, problems = compile_rules(watch)
        if rules is None:
            raise ConfigError(problems)
        return Matcher(rules)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Nothing that compiling makes is garbage, but looking for it would take as long as all the rest."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def compile_pattern(text: str, language: str = "") -> Matcher:
    """A matcher of one pattern, to try it on stored articles: ``judge(...).matches`` are its mentions.

    Raises:
        ConfigError: the pattern cannot be read.
    """
    source = Source("PATTERN", 0, "")
    term = TermDef(TermId("pattern"), text, (PatternDef(text, language, source),), source)
    return compile_watch(WatchDef((), (term,), ()))


def _uses_facts(topic: Topic) -> bool:
    definition = topic.definition
    names = [name for score in definition.score for name in score.concepts]
    names += [word for leaf in leaves(definition.when) for word in leaf.text.split()]
    return bool(definition.again_if_new) or any(name.startswith("fact.") for name in names)


def _add_facts(hits: dict[str, list[Hit]], facts: Iterable[Fact], scans: Mapping[Field, FieldScan]) -> None:
    for fact in facts:
        scan = scans[fact.field]
        tokens = scan.tokens
        first = min(bisect_right(tokens.ends, fact.start), len(tokens) - 1)
        last = max(first + 1, bisect_left(tokens.starts, fact.end))
        as_found = fact.start, fact.end, f"{fact.value} {fact.unit}".strip()
        hit = scan.hit(f"fact.{fact.kind}", first, last, -1, as_found)
        found = hits.setdefault(hit.concept, [])
        if len(found) < MAX_HITS:
            found.append(hit)


def _by_strength(score: TopicScore) -> tuple[int, float]:
    return {"core": 0, "mention": 1, None: 2}[score.level], -score.score


def _longest_first(span: Found) -> tuple[int, int, int]:
    return span[0], -span[1], span[2]


def _as_article(example: ExampleDef) -> ArticleText:
    text = canon(example.text.strip())
    title, newline, rest = text.partition("\n")
    return ArticleText(title.strip(), "", rest.strip(), "page") if newline else ArticleText("", "", text, "page")


def _example_problem(example: ExampleDef, score: TopicScore) -> Problem:
    source = example.source
    short = " ".join(example.text.split())
    short = short if len(short) <= 60 else short[:59] + "…"
    if score.level is None:
        message, remedy = f"must match but does not ({score.miss}): {short}", "add a pattern, or correct the example"
    else:
        concepts = ", ".join(name for line in score.lines for name in line.concepts)
        message = f"must not match but does ({concepts}; score {score.score:g}): {short}"
        remedy = "make a pattern or the gate stricter, or correct the example"
    return Problem(source.file, source.line, source.field, message, remedy)
