"""What every format of feeds gives, before it is made safe."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from watcher.errors import WatcherError
from watcher.model import DateSource, FailureKind, Hints
from watcher.text import clean_line

_SURROGATES = re.compile("[\ud800-\udfff]")


class FeedError(WatcherError, ValueError):
    """A document that holds no entries we can use.

    Attributes:
        kind: NOT_A_FEED, MALFORMED or TRUNCATED.
        detail: what it is instead, for people, on one line.
    """

    def __init__(self, kind: FailureKind, detail: str) -> None:
        self.kind = kind
        self.detail = clean_line(detail, 400)
        super().__init__(kind, self.detail)

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Item:
    """An item as the document has it: markup, relative links and all.

    Attributes:
        links: candidates in order of preference; the first usable one counts.
        bodies: (markup, is HTML) of everything that may be the article.
        dates: (what the feed calls it, as the feed spells it, as feedparser reads it) in order of preference.
    """

    guid: str = ""
    links: tuple[str, ...] = ()
    title: str = ""
    summary: str = ""
    bodies: tuple[str, ...] = ()
    dates: tuple[tuple[DateSource, str, datetime | None], ...] = ()
    author: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A document, taken apart. ``items`` are readers, so that an item that cannot be read loses no other."""

    format: str
    title: str
    language: str
    items: tuple[Callable[[], Item], ...]
    hints: Hints = field(default_factory=Hints)
    complete: bool = True
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    known: int = 0
    digests: bytes = b""


def sound(text: str) -> str:
    """The text without halves of surrogate pairs, which can be neither stored nor sent."""
    return _SURROGATES.sub("\ufffd", text)


def text_of(item: Any, key: str) -> str:  # noqa: ANN401 - feedparser is untyped
    """A text of what feedparser read; empty when there is none."""
    # dict.get: the class's own get answers "updated" with "published", and warns about it
    value = dict.get(item, key)
    return sound(value) if isinstance(value, str) else ""
