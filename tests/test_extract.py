"""Article pages: their text, or the reason why they have none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher import extract
from watcher.extract import ExtractedPage, Refused, extract_fragment, extract_page
from watcher.model import FailureKind

DATA = Path(__file__).parent / "data" / "pages"
URL = "https://gazette.example/world/guarantees?utm_source=rss"
PARAGRAPH = "The delegations met again on Friday in a warmer place and read the draft aloud, article by article. "
BODY = f"<p>{PARAGRAPH * 2}</p><p>{PARAGRAPH}By noon they had agreed on the order of the agenda.</p>"


def page(name: str, url: str = URL) -> ExtractedPage | Refused:
    return extract_page((DATA / name).read_bytes(), {"content-type": "text/html"}, url)


def article(markup: str, url: str = URL, content_type: str = "text/html; charset=utf-8") -> ExtractedPage:
    found = extract_page(markup.encode(), {"content-type": content_type}, url)
    assert isinstance(found, ExtractedPage), found
    return found


def refusal(body: bytes | str, content_type: str = "text/html") -> Refused:
    body = body.encode() if isinstance(body, str) else body
    found = extract_page(body, {"content-type": content_type}, URL)
    assert isinstance(found, Refused), found
    return found


class TestArticle:
    def test_the_text_is_the_article_and_nothing_around_it(self) -> None:
        """No menu, no footer, no most-read list; paragraphs are lines."""
        found = page("article.html")
        assert isinstance(found, ExtractedPage)
        lines = found.text.split("\n")
        assert any(line.startswith("Ministers of eleven countries met") for line in lines)
        assert len([line for line in lines if len(line) > 100]) == 4
        assert not any(word in found.text for word in ("Sport", "Ferry late", "cookies", "tracking"))

    def test_what_the_page_says_of_itself_is_read(self) -> None:
        """Title without the name of the paper, language, date with its zone, address."""
        found = page("article.html")
        assert isinstance(found, ExtractedPage)
        assert found.title == "Allies weigh guarantees over a cold quay"
        assert found.language == "en"
        assert found.published == datetime(2025, 11, 26, 9, 15, tzinfo=UTC)
        assert found.canonical_url == "https://www.gazette.example/world/guarantees"

    @pytest.mark.parametrize(
        "link", ["https://other.example/world/guarantees", "https://gazette.example/", "javascript:x", "https://[bad"]
    )
    def test_a_canonical_address_that_cannot_be_is_not_believed(self, link: str) -> None:
        """Of another site, the home page of every article, no address at all."""
        found = article(f"<html><head><link rel='canonical' href='{link}'></head><body>{BODY}</body></html>")
        assert found.canonical_url == ""

    @pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-16", "utf-8"])
    def test_the_charset_of_the_header_is_obeyed(self, charset: str) -> None:
        """Also the old Cyrillic ones."""
        text = "Министры встретились в порту и говорили о гарантиях безопасности до самого вечера. " * 4
        body = f"<html><body><article><p>{text}</p></article></body></html>".encode(charset)
        found = extract_page(body, {"content-type": f"text/html; charset={charset}"}, URL)
        assert isinstance(found, ExtractedPage)
        assert "гарантиях безопасности" in found.text

    def test_the_charset_of_the_page_is_obeyed(self) -> None:
        """When the header says nothing."""
        text = "Міністри зустрілися в порту й говорили про гарантії безпеки до самого вечора. " * 4
        markup = f"<html><head><meta charset=windows-1251></head><body><article><p>{text}</p></article></body></html>"
        found = extract_page(markup.encode("windows-1251"), {"content-type": "text/html"}, URL)
        assert isinstance(found, ExtractedPage)
        assert "гарантії безпеки" in found.text

    def test_the_title_is_not_repeated_in_the_text(self) -> None:
        """It would count twice."""
        title = "Envoys agree on the agenda of Friday"
        found = article(f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{BODY}</body></html>")
        assert not found.text.startswith(title)

    def test_a_short_message_is_an_article(self) -> None:
        """Agencies send a paragraph first."""
        assert article(f"<html><body><main><h1>Flash</h1><p>{PARAGRAPH * 2}</p></main></body></html>").text

    def test_an_article_about_cookies_is_an_article(self) -> None:
        """A long text is never judged by its phrases."""
        text = "The court ruled on cookie consent and the privacy policy of the harbour's only newspaper. " * 25
        assert article(f"<html><body><article><p>{text}</p></article></body></html>").text

    def test_lines_that_ask_for_a_subscription_are_left_out(self) -> None:
        """The article before them stays."""
        found = article(f"<html><body><article>{BODY}<p>Already a subscriber? Log in.</p></article></body></html>")
        assert "subscriber" not in found.text


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "kind", "said"),
        [
            ("cookies.html", FailureKind.NO_TEXT, "cookies"),
            ("paywall.html", FailureKind.NO_TEXT, "paywall"),
            ("menu.html", FailureKind.NO_TEXT, "list of links"),
            ("../feeds/challenge.html", FailureKind.DENIED, "Cloudflare"),
            ("../feeds/home.html", FailureKind.NO_TEXT, "too short"),
            ("../feeds/world.rss.xml", FailureKind.NOT_HTML, "xml"),
            ("../feeds/channel.json", FailureKind.NOT_HTML, "json"),
        ],
    )
    def test_a_page_that_is_no_article_says_why(self, name: str, kind: FailureKind, said: str) -> None:
        """So that the feed's own text is used instead."""
        found = page(name)
        assert isinstance(found, Refused)
        assert (found.kind, said in found.reason) == (kind, True), found.reason

    @pytest.mark.parametrize(
        "body", [b"%PDF-1.7", b"\xff\xd8\xff\xe0JFIF", b"PK\x03\x04", b"\x00\x01\x02\x03", b"words"]
    )
    def test_other_documents_are_told_by_their_bytes(self, body: bytes) -> None:
        """Whatever the header says."""
        assert refusal(body).kind is FailureKind.NOT_HTML

    def test_an_error_message_is_no_article(self) -> None:
        """A page that answers 200 and says 404."""
        text = "We are sorry, but what you are looking for has been moved, renamed or taken down by the editors. " * 3
        found = refusal(f"<html><head><title>404 - Page not found</title></head><body><p>{text}</p></body></html>")
        assert "error message" in found.reason

    def test_a_page_of_scripts_says_so(self) -> None:
        """Its text comes from a browser only."""
        text = "Please enable JavaScript to read the Harbour Gazette. JavaScript is disabled in your browser, it seems."
        assert "scripts" in refusal(f"<html><body><p>{text}</p><p>{text} Really.</p></body></html>").reason

    def test_too_many_elements_are_not_extracted(self) -> None:
        """Time and memory grow faster than their number."""
        assert refusal("<html><body>" + "<br>" * (extract.MAX_ELEMENTS + 10)).kind is FailureKind.TOO_LARGE

    def test_a_huge_page_is_not_parsed(self) -> None:
        """Whatever let it through before."""
        assert refusal("<html>" + "x" * extract.MAX_PAGE).kind is FailureKind.TOO_LARGE

    @pytest.mark.parametrize(
        "markup", ["<html></html>", "<html><body><script>x</script></body></html>", "<p></p>", " "]
    )
    def test_a_page_without_text_has_no_text(self, markup: str) -> None:
        """Nothing to read."""
        assert refusal(markup).kind is FailureKind.NO_TEXT

    @pytest.mark.parametrize("unit", ["<div>", "<table><tr><td>", "<a href=x>", "<b><i>", "&#x41;&", "<!--", "<p "])
    def test_deep_and_broken_markup_comes_to_an_end(self, unit: str) -> None:
        """Without a crash."""
        extract_page(("<html><body>" + unit * 6_000 + PARAGRAPH).encode(), {}, URL)


class TestFragment:
    def test_all_text_of_a_fragment_is_kept(self) -> None:
        """Paragraphs are lines; scripts and captions are left out."""
        markup = "<p>One &amp; <b>two</b>.</p><script>x</script><ul><li>a</li><li>b</li></ul>Tail<br>end"
        assert extract_fragment(markup).split("\n") == ["One & two.", "a", "b", "Tail", "end"]

    @pytest.mark.parametrize("markup", ["", "   ", "<p></p>", "<script>x</script>"])
    def test_a_fragment_without_text_is_empty(self, markup: str) -> None:
        """Not an error."""
        assert extract_fragment(markup) == ""

    def test_plain_text_is_kept(self) -> None:
        """Some feeds carry text where HTML is expected."""
        assert extract_fragment("Just words.") == "Just words."


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_damage_raises(data: st.DataObject) -> None:
    """Whatever happens to the bytes of a page, the answer is text or a reason."""
    body = bytearray((DATA / data.draw(st.sampled_from(["article.html", "cookies.html", "menu.html"]))).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=8))
    found = extract_page(bytes(body), {"content-type": "text/html"}, URL)
    assert found.text if isinstance(found, ExtractedPage) else found.reason
