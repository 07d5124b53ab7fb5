"""Looking at feeds as the daemon does, once and now: those of a site, or one that is to be examined."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from trafilatura.feeds import FeedParameters, determine_feed

from watcher import sniff
from watcher.daemon import utc_now
from watcher.engine.local import LocalEngine
from watcher.errors import UsageError
from watcher.fetch import Client, FetchRequest, user_agent
from watcher.model import (
    Failed,
    Feed,
    FeedId,
    FeedState,
    Fetched,
    Gone,
    NotModified,
    OutletId,
    PollJob,
    PollOutcome,
    Settings,
)

CANDIDATES = 20
# Where feeds are when a page does not name them; asked for only then.
USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feeds/posts/default")


@dataclass(frozen=True, slots=True)
class Examined:
    """What a feed answered.

    Attributes:
        moved_to: where permanent redirects lead; empty when there are none.
        newest_at: the date of its newest entry; None when no entry has a credible one.
        problem: why it cannot be used; empty when it can.
        notes: what is odd about it.
    """

    url: str
    title: str = ""
    language: str = ""
    format: str = ""
    entries: int = 0
    newest_at: datetime | None = None
    moved_to: str = ""
    problem: str = ""
    notes: tuple[str, ...] = ()


@asynccontextmanager
async def _reader(settings: Settings) -> AsyncIterator[tuple[Client, LocalEngine]]:
    async with Client(settings, user_agent=user_agent(settings.contact), clock=utc_now) as client:
        engine = LocalEngine(settings, None, client)
        try:
            yield client, engine
        finally:
            await engine.close()


async def examine(feeds: Sequence[Feed], settings: Settings) -> list[Examined]:
    """Fetch and parse feeds, as a first poll does, and store nothing."""
    async with _reader(settings) as (_, engine):
        return await _examine(engine, feeds)


async def discover(url: str, settings: Settings) -> list[Examined]:
    """The feeds that a page names; else those at the usual places of its host. Only what really is a feed is told.

    Raises:
        UsageError: the page cannot be had.
    """
    async with _reader(settings) as (client, engine):
        response = await client.get(FetchRequest(_checked(url), "page"))
        if isinstance(response, Failed):
            raise UsageError(f"{url} cannot be read: {response.detail}")
        if response.status >= 400:
            raise UsageError(f"{url} cannot be read: HTTP status {response.status}")
        if sniff.kind(response.body) != "html":
            return await _examine(engine, [_feed(url)])
        named = _named(response.body, response.url)
        found = await _usable(engine, named)
        usual = [urljoin(response.url, place) for place in USUAL]
        return found or await _usable(engine, [each for each in usual if each not in named])


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"{url} is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{url} is no address that can be fetched: write https://…")
    return url


def _named(body: bytes, url: str) -> list[str]:
    """The addresses of feeds in the head of a page, or, without any, in its links."""
    parts = urlsplit(url)
    parameters = FeedParameters(f"{parts.scheme}://{parts.netloc}", parts.hostname or "", url)
    return determine_feed(body.decode("utf-8", "replace"), parameters)[:CANDIDATES]


def _feed(url: str) -> Feed:
    return Feed(FeedId(url), OutletId(""), url)


async def _usable(engine: LocalEngine, urls: Sequence[str]) -> list[Examined]:
    return [each for each in await _examine(engine, [_feed(url) for url in urls]) if not each.problem]


async def _examine(engine: LocalEngine, feeds: Sequence[Feed]) -> list[Examined]:
    jobs = [PollJob(feed, FeedState(feed.id, feed.url)) for feed in feeds]
    answers = {polled.job.feed.id: _examined(polled.job.feed.url, polled.outcome) async for polled in engine.poll(jobs)}
    return [answers[feed.id] for feed in feeds]


def _examined(url: str, outcome: PollOutcome) -> Examined:
    match outcome:
        case Fetched(parsed=parsed):
            dates = [entry.published_at for entry in parsed.entries if entry.published_at]
            return Examined(
                url=url, title=parsed.title, language=parsed.language, format=parsed.format,
                entries=len(parsed.entries), newest_at=max(dates, default=None),
                moved_to=outcome.url if outcome.url != url else "", notes=(*parsed.notes, *parsed.dropped),
            )  # fmt: skip
        case Failed(detail=detail):
            return Examined(url=url, problem=detail)
        case Gone():
            return Examined(url=url, problem="the server says that it is gone for good (410)")
        case NotModified():
            return Examined(url=url, problem="the server says that nothing has changed, though it was not asked to")
