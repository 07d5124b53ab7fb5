"""The pipeline over a real store, real workers and real HTTP, with the clock handed in."""

from __future__ import annotations

import io
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.servers.web import Item, Reply, WebServer, rss
from tests.world import RELEVANT, page, write_config
from watcher.assembly import Assembler
from watcher.logs import Redactor
from watcher.pipeline import Pipeline
from watcher.store import Store


class Clock:
    """The wall clock, some time ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def test_a_page_that_failed_is_read_later_and_matched_again(tmp_path: Path) -> None:
    """At first only the feed's words are there, and say nothing; when the page comes back, the hit is told, once."""
    clock, told = Clock(), io.StringIO()
    async with WebServer() as web:
        url = web.url("/article")
        web.add("/article", Reply(503, body=b"busy"))
        item = Item("Talks go on", link=url, guid="1", published=datetime.now(UTC), summary="No details yet.")
        web.feed("/feed.xml", rss([item]))
        feeds = {"one": {"url": web.url("/feed.xml"), "id": "one"}}
        settings = {"interval": "12h", "workers": "1"}
        write_config(tmp_path, feeds, targets={"console": {"type": "console"}}, settings=settings)
        assemble = Assembler(
            tmp_path / "config", clock=clock, redactor=Redactor(), stream=told, spread=timedelta(0)
        )  # fmt: skip
        assembly = await assemble()
        with Store(tmp_path / "watcher.db") as store:
            pipeline = Pipeline(store, assembly.parts, clock=clock, rng=random.Random(1))
            await pipeline.start(spread=timedelta(0))
            await pipeline.drain()
            first = _article(tmp_path)
            web.page("/article", page("Talks go on", RELEVANT["en"][1]))
            clock.ahead = timedelta(minutes=10)
            await pipeline.drain()
            second = _article(tmp_path)
            clock.ahead = timedelta(hours=1)
            await pipeline.drain()
            await assembly.close()
            await pipeline.close()

    assert first[:2] == ("summary", "unavailable")
    assert not first[2].startswith("core")
    assert second == ("page", "ok", "core: security_guarantees")
    assert told.getvalue().count(url) == 1


def _article(home: Path) -> tuple[str, str, str]:
    conn = sqlite3.connect(home / "watcher.db")
    try:
        source, status, verdict = conn.execute("SELECT text_source, read_status, verdict FROM articles").fetchone()
    finally:
        conn.close()
    return source, status, verdict
