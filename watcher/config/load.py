"""Reads a configuration directory as a whole, and tells everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from watcher.config.alerts import Alerts, default_alerts, read_alerts
from watcher.config.conditions import References
from watcher.config.files import FILES, OPTIONAL, TopicsFile
from watcher.config.findings import Findings
from watcher.config.nodes import Document, read, read_text
from watcher.config.nodes import Mapping as Mapping_
from watcher.config.secrets import Secrets
from watcher.config.sources import Scope, read_feeds, read_settings
from watcher.config.validate import check_top
from watcher.config.watch import read_entities, read_facts, read_terms, read_topics
from watcher.errors import ConfigError, Problem
from watcher.facts import nameable
from watcher.matching.definitions import FactsDef, WatchDef
from watcher.model import Feed, HealthRules, Outlet, Route, Settings, Target


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that a configuration directory says.

    Attributes:
        warnings: what may be a mistake, but keeps nothing from working.
        secrets: texts that must not be shown anywhere, longest first; each is 4 characters or longer.
    """

    settings: Settings
    outlets: tuple[Outlet, ...]
    feeds: tuple[Feed, ...]
    watch: WatchDef
    targets: tuple[Target, ...]
    routes: tuple[Route, ...]
    health: HealthRules
    warnings: tuple[Problem, ...]
    secrets: tuple[str, ...] = field(repr=False)
    directory: Path


def load(directory: Path, env: Mapping[str, str], *, instead: Mapping[str, str] | None = None) -> Config:
    """Reads and checks all files of a configuration directory.

    Args:
        directory: holds watcher.yml, feeds.yml, entities.yml, topics.yml, and perhaps facts.yml and alerts.yml.
        env: where ``${NAME}`` is looked up.
        instead: texts by name of the file, to be read in place of those on the disk.

    Raises:
        ConfigError: with every problem of all files, in the order of files and lines.
    """
    findings = Findings()
    config = _load(directory, env, findings, instead or {})
    problems = in_order(findings.problems)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ConfigError(problems)
    return replace(config, warnings=tuple(problems))


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Problems by file, as the files build on each other, and line; each once."""
    order = {name: index for index, name in enumerate(FILES)}
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda each: (order.get(Path(each.file).name, -1), each.line, each.field, each.message))


def _load(directory: Path, env: Mapping[str, str], findings: Findings, instead: Mapping[str, str]) -> Config:
    documents = _documents(directory, findings)
    documents |= {name: read_text(str(directory / name), text, findings) for name, text in instead.items()}
    secrets = Secrets(env, directory, findings)
    scopes = {name: Scope(document, findings, secrets) for name, document in documents.items()}
    settings = read_settings(scopes["watcher.yml"])
    outlets, feeds = read_feeds(scopes["feeds.yml"], settings)
    watch = _watch(scopes)
    alerts = _alerts(scopes, settings)
    findings.hide(secrets.foreign)
    hidden = tuple(sorted(secrets.found, key=lambda text: (-len(text), text)))
    return Config(settings, outlets, feeds, watch, alerts.targets, alerts.routes, alerts.health, (), hidden, directory)


def _documents(directory: Path, findings: Findings) -> dict[str, Document]:
    """Every file that is there; one that is missing, though it must not be, is a document without content."""
    if not any((directory / name).exists() for name in FILES):
        what = "holds no configuration" if directory.is_dir() else "is no directory"
        findings.at(str(directory), 0, what, f"write one with: watcher init {directory}")
        return {name: Document(str(directory / name), None) for name in FILES}
    documents = {}
    for name in FILES:
        path = directory / name
        if path.exists():
            documents[name] = read(path, findings)
        else:
            documents[name] = Document(str(path), None)
            if name not in OPTIONAL:
                findings.at(str(path), 0, "the file is missing", "`watcher init` in an empty directory writes a sample")
    return documents


def _watch(scopes: Mapping[str, Scope]) -> WatchDef:
    facts = read_facts(scopes["facts.yml"]) if scopes["facts.yml"].document.root else FactsDef()
    entities = read_entities(scopes["entities.yml"])
    scope = scopes["topics.yml"]
    if not check_top(scope.document, TopicsFile, scope.findings):
        return WatchDef(entities, (), (), facts)
    entity_lines = {each.id: f"{each.source.file}:{each.source.line}" for each in entities}
    terms = read_terms(scope, {str(key): place for key, place in entity_lines.items()})
    topics = read_topics(scope, _references(scopes, facts))
    return WatchDef(entities, terms, topics, facts)


def _references(scopes: Mapping[str, Scope], facts: FactsDef) -> References:
    """Names as they are written, so that a mistake inside an entity does not make references to it dangle."""
    entities, sources = scopes["entities.yml"].document, scopes["feeds.yml"].document
    return References(
        terms=frozenset(scopes["topics.yml"].document.keys_at("terms")),
        entities=frozenset(entities.keys_at("entities")) if _has(entities, "entities") else None,
        facts=frozenset(facts.kinds),
        news=nameable(facts),
        feed_tags=_tags(sources) if _has(sources, "outlets") else None,
    )


def _has(document: Document, section: str) -> bool:
    """Whether a section is there to be referred to; when it is not, that is told once, and not for each reference."""
    return isinstance(document.node((section,)), Mapping_)


def _tags(document: Document) -> frozenset[str]:
    data = document.data()
    outlets = data.get("outlets") if isinstance(data, dict) else None
    feeds = [
        feed
        for outlet in (outlets.values() if isinstance(outlets, dict) else ())
        if isinstance(outlet, dict) and isinstance(outlet.get("feeds"), list)
        for feed in outlet["feeds"]
        if isinstance(feed, dict)
    ]
    return frozenset(str(tag) for feed in feeds if isinstance(feed.get("tags"), list) for tag in feed["tags"])


def _alerts(scopes: Mapping[str, Scope], settings: Settings) -> Alerts:
    scope = scopes["alerts.yml"]
    if scope.document.root is None:
        return default_alerts()
    topics = scopes["topics.yml"].document
    return read_alerts(scope, settings, topics.keys_at("topics") if _has(topics, "topics") else None)
