"""A digest as a message: plain text, an HTML mail, Telegram's HTML."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.telegram import parse_html
from watcher.alerting.digest import (
    Background,
    Deadline,
    Digest,
    FeedHealth,
    Series,
    Version,
    Waiting,
    by_story,
    collapse,
    series_of,
)
from watcher.chart import Bars, ChartError, draw
from watcher.errors import ConfigError
from watcher.model import AlertKind, DeliveryId, Level, Message
from watcher.render.alert import Renderer
from watcher.render.papers import COLOURS, Papers, sample_digest
from watcher.render.typeset import TELEGRAM_UNITS, fit, utf16_units

NOW = datetime(2025, 11, 26, 5, 0, tzinfo=UTC)
SAMPLE = sample_digest(NOW)
PAPERS = Papers(Renderer("Europe/Kyiv"))


def waiting(
    number: int, *, story: str = "", kind: AlertKind = "new", level: Level = "core", sources: int = 1
) -> Waiting:
    at = NOW + timedelta(minutes=number)
    return Waiting(DeliveryId(number), kind, level, f"Headline {number}", "https://example.org/", "Wire", "en", at,
                   (), story, sources, sources)  # fmt: skip


# --- what is told together ---------------------------------------------------------------------------------------


def test_a_story_is_one_line_under_its_latest_headline() -> None:
    """News that has had updates since is still new to the reader of the digest."""
    (item,) = by_story([waiting(1, story="a"), waiting(2, story="a", kind="update")])
    assert (item.headline, item.kind) == ("Headline 2", "new")


def test_what_was_new_in_a_story_is_told_of_all_its_alerts() -> None:
    """The latest headline alone would hide a denial that came before it."""
    denied, shorter = (
        replace(waiting(number, story="a", kind="update"), news=(news,))
        for number, news in ((1, "denied by Marco Rubio"), (2, "19-point plan"))
    )
    (item,) = by_story([denied, shorter, shorter])
    assert item.news == ("denied by Marco Rubio", "19-point plan")


def test_what_weighs_most_comes_first() -> None:
    """Articles about the topic before mentions, many sources before few."""
    items = [waiting(1, level="mention", sources=9), waiting(2), waiting(3, sources=4)]
    assert [item.delivery for item in by_story(items)] == [3, 2, 1]


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.sampled_from(["new", "update", "health"]))))
def test_what_is_collapsed_is_told_and_leaves_no_flood(kinds: list[tuple[str, AlertKind]]) -> None:
    """Each alert is in at most one bundle, a bundle has more than one, and what is left is within the limit."""
    items = [waiting(number, story=story, kind=kind) for number, (story, kind) in enumerate(kinds)]
    bundles = collapse(items, 4)
    told = [item.delivery for bundle in bundles for item in bundle.items]
    assert len(told) == len(set(told))
    assert all(len(bundle.items) > 1 for bundle in bundles)
    news = [item for item in items if item.kind != "health"]
    assert len(news) - len(told) + len(bundles) <= max(4, 0)


def test_the_chart_shows_the_busiest_topics_and_the_rest_as_one() -> None:
    """Eight topics are four, and the others."""
    day = date(2025, 11, 26)
    counts = {(f"topic {number}", day): number for number in range(1, 9)}
    series = series_of(counts, [day])
    assert [(each.topic, each.total) for each in series] == [
        ("topic 8", 8), ("topic 7", 7), ("topic 6", 6), ("topic 5", 5), ("other topics", 10),
    ]  # fmt: skip


def test_bars_of_text_rise_with_the_counts() -> None:
    """Nothing is the lowest bar, the most the highest; any hit is seen."""
    assert Series("", (0, 1, 50, 100)).spark() == "▁▂▅█"
    assert Series("", (0, 0)).spark() == "▁▁"


def test_feeds_in_a_line() -> None:
    """All well, or how many, and which are not."""
    assert FeedHealth(0, 0).line() == "No feed has been polled yet."
    assert FeedHealth(9, 9).line() == "All 9 feeds answer."
    assert FeedHealth(2, 9, tuple("abcdefg")).line() == "2 of 9 feeds answer. Failing: a, b, c, d, e and 2 more."


# --- messages ----------------------------------------------------------------------------------------------------


def test_a_digest_tells_all_its_parts() -> None:
    """In each format: stories, updates, versions, deadlines, feeds, the days."""
    for fmt in ("text", "html", "telegram"):
        message = PAPERS.render(SAMPLE, fmt)
        for words in (
            "Кислиця",
            "dementiert",
            "New: denied by US State Department; official text: The White House",
            "19 points",
            "27 Nov 2025",
            "40 of 42 feeds answer",
            "Security guarantees",
        ):
            assert words in message.body, (fmt, words)
        assert "▂▁▂▂▂▁▂▄▅▆█▆▇▄ Peace plan: 142" in message.plain


def test_the_chart_is_shown_only_where_it_is() -> None:
    """A mail without its picture has no hole where it would be."""
    assert 'src="cid:chart.png"' in PAPERS.render(SAMPLE, "html", image=b"png").body
    assert "<img" not in PAPERS.render(SAMPLE, "html").body
    assert PAPERS.render(SAMPLE, "text", image=b"png").image == b""


def test_a_telegram_message_of_many_says_how_many_more_there_are() -> None:
    """Two hundred stories do not fit; those that weigh most are shown."""
    items = tuple(waiting(number, sources=1 + number % 7) for number in range(200))
    body = PAPERS.render(replace(SAMPLE, items=items), "telegram").body
    assert utf16_units(body) <= TELEGRAM_UNITS
    shown = body.count("Headline")
    assert shown >= 10
    assert f"and {200 - shown} more" in body


TEXT = st.text(max_size=120) | st.sampled_from(["<b>", "&amp;", "👩‍👩‍👧‍👦" * 40, "\u202e", "a\ud800"])
URL = st.text(max_size=60).map(lambda text: f"https://example.org/{text}")
ITEM = st.builds(
    Waiting, st.integers(0, 9).map(DeliveryId), st.sampled_from(["new", "update", "health"]),
    st.sampled_from(["core", "mention"]), TEXT, URL | TEXT, TEXT, TEXT, st.just(NOW),
    story=st.sampled_from(["", "a", "b"]),
)  # fmt: skip
BACKGROUND = st.builds(
    Background,
    st.lists(st.builds(Deadline, st.just(NOW.date()), TEXT, TEXT, URL, st.integers(0, 9)), max_size=8).map(tuple),
    st.lists(st.builds(Version, st.integers(0, 99), st.just(NOW), TEXT, URL, st.integers(0, 9)), max_size=8).map(tuple),
    st.builds(FeedHealth, st.integers(0, 5), st.integers(5, 9), st.lists(TEXT, max_size=9).map(tuple)),
    st.just(NOW.date()),
    st.lists(st.builds(Series, TEXT, st.just((1, 2, 3))), max_size=5).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(TEXT, st.lists(ITEM, max_size=70).map(tuple), st.none() | BACKGROUND)
def test_no_text_makes_a_message_too_long_or_unbalanced(
    title: str, items: tuple[Waiting, ...], background: Background | None
) -> None:
    """Whatever the feeds write: Telegram takes it, as it is and as plain text."""
    message = PAPERS.render(Digest("ID", "storm", title, NOW, NOW, items, background), "telegram")
    parse_html(message.body)
    assert 0 < utf16_units(message.body) <= TELEGRAM_UNITS
    assert 0 < utf16_units(message.plain) <= TELEGRAM_UNITS
    message.body.encode()


def test_a_template_that_fails_is_told_with_file_and_line(tmp_path: Path) -> None:
    """At start, not in the night."""
    (tmp_path / "digest.txt.j2").write_text("{{ title }}\n{{ titel }}\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        Papers(Renderer("UTC", tmp_path))
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(tmp_path / "digest.txt.j2"), 2)


# --- the chart ---------------------------------------------------------------------------------------------------


async def test_the_chart_is_a_png() -> None:
    """Drawn in another process; small, and twice as fine as it is shown."""
    png = await draw(Bars(date(2025, 11, 13), tuple(each.counts for each in SAMPLE_SERIES), COLOURS))
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == (1092, 340)
    assert len(png) < 40_000


async def test_a_chart_that_cannot_be_drawn_says_why() -> None:
    """The digest then goes without."""
    with pytest.raises(ChartError, match=r"\w"):
        await draw(Bars(date(2025, 11, 13), (), COLOURS))


assert SAMPLE.background is not None
SAMPLE_SERIES = SAMPLE.background.series


@given(st.text(min_size=1, max_size=9000).filter(lambda text: bool(text.strip())))
def test_a_message_for_another_kind_of_target_still_fits(plain: str) -> None:
    """What a fallback gets instead of a mail is taken by Telegram, whatever stands in it."""
    message = fit(Message("html", "Subject", "<p>x</p>", plain.encode("utf-8", "replace").decode()), "telegram")
    parse_html(message.body)
    assert 0 < utf16_units(message.body) <= TELEGRAM_UNITS
    assert fit(message, "telegram") is message
    assert fit(message, "html").format == "text"
