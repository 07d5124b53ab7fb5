"""An alert as a message: plain text, an HTML mail, Telegram's HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.telegram import parse_html
from watcher.errors import ConfigError
from watcher.model import AlertContent, Format, Message, Reason
from watcher.render.alert import Renderer, as_plain, render, sample_alert, sample_alerts
from watcher.render.typeset import TELEGRAM_UNITS, safe_href, telegram_problem, utf16_units

NOW = datetime(2025, 11, 26, 12, 9, tzinfo=UTC)
FORMATS: tuple[Format, ...] = ("text", "html", "telegram")
SAMPLE = sample_alert(NOW)
RENDERER = Renderer("Europe/Kyiv")
VOID = {"meta", "br", "hr", "img", "link", "input"}


class _Page(HTMLParser):
    """Checks that a page is balanced; collects its text, links and whatever it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in {"src", "background", "srcset", "href"}:
                self.loads.append(value or "")
            elif name.startswith("on"):
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


# --- what is said ------------------------------------------------------------------------------------------------


def test_plain_text_says_all_in_order() -> None:
    """Level, headline, where and when, evidence, why, facts, names, what was read, link, id."""
    assert RENDERER.render(SAMPLE, "text").body == (
        "[CORE] [Test] Rubio to allies: first a peace deal, then security guarantees for Ukraine\n"
        "Example Wire · 26 Nov 2025, 14:05 EET · English\n"
        "\n"
        "US Secretary of State *Marco Rubio* told European allies that a *peace deal* must be agreed before Washington"
        " commits to long-term *security guarantees for Ukraine*.\n"
        "\n"
        "Why:\n"
        "- Security guarantees: score 12, alerts at 5 — ‘security guarantees’, ‘Rubio’, ‘first a peace deal’\n"
        "- Peace plan: score 3.5, noted at 2 — ‘peace deal’\n"
        "Facts: 19-point plan; deadline 2025-11-27\n"
        "Names: Marco Rubio, Ukraine, United States Department of State\n"
        "Note: Only the summary in the feed could be read, not the article.\n"
        "\n"
        "https://example.org/news/rubio-security-guarantees?edition=europe\n"
        "Alert SAMPLE23"
    )


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_says_the_same(fmt: Format) -> None:
    """What a reader must know does not depend on where it is read."""
    body = RENDERER.render(SAMPLE, fmt).body
    for piece in ("CORE", "Example Wire", "14:05 EET", "English", "score 12, alerts at 5", "‘Rubio’", "19-point plan"):
        assert piece in body
    for piece in ("Marco Rubio, Ukraine", "Only the summary", "rubio-security-guarantees", "SAMPLE23"):
        assert piece in body


def test_telegram_has_the_headline_and_the_matched_words_in_bold_and_no_title() -> None:
    """A title would be pasted into the message as markup."""
    message = RENDERER.render(SAMPLE, "telegram")
    assert message.subject == ""
    bold = re.findall("<b>(.*?)</b>", message.body)
    assert bold == [SAMPLE.headline, "Marco Rubio", "peace deal", "security guarantees for Ukraine"]


def test_times_are_those_of_the_users_zone() -> None:
    """In winter and in summer."""
    summer = replace(SAMPLE, published_at=datetime(2025, 7, 1, 23, 30, tzinfo=UTC))
    assert "26 Nov 2025, 14:05 EET" in render(SAMPLE, "text", zone="Europe/Kyiv").body
    assert "2 Jul 2025, 02:30 EEST" in render(summer, "text", zone="Europe/Kyiv").body
    assert "26 Nov 2025, 07:05 EST" in render(SAMPLE, "text", zone="America/New_York").body


def test_an_undated_article_shows_when_it_was_seen_and_says_so() -> None:
    """Nobody takes the time of discovery for the time of publication."""
    assert "seen 26 Nov 2025, 14:09 EET" in RENDERER.render(replace(SAMPLE, published_at=None), "text").body


def test_a_whole_page_needs_no_note() -> None:
    """The note is there only when less than the page was read."""
    assert "Note:" not in RENDERER.render(replace(SAMPLE, text_source="page"), "text").body


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ({}, "Deal — Example Wire"),
        ({"kind": "update"}, "Update: Deal — Example Wire"),
        ({"level": "mention"}, "Mention: Deal — Example Wire"),
        ({"kind": "health", "outlet": ""}, "Watcher: Deal"),
    ],
)
def test_the_subject_is_the_headline_unescaped(change: dict[str, str], subject: str) -> None:
    """A mail program shows a subject as it is."""
    content = replace(SAMPLE, headline="Deal", **change)  # type: ignore[arg-type]
    assert RENDERER.render(content, "html").subject == subject
    assert RENDERER.render(replace(SAMPLE, headline="A & <b>"), "html").subject.startswith("A & <b> —")


def test_a_bare_alert_has_no_empty_sections() -> None:
    """A health alert has neither evidence nor link."""
    bare = sample_alerts(NOW)[1]
    assert RENDERER.render(bare, "text").body == (
        "[HEALTH] A feed is silent\nseen 26 Nov 2025, 14:09 EET\n\nAlert BARE2345"
    )
    page = RENDERER.render(bare, "html").body
    assert "Why you get this" not in page
    assert "Read" not in page


def test_long_evidence_is_shown_around_the_first_matched_word() -> None:
    """The reader sees why, however long the sentence is."""
    text = "Filler words go on. " * 100 + "Then security guarantees come. " + "And it goes on. " * 100
    begin = text.index("security")
    body = RENDERER.render(replace(SAMPLE, evidence=text, marks=((begin, begin + 19),)), "telegram").body
    assert "<b>security guarantees</b>" in body
    assert "… " in body
    assert " …" in body


@pytest.mark.parametrize(
    ("fmt", "plain"), [("text", "[CORE]"), ("html", "[CORE]"), ("telegram", "[CORE]")], ids=["text", "html", "telegram"]
)
def test_every_message_has_a_plain_form_to_fall_back_on(fmt: Format, plain: str) -> None:
    """Without any markup."""
    message = as_plain(RENDERER.render(SAMPLE, fmt))
    assert message.format == "text"
    assert message.body == message.plain
    assert message.plain.startswith(plain)
    assert "<b>" not in message.body


# --- mail --------------------------------------------------------------------------------------------------------


def test_a_mail_is_balanced_loads_nothing_and_runs_nothing() -> None:
    """For every sample, the hostile one too."""
    for sample in sample_alerts(NOW):
        page = _Page(RENDERER.render(sample, "html").body)
        assert page.loads == []
        assert page.handlers == []
        assert all(link.startswith("https://example.org/") for link in page.links)


def test_a_mail_adapts_to_dark_mode_and_narrow_screens() -> None:
    """And names the language of what it quotes, for screen readers."""
    body = RENDERER.render(SAMPLE, "html").body
    assert "prefers-color-scheme: dark" in body
    assert "max-width:600px" in body
    assert 'name="viewport"' in body
    assert 'lang="en"' in body
    assert 'dir="auto"' in body
    assert body.count("<table") == body.count('<table role="presentation"')


# --- hostile texts -----------------------------------------------------------------------------------------------

HOSTILE = "x\u202e\u2066\x1b[31m\x00\x9b\r\nBcc: a@b\u2028<script>alert(1)</script>&\"'\ud800{{ 7*7 }}"


def _everywhere(text: str) -> AlertContent:
    return replace(
        SAMPLE,
        id=text,
        headline=text,
        url=f"https://e.org/{text}",
        outlet=text,
        language=text,
        evidence=text,
        marks=((0, 2), (1, 5), (3, 10_000)),
        reasons=(Reason(text, "core", 1.0, 1.0, (text, text)),) * 3,
        entities=(text,) * 20,
        facts=(text,) * 20,
    )


@pytest.mark.parametrize("fmt", FORMATS)
def test_nothing_hidden_or_executable_gets_through(fmt: Format) -> None:
    """No control or bidi characters, no markup, no template code, no header of a mail."""
    message = RENDERER.render(_everywhere(HOSTILE), fmt)
    for text in (message.subject, message.body, message.plain):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\ud800-\udfff]", text)
        assert "49" not in text
    assert "\n" not in message.subject
    if fmt != "text":
        assert "<script" not in message.body


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://e.org/x",
        "https:///nohost",
        "https://[bad",
        "https://e.org/a b",
        "https://e.org/\u202ex",
        "//e.org/x",
        "/x",
        "",
        "https://e.org/" + "x" * 5000,
    ],
)
def test_only_whole_http_links_are_linked(url: str) -> None:
    """Anything else is left out."""
    assert safe_href(url) == ""
    message = RENDERER.render(replace(SAMPLE, url=url), "telegram")
    assert "href" not in message.body
    assert "href" not in RENDERER.render(replace(SAMPLE, url=url), "html").body


CHARACTERS = st.characters() | st.sampled_from("<>&\"'\u202e\x00\n\r😀{}%*_`\ud83d\u0301")
TEXTS = st.text(CHARACTERS, max_size=60)
LONG = st.builds(lambda text, times: text * times, TEXTS, st.sampled_from([1, 1, 7, 90]))
MARKS = st.lists(st.tuples(st.integers(-5, 400), st.integers(-5, 400)), max_size=40).map(tuple)
REASONS = st.lists(
    st.builds(
        Reason,
        topic=LONG,
        level=st.sampled_from(["core", "mention"]),
        score=st.floats(0, 1e12),
        threshold=st.floats(0, 1e6),
        words=st.lists(LONG, max_size=9).map(tuple),
    ),
    max_size=9,
).map(tuple)
LISTS = st.lists(LONG, max_size=20).map(tuple)
ALERTS = st.builds(
    AlertContent,
    id=TEXTS,
    kind=st.sampled_from(["new", "update", "digest", "health"]),
    level=st.sampled_from(["core", "mention"]),
    headline=LONG,
    url=st.builds("https://e.org/{}".format, st.text(st.sampled_from("a&'\"<>%/?=ж"), max_size=2000)) | TEXTS,
    outlet=LONG,
    language=st.sampled_from(["en", "uk", "ar", "zz"]) | TEXTS,
    published_at=st.none() | st.just(NOW - timedelta(hours=1)),
    seen_at=st.just(NOW),
    evidence=LONG,
    marks=MARKS,
    reasons=REASONS,
    entities=LISTS,
    facts=LISTS,
    text_source=st.sampled_from(["page", "feed", "summary", "title"]),
)


@settings(max_examples=120, deadline=None)
@given(ALERTS)
def test_no_text_makes_a_message_that_telegram_refuses(content: AlertContent) -> None:
    """Balanced, never empty, at most 3,900 UTF-16 units with markup, as Telegram's own parser sees it."""
    message = RENDERER.render(content, "telegram")
    plain, links = parse_html(message.body)
    assert plain.strip()
    assert utf16_units(message.body) <= TELEGRAM_UNITS
    assert 0 < utf16_units(message.plain) <= TELEGRAM_UNITS
    assert telegram_problem(message.body) == ""
    assert all(href.startswith(("https://", "http://")) for _, href in links)
    message.body.encode()


@settings(max_examples=60, deadline=None)
@given(ALERTS)
def test_no_text_breaks_a_mail_or_its_header(content: AlertContent) -> None:
    """The page stays balanced, and the subject is one line of what can be printed."""
    message = RENDERER.render(content, "html")
    page = _Page(message.body)
    assert page.loads == page.handlers == []
    assert message.subject.strip()
    assert message.subject.isprintable() or not re.search(r"[\r\n\x00\v\f\x1c-\x1e\x85\u2028\u2029]", message.subject)
    assert len(message.subject.splitlines()) == 1
    assert len(message.subject) <= 200
    message.body.encode()


@given(st.text(st.sampled_from("<>/abicode \"'=&;x"), max_size=40))
def test_what_our_check_of_telegram_markup_accepts_telegram_accepts(text: str) -> None:
    """Our check may be stricter than Telegram, never laxer."""
    if telegram_problem(text) == "":
        parse_html(text)


# --- templates of the user's -------------------------------------------------------------------------------------


def _with_template(directory: Path, name: str, text: str) -> Renderer:
    (directory / name).write_text(text, encoding="utf-8")
    return Renderer("UTC", directory)


def test_a_template_of_the_users_replaces_ours(tmp_path: Path) -> None:
    """The others stay."""
    renderer = _with_template(tmp_path, "subject.txt.j2", "{{ outlet }}!")
    message = renderer.render(SAMPLE, "html")
    assert message.subject == "Example Wire!"
    assert "Why you get this" in message.body


@pytest.mark.parametrize(
    ("name", "text", "line", "complaint"),
    [
        ("alert.txt.j2", "a\n{% if %}", 2, "the template is wrong"),
        ("alert.txt.j2", "a\n\n{{ nonsense }}", 3, "'nonsense' is undefined"),
        ("alert.html.j2", "{{ headline.__class__.__mro__ }}", 1, "unsafe"),
        ("alert.html.j2", "{% for x in range(10000000) %}x{% endfor %}", 1, "Range too big"),
        ("alert.telegram.j2", "<p>{{ headline }}</p>", 0, "not one of the tags"),
        ("alert.telegram.j2", "<b>{{ headline }}", 0, "<b> is not closed"),
        ("alert.telegram.j2", "{{ headline * 30 }}", 0, "3900"),
        ("alert.telegram.j2", "{{ headline|safe }}", 0, "Telegram would refuse"),
        ("subject.txt.j2", "  ", 0, "empty"),
    ],
)
def test_a_bad_template_is_refused_at_start_with_file_and_line(
    tmp_path: Path, name: str, text: str, line: int, complaint: str
) -> None:
    """It is tried on samples: full, bare and hostile ones."""
    with pytest.raises(ConfigError) as caught:
        _with_template(tmp_path, name, text)
    (problem,) = caught.value.problems
    assert problem.file == str(tmp_path / name)
    assert problem.line == line
    assert complaint in problem.message


def test_a_template_that_fails_only_on_real_text_still_gives_a_message(tmp_path: Path) -> None:
    """What the samples did not show falls back to plain text."""
    text = "{% if 'odd' in headline %}<b>{% endif %}{{ headline }}"
    message = _with_template(tmp_path, "alert.telegram.j2", text).render(
        replace(SAMPLE, headline="odd & end"), "telegram"
    )
    assert message.body.startswith("[CORE] odd &amp; end")
    assert telegram_problem(message.body) == ""


def test_an_unknown_time_zone_is_a_problem_of_the_configuration() -> None:
    """It names the field."""
    with pytest.raises(ConfigError, match="time_zone"):
        Renderer("Europe/Atlantis")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<b>x</b> &amp; <a href="https://e.org/?a=1&amp;b=2">y</a>', ""),
        ("<b><i>x</b></i>", "closes nothing"),
        ("</b>x", "closes nothing"),
        ("<b>x", "not closed"),
        ("<b>x</b", "not one of the tags"),
        ("a < b", "not one of the tags"),
        ("<u>x</u>", "not one of the tags"),
        ("<a href='x'>y</a>", "attributes"),
        ('<a href="javascript:x">y</a>', "attributes"),
        ('<b class="x">y</b>', "attributes"),
        ("<b> </b>", "empty"),
    ],
)
def test_the_check_of_telegram_markup(text: str, problem: str) -> None:
    """Balanced b, i, a and code with plain links, and something to read."""
    found = telegram_problem(text)
    assert problem in found
    assert bool(problem) == bool(found)


def test_messages_are_values() -> None:
    """The same alert gives the same bytes, whenever it is rendered."""
    assert render(SAMPLE, "html", zone="UTC") == Renderer("UTC").render(SAMPLE, "html")
    assert isinstance(render(SAMPLE, "text", zone="UTC"), Message)


def test_the_worst_text_still_keeps_its_markup() -> None:
    """Every character escaped to five units, every second one marked: the last step of cutting fits all the same."""
    quotes = '"' * 2000
    marks = tuple((position, position + 1) for position in range(0, 2000, 2))
    worst = replace(
        _everywhere(quotes), marks=marks, url="https://e.org/" + "'" * 247, kind="update", published_at=None
    )
    message = RENDERER.render(worst, "telegram")
    assert utf16_units(message.body) <= TELEGRAM_UNITS
    assert "<b>" in message.body
    assert "<a href=" in message.body
