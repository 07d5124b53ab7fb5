"""Feed documents: bytes and headers in, entries out. RSS and Atom through feedparser, JSON Feed by ourselves.

What comes out is safe: texts are plain and canonical, links are absolute and http or https, dates are credible or
absent, sizes are bounded. What was odd about a document is said in its notes; one bad item never loses the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from watcher import sniff
from watcher.feed.drafts import Draft, FeedError
from watcher.feed.entries import finished
from watcher.feed.json_feed import json_feed
from watcher.feed.syndication import xml_feed
from watcher.feed.trimming import trimmed
from watcher.model import FailureKind, IdentityPolicy, ParsedFeed

_ARTICLE = {
    "pdf": "a PDF document",
    "image": "a picture",
    "archive": "an archive",
    "media": "sound or film",
    "binary": "binary data",
}


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
        draft = json_feed(body)
    elif kind in {"xml", "html", "text"}:
        draft = _changed(body, headers, url, kind, identity, known)
    else:
        raise FeedError(FailureKind.NOT_A_FEED, f"The answer is no feed but {_ARTICLE[kind]}.")
    return finished(draft, url, now, identity)


def _changed(
    body: bytes, headers: Mapping[str, str], url: str, kind: str, identity: IdentityPolicy, known: bytes
) -> Draft:
    """What is new in a document, or all of it where its items cannot be told apart one by one."""
    one_by_one = identity in {"auto", "guid"} and kind == "xml"
    cut = trimmed(body, known, context=f"{url} {identity}") if one_by_one else None
    if cut is None:
        return xml_feed(body, headers, url, kind)
    return replace(xml_feed(cut.body, headers, url, kind), known=cut.known, digests=cut.digests)
