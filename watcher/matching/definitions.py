"""What an analyst wrote in ``entities.yml``, ``topics.yml`` and ``facts.yml``, before it is compiled.

Every piece remembers its file and line, so that the compiler can name the place of a mistake. All of it can be
pickled and is compared by value: two equal watches have the same ``rules_hash``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from watcher.model import EntityId, TermId, TopicId

EntityKind = Literal["person", "body", "place", "document", "outlet", "event"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was written: file, line from 1, and the path of the field."""

    file: str
    line: int
    field: str


@dataclass(frozen=True, slots=True)
class PatternDef:
    """One pattern or name, as written, and the language it is listed under (empty: any)."""

    text: str
    language: str
    source: Source


@dataclass(frozen=True, slots=True)
class EntityDef:
    """A person, body, place, document, outlet or event, with its names.

    Attributes:
        name: canonical English name.
        gender: ``m`` or ``f`` for people, so that only the forms of that gender are made.
        names: one item a name; a plain word is declined (uk, ru, pl, de, cs), ``word*`` and ``=Word`` are patterns.
        not_after, not_before: words that, next to the name, show that it is something else.
    """

    id: EntityId
    name: str
    kind: EntityKind
    names: tuple[PatternDef, ...]
    source: Source
    gender: str = ""
    wikidata: str = ""
    not_after: tuple[PatternDef, ...] = ()
    not_before: tuple[PatternDef, ...] = ()


@dataclass(frozen=True, slots=True)
class TermDef:
    """A named set of patterns; a match that an ``excluded`` pattern overlaps does not count."""

    id: TermId
    label: str
    patterns: tuple[PatternDef, ...]
    source: Source
    excluded: tuple[PatternDef, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionDef:
    """A node of a topic's gate.

    Attributes:
        op: ``item`` for a leaf, whose ``text`` is an id, ``fact.KIND``, ``feed.TAG``, ``outlet.CLASS``, or two of
            these joined by ``sentence``, ``paragraph`` or ``near/N``; else how the items are combined.
        at_least: the N of ``at_least_N``.
    """

    op: Literal["item", "all", "any", "none", "at_least"]
    source: Source
    text: str = ""
    items: tuple[ConditionDef, ...] = ()
    at_least: int = 0


@dataclass(frozen=True, slots=True)
class ScoreDef:
    """Points for each mention of any of ``concepts``, by zone, up to ``cap`` in all (None: no cap)."""

    concepts: tuple[str, ...]
    title: float
    lead: float
    body: float
    cap: float | None
    source: Source


@dataclass(frozen=True, slots=True)
class ExampleDef:
    """A text that must, or must not, make its topic fire. The first line is the title when there are several."""

    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class TopicDef:
    """A rule over terms, entities and facts.

    Attributes:
        alert_at: a score at or above it makes the article ``core``; at or above ``digest_at``, a ``mention``.
        again_if_new: kinds of fact whose new value is material news in a known story; ``quantity.troops`` is a quantity
            of one unit.
        news: the first report of a known story that is about the topic is material news.
    """

    id: TopicId
    label: str
    when: ConditionDef
    score: tuple[ScoreDef, ...]
    alert_at: float
    digest_at: float
    source: Source
    again_if_new: tuple[str, ...] = ()
    match: tuple[ExampleDef, ...] = ()
    no_match: tuple[ExampleDef, ...] = ()
    news: bool = False


@dataclass(frozen=True, slots=True)
class FactsDef:
    """What ``facts.yml`` adds to the built-in tables.

    Attributes:
        kinds: the kinds of fact to look for.
        cues: (kind, language, stem) to recognise besides the built-in ones.
    """

    kinds: tuple[str, ...] = ("plan_points", "quantity", "date", "deadline", "stance")
    cues: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WatchDef:
    """All that is to be recognised."""

    entities: tuple[EntityDef, ...]
    terms: tuple[TermDef, ...]
    topics: tuple[TopicDef, ...]
    facts: FactsDef = FactsDef()
