"""Asking the rules about themselves, and the archive about a pattern or about what the rules may lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from watcher.errors import UsageError
from watcher.matching import FormList, Matcher, compile_pattern
from watcher.matching.definitions import ConditionDef, PatternDef, ScoreDef, Source, TopicDef, WatchDef
from watcher.matching.topics import leaves
from watcher.model import Archived, ArticleText, Level, Match
from watcher.store import Log
from watcher.suggesting import Suggestions, suggest

CONTEXT = 60

Kind = Literal["entity", "term", "topic"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of ``watcher rules list``.

    Attributes:
        patterns: of a topic, the lines of its score.
        used_by: the topics that ask for it or give points for it.
    """

    id: str
    kind: Kind
    label: str
    patterns: int
    languages: tuple[str, ...]
    used_by: tuple[str, ...]
    where: str


@dataclass(frozen=True, slots=True)
class PatternShown:
    """A pattern or name with all it stands for: for each reading of it, word by word, the forms of the word."""

    pattern: str
    language: str
    excluded: bool
    readings: tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class ConceptShown:
    """An entity or term."""

    id: str
    kind: Kind
    label: str
    where: str
    patterns: tuple[PatternShown, ...]
    used_by: tuple[str, ...]
    entity_kind: str = ""
    gender: str = ""
    wikidata: str = ""
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicShown:
    """A topic, as it was understood.

    Attributes:
        gate: the condition, a line for each all, any, none or at_least with its ids, indented by its depth.
    """

    id: str
    label: str
    where: str
    gate: tuple[str, ...]
    score: tuple[str, ...]
    alert_at: float
    digest_at: float
    again_if_new: tuple[str, ...]
    match: tuple[str, ...]
    no_match: tuple[str, ...]
    news: bool = False
    kind: Kind = "topic"


def list_rules(watch: WatchDef) -> list[Listed]:
    """Every topic, term and entity, in this order."""
    uses = _uses(watch)
    topics = [
        Listed(t.id, "topic", t.label, len(t.score), (), (), _place(t.source)) for t in watch.topics
    ]  # fmt: skip
    terms = [
        Listed(t.id, "term", t.label, len(t.patterns), _languages(t.patterns), uses.get(t.id, ()), _place(t.source))
        for t in watch.terms
    ]
    entities = [
        Listed(e.id, "entity", e.name, len(e.names), _languages(e.names), uses.get(e.id, ()), _place(e.source))
        for e in watch.entities
    ]
    return topics + terms + entities


def show_rule(matcher: Matcher, name: str, language: str = "") -> tuple[TopicShown | ConceptShown, ...]:
    """What goes by an id: a term or an entity, and a topic, which may have the same id.

    Args:
        language: only patterns that are listed under it; empty: all.

    Raises:
        UsageError: nothing does.
    """
    watch = matcher.rules.watch
    found: list[TopicShown | ConceptShown] = [_topic(topic) for topic in watch.topics if topic.id == name]
    if concept := _concept(matcher, name, language):
        found.append(concept)
    if found:
        return tuple(found)
    known = [rule.id for rule in list_rules(watch)]
    close = get_close_matches(name.lower(), known, n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "'watcher rules list' tells what there is."
    raise UsageError(f"There is no topic, term or entity {name!r}. {hint}")


def _concept(matcher: Matcher, name: str, language: str) -> ConceptShown | None:
    watch = matcher.rules.watch
    forms = (form for form in matcher.forms(name) if language in ("", form.language))
    uses, patterns = _uses(watch).get(name, ()), tuple(_patterns(forms))
    for term in watch.terms:
        if term.id == name:
            return ConceptShown(term.id, "term", term.label, _place(term.source), patterns, uses)
    for entity in watch.entities:
        if entity.id == name:
            return ConceptShown(
                id=entity.id,
                kind="entity",
                label=entity.name,
                where=_place(entity.source),
                patterns=patterns,
                used_by=uses,
                entity_kind=entity.kind,
                gender=entity.gender,
                wikidata=entity.wikidata,
                not_after=tuple(guard.text for guard in entity.not_after),
                not_before=tuple(guard.text for guard in entity.not_before),
            )
    return None


def _patterns(forms: Iterable[FormList]) -> Iterator[PatternShown]:
    readings: dict[tuple[str, str, bool], list[tuple[tuple[str, ...], ...]]] = {}
    for form in forms:
        readings.setdefault((form.pattern, form.language, form.excluded), []).append(form.words)
    for (pattern, language, excluded), words in readings.items():
        yield PatternShown(pattern, language, excluded, tuple(words))


def _topic(topic: TopicDef) -> TopicShown:
    return TopicShown(
        id=topic.id,
        label=topic.label,
        where=_place(topic.source),
        gate=tuple(_condition(topic.when)),
        score=tuple(_score(line) for line in topic.score),
        alert_at=topic.alert_at,
        digest_at=topic.digest_at,
        again_if_new=topic.again_if_new,
        match=tuple(example.text for example in topic.match),
        no_match=tuple(example.text for example in topic.no_match),
        news=topic.news,
    )


def _condition(condition: ConditionDef, depth: int = 0) -> Iterator[str]:
    indent = "  " * depth
    if condition.op == "item":
        yield indent + condition.text
        return
    name = f"at_least_{condition.at_least}" if condition.op == "at_least" else condition.op
    plain = ", ".join(item.text for item in condition.items if item.op == "item")
    yield f"{indent}{name}: {plain}".rstrip()
    for item in condition.items:
        if item.op != "item":
            yield from _condition(item, depth + 1)


def _score(line: ScoreDef) -> str:
    same = line.title == line.lead == line.body
    points = f"{line.title:+g} each" if same else f"title {line.title:+g}, lead {line.lead:+g}, body {line.body:+g}"
    cap = f", at most {line.cap:g}" if line.cap is not None else ""
    return f"{' '.join(line.concepts)}: {points}{cap}"


def _uses(watch: WatchDef) -> dict[str, tuple[str, ...]]:
    uses: dict[str, dict[str, None]] = {}
    for topic in watch.topics:
        names = [word for leaf in leaves(topic.when) for word in leaf.text.split()]
        for name in names + [name for line in topic.score for name in line.concepts]:
            uses.setdefault(name, {})[topic.id] = None
    return {name: tuple(topics) for name, topics in uses.items()}


def _languages(patterns: Iterable[PatternDef]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pattern.language or "any" for pattern in patterns))


def _place(source: Source) -> str:
    return f"{source.file}:{source.line}"


# --- the archive ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a pattern matches, with the words around it; level is that of the hit that there is already."""

    url: str
    outlet: str
    seen_at: datetime
    language: str
    level: Level | None
    title: str
    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a pattern finds in the archive.

    Attributes:
        articles: how many were looked at; matched: in how many it is; known: how many of these are hits already.
        words: each wording that matched, in lower case, and how often, the commonest first.
        found: the newest mentions, one an article.
    """

    pattern: str
    articles: int
    matched: int
    known: int
    mentions: int
    words: dict[str, int]
    found: tuple[Mention, ...]


def try_pattern(
    pattern: str, database: Path, *, since: datetime | None = None, language: str = "", limit: int = 20
) -> Trial:
    """Run one pattern over the stored articles; nothing is changed.

    Args:
        language: only articles in this language; empty: all.
        limit: at most so many mentions are given back; all are counted.

    Raises:
        ConfigError: the pattern cannot be read.
        UsageError: there is no database yet.
    """
    matcher = compile_pattern(pattern, language)
    articles, known = 0, 0
    matched: list[Mention] = []
    words: Counter[str] = Counter()
    with Log(database) as log:
        for article in log.archived(since=since, language=language):
            articles += 1
            matches = matcher.judge(article.text).matches
            words.update(" ".join(match.text.lower().split()) for match in matches)
            if matches:
                known += article.level is not None
                matched.append(_mention(article, matches[0]))
    return Trial(
        pattern, articles, len(matched), known, words.total(), dict(words.most_common()), tuple(matched[:limit])
    )


def _mention(article: Archived, match: Match) -> Mention:
    text = article.text
    whole = _field(text, match)
    return Mention(
        url=article.url,
        outlet=article.outlet,
        seen_at=article.seen_at,
        language=text.language,
        level=article.level,
        title=text.title,
        before=whole[max(0, match.start - CONTEXT) : match.start],
        text=match.text,
        after=whole[match.end : match.end + CONTEXT],
    )


def _field(text: ArticleText, match: Match) -> str:
    return {"title": text.title, "summary": text.summary, "text": text.text}[match.field]


def suggestions(matcher: Matcher, database: Path, *, since: datetime | None, limit: int) -> Suggestions:
    """What the rules may lack, by what the archive holds.

    Raises:
        UsageError: there is no database yet.
    """
    with Log(database) as log:
        noted = list(log.archived(since=since, noted=True))
        return suggest(matcher, noted, log.archived(since=since, noted=False), limit=limit)
