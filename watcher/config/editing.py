"""Changes ``feeds.yml`` for a person: comments and layout stay, and only a file that can be used is put in its place.

The file is not written anew from what was read: text is put in or taken out at the places that the YAML parser tells.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from watcher.config.load import Config, load
from watcher.errors import UsageError
from watcher.model import FeedId, OutletClass

FILE = "feeds.yml"
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed to be added; what tells of its outlet is used when the outlet is not there yet."""

    url: str
    outlet: str
    name: str = ""
    country: str = ""
    language: str = ""
    kind: OutletClass = "national"
    family: str = ""
    id: str = ""
    interval: str = ""
    tags: tuple[str, ...] = ()
    full_text: bool = False

    def feed(self) -> dict[str, object]:
        """The mapping of the feed, without what is as it is by default."""
        options: dict[str, object] = {
            "url": self.url, "id": self.id, "interval": self.interval, "tags": list(self.tags),
            "full_text": self.full_text,
        }  # fmt: skip
        return {name: value for name, value in options.items() if value}

    def whole(self) -> dict[str, object]:
        """The mapping of an outlet that has this feed."""
        family = {"family": self.family} if self.family else {}
        about = {"country": self.country, "language": self.language, "class": self.kind}
        return {"name": self.name, **family, **about, "feeds": [self.feed()]}


def change_feeds(directory: Path, env: Mapping[str, str], change: Callable[[str], str]) -> tuple[Config, Config]:
    """Change feeds.yml, if the configuration can be used before and after.

    Returns:
        The configuration before and after.

    Raises:
        ConfigError: the configuration cannot be used, as it is or as it would be. Nothing was changed.
        UsageError: the file cannot be read or written.
    """
    path = (directory / FILE).resolve()
    before = load(directory, env)
    try:
        old = path.read_bytes().decode("utf-8")
        mark, old = ("\ufeff", old[1:]) if old.startswith("\ufeff") else ("", old)
        new = change(old)
        after = load(directory, env, instead={FILE: new})
        _replace(path, (mark + new).encode())
    except OSError as error:
        raise UsageError(f"{error.filename or path} cannot be changed: {error.strerror}") from error
    return before, after


def _replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another one at once: whoever reads meanwhile gets the one or the other."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        os.replace(name, path)  # noqa: PTH105 - a name, not a path
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108
        raise


def with_feeds(text: str, new: Sequence[NewFeed]) -> str:
    """The text of feeds.yml with more feeds: each in its outlet, or with a new outlet at the end."""
    for each in new:
        outlets = _outlets(text)
        outlet = _value(outlets, each.outlet)
        if outlet is None:
            text = _put_pair(text, outlets, each.outlet, each.whole())
            continue
        feeds = _value(outlet, "feeds")
        if not isinstance(feeds, yaml.SequenceNode):
            raise UsageError(f"The outlet {each.outlet} has no list of feeds in {FILE}.")
        text = _put_item(text, feeds, each.feed())
    return text


def without_feed(text: str, feed: FeedId) -> str:
    """The text of feeds.yml without a feed; without its outlet, when it has no other one.

    Raises:
        UsageError: there is no such feed, or others would change their ids by its going.
    """
    outlets = _outlets(text)
    for key, outlet in outlets.value:
        feeds = _value(outlet, "feeds")
        if not isinstance(feeds, yaml.SequenceNode):
            continue
        items = feeds.value
        ids = [_feed_id(key.value, index, item) for index, item in enumerate(items)]
        if feed not in [name for name, _ in ids]:
            continue
        if len(items) == 1:
            return _cut(text, outlets, outlets.value, outlets.value.index((key, outlet)))
        at = [name for name, _ in ids].index(feed)
        if renamed := [name for name, derived in ids[at + 1 :] if derived]:
            raise UsageError(
                f"Without {feed} the ids of {', '.join(renamed)} would change, and what is known of them be lost: "
                f"first write an `id:` to each of them in {FILE}."
            )
        return _cut(text, feeds, [(item, item) for item in items], at)
    raise UsageError(f"There is no feed {feed!r} in {FILE}: 'watcher feeds' lists them.")


def _feed_id(outlet: str, index: int, item: yaml.Node) -> tuple[str, bool]:
    """The id of a feed, and whether it follows from its place."""
    own = _value(item, "id")
    if isinstance(own, yaml.ScalarNode) and own.value:
        return own.value, False
    return (outlet if index == 0 else f"{outlet}-{index + 1}"), True


# --- places in the text ------------------------------------------------------------------------------------------


def _outlets(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=_Loader)
    outlets = _value(root, "outlets")
    if not isinstance(outlets, yaml.MappingNode) or not outlets.value:
        raise UsageError(f"{FILE} has no outlets yet: write the first one by hand, as its comments show.")
    return outlets


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _put_pair(text: str, mapping: yaml.MappingNode, key: str, value: object) -> str:
    if mapping.flow_style:
        return _put_in_flow(text, mapping, f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return _put_lines(text, mapping, mapping.value[0][0].start_mark.column, {key: value})


def _put_item(text: str, sequence: yaml.SequenceNode, value: object) -> str:
    if sequence.flow_style:
        return _put_in_flow(text, sequence, json.dumps(value, ensure_ascii=False))
    return _put_lines(text, sequence, sequence.start_mark.column, [value])


def _put_in_flow(text: str, node: yaml.CollectionNode, written: str) -> str:
    close = node.end_mark.index - 1
    kept = text[:close].rstrip()
    comma = "" if kept[-1] in "[{," else ","
    return f"{kept}{comma} {written}{text[len(kept) : close]}{text[close:]}"


def _put_lines(text: str, node: yaml.Node, column: int, value: object) -> str:
    """Put block text after the last line of a node, indented as its other parts."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    at = _last_line(node) + 1
    if at == len(lines) and not lines[-1].endswith(end):
        lines[-1] += end
    written = [f"{' ' * column}{line}{end}" for line in _block(value)]
    return "".join([*lines[:at], *written, *lines[at:]])


def _block(value: object) -> Iterator[str]:
    """YAML in the layout of the shipped files."""
    match value:
        case dict():
            for key, inner in value.items():
                if isinstance(inner, dict) or (isinstance(inner, list) and inner and isinstance(inner[0], dict)):
                    yield f"{key}:"
                    yield from (f"  {line}" for line in _block(inner))
                else:
                    yield f"{key}: {_scalar(inner)}"
        case list():
            for item in value:
                yield from (f"{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(_block(item)))


def _scalar(value: object) -> str:
    """A value on one line, quoted only where it must be."""
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        plain = yaml.compose(f"k: {value}", Loader=_Loader)
    except yaml.YAMLError:
        return json.dumps(value, ensure_ascii=False)
    same = isinstance(found := _value(plain, "k"), yaml.ScalarNode) and found.value == value and not found.style
    return value if same else json.dumps(value, ensure_ascii=False)


def _cut(text: str, parent: yaml.CollectionNode, parts: Sequence[tuple[yaml.Node, yaml.Node]], at: int) -> str:
    """Take one part of a list or mapping out; ``parts`` are the first and last nodes of each."""
    first, last = parts[at]
    if parent.flow_style:
        if at + 1 < len(parts):
            return text[: first.start_mark.index] + text[parts[at + 1][0].start_mark.index :]
        before = parts[at - 1][1].end_mark.index if at else first.start_mark.index
        return text[:before] + text[last.end_mark.index :]
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: first.start_mark.line], *lines[_last_line(last) + 1 :]])


def _last_line(node: yaml.Node) -> int:
    """The line that the text of a node ends on, without the comments and blank lines after it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line
