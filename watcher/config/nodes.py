"""YAML with places: every value knows its line.

The text is read as events and put together here, so that no tag is ever acted on, nesting and aliases are bounded, and
duplicate keys are seen. All scalars stay text (the language ``no`` is no boolean).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from watcher.config.findings import Findings, Path_

MAX_BYTES = 8_000_000
MAX_NODES = 500_000
MAX_DEPTH = 40

# The parser of libyaml is some ten times faster; wheels of PyYAML carry it, a build of one's own may not.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_KNOWN_TAGS = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; ``literal`` is true for block text (``|``), whose lines follow the line of the value."""

    value: str
    line: int
    plain: bool
    literal: bool
    size: int = 1

    @property
    def empty(self) -> bool:
        """Nothing is written after the key or the dash."""
        return self.plain and not self.value

    def lines(self) -> Iterator[tuple[str, int]]:
        """Each line of the text with its line number in the file; one line for what is not block text."""
        if not self.literal:
            yield from ((part, self.line) for part in self.value.split("\n"))
            return
        yield from ((part, self.line + 1 + index) for index, part in enumerate(self.value.split("\n")))


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Node, ...]
    line: int
    size: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A key, the line that it is on, and its value."""

    key: str
    line: int
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in the order of the file; a key may be there twice."""

    pairs: tuple[Pair, ...]
    line: int
    size: int

    def get(self, key: str) -> Pair | None:
        """The first pair of that key."""
        return next((pair for pair in self.pairs if pair.key == key), None)


Node = Scalar | Listing | Mapping


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its name as the user gave it, and what it holds (None when it could not be read)."""

    file: str
    root: Node | None

    def node(self, path: Path_) -> Node | None:
        """The value at a path, None when there is none."""
        found, _, depth = self._walk(path)
        return found if depth == len(path) else None

    def line(self, path: Path_) -> int:
        """The line of the key or list item at a path, or of the nearest thing above it that is there."""
        return self._walk(path)[1]

    def data(self, path: Path_ = ()) -> object:
        """The value at a path as plain dicts, lists, texts and None."""
        return plain(self.node(path))

    def keys_at(self, *path: str | int) -> tuple[str, ...]:
        """The keys of the mapping at a path; empty when there is none."""
        node = self.node(path)
        return tuple(pair.key for pair in node.pairs) if isinstance(node, Mapping) else ()

    def only(self, key: str) -> Document:
        """The same document with one of its top-level keys alone."""
        if not isinstance(self.root, Mapping):
            return self
        pairs = tuple(pair for pair in self.root.pairs if pair.key == key)[:1]
        return Document(self.file, Mapping(pairs, self.root.line, self.root.size))

    def _walk(self, path: Path_) -> tuple[Node | None, int, int]:
        node, line = self.root, self.root.line if self.root else 0
        for depth, part in enumerate(path):
            step = _step(node, part)
            if step is None:
                return node, line, depth
            node, line = step
        return node, line, len(path)


def _step(node: Node | None, part: str | int) -> tuple[Node, int] | None:
    if isinstance(node, Mapping) and (pair := node.get(str(part))):
        return pair.value, pair.line
    if isinstance(node, Listing) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part], node.items[part].line
    return None


def plain(node: Node | None) -> object:
    """A node as plain dicts, lists and texts; what is empty becomes None."""
    match node:
        case Mapping():
            values: dict[str, object] = {}
            for pair in node.pairs:
                values.setdefault(pair.key, plain(pair.value))
            return values
        case Listing():
            return [plain(item) for item in node.items]
        case Scalar(empty=False):
            return node.value
        case _:
            return None


class _Refused(Exception):
    """The file breaks a rule of ours: the rest of it is not read."""

    def __init__(self, message: str, remedy: str, line: int) -> None:
        super().__init__(message)
        self.message, self.remedy, self.line = message, remedy, line


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    is_mapping: bool
    line: int
    anchor: str | None
    children: list[Node] = field(default_factory=list)


class _Composer:
    """Puts events together to a tree, without recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0

    def feed(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _Refused("a second document starts here", "keep one document in a file: remove the `---`", line)
        elif isinstance(event, yaml.AliasEvent):
            self._close(self._alias(event.anchor, line), None, line)
        elif isinstance(event, yaml.ScalarEvent):
            self._check_tag(event, line)
            node = Scalar(event.value, line, plain=not event.style, literal=event.style == "|")
            self._close(node, event.anchor, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._check_tag(event, line)
            if len(self._open) >= MAX_DEPTH:
                raise _Refused(f"nested more than {MAX_DEPTH} deep", "nothing in this file needs that", line)
            self._open.append(_Open(isinstance(event, yaml.MappingStartEvent), line, event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            opened = self._open.pop()
            self._close(_closed(opened), opened.anchor, opened.line)

    def _check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int) -> None:
        if event.tag not in _KNOWN_TAGS:
            raise _Refused(f"the tag {event.tag} is not allowed", "remove the tag: only plain values are read", line)

    def _alias(self, anchor: str | None, line: int) -> Node:
        if anchor is None or anchor not in self._anchors:
            raise _Refused(f"the alias *{anchor} stands for nothing above it", f"define &{anchor} first", line)
        return self._anchors[anchor]

    def _close(self, node: Node, anchor: str | None, line: int) -> None:
        if node.size > MAX_NODES:
            raise _Refused(f"more than {MAX_NODES} values", "write out what the aliases stand for, or split it", line)
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node


def _closed(opened: _Open) -> Node:
    size = 1 + sum(child.size for child in opened.children)
    if not opened.is_mapping:
        return Listing(tuple(opened.children), opened.line, size)
    pairs = []
    for key, value in zip(opened.children[::2], opened.children[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise _Refused("a key must be a plain word", "quote values that begin with { or [", key.line)
        pairs.append(Pair(key.value, key.line, value))
    return Mapping(tuple(pairs), opened.line, size)


def read(path: Path, findings: Findings) -> Document:
    """Reads a file that exists; what is wrong with its syntax goes to ``findings``."""
    file = str(path)
    try:
        text = _text(path)
    except (OSError, _Refused) as error:
        reason = error.message if isinstance(error, _Refused) else error.strerror or str(error)
        line = error.line if isinstance(error, _Refused) else 0
        findings.at(file, line, f"cannot be read: {reason}", getattr(error, "remedy", ""))
        return Document(file, None)
    return read_text(file, text, findings)


def read_text(file: str, text: str, findings: Findings) -> Document:
    """Reads the text of a file; what is wrong with its syntax goes to ``findings``."""
    document = compose(file, text, findings)
    _report_duplicates(document, findings)
    return document


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        raise _Refused(f"larger than {MAX_BYTES} bytes", "split what is in it", 0)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _Refused("not UTF-8", "save the file as UTF-8", line) from error


def compose(file: str, text: str, findings: Findings) -> Document:
    """Turns YAML text into a document; an empty text is an empty mapping."""
    composer = _Composer()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            composer.feed(event)
    except _Refused as error:
        findings.at(file, error.line, error.message, error.remedy)
        return Document(file, None)
    except yaml.MarkedYAMLError as error:
        findings.at(file, *_syntax(error, text))
        return Document(file, None)
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        findings.at(file, line, "a character that YAML does not allow", "remove control characters from this line")
        return Document(file, None)
    root = composer.root
    if root is None or (isinstance(root, Scalar) and root.empty):
        root = Mapping((), 1, 1)
    return Document(file, root)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str, str]:
    """The line, message and remedy of a syntax error."""
    mark = error.problem_mark or error.context_mark
    line = min(mark.line, text.count("\n")) if mark else 0
    column = mark.column + 1 if mark else 1
    written = text.split("\n")[line] if text else ""
    message = f"not valid YAML: {error.problem or 'syntax error'}, at column {column}"
    return line + 1, message, _syntax_remedy(written, error.problem or "")


def _syntax_remedy(written: str, problem: str) -> str:
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "indent with blanks, not with tabs"
    if re.search(r":\s+[^'\"|>\[{]*:\s", written):
        return "quote the value: it holds a colon followed by a blank"
    if re.search(r":\s*[*{%@`&!]", written) or "alias" in problem or "token" in problem:
        return "quote the value: it begins with a character that YAML keeps for itself"
    return "check the indentation, quotes and brackets of this line and the one above"


def _report_duplicates(document: Document, findings: Findings) -> None:
    todo: list[tuple[Path_, Node]] = [((), document.root)] if document.root else []
    while todo:
        path, node = todo.pop()
        if isinstance(node, Listing):
            todo += [((*path, index), item) for index, item in enumerate(node.items)]
        elif isinstance(node, Mapping):
            todo += [((*path, pair.key), pair.value) for pair in node.pairs]
            _report_duplicate_keys(document, path, node, findings)


def _report_duplicate_keys(document: Document, path: Path_, node: Mapping, findings: Findings) -> None:
    first: dict[str, int] = {}
    for pair in node.pairs:
        if pair.key in first:
            message = f"`{pair.key}` is here twice: lines {first[pair.key]} and {pair.line}"
            findings.at(document.file, pair.line, message, "rename or remove one of them", field=(*path, pair.key))
        else:
            first[pair.key] = pair.line
