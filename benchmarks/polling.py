"""What a poll costs: feeds that are new, unchanged, or changed in part, over real HTTP on loopback.

Run ``python -m benchmarks.polling [--feeds 200]``. The server is a process of its own; times are wall clock of whole
rounds, parsing and storing included, and are to be compared with the bare requests of the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
from aiohttp import web

from watcher.engine.local import LocalEngine
from watcher.fetch import Client
from watcher.logs import Redactor, configure_logging
from watcher.matching.definitions import WatchDef
from watcher.model import Feed, FeedId, Outlet, OutletId, Settings
from watcher.pipeline.flow import Parts, Pipeline
from watcher.pipeline.watch import Watch
from watcher.render.alert import Renderer
from watcher.store import Store

ITEMS = 30
OUTLET = Outlet(OutletId("bench"), "Bench", "bench", "gb", "en", "national")
SETTINGS = Settings(
    interval=timedelta(seconds=1), min_interval=timedelta(seconds=1), host_gap=timedelta(0), host_connections=64,
    allow_private=("127.0.0.0/8",), read_pages=False, max_age=timedelta(days=1),
)  # fmt: skip


_BEGUN = datetime.now(UTC).replace(microsecond=0)


def document(feed: int, edition: int) -> bytes:
    """A feed of about 45 KB; each edition has one item that the one before had not."""
    words = ["harbour", "festival", "council", "weather", "museum", "railway", "harvest", "concert", "library"]
    chances = {number: random.Random(f"{feed} {number}") for number in range(edition, edition + ITEMS)}
    items = "".join(
        f"<item><title>{feed} {number} {' '.join(rng.choices(words, k=8))}</title>"
        f"<link>http://bench.example/{feed}/{number}</link><guid>{feed}-{number}</guid>"
        f"<pubDate>{format_datetime(_BEGUN - timedelta(hours=2) + timedelta(minutes=number))}</pubDate>"
        f"<description>{' '.join(rng.choices(words, k=150))}</description></item>"
        for number, rng in chances.items()
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{feed}</title>{items}</channel></rss>'.encode()


async def _serve(pipe: Connection) -> None:
    editions: dict[int, int] = {}
    bodies: dict[tuple[int, int], tuple[bytes, str]] = {}

    async def feed(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        key = (number, editions.get(number, 0))
        if key not in bodies:
            body = document(*key)
            bodies[key] = (body, f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"')
        body, etag = bodies[key]
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body, headers={"ETag": etag}, content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/{number}.xml", feed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(runner.addresses[0][1])
    while (order := await asyncio.to_thread(pipe.recv)) is not None:
        for number in order:
            editions[number] = editions.get(number, 0) + 1
        pipe.send("done")
    await runner.cleanup()


def _serve_process(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


@contextmanager
def server() -> Iterator[tuple[int, Connection]]:
    """The feeds, in a process of their own; numbers sent through the pipe get a new edition."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve_process, args=(theirs,))
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send(None)
        process.join(10)


async def bare(port: int, count: int) -> float:
    """Seconds for the same requests, unconditional and unread, by a bare aiohttp loop."""
    gate = asyncio.Semaphore(SETTINGS.connections)

    async def get(session: aiohttp.ClientSession, number: int) -> None:
        async with gate, session.get(f"http://127.0.0.1:{port}/{number}.xml") as response:
            await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=SETTINGS.connections)) as session:
        begun = time.perf_counter()
        await asyncio.gather(*(get(session, number) for number in range(count)))
        return time.perf_counter() - begun


async def measure(count: int, port: int, pipe: Connection, home: Path) -> dict[str, float]:
    """Seconds for each round of polls."""
    await bare(port, count)
    figures = {"bare requests": await bare(port, count)}
    feeds = {
        FeedId(str(number)): Feed(FeedId(str(number)), OUTLET.id, f"http://127.0.0.1:{port}/{number}.xml")
        for number in range(count)
    }
    async with Client(SETTINGS, user_agent="watcher-bench", clock=lambda: datetime.now(UTC)) as client:
        engine = LocalEngine(SETTINGS, WatchDef((), (), ()), client)
        watch = Watch(SETTINGS, {OUTLET.id: OUTLET}, feeds, {}, (), 0, {}, Renderer("UTC"))
        parts = Parts(watch, engine, lambda *_: None, client.cool_host)  # type: ignore[arg-type,return-value]
        with Store(home / "watcher.db") as store:
            skew = timedelta(0)
            pipeline = Pipeline(store, parts, clock=lambda: datetime.now(UTC) + skew, rng=random.Random(0))
            await pipeline.start(spread=timedelta(0))
            for name, changed in (("cold", 0), ("all unchanged", 0), ("a tenth changed", count // 10)):
                if changed:
                    pipe.send(list(range(changed)))
                    pipe.recv()
                skew += timedelta(minutes=5)
                begun = time.perf_counter()
                await pipeline.polling.drain(patience=0)
                figures[name] = time.perf_counter() - begun
            await engine.close()
            await pipeline.close()
    return figures


def main() -> None:
    """Print a table: seconds, feeds a second, and the ratio to the bare requests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    arguments = parser.parse_args()
    configure_logging(Redactor(), level="WARNING")
    with server() as (port, pipe), tempfile.TemporaryDirectory() as home:
        figures = asyncio.run(measure(arguments.feeds, port, pipe, Path(home)))
    base = figures["bare requests"]
    print(f"{arguments.feeds} feeds of {ITEMS} items\n{'':<18}{'seconds':>9}{'feeds/s':>9}{'ratio':>8}")
    for name, seconds in figures.items():
        print(f"{name:<18}{seconds:>9.2f}{arguments.feeds / seconds:>9.0f}{seconds / base:>8.1f}")


if __name__ == "__main__":
    main()
