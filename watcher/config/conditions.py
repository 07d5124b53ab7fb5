"""``when`` and ``score`` of a topic, with the references in them checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from watcher.config.findings import Path_, did_you_mean, dotted, one_of
from watcher.config.nodes import Listing, Mapping, Node, Scalar
from watcher.config.sources import Scope
from watcher.matching.definitions import ConditionDef, ScoreDef, Source
from watcher.model import OutletClass

_CLASSES = get_args(OutletClass)
_JOIN = re.compile(r"sentence|paragraph|near/[1-9]\d{0,3}")
_HOW = "write an id, fact.KIND, feed.TAG, outlet.CLASS, or two of them joined by `sentence`, `paragraph` or `near/8`"
_OPS = ("all", "any", "none", "at_least_2")
_ZONES = ("title", "lead", "body", "each", "max")


@dataclass(frozen=True, slots=True)
class References:
    """What a topic may name. A set is None when the file that defines it could not be read.

    Attributes:
        news: the facts whose new value may be news: kinds, and quantities of one unit (``quantity.troops``).
    """

    terms: frozenset[str]
    entities: frozenset[str] | None
    facts: frozenset[str]
    news: frozenset[str]
    feed_tags: frozenset[str] | None

    def check(self, scope: Scope, path: Path_, name: str, *, mentions_only: bool = False) -> None:
        """Reports a name that stands for nothing."""
        space, dot, _ = name.partition(".")
        if not dot:
            self._check_concept(scope, path, name)
        elif space == "fact":
            self._check_in(scope, path, name, self.facts)
        elif space in {"feed", "outlet"} and mentions_only:
            message = f"`{name}` has no mentions that could be counted"
            scope.findings.error(scope.document, path, message, "use it in `when` instead")
        elif space == "feed":
            self._check_in(scope, path, name, self.feed_tags)
        elif space == "outlet":
            self._check_in(scope, path, name, frozenset(_CLASSES))
        else:
            scope.findings.error(scope.document, path, f"`{name}` stands for nothing", _HOW)

    def check_fact(self, scope: Scope, path: Path_, name: str) -> None:
        """Reports what is not a kind of fact, or a quantity of one unit, with or without ``fact.`` before it."""
        self._check_in(scope, path, f"fact.{name.removeprefix('fact.')}", self.news)

    def _check_concept(self, scope: Scope, path: Path_, name: str) -> None:
        if name in self.terms or self.entities is None or name in self.entities:
            return
        known = self.terms | self.entities
        hint = f"fact.{name}" if name in self.facts else ""
        remedy = (
            f"did you mean `{hint}`?" if hint else did_you_mean(name, known, "define it in topics.yml under `terms`")
        )
        scope.findings.error(scope.document, path, f"there is no term or entity `{name}`", remedy)

    def _check_in(self, scope: Scope, path: Path_, name: str, known: frozenset[str] | None) -> None:
        space, _, rest = name.partition(".")
        if known is None or rest in known:
            return
        what = {"fact": "kind of fact", "feed": "feed with the tag", "outlet": "class of outlet"}[space]
        near = did_you_mean(rest, known).replace("`", f"`{space}.", 1)
        remedy = near or one_of(f"{space}.{each}" for each in known)
        # A tag is a label, not a definition: a watch with other feeds than the topics were written for still works.
        report = scope.findings.warning if space == "feed" else scope.findings.error
        report(scope.document, path, f"there is no {what} `{rest}`", remedy)


def _source(scope: Scope, path: Path_, line: int) -> Source:
    return Source(scope.document.file, line, dotted(path))


# --- when ---------------------------------------------------------------------------------------------------------


def read_condition(scope: Scope, path: Path_, references: References) -> ConditionDef | None:
    """The condition at a path; None, and problems, when it is malformed."""
    node = scope.document.node(path)
    return None if node is None else _condition(scope, path, node, references)


def _condition(scope: Scope, path: Path_, node: Node, references: References) -> ConditionDef | None:
    line = scope.document.line(path)
    match node:
        case Scalar(empty=True):
            scope.findings.error(scope.document, path, "has no value", _HOW)
        case Scalar():
            return _item(scope, path, node, references)
        case Listing():
            scope.findings.error(
                scope.document, path, "a list stands alone", "say how: write `all:` or `any:` above it"
            )
        case Mapping(pairs=()):
            scope.findings.error(scope.document, path, "is empty", "write `all:`, `any:`, `none:` or `at_least_2:`")
        case Mapping():
            # Each key stands alone before it is joined, and the last line of a key's problems is that of the key.
            parts = [_operation(scope, (*path, pair.key), pair.value, references) for pair in node.pairs]
            sound = tuple(part for part in parts if part is not None)
            if len(sound) < len(parts):
                return None
            return sound[0] if len(sound) == 1 else ConditionDef("all", _source(scope, path, line), items=sound)
    return None


def _operation(scope: Scope, path: Path_, node: Node, references: References) -> ConditionDef | None:
    op, at_least = _op(str(path[-1]))
    if op is None:
        remedy = did_you_mean(str(path[-1]), _OPS, "write `all:`, `any:`, `none:` or `at_least_2:`")
        scope.findings.error(scope.document, path, f"unknown key `{path[-1]}`", remedy)
        return None
    if not isinstance(node, Listing) or not node.items:
        scope.findings.error(scope.document, path, "should be a list of conditions", "write `- item` lines, or [a, b]")
        return None
    if at_least > len(node.items):
        message = f"asks for {at_least} of {len(node.items)} conditions"
        scope.findings.error(scope.document, path, message, "it can never be true: lower the number")
    parts = [_condition(scope, (*path, index), item, references) for index, item in enumerate(node.items)]
    items = tuple(part for part in parts if part is not None)
    if len(items) < len(parts):
        return None
    return ConditionDef(op, _source(scope, path, scope.document.line(path)), items=items, at_least=at_least)


def _op(key: str) -> tuple[Literal["all", "any", "none", "at_least"] | None, int]:
    match key:
        case "all" | "any" | "none":
            return key, 0
        case _ if found := re.fullmatch(r"at_least_([1-9]\d{0,3})", key):
            return "at_least", int(found[1])
        case _:
            return None, 0


def _item(scope: Scope, path: Path_, node: Scalar, references: References) -> ConditionDef | None:
    words = node.value.split()
    if len(words) not in {1, 3} or (len(words) == 3 and not _JOIN.fullmatch(words[1])):
        scope.findings.error(scope.document, path, f"`{node.value}` is no condition", _HOW)
        return None
    for word in words[::2]:
        references.check(scope, path, word, mentions_only=len(words) == 3)
    return ConditionDef("item", _source(scope, path, node.line), text=" ".join(words))


# --- score --------------------------------------------------------------------------------------------------------


def read_score(scope: Scope, path: Path_, references: References) -> tuple[ScoreDef, ...]:
    """Every well-formed line of a score."""
    node = scope.document.node(path)
    if not isinstance(node, Mapping) or not node.pairs:
        if node is not None:
            message = "should be a mapping of ids to points"
            scope.findings.error(scope.document, path, message, "write lines such as `security_guarantees: 3`")
        return ()
    return tuple(_lines(scope, path, node, references))


def _lines(scope: Scope, path: Path_, node: Mapping, references: References) -> Iterator[ScoreDef]:
    for pair in node.pairs:
        own = (*path, pair.key)
        concepts = tuple(pair.key.replace(",", " ").split())
        for concept in concepts:
            references.check(scope, own, concept, mentions_only=True)
        points = _points(scope, own, pair.value)
        if points is not None and concepts:
            title, lead, body, cap = points
            yield ScoreDef(concepts, title, lead, body, cap, _source(scope, own, pair.line))


def _points(scope: Scope, path: Path_, node: Node) -> tuple[float, float, float, float | None] | None:
    """Points in title, lead and body, and the cap."""
    if isinstance(node, Scalar):
        each = _number(scope, path, node)
        return None if each is None else (each, each, each, None)
    if not isinstance(node, Mapping):
        message = "should be a number or a mapping"
        scope.findings.error(scope.document, path, message, "write `3`, or {title: 6, lead: 5, body: 3, max: 12}")
        return None
    given = {pair.key: _number(scope, (*path, pair.key), pair.value) for pair in node.pairs}
    for key in given:
        if key not in _ZONES:
            remedy = did_you_mean(key, _ZONES, one_of(_ZONES))
            scope.findings.error(scope.document, (*path, key), f"unknown key `{key}`", remedy)
    if "each" in given and given.keys() & {"title", "lead", "body"}:
        message = "`each` stands for title, lead and body, which are given too"
        scope.findings.error(scope.document, (*path, "each"), message, "remove one or the other")
    if not given.keys() & {"each", "title", "lead", "body"}:
        scope.findings.error(scope.document, path, "gives no points", "add `each:`, or `title:`, `lead:`, `body:`")
    return _by_zone(given)


def _by_zone(given: dict[str, float | None]) -> tuple[float, float, float, float | None]:
    """A zone that is left out counts as the next one further down; the body counts nothing when left out."""
    body = given.get("body", given.get("each")) or 0.0
    lead = given.get("lead", body) or 0.0
    title = given.get("title", lead) or 0.0
    return title, lead, body, given.get("max")


def _number(scope: Scope, path: Path_, node: Node) -> float | None:
    text = node.value if isinstance(node, Scalar) else ""
    if re.fullmatch(r"[+-]?\d{1,6}(\.\d{1,6})?", text.strip()):
        return float(text)
    shown = f"`{text}` is not a number" if text else "should be a number"
    scope.findings.error(scope.document, path, shown, "write digits, with a point before decimals")
    return None
