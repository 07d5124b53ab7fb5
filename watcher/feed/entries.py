"""Drafts made safe: texts are plain and canonical, links absolute, dates credible or absent, sizes bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from watcher import sniff
from watcher.feed.dates import credible_date
from watcher.feed.drafts import Draft, Item
from watcher.feed.identity import Named, identified, named_by
from watcher.model import Entry, IdentityPolicy, ParsedFeed
from watcher.text import clean_line, plain

MAX_ENTRIES = 2_000
MAX_TITLE = 1_000
MAX_SUMMARY = 20_000
MAX_CONTENT = 500_000
MAX_URL = 4_000
_SHORT_SUMMARY = 700
_LONG_SUMMARY = 2_000


def finished(draft: Draft, url: str, now: datetime, identity: IdentityPolicy) -> ParsedFeed:
    """The document as its entries: those that can be read, told apart, and no more than a feed can mean."""
    notes, dropped = list(draft.notes), list(draft.dropped)
    if draft.complete and not draft.items and not draft.known:
        notes.append("the feed has no items")
    if len(draft.items) > MAX_ENTRIES:
        notes.append(f"{len(draft.items)} items; only the first {MAX_ENTRIES} are read")
    named: list[Named] = []
    for number, read in enumerate(draft.items[:MAX_ENTRIES], 1):
        try:
            item = read()
            entry, remarks = _entry(item, url, now)
            one = None if entry is None else named_by(item.guid, entry)
        except Exception as error:  # noqa: BLE001 - whatever is odd about an item, it never loses the others
            dropped.append(clean_line(f"item {number}: cannot be read ({type(error).__name__}: {error})"))
            continue
        notes.extend(f"item {number}: {remark}" for remark in remarks)
        if one is None:
            dropped.append(f"item {number}: has no title, no link and no text")
        else:
            named.append(one)
    entries, repeated = identified(named, identity)
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


def _entry(item: Item, base: str, now: datetime) -> tuple[Entry | None, list[str]]:
    notes: list[str] = []
    title = _capped(plain(item.title[: 20 * MAX_TITLE]), MAX_TITLE, "title", notes)
    summary, content = _texts(item, notes)
    link = _link(item.links, base, notes)
    if not (title or summary or content or link):
        return None, []
    published, raw, source = credible_date(item.dates, now, notes)
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


def _texts(item: Item, notes: list[str]) -> tuple[str, str]:
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
