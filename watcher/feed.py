"""Feed documents: bytes and headers in, entries out. RSS and Atom through feedparser, JSON Feed by ourselves.

What comes out is safe: texts are plain and canonical, links are absolute and http or https, dates are credible or
absent, sizes are bounded. What was odd about a document is said in its notes; one bad item never loses the others.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from hashlib import blake2b, sha256
from typing import Any, cast
from xml.parsers import expat
from xml.sax import SAXException

import feedparser

from watcher import sniff
from watcher.errors import WatcherError
from watcher.model import (
    DateSource,
    Entry,
    FailureKind,
    Hints,
    IdentityPolicy,
    IdentitySource,
    ParsedFeed,
)
from watcher.text import canon, canonical_url, clean_line, plain
from watcher.trimming import trimmed

MAX_ENTRIES = 2_000
MAX_TITLE = 1_000
MAX_SUMMARY = 20_000
MAX_CONTENT = 500_000
MAX_UID = 1_000
MAX_URL = 4_000
_SURROGATES = re.compile("[\ud800-\udfff]")
_SHORT_SUMMARY = 700
_LONG_SUMMARY = 2_000


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


def parse(
    body: bytes,
    headers: Mapping[str, str],
    url: str,
    *,
    now: datetime,
    identity: IdentityPolicy = "auto",
    known: bytes = b"",
) -> ParsedFeed:
    """Parses a feed document.

    Args:
        body: the document, decoded from its transfer and content encodings.
        headers: of the response, names in lower case.
        url: where the document came from; relative links are resolved against it.
        now: dates later than a day after it are not believed.
        identity: what tells the entries of this feed apart.
        known: ``digests`` of the feed's last document; items that were in it, byte for byte, are counted and left out.

    Raises:
        FeedError: nothing in the document can be used.
    """
    kind = sniff.kind(body)
    if kind == "empty":
        raise FeedError(FailureKind.MALFORMED, "The answer is empty.")
    if kind == "json":
        draft = _json_feed(body)
    elif kind in {"xml", "html", "text"}:
        draft = _changed(body, headers, url, kind, identity, known)
    else:
        raise FeedError(FailureKind.NOT_A_FEED, f"The answer is no feed but {_ARTICLE[kind]}.")
    return _finished(draft, url, now, identity)


# --- the draft: what both formats give, before it is made safe ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
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
class _Draft:
    """A document, taken apart. ``items`` are readers, so that an item that cannot be read loses no other."""

    format: str
    title: str
    language: str
    items: tuple[Callable[[], _Item], ...]
    hints: Hints = field(default_factory=Hints)
    complete: bool = True
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    known: int = 0
    digests: bytes = b""


def _finished(draft: _Draft, url: str, now: datetime, identity: IdentityPolicy) -> ParsedFeed:
    notes, dropped = list(draft.notes), list(draft.dropped)
    if draft.complete and not draft.items and not draft.known:
        notes.append("the feed has no items")
    if len(draft.items) > MAX_ENTRIES:
        notes.append(f"{len(draft.items)} items; only the first {MAX_ENTRIES} are read")
    named: list[_Named] = []
    for number, read in enumerate(draft.items[:MAX_ENTRIES], 1):
        try:
            item = read()
            entry, remarks = _entry(item, url, now)
            one = None if entry is None else _named(item.guid, entry)
        except Exception as error:  # noqa: BLE001 - whatever is odd about an item, it never loses the others
            dropped.append(clean_line(f"item {number}: cannot be read ({type(error).__name__}: {error})"))
            continue
        notes.extend(f"item {number}: {remark}" for remark in remarks)
        if one is None:
            dropped.append(f"item {number}: has no title, no link and no text")
        else:
            named.append(one)
    entries, repeated = _identified(named, identity)
    return ParsedFeed(
        title=clean_line(plain(draft.title[:MAX_TITLE])),
        language=_language(draft.language),
        entries=entries,
        hints=draft.hints,
        complete=draft.complete,
        notes=_few(notes),
        dropped=_few([*dropped, *repeated]),
        format=draft.format,
        known=draft.known,
        digests=draft.digests,
    )


def _few(lines: list[str], limit: int = 20) -> tuple[str, ...]:
    if len(lines) <= limit:
        return tuple(lines)
    return (*lines[:limit], f"and {len(lines) - limit} more")


def _language(raw: str) -> str:
    """ISO 639-1 of a language tag such as ``en-US``; empty when it is none."""
    found = re.match(r"\s*([A-Za-z]{2,3})(?=$|[-_\s])", raw)
    code = found.group(1).lower() if found else ""
    return {"ua": "uk", "ukr": "uk", "rus": "ru", "eng": "en", "cz": "cs"}.get(code, code if len(code) == 2 else "")


# --- one entry ----------------------------------------------------------------------------------------------------


def _entry(item: _Item, base: str, now: datetime) -> tuple[Entry | None, list[str]]:
    notes: list[str] = []
    title = _capped(plain(item.title[: 20 * MAX_TITLE]), MAX_TITLE, "title", notes)
    summary, content = _texts(item, notes)
    link = _link(item.links, base, notes)
    if not (title or summary or content or link):
        return None, []
    published, raw, source = _date(item.dates, now, notes)
    entry = Entry(
        uid="",
        uid_source="hash",
        url=link,
        title=" ".join(title.split()),
        summary=summary,
        content=content,
        published_at=published,
        published_raw=clean_line(raw, 100),
        date_source=source,
        content_hash="",
        author=clean_line(plain(item.author[:2_000]), 200),
    )
    return replace(entry, content_hash=_content_hash(entry)), notes


def _capped(text: str, limit: int, name: str, notes: list[str]) -> str:
    if len(text) <= limit:
        return text
    notes.append(f"{name} of {len(text)} characters cut to {limit}")
    return text[:limit]


def _link(links: Iterable[str], base: str, notes: list[str]) -> str:
    for link in links:
        absolute = sniff.joined(base, link)
        if absolute and len(absolute) <= MAX_URL:
            return absolute
        if link.strip():
            notes.append(f"link cannot be used: {clean_line(link, 80)}")
    return ""


def _texts(item: _Item, notes: list[str]) -> tuple[str, str]:
    """The summary as plain text, and the article as HTML when one of the bodies is markedly more than a summary."""
    body = max(item.bodies, key=_visible_length, default="")
    markup = item.summary or body
    summary = plain(_cut_markup(markup, 3 * MAX_SUMMARY))
    if _visible_length(body) <= max(1.5 * len(summary), 400):
        body = markup if _visible_length(markup) > _LONG_SUMMARY else ""
    if body and (len(summary) > _LONG_SUMMARY or not item.summary):
        summary = _shortened(summary, _SHORT_SUMMARY)
    return (
        _capped(summary, MAX_SUMMARY, "summary", notes),
        _cut_markup(_capped(body, MAX_CONTENT, "content", notes), MAX_CONTENT),
    )


def _visible_length(markup: str) -> int:
    """About how many characters a reader sees; cheap, not exact."""
    return len(re.sub(r"<[^<>]*>|\s+", " ", markup).strip()) if "<" in markup else len(markup)


def _cut_markup(markup: str, limit: int) -> str:
    """At most ``limit`` characters, not ending within a tag."""
    if len(markup) <= limit:
        return markup
    cut = markup[:limit]
    opened = cut.rfind("<")
    return cut[:opened] if opened > cut.rfind(">") and limit - opened < 5_000 else cut


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(None, 1)[0] if " " in cut[limit // 2 :] else cut).rstrip() + "…"


def _content_hash(entry: Entry) -> str:
    """A hash of what a reader sees: markup, which changes by itself (tokens in picture links), is left out."""
    seen = (entry.title, entry.summary, " ".join(re.sub(r"<[^<>]*>", " ", entry.content).split()))
    return blake2b("\0".join(seen).encode("utf-8", "replace"), digest_size=16).hexdigest()


# --- identity -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Named:
    """An entry with what it can be told apart by."""

    guid: str
    link: str
    digest: str
    entry: Entry

    @property
    def headline(self) -> str:
        return sha256(self.entry.title.encode("utf-8", "replace")).hexdigest()


def _identified(named: list[_Named], policy: IdentityPolicy) -> tuple[tuple[Entry, ...], list[str]]:
    ambiguous = _ambiguous(named)
    entries: dict[str, Entry] = {}
    repeated: list[str] = []
    for one in named:
        uid, source = _uid(one, policy, ambiguous)
        if uid in entries:
            repeated.append(clean_line(f"repeated in the same document: {uid}", 150))
        else:
            entries[uid] = replace(one.entry, uid=uid, uid_source=source)
    return tuple(entries.values()), repeated


def _named(guid: str, entry: Entry) -> _Named:
    digest = sha256(f"{entry.title}|{entry.summary[:500]}".encode("utf-8", "replace")).hexdigest()
    guid = canon(guid).strip()
    if len(guid) > MAX_UID:
        guid = sha256(guid.encode("utf-8", "replace")).hexdigest()
    link = canonical_url(entry.url)
    return _Named(guid, link if len(link) <= MAX_UID else "", digest, entry)


@dataclass(frozen=True, slots=True)
class _Ambiguous:
    """Keys that do not tell entries apart.

    Attributes:
        guids: those that go with several links.
        links: those of entries without guid that go with several titles, as when all items lead to the home page.
    """

    guids: frozenset[str]
    links: frozenset[str]


def _ambiguous(named: list[_Named]) -> _Ambiguous:
    guids = Counter(guid for guid, _ in {(one.guid, one.link or one.digest) for one in named if one.guid})
    links = Counter(link for link, _ in {(one.link, one.entry.title) for one in named if one.link and not one.guid})
    return _Ambiguous(
        frozenset(guid for guid, count in guids.items() if count > 1),
        frozenset(link for link, count in links.items() if count > 1),
    )


def _uid(one: _Named, policy: IdentityPolicy, ambiguous: _Ambiguous) -> tuple[str, IdentitySource]:
    by_guid: tuple[str, IdentitySource] = (one.guid, "guid")
    if policy == "auto" and one.guid in ambiguous.guids:
        by_guid = (f"{one.guid} {one.link or one.digest}", "guid+link")
    by_link: tuple[str, IdentitySource] = (one.link, "link")
    if policy != "link" and one.link in ambiguous.links:
        by_link = ("", "link")
    by_title: tuple[str, IdentitySource] = (one.headline if one.entry.title else "", "hash")
    order = {"auto": (by_guid, by_link), "guid": (by_guid, by_link), "link": (by_link,), "title": (by_title,)}
    return next((named for named in order.get(policy, ()) if named[0]), (one.digest, "hash"))


# --- dates --------------------------------------------------------------------------------------------------------

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# Offsets in hours of the names that feeds use; feedparser takes the unknown ones for UTC.
_ZONES = {
    **dict.fromkeys(("CEST", "EET", "SAST", "MESZ", "KALT"), 2),
    **dict.fromkeys(("CET", "MEZ", "WEST", "BST", "IRST"), 1),
    **dict.fromkeys(("EEST", "MSK", "TRT"), 3),
    **dict.fromkeys(("MSD", "GST", "SAMT"), 4),
    **dict.fromkeys(("JST", "KST"), 9),
    **dict.fromkeys(("HKT", "SGT", "AWST"), 8),
    "IST": 5.5,
    "PKT": 5,
    "AEST": 10,
    "AEDT": 11,
    "BRT": -3,
    "ART": -3,
}
_SLASHED = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_EAST_ASIAN = re.compile(
    r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?(?:\D{0,8}(\d{1,2})[:时時](\d{2}))?"
)
_FULL_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|[A-Za-z]{3,}.*\d{4}|\d{4}.*[A-Za-z]{3,}|\d{1,2}\s+[A-Za-z]{3,}\.?\s+\d{2}\b"
)


def _date(
    dates: Iterable[tuple[DateSource, str, datetime | None]], now: datetime, notes: list[str]
) -> tuple[datetime | None, str, DateSource]:
    first_raw = ""
    for source, raw, guessed in dates:
        if not raw.strip():
            continue
        first_raw = first_raw or raw
        moment = read_date(raw, guessed)
        if moment is not None and _EARLIEST <= moment <= now + timedelta(days=1):
            return moment, raw, source
        notes.append(f"date is not credible: {clean_line(raw, 60)}")
    return None, first_raw, "seen"


def read_date(raw: str, guessed: datetime | None = None) -> datetime | None:
    """The moment that a date in a feed means, aware, in UTC; None when it cannot be told.

    Args:
        raw: the date as the feed spells it.
        guessed: what feedparser makes of it. It is believed only where the text holds a day, a month and a year
            that cannot be taken for something else: feedparser reads ``1630929600`` as 2016 and ``2016/6/29`` as the
            first of June.
    """
    text = " ".join(raw[:200].split())
    for reader in (_epoch, _iso, _rfc822, _numbers):
        try:
            moment = reader(text)
            if moment is not None:
                return moment.astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError, OSError):
            continue  # a reader that stumbles leaves it to the next
    return guessed if guessed is not None and _FULL_DATE.search(text) and text.isascii() else None


def _epoch(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{9,10}|[0-9]{12,13}", text):
        return None
    seconds = int(text) / (1000 if len(text) > 10 else 1)
    return datetime.fromtimestamp(seconds, UTC)


def _iso(text: str) -> datetime | None:
    if not re.match(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:$|[T ])", text):
        return None
    # feeds write "+0200", "+02", a blank before the zone, and fractions of any length
    spelt = re.sub(r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{0,2})$", lambda zone: _iso_zone(zone.group(1)), text)
    spelt = re.sub(r"(:\d{2})[.,](\d{1,6})\d*", r"\1.\2", spelt)
    moment = datetime.fromisoformat(spelt)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso_zone(zone: str) -> str:
    return zone if zone[0] in "+-" else "+00:00"


_HALF_DAY = re.compile(r"\b(\d{1,2})(:\d{2}(?::\d{2})?)\s*([ap])\.?m\b\.?", re.IGNORECASE)


def _full_day(found: re.Match[str]) -> str:
    """A time of the twelve-hour clock on the other one; both parsers overlook what follows the minutes."""
    hour = int(found.group(1)) % 12 + (12 if found.group(3).lower() == "p" else 0)
    return f"{hour:02}{found.group(2)}"


def _rfc822(text: str) -> datetime | None:
    """Day, month name and year in the order of RFC 822, with the names of zones that feedparser does not know."""
    if not re.match(r"(?:[A-Za-z]{3,9}\.?,?\s+)?[0-9]{1,2}[\s-][A-Za-z]{3}", text):
        return None
    parts = parsedate_tz(_HALF_DAY.sub(_full_day, text))
    if parts is None or parts[0] < 1:
        return None
    offset = parts[9]
    zone = re.search(r"\b([A-Z]{3,4})\d?$", text)
    if zone and zone.group(1) in _ZONES:
        offset = int(_ZONES[zone.group(1)] * 3600)
    return datetime(*parts[:6], tzinfo=timezone(timedelta(seconds=offset or 0)))


def _numbers(text: str) -> datetime | None:
    found = _SLASHED.fullmatch(text) or _EAST_ASIAN.match(text)
    if not found:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups()[:5])
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


# --- RSS and Atom -------------------------------------------------------------------------------------------------

_ARTICLE = {
    "pdf": "a PDF document",
    "image": "a picture",
    "archive": "an archive",
    "media": "sound or film",
    "binary": "binary data",
}
_CUT_SHORT = ("no element found", "unclosed token", "unclosed cdata section", "partial character")
_ITEM_TAG = re.compile(rb"<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s>/])[^>]{0,2000}?(/?)>")
# feedparser looks for e-mail addresses in names with an expression whose time is quadratic in their length
_REFERENCE = re.compile(rb"&#([xX][0-9a-fA-F]{1,12}|[0-9]{1,12});?")
_PEOPLE = re.compile(
    rb"(<(?:[\w.-]+:)?(?:author|managingEditor|webMaster|creator|contributor|name|publisher|owner|email)\b[^>]{0,500}>"
    rb"\s*(?:<!\[CDATA\[)?)([^<]{1000,})",
    re.IGNORECASE,
)


def _changed(
    body: bytes, headers: Mapping[str, str], url: str, kind: str, identity: IdentityPolicy, known: bytes
) -> _Draft:
    """What is new in a document, or all of it where its items cannot be told apart one by one."""
    one_by_one = identity in {"auto", "guid"} and kind == "xml"
    cut = trimmed(body, known, context=f"{url} {identity}") if one_by_one else None
    if cut is None:
        return _xml_feed(body, headers, url, kind)
    return replace(_xml_feed(cut.body, headers, url, kind), known=cut.known, digests=cut.digests)


def _xml_feed(body: bytes, headers: Mapping[str, str], url: str, kind: str) -> _Draft:
    if kind == "html" and not _feed_within(body):
        raise FeedError(FailureKind.NOT_A_FEED, _what_page(body, headers, url))
    content_type = headers.get("content-type", "")
    utf8 = sniff.repaired_utf8(body)
    if utf8 is not None:
        body, content_type = utf8, "application/xml; charset=utf-8"
    body = _REFERENCE.sub(_possible_character, _PEOPLE.sub(_shorter_name, body))
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


def _drafted(document: Any, body: bytes, headers: Mapping[str, str], url: str) -> _Draft:  # noqa: ANN401 - untyped
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
    return _Draft(
        format=version or "xml",
        title=_text(feed, "title"),
        language=_text(feed, "language") or headers.get("content-language", ""),
        items=tuple(_reader(item) for item in items),
        hints=_hints(feed, body),
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


def _reader(item: Any) -> Callable[[], _Item]:  # noqa: ANN401 - feedparser is untyped
    return lambda: _Item(
        guid=_text(item, "id"),
        links=tuple(_links(item)),
        title=_text(item, "title"),
        summary=_text(item, "summary"),
        bodies=tuple(_bodies(item)),
        dates=tuple(_dates(item)),
        author=_text(item, "author"),
    )


def _text(item: Any, key: str) -> str:  # noqa: ANN401 - feedparser is untyped
    # dict.get: the class's own get answers "updated" with "published", and warns about it
    value = dict.get(item, key)
    return _sound(value) if isinstance(value, str) else ""


def _sound(text: str) -> str:
    """The text without halves of surrogate pairs, which can be neither stored nor sent."""
    return _SURROGATES.sub("\ufffd", text)


def _links(item: Any) -> Iterator[str]:  # noqa: ANN401 - feedparser is untyped
    """The feed's own link before the one through a proxy; any alternate before the guid, which may be no link."""
    yield _text(item, "feedburner_origlink")
    yield _text(item, "link")
    for link in dict.get(item, "links") or ():
        if isinstance(link, dict) and link.get("rel", "alternate") == "alternate":
            yield _text(link, "href")
    guid = _text(item, "id")
    if re.match(r"https?://", guid, re.IGNORECASE) and not _text(item, "link"):
        yield guid


def _bodies(item: Any) -> Iterator[str]:  # noqa: ANN401 - feedparser is untyped
    for body in dict.get(item, "content") or ():
        if isinstance(body, dict) and str(body.get("type", "")).startswith(("text/", "application/xhtml")):
            yield _text(body, "value")


def _dates(item: Any) -> Iterator[tuple[DateSource, str, datetime | None]]:  # noqa: ANN401 - feedparser is untyped
    for source, key in (("published", "published"), ("updated", "updated"), ("published", "created")):
        raw = _text(item, key)
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


# --- hints --------------------------------------------------------------------------------------------------------

_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_DAYS = {day: number for number, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def _hints(feed: Any, body: bytes) -> Hints:  # noqa: ANN401 - feedparser is untyped
    minutes = _number(_text(feed, "ttl"))
    period = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower())
    frequency = _number(_text(feed, "sy_updatefrequency")) or 1
    waits = [minutes * 60 if minutes else 0, int(period / frequency) if period else 0]
    hours, days = _skips(body)
    return Hints(ttl=max(waits) or None, skip_hours=hours, skip_days=days)


def _number(text: str) -> int:
    found = re.match(r"\s*(\d{1,6})", text)
    return int(found.group(1)) if found else 0


def _skips(body: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """All of ``skipHours`` and ``skipDays``; feedparser keeps only the last of each."""
    if not re.search(rb"skip(?:Hours|Days)", body, re.IGNORECASE):
        return (), ()
    found: dict[str, list[str]] = {"hour": [], "day": []}
    _collect(body, found)
    hours = {int(hour) % 24 for hour in found["hour"] if re.fullmatch(r"\d{1,2}", hour) and int(hour) <= 24}
    days = {_DAYS[day[:3].lower()] for day in found["day"] if day[:3].lower() in _DAYS}
    return tuple(sorted(hours)), tuple(sorted(days))


def _collect(body: bytes, found: dict[str, list[str]]) -> None:
    """Appends the text of every element named by a key of ``found`` within a ``skip…`` element."""
    path: list[str] = []

    def start(name: str, _: object) -> None:
        path.append(name.lower())
        if _is_skip(path):
            found[path[-1]].append("")

    def text(data: str) -> None:
        if _is_skip(path):
            found[path[-1]][-1] = (found[path[-1]][-1] + data).strip()[:20]

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, FeedError, ValueError, LookupError):
        return  # what was read before the fault stands


def _is_skip(path: list[str]) -> bool:
    return len(path) > 1 and (path[-2], path[-1]) in {("skiphours", "hour"), ("skipdays", "day")}


def _no_entities(*_: object) -> None:
    raise FeedError(FailureKind.MALFORMED, "entity declarations are not read")


# --- JSON Feed ----------------------------------------------------------------------------------------------------


def _json_feed(body: bytes) -> _Draft:
    """JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    try:
        data = json.loads(body.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise FeedError(FailureKind.MALFORMED, "The JSON is nested too deeply.") from None
    except ValueError as error:
        raise FeedError(_broken_json(body), f"The JSON is broken: {error}.") from None
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(version, str) or "jsonfeed.org/version/" not in version:
        raise FeedError(FailureKind.NOT_A_FEED, "The answer is JSON, but no JSON Feed.")
    items = data.get("items")
    if not isinstance(items, list):
        raise FeedError(FailureKind.MALFORMED, "The JSON Feed has no list of items.")
    return _Draft(
        format="json" + version.rpartition("/")[2].replace(".", ""),
        title=_string(data, "title"),
        language=_string(data, "language"),
        items=tuple(_json_reader(item) for item in items),
    )


def _broken_json(body: bytes) -> FailureKind:
    return FailureKind.MALFORMED if body.rstrip().endswith((b"}", b"]")) else FailureKind.TRUNCATED


def _string(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return _sound(value) if isinstance(value, str) else ""


def _json_id(data: Mapping[str, Any]) -> str:
    """An id should be a string, but numbers are common enough."""
    value = data.get("id")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _string(data, "id")


def _json_reader(item: object) -> Callable[[], _Item]:
    def read() -> _Item:
        if not isinstance(item, dict):
            raise TypeError("not an object")
        html, text = _string(item, "content_html"), _string(item, "content_text")
        return _Item(
            guid=_json_id(item),
            links=(_string(item, "url"), _string(item, "external_url")),
            title=_escaped(_string(item, "title")),
            summary=_escaped(_string(item, "summary")),
            bodies=(html or _escaped(text).replace("\n", "<br>"),),
            dates=(
                ("published", _string(item, "date_published"), None),
                ("updated", _string(item, "date_modified"), None),
            ),
            author=", ".join(_json_authors(item)),
        )

    return read


def _escaped(text: str) -> str:
    """Plain text as markup: JSON Feed's titles and summaries are text, where ``<`` is a character."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _json_authors(item: Mapping[str, Any]) -> Iterator[str]:
    authors = item.get("authors")
    for author in authors[:5] if isinstance(authors, list) else [item.get("author")]:
        if isinstance(author, dict) and (name := _string(author, "name")):
            yield name
