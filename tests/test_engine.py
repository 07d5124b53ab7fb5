"""The local engine: real servers on loopback, real worker processes, and what happens when those die."""

from __future__ import annotations

import asyncio
import ctypes
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers.web import Item, Reply, WebServer, rss
from watcher.engine.local import Crew, LocalEngine, WorkerLost, _spread, page_failure, worth_retrying
from watcher.engine.work import Fault, Limits, ParseJob, parse_feed
from watcher.errors import EngineError
from watcher.fetch import Client
from watcher.model import (
    ArticleId,
    Failed,
    FailureKind,
    Feed,
    FeedId,
    FeedState,
    Fetched,
    Gone,
    NotModified,
    OutletId,
    ParsedFeed,
    PollJob,
    PollOutcome,
    ReadJob,
    ReadOutcome,
    Response,
    Settings,
)

NOW = datetime(2025, 11, 26, 12, 0, tzinfo=UTC)
SETTINGS = Settings(
    host_gap=timedelta(0), host_connections=8, workers=1, allow_private=("127.0.0.0/8",), timeout=timedelta(seconds=5)
)
SECONDS = timedelta(seconds=1)
ROOT = Path(__file__).parent.parent
SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parent / "data" / "feeds").iterdir())]
PAGE = (Path(__file__).parent / "data" / "pages" / "article.html").read_text()


# --- what workers are asked to do in these tests; they run in real processes --------------------------------------


def double(number: int) -> int:
    return 2 * number


def pid() -> int:
    return os.getpid()


def segfault() -> None:
    ctypes.string_at(0)


def hang() -> None:
    while True:
        pass


def devour() -> int:
    return len(bytearray(4 << 30))


def environment() -> dict[str, str]:
    return dict(os.environ)


def imported(*names: str) -> list[str]:
    return [name for name in names if name in sys.modules]


def sleep_for(seconds: float) -> None:
    time.sleep(seconds)


@asynccontextmanager
async def crew(size: int = 1, limits: Limits | None = None) -> AsyncIterator[Crew]:
    it = Crew(size, None, limits or Limits())
    try:
        yield it
    finally:
        await it.close()


class TestCrew:
    async def test_nothing_is_started_before_there_is_work(self) -> None:
        """And one worker does the first jobs."""
        async with crew(4) as it:
            assert it.hired == 0
            assert [await it.run(double, n, limit=SECONDS) for n in range(5)] == [0, 2, 4, 6, 8]
            assert it.hired == 1

    async def test_what_kills_a_worker_costs_only_its_own_job(self) -> None:
        """A segfault, a busy loop and a memory hog among good jobs."""
        async with crew(2) as it:
            bad = [(segfault, 5), (hang, 0.3), (devour, 5)]
            jobs = [it.run(double, n, limit=20 * SECONDS) for n in range(30)]
            evil = [it.run(job, limit=timedelta(seconds=limit)) for job, limit in bad]
            *good, first, second, third = await asyncio.gather(*jobs, *evil, return_exceptions=True)
            assert good == [2 * n for n in range(30)]
            assert isinstance(first, WorkerLost)
            assert (first.kind, "signal 11" in str(first)) == (FailureKind.WORKER_DIED, True)
            assert isinstance(second, WorkerLost)
            assert second.kind is FailureKind.WORKER_TIMEOUT
            assert isinstance(third, MemoryError)
            assert await it.run(double, 21, limit=20 * SECONDS) == 42

    async def test_another_is_hired_when_a_job_has_to_wait(self) -> None:
        """And those that are not needed any more are let go."""
        async with crew(2) as it:
            await asyncio.gather(*(it.run(sleep_for, 0.8, limit=20 * SECONDS) for _ in range(3)))
            assert it.hired == 2
            it.trim()
            assert it.hired == 1
            assert await it.run(double, 1, limit=20 * SECONDS) == 2

    async def test_a_worker_killed_while_idle_is_replaced(self) -> None:
        """As the kernel does when memory runs out."""
        async with crew() as it:
            old = await it.run(pid, limit=20 * SECONDS)
            os.kill(old, signal.SIGKILL)
            new = await until_answered(lambda: it.run(pid, limit=20 * SECONDS))
            assert new != old

    async def test_a_worker_keeps_nothing_of_the_environment(self) -> None:
        """Secrets are often there."""
        os.environ["CANARY_TOKEN"] = "secret"
        try:
            async with crew() as it:
                found = await it.run(environment, limit=20 * SECONDS)
        finally:
            del os.environ["CANARY_TOKEN"]
        assert "CANARY_TOKEN" not in found
        assert set(found) <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "HOME"} | {
            "PYTHONHASHSEED",
            "PYTHONWARNINGS",
        }

    async def test_closing_takes_seconds_whatever_is_done(self) -> None:
        """Jobs under way and those that wait are refused."""
        it = Crew(1, None, Limits())
        await it.run(double, 1, limit=20 * SECONDS)
        jobs = [asyncio.ensure_future(it.run(hang, limit=100 * SECONDS)) for _ in range(3)]
        await asyncio.wait(jobs, timeout=0.3)
        started = time.monotonic()
        await it.close()
        results = await asyncio.gather(*jobs, return_exceptions=True)
        assert time.monotonic() - started < 5
        assert all(isinstance(result, EngineError) for result in results)
        with pytest.raises(EngineError):
            await it.run(double, 1, limit=SECONDS)

    async def test_a_job_ends_itself_when_nobody_else_does(self) -> None:
        """Should the hub be killed, no worker runs on for ever."""
        async with crew(limits=Limits(seconds=1)) as it:
            with pytest.raises(WorkerLost) as caught:
                await it.run(hang_within_a_deadline, limit=60 * SECONDS)
            assert caught.value.kind is FailureKind.WORKER_TIMEOUT

    async def test_a_cancelled_job_frees_its_worker(self) -> None:
        """The next job does not wait for it."""
        async with crew() as it:
            await it.run(double, 1, limit=20 * SECONDS)
            job = asyncio.ensure_future(it.run(hang, limit=100 * SECONDS))
            await asyncio.wait([job], timeout=0.3)
            job.cancel()
            assert await it.run(double, 2, limit=20 * SECONDS) == 4


HOSTILE: dict[str, bytes] = {
    "billion laughs": b"<!DOCTYPE r [<!ENTITY a0 'ha'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><rss><channel><item><title>&a9;</title></item></channel></rss>",
    "quadratic entity": b"<!DOCTYPE r [<!ENTITY a '%s'>]><rss><channel><item><title>%s</title></item></channel></rss>"
    % (b"x" * 50_000, b"&a;" * 2_000),
    "external entity": b"<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss><channel><item><title>&a;</title>",
    "an author": b"<rss><channel><item><author>a@" + b"a." * 100_000 + b"</author></item></channel></rss>",
    "open tags": b"<rss><channel><item><title>" + b"<a " * 100_000,
    "deep nesting": b"<rss><channel><item><description>" + b"<div>" * 20_000,
    "attributes": b"<rss><channel><item " + b" ".join(b"a%d='1'" % n for n in range(6_000)) + b">",
    "less-than signs": b"<rss>" + b"<" * 50_000,
    "many items": b"<rss><channel>" + b"<item><title>t</title></item>" * 10_000 + b"</channel></rss>",
    "deep json": b'{"version":"https://jsonfeed.org/version/1","items":' + b"[" * 200_000,
    "a long number": b'{"version":"https://jsonfeed.org/version/1","items":[{"id":' + b"9" * 100_000 + b"}]}",
}


def damaged(rng: random.Random) -> bytes:
    """A sample document with some of its bytes cut, doubled or replaced."""
    body = bytearray(rng.choice(SAMPLES))
    for _ in range(rng.randint(1, 10)):
        at = rng.randrange(len(body))
        piece = rng.choice([b"", rng.randbytes(4), b"<", b"]]>", b"&", b"<![CDATA[", body[at : at + 50] * 2])
        body[at : at + rng.randint(0, 60)] = piece
    return bytes(body)


class TestHostileDocuments:
    @pytest.mark.parametrize("name", HOSTILE)
    async def test_known_attacks_end_within_the_limit(self, name: str) -> None:
        """And the worker lives."""
        async with crew() as it:
            found = await it.run(parse_feed, ParseJob(HOSTILE[name], {}, "https://h/f", NOW), limit=20 * SECONDS)
            assert isinstance(found, ParsedFeed) or found.of_document, found
            if isinstance(found, ParsedFeed):
                assert not any("root:" in entry.title for entry in found.entries)

    async def test_a_thousand_damaged_documents_harm_nobody(self) -> None:
        """Each is parsed or refused; no worker is lost, and nothing of ours fails."""
        rng = random.Random(20251126)
        async with crew(2) as it:
            jobs = [ParseJob(damaged(rng), {}, "https://h/f", NOW) for _ in range(1_000)]
            found = await asyncio.gather(*(it.run(parse_feed, job, limit=20 * SECONDS) for job in jobs))
        mistakes = [one for one in found if isinstance(one, Fault) and not one.of_document]
        assert mistakes == []
        assert sum(isinstance(one, ParsedFeed) for one in found) > 200


def hang_within_a_deadline() -> None:
    from watcher.engine.work import _deadline  # noqa: PLC0415 - in the worker

    with _deadline():
        hang()


async def until_answered(ask: Callable[[], Any]) -> Any:
    """The pool may notice the death of a process before or after the next job is given to it."""
    for _ in range(5):
        try:
            return await ask()
        except WorkerLost:
            continue
    pytest.fail("no worker answers")


# --- the engine ---------------------------------------------------------------------------------------------------


class World:
    """An engine before a web server, and what it reports of mistakes of ours."""

    def __init__(self, web: WebServer, engine: LocalEngine) -> None:
        self.web = web
        self.engine = engine
        self.mistakes: list[tuple[str, str]] = []

    def job(self, path: str, state: FeedState | None = None) -> PollJob:
        feed = Feed(FeedId(path), OutletId("o"), self.web.url(path))
        return PollJob(feed, state or FeedState(feed.id, feed.url))

    async def poll(self, *jobs: PollJob) -> dict[str, PollOutcome]:
        return {polled.job.feed.id: polled.outcome async for polled in self.engine.poll(jobs)}

    async def read(self, *jobs: ReadJob) -> list[ReadOutcome]:
        return [outcome async for outcome in self.engine.read(jobs)]

    def article(self, path: str, **changes: Any) -> ReadJob:
        url = self.web.url(path)
        job = ReadJob(
            article_id=ArticleId(1),
            key=url,
            url=url,
            title="Allies weigh guarantees",
            summary="Ministers met in the harbour town.",
            content="",
            language="en",
            published_at=NOW,
            first_seen_at=NOW,
            outlet_id=OutletId("o"),
            outlet_class="wire",
        )
        return replace(job, **changes)


@asynccontextmanager
async def world(settings: Settings = SETTINGS, limits: Limits | None = None) -> AsyncIterator[World]:
    async with WebServer() as web, Client(settings, user_agent="test", clock=lambda: NOW) as client:
        mistakes: list[tuple[str, str]] = []
        engine = LocalEngine(
            settings,
            None,
            client,
            clock=lambda: NOW,
            report_error=lambda what, trace: mistakes.append((what, trace)),
            limits=limits,
        )
        it = World(web, engine)
        it.mistakes = mistakes
        try:
            yield it
        finally:
            await engine.close()


FEED = rss([Item("A title", link="https://x.example/1", guid="1"), Item("Another", link="https://x.example/2")])


class TestPoll:
    async def test_each_job_has_one_outcome_of_its_kind(self) -> None:
        """A good feed, a page, a truncated feed, one that is gone, one that is missing, a dead host."""
        async with world() as it:
            it.web.feed("/good", FEED)
            it.web.page("/page", "<!doctype html><title>Home</title>")
            it.web.feed("/cut", FEED[: FEED.index(b"Another") + 3])
            it.web.status("/gone", 410)
            it.web.status("/busy", 429, retry_after="120")
            dead = it.job("/dead")
            dead = replace(dead, state=replace(dead.state, url="http://127.0.0.1:9/rss"))
            jobs = [it.job(path) for path in ("/good", "/page", "/cut", "/gone", "/missing", "/busy")]
            found = await it.poll(*jobs, dead)
            good, cut = found["/good"], found["/cut"]
            assert isinstance(good, Fetched)
            assert [entry.title for entry in good.parsed.entries] == ["A title", "Another"]
            assert isinstance(cut, Fetched)
            assert [entry.title for entry in cut.parsed.entries] == ["A title"]
            assert not cut.parsed.complete
            assert isinstance(found["/gone"], Gone)
            failures = {key: outcome.kind for key, outcome in found.items() if isinstance(outcome, Failed)}
            assert failures == {
                "/page": FailureKind.NOT_A_FEED,
                "/missing": FailureKind.NOT_FOUND,
                "/busy": FailureKind.RATE_LIMITED,
                "/dead": FailureKind.CONNECT,
            }
            assert it.mistakes == []

    async def test_what_is_unchanged_needs_no_worker(self) -> None:
        """Neither a 304 nor the same body again is parsed."""
        async with world() as it:
            it.web.feed("/rss", FEED)
            first = (await it.poll(it.job("/rss")))["/rss"]
            assert isinstance(first, Fetched)
            known = replace(it.job("/rss").state, etag=first.validators.etag, body_hash=first.body_hash)
            same = replace(known, etag=None)
            it.engine._crew.trim()
            crew = it.engine._crew
            jobs_before = crew.hired
            outcomes = [(await it.poll(it.job("/rss", state)))["/rss"] for state in (known, same)]
            assert [o.reason for o in outcomes if isinstance(o, NotModified)] == ["status", "body"]
            assert crew.hired == jobs_before

    async def test_results_come_as_they_are_ready(self) -> None:
        """A slow server does not hold up the others."""
        async with world() as it:
            it.web.add("/slow", Reply(body=FEED, stall="head"))
            for n in range(5):
                it.web.feed(f"/{n}", FEED)
            order = []
            async for polled in it.engine.poll([it.job("/slow"), *(it.job(f"/{n}") for n in range(5))]):
                order.append(polled.job.feed.id)
                if len(order) == 5:
                    it.web.release()
            assert order[-1] == "/slow"

    async def test_leaving_the_loop_early_ends_what_is_under_way(self) -> None:
        """No request or task stays behind."""
        async with world() as it:
            it.web.add("/slow", Reply(body=FEED, stall="head"))
            it.web.feed("/rss", FEED)
            polling = it.engine.poll([it.job("/slow"), it.job("/rss")])
            async for polled in polling:
                assert polled.job.feed.id == "/rss"
                break
            await polling.aclose()  # type: ignore[attr-defined] # an async generator
            assert len(asyncio.all_tasks()) < 8

    async def test_a_mistake_of_ours_is_reported_and_costs_one_job(self) -> None:
        """With its traceback; the batch goes on."""
        async with world() as it:
            it.web.feed("/rss", FEED)
            broken = it.job("/broken")
            broken = replace(broken, feed=replace(broken.feed, identity=[]))  # type: ignore[arg-type]
            it.web.feed("/broken", FEED)
            found = await it.poll(broken, it.job("/rss"))
            assert isinstance(found["/rss"], Fetched)
            failure = found["/broken"]
            assert isinstance(failure, Failed)
            assert failure.kind is FailureKind.INTERNAL
            ((what, trace),) = it.mistakes
            assert "/broken" in what
            assert "Traceback" in trace

    async def test_a_document_that_takes_too_long_is_given_up(self) -> None:
        """Its worker is ended; the next feed is parsed by another."""
        async with world(replace(SETTINGS, parse_timeout=timedelta(seconds=1))) as it:
            it.web.feed("/rss", FEED)
            it.web.feed("/endless", rss([Item(f"<a {n} " * 40, guid=str(n)) for n in range(15_000)]))
            found = await it.poll(it.job("/endless"), it.job("/rss"))
            failure = found["/endless"]
            assert isinstance(failure, Failed)
            assert failure.kind is FailureKind.WORKER_TIMEOUT
            again = (await it.poll(it.job("/rss")))["/rss"]
            assert isinstance(again, Fetched)

    async def test_after_closing_nothing_is_polled(self) -> None:
        """The caller is told, rather than each feed made to fail."""
        async with world() as it:
            it.web.feed("/rss", FEED)
            await it.engine.close()
            with pytest.raises(EngineError):
                await it.poll(it.job("/rss"))


class TestRead:
    async def test_the_page_is_the_text(self) -> None:
        """With the address that the page names for itself."""
        async with world() as it:
            it.web.page("/a", PAGE)
            (outcome,) = await it.read(it.article("/a"))
            assert outcome.text.source == "page"
            assert "The delegations kept their coats on" in outcome.text.text
            assert (outcome.failure, outcome.final_url) == (None, it.web.url("/a"))
            assert outcome.text.title == "Allies weigh guarantees"

    @pytest.mark.parametrize(
        ("status", "retryable"), [(404, True), (403, True), (410, False), (500, True), (503, True), (429, True)]
    )
    async def test_a_failing_page_leaves_what_the_feed_said(self, status: int, retryable: bool) -> None:
        """And may be tried again, or not."""
        async with world() as it:
            it.web.status("/a", status)
            (outcome,) = await it.read(it.article("/a"))
            assert outcome.text.source == "summary"
            assert outcome.failure is not None
            assert (outcome.failure.status, outcome.retryable) == (status, retryable)

    async def test_robots_are_obeyed(self) -> None:
        """The page is not asked for."""
        async with world() as it:
            it.web.robots("User-agent: *\nDisallow: /a\n")
            it.web.page("/a", PAGE)
            (outcome,) = await it.read(it.article("/a"))
            assert outcome.failure is not None
            assert (outcome.failure.kind, outcome.retryable) == (FailureKind.ROBOTS, False)
            assert it.web.seen("/a") == ()

    async def test_what_is_no_page_is_not_read(self) -> None:
        """A PDF, by its bytes."""
        async with world() as it:
            it.web.page("/a", "%PDF-1.7 ...")
            (outcome,) = await it.read(it.article("/a", content=f"<p>{'Carried by the feed. ' * 20}</p>"))
            assert outcome.failure is not None
            assert (outcome.failure.kind, outcome.retryable) == (FailureKind.NOT_HTML, False)
            assert outcome.text.source == "feed"

    async def test_a_link_that_leads_home_is_not_found(self) -> None:
        """A soft 404."""
        async with world() as it:
            it.web.redirect("/a", "/", 302)
            it.web.page("/", PAGE)
            (outcome,) = await it.read(it.article("/a"))
            assert outcome.failure is not None
            assert outcome.failure.kind is FailureKind.NOT_FOUND

    async def test_no_page_is_fetched_where_none_is_wanted(self) -> None:
        """A full-text feed, or pages switched off."""
        async with world() as it:
            it.web.page("/a", PAGE)
            (outcome,) = await it.read(it.article("/a", fetch_page=False))
            assert (outcome.text.source, outcome.failure, outcome.final_url) == ("summary", None, "")
            assert it.web.requests == ()

    async def test_an_article_that_no_worker_can_read_keeps_what_the_feed_said(self) -> None:
        """Here there is no time for anything; the article is to be read again."""
        async with world(replace(SETTINGS, extract_timeout=timedelta(seconds=0.001))) as it:
            it.web.page("/a", PAGE)
            (lost,) = await it.read(it.article("/a", content="<p>Carried by the feed.</p>"))
            assert lost.failure is not None
            assert (lost.failure.kind, lost.retryable) == (FailureKind.WORKER_TIMEOUT, True)
            assert (lost.text.source, lost.judgement.rules_hash) == ("summary", "")

    async def test_a_page_that_needs_too_much_memory_leaves_what_the_feed_said(self) -> None:
        """The article is judged without its page."""
        async with world(limits=Limits(memory=88 << 20)) as it:
            it.web.page("/evil", "<html><body><article>" + "<p>word " * 9_000 + "<p>" + "x&amp;" * 300_000)
            (outcome,) = await it.read(it.article("/evil"))
            assert outcome.failure is not None
            assert outcome.failure.kind in {FailureKind.WORKER_DIED, FailureKind.NO_TEXT}
            assert outcome.text.source == "summary"


class TestDecisions:
    @pytest.mark.parametrize("kind", [FailureKind.NOT_FOUND, FailureKind.DENIED, FailureKind.WORKER_DIED])
    def test_doubtful_failures_are_retried_a_few_times(self, kind: FailureKind) -> None:
        """Pages appear after their feed item; most never do."""
        assert [worth_retrying(Failed(kind, "", ""), attempts) for attempts in range(4)] == [True, True, False, False]

    def test_robots_and_pages_without_text_are_final(self) -> None:
        """Nothing will change."""
        final = (FailureKind.ROBOTS, FailureKind.NOT_HTML, FailureKind.NO_TEXT, FailureKind.TOO_LARGE)
        assert not any(worth_retrying(Failed(kind, "", ""), 0) for kind in final)

    def test_a_robots_txt_that_cannot_be_read_for_now_is_asked_again(self) -> None:
        """The page is left alone until then, not for ever."""
        assert worth_retrying(Failed(FailureKind.ROBOTS, "", "", retry_after=timedelta(hours=1)), 0)

    def test_the_home_page_itself_may_be_read(self) -> None:
        """If that is where the link led."""
        assert page_failure(Response(200, "https://h/", {}, b""), "https://h") is None

    def test_jobs_of_one_host_are_far_apart(self) -> None:
        """So that a slow host does not take all places."""
        urls = ["http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://c/1"]
        assert _spread(urls, str) == ["http://a/1", "http://b/1", "http://c/1", "http://a/2", "http://a/3"]


# --- real programs ------------------------------------------------------------------------------------------------

PROGRAM = """
    import asyncio, os, sys
    from datetime import timedelta
    from watcher.engine.local import Crew
    from watcher.engine.work import Limits
    from tests.test_engine import imported, pid

    async def main():
        crew = Crew(1, None, Limits())
        limit = timedelta(seconds=20)
        print(await crew.run(imported, "heavy_main", "aiohttp", "trafilatura", "feedparser", "typer", limit=limit))
        print([name for name in ("trafilatura", "feedparser", "lxml") if name in sys.modules])
        print(await crew.run(pid, limit=limit), flush=True)
        if sys.argv[1:] == ["hang"]:
            await asyncio.sleep(60)
        await crew.close()

    if __name__ == "__main__":
        sys.exit(asyncio.run(main()))
"""


def program(tmp_path: Path, how: str) -> list[str]:
    source = textwrap.dedent(PROGRAM)
    if how == "script":  # as an installed console script: no module, no .py
        script = tmp_path / "watcher-script"
        script.write_text(f"import heavy_main\n{source}")
        return [sys.executable, str(script)]
    package = tmp_path / "program"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(f"import heavy_main\n{source}")
    return [sys.executable, "-m", "program"]


def start(tmp_path: Path, how: str, *args: str) -> subprocess.Popen[str]:
    (tmp_path / "heavy_main.py").write_text("")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    return subprocess.Popen(
        [*program(tmp_path, how), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    )


class TestPrograms:
    @pytest.mark.parametrize("how", ["script", "module"])
    def test_workers_do_not_import_the_program(self, tmp_path: Path, how: str) -> None:
        """Started as a console script or with -m; and the hub itself holds no parser."""
        with start(tmp_path, how) as process:
            out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        in_worker, in_hub, _ = out.splitlines()
        assert "heavy_main" not in in_worker
        assert "feedparser" not in in_worker
        assert in_hub == "[]"

    def test_no_worker_outlives_a_killed_hub(self, tmp_path: Path) -> None:
        """Kill -9 leaves nothing behind."""
        with start(tmp_path, "module", "hang") as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3)]
            worker = int(lines[2])
            process.kill()
            process.wait()
            wait_for_end(worker)


def wait_for_end(process_id: int, patience: float = 20) -> None:
    """Waits for a process that is not our child."""
    descriptor = os.pidfd_open(process_id)
    try:
        os.set_blocking(descriptor, True)
        import select  # noqa: PLC0415 - only here

        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(patience * 1000), "the worker is still there"
    finally:
        os.close(descriptor)
