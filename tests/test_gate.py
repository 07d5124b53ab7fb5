"""The gate over all text of a page: what it lets go must be nothing that extraction and rules would have found."""

from __future__ import annotations

import html
import json
import os
import random
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import document_fromstring  # type: ignore[import-untyped] # it has no annotations

from tests.servers.web import WebServer, rss
from tests.watching import ukraine_watch
from tests.world import World, write_config
from watcher.extract import ExtractedPage, extract_if, extract_page
from watcher.matching import Context, Matcher, compile_watch
from watcher.matching.definitions import ExampleDef
from watcher.model import ArticleText
from watcher.text import canon, tokenize
from watcher.visible import visible_text

ROOT = Path(__file__).parent.parent
PAGES = sorted((Path(__file__).parent / "data" / "pages").glob("*.html"))
SMALL = compile_watch(ukraine_watch())
CONTEXT = Context(feed_tags=("ukraine",))
FILLER = "The meeting went on for hours behind closed doors, and nobody who left the building wished to say a word. "


# --- ways in which a page may spell one and the same text --------------------------------------------------------


def spread(piece: str) -> Callable[[str], str]:
    """Put something into every word of at least four letters, after the second."""
    return lambda text: re.sub(r"\b(\w\w)(\w\w)", rf"\1{piece}\2", text)


def entities(form: str) -> Callable[[str], str]:
    return lambda text: "".join(form.format(ord(char)) if char.isalpha() else html.escape(char) for char in text)


def homoglyphs(share: float) -> Callable[[str], str]:
    alike = str.maketrans("аеіорсухкмт", "aeiopcyxkmt")
    rng = random.Random(7)
    return lambda text: "".join(char.translate(alike) if rng.random() < share else char for char in text)


def bold_letters(text: str) -> str:
    """Latin letters as mathematical bold ones."""
    return "".join(chr(0x1D41A + ord(char) - 97) if "a" <= char <= "z" else char for char in text)


def paragraph(text: str) -> str:
    return "".join(f"<p>{line}</p>\n" for line in text.split("\n"))


def page(article: str, head: str = "") -> str:
    menu = "<nav><a href='/'>Home</a><a href='/sport'>Sport</a></nav>"
    return (
        f"<!doctype html><html><head><title>News</title>{head}</head><body>{menu}<main><article>{article}"
        f"<p>{FILLER * 3}</p></article></main><footer>All rights reserved</footer></body></html>"
    )


def of_text(change: Callable[[str], str]) -> Callable[[str], bytes]:
    """A page in UTF-8 whose article is a changed text; the change may add markup."""
    return lambda text: page(paragraph(change(text))).encode()


def charset(name: str) -> Callable[[str], bytes]:
    """A page in another charset, with entities for what that does not have."""
    declared = f"<meta charset='{name}'>"
    return lambda text: page(paragraph(html.escape(text)), declared).encode(name, "xmlcharrefreplace")


def json_ld(text: str) -> bytes:
    """A page that has its article only in its JSON-LD."""
    body = json.dumps({"@type": "NewsArticle", "articleBody": f"{text} {FILLER * 3}"})
    script = f"<script type='application/ld+json'>{body}</script>"
    return f"<!doctype html><html><head>{script}</head><body><div id='app'></div></body></html>".encode()


SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "plain": of_text(html.escape),
    "decimal entities": of_text(entities("&#{};")),
    "hex entities": of_text(entities("&#x{:x};")),
    "shy entity": of_text(spread("&shy;")),
    "soft hyphen": of_text(spread("\u00ad")),
    "zero width space": of_text(spread("\u200b")),
    "wbr": of_text(spread("<wbr>")),
    "inline tag": of_text(spread("<b></b>")),
    "bold half": of_text(lambda text: re.sub(r"\b(\w\w)(\w+)", r"<em>\1</em>\2", text)),
    "drop cap": of_text(lambda text: f"<span class='cap'>{text[:1]}</span>{text[1:]}"),
    "comment": of_text(spread("<!-- ad -->")),
    "words in spans": of_text(lambda text: "".join(f"<span>{word}</span>" for word in re.split(r"(\s+)", text))),
    "decomposed": of_text(lambda text: unicodedata.normalize("NFD", text)),
    "stressed": of_text(lambda text: re.sub("([аеиоуяю])", "\\1\u0301", text)),
    "upper case": of_text(str.upper),
    "homoglyphs": of_text(homoglyphs(1)),
    "some homoglyphs": of_text(homoglyphs(0.3)),
    "bold letters": of_text(bold_letters),
    "windows-1251": charset("windows-1251"),
    "koi8-u": charset("koi8-u"),
    "utf-16": lambda text: page(paragraph(text)).encode("utf-16"),
    "iso-8859-2": charset("iso-8859-2"),
    "line breaks": lambda text: page("<div>" + "<br>".join(f"{text} {FILLER}" for _ in range(3)) + "</div>").encode(),
    "table": lambda text: page(f"<table><tr><td>{text}</td><td>{FILLER}</td></tr></table>").encode(),
    "title only": lambda text: page("", f"<meta property='og:title' content='{html.escape(text)}'>").encode(),
    "JSON-LD": json_ld,
}


@dataclass
class Verdict:
    """What the gate says of a page, and what the rules say of the article on it."""

    passed: bool
    fired: bool


def verdict(matcher: Matcher, body: bytes, context: Context = CONTEXT) -> Verdict:
    passed = [True]  # a page over which there is doubt is not asked about

    def worth(seen: str) -> bool:
        passed[0] = matcher.may_fire(seen, context)
        return True

    found = extract_if(worth, body, {"content-type": "text/html"}, "https://wire.example/a")
    if not isinstance(found, ExtractedPage):
        return Verdict(passed[0], fired=False)
    text = ArticleText(found.title, "", found.text, "page", found.language)
    return Verdict(passed[0], matcher.judge(text, context).level is not None)


def examples(matcher: Matcher) -> list[ExampleDef]:
    return [example for topic in matcher.rules.watch.topics for example in (*topic.match, *topic.no_match)]


@pytest.mark.parametrize("name", SPELLINGS)
def test_no_spelling_of_an_example_is_let_go(name: str, matcher: Matcher) -> None:
    """Whatever fires after extraction passes the gate: all examples of the small watch, a share of the shipped ones."""
    number = list(SPELLINGS).index(name)
    chosen = [(SMALL, example) for example in examples(SMALL)]
    chosen += [(matcher, example) for example in examples(matcher)[number % 13 :: 13]]
    fired = 0
    for rules, example in chosen:
        found = verdict(rules, SPELLINGS[name](example.text.strip()))
        assert found.passed or not found.fired, example.text
        fired += found.fired
    assert fired > len(chosen) / 5, "the test would say little"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([example for topic in ukraine_watch().topics for example in topic.match]),
    st.lists(
        st.tuples(
            st.integers(0, 120),
            st.sampled_from(
                ["<b>", "</b>", "<i>x</i>", "<!--x-->", "&shy;", "<wbr>", "</p><p>", "<br>", "<span>", "<td>", "<!--",
                 "</div>", "<li>", "\u200d", "&nbsp;", "<script>x</script>", "<svg><title>x</title></svg>"]
            ),
        ),
        max_size=6,
    ),
)  # fmt: skip
def test_no_markup_hides_an_article_from_the_gate(example: ExampleDef, pieces: list[tuple[int, str]]) -> None:
    """Tags, comments and invisible characters anywhere, balanced or not."""
    text = example.text
    for place, piece in pieces:
        text = text[:place] + piece + text[place:]
    found = verdict(SMALL, page(paragraph(text)).encode())
    assert found.passed or not found.fired


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_word_of_an_article_is_among_the_visible_ones(path: Path) -> None:
    """What an extractor returns is a part of what the gate looks at."""
    found = extract_page(path.read_bytes(), {}, "https://wire.example/a")
    seen = visible_text(document_fromstring(path.read_bytes()))
    if isinstance(found, ExtractedPage) and seen is not None:
        assert set(tokenize(found.text).words) <= set(tokenize(canon(seen)).words)


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>security</p><p>guarantees</p>", {"security", "guarantees", "securityguarantees"}),
        ("<p>secu<b>rity</b> guarantees</p>", {"security", "secu", "rity", "guarantees"}),
        ("<span>security</span><span>guarantees</span>", {"security", "guarantees", "securityguarantees"}),
        ("<p>a<!-- hidden -->b</p><script>no</script><style>no</style>", {"ab", "a", "b"}),
        (
            "<noscript><p>one</p></noscript> <template>two</template> <textarea>three</textarea>",
            {"one", "two", "three"},
        ),
        ("<meta name='description' content='told in brief'>", {"told", "in", "brief"}),
        ('<script type="application/ld+json">{"a":[{"b":"<p>deep &amp;amp; far</p>"}]}</script>', {"deep", "far"}),
        ('<script type="application/ld+json">{"a": </script>', set()),
        ('<script type="application/ld+json">{"articleBody":"安全保障"}</script>', {"安", "全", "保", "障"}),
    ],
)
def test_what_is_seen(markup: str, words: set[str]) -> None:
    """All text but programs and styles; joined and apart where that cannot be told."""
    seen = visible_text(document_fromstring(f"<html><body>{markup}</body></html>"))
    assert seen is not None
    assert set(tokenize(canon(seen)).words) == words


@pytest.mark.parametrize(
    "markup", ["broken \ufffd character", "Ð“Ð°Ñ€Ð°Ð½Ñ‚Ñ–Ñ— Ð±ÐµÐ·Ð¿ÐµÐºÐ¸", '<div data-preloaded="{}">x</div>']
)
def test_doubt_lets_a_page_pass(markup: str) -> None:
    """Letters that were lost or decoded wrongly, and articles that hide in attributes."""
    assert visible_text(document_fromstring(f"<html><body><p>{markup}</p></body></html>")) is None


def test_a_page_about_something_else_is_let_go(matcher: Matcher) -> None:
    """Else the gate would save nothing."""
    body = page(paragraph("The harbour festival drew a record crowd on Saturday, and the ferry ran until midnight."))
    assert verdict(matcher, body.encode(), Context()) == Verdict(passed=False, fired=False)


# --- in the daemon -----------------------------------------------------------------------------------------------


@pytest.fixture
def world() -> Iterator[World]:
    with WebServer() as web, WebServer(host="127.0.0.2") as other:
        world = World(web, other)
        web.feed("/one.xml", rss([world.article("told"), world.article("festival", relevant=False)]))
        world.feed("one")
        yield world


@pytest.mark.parametrize(("archive", "statuses"), [("hits", {"ok", "skipped"}), ("everything", {"ok"})])
def test_only_an_archive_of_hits_skips_pages(world: World, tmp_path: Path, archive: str, statuses: set[str]) -> None:
    """The page of an article that cannot match is not extracted, which its verdict says; hits are the same."""
    write_config(
        tmp_path, world.feeds, targets={"console": {"type": "console"}}, settings={"workers": "1", "archive": archive}
    )
    state = ["--config", str(tmp_path / "config"), "--state", str(tmp_path / "state")]
    command = [sys.executable, "-m", "watcher"]
    done = subprocess.run(
        [*command, "run", "--once", *state], capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert "1 hit" in done.stdout
    assert ("1 of them with nothing of interest on the page" in done.stdout) == ("skipped" in statuses)
    traces = [
        json.loads(
            subprocess.run(
                [*command, "trace", "--json", "--state", str(tmp_path / "state"), world.web.url(f"/article/{name}")],
                capture_output=True, text=True, check=True, cwd=ROOT,
            ).stdout
        )["article"][0]
        for name in ("told", "festival")
    ]  # fmt: skip
    assert {trace["read_status"] for trace in traces} == statuses
    if archive == "hits":
        assert traces[1]["verdict"] == "gate: nothing on the page can satisfy any topic"
        assert (traces[0]["characters"] > 0, traces[1]["characters"]) == (True, 0)
