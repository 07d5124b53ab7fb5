"""Retention: what is old goes, and nobody is told of it again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import FEED, NOW, OTHER_FEED, OUTLET, entry, judgement, poll_decision, read_record
from tests.commands import command
from tests.world import write_config
from watcher.alerting.planning import Settlement
from watcher.model import Settings, TargetName
from watcher.pipeline.housekeeping import keep_house
from watcher.store import Pruned, Store
from watcher.store.pruning import BEGINNING

DAY = timedelta(days=1)
NEVER = datetime.min.replace(tzinfo=NOW.tzinfo)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watcher.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """One article with a hit that was told, one without, both old; and their feeds."""
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW)
        store.record_polls([poll_decision(entry("hit"), entry("miss"))], NOW)
        miss, hit = store.due_articles(NOW, 10)
        store.record_reads([read_record(hit, "desk"), read_record(miss, said=judgement(None))], NOW)
        (job,) = store.claim_deliveries(NOW, [TargetName("desk")])
        store.settle_delivery(job, Settlement("sent"), NOW)
        yield store


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(sql).fetchall()


def prune(store: Store, hits: datetime = NEVER, articles: datetime = NEVER) -> Pruned:
    pruned, after = Pruned(), BEGINNING
    while True:
        step = store.prune(hits, articles, after)
        pruned += step.done
        if step.after is None:
            return pruned
        after = step.after


def test_old_articles_without_a_hit_go(store: Store, path: Path) -> None:
    """With their entries and their place in the full-text index; hits stay."""
    assert prune(store, articles=NOW) == Pruned()
    assert prune(store, articles=NOW + DAY) == Pruned(articles=1)

    assert rows(path, "SELECT url FROM articles") == [("https://wire.example/hit",)]
    assert rows(path, "SELECT uid FROM entries") == [("hit",)]
    assert rows(path, "SELECT count(*) FROM articles_fts_docsize") == [(1,)]


def test_what_was_pruned_is_not_new_again(store: Store, path: Path) -> None:
    """The feed still shows the entry, unchanged or changed: nothing is stored, read or told; nor is a gap suspected."""
    prune(store, articles=NOW + DAY)
    again = [entry("miss"), entry("miss", content_hash="other"), entry("miss")]
    for each in again:
        (stored,) = store.record_polls([poll_decision(each)], NOW + DAY)
        assert (stored.new, stored.gap_suspected) == (0, False)
    assert store.due_articles(NOW + DAY, 10) == []
    assert rows(path, "SELECT count(*) FROM entries") == [(1,)]


def test_what_was_pruned_is_known_from_other_feeds_too(store: Store, path: Path) -> None:
    """An article that comes back through another feed, or under another guid, is the same article."""
    prune(store, articles=NOW + DAY)
    url = "https://wire.example/miss?utm_source=other"
    store.record_polls([poll_decision(entry("other-guid", url=url), feed=OTHER_FEED)], NOW + DAY)

    assert store.due_articles(NOW + DAY, 10) == []
    assert rows(path, "SELECT kind FROM events") == [("duplicate",)]
    store.record_polls([poll_decision(entry("other-guid", url=url), feed=OTHER_FEED)], NOW + DAY)
    assert rows(path, "SELECT count(*) FROM events") == [(1,)]


def test_an_entry_that_was_pruned_is_known_at_another_address(store: Store) -> None:
    """Its guid tells: a feed that changes the links of its old entries brings nothing new."""
    prune(store, articles=NOW + DAY)
    moved = entry("miss", url="https://wire.example/archive/miss.html")
    (stored,) = store.record_polls([poll_decision(moved)], NOW + DAY)
    assert stored.new == 0
    assert store.due_articles(NOW + DAY, 10) == []


def test_what_is_new_is_stored_beside_what_was_pruned(store: Store) -> None:
    """Pruning makes nothing new pass for old."""
    prune(store, articles=NOW + DAY)
    (stored,) = store.record_polls([poll_decision(entry("miss"), entry("news"))], NOW + DAY)
    assert stored.new == 1
    assert [job.url for job in store.due_articles(NOW + DAY, 10)] == ["https://wire.example/news"]


def test_old_hits_go_and_are_not_told_again(store: Store, path: Path) -> None:
    """With evidence and text of the message; the alert's key and how its delivery ended stay."""
    pruned = prune(store, hits=NOW + DAY, articles=NOW + DAY)
    assert pruned == Pruned(articles=2, hits=1, messages=1)
    for table in ("hits", "matches", "facts", "hit_topics", "articles", "entries"):
        assert rows(path, f"SELECT count(*) FROM {table}") == [(0,)]
    assert rows(path, "SELECT state, body, plain FROM deliveries") == [("sent", "", "")]

    store.record_polls([poll_decision(entry("hit"), feed=FEED), poll_decision(entry("hit"), feed=OTHER_FEED)], NOW)
    assert store.due_articles(NOW + DAY, 10) == []


def test_a_hit_that_is_still_to_be_told_stays(store: Store, path: Path) -> None:
    """A delivery that waits keeps its hit and its text."""
    store.record_polls([poll_decision(entry("waiting"))], NOW)
    (job,) = store.due_articles(NOW, 10)
    store.record_reads([read_record(job, "desk")], NOW)
    prune(store, hits=NOW + DAY, articles=NOW + DAY)

    assert rows(path, "SELECT url FROM hit_log") == [("https://wire.example/waiting",)]
    assert rows(path, "SELECT body FROM deliveries WHERE state = 'pending'") == [("Body",)]


def test_an_article_that_is_still_to_be_read_stays(store: Store, path: Path) -> None:
    """However old it is."""
    store.record_polls([poll_decision(entry("unread"))], NOW)
    prune(store, articles=NOW + DAY)
    assert rows(path, "SELECT url FROM articles WHERE next_read_at IS NOT NULL") == [("https://wire.example/unread",)]


def test_what_another_table_refers_to_stays(store: Store, path: Path) -> None:
    """A table that retention knows nothing of is safe."""
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE bookmarks (article_id INTEGER REFERENCES articles(id))")
        conn.execute("INSERT INTO bookmarks SELECT id FROM articles")
    assert prune(store, articles=NOW + DAY) == Pruned()
    assert rows(path, "PRAGMA foreign_key_check") == []


def test_many_articles_go_in_small_steps(store: Store, path: Path) -> None:
    """No transaction is long; old hits amid them are passed over."""
    store.record_polls([poll_decision(*(entry(str(n)) for n in range(450)))], NOW)
    jobs = store.due_articles(NOW, 500)
    store.record_reads(
        [read_record(job, said=judgement("core" if n % 3 == 0 else None)) for n, job in enumerate(jobs)], NOW
    )
    steps, after = [], BEGINNING
    while True:
        step = store.prune(NEVER, NOW + DAY, after)
        steps.append(step.done.articles)
        if step.after is None:
            break
        after = step.after
    assert steps == [200, 101]
    assert rows(path, "SELECT count(*) FROM articles") == [(151,)]


async def test_the_daemon_prunes_by_its_settings(store: Store, path: Path) -> None:
    """As part of its daily housekeeping."""

    async def db(call: Callable[..., object], *args: object) -> object:
        return call(*args)

    settings = Settings(keep_articles=10 * DAY)
    assert not await keep_house(db, store, settings, NOW + 9 * DAY)
    assert await keep_house(db, store, settings, NOW + 11 * DAY) == Pruned(articles=1)
    assert not await keep_house(db, store, replace(settings, keep_hits=20 * DAY), NOW + 19 * DAY)
    assert await keep_house(db, store, replace(settings, keep_hits=20 * DAY), NOW + 21 * DAY) == Pruned(1, 1, 1)


def test_prune_from_the_command_line(store: Store, path: Path) -> None:
    """With the settings of the configuration, beside a daemon or without one; --vacuum gives room back."""
    store.close()
    home = path.parent
    feeds = {"one": {"url": "http://127.0.0.1:9/one.xml", "id": "one"}}
    write_config(home, feeds, targets={"console": {"type": "console"}}, settings={"keep_articles": "1d"})
    done = command("db", "prune", "--vacuum", "--json", "--config", home / "config", "--state", home)
    assert json.loads(done.stdout) == {"articles": 1, "hits": 0, "messages": 0}
    assert rows(path, "PRAGMA freelist_count") == [(0,)]
    again = command("db", "prune", "--config", home / "config", "--state", home)
    assert "let go of 0 articles" in again.stdout
