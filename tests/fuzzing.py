"""Random and damaged input for what reads the outside: ``python -m tests.fuzzing SECONDS [NAME …]`` tries it so long.

The time is shared by the targets. What is found is shown by Hypothesis as the smallest input that shows it, and becomes
a test beside the code. The suite runs each target for a moment (``tests/test_fuzzing.py``).
"""

from __future__ import annotations

import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.servers.telegram import parse_html
from watcher.config import load
from watcher.errors import ConfigError
from watcher.feed.documents import parse
from watcher.feed.drafts import FeedError
from watcher.matching import compile_pattern
from watcher.model import AlertContent, ArticleText, Format, ParsedFeed
from watcher.render.alert import render, sample_alert
from watcher.text import canon, canonical_url, clean_line, fold, plain, tokenize

DATA = Path(__file__).parent / "data"
STARTER = Path(__file__).parent.parent / "watcher" / "starter"
NOW = datetime(2025, 11, 26, 12, tzinfo=UTC)
URL = "https://gazette.example/feed.xml"
_CONTROL = {"Cc", "Cf", "Cs", "Zl", "Zp"}

# --- damage ------------------------------------------------------------------------------------------------------

_SPLICES = [
    b"", b"\0", b"<", b"]]>", b"<![CDATA[", b"&#0;", b"&#xD800;", b"&#99999999;", b"\xff\xfe",
    b"\xed\xa0\x80", b"<!DOCTYPE x [", b"&a;",
    b'"', b"}", b"[", b"\\ud800", b"<item>", b"<guid/>", "\u202e".encode(), b"A" * 3000, b"<a " * 300, b"-", b"#",
    b"!!", b"{", b"*", b"~9 ", b"'", b"\t", b"\r\n",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, sound: st.SearchStrategy[bytes]) -> bytes:
    """A sound document with some pieces taken out, doubled, or replaced."""
    body = draw(sound)
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 200))
        piece = draw(st.sampled_from([*_SPLICES, body[start:end] * 2]) | st.binary(max_size=8))
        body = body[:start] + piece + body[end:]
    return body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body


@cache
def _feeds() -> tuple[bytes, ...]:
    return tuple(path.read_bytes()[:20_000] for path in sorted((DATA / "feeds").iterdir()) if path.is_file())


@cache
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(STARTER.glob("*.yml"))}


_words = st.sampled_from(
    [
        "security",
        "guarantee*",
        "*plan*",
        "{a|b c}",
        "x?",
        "~4",
        ">3",
        "=NATO",
        "28",
        "гаранті*",
        "безпек*",
        "“",
        "ß",
        "İ",
    ]
)
_text = st.text(max_size=300) | st.lists(_words | st.text(max_size=6), max_size=8).map(" ".join)

_types = st.sampled_from(["", "text/xml", "application/json"])

# --- targets -----------------------------------------------------------------------------------------------------


def feeds(body: bytes, content_type: str) -> None:
    """Any document is a feed with safe entries, or a FeedError."""
    headers = {"content-type": content_type} if content_type else {}
    try:
        parsed = parse(body, headers, URL, now=NOW)
    except FeedError:
        return
    _check_feed(parsed)


def _check_feed(parsed: ParsedFeed) -> None:
    assert len({entry.uid for entry in parsed.entries}) == len(parsed.entries)
    for entry in parsed.entries:
        assert entry.uid.strip()
        assert not entry.url or entry.url.startswith(("http://", "https://"))
        assert "\n" not in entry.title
        for text in (entry.title, entry.summary, entry.url, entry.uid):
            text.encode()
        for text in (entry.title, entry.summary):
            assert not [c for c in text if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]


def texts(text: str) -> None:
    """Canonical text is final, folding keeps every position, words are where they say, a line is one line."""
    canonical = canon(text)
    assert canon(canonical) == canonical
    folded = fold(canonical)
    assert len(folded) == len(canonical)
    tokens = tokenize(canonical)
    spans = list(zip(tokens.starts, tokens.ends, strict=True))
    assert all(0 <= start < end <= len(canonical) for start, end in spans)
    assert spans == sorted(spans)
    plain(text).encode("utf-8", "surrogatepass")
    canonical_url(text)
    line = clean_line(text)
    assert len(line) <= 300
    assert not [c for c in line if unicodedata.category(c) in _CONTROL - {"Cf"} or c in "\u202a\u202e\u2066\u2069"]


def patterns(pattern: str, text: str) -> None:
    """A pattern is refused with a reason, or finds words that are in the text."""
    try:
        matcher = compile_pattern(pattern)
    except ConfigError as error:
        _check_problems(error)
        return
    article = ArticleText(canon(text), "", canon(text), "page", "en")
    for match in matcher.judge(article).matches:
        assert getattr(article, match.field)[match.start : match.end] == match.text


def configurations(data: st.DataObject) -> None:
    """A damaged file gives problems with their places, or a configuration."""
    name = data.draw(st.sampled_from(sorted(_files())))
    body = data.draw(damaged(st.just(_files()[name])))
    with tempfile.TemporaryDirectory() as directory:
        for each, sound in _files().items():
            (Path(directory) / each).write_bytes(body if each == name else sound)
        try:
            load(Path(directory), {})
        except ConfigError as error:
            _check_problems(error)


def _check_problems(error: ConfigError) -> None:
    assert error.problems
    assert all(problem.message and problem.file for problem in error.problems)


def messages(data: st.DataObject) -> None:
    """Whatever an article says, a message is what its target accepts, and its subject one line."""
    hostile = st.text(max_size=400) | st.sampled_from(["<b>", "</i>&amp;{{ 7*7 }}", "\u202e\x1b[31m", "a\r\nBcc: x@y"])
    content: AlertContent = replace(
        sample_alert(NOW),
        headline=data.draw(hostile),
        outlet=data.draw(hostile),
        evidence=data.draw(hostile),
        marks=(),
        url="https://example.org/" + data.draw(st.text("abc'\"<>&?=%", max_size=50)),
    )
    formats: tuple[Format, ...] = ("text", "html", "telegram")
    message = render(content, data.draw(st.sampled_from(formats)), zone="Europe/Kyiv")
    assert message.body.strip()
    for text in (message.subject, message.body, message.plain):
        text.encode()
        assert not [c for c in text if c in "\x1b\0\u202a\u202e\u2066\u2069"]
    assert "\n" not in message.subject
    assert "\r" not in message.subject
    if message.format == "telegram":
        parse_html(message.body)


Target = tuple[Callable[..., None], tuple[st.SearchStrategy[Any], ...]]
TARGETS: dict[str, Target] = {
    "feeds": (feeds, (damaged(st.deferred(lambda: st.sampled_from(_feeds()))), _types)),
    "texts": (texts, (st.text(max_size=2000),)),
    "patterns": (patterns, (_text, _text)),
    "configurations": (configurations, (st.data(),)),
    "messages": (messages, (st.data(),)),
}


def run(name: str, examples: int, number: int) -> None:
    """Try a target with so many inputs; ``number`` makes other ones of them."""
    limits = settings(
        max_examples=examples, deadline=None, database=None, derandomize=False, print_blob=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    target, inputs = TARGETS[name]
    seed(number)(limits(given(*inputs)(target)))()


def main(words: list[str]) -> None:
    """Try the targets in turn until the time is over."""
    seconds = float(words[0]) if words else 60.0
    names = words[1:] or list(TARGETS)
    end, tried, number = time.monotonic() + seconds, dict.fromkeys(names, 0), int(time.time())
    while time.monotonic() < end:
        for name in names:
            run(name, 100, number)
            tried[name] += 100
        number += 1
    sys.stdout.write("".join(f"{name}: {count} inputs, no fault\n" for name, count in tried.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
