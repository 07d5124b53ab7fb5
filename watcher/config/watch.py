"""``entities.yml``, ``topics.yml`` and ``facts.yml``: what is to be recognised.

Patterns are taken over as written: the matching engine compiles them and reports what is wrong inside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from watcher.config.conditions import References, read_condition, read_score
from watcher.config.files import (
    EntitiesFile,
    EntityItem,
    FactsFile,
    TermItem,
    TopicItem,
    TopicsFile,
)
from watcher.config.findings import Path_, did_you_mean, dotted
from watcher.config.nodes import Document, Listing, Scalar
from watcher.config.sources import Scope
from watcher.config.validate import check_items, check_top, check_value
from watcher.config.values import ANY_LANGUAGE, check_language_or_any
from watcher.matching.definitions import (
    ConditionDef,
    EntityDef,
    ExampleDef,
    FactsDef,
    PatternDef,
    ScoreDef,
    Source,
    TermDef,
    TopicDef,
)
from watcher.model import EntityId, TermId, TopicId

_TERM_KEYS = ("label", "not")
_RESERVED = frozenset({"sentence", "paragraph", "near", "fact", "feed", "outlet"})


# --- texts with their lines ---------------------------------------------------------------------------------------


def source(document: Document, path: Path_, line: int = 0) -> Source:
    """Where a value is written."""
    return Source(document.file, line or document.line(path), dotted(path))


def _lines(document: Document, path: Path_) -> Iterator[tuple[str, int]]:
    """Each line of a text, or of the texts of a list, without comments and blank lines, with its number."""
    node = document.node(path)
    for scalar in node.items if isinstance(node, Listing) else (node,):
        for text, line in scalar.lines() if isinstance(scalar, Scalar) else ():
            # As in YAML: `#` at the beginning, or after a blank, makes the rest a comment.
            written = re.sub(r"(^|\s)#.*$", "", text).strip()
            if written:
                yield written, line


def patterns(document: Document, path: Path_, language: str = "") -> tuple[PatternDef, ...]:
    """One pattern a line."""
    found = _lines(document, path)
    return tuple(PatternDef(text, language, source(document, path, line)) for text, line in found)


def names(document: Document, path: Path_, language: str = "") -> tuple[PatternDef, ...]:
    """Names separated by commas or lines."""
    return tuple(
        PatternDef(name.strip(), language, source(document, path, line))
        for text, line in _lines(document, path)
        for name in text.split(",")
        if name.strip()
    )


def _tag(language: str) -> str:
    return "" if language == ANY_LANGUAGE else language


def _report_empty(scope: Scope, path: Path_, found: Sequence[object]) -> None:
    node = scope.document.node(path)
    if not found and not (isinstance(node, Scalar) and node.empty):
        scope.findings.error(scope.document, path, "holds nothing to look for", "write at least one, or remove it")


# --- entities -----------------------------------------------------------------------------------------------------


def read_entities(scope: Scope) -> tuple[EntityDef, ...]:
    """Every well-formed entity."""
    if not check_top(scope.document, EntitiesFile, scope.findings):
        return ()
    items = check_items(scope.document, "entities", EntitiesFile, EntityItem, scope.findings)
    return tuple(_entity(scope, path, item) for path, item in items if item is not None)


def _entity(scope: Scope, path: Path_, item: EntityItem) -> EntityDef:
    document = scope.document
    _check_reserved(scope, path)
    if item.gender and item.kind != "person":
        scope.findings.error(document, (*path, "gender"), f"a {item.kind} has no gender", "remove it")
    return EntityDef(
        id=EntityId(str(path[-1])),
        name=item.name,
        kind=item.kind,
        names=tuple(name for language in item.names for name in _names_of(scope, path, language)),
        source=source(document, path),
        gender=item.gender or "",
        wikidata=item.wikidata or "",
        not_after=names(document, (*path, "not_after")),
        not_before=names(document, (*path, "not_before")),
    )


def _names_of(scope: Scope, path: Path_, language: str) -> tuple[PatternDef, ...]:
    own = (*path, "names", language)
    found = names(scope.document, own, _tag(language))
    _report_empty(scope, own, found)
    return found


def _check_reserved(scope: Scope, path: Path_) -> None:
    if path[-1] in _RESERVED:
        message = f"`{path[-1]}` is a word of the rule language"
        scope.findings.error(scope.document, path, message, f"choose another id, such as {path[-1]}_1")


# --- terms --------------------------------------------------------------------------------------------------------


def read_terms(scope: Scope, entity_lines: dict[str, str]) -> tuple[TermDef, ...]:
    """Every well-formed term.

    Args:
        entity_lines: ids of entities, which no term may share, and where they are.
    """
    terms = []
    for path, item in check_items(scope.document, "terms", TopicsFile, TermItem, scope.findings):
        _check_reserved(scope, path)
        if path[-1] in entity_lines:
            message = f"`{path[-1]}` is the id of an entity too, at {entity_lines[str(path[-1])]}"
            scope.findings.error(scope.document, path, message, "rename one: rules could mean either")
        terms.append(_term(scope, path, item.label if item else ""))
    return tuple(terms)


def _term(scope: Scope, path: Path_, label: str) -> TermDef:
    document = scope.document
    found: list[PatternDef] = []
    languages = [key for key in dict.fromkeys(document.keys_at(*path)) if key not in _TERM_KEYS]
    for language in languages:
        found += _patterns_of(scope, path, language)
    if not languages:
        scope.findings.error(document, path, "the term has no patterns", "add some under a language, such as `en: |`")
    excluded = patterns(document, (*path, "not"))
    return TermDef(TermId(str(path[-1])), label or str(path[-1]), tuple(found), source(document, path), excluded)


def _patterns_of(scope: Scope, path: Path_, language: str) -> tuple[PatternDef, ...]:
    own = (*path, language)
    near = did_you_mean(language, _TERM_KEYS)
    if near and len(language) > 2 and language != ANY_LANGUAGE:
        scope.findings.error(scope.document, own, f"unknown key `{language}`", near)
    elif scope.checked(own, language, check_language_or_any):
        found = patterns(scope.document, own, _tag(language))
        _report_empty(scope, own, found)
        return found
    return ()


# --- topics -------------------------------------------------------------------------------------------------------


def read_topics(scope: Scope, references: References) -> tuple[TopicDef, ...]:
    """Every well-formed topic, its references checked."""
    topics = []
    for path, item in check_items(scope.document, "topics", TopicsFile, TopicItem, scope.findings):
        when = read_condition(scope, (*path, "when"), references)
        score = read_score(scope, (*path, "score"), references)
        if item is not None:
            _check_topic(scope, path, item, references)
        if item is not None and when is not None:
            topics.append(_topic(scope.document, path, item, when, score))
    return tuple(topics)


def _check_topic(scope: Scope, path: Path_, item: TopicItem, references: References) -> None:
    if item.digest_at is not None and item.alert_at < item.digest_at:
        message = f"alert_at ({item.alert_at:g}) is below digest_at ({item.digest_at:g})"
        remedy = "an alert needs at least the score of a mention"
        scope.findings.error(scope.document, (*path, "alert_at"), message, remedy)
    for index, fact in enumerate(item.again_if_new):
        references.check_fact(scope, (*path, "again_if_new", index), fact)
    if not item.examples.match and not item.examples.no_match:
        message = "the topic has no examples"
        remedy = "add texts that must match and texts that must not"
        scope.findings.warning(scope.document, path, message, remedy)


def _topic(
    document: Document, path: Path_, item: TopicItem, when: ConditionDef, score: tuple[ScoreDef, ...]
) -> TopicDef:
    return TopicDef(
        id=TopicId(str(path[-1])),
        label=item.label or str(path[-1]),
        when=when,
        score=score,
        alert_at=item.alert_at,
        digest_at=item.alert_at if item.digest_at is None else item.digest_at,
        source=source(document, path),
        again_if_new=tuple(fact.removeprefix("fact.") for fact in item.again_if_new),
        match=_examples(document, (*path, "examples", "match"), item.examples.match),
        no_match=_examples(document, (*path, "examples", "no_match"), item.examples.no_match),
        news=item.news,
    )


def _examples(document: Document, path: Path_, texts: Sequence[str]) -> tuple[ExampleDef, ...]:
    return tuple(ExampleDef(text.strip(), source(document, (*path, index))) for index, text in enumerate(texts))


# --- facts --------------------------------------------------------------------------------------------------------


def read_facts(scope: Scope) -> FactsDef:
    """The kinds of fact, and the cues beside the built-in ones."""
    item = check_value(scope.document, (), FactsFile, scope.findings)
    if item is None:
        return FactsDef()
    cues = tuple(
        (kind, _tag(language), cue.text)
        for kind, languages in item.cues.items()
        for language in languages
        for cue in names(scope.document, ("cues", kind, language))
    )
    return FactsDef(kinds=item.kinds, cues=cues)
