"""The pipeline over a real store, real workers and real HTTP, with the clock handed in."""

from __future__ import annotations

import io
import random
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers.web import Item, Reply, WebServer, rss
from tests.world import RELEVANT, page, write_config
from watcher.assembly import Assembler
from watcher.daemon import Assembly
from watcher.pipeline.flow import Pipeline
from watcher.redaction import Redactor
from watcher.store import Store


class Clock:
    """The wall clock, some time ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Running:
    """A pipeline with the configuration of a directory, told to a text instead of a terminal."""

    def __init__(self, home: Path, store: Store) -> None:
        self.home = home
        self.store = store
        self.clock = Clock()
        self.told = io.StringIO()
        self.assemblies: list[Assembly] = []
        self.pipeline: Pipeline | None = None

    async def configure(self, feeds: Mapping[str, Mapping[str, object]], **settings: str) -> None:
        """Write the configuration anew, and take it up."""
        options = {"interval": "12h", "workers": "1", **settings}
        write_config(self.home, feeds, targets={"console": {"type": "console"}}, settings=options)
        await self.take_up()

    async def take_up(self) -> None:
        """Work by the configuration as it is now."""
        assemble = Assembler(
            self.home / "config", clock=self.clock, redactor=Redactor(), stream=self.told, spread=timedelta(0)
        )  # fmt: skip
        assembly = await assemble()
        self.assemblies.append(assembly)
        if self.pipeline is None:
            self.pipeline = Pipeline(self.store, assembly.parts, clock=self.clock, rng=random.Random(1))
            await self.pipeline.start(spread=timedelta(0))
        else:
            await self.pipeline.adopt(assembly.parts, spread=timedelta(0))

    async def after(self, **wait: float) -> None:
        """Turn the clock on, and do all that is due."""
        assert self.pipeline is not None
        self.clock.ahead += timedelta(**wait)
        await self.pipeline.drain()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the database."""
        conn = sqlite3.connect(self.store.path)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Running]:
    with Store(home / "watcher.db") as store:
        it = Running(home, store)
        try:
            yield it
        finally:
            for assembly in it.assemblies:
                await assembly.close()
            if it.pipeline is not None:
                await it.pipeline.close()


READ = "SELECT text_source, read_status, verdict FROM articles"


async def test_a_page_that_failed_is_read_later_and_matched_again(tmp_path: Path) -> None:
    """At first only the feed's words are there, and say nothing; when the page comes back, the hit is told, once."""
    async with WebServer() as web, running(tmp_path) as it:
        url = web.add("/article", Reply(503, body=b"busy"))
        item = Item("Talks go on", link=url, guid="1", published=datetime.now(UTC), summary="No details yet.")
        web.feed("/feed.xml", rss([item]))
        await it.configure({"one": {"url": web.url("/feed.xml"), "id": "one"}})
        await it.after()
        first = it.rows(READ)[0]
        web.page("/article", page("Talks go on", RELEVANT["en"][1]))
        await it.after(minutes=10)
        second = it.rows(READ)[0]
        await it.after(minutes=50)

    assert first[:2] == ("summary", "unavailable")
    assert not first[2].startswith("core")
    assert second == ("page", "ok", "core: security_guarantees")
    assert it.told.getvalue().count(url) == 1


async def test_an_article_of_an_outlet_that_has_left_is_still_told(tmp_path: Path) -> None:
    """It was seen while the outlet was watched; its name is remembered."""
    async with WebServer() as web, running(tmp_path) as it:
        url = web.add("/article", Reply(503, body=b"busy"))
        web.feed("/feed.xml", rss([Item("Talks go on", link=url, guid="1", published=datetime.now(UTC))]))
        await it.configure({"one": {"url": web.url("/feed.xml"), "id": "one"}})
        await it.after()
        web.page("/article", page("Talks go on", RELEVANT["en"][1]))
        feeds = tmp_path / "config" / "feeds.yml"
        feeds.write_text(feeds.read_text().replace('"times"', '"herald"').replace("Test Times", "Herald"))
        await it.take_up()
        await it.after(minutes=10)

        assert it.rows(READ) == [("page", "ok", "core: security_guarantees")]
        assert "The Test Times" in it.told.getvalue()


async def test_a_page_that_went_leaves_its_words(tmp_path: Path) -> None:
    """The headline is corrected after the page has gone: the text that was read stays, and every match is in it."""
    async with WebServer() as web, running(tmp_path) as it:
        url = web.page("/article", page("Talks go on", RELEVANT["en"][1]))
        item = Item("Talks go on", link=url, guid="1", published=datetime.now(UTC), summary="No details yet.")
        web.feed("/feed.xml", rss([item]))
        await it.configure({"one": {"url": web.url("/feed.xml"), "id": "one"}})
        await it.after()
        web.status("/article", 403)
        web.feed("/feed.xml", rss([replace(item, title="Corrected: talks go on")]))
        await it.after(hours=13)

        assert it.rows("SELECT read_status, verdict FROM articles") == [("denied", "core: security_guarantees")]
        assert it.rows("SELECT title, text_source, withdrawn_at FROM hit_log") == [
            ("Corrected: talks go on", "page", None)
        ]
        assert it.told.getvalue().count(url) == 1
        found = it.rows(
            "SELECT matches.field, start, end, matches.text, title, summary, articles.text FROM matches, articles"
        )
        assert found
        for field, start, end, text, title, summary, body in found:
            assert {"title": title, "summary": summary, "text": body}[field][start:end] == text


async def test_two_links_that_lead_to_one_article_are_told_once(tmp_path: Path) -> None:
    """Feed proxies give every feed a link of its own; the page tells that they are one, now and later."""
    async with WebServer() as web, running(tmp_path) as it:
        web.page("/article", page(*RELEVANT["en"]))
        items = [
            Item(RELEVANT["en"][0], link=web.redirect(f"/r/{n}", "/article"), guid=str(n), published=datetime.now(UTC))
            for n in range(4)
        ]
        feeds = {name: {"url": web.url(f"/{name}.xml"), "id": name} for name in ("one", "two")}
        for name, item in zip(feeds, items[:2], strict=True):
            web.feed(f"/{name}.xml", rss([item]))
        await it.configure(feeds)
        await it.after()
        web.feed("/one.xml", rss([items[1], items[2]]))
        web.feed("/two.xml", rss([items[0], replace(items[3], link=web.url("/article"))]))
        await it.after(hours=13)

        assert it.rows("SELECT count(*) FROM articles") == [(1,)]
        assert it.rows("SELECT state FROM deliveries") == [("sent",)]


async def test_a_secret_in_the_address_of_a_feed_goes_to_its_server_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is fetched with it; the state directory does not have it, not even after moves for good."""
    monkeypatch.setenv("PW", "hunter2-secret")
    monkeypatch.setenv("KEY", "apikey-secret")
    async with WebServer() as web, running(tmp_path) as it:
        url = web.page("/article", page(*RELEVANT["en"]))
        web.redirect("/feed.xml", "/new.xml?key=apikey-secret", 301)
        web.feed("/new.xml", rss([Item("Talks", link=url, guid="1", published=datetime.now(UTC))]))
        address = web.url("/feed.xml?key=${KEY}").replace("http://", "http://me:${PW}@")
        await it.configure({"one": {"url": address, "id": "one"}})
        for _ in range(4):
            await it.after(days=2)

        assert it.rows("SELECT url, last_status, moved_to FROM feeds")[0][0] == address
        asked = web.seen("/feed.xml")
        assert {request.target for request in asked} == {"/feed.xml?key=apikey-secret"}
        assert all("authorization" in request.headers for request in asked)
        assert len(asked) == 4
    # read when the store is closed, so that nothing is left in its write-ahead log alone
    stored = (tmp_path / "watcher.db").read_bytes()
    assert not any(secret in stored for secret in (b"hunter2-secret", b"apikey-secret"))
