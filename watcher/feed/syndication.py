"""RSS and Atom, through feedparser."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from xml.sax import SAXException

import feedparser

from watcher import sniff
from watcher.feed.drafts import Draft, FeedError, Item, text_of
from watcher.feed.hints import hints
from watcher.model import DateSource, FailureKind
from watcher.text import clean_line

_CUT_SHORT = ("no element found", "unclosed token", "unclosed cdata section", "partial character")
_ITEM_TAG = re.compile(rb"<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s>/])[^>]{0,2000}?(/?)>")
_REFERENCE = re.compile(rb"&#([xX][0-9a-fA-F]{1,12}|[0-9]{1,12});?")
# feedparser looks for e-mail addresses in names with an expression whose time is quadratic in their length
_PEOPLE = re.compile(
    rb"(<(?:[\w.-]+:)?(?:author|managingEditor|webMaster|creator|contributor|name|publisher|owner|email)\b[^>]{0,500}>"
    rb"\s*(?:<!\[CDATA\[)?)([^<]{1000,})",
    re.IGNORECASE,
)


def xml_feed(body: bytes, headers: Mapping[str, str], url: str, kind: str) -> Draft:
    """A document of RSS or Atom, taken apart.

    Args:
        body: the document.
        headers: of the response, names in lower case.
        url: where it came from; for messages.
        kind: what it looks like, of :func:`watcher.sniff.kind`.

    Raises:
        FeedError: it has no item that can be used.
    """
    if kind == "html" and not _feed_within(body):
        raise FeedError(FailureKind.NOT_A_FEED, _what_page(body, headers, url))
    content_type = headers.get("content-type", "")
    utf8 = sniff.repaired_utf8(body)
    if utf8 is not None:
        body, content_type = utf8, "application/xml; charset=utf-8"
    body = _REFERENCE.sub(_possible_character, _PEOPLE.sub(_shorter_name, body))
    try:
        document = feedparser.parse(
            # a string or bytes would be taken for a file name or a URL: always a stream
            io.BytesIO(body),
            # relative links are resolved by us: with a base, feedparser also rewrites guids, which then change with it
            response_headers={
                "content-type": content_type or "application/xml",
                "content-language": headers.get("content-language", ""),
            },
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except UnicodeDecodeError as error:  # of the name of an encoding, which feedparser takes for text
        raise FeedError(
            FailureKind.MALFORMED, f"The document names an encoding that there cannot be: {error}."
        ) from None
    return _drafted(document, body, headers, url)


def _possible_character(found: re.Match[bytes]) -> bytes:
    """A reference to what is no character, such as half a surrogate pair, on which feedparser fails: a mark instead."""
    number = int(found[1][1:], 16) if found[1][:1] in b"xX" else int(found[1])
    return found[0] if 0 < number < 0xD800 or 0xDFFF < number <= 0x10FFFF else b"&#xFFFD;"


def _feed_within(body: bytes) -> bool:
    """An XML feed that starts with something else: a comment, a stray line of a misconfigured server."""
    return bool(re.search(rb"<(?:rss|feed|rdf:RDF|channel)[\s>]", body[:4_000]))


def _shorter_name(found: re.Match[bytes]) -> bytes:
    name = found.group(2)
    kept = name[:300].decode("utf-8", "ignore").encode("utf-8")
    return found.group(1) + kept + (b"]]>" if name.rstrip().endswith(b"]]>") else b"")


def _drafted(document: Any, body: bytes, headers: Mapping[str, str], url: str) -> Draft:  # noqa: ANN401 - untyped
    feed, items = document["feed"], list(document["entries"])
    error = document.get("bozo_exception") if document.get("bozo") else None
    broken = isinstance(error, SAXException)
    version = str(document.get("version", ""))
    if not items and (broken or not version):
        raise _no_entries(error if broken else None, version, body, headers, url)
    notes, dropped, complete = [], [], True
    if error is not None:
        notes.append(clean_line(f"{type(error).__name__}: {_message(error)}", 200))
    if broken:
        complete, half = _completeness(body, _message(error))
        if half:
            dropped.append(clean_line(f"the last item is cut short: {items[-1].get('title', '')}", 150))
            items.pop()
    return Draft(
        format=version or "xml",
        title=text_of(feed, "title"),
        language=text_of(feed, "language") or headers.get("content-language", ""),
        items=tuple(_reader(item) for item in items),
        hints=hints(feed, body),
        complete=complete,
        notes=tuple(notes),
        dropped=tuple(dropped),
    )


def _message(error: object) -> str:
    return error.getMessage() if isinstance(error, SAXException) else str(error)


def _completeness(body: bytes, message: str) -> tuple[bool, bool]:
    """Whether a document that is not well-formed is at least whole, and whether its last item is only half there.

    Some other fault before the cut hides the tell-tale message, so that the tags of the items are looked at as well.
    """
    last = next(iter(deque(_ITEM_TAG.finditer(body), maxlen=1)), None)
    half = last is not None and not last.group(1) and not last.group(2)
    cut = any(sign in message.lower() for sign in _CUT_SHORT)
    return not (cut or half), half or (cut and last is None)


def _reader(item: Any) -> Callable[[], Item]:  # noqa: ANN401 - feedparser is untyped
    return lambda: Item(
        guid=text_of(item, "id"),
        links=tuple(_links(item)),
        title=text_of(item, "title"),
        summary=text_of(item, "summary"),
        bodies=tuple(_bodies(item)),
        dates=tuple(_dates(item)),
        author=text_of(item, "author"),
    )


def _links(item: Any) -> Iterator[str]:  # noqa: ANN401 - feedparser is untyped
    """The feed's own link before the one through a proxy; any alternate before the guid, which may be no link."""
    yield text_of(item, "feedburner_origlink")
    yield text_of(item, "link")
    for link in dict.get(item, "links") or ():
        if isinstance(link, dict) and link.get("rel", "alternate") == "alternate":
            yield text_of(link, "href")
    guid = text_of(item, "id")
    if re.match(r"https?://", guid, re.IGNORECASE) and not text_of(item, "link"):
        yield guid


def _bodies(item: Any) -> Iterator[str]:  # noqa: ANN401 - feedparser is untyped
    for body in dict.get(item, "content") or ():
        if isinstance(body, dict) and str(body.get("type", "")).startswith(("text/", "application/xhtml")):
            yield text_of(body, "value")


def _dates(item: Any) -> Iterator[tuple[DateSource, str, datetime | None]]:  # noqa: ANN401 - feedparser is untyped
    for source, key in (("published", "published"), ("updated", "updated"), ("published", "created")):
        raw = text_of(item, key)
        if raw:
            yield cast("DateSource", source), raw, _moment(dict.get(item, f"{key}_parsed"))


def _moment(parsed: Any) -> datetime | None:  # noqa: ANN401 - a time.struct_time in UTC, or None
    try:
        year, month, day, hour, minute, second = parsed[:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (TypeError, ValueError):
        return None


def _no_entries(error: object, version: str, body: bytes, headers: Mapping[str, str], url: str) -> FeedError:
    root = sniff.root_name(body).decode("ascii", "replace")
    is_feed = version or root in {"rss", "feed", "rdf", "channel"}
    if error is not None and is_feed:
        message = _message(error)
        kind = FailureKind.TRUNCATED if any(s in message.lower() for s in _CUT_SHORT) else FailureKind.MALFORMED
        return FeedError(kind, f"The XML is broken before its first item: {message}.")
    if root and root not in {"html", "body", "head"} and sniff.kind(body) == "xml":
        return FeedError(FailureKind.NOT_A_FEED, f"The answer is an XML document <{root}>, not a feed.")
    return FeedError(FailureKind.NOT_A_FEED, _what_page(body, headers, url))


def _what_page(body: bytes, headers: Mapping[str, str], url: str) -> str:
    page = sniff.decode(body[:500_000], headers.get("content-type", ""))
    wall = sniff.bot_wall(page)
    if wall:
        return f"The answer is a challenge of {wall} to prove that one is no robot, not the feed."
    if "<" not in page[:2_000]:
        return f"The answer is plain text, not a feed: {clean_line(page, 80)}"
    title = sniff.page_title(page)
    said = f"The answer is a web page{f' ({title})' if title else ''}, not a feed."
    feed = next((link for link in sniff.linked_feeds(page, url) if link != url), "")
    return f"{said} It names this feed: {feed}" if feed else said
