"""A small news world on loopback: outlets with feeds that publish round by round, and their article pages."""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from importlib import resources
from types import TracebackType
from typing import Self

import yaml
from aiohttp import web


@dataclass(frozen=True, slots=True)
class DemoOutlet:
    """An invented publisher."""

    id: str
    name: str
    family: str
    country: str
    language: str
    kind: str


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """An article made up for the demonstration.

    Attributes:
        about: what a person would say of it: ``core``, ``mention`` or ``no``.
        told: whether there is something in it that people must be told, whatever was told before.
    """

    round: int
    outlet: str
    about: str
    title: str
    summary: str
    text: str
    told: bool = False

    @property
    def slug(self) -> str:
        """The last part of its address."""
        return hashlib.blake2b(self.title.encode(), digest_size=5).hexdigest()


def load_world() -> tuple[dict[str, DemoOutlet], tuple[DemoArticle, ...]]:
    """Read the outlets and articles that come with the package."""
    data = yaml.safe_load(resources.files("watcher.cli.demo").joinpath("articles.yml").read_text("utf-8"))
    outlets = {
        id_: DemoOutlet(id_, o["name"], o["family"], o["country"], o["language"], o["class"])
        for id_, o in data["outlets"].items()
    }
    return outlets, tuple(DemoArticle(**article) for article in data["articles"])


class World:
    """Serves the world over real HTTP on 127.0.0.1, with ETag and 304, as an async context manager.

    Nothing is published before the first :meth:`publish`.
    """

    def __init__(self) -> None:
        self.outlets, self.articles = load_world()
        self.port = 0
        self.not_modified = 0
        self._published: list[tuple[DemoArticle, datetime]] = []
        self._runner: web.AppRunner | None = None

    @property
    def rounds(self) -> int:
        """How many rounds of news there are."""
        return max(article.round for article in self.articles)

    @property
    def published(self) -> int:
        """How many articles have been published."""
        return len(self._published)

    def publish(self, number: int, now: datetime) -> list[DemoArticle]:
        """Publish the articles of a round; return them."""
        fresh = [article for article in self.articles if article.round == number]
        self._published += [(article, now) for article in fresh]
        return fresh

    def feed_url(self, outlet: str) -> str:
        """Where an outlet's feed is."""
        return f"http://127.0.0.1:{self.port}/{outlet}/feed.xml"

    def article_url(self, article: DemoArticle) -> str:
        """Where an article's page is."""
        return f"http://127.0.0.1:{self.port}/{article.outlet}/{article.slug}.html"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{outlet}/feed.xml", self._feed)
        app.router.add_get("/{outlet}/{slug}.html", self._page)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _feed(self, request: web.Request) -> web.Response:
        outlet = self.outlets.get(request.match_info["outlet"])
        if outlet is None:
            raise web.HTTPNotFound
        body = self._rss(outlet).encode()
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            self.not_modified += 1
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body, headers={"ETag": etag, "Content-Type": "application/rss+xml; charset=utf-8"})

    def _rss(self, outlet: DemoOutlet) -> str:
        items = "".join(
            f"<item><title>{html.escape(article.title)}</title><link>{self.article_url(article)}</link>"
            f"<guid>{self.article_url(article)}</guid><pubDate>{format_datetime(when.astimezone(UTC))}</pubDate>"
            f"<description>{html.escape(article.summary)}</description></item>"
            for article, when in reversed(self._published)
            if article.outlet == outlet.id
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>{html.escape(outlet.name)}</title><link>http://127.0.0.1:{self.port}/{outlet.id}/</link>"
            f"<description>Made up</description><language>{outlet.language}</language>{items}</channel></rss>"
        )

    async def _page(self, request: web.Request) -> web.Response:
        slug = request.match_info["slug"]
        article = next((article for article, _ in self._published if article.slug == slug), None)
        if article is None:
            raise web.HTTPNotFound
        outlet = self.outlets[article.outlet]
        paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in article.text.strip().split("\n\n"))
        page = (
            f'<!doctype html><html lang="{outlet.language}"><head><meta charset="utf-8">'
            f"<title>{html.escape(article.title)} | {html.escape(outlet.name)}</title></head><body>"
            f"<header><nav><a href='/'>{html.escape(outlet.name)}</a> <a href='/sport'>Sport</a></nav></header>"
            f"<main><article><h1>{html.escape(article.title)}</h1>"
            f"<p class='standfirst'>{html.escape(article.summary)}</p>{paragraphs}</article></main>"
            f"<footer>Made up for a demonstration</footer></body></html>"
        )
        return web.Response(text=page, content_type="text/html")
