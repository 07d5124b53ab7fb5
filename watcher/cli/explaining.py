"""Asking the rules about one text, or measuring them against many."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from watcher import stories
from watcher.config import load
from watcher.daemon import utc_now
from watcher.engine.local import LocalEngine
from watcher.errors import UsageError
from watcher.evaluate import Labelled, Predicted, Report, evaluate, in_date_order, parse_labelled
from watcher.extract import Refused, extract_page
from watcher.fetch import Client, user_agent
from watcher.matching import Context, Explanation, Matcher, compile_watch, explain
from watcher.model import Archived, ArticleId, ArticleText, Outlet, OutletId, ReadJob, ReadOutcome, Settings
from watcher.sniff import kind
from watcher.store import Log
from watcher.text import canon, canonical_url


@dataclass(frozen=True, slots=True)
class Explained:
    """A text with what the rules say of it.

    Attributes:
        note: what was odd about getting the text; empty when nothing was.
    """

    source: str
    text: ArticleText
    explanation: Explanation
    note: str = ""


async def explain_source(
    source: str, directory: Path, *, published_at: datetime, tags: tuple[str, ...] = ()
) -> Explained:
    """Explain what the rules of a configuration say of an article.

    Args:
        source: an address, a file of HTML or plain text, or ``-`` for standard input.
        directory: of the configuration.
        published_at: dates such as "27 November" are resolved against it.
        tags: of the feed that the article is thought to come from.

    Raises:
        ConfigError: the configuration cannot be used.
        UsageError: there is no text to be had from the source.
    """
    config = load(directory, os.environ)
    matcher = compile_watch(config.watch)
    if source.startswith(("http://", "https://")):
        text, note = await _fetched(source, config.settings)
    else:
        text, note = _read(source), ""
    context = Context(feed_tags=tags, published_at=published_at, language=text.language)
    source = "standard input" if source == "-" else source
    return Explained(source, text, explain(matcher, text, context), note)


def explain_kept(url: str, directory: Path, log: Log) -> Explained:
    """Explain what the rules of a configuration say of the text that was kept of an article.

    By the rules that it was judged by this is its judgement again, to the letter; the note says when they are others.

    Raises:
        ConfigError: the configuration cannot be used.
        UsageError: the article was not read, or its text was not kept.
    """
    kept = log.kept(canonical_url(url) or url, url)
    if kept is None or not (kept.text.text or kept.text.summary or kept.text.title):
        raise UsageError(f"no text of {url} was kept: 'watcher trace' tells what became of it")
    return explain_again(compile_watch(load(directory, os.environ).watch), kept)


def explain_again(matcher: Matcher, kept: Archived) -> Explained:
    """Explain what the rules say of a stored article; the note says when it was judged by others."""
    note = ""
    if kept.rules_hash != matcher.rules_hash:
        note = f"the rules have changed since it was judged: they were {kept.rules_hash or 'none'}"
    return Explained(kept.url, kept.text, explain(matcher, kept.text, context_of(kept)), note)


def context_of(kept: Archived) -> Context:
    """What was known of a stored article besides its text when it was judged."""
    return Context(
        feed_tags=kept.feed_tags,
        outlet_class=kept.outlet_class,
        published_at=kept.published_at or kept.seen_at,
        language=kept.text.language,
    )


async def _fetched(url: str, settings: Settings) -> tuple[ArticleText, str]:
    try:
        urlsplit(url)
    except ValueError as error:
        raise UsageError(f"{url} is no address: {error}") from error
    now = datetime.now(UTC)
    job = ReadJob(
        article_id=ArticleId(0), key=url, url=url, title="", summary="", content="", language="", published_at=now,
        first_seen_at=now, outlet_id=OutletId(""), outlet_class="national",
    )  # fmt: skip
    async with Client(settings, user_agent=user_agent(settings.contact), clock=utc_now) as client:
        engine = LocalEngine(settings, None, client)
        try:
            (outcome,) = [outcome async for outcome in engine.read([job])]
        finally:
            await engine.close()
    if not outcome.text.text:
        why = outcome.failure.detail if outcome.failure else "it has no text"
        raise UsageError(f"{url} cannot be read: {why}")
    return outcome.text, outcome.failure.detail if outcome.failure else ""


def _read(source: str) -> ArticleText:
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from error
    if kind(raw) == "html":
        page = extract_page(raw, {}, "")
        if isinstance(page, Refused):
            raise UsageError(f"{source} cannot be read: {page.reason}")
        return ArticleText(page.title, "", page.text, "page", page.language)
    lines = canon(raw.decode("utf-8", "replace")).strip().splitlines()
    if not lines:
        raise UsageError(f"{source} holds no text.")
    title, rest = (lines[0], lines[1:]) if len(lines) > 1 else ("", lines)
    return ArticleText(title, "", "\n".join(rest).strip(), "page")


def evaluate_file(file: Path, directory: Path) -> Report:
    """Measure the rules of a configuration against labelled articles.

    The articles are placed in stories in the order of their dates, a day at a time; so are those for which no topic
    fires, so that the figure for stories measures the grouping alone. Only hits cause alerts: the first core hit of a
    story, and later ones with news; what comes in on one day makes one alert of its story.

    Raises:
        ConfigError: the configuration cannot be used.
        UsageError: the file cannot be used; every bad line is named.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} cannot be read: it is not UTF-8") from error
    records = parse_labelled(lines, str(file))
    config = load(directory, os.environ)
    matcher = compile_watch(config.watch)
    judged = [(record, _judged(matcher, record)) for record in in_date_order(records)]
    board = stories.Board((), stories.StorySettings.of(config.settings))
    return evaluate(records, predict(matcher, judged, stories.glossary_of(config.watch, ()), board))


def predict(
    matcher: Matcher,
    judged: Sequence[tuple[Labelled, ReadOutcome]],
    glossary: stories.Glossary,
    board: stories.Board,
) -> list[Predicted]:
    """What the rules find in labelled articles, which are in the order of their dates; an empty board takes them."""
    told: dict[str, tuple[str, int]] = {}
    alerted: set[str] = set()
    for day, group in groupby((pair for pair in judged if pair[0].date), key=lambda pair: _begin(pair[0].date)):
        reports = [stories.report_of(outcome, _outlet(record), glossary, found_at=day) for record, outcome in group]
        levels = {report.key: report.level for report in reports}
        placement = board.place(reports, day)
        alerted |= {merge.kept for merge in placement.merges if merge.absorbed in alerted}
        at_once: set[str] = set()
        for placed in placement.placed:
            tells = levels[placed.report] == "core" and (placed.story not in alerted or bool(placed.news))
            told[placed.report] = placed.story, int(tells and placed.story not in at_once)
            at_once |= {placed.story} if tells else set()
        alerted |= at_once
    return [
        _predicted(matcher, *pair, *told.get(pair[0].id, ("", int(pair[1].judgement.level == "core"))))
        for pair in judged
    ]


def _judged(matcher: Matcher, record: Labelled) -> ReadOutcome:
    text = ArticleText(canon(record.title), "", canon(record.text), "page", record.language)
    judgement = matcher.judge(text, Context(published_at=_date(record.date), language=record.language))
    begin = _begin(record.date)
    job = ReadJob(
        article_id=ArticleId(0), key=record.id, url=record.url, title="", summary="", content="",
        language=record.language, published_at=begin, first_seen_at=begin, outlet_id=OutletId(""),
        outlet_class="national",
    )  # fmt: skip
    return ReadOutcome(job, text, judgement)


def _outlet(record: Labelled) -> Outlet:
    """The host of the article; labels do not say more of who published it."""
    host = urlsplit(record.url).hostname or record.id
    return Outlet(OutletId(host), host, host, "", record.language, "national")


def _predicted(matcher: Matcher, record: Labelled, outcome: ReadOutcome, story: str, alerts: int) -> Predicted:
    judgement = outcome.judgement
    return Predicted(
        id=record.id,
        level=judgement.level,
        topics=frozenset(topic.topic for topic in judgement.fired),
        entities=frozenset(matcher.entity_name(entity) for entity in judgement.entities),
        plan_points=frozenset(int(fact.value) for fact in judgement.facts if fact.kind == "plan_points"),
        story=story,
        alerts=alerts,
    )


def _date(text: str) -> datetime | None:
    """A date, the middle of a month or of a year; None when there is none."""
    if not text:
        return None
    middle = {4: f"{text}-07-01", 7: f"{text}-15"}.get(len(text), text)
    return datetime.fromisoformat(middle).replace(tzinfo=UTC)


def _begin(text: str) -> datetime:
    """A date, or the beginning of a month or a year, as :func:`watcher.evaluate.in_date_order` takes it."""
    return datetime.fromisoformat({0: "0001-01-01", 4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)).replace(
        tzinfo=UTC
    )
