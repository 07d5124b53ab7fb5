"""Feed documents without their known items: what is parsed of them is what parsing all of them would give."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.feed.documents import parse
from watcher.feed.drafts import FeedError
from watcher.feed.trimming import DIGEST_BYTES, trimmed
from watcher.model import IdentityPolicy, ParsedFeed

NOW = datetime(2025, 11, 26, 18, 0, tzinfo=UTC)
URL = "https://gazette.example/feed.xml"
DATA = Path(__file__).parent / "data" / "feeds"


def item(number: int, *, guid: str | None = None, title: str = "", more: str = "") -> str:
    name = f"<guid>{guid if guid is not None else number}</guid>" if guid != "" else ""
    link = f"<link>https://gazette.example/{number}</link>"
    return f"<item><title>{title or f'Talks, day {number}'}</title>{link}{name}{more}</item>"


def rss(*items: str, head: str = "", root: str = 'version="2.0"') -> bytes:
    return f"<rss {root}><channel><title>T</title>{head}{''.join(items)}</channel></rss>".encode()


def read(body: bytes, known: bytes = b"", *, identity: IdentityPolicy = "auto", url: str = URL) -> ParsedFeed:
    return parse(body, {"content-type": "application/rss+xml"}, url, now=NOW, identity=identity, known=known)


def titles(parsed: ParsedFeed) -> list[str]:
    return [entry.title for entry in parsed.entries]


class TestKnownItems:
    def test_only_what_is_new_is_parsed(self) -> None:
        """Items that were in the last document are counted and left out."""
        before = read(rss(item(1), item(2)))
        after = read(rss(item(3), item(1), item(2)), before.digests)
        assert (titles(after), after.known) == (["Talks, day 3"], 2)

    def test_an_edited_item_is_parsed(self) -> None:
        """One changed character makes an item a new one."""
        before = read(rss(item(1), item(2)))
        after = read(rss(item(1), item(2, title="Talks, day two")), before.digests)
        assert (titles(after), after.known) == (["Talks, day two"], 1)

    def test_what_is_said_of_the_feed_is_read_every_time(self) -> None:
        """Hints outside the items count although no item is new."""
        before = read(rss(item(1)))
        after = read(rss(item(1), head="<ttl>90</ttl>"), before.digests)
        assert (after.entries, after.known, after.hints.ttl, after.notes) == ((), 1, 5400, ())

    def test_items_of_another_address_are_not_known(self) -> None:
        """Relative links may lead elsewhere when the document came from elsewhere."""
        before = read(rss(item(1)))
        assert read(rss(item(1)), before.digests, url="https://mirror.example/feed.xml").known == 0

    def test_items_in_another_frame_are_not_known(self) -> None:
        """Namespaces and base address of the first tag bear on all items."""
        before = read(rss(item(1)))
        framed = rss(item(1), root='version="2.0" xml:base="https://mirror.example/"')
        assert read(framed, before.digests).known == 0

    def test_atom_entries_are_known_too(self) -> None:
        """Atom is cut on its entries; the id of a source within one does not confuse."""
        body = (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>f</id>{}'
            "<entry><id>a</id><title>One</title><source><id>s</id></source></entry></feed>"
        )
        before = read(body.format("").encode())
        after = read(body.format("<entry><id>b</id><title>Two</title></entry>").encode(), before.digests)
        assert (titles(after), after.known) == (["Two"], 1)

    def test_a_digest_is_short(self) -> None:
        """What is remembered of a feed grows by a few bytes an item."""
        assert len(read(rss(item(1), item(2))).digests) == 2 * DIGEST_BYTES


@pytest.mark.parametrize(
    ("why", "body"),
    [
        ("a guid that comes twice", rss(item(1, guid="x"), item(2, guid="x"))),
        ("an empty guid", rss(item(1, guid=" "), item(2))),
        ("two guids in one item", rss(item(1, more="<guid>another</guid>"))),
        ("no guid, and a link that comes twice", rss(item(1, guid=""), item(1, guid="", title="Another"))),
        (
            "no guid, and links that mean the same",
            rss(item(1, guid=""), item(1, guid="").replace("/1<", "/1?utm_id=7<")),
        ),
        ("no guid and no link", rss("<item><title>Bare</title></item>")),
        ("a link of a proxy", rss(item(1, guid="", more="<origLink>https://gazette.example/o</origLink>"))),
        ("an empty tag as item", rss("<item/>", item(1))),
        ("a document type", b"<!DOCTYPE rss>" + rss(item(1))),
        ("an entity of HTML", rss(item(1, title="a&nbsp;b"))),
        ("a prefix of no namespace", rss(item(1, more="<media:title>x</media:title>"))),
        ("an end that is missing", rss(item(1), item(2))[:-20]),
        ("another charset", b'<?xml version="1.0" encoding="windows-1251"?>' + rss(item(1)) + b"<!-- \xe8 -->"),
        ("elements nested too deeply", rss(head="<a>" * 60 + "</a>" * 60)),
        ("items within something else", b"<rss><channel><box>" + item(1).encode() + b"</box></channel></rss>"),
    ],
)
def test_in_any_doubt_the_document_is_parsed_whole(why: str, body: bytes) -> None:
    """No cut where the meaning of an item may depend on the others."""
    assert trimmed(body, b"") is None, why


@pytest.mark.parametrize("identity", ["link", "title"])
def test_other_identities_are_parsed_whole(identity: IdentityPolicy) -> None:
    """Entries told apart by link or title need all of the document."""
    assert read(rss(item(1), item(2)), identity=identity).digests == b""


@pytest.mark.parametrize("path", sorted(DATA.glob("*.xml")), ids=lambda path: path.name)
def test_real_documents_give_the_same_entries_in_parts(path: Path) -> None:
    """Each entry parsed without its neighbours is as it is among them."""
    body = path.read_bytes()
    try:
        whole = read(body)
    except FeedError:
        return
    for at in range(0, len(whole.digests), DIGEST_BYTES):
        known = whole.digests[:at] + whole.digests[at + DIGEST_BYTES :]
        assert set(read(body, known).entries) <= set(whole.entries)


_texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
_items = st.builds(
    lambda guid, link, title, body: (
        "<item>"
        + (f"<guid isPermaLink='false'>{escape(guid)}</guid>" if guid is not None else "")
        + (f"<link>{escape(link)}</link>" if link is not None else "")
        + f"<title>{escape(title)}</title><description><![CDATA[<p>{body.replace(']]>', '')}]]></description></item>"
    ),
    st.none() | st.sampled_from("abc") | _texts,
    st.none() | st.sampled_from(["/a", "https://g.example/a?utm_source=x", "https://g.example/a"]) | _texts,
    _texts,
    _texts,
)


@given(st.lists(_items, max_size=6), st.sets(st.integers(0, 5)))
def test_no_document_gives_other_entries_in_parts(items: Sequence[str], left_out: set[int]) -> None:
    """Whatever is known, the rest of the entries are those of a whole parse, and none is missing."""
    body = rss(*items)
    whole = read(body)
    digests = [whole.digests[at : at + DIGEST_BYTES] for at in range(0, len(whole.digests), DIGEST_BYTES)]
    known = {digest for number, digest in enumerate(digests) if number in left_out}
    part = read(body, b"".join(known))
    expected = [entry for entry in whole.entries if entry in part.entries]
    assert list(part.entries) == expected
    assert len(part.entries) + part.known >= len(whole.entries)
