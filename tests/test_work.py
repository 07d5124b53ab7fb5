"""What a worker does, in this process: nothing raises, the best text is chosen, the rules are asked once."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from watcher.engine.work import (
    Fault,
    Limits,
    Page,
    ParseJob,
    Reading,
    parse_feed,
    prepare,
    read_article,
    without_reading,
)
from watcher.matching.definitions import ConditionDef, PatternDef, ScoreDef, Source, TermDef, TopicDef, WatchDef
from watcher.model import ArticleId, FailureKind, OutletId, ParsedFeed, ReadJob, TermId, TopicId

DATA = Path(__file__).parent / "data"
NOW = datetime(2025, 11, 26, 12, 0, tzinfo=UTC)
HERE = Source("topics.yml", 1, "t")


def term(name: str, pattern: str) -> TermDef:
    return TermDef(TermId(name), name, (PatternDef(pattern, "en", HERE),), HERE)


def item(text: str) -> ConditionDef:
    return ConditionDef("item", HERE, text=text)


WATCH = WatchDef(
    entities=(),
    terms=(term("guarantees", "guarantee*"), term("talks", "{talk|talks|draft|feed|minister|ministers}")),
    topics=(
        TopicDef(
            id=TopicId("security"),
            label="Security",
            when=ConditionDef("all", HERE, items=(item("guarantees"), item("talks"))),
            score=(ScoreDef(("guarantees",), 3, 2, 1, None, HERE),),
            alert_at=2,
            digest_at=1,
            source=HERE,
        ),
    ),
)
JOB = ReadJob(
    article_id=ArticleId(1),
    key="https://gazette.example/a",
    url="https://gazette.example/a",
    title="Talks above the quay",
    summary="Ministers met.",
    content="",
    language="en",
    published_at=NOW,
    first_seen_at=NOW,
    outlet_id=OutletId("o"),
    outlet_class="wire",
)


@pytest.fixture(autouse=True)
def judged() -> Iterator[None]:
    """Workers judge by the watch above; afterwards by none."""
    prepare(WATCH, Limits())
    yield
    prepare(None, Limits())


def page(name: str) -> Page:
    return Page((DATA / name).read_bytes(), {"content-type": "text/html"}, JOB.url)


def read(job: ReadJob = JOB, of: Page | None = None) -> Reading:
    reading = read_article(job, of)
    assert isinstance(reading, Reading), reading
    return reading


class TestParse:
    def test_a_feed_is_parsed(self) -> None:
        """With the arguments of the job."""
        job = ParseJob((DATA / "feeds" / "world.rss.xml").read_bytes(), {}, "https://gazette.example/f", NOW, "link")
        parsed = parse_feed(job)
        assert isinstance(parsed, ParsedFeed)
        assert parsed.entries[0].uid_source == "link"

    def test_what_is_no_feed_is_the_fault_of_the_document(self) -> None:
        """An everyday thing, without a traceback."""
        fault = parse_feed(ParseJob(b"<html><title>x</title>", {}, "https://h/f", NOW))
        assert isinstance(fault, Fault)
        assert (fault.kind, fault.of_document, fault.traceback) == (FailureKind.NOT_A_FEED, True, "")

    def test_a_mistake_of_ours_is_an_answer_too(self) -> None:
        """An exception might not survive the way back; its traceback does."""
        fault = parse_feed(ParseJob(None, {}, "https://h/f", NOW))  # type: ignore[arg-type]
        assert isinstance(fault, Fault)
        assert (fault.kind, fault.of_document) == (FailureKind.INTERNAL, False)
        assert "Traceback" in fault.traceback


class TestRead:
    def test_the_page_comes_first(self) -> None:
        """It is the article; what matched is told with its place."""
        reading = read(of=page("pages/article.html"))
        assert reading.text.source == "page"
        assert reading.judgement.level == "core"
        match = next(match for match in reading.judgement.matches if match.field == "text")
        assert reading.text.text[match.start : match.end] == match.text

    def test_then_what_the_feed_carries(self) -> None:
        """A full-text feed needs no page."""
        reading = read(replace(JOB, content="<p>A guarantee was read aloud.</p>"))
        assert (reading.text.source, reading.text.text) == ("feed", "A guarantee was read aloud.")
        assert reading.judgement.level is not None

    def test_a_page_that_is_but_a_teaser_gives_way_to_the_feed(self) -> None:
        """When the feed carries more than twice as much."""
        content = f"<p>{'The whole story, as the feed has it, goes on and on. ' * 100}</p>"
        assert read(replace(JOB, content=content), page("pages/article.html")).text.source == "feed"

    def test_then_the_summary_then_the_title(self) -> None:
        """Both leave the text empty."""
        assert (read().text.source, read().text.text) == ("summary", "")
        assert read(replace(JOB, summary="")).text.source == "title"

    def test_a_page_that_is_no_article_says_why(self) -> None:
        """And the summary stands in."""
        reading = read(of=page("pages/cookies.html"))
        assert reading.refused is not None
        assert (reading.refused.kind, reading.text.source) == (FailureKind.NO_TEXT, "summary")

    def test_an_entry_without_title_takes_that_of_its_page(self) -> None:
        """Some feeds have none."""
        assert read(replace(JOB, title=""), page("pages/article.html")).text.title.startswith("Allies weigh")

    def test_without_a_watch_nothing_is_judged(self) -> None:
        """And the empty hash of the rules says so."""
        prepare(None, Limits())
        assert read().judgement.rules_hash == ""

    def test_a_bad_watch_fails_the_job_and_not_the_worker(self) -> None:
        """A worker that cannot start would be started for ever."""
        topic = replace(WATCH.topics[0], when=item("no.such.thing"))
        prepare(replace(WATCH, topics=(topic,)), Limits())
        fault = read_article(JOB, None)
        assert isinstance(fault, Fault)
        assert fault.kind is FailureKind.INTERNAL
        assert "topics.yml" in fault.traceback

    def test_answers_survive_the_way_between_processes(self) -> None:
        """All of them are plain values."""
        reading = read(of=page("pages/article.html"))
        assert pickle.loads(pickle.dumps(reading)) == reading

    def test_what_no_worker_could_read_is_what_the_feed_said(self) -> None:
        """Without touching the content, which may be what killed the worker."""
        text = without_reading(replace(JOB, content="<p>evil</p>"))
        assert (text.title, text.summary, text.text, text.source) == (JOB.title, JOB.summary, "", "summary")


KEPT = replace(JOB, kept_text="Guarantees, said the ministers, and a draft. " * 20, kept_source="page")


@pytest.mark.parametrize("content", ["", f"<p>{'Carried by the feed. ' * 40}</p>"])
def test_the_text_of_a_page_is_kept_when_the_page_cannot_be_read_again(content: str) -> None:
    """It is judged with the words that the feed has now; what the feed carries is no better."""
    reading = read(replace(KEPT, title="Corrected", content=content))
    assert (reading.text.title, reading.text.text, reading.text.source) == ("Corrected", KEPT.kept_text, "page")
    assert reading.judgement.level == "core"


def test_the_text_of_a_page_is_kept_when_the_page_is_refused() -> None:
    """A picture in its place says nothing."""
    reading = read(KEPT, Page(b"\x89PNG", {}, JOB.url))
    assert reading.refused is not None
    assert reading.text.source == "page"


def test_what_the_page_says_now_counts() -> None:
    """A text that can be read again is not kept."""
    reading = read(KEPT, page("pages/article.html"))
    assert (reading.text.source, reading.text.text == KEPT.kept_text) == ("page", False)


def test_what_the_feed_says_now_counts_when_no_page_was_ever_read() -> None:
    """An equally good source replaces the old words."""
    job = replace(KEPT, kept_source="feed", content=f"<p>{'Carried by the feed. ' * 40}</p>")
    assert "Carried by the feed" in read(job).text.text


def test_the_text_is_kept_when_no_worker_can_read() -> None:
    """What is known is said all the same."""
    assert without_reading(KEPT).source == "page"
