"""A report: what a judged article says to its story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from watcher.matching.definitions import EntityKind, WatchDef
from watcher.model import (
    ArticleText,
    EntityId,
    Fact,
    Field,
    Judgement,
    Level,
    Match,
    Outlet,
    ReadOutcome,
    TopicId,
    Zone,
)
from watcher.stories.copies import Shingles, shingles
from watcher.stories.news import NAMELESS, STANCES, Claim
from watcher.stories.origins import cited, newsrooms
from watcher.text import tokenize

Weights = tuple[tuple[str, float], ...]

# How much it says of the event that something stands there. The body tells the history too, so it counts for less,
# and the more of it there is, the less each word of it.
_ZONES: Final[Mapping[Zone, float]] = {"title": 1.0, "lead": 0.8, "body": 0.5}
_BODY_ANCHORS: Final = 10
_ANCHORED_FACTS: Final = {"plan_points": "plan", "quantity": "number", "date": "date", "deadline": "date"}
_LEAD_CHARS: Final = 600
_STEM: Final = 5
_SHORTEST: Final = 4
_MOST_STEMS: Final = 60
_VOICE_NEAR: Final = 40


@dataclass(frozen=True, slots=True)
class Glossary:
    """What is known of the names in a text.

    Attributes:
        kinds: of each entity of the rules.
        names: canonical English, by entity.
        families: of the newsrooms among the entities, see :func:`watcher.stories.origins.newsrooms`.
        again: the kinds of fact whose new value is news, by topic; ``quantity.troops`` is that of one unit.
        news: labels of the topics of which the first report is news.
    """

    kinds: Mapping[EntityId, EntityKind] = field(default_factory=dict)
    names: Mapping[EntityId, str] = field(default_factory=dict)
    families: Mapping[EntityId, str] = field(default_factory=dict)
    again: Mapping[TopicId, tuple[str, ...]] = field(default_factory=dict)
    news: Mapping[TopicId, str] = field(default_factory=dict)


def glossary_of(watch: WatchDef, outlets: Iterable[Outlet]) -> Glossary:
    """What a watch knows of names."""
    return Glossary(
        kinds={entity.id: entity.kind for entity in watch.entities},
        names={entity.id: entity.name for entity in watch.entities},
        families=newsrooms(watch.entities, outlets),
        again={topic.id: topic.again_if_new for topic in watch.topics},
        news={topic.id: topic.label for topic in watch.topics if topic.news},
    )


@dataclass(frozen=True, slots=True)
class Report:
    """What one hit contributes to a story.

    Attributes:
        key: the key of its article; a report of a known key replaces the earlier one.
        at: when it was published, or found when that is unknown or in the future; stories are told by this time.
        family: who owns the outlet.
        origin: the family of the newsroom that it takes its news from; its own when it cites none.
        source: the name of that newsroom.
        cites: the newsroom that it cites, or empty.
        level: None for an article for which no topic fired.
        anchors: (``kind:value``, weight of its place), sorted: what carries across languages.
        words: (``word:`` or ``given:`` and its beginning, weight), sorted: what of title and lead no rule knows.
        claims: facts of title and lead, and topics, that may be news; none of a quiet report.
        quiet: nobody may be told of it, so what it says has not been told.
    """

    key: str
    at: datetime
    found_at: datetime
    outlet: str
    family: str
    official: bool
    language: str
    title: str
    level: Level | None
    anchors: Weights
    words: Weights
    claims: tuple[Claim, ...]
    shingles: Shingles
    origin: str
    source: str
    cites: str = ""
    quiet: bool = False

    @property
    def prominent(self) -> frozenset[str]:
        """The entities, and other values, of title and lead."""
        return frozenset(name.partition(":")[2] for name, weight in self.anchors if weight >= _ZONES["lead"])


def report_of(outcome: ReadOutcome, outlet: Outlet, glossary: Glossary, *, found_at: datetime) -> Report:
    """What a judged article says to its story.

    Args:
        outcome: of an article; it need not be a hit.
        outlet: who published it.
        glossary: what is known of the names in it.
        found_at: when it was judged.
    """
    job, text, judgement = outcome.job, outcome.text, outcome.judgement
    at = job.published_at if job.published_at and job.published_at <= found_at else found_at
    official = outlet.kind == "official"
    cites = "" if official else _cites(text, judgement.matches, glossary.kinds)
    return Report(
        key=job.key,
        at=at,
        found_at=found_at,
        outlet=outlet.name,
        family=outlet.family,
        official=official,
        language=judgement.language,
        title=text.title or (judgement.evidence.text if judgement.evidence else ""),
        level=judgement.level,
        anchors=_anchors(text, judgement, glossary.kinds),
        words=_words(text, judgement, glossary.kinds),
        claims=() if job.quiet_reason else tuple(dict.fromkeys(_claims(text, judgement, glossary))),
        shingles=shingles(text.title, text.text or text.summary),
        origin=glossary.families.get(EntityId(cites), cites) or outlet.family or outlet.id,
        source=glossary.names.get(EntityId(cites), "") or outlet.name,
        cites=cites,
        quiet=bool(job.quiet_reason),
    )


# --- anchors ------------------------------------------------------------------------------------------------------


def _anchors(text: ArticleText, judgement: Judgement, kinds: Mapping[EntityId, EntityKind]) -> Weights:
    zones: dict[str, Zone] = {}
    for anchor, zone in _anchored(text, judgement, kinds):
        if _ZONES[zone] > _ZONES[zones.get(anchor, "body")] or anchor not in zones:
            zones[anchor] = zone
    in_body = Counter(zones.values())["body"]
    body = _ZONES["body"] * min(1.0, _BODY_ANCHORS / max(1, in_body))
    return tuple(sorted((anchor, body if zone == "body" else _ZONES[zone]) for anchor, zone in zones.items()))


def _anchored(
    text: ArticleText, judgement: Judgement, kinds: Mapping[EntityId, EntityKind]
) -> Iterator[tuple[str, Zone]]:
    for match in judgement.matches:
        if match.kind == "entity":
            yield f"{kinds.get(EntityId(match.concept), 'body')}:{match.concept}", match.zone
        elif match.kind == "term":
            yield f"term:{match.concept}", match.zone
    lead = _lead_end(text, judgement.matches)
    for fact in judgement.facts:
        if fact.kind in _ANCHORED_FACTS:
            unit = f" {fact.unit}" if fact.unit else ""
            yield f"{_ANCHORED_FACTS[fact.kind]}:{fact.value}{unit}", _zone(fact, lead)
    for topic in judgement.fired:
        yield f"topic:{topic.topic}", "title" if topic.level == "core" else "body"


def _lead_end(text: ArticleText, matches: Sequence[Match]) -> int:
    """Where the lead of the text ends, as the matcher saw it; a summary is the lead when there is one."""
    ends = [match.end for match in matches if match.field == "text" and match.zone == "lead"]
    if text.summary:
        return max(ends, default=0)
    sentences = tokenize(text.text[:_LEAD_CHARS]).sentence_spans
    return max([*ends, *(end for _, end in sentences[:2])], default=0)


def _zone(fact: Fact, lead: int) -> Zone:
    match fact.field:
        case "title":
            return "title"
        case "summary":
            return "lead"
        case _:
            return "lead" if fact.start < lead else "body"


# --- words --------------------------------------------------------------------------------------------------------


def _words(text: ArticleText, judgement: Judgement, kinds: Mapping[EntityId, EntityKind]) -> Weights:
    """Beginnings of the words of title and lead that are no part of a match: matches are anchors already."""
    taken: dict[Field, list[tuple[int, int]]] = {"title": [], "summary": [], "text": []}
    people: dict[Field, set[int]] = {"title": set(), "summary": set(), "text": set()}
    for match in judgement.matches:
        taken[match.field].append((match.start, match.end))
        if match.kind == "entity" and kinds.get(EntityId(match.concept)) == "person":
            people[match.field].add(match.start)
    for fact in judgement.facts:
        taken[fact.field].append((fact.start, fact.end))
    found: dict[str, float] = {}
    for where, part, weight in _parts(text):
        for stem in _stems(part, taken[where], people[where]):
            if len(found) < _MOST_STEMS:
                found.setdefault(stem, weight)
    return tuple(sorted(found.items()))


def _parts(text: ArticleText) -> Iterator[tuple[Field, str, float]]:
    yield "title", text.title, _ZONES["title"]
    if text.summary:
        yield "summary", text.summary[:_LEAD_CHARS], _ZONES["body"]
    yield "text", text.text[:_LEAD_CHARS], _ZONES["body"]


def _stems(text: str, taken: Sequence[tuple[int, int]], people: Collection[int]) -> Iterator[str]:
    """The beginnings of words; what stands before a family name with a capital is a ``given:`` name, and tells less."""
    covered = bytearray(len(text) + 1)
    for start, end in taken:
        if start < len(text):
            covered[start : min(end, len(text))] = b"\1" * (min(end, len(text)) - start)
    tokens = tokenize(text)
    before = ""
    for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True):
        unspaced = len(word) == 1 and word > "\u3000"
        if covered[start] or word.isdecimal():
            before = ""
        elif unspaced:
            if before:
                yield f"word:{before}{word}"
            before = word
        else:
            before = ""
            if len(word) >= _SHORTEST:
                kind = "given" if end + 1 in people and text[start].isupper() else "word"
                yield f"{kind}:{word[:_STEM]}"


# --- origin and claims --------------------------------------------------------------------------------------------


def _cites(text: ArticleText, matches: Sequence[Match], kinds: Mapping[EntityId, EntityKind]) -> str:
    spans: dict[Field, list[tuple[int, int, EntityId]]] = {"title": [], "summary": [], "text": []}
    for match in matches:
        if match.kind == "entity" and kinds.get(EntityId(match.concept)) == "outlet":
            spans[match.field].append((match.start, match.end, EntityId(match.concept)))
    lead = [(start, end, newsroom) for start, end, newsroom in spans["text"] if end <= _LEAD_CHARS]
    return (
        cited(text.title, spans["title"], title=True)
        or cited(text.summary, spans["summary"], title=False)
        or cited(text.text[:_LEAD_CHARS], lead, title=False)
        or ""
    )


def _claims(text: ArticleText, judgement: Judgement, glossary: Glossary) -> Iterator[Claim]:
    for topic in judgement.fired:
        if topic.level == "core" and topic.topic in glossary.news:
            yield Claim("topic", topic.topic, name=glossary.news[topic.topic])
    wanted = {kind for topic in judgement.fired for kind in glossary.again.get(topic.topic, ())}
    lead = _lead_end(text, judgement.matches)
    for fact in judgement.facts:
        if not wanted.isdisjoint({fact.kind, f"{fact.kind}.{fact.unit}"}) and _zone(fact, lead) != "body":
            if fact.kind != "stance":
                yield Claim(fact.kind, fact.value, fact.unit)
            elif fact.value in STANCES:
                voice = fact.speaker or _voice(text, fact, judgement.matches, glossary.kinds)
                if voice or fact.value in NAMELESS:
                    yield Claim(fact.kind, fact.value, "", voice, glossary.names.get(EntityId(voice), ""))


def _voice(text: ArticleText, fact: Fact, matches: Sequence[Match], kinds: Mapping[EntityId, EntityKind]) -> str:
    """The body that stands right before a stance without a speaker: "the State Department denied …"."""
    whole = getattr(text, fact.field)
    near = [
        match
        for match in matches
        if match.kind == "entity" and match.field == fact.field and 0 <= fact.start - match.end <= _VOICE_NEAR
        if kinds.get(EntityId(match.concept)) == "body"
    ]
    nearest = max(near, key=lambda match: match.end, default=None)
    if nearest is None or any(mark in whole[nearest.end : fact.start] for mark in ".!?;:\n"):
        return ""
    return nearest.concept
