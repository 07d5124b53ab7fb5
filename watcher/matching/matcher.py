"""The matcher: one pass over the words of an article, then joins of lists of positions, then topics.

The work grows with the text and with what is found in it, not with the number of patterns: a word is looked up in hash
tables, a pattern is tried only when all of its words are there, a topic only when something that it needs is there.
Texts, words, positions and mentions are all capped, so that no text and no rule can make it slow.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Literal

from watcher.errors import ConfigError, Problem
from watcher.facts import FactCues, find_facts
from watcher.matching.compiler import Compiled, Way, Written, compile_rules
from watcher.matching.definitions import ExampleDef, PatternDef, Source, TermDef, WatchDef
from watcher.matching.language import language_of
from watcher.matching.patterns import Join
from watcher.matching.tables import Fitting, has_shape
from watcher.matching.topics import FIELDS, Hit, Scene, Topic, leaves, rank
from watcher.model import (
    ArticleText,
    EntityId,
    Evidence,
    Fact,
    Field,
    Judgement,
    Match,
    TermId,
    TopicScore,
    Zone,
)
from watcher.text import Tokens, canon, distinct_words, tokenize

MAX_HITS = 300
"""Mentions of one concept in one field beyond this many are not looked at."""
MAX_POSITIONS = 2_000
"""Places of one slot in one field beyond this many are not looked at."""
LEAD_SENTENCES = 2
LEAD_OF_SUMMARY = 600
EVIDENCE_CHARS = 400

_Span = tuple[int, int]
_Credit = tuple[Literal["term", "entity", "fact"], str, str, str, str]
_Found = tuple[int, int, int]  # first word, word after the last, number of the pattern


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


class FieldScan:
    """One field of an article, its words, and where each slot fits.

    Attributes:
        postings: for each slot the numbers of the words that fit it, in order.
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
        postings: defaultdict[int, list[int]] = defaultdict(list)
        words, starts, text = self.tokens.words, self.tokens.starts, self.text
        for word, fitting in enumerate(fittings):
            if fitting is None:
                continue
            for slot in fitting.free:
                postings[slot].append(word)
            if fitting.capital and not text[starts[word]].islower():
                for slot in fitting.capital:
                    postings[slot].append(word)
            if fitting.exact:
                raw = text[starts[word] : self.tokens.ends[word]]
                for slot in {slot for slot, atom in fitting.exact if has_shape(atom, words[word], raw)}:
                    if word not in postings[slot][-1:]:
                        postings[slot].append(word)
        self._keep(postings)

    def place_loosely(self, fittings: Sequence[Fitting | None]) -> None:
        """Note the slots that each word fits by its letters."""
        postings: defaultdict[int, list[int]] = defaultdict(list)
        for word, fitting in enumerate(fittings):
            if fitting is not None:
                for slot in fitting.all:
                    postings[slot].append(word)
        self._keep(postings)

    def _keep(self, postings: Mapping[int, list[int]]) -> None:
        if len(self.tokens) > MAX_POSITIONS:
            postings = {slot: places[:MAX_POSITIONS] for slot, places in postings.items()}
        self.postings = {slot: places for slot, places in postings.items() if places}

    def has(self, slot: int, word: int) -> bool:
        """Whether a word fits a slot."""
        places = self._sets.get(slot)
        if places is None:
            places = self._sets[slot] = frozenset(self.postings.get(slot, ()))
        return word in places

    def fits(self, slots: Sequence[int], first: int) -> bool:
        """Whether the words from ``first`` on fit the slots, in one sentence."""
        last = first + len(slots) - 1
        if first < 0 or last >= len(self.tokens.words):
            return False
        sentences = self.tokens.sentences
        return sentences[first] == sentences[last] and all(self.has(slot, first + i) for i, slot in enumerate(slots))

    def part(self, slots: Sequence[int]) -> list[_Span]:
        """Where adjacent slots fit: (first word, word after the last), in order."""
        if len(slots) == 1:
            return [(word, word + 1) for word in self.postings[slots[0]]]
        size = len(slots)
        rarest = min(range(size), key=lambda i: len(self.postings[slots[i]]))
        starts = (word - rarest for word in self.postings[slots[rarest]])
        return [(first, first + size) for first in starts if self.fits(slots, first)]

    def spans(self, way: Way) -> list[_Span]:
        """Where a way matches; its slots must all be there."""
        spans = self.part(way.parts[0])
        for part, join in zip(way.parts[1:], way.joins, strict=True):
            if not spans:
                break
            spans = self.joined(spans, self.part(part), join)
        return spans

    def joined(self, left: Sequence[_Span], right: Sequence[_Span], join: Join) -> list[_Span]:
        """Each left span with the nearest right ones, before and after it, that the join allows."""
        sentences = self.tokens.sentences
        starts, ends = [first for first, _ in right], [last for _, last in right]
        found = []
        for first, last in left:
            sentence = sentences[first]
            after = bisect_left(starts, last)
            if after < len(right) and starts[after] - last <= join.distance and sentences[starts[after]] == sentence:
                found.append((first, right[after][1]))
            before = -1 if join.ordered else bisect_right(ends, first) - 1
            if before >= 0 and first - ends[before] <= join.distance and sentences[starts[before]] == sentence:
                found.append((starts[before], last))
        return found


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
        self._credits = [_credit(rules, written) for written in rules.patterns]
        self._topic_weights = {topic.definition.id: _concept_weights(topic) for topic in rules.topics}
        self._asleep = tuple(topic.asleep for topic in rules.topics)
        self._wants_facts = any(_uses_facts(topic) for topic in rules.topics)

    # --- what the rules say of an article -----------------------------------------------------------------------

    def judge(self, text: ArticleText, context: Context = NO_CONTEXT) -> Judgement:
        """What the rules say of an article whose text is in canonical form. Pure: the same in, the same out."""
        return self.judged(self.scan(text), context)

    def judged(self, scans: Mapping[Field, FieldScan], context: Context, *, all_facts: bool = False) -> Judgement:
        """The same for an article that has been scanned.

        Facts are looked for only when some topic could fire with them, unless ``all_facts``.
        """
        hits, facts = self._hits_and_facts(scans, context, all_facts=all_facts)
        topics = self._topics(Scene(hits, context.flags))
        language = self._language(scans, context)
        fired = [topic for topic in topics if topic.level is not None]
        return Judgement(
            level=fired[0].level if fired else None,
            score=fired[0].score if fired else 0.0,
            topics=topics,
            matches=self.matches(scans, hits, language),
            facts=facts,
            entities=self._entities(hits),
            evidence=self._evidence(scans, hits, fired) if fired else None,
            language=language,
            rules_hash=self.rules_hash,
        )

    def scene(self, scans: Mapping[Field, FieldScan], context: Context) -> Scene:
        """What topics look at."""
        return Scene(self._hits_and_facts(scans, context, all_facts=True)[0], context.flags)

    def _hits_and_facts(
        self, scans: Mapping[Field, FieldScan], context: Context, *, all_facts: bool
    ) -> tuple[dict[str, list[Hit]], tuple[Fact, ...]]:
        hits = self.hits(scans)
        if not all_facts and not self._can_fire({*hits, *context.flags}):
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
                scan = scans[name] = FieldScan(name, content, tokens, _zones(name, tokens, scans.get("title")))
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
                hits.setdefault(concept, []).extend(_hit(scan, concept, *span) for span in found)
        return hits

    def _found(self, scan: FieldScan) -> dict[str, list[_Found]]:
        found: dict[str, list[_Found]] = {}
        excluded: dict[str, list[_Span]] = {}
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
        self, scan: FieldScan, concept: str, found: Iterable[_Found], excluded: Mapping[str, Sequence[_Span]]
    ) -> list[_Found]:
        """Mentions without those that an excluded pattern or a guard speaks against, and without overlaps."""
        against = sorted(excluded.get(concept, ()))
        kept: list[_Found] = []
        known = self.rules.concepts[concept]
        guards = bool(known.before or known.after)
        reached = 0
        for first, last, pattern in sorted(found, key=_longest_first):
            if first < reached or (guards and self.guarded(scan, concept, first, last)):
                continue
            if against and overlaps(against, first, last):
                continue
            kept.append((first, last, pattern))
            reached = last
            if len(kept) >= MAX_HITS:
                break
        return kept

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

    def _topics(self, scene: Scene) -> tuple[TopicScore, ...]:
        by_need = self.rules.topics_by_need
        awake = sorted({number for name in (*scene.hits, *scene.flags) for number in by_need.get(name, ())})
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

    # --- evidence ------------------------------------------------------------------------------------------------

    def matches(
        self, scans: Mapping[Field, FieldScan], hits: Mapping[str, Sequence[Hit]], language: str
    ) -> tuple[Match, ...]:
        """All mentions as rows to keep, in the order of the article."""
        ordered = sorted((hit for found in hits.values() for hit in found), key=attrgetter("rank", "concept"))
        sentences = dict.fromkeys((hit.field, hit.sentence) for hit in ordered)
        languages = {
            (name, sentence): _sentence_language(scans[name].tokens, sentence, language) for name, sentence in sentences
        }
        texts = {name: scan.text for name, scan in scans.items()}
        return tuple([self._match(hit, texts[hit.field], languages[hit.field, hit.sentence]) for hit in ordered])

    def _match(self, hit: Hit, text: str, language: str) -> Match:
        name = hit.concept.removeprefix("fact.")
        fact: _Credit = ("fact", name, name.replace("_", " "), hit.value, "")
        kind, concept, label, pattern, listed = fact if hit.pattern < 0 else self._credits[hit.pattern]
        start, end = hit.start, hit.end
        return Match(kind, concept, label, hit.field, hit.zone, start, end, text[start:end], pattern, listed, language)

    def _evidence(
        self, scans: Mapping[Field, FieldScan], hits: Mapping[str, Sequence[Hit]], fired: Sequence[TopicScore]
    ) -> Evidence | None:
        """The sentence with the weightiest mentions of the strongest topic; of the title only when it is far ahead."""
        weights = self._weights(fired[:1])
        places: dict[tuple[Field, int], dict[str, float]] = {}
        for concept, points in weights.items():
            for hit in hits.get(concept, ()):
                places.setdefault((hit.field, hit.sentence), {})[concept] = points
        if not places:
            return None
        values = {place: sum(found.values()) * (0.5 if place[0] == "title" else 1) for place, found in places.items()}
        name, sentence = max(values, key=lambda place: (values[place], -FIELDS.index(place[0]), -place[1]))
        shown = self._weights(fired)
        marks = [hit for c in shown for hit in hits.get(c, ()) if hit.field == name and hit.sentence == sentence]
        best = {concept for concept in weights if concept in places[(name, sentence)]}
        return _cut_out(scans[name], sentence, marks, [hit for hit in marks if hit.concept in best])

    def _weights(self, scores: Iterable[TopicScore]) -> dict[str, float]:
        """The most that a mention of each concept can add to the topics."""
        weights: dict[str, float] = {}
        for score in scores:
            for concept, points in self._topic_weights[score.topic].items():
                weights[concept] = max(points, weights.get(concept, 0.0))
        return weights

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
        facts = {f"fact.{kind}" for kind in self.rules.watch.facts.kinds}
        by_need = self.rules.topics_by_need
        there |= facts
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
    rules, problems = compile_rules(watch)
    if rules is None:
        raise ConfigError(problems)
    return Matcher(rules)


def compile_pattern(text: str, language: str = "") -> Matcher:
    """A matcher of one pattern, to try it on stored articles: ``judge(...).matches`` are its mentions.

    Raises:
        ConfigError: the pattern cannot be read.
    """
    source = Source("PATTERN", 0, "")
    term = TermDef(TermId("pattern"), text, (PatternDef(text, language, source),), source)
    return compile_watch(WatchDef((), (term,), ()))


def _credit(rules: Compiled, written: Written) -> _Credit:
    """What the matches of a pattern have in common: kind, concept, label, pattern, its language."""
    concept = rules.concepts[written.concept]
    return concept.kind, concept.id, concept.label, written.text, written.language


def _concept_weights(topic: Topic) -> dict[str, float]:
    """The most that a mention of each concept can add to a topic; none for what adds nothing."""
    weights: dict[str, float] = {}
    for score in topic.definition.score:
        top = max(score.title, score.lead, score.body)
        for concept in score.concepts if top > 0 else ():
            weights[concept] = max(top, weights.get(concept, 0.0))
    return weights


def overlaps(spans: Sequence[_Span], first: int, last: int) -> bool:
    """Whether any of the sorted spans shares a word with the one given."""
    place = bisect_left(spans, (last, last))
    # Patterns are short, so only few spans before this place can reach over it.
    return any(end > first for _, end in spans[max(0, place - MAX_HITS) : place])


def _uses_facts(topic: Topic) -> bool:
    definition = topic.definition
    names = [name for score in definition.score for name in score.concepts]
    names += [word for leaf in leaves(definition.when) for word in leaf.text.split()]
    return bool(definition.again_if_new) or any(name.startswith("fact.") for name in names)


def _zones(name: Field, tokens: Tokens, title: FieldScan | None) -> tuple[tuple[Zone, bool], ...]:
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


def _hit(scan: FieldScan, concept: str, first: int, last: int, pattern: int) -> Hit:
    tokens = scan.tokens
    sentence = tokens.sentences[first]
    zone, counts = scan.zones[sentence]
    return Hit(
        concept,
        scan.name,
        zone,
        first,
        last,
        tokens.starts[first],
        tokens.ends[last - 1],
        sentence,
        tokens.paragraphs[first],
        pattern,
        rank(scan.name, first, last),
        counts,
    )


def _add_facts(hits: dict[str, list[Hit]], facts: Iterable[Fact], scans: Mapping[Field, FieldScan]) -> None:
    for fact in facts:
        scan = scans[fact.field]
        tokens = scan.tokens
        first = min(bisect_right(tokens.ends, fact.start), len(tokens) - 1)
        last = max(first + 1, bisect_left(tokens.starts, fact.end))
        hit = _hit(scan, f"fact.{fact.kind}", first, last, -1)
        hit = hit._replace(start=fact.start, end=fact.end, value=f"{fact.value} {fact.unit}".strip())
        found = hits.setdefault(hit.concept, [])
        if len(found) < MAX_HITS:
            found.append(hit)


def _by_strength(score: TopicScore) -> tuple[int, float]:
    return {"core": 0, "mention": 1, None: 2}[score.level], -score.score


def _longest_first(span: _Found) -> tuple[int, int, int]:
    return span[0], -span[1], span[2]


def _sentence_language(tokens: Tokens, sentence: int, prior: str) -> str:
    first = bisect_left(tokens.sentences, sentence)
    last = min(bisect_right(tokens.sentences, sentence), first + 30)
    return language_of(tokens.words[first:last], prior)


def _cut_out(scan: FieldScan, sentence: int, marks: Sequence[Hit], best: Sequence[Hit]) -> Evidence:
    """The sentence, cut to a window around the best mentions when it is long, with all marks that fit into it."""
    start, end = scan.tokens.sentence_spans[sentence]
    if end - start > EVIDENCE_CHARS:
        start, end = _window(scan, start, end, best or marks)
    merged: list[tuple[int, int]] = []
    for first, last in sorted({(hit.start, hit.end) for hit in marks}):
        first, last = max(first, start), min(last, end)  # noqa: PLW2901 - clipped to the window
        if first >= last:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    shifted = tuple((first - start, last - start) for first, last in merged)
    return Evidence(scan.text[start:end], scan.name, start, shifted)


def _window(scan: FieldScan, start: int, end: int, marks: Sequence[Hit]) -> tuple[int, int]:
    """At most EVIDENCE_CHARS of a long sentence, from word to word, around its first mentions."""
    tokens = scan.tokens
    first = min(hit.start for hit in marks)
    last = max(hit.end for hit in marks if hit.end - first <= EVIDENCE_CHARS) if len(marks) > 1 else marks[0].end
    room = max(0, EVIDENCE_CHARS - (last - first)) // 2
    low, high = max(start, min(first - room, end - EVIDENCE_CHARS)), 0
    low = (
        start
        if low == start
        else tokens.starts[min(bisect_left(tokens.starts, low), bisect_left(tokens.starts, first))]
    )
    high = min(end, low + EVIDENCE_CHARS)
    if high < end:
        word = bisect_right(tokens.ends, high) - 1
        high = max(tokens.ends[word], low + 1) if word >= 0 and tokens.ends[word] > low else high
    return low, high


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
