"""The engine on a Dask cluster: real schedulers and workers, and what happens when those die."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.daemon import DaemonProcess
from tests.servers.cluster import Cluster, kill_family
from tests.servers.web import Item, Reply, WebServer, rss
from tests.world import World, write_config
from watcher.assembly import place_of
from watcher.engine.cluster import Batch, DaskEngine, Order, batches, home_of
from watcher.engine.local import Engine, LocalEngine
from watcher.errors import UsageError
from watcher.fetch import Client
from watcher.matching.definitions import WatchDef
from watcher.model import (
    ArticleId,
    Failed,
    FailureKind,
    Feed,
    FeedId,
    FeedState,
    Fetched,
    OutletId,
    Polled,
    PollJob,
    PollOutcome,
    ReadJob,
    ReadOutcome,
    Settings,
)

NOW = datetime(2025, 11, 26, 12, 0, tzinfo=UTC)
SETTINGS = Settings(
    host_gap=timedelta(0), host_connections=8, workers=1, allow_private=("127.0.0.0/8",), timeout=timedelta(seconds=20)
)
ORDER = Order(SETTINGS, WatchDef((), (), ()), "test", "hub")
PAGE = (Path(__file__).parent / "data" / "pages" / "article.html").read_text()
FEED = rss([Item("A title", link="https://x.example/1", guid="1"), Item("Another", link="https://x.example/2")])

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One that all tests share which leave it as it was."""
    with Cluster(tmp_path_factory.mktemp("dask")) as it:
        yield it


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Cluster]:
    """One of a test's own, to be broken."""
    with Cluster(tmp_path) as it:
        yield it


@asynccontextmanager
async def engine_on(cluster: Cluster, order: Order = ORDER) -> AsyncIterator[DaskEngine]:
    it = DaskEngine(cluster.address, order)
    try:
        yield it
    finally:
        await it.close()


def poll_job(url: str) -> PollJob:
    feed = Feed(FeedId(url.rpartition("/")[2]), OutletId("o"), url)
    return PollJob(feed, FeedState(feed.id, url))


def read_job(url: str, number: int = 1) -> ReadJob:
    return ReadJob(
        article_id=ArticleId(number), key=url, url=url, title="Allies weigh guarantees", summary="Ministers met.",
        content="", language="en", published_at=NOW, first_seen_at=NOW, outlet_id=OutletId("o"), outlet_class="wire",
    )  # fmt: skip


async def polled(engine: Engine, *jobs: PollJob) -> dict[str, PollOutcome]:
    found: list[Polled] = [each async for each in engine.poll(jobs)]
    assert len(found) == len(jobs)
    return {each.job.feed.id: each.outcome for each in found}


async def read(engine: Engine, *jobs: ReadJob) -> dict[int, ReadOutcome]:
    found = [each async for each in engine.read(jobs)]
    assert len(found) == len(jobs)
    return {each.job.article_id: each for each in found}


def without_times(outcome: PollOutcome) -> PollOutcome:
    return replace(outcome, elapsed=0.0)


class TestAnswers:
    async def test_they_are_those_of_the_engine_at_home(self, cluster: Cluster) -> None:
        """Good feeds, a page, a missing feed, a busy one; a good article and one that is gone."""
        async with WebServer() as web, engine_on(cluster) as far:
            web.feed("/good", FEED)
            web.page("/page", "<!doctype html><title>Home</title>")
            web.status("/busy", 503, retry_after="120")
            web.page("/article", PAGE)
            feeds = [poll_job(web.url(path)) for path in ("/good", "/page", "/busy", "/missing")]
            articles = [read_job(web.url("/article"), 1), read_job(web.url("/gone"), 2)]
            async with Client(SETTINGS, user_agent="test", clock=lambda: datetime.now(UTC)) as client:
                near = LocalEngine(SETTINGS, ORDER.watch, client)
                home = await polled(near, *feeds), await read(near, *articles)
                await near.close()
            away = await polled(far, *feeds), await read(far, *articles)

        assert {name: without_times(outcome) for name, outcome in away[0].items()} == {
            name: without_times(outcome) for name, outcome in home[0].items()
        }
        assert isinstance(away[0]["good"], Fetched)
        assert {key: replace(each, failure=None) for key, each in away[1].items()} == {
            key: replace(each, failure=None) for key, each in home[1].items()
        }
        assert away[1][1].text.source == "page"

    async def test_a_poison_page_costs_its_own_article_only(self, cluster: Cluster) -> None:
        """A worker of the cluster keeps documents in processes that may be killed."""
        order = replace(ORDER, settings=replace(SETTINGS, parse_timeout=timedelta(seconds=1)))
        async with WebServer() as web, engine_on(cluster, order) as far:
            web.feed("/good", FEED)
            web.feed("/poison", b"<rss><channel><item><title>" + b"<a " * 400_000)
            found = await polled(far, poll_job(web.url("/good")), poll_job(web.url("/poison")))

        assert isinstance(found["good"], Fetched)
        assert isinstance(found["poison"], Failed)

    async def test_a_host_that_cools_down_is_left_alone_by_every_worker(self, cluster: Cluster) -> None:
        """What the hub knows of a host goes with each batch."""
        async with WebServer() as web, engine_on(cluster) as far:
            web.feed("/good", FEED)
            far.cool_host("127.0.0.1", datetime.now(UTC) + timedelta(hours=1))
            found = await polled(far, poll_job(web.url("/good")))
            assert web.requests == ()

        assert isinstance(found["good"], Failed)
        assert found["good"].kind is FailureKind.RATE_LIMITED


class TestLosses:
    async def test_a_worker_killed_in_the_middle_loses_nothing(self, mortal: Cluster) -> None:
        """Its batch is done by another."""
        async with WebServer() as web, engine_on(mortal) as far:
            web.add("/slow", Reply(body=FEED, stall="head"))
            asked = asyncio.create_task(polled(far, poll_job(web.url("/slow"))))
            await web.wait_for("/slow", begun=True)
            mortal.add_worker()
            kill_family(mortal.workers[0])
            await web.wait_for("/slow", 2, begun=True)
            web.release()
            found = await asked

        assert isinstance(found["slow"], Fetched)

    async def test_a_scheduler_killed_and_started_again_loses_nothing(self, mortal: Cluster) -> None:
        """The hub waits for it, makes the stations anew, and sends the batch again."""
        async with WebServer() as web, engine_on(mortal) as far:
            web.add("/slow", Reply(body=FEED, stall="head"))
            asked = asyncio.create_task(polled(far, poll_job(web.url("/slow"))))
            await web.wait_for("/slow", begun=True)
            assert mortal.scheduler is not None
            kill_family(mortal.scheduler)
            kill_family(mortal.workers[0])
            await asyncio.to_thread(mortal.start_scheduler)
            mortal.add_worker()
            web.release()
            found = await asked

        assert isinstance(found["slow"], Fetched)

    async def test_work_waits_for_the_first_worker(self, tmp_path: Path) -> None:
        """A hub may be started before its cluster is."""
        with Cluster(tmp_path, workers=0) as cluster:
            async with WebServer() as web, engine_on(cluster) as far:
                web.feed("/good", FEED)
                asked = asyncio.create_task(polled(far, poll_job(web.url("/good"))))
                cluster.add_worker()
                assert isinstance((await asked)["good"], Fetched)

    async def test_closing_gives_up_what_is_under_way(self, cluster: Cluster) -> None:
        """Within seconds, and the worker is free again."""
        async with WebServer() as web:
            web.add("/slow", Reply(body=FEED, stall="head"))
            web.feed("/good", FEED)
            async with engine_on(cluster) as far:
                asked = asyncio.create_task(polled(far, poll_job(web.url("/slow"))))
                await web.wait_for("/slow", begun=True)
                asked.cancel()
                await asyncio.wait([asked])
            async with engine_on(cluster) as other:
                assert isinstance((await polled(other, poll_job(web.url("/good"))))["good"], Fetched)

    async def test_new_rules_reach_workers_that_know_others(self, cluster: Cluster) -> None:
        """A reload makes an engine of another name; the old one ends by itself."""
        async with WebServer() as web, engine_on(cluster) as old:
            web.feed("/good", FEED)
            await polled(old, poll_job(web.url("/good")))
            newer = replace(ORDER, settings=replace(SETTINGS, timeout=timedelta(seconds=9)))
            async with engine_on(cluster, newer) as new:
                both = await asyncio.gather(*(polled(it, poll_job(web.url("/good"))) for it in (old, new)))

        assert all(isinstance(found["good"], Fetched) for found in both)

    async def test_a_stopped_worker_is_waited_for(self, cluster: Cluster) -> None:
        """A worker that stands still and goes on loses nothing."""
        async with WebServer() as web, engine_on(cluster) as far:
            web.feed("/good", FEED)
            await polled(far, poll_job(web.url("/good")))
            os.killpg(cluster.workers[0].pid, signal.SIGSTOP)
            asked = asyncio.create_task(polled(far, poll_job(web.url("/good"))))
            await asyncio.wait([asked], timeout=1)
            os.killpg(cluster.workers[0].pid, signal.SIGCONT)
            assert isinstance((await asked)["good"], Fetched)


class TestBatches:
    def test_one_host_stays_at_one_worker(self) -> None:
        """So that its requests are spaced as if there were one of us."""
        jobs = [poll_job(f"https://h{n % 50}.example/{n}") for n in range(1_000)]
        cut = batches(jobs, lambda job: job.state.url, ["a", "b", "c"])
        homes: dict[str, set[str]] = {}
        for batch in cut:
            for job in batch.jobs:
                homes.setdefault(job.state.url.split("/")[2], set()).add(batch.home)

        assert sum(len(batch.jobs) for batch in cut) == 1_000
        assert all(len(found) == 1 for found in homes.values())
        assert {batch.home for batch in cut} == {"a", "b", "c"}

    def test_batches_are_large_enough_to_be_worth_it(self) -> None:
        """A task has a price, so that many hosts go into one."""
        jobs = [poll_job(f"https://h{n}.example/{n}") for n in range(400)]
        sizes = [len(batch.jobs) for batch in batches(jobs, lambda job: job.state.url, ["a", "b"])]

        assert max(sizes) == 40
        assert len(sizes) <= 12

    def test_a_worker_that_leaves_moves_only_its_own_hosts(self) -> None:
        """The others keep what they know of their hosts."""
        hosts = [f"h{n}.example" for n in range(300)]
        before = {host: home_of(host, ["a", "b", "c"]) for host in hosts}
        after = {host: home_of(host, ["a", "c"]) for host in hosts}

        assert all(after[host] == home for host, home in before.items() if home != "b")

    def test_without_workers_there_is_no_home(self) -> None:
        """Whoever comes first may do it."""
        job = poll_job("https://h.example/1")
        assert batches([job], lambda each: each.state.url, []) == [Batch("", (job,))]


@pytest.mark.parametrize("engine", ["dask://", "dask://host", "tcp://host:1", "dask://host:x", "dask://h:1/x", "ray"])
def test_an_address_that_is_none_is_refused(engine: str, tmp_path: Path) -> None:
    """With what it should look like."""
    with pytest.raises(UsageError, match="dask://HOST:PORT"):
        place_of(engine, tmp_path)


def test_a_hub_is_told_from_others_by_its_state(tmp_path: Path) -> None:
    """Two watches may share a cluster."""
    one, other = (place_of("dask://host:8786", tmp_path / name) for name in ("a", "b"))
    assert one.scheduler == other.scheduler == "tcp://host:8786"
    assert one.hub != other.hub


def content(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a daemon has stored, times and the order of work aside."""
    conn = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return {sql: sorted(conn.execute(sql).fetchall(), key=repr) for sql in CONTENT}
    finally:
        conn.close()


CONTENT = (
    "SELECT id, title, failures, new_entries, etag FROM feeds",
    "SELECT key, title, summary, text, text_source, language, read_status, verdict FROM articles",
    "SELECT feed_id, uid, url, title, published_at FROM entries",
    "SELECT key, level, score, hits.topics, entities, evidence FROM hits JOIN articles ON articles.id = article_id",
    "SELECT concept, field, start, end, text, pattern FROM matches",
    "SELECT target, state, subject FROM deliveries",
)


def test_a_daemon_on_a_cluster_stores_what_one_at_home_stores(cluster: Cluster, tmp_path: Path) -> None:
    """The same feeds and articles, the same hits and alerts."""
    stored = []
    with WebServer() as web, WebServer(host="127.0.0.2") as other:
        world = World(web, other)
        for name in ("a", "b", "c"):
            items = [world.article(f"{name}1", relevant=name == "a"), world.article(f"{name}2", relevant=False)]
            web.feed(f"/{name}.xml", rss(items))
            world.feed(name)
        for engine in ("local", cluster.url):
            home = tmp_path / engine.partition(":")[0]
            home.mkdir()
            write_config(home, world.feeds, targets={"console": {"type": "console"}}, settings={"workers": "1"})
            with DaemonProcess(home, "--engine", engine) as daemon:
                daemon.wait_rows("SELECT count(*) FROM deliveries WHERE state = 'sent'", lambda rows: rows == [(1,)])
                daemon.wait_rows("SELECT count(*) FROM articles WHERE read_at IS NOT NULL", lambda rows: rows == [(6,)])
                assert daemon.stop() == 0
            stored.append(content(daemon.database))

    assert stored[0] == stored[1]
