"""Feed documents: what comes out is safe, told apart, dated only where the date is credible."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher import sniff
from watcher.feed import entries
from watcher.feed.documents import parse
from watcher.feed.drafts import FeedError
from watcher.model import Entry, FailureKind, IdentityPolicy, ParsedFeed

DATA = Path(__file__).parent / "data" / "feeds"
NOW = datetime(2025, 11, 26, 18, 0, tzinfo=UTC)
URL = "https://gazette.example/feeds/world.xml"


def read(name: str, **headers: str) -> ParsedFeed:
    return parse((DATA / name).read_bytes(), headers, URL, now=NOW)


def rss(items: str, head: str = "", identity: IdentityPolicy = "auto") -> ParsedFeed:
    body = f"<rss version='2.0'><channel><title>T</title>{head}{items}</channel></rss>"
    return parse(body.encode(), {"content-type": "application/rss+xml"}, URL, now=NOW, identity=identity)


def only(parsed: ParsedFeed) -> Entry:
    assert len(parsed.entries) == 1, parsed
    return parsed.entries[0]


def failure(body: bytes, **headers: str) -> FeedError:
    with pytest.raises(FeedError) as caught:
        parse(body, headers, URL, now=NOW)
    return caught.value


class TestRss:
    def test_title_and_summary_are_plain_text(self) -> None:
        """Markup is gone, entities are characters, scripts leave nothing."""
        entry = read("world.rss.xml").entries[0]
        assert entry.title == "Allies weigh guarantees & a deadline"
        assert entry.summary == "Ministers met in the harbour town."
        assert entry.author == "Ada Wren"

    def test_relative_links_are_resolved_against_the_feed(self) -> None:
        """A link without a host gets the one the feed came from."""
        assert read("world.rss.xml").entries[0].url == "https://gazette.example/world/guarantees?utm_source=rss"

    def test_a_link_with_another_scheme_is_dropped(self) -> None:
        """Only http and https get through."""
        entry = read("world.rss.xml").entries[3]
        assert entry.url == ""
        assert entry.uid == "gz-1004"

    @pytest.mark.parametrize("link", ["data:text/html,x", "file:///etc/passwd", "JaVaScRiPt:x", "ftp://h/x", "http://"])
    def test_no_other_scheme_gets_through(self, link: str) -> None:
        """However it is spelt."""
        assert only(rss(f"<item><title>a</title><link>{link}</link></item>")).url == ""

    def test_the_feed_tells_its_language_and_title(self) -> None:
        """The language is cut to ISO 639-1."""
        parsed = read("world.rss.xml")
        assert (parsed.title, parsed.language, parsed.format) == ("Harbour Gazette & Mail", "en", "rss20")

    def test_all_skip_hours_and_days_are_read(self) -> None:
        """Feedparser keeps only the last of each; hour 24 is midnight."""
        hints = read("world.rss.xml").hints
        assert hints.skip_hours == (0, 1, 5)
        assert hints.skip_days == (5, 6)

    def test_the_longest_wait_that_the_feed_asks_for_counts(self) -> None:
        """Here 45 minutes of ttl against twice an hour."""
        assert read("world.rss.xml").hints.ttl == 45 * 60

    def test_a_body_markedly_longer_than_the_summary_is_content(self) -> None:
        """content:encoded is kept as HTML beside the teaser."""
        entry = read("world.rss.xml").entries[1]
        assert entry.summary == "A short teaser about the talks."
        assert entry.content.startswith("<p>The first meeting")

    def test_a_description_that_is_the_article_becomes_content(self) -> None:
        """The summary is then its beginning."""
        paragraph = "<p>" + "Nine days of talks ended in the harbour. " * 30 + "</p>"
        entry = only(rss(f"<item><title>a</title><description><![CDATA[{paragraph * 3}]]></description></item>"))
        assert entry.content.startswith("<p>Nine days")
        assert 500 < len(entry.summary) <= 700
        assert entry.summary.endswith("…")

    def test_a_body_that_says_what_the_summary_says_is_no_content(self) -> None:
        """Most feeds repeat their teaser in content:encoded."""
        text = "One and the same teaser of a few words."
        entry = only(rss(f"<item><title>a</title><description>{text}</description><content>{text}</content></item>"))
        assert (entry.summary, entry.content) == (text, "")


class TestAtom:
    def test_links_obey_xml_base(self) -> None:
        """And the enclosure is not taken for the article."""
        assert only(read("notes.atom.xml")).url == "https://notes.example/a/one.html"

    def test_text_that_looks_like_markup_stays_text(self) -> None:
        """Stress accents go, a less-than sign stays."""
        assert only(read("notes.atom.xml")).title == "Гарантії безпеки: 5 < 6"

    def test_paragraphs_of_the_summary_stay_apart(self) -> None:
        """As lines."""
        assert only(read("notes.atom.xml")).summary == "Перший рядок.\nДругий рядок."

    def test_updated_stands_in_for_published(self) -> None:
        """And the entry says so."""
        entry = only(read("notes.atom.xml"))
        assert (entry.published_at, entry.date_source) == (datetime(2025, 11, 26, 9, 30, tzinfo=UTC), "updated")


class TestJsonFeed:
    def test_items_are_read(self) -> None:
        """Numbers as ids, text as text, several authors."""
        parsed = read("channel.json")
        first = parsed.entries[0]
        assert (parsed.format, parsed.language, parsed.title) == ("json11", "de", "Quay & Co")
        assert (first.uid, first.title, first.author) == ("17", "Preis < Wert", "Jan, Ute")
        assert first.summary == "Erste Zeile.\nZweite & letzte."
        assert first.published_at == datetime(2025, 11, 26, 7, 0, tzinfo=UTC)

    def test_what_is_no_item_is_noted_and_the_others_stay(self) -> None:
        """One bad item never loses the others."""
        parsed = read("channel.json")
        assert [entry.uid for entry in parsed.entries] == ["17", "18"]
        assert parsed.entries[1].url == "https://gazette.example/extern"
        assert [reason.partition(":")[0] for reason in parsed.dropped] == ["item 3", "item 4"]

    @pytest.mark.parametrize("key", ["id", "url", "title", "summary", "content_html", "date_published", "author"])
    def test_half_a_surrogate_pair_loses_nothing(self, key: str) -> None:
        """JSON can spell what UTF-8 cannot: the item can be stored all the same, and the others stay."""
        whole = {"id": "1", "url": "https://gazette.example/1", "title": "Talks", "summary": "In Geneva."}
        text = "https://gazette.example/\ud800" if key == "url" else "half \ud800 " * 100
        odd = {**whole, "id": "2", key: {"name": text} if key == "author" else text}
        document = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [whole, odd]}
        parsed = parse(json.dumps(document).encode(), {}, URL, now=NOW)

        assert len(parsed.entries) == 2
        for entry in parsed.entries:
            texts = (entry.uid, entry.url, entry.title, entry.summary, entry.content, entry.published_raw, entry.author)
            assert "\x00".join(texts).encode()

    def test_other_json_is_no_feed(self) -> None:
        """An API error is told apart from a feed."""
        assert failure(b'{"error": "no such channel"}').kind is FailureKind.NOT_A_FEED

    def test_cut_json_is_truncated(self) -> None:
        """There is no half of a JSON document."""
        body = (DATA / "channel.json").read_bytes()
        assert failure(body[: len(body) // 2]).kind is FailureKind.TRUNCATED

    def test_deep_nesting_is_refused(self) -> None:
        """It does not exhaust the stack."""
        assert failure(b'{"a":' * 100_000).kind in {FailureKind.MALFORMED, FailureKind.TRUNCATED}


class TestTruncation:
    def test_the_half_item_is_dropped_and_the_rest_kept(self) -> None:
        """A cut title would be alerted, and alerted again when it is whole."""
        body = (DATA / "world.rss.xml").read_bytes()
        cut = body[: body.index(b"No date, no guid") + 8]
        parsed = parse(cut, {}, URL, now=NOW)
        assert [entry.uid for entry in parsed.entries] == ["gz-1001", "gz-1002"]
        assert not parsed.complete
        assert "cut short" in parsed.dropped[0]

    def test_every_cut_yields_only_whole_items(self) -> None:
        """Wherever the connection ends, no entry differs from the one of the whole document."""
        body = (DATA / "world.rss.xml").read_bytes()
        whole = {entry.uid: entry for entry in parse(body, {}, URL, now=NOW).entries}
        for end in range(200, len(body) - 10, 37):
            try:
                parsed = parse(body[:end], {}, URL, now=NOW)
            except FeedError:
                continue
            assert not parsed.complete
            assert all(whole[entry.uid] == entry for entry in parsed.entries), end

    def test_a_cut_behind_another_fault_is_noticed(self) -> None:
        """The parser then speaks of the first fault only."""
        body = b"<rss><channel><item><title>A & B</title><guid>1</guid></item><item><title>half a ti"
        parsed = parse(body, {}, URL, now=NOW)
        assert [entry.title for entry in parsed.entries] == ["A & B"]
        assert not parsed.complete

    def test_a_cut_between_items_loses_none(self) -> None:
        """But the document is not whole, so its validators must not be kept."""
        parsed = parse(b"<rss><channel><item><title>A</title><guid>1</guid></item>", {}, URL, now=NOW)
        assert (only(parsed).title, parsed.complete) == ("A", False)

    def test_a_cut_within_a_character_garbles_nothing(self) -> None:
        """The rest is still UTF-8."""
        body = "<rss><channel><item><title>Київ</title><guid>1</guid></item><item><title>Льв".encode()[:-1]
        assert only(parse(body, {}, URL, now=NOW)).title == "Київ"

    def test_a_cut_before_the_first_item_is_a_failure(self) -> None:
        """Nothing can be used."""
        assert failure(b"<rss><channel><title>Harb").kind is FailureKind.TRUNCATED


class TestBrokenXml:
    def test_a_bare_ampersand_is_forgiven(self) -> None:
        """It is noted, the entries are used, and the document counts as whole."""
        parsed = rss("<item><title>Salt & pepper</title><guid>1</guid></item>")
        assert (only(parsed).title, parsed.complete) == ("Salt & pepper", True)
        assert "SAXParseException" in parsed.notes[0]

    @pytest.mark.parametrize("declared", ["", "text/xml", "application/xml; charset=iso-8859-1"])
    def test_utf8_is_read_as_utf8_whatever_is_declared(self, declared: str) -> None:
        """Other charsets do not look like UTF-8 by chance."""
        body = "<rss><channel><item><title>Зеленський – Київ</title></item></channel></rss>".encode()
        headers = {"content-type": declared} if declared else {}
        assert only(parse(body, headers, URL, now=NOW)).title == "Зеленський – Київ"

    def test_a_declared_charset_is_obeyed(self) -> None:
        """windows-1251, in the XML declaration."""
        text = '<?xml version="1.0" encoding="windows-1251"?><rss><channel><item><title>Переговоры</title></item>'
        body = (text + "</channel></rss>").encode("windows-1251")
        assert only(parse(body, {}, URL, now=NOW)).title == "Переговоры"

    def test_one_broken_byte_does_not_garble_the_rest(self) -> None:
        """A parser would take the whole document for windows-1252."""
        body = "<rss><channel><item><title>Переговори у Женеві тривають</title><guid>1</guid></item></channel></rss>"
        broken = body.encode().replace(b"<guid>", b"\xff<guid>")
        assert only(parse(broken, {}, URL, now=NOW)).title == "Переговори у Женеві тривають"

    def test_entities_do_not_explode_or_reach_files(self) -> None:
        """Neither billion laughs nor an external entity gets through."""
        laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
        body = f'<!DOCTYPE r [<!ENTITY a0 "ha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]><rss><channel>'
        body += "<item><title>x&f;&a9;</title><guid>1</guid></item></channel></rss>"
        started = time.monotonic()
        entry = only(parse(body.encode(), {}, URL, now=NOW))
        assert "root:" not in entry.title
        assert len(entry.title) <= entries.MAX_TITLE
        assert time.monotonic() - started < 10

    def test_a_hostile_author_costs_no_time(self) -> None:
        """An expression of feedparser's is quadratic in it."""
        started = time.monotonic()
        rss(f"<item><title>a</title><author>a@{'a.' * 60_000}</author></item>")
        assert time.monotonic() - started < 2


class TestNotAFeed:
    def test_a_challenge_is_called_one(self) -> None:
        """With the name of who asks."""
        error = failure((DATA / "challenge.html").read_bytes())
        assert error.kind is FailureKind.NOT_A_FEED
        assert "Cloudflare" in error.detail

    def test_a_page_that_names_its_feed_is_a_hint(self) -> None:
        """The detail holds the address to put into the configuration."""
        error = failure((DATA / "home.html").read_bytes(), **{"content-type": "text/html"})
        assert error.kind is FailureKind.NOT_A_FEED
        assert "Harbour Gazette – Home" in error.detail
        assert "https://gazette.example/feeds/all.xml" in error.detail

    @pytest.mark.parametrize(
        ("body", "kind", "said"),
        [
            (b"", FailureKind.MALFORMED, "empty"),
            (b" \n\t", FailureKind.MALFORMED, "empty"),
            (b"%PDF-1.7 x", FailureKind.NOT_A_FEED, "PDF"),
            (b"\x89PNG\r\n\x1a\n", FailureKind.NOT_A_FEED, "picture"),
            (b"Service unavailable", FailureKind.NOT_A_FEED, "plain text"),
            (b"/etc/passwd", FailureKind.NOT_A_FEED, "plain text"),
            (b"<?xml version='1.0'?><opml><body/></opml>", FailureKind.NOT_A_FEED, "<opml>"),
            (b"<?xml version='1.0'?><urlset></urlset>", FailureKind.NOT_A_FEED, "<urlset>"),
        ],
    )
    def test_the_detail_says_what_it_is(self, body: bytes, kind: FailureKind, said: str) -> None:
        """In words a person can act on."""
        error = failure(body)
        assert (error.kind, said in error.detail) == (kind, True), error.detail

    def test_a_feed_without_items_is_a_feed(self) -> None:
        """A quiet day is no failure."""
        parsed = rss("")
        assert (parsed.entries, parsed.complete, parsed.notes) == ((), True, ("the feed has no items",))


def item(guid: str = "", link: str = "", title: str = "t") -> str:
    parts = (f"<guid isPermaLink='false'>{guid}</guid>" if guid else "", f"<link>{link}</link>" if link else "")
    return f"<item><title>{title}</title>{''.join(parts)}</item>"


def keys(parsed: ParsedFeed) -> list[tuple[str, str]]:
    return [(entry.uid, entry.uid_source) for entry in parsed.entries]


class TestIdentity:
    def test_the_guid_comes_first_then_the_link_then_a_hash(self) -> None:
        """A blank guid is none."""
        parsed = rss(item("g1", "https://h/1") + item("  ", "https://h/2?utm_source=x") + item(title="only a title"))
        assert [source for _, source in keys(parsed)] == ["guid", "link", "hash"]
        assert keys(parsed)[1][0] == "https://h/2"

    def test_one_guid_with_several_links_takes_the_link_too(self) -> None:
        """Otherwise all but one of them would be lost."""
        parsed = rss(item("dup", "https://h/1") + item("dup", "https://h/2") + item("other", "https://h/3"))
        assert keys(parsed) == [
            ("dup https://h/1", "guid+link"),
            ("dup https://h/2", "guid+link"),
            ("other", "guid"),
        ]

    def test_an_item_given_twice_is_one_entry(self) -> None:
        """The second is left out, and the feed's report says so."""
        parsed = rss(item("dup", "https://h/1") + item("dup", "https://h/1?utm_medium=rss"))
        assert keys(parsed) == [("dup", "guid")]
        assert "repeated" in parsed.dropped[0]

    def test_items_that_all_lead_home_are_told_apart_by_their_text(self) -> None:
        """One link with several titles is no identity."""
        parsed = rss(item(link="https://h/", title="one") + item(link="https://h/", title="two"))
        assert [source for _, source in keys(parsed)] == ["hash", "hash"]

    def test_a_guid_does_not_depend_on_where_the_feed_lives(self) -> None:
        """A relative guid must not change when the feed moves to https or another host."""
        body = b"<rss><channel><item><title>t</title><guid>post/7</guid></item></channel></rss>"
        uids = {only(parse(body, {}, url, now=NOW)).uid for url in ("http://a.example/f", "https://b.example/g")}
        assert uids == {"post/7"}

    @pytest.mark.parametrize(
        ("policy", "source"), [("guid", "guid"), ("link", "link"), ("title", "hash"), ("hash", "hash")]
    )
    def test_the_policy_of_the_feed_wins(self, policy: IdentityPolicy, source: str) -> None:
        """For feeds whose guids change with every poll."""
        assert keys(rss(item("g1", "https://h/1"), identity=policy))[0][1] == source

    def test_by_title_an_edited_summary_is_the_same_entry(self) -> None:
        """And by hash it is another."""
        old, new = (f"<item><title>t</title><description>{text}</description></item>" for text in ("a", "b"))
        assert keys(rss(old, identity="title")) == keys(rss(new, identity="title"))
        assert keys(rss(old, identity="hash")) != keys(rss(new, identity="hash"))

    def test_an_edit_changes_the_content_hash_and_not_the_identity(self) -> None:
        """So that it can be noticed."""
        old, new = only(rss(item("g", title="a"))), only(rss(item("g", title="b")))
        assert old.uid == new.uid
        assert old.content_hash != new.content_hash


class TestDates:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ("Wed, 26 Nov 2025 10:15:00 +0100", "2025-11-26T09:15:00"),
            ("26 Nov 2025 10:15 GMT", "2025-11-26T10:15:00"),
            ("Wed, 26 Nov 2025 10:15:00 EST", "2025-11-26T15:15:00"),
            ("Mon, 06 Sep 2021 12:00:00 CEST", "2021-09-06T10:00:00"),
            ("Wed, 26 Nov 2025 10:15:00 MSK", "2025-11-26T07:15:00"),
            ("Wed, 26 Nov 2025 10:15:00 EET", "2025-11-26T08:15:00"),
            ("Sun, 20 Apr 2014 8:19 pm CEST", "2014-04-20T18:19:00"),
            ("20 Apr 2014 12:05 a.m. GMT", "2014-04-20T00:05:00"),
            ("2025-11-26T10:15:00Z", "2025-11-26T10:15:00"),
            ("2025-11-26T10:15:00.1234567+02:00", "2025-11-26T08:15:00"),
            ("2025-11-26 10:15:00 +0200", "2025-11-26T08:15:00"),
            ("2025-11-26", "2025-11-26T00:00:00"),
            ("1630929600", "2021-09-06T12:00:00"),
            ("1630929600000", "2021-09-06T12:00:00"),
            ("2016/6/29", "2016-06-29T00:00:00"),
            ("2021年9月6日", "2021-09-06T00:00:00"),
        ],
    )
    def test_a_date_means_what_it_says(self, raw: str, expected: str) -> None:
        """Also where feedparser reads it wrongly."""
        entry = only(rss(f"<item><title>t</title><pubDate>{raw}</pubDate></item>"))
        assert entry.published_at == datetime.fromisoformat(expected).replace(tzinfo=UTC)
        assert (entry.date_source, entry.published_raw) == ("published", raw)

    @pytest.mark.parametrize(
        "raw",
        [
            "0000-00-00",
            "0000-00-00T00:00:00Z",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Sat, 29 Nov 2025 00:00:00 GMT",
            "06/09/2021 12:00",
            "12345678901234567890",
            "yesterday",
            "Lundi 6 Septembre 2021",
            "Wed, 26 Nov 2025 10:15:00 +9999999999",
        ],
    )
    def test_a_date_that_is_not_credible_is_none(self, raw: str) -> None:
        """It is kept as spelt, and noted."""
        parsed = rss(f"<item><title>t</title><pubDate>{raw}</pubDate></item>")
        entry = only(parsed)
        assert (entry.published_at, entry.date_source, entry.published_raw) == (None, "seen", raw)
        assert "not credible" in parsed.notes[0]

    def test_the_update_stands_in_for_a_publication_that_is_not_credible(self) -> None:
        """And is marked as such."""
        dates = "<published>0000-00-00</published><updated>2025-11-26T10:00:00Z</updated>"
        body = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>t</title>{dates}</entry></feed>"
        assert only(parse(body.encode(), {}, URL, now=NOW)).date_source == "updated"


class TestLimits:
    def test_entries_are_capped(self) -> None:
        """With a note."""
        parsed = rss("".join(item(f"g{n}") for n in range(entries.MAX_ENTRIES + 5)))
        assert len(parsed.entries) == entries.MAX_ENTRIES
        assert "only the first" in parsed.notes[0]

    def test_huge_fields_are_cut(self) -> None:
        """With a note; a huge guid is hashed."""
        parsed = rss(
            f"<item><title>{'t' * 5_000}</title><guid>{'g' * 5_000}</guid>"
            f"<description>{'<p>word</p>' * 60_000}</description></item>".replace("<p>", "&lt;p>")
        )
        entry = only(parsed)
        assert (len(entry.title), len(entry.uid)) == (entries.MAX_TITLE, 64)
        assert len(entry.summary) <= entries.MAX_SUMMARY
        assert len(entry.content) <= entries.MAX_CONTENT
        assert any("cut to" in note for note in parsed.notes)

    def test_notes_are_few(self) -> None:
        """A feed of bad dates does not fill the log."""
        parsed = rss("".join(f"<item><title>{n}</title><pubDate>never</pubDate></item>" for n in range(100)))
        assert len(parsed.notes) == 21
        assert parsed.notes[-1] == "and 80 more"


@pytest.mark.parametrize("reference", ["&#xD800;", "&#55357;", "&#99999999;", "&#x110000;", "&#0;"])
def test_a_reference_to_no_character_costs_no_feed(reference: str) -> None:
    """Half a surrogate pair, or a number beyond all characters, in a document that is well-formed or not."""
    for head in ("", "<broken>"):
        parsed = rss(f"{head}<item><title>News {reference} of today</title><guid>1</guid></item>")
        assert "of today" in only(parsed).title
        only(parsed).title.encode()


def test_a_document_is_never_taken_for_the_name_of_a_file(tmp_path: Path) -> None:
    """A server that answers with a path does not make us read our own disk."""
    secret = tmp_path / "secret.xml"
    secret.write_text(f"<rss version='2.0'><channel><title>t</title>{item('of-our-own-disk')}</channel></rss>")
    for body in (str(secret).encode(), secret.as_uri().encode()):
        with pytest.raises(FeedError):
            parse(body, {"content-type": "application/rss+xml"}, URL, now=NOW)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_raises_anything_but_a_feed_error(data: st.DataObject) -> None:
    """Whatever happens to the bytes, the answer is a feed with safe entries or a FeedError."""
    name = data.draw(st.sampled_from(["world.rss.xml", "notes.atom.xml", "channel.json", "home.html"]))
    body = bytearray((DATA / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    try:
        parsed = parse(bytes(body), {"content-type": "text/xml"}, URL, now=NOW)
    except FeedError:
        return
    assert len({entry.uid for entry in parsed.entries}) == len(parsed.entries)
    assert all(entry.uid for entry in parsed.entries)
    assert all(not entry.url or entry.url.lower().startswith(("http://", "https://")) for entry in parsed.entries)


def test_the_name_of_an_encoding_may_be_no_text() -> None:
    """Feedparser decodes it as UTF-8, come what may."""
    with pytest.raises(FeedError, match="encoding"):
        parse(b'<?xml version="1.0" encoding="ut\x80f-8"?><rss><channel></channel></rss>', {}, URL, now=NOW)


class TestSniff:
    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"<!doctype html><p>x", "html"),
            (b"\xef\xbb\xbf  <html>", "html"),
            (b"<?xml version='1.0'?><html xmlns='x'>", "html"),
            (b"<!-- a --><rss>", "xml"),
            ("<rss>".encode("utf-16"), "xml"),
            (b"RIFF\x00\x00\x00\x00WEBPVP8", "image"),
            (b"\x00\x01\x02", "binary"),
            (b"[1]", "json"),
        ],
    )
    def test_the_kind_is_told_from_the_bytes(self, body: bytes, kind: str) -> None:
        """Types that servers declare are not asked."""
        assert sniff.kind(body) == kind

    def test_an_undeclared_cyrillic_page_is_read(self) -> None:
        """windows-1251 without a word about it."""
        text = "<p>Переговоры о гарантиях безопасности продолжаются</p>"
        assert sniff.decode(text.encode("windows-1251"), "text/html") == text

    def test_latin1_is_windows_1252(self) -> None:
        """As on all the web."""
        assert sniff.decode(b"<p>\x93quoted\x94 caf\xe9</p>", "text/html; charset=iso-8859-1") == "<p>“quoted” café</p>"

    def test_an_article_that_quotes_a_challenge_is_none(self) -> None:
        """Only small pages are challenges."""
        assert sniff.bot_wall("<p>captcha-delivery.com</p>") == "DataDome"
        assert sniff.bot_wall("<p>captcha-delivery.com</p>" + "<p>words</p>" * 10_000) == ""

    def test_json_documents_survive_a_round_trip(self) -> None:
        """The sample is what it claims to be."""
        assert json.loads((DATA / "channel.json").read_text())["items"][0]["id"] == 17
