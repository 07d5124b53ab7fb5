"""The store: four transactions over one real SQLite file, read beside the writer by sqlite-utils."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlite_utils

from tests.builders import FEED, NOW, OTHER_FEED, OUTLET, entry, judgement, poll_decision, read_record
from watcher.alerting.planning import Pause, Settlement
from watcher.errors import StoreDamaged, StoreFull, UsageError
from watcher.model import DeliveryId, Event, FeedId, Judgement, ReadJob, TargetName
from watcher.store import Log, Outbox, ReadRecord, Store
from watcher.store.connection import iso, moment
from watcher.store.migrations import schema

LATER = NOW + timedelta(hours=1)
DESK = TargetName("desk")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watcher.db"


def older_file(path: Path, *, before: str) -> None:
    """A database as it was before a step of the schema, with an article and its hit."""
    db = sqlite_utils.Database(path)
    schema.apply(db, stop_before=before)
    moment = "2025-11-26T12:00:00.000Z"
    db.table("outlets").insert(
        {"id": "wire", "name": "Wire", "family": "f", "country": "gb", "language": "en", "class": "wire"}
    )
    db.table("feeds").insert(
        {"id": FEED.id, "outlet_id": "wire", "configured_url": FEED.url, "url": FEED.url, "next_poll_at": moment}
    )
    article = {
        "id": 1, "key": "https://wire.example/1", "url": "https://wire.example/1", "outlet_id": "wire",
        "title": "Old title", "summary": "Old summary.", "seen_at": moment, "next_read_at": moment,
    }  # fmt: skip
    if "feed_title" in db.table("articles").columns_dict:
        article |= {"feed_title": "Old title", "feed_summary": "Old summary."}
    db.table("articles").insert(article)
    db.table("entries").insert(
        {"feed_id": FEED.id, "uid": "1", "uid_source": "guid", "article_id": 1, "url": "https://wire.example/1",
         "title": "Old title", "date_source": "published", "seen_at": moment, "content_hash": "h0"}
    )  # fmt: skip
    db.table("hits").insert(
        {"article_id": 1, "found_at": moment, "updated_at": moment, "level": "core", "score": 5, "topics": "t",
         "entities": "", "evidence": "Old title", "evidence_field": "title", "evidence_start": 0,
         "evidence_marks": "[]", "text_source": "title", "rules_hash": "abc"}
    )  # fmt: skip
    db.close()


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW)
        yield store


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    conn = sqlite3.connect(path)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()


def queue_one(store: Store, *targets: str) -> None:
    """Poll, read and match one article, and queue an alert about it."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 10)
    store.record_reads([read_record(job, *(targets or ("desk",)))], NOW)


def read_job_of(store: Store) -> ReadJob:
    """The job of the only article, read before, after an edit of its entry."""
    store.record_polls([poll_decision(entry("1", content_hash="edited"))], NOW)
    (job,) = store.due_articles(NOW, 10)
    return job


# --- poll --------------------------------------------------------------------------------------------------------


def test_new_feed_is_due_when_the_plan_says(path: Path) -> None:
    """A feed that was never polled is due at its first poll time, not before."""
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED], {FEED.id: LATER}, NOW)

        assert store.due_feeds(NOW, 10) == []
        assert [FEED.id] == [state.feed_id for state in store.due_feeds(LATER, 10)]


def test_poll_times_survive_a_restart(path: Path) -> None:
    """A restart polls nothing before its time."""
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(entry())], NOW)
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED], {FEED.id: NOW}, NOW)

        assert store.due_feeds(NOW + timedelta(minutes=29), 10) == []
        assert store.due_feeds(LATER, 10)[0].etag == '"1"'


def test_feeds_under_way_are_not_claimed_again(store: Store) -> None:
    """A feed that is being polled is left out."""
    assert [OTHER_FEED.id] == [state.feed_id for state in store.due_feeds(NOW, 10, {FEED.id})]


def test_an_entry_is_new_once(store: Store) -> None:
    """The second sight of an entry is not news."""
    first = store.record_polls([poll_decision(entry("1"), entry("2"))], NOW)
    second = store.record_polls([poll_decision(entry("1"), entry("2"))], LATER)

    assert [first[0].new, second[0].new] == [2, 0]


def test_same_article_from_two_feeds_is_stored_once(store: Store, path: Path) -> None:
    """Two feeds with one address, tracking parameters aside, give one article with two sightings."""
    url = "https://wire.example/story"
    store.record_polls([poll_decision(entry("a", url=f"{url}?utm_source=rss"))], NOW)
    store.record_polls([poll_decision(entry("b", url=url), feed=OTHER_FEED)], NOW)

    assert rows(path, "SELECT count(*) FROM articles") == [(1,)]
    assert rows(path, "SELECT feed_id FROM entries ORDER BY id") == [("wire-world",), ("wire-ukraine",)]
    assert rows(path, "SELECT kind, feed_id FROM events") == [("duplicate", "wire-ukraine")]
    assert tuple(sorted(store.due_articles(NOW, 1)[0].feed_tags)) == ("ukraine", "world")


def test_a_sighting_that_may_alert_ends_the_quiet_of_an_article(store: Store) -> None:
    """Another feed brings what the first fetch of one brought without a date: it is read once more, and may be told."""
    store.record_polls([poll_decision(entry("a", url=PAGE), quiet="first fetch of the feed")], NOW)
    (quiet,) = store.due_articles(NOW, 1)
    store.record_reads([read_record(quiet)], NOW)
    assert store.due_articles(LATER, 1) == []
    store.record_polls([poll_decision(entry("b", url=PAGE), feed=OTHER_FEED)], LATER)

    assert [job.quiet_reason for job in store.due_articles(LATER, 1)] == [""]


def test_a_quiet_sighting_silences_nothing(store: Store) -> None:
    """An article that may alert stays so, whoever else brings it."""
    store.record_polls([poll_decision(entry("a", url=PAGE))], NOW)
    store.record_polls([poll_decision(entry("b", url=PAGE), feed=OTHER_FEED, quiet="old")], NOW)

    assert [job.quiet_reason for job in store.due_articles(NOW, 1)] == [""]


def test_a_sighting_with_a_new_tag_has_the_article_judged_again(store: Store) -> None:
    """Topics may ask for the tag of a feed; the second sighting with the same tags costs nothing."""
    store.record_polls([poll_decision(entry("a", url=PAGE))], NOW)
    (job,) = store.due_articles(NOW, 1)
    store.record_reads([read_record(job, said=judgement(None))], NOW)
    store.record_polls([poll_decision(entry("b", url=PAGE))], LATER)
    assert store.due_articles(LATER, 1) == []
    store.record_polls([poll_decision(entry("c", url=PAGE), feed=OTHER_FEED)], LATER)

    assert [set(job.feed_tags) for job in store.due_articles(LATER, 1)] == [{"world", "ukraine"}]


def test_a_changed_entry_is_read_again_but_not_for_ever(store: Store) -> None:
    """An edit makes the article due; a headline that flips for ever stops costing after a few times."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    reads = 0
    for number in range(10):
        for job in store.due_articles(LATER, 10):
            store.record_reads([read_record(job, said=judgement(None))], NOW)
            reads += 1
        store.record_polls([poll_decision(entry("1", title=f"Title {number}", content_hash=f"h{number + 2}"))], NOW)

    assert reads == 6


def test_a_feed_whose_window_overflowed_is_noted(store: Store, path: Path) -> None:
    """When nothing in a fetch was known before, some entries may have been missed; the ledger says so."""
    first = store.record_polls([poll_decision(entry("1"), entry("2"))], NOW)
    second = store.record_polls([poll_decision(entry("3"), entry("4"))], LATER)

    assert [first[0].gap_suspected, second[0].gap_suspected] == [False, True]
    assert rows(path, "SELECT kind FROM events") == [("gap_suspected",)]


def test_no_gap_is_suspected_where_items_were_known_unparsed(store: Store, path: Path) -> None:
    """Items that were left out of parsing, because they were known, are known entries."""
    store.record_polls([poll_decision(entry("1"), entry("2"))], NOW)
    [stored] = store.record_polls([replace(poll_decision(entry("3"), entry("4")), known=1)], LATER)

    assert not stored.gap_suspected


def test_digests_of_items_are_kept_until_the_address_changes(store: Store) -> None:
    """What was seen at one address says nothing of the items at another."""
    decision = poll_decision(entry("1"))
    store.record_polls([replace(decision, state=replace(decision.state, items=b"12345678"))], NOW)
    before = {state.feed_id: state.items for state in store.due_feeds(LATER, 9)}
    store.sync_watch([OUTLET], [replace(FEED, url="https://wire.example/moved.xml")], {}, LATER)
    after = {state.feed_id: state.items for state in store.due_feeds(LATER, 9)}

    assert (before[FEED.id], after[FEED.id]) == (b"12345678", b"")


def test_a_feed_whose_guids_change_brings_nothing_new(store: Store, path: Path) -> None:
    """The same addresses under new names are the same entries: no rows are added, and no gap is suspected."""
    for poll in range(5):
        entries = [entry(f"{number}-{poll}", url=f"https://wire.example/{number}") for number in range(3)]
        (stored,) = store.record_polls([poll_decision(*entries)], LATER)

        assert (stored.new, stored.gap_suspected) == (0 if poll else 3, False)
    assert rows(path, "SELECT uid FROM entries") == [("0-4",), ("1-4",), ("2-4",)]
    assert rows(path, "SELECT kind FROM events") == []


def test_entries_that_were_not_parsed_are_not_taken_for_gone(store: Store, path: Path) -> None:
    """Updates of one page, each with a guid of its own: those known byte for byte are still in the document."""
    page = "https://wire.example/live"
    store.record_polls([poll_decision(entry("1", url=page))], NOW)
    store.record_polls([replace(poll_decision(entry("2", url=page, content_hash="h2")), known=1)], LATER)

    assert rows(path, "SELECT uid FROM entries ORDER BY id") == [("1",), ("2",)]


def test_an_edit_under_a_new_guid_is_an_edit(store: Store) -> None:
    """The article is read again."""
    store.record_polls([poll_decision(entry("1", url="https://wire.example/a"))], NOW)
    store.record_reads([read_record(job) for job in store.due_articles(NOW, 9)], NOW)
    changed = entry("2", url="https://wire.example/a", title="Corrected", content_hash="h2")
    store.record_polls([poll_decision(changed)], LATER)

    assert [job.title for job in store.due_articles(LATER, 9)] == ["Corrected"]


def test_two_items_with_one_address_stay_two(store: Store, path: Path) -> None:
    """Items that all lead to one page, and are all in the document, do not take each other's place."""
    for _ in range(3):
        store.record_polls(
            [
                poll_decision(
                    entry("a", url="https://wire.example/live"),
                    entry("b", url="https://wire.example/live", content_hash="h2"),
                )
            ],
            NOW,
        )

    assert rows(path, "SELECT uid, revisions FROM entries ORDER BY uid") == [("a", 0), ("b", 0)]


def test_entries_and_validators_are_written_together(store: Store, path: Path) -> None:
    """When an entry cannot be written, the validators that stand for it are not written either."""
    broken = replace(entry("2"), title=None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        store.record_polls([poll_decision(entry("1"), broken, etag='"new"')], NOW)

    assert rows(path, "SELECT etag FROM feeds WHERE id = 'wire-world'") == [(None,)]
    assert rows(path, "SELECT count(*) FROM entries") == [(0,)]


def test_a_removed_feed_keeps_its_past_and_comes_back(store: Store, path: Path) -> None:
    """A feed that leaves the configuration is not polled; when it returns, its entries are still known."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    store.sync_watch([OUTLET], [OTHER_FEED], {}, NOW)
    assert [OTHER_FEED.id] == [state.feed_id for state in store.due_feeds(LATER, 10)]

    store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW)
    assert store.record_polls([poll_decision(entry("1"))], LATER)[0].new == 0


def test_a_feed_with_a_new_address_forgets_its_validators(store: Store) -> None:
    """Validators belong to an address."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    store.sync_watch([OUTLET], [replace(FEED, url="https://wire.example/new.xml"), OTHER_FEED], {}, NOW)

    state = next(state for state in store.due_feeds(NOW, 10) if state.feed_id == FEED.id)
    assert (state.url, state.etag) == ("https://wire.example/new.xml", None)


def test_a_poll_of_an_unknown_feed_changes_nothing(store: Store, path: Path) -> None:
    """A feed that was taken away while it was being polled leaves nothing behind."""
    stranger = replace(FEED, id=FeedId("stranger"))
    assert store.record_polls([poll_decision(entry("1"), feed=stranger)], NOW)[0].new == 0
    assert rows(path, "SELECT count(*) FROM entries") == [(0,)]


def test_a_secret_in_an_address_is_not_stored(path: Path) -> None:
    """What is stored has the reference; what is polled has the secret, after a restart and a new secret too."""
    shown = "https://wire.example/feed.xml?key=${KEY}"
    for secret in ("s3cr3t-one", "s3cr3t-two"):
        feed = replace(FEED, url=shown.replace("${KEY}", secret), shown_url=shown)
        with Store(path) as store:
            store.sync_watch([OUTLET], [feed], {}, NOW)
            (state,) = store.due_feeds(LATER, 9)
            assert state.url == feed.url
            store.record_polls([poll_decision(entry("1"), feed=feed)], NOW)

            assert rows(path, "SELECT url, configured_url, polls > 0 FROM feeds") == [(shown, shown, 1)]
            stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
            assert secret.encode() not in stored


def test_a_poll_by_an_earlier_secret_stores_none(store: Store, path: Path) -> None:
    """A poll may be under way while the configuration is read anew."""
    shown = "https://wire.example/feed.xml?key=${KEY}"
    old, new = (
        replace(FEED, url=f"https://wire.example/feed.xml?key={key}", shown_url=shown) for key in ("old", "new")
    )
    store.sync_watch([OUTLET], [old], {}, NOW)
    store.sync_watch([OUTLET], [new], {}, NOW)
    store.record_polls([poll_decision(entry("1"), feed=old)], NOW)

    assert rows(path, f"SELECT url FROM feeds WHERE id = '{FEED.id}'") == [(shown,)]
    assert [state.url for state in store.due_feeds(LATER, 9)] == [new.url]


def test_cooled_hosts_are_remembered(path: Path) -> None:
    """A host that asked to be left alone is left alone after a restart too."""
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([replace(poll_decision(), host_retry_at=LATER)], NOW)
        store.record_polls([replace(poll_decision(), host_retry_at=NOW)], NOW)
    with Store(path) as store:
        assert store.cooled_hosts(NOW) == {"wire.example": LATER}
        assert store.cooled_hosts(LATER) == {}


def test_after_a_clock_jump_nothing_waits_too_long(store: Store) -> None:
    """What was planned by a clock that ran ahead becomes due."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    past = NOW - timedelta(days=30)

    assert store.cap_waits(past, timedelta(hours=24)) > 0
    assert FEED.id in [state.feed_id for state in store.due_feeds(past, 10)]


def test_what_a_clock_that_ran_ahead_has_planned_does_not_wait_for_it(store: Store, path: Path) -> None:
    """Feeds, hosts, articles, deliveries and pauses of targets."""
    far = NOW + timedelta(days=1500)
    queue_one(store)
    store.record_polls([replace(poll_decision(entry("2"), feed=OTHER_FEED), host_retry_at=far)], NOW)
    (job,) = store.due_articles(NOW, 10)
    store.park_read(job.article_id, far, "later", NOW)
    (delivery,) = store.claim_deliveries(NOW, [DESK])
    pause = Pause(timedelta(days=1500), "blocked")
    store.settle_delivery(delivery, Settlement("pending", "later", 403, far, pause_target=pause), NOW)
    assert store.next_delivery_at() == far

    assert store.cap_waits(NOW, timedelta(days=7)) == 4
    assert store.cooled_hosts(NOW) == {}
    assert [job.article_id for job in store.due_articles(NOW, 10)] == [job.article_id]
    assert len(store.claim_deliveries(NOW, [DESK])) == 1


def test_after_the_clock_was_set_back_waits_are_as_long_as_was_meant(store: Store, path: Path) -> None:
    """What was due is due; what was to wait for an hour waits for an hour."""
    queue_one(store)
    decision = poll_decision()
    state = replace(decision.state, next_poll_at=LATER)
    store.record_polls([replace(decision, state=state, host_retry_at=LATER)], NOW)
    before = NOW - timedelta(days=20, seconds=0.25)
    store.set_back(timedelta(days=20, seconds=0.25), before)

    assert len(store.claim_deliveries(before, [DESK])) == 1
    assert store.cooled_hosts(before) == {"wire.example": before + timedelta(hours=1)}
    assert rows(path, f"SELECT next_poll_at FROM feeds WHERE id = '{FEED.id}'") == [(iso(before + timedelta(hours=1)),)]


def test_a_wait_that_was_meant_stays(store: Store) -> None:
    """A restart does not ask a host again that wanted to be left alone for days."""
    until = NOW + timedelta(days=3)
    decision = poll_decision()
    store.record_polls([replace(decision, state=replace(decision.state, next_poll_at=until), host_retry_at=until)], NOW)
    store.cap_waits(NOW, timedelta(days=7))

    assert FEED.id not in [state.feed_id for state in store.due_feeds(NOW, 10)]
    assert store.cooled_hosts(NOW) == {"wire.example": until}


# --- read --------------------------------------------------------------------------------------------------------


def test_the_newest_articles_are_read_first(store: Store) -> None:
    """Fresh news does not wait behind a backlog."""
    store.record_polls([poll_decision(entry("1"), entry("2"))], NOW)
    store.record_polls([poll_decision(entry("3"), feed=OTHER_FEED)], NOW)

    assert [job.url for job in store.due_articles(NOW, 2)] == ["https://wire.example/3", "https://wire.example/2"]


def test_a_host_with_many_articles_leaves_room_for_the_others(store: Store) -> None:
    """The newest few of each host are claimed; those under way count."""
    many = [entry(f"a{number}", url=f"https://slow.example/{number}") for number in range(20)]
    store.record_polls([poll_decision(*many)], LATER)
    store.record_polls([poll_decision(entry("b", url="https://old.example/b"), feed=OTHER_FEED)], NOW)
    first = store.due_articles(LATER, 4, per_host=3)
    busy = {job.article_id for job in first[1:]}
    second = store.due_articles(LATER, 4, busy, per_host=3)

    slow = "https://slow.example"
    assert [job.url for job in first] == [f"{slow}/19", f"{slow}/18", f"{slow}/17", "https://old.example/b"]
    assert [job.url for job in second] == [f"{slow}/19"]


def test_claiming_looks_at_few_rows_of_a_long_backlog(store: Store, path: Path) -> None:
    """The cost of a claim grows with the number of hosts, not with what is due."""
    many = [entry(f"{number}", url=f"https://host{number % 5}.example/{number}") for number in range(1000)]
    store.record_polls([poll_decision(*many)], NOW)
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    store._db.conn.set_progress_handler(count, 100)
    assert len(store.due_articles(LATER, 10, per_host=2)) == 10
    assert steps < 100


def test_a_hit_keeps_its_evidence(store: Store, path: Path) -> None:
    """Level, score, arithmetic, matches with offsets and facts are all there to be looked at."""
    queue_one(store)

    assert rows(path, "SELECT level, score, topics, entities, evidence FROM hit_log") == [
        ("core", 9.0, "security_guarantees", "Marco Rubio", "Security guarantees for Ukraine")
    ]
    assert rows(path, "SELECT text, field, start, end FROM matches") == [("Security guarantees", "title", 0, 19)]
    assert rows(path, "SELECT kind, value, text FROM facts") == [("plan_points", "28", "28-point plan")]
    assert rows(path, "SELECT points, hits, families FROM plan_versions") == [(28, 1, 1)]
    ((arithmetic,),) = rows(path, "SELECT arithmetic FROM hit_topics")
    assert '"points": 6' in str(arithmetic)


def test_an_article_without_a_hit_says_why(store: Store, path: Path) -> None:
    """The nearest miss is kept with the article."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    store.record_reads([read_record(job, said=judgement(None)) for job in store.due_articles(NOW, 1)], NOW)

    assert rows(path, "SELECT verdict FROM articles") == [("security_guarantees: score 1 of 3",)]
    assert store.due_articles(LATER, 10) == []


def test_reading_again_changes_the_hit_and_does_not_repeat_the_alert(store: Store, path: Path) -> None:
    """One article is one hit and one delivery a target, however often it is read."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 1)
    assert store.record_reads([read_record(job, "desk", said=judgement("mention", score=4))], NOW) == 1
    assert store.record_reads([read_record(job, "desk", said=judgement("core", score=12))], LATER) == 0

    assert rows(path, "SELECT id, level, score FROM hits") == [(1, "core", 12.0)]
    assert rows(path, "SELECT count(*) FROM deliveries") == [(1,)]
    assert rows(path, "SELECT count(*) FROM matches") == [(1,)]


def test_a_later_reading_may_add_a_target(store: Store, path: Path) -> None:
    """When a better text reaches another route, only that route's target is told."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 1)
    store.record_reads([read_record(job, "digest")], NOW)

    assert store.record_reads([read_record(job, "digest", "desk")], LATER) == 1
    assert rows(path, "SELECT target FROM deliveries ORDER BY id") == [("digest",), ("desk",)]


def test_an_article_that_always_fails_is_given_up(store: Store, path: Path) -> None:
    """A mistake of ours over one article does not cost a reading every hour for ever; an edit gives it a new chance."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    tries = 0
    for hour in range(20):
        now = NOW + timedelta(hours=hour)
        for job in store.due_articles(now, 9):
            store.park_read(job.article_id, now + timedelta(hours=1), "KeyError", now)
            tries += 1

    assert tries == 5
    assert rows(path, "SELECT kind, count(*) FROM events GROUP BY kind") == [("read_failed", 5), ("read_given_up", 1)]
    store.record_polls([poll_decision(entry("1", content_hash="h2"))], LATER)
    assert len(store.due_articles(LATER, 9)) == 1


def test_an_edit_during_a_reading_is_not_lost(store: Store, path: Path) -> None:
    """What was read is written as it was judged; the article stays due, and the next reading has the new words."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 10)
    store.record_polls([poll_decision(replace(entry("1"), title="Signed", summary="New.", content_hash="h2"))], NOW)
    store.record_reads([read_record(job)], NOW)

    assert rows(path, "SELECT title, level FROM hit_log") == [("Security guarantees for Ukraine", "core")]
    (again,) = store.due_articles(NOW, 10)
    assert (again.title, again.summary, again.attempts) == ("Signed", "New.", 0)
    store.record_reads([read_record(again)], NOW)
    assert store.due_articles(LATER, 10) == []


def test_an_edit_before_the_first_reading_shows_at_once(store: Store, path: Path) -> None:
    """Nothing has been judged yet that its words would have to fit."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    store.record_polls([poll_decision(entry("1", title="Signed", content_hash="h2"))], NOW)

    assert rows(path, "SELECT title FROM articles") == [("Signed",)]


def test_a_hit_that_was_told_is_withdrawn_when_no_topic_fires_any_more(store: Store, path: Path) -> None:
    """It stays as it was told, marked; nothing points into a text that is gone; if it fires again, it is as before."""
    queue_one(store)
    job = read_job_of(store)
    for _ in range(2):
        store.record_reads([read_record(job, said=judgement(None))], LATER)

    told = "SELECT level, evidence, withdrawn_at IS NOT NULL FROM hit_log"
    assert rows(path, told) == [("core", "Security guarantees for Ukraine", 1)]
    assert rows(path, "SELECT (SELECT count(*) FROM matches), (SELECT count(*) FROM facts)") == [(0, 0)]
    assert rows(path, "SELECT kind FROM events") == [("hit_withdrawn",)]
    with Log(path) as log:
        assert [article.level for article in log.archived()] == [None]
    store.record_reads([read_record(job, "desk")], LATER)
    assert rows(path, told) == [("core", "Security guarantees for Ukraine", 0)]
    assert rows(path, "SELECT count(*) FROM deliveries") == [(1,)]


def test_the_evidence_of_a_withdrawn_hit_says_whether_it_is_still_in_the_text(store: Store, path: Path) -> None:
    """Its position is that in the text as it is stored now, or -1."""
    queue_one(store)
    job = read_job_of(store)
    record = read_record(job, said=judgement(None))
    positions = []
    for title in ("Again: Security guarantees for Ukraine", "Harbour festival"):
        outcome = replace(record.outcome, text=replace(record.outcome.text, title=title))
        store.record_reads([replace(record, outcome=outcome)], LATER)
        positions += rows(path, "SELECT evidence_start FROM hits")

    assert positions == [(7,), (-1,)]


def test_a_hit_that_nobody_was_told_of_goes_with_a_word(store: Store, path: Path) -> None:
    """The ledger says that there was one."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 10)
    store.record_reads([read_record(job)], NOW)
    store.record_reads([read_record(job, said=judgement(None))], LATER)

    assert rows(path, "SELECT count(*) FROM hits") == [(0,)]
    assert rows(path, "SELECT kind, article_id FROM events") == [("hit_withdrawn", 1)]


def test_what_could_not_be_judged_changes_nothing_that_was(store: Store, path: Path) -> None:
    """A worker that dies over an article says nothing about it."""
    queue_one(store)
    job = read_job_of(store)
    record = read_record(job, said=replace(judgement(None), rules_hash=""))
    outcome = replace(record.outcome, text=replace(record.outcome.text, title="Another", text=""))
    failed = replace(record, outcome=outcome, status="worker_died", detail="signal 11", next_read_at=LATER)
    store.record_reads([failed], NOW)

    assert rows(path, "SELECT title, text, read_status FROM articles") == [
        ("Security guarantees for Ukraine", "The 28-point plan.", "worker_died")
    ]
    assert rows(path, "SELECT count(*) FROM matches") == [(1,)]
    assert len(store.due_articles(LATER, 10)) == 1


def test_text_of_what_did_not_match_can_be_let_go(store: Store, path: Path) -> None:
    """With an archive of hits only, other texts are not kept."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 1)
    store.record_reads([replace(read_record(job, said=judgement(None)), keep_text=False)], NOW)

    assert rows(path, "SELECT text FROM articles") == [("",)]


@pytest.mark.parametrize(
    ("passed", "skipped", "off", "shown"),
    [(48, 0, False, "on, 100 % pass"), (60, 0, True, "off, 100 % pass"), (49, 11, True, "off, 81 % pass"),
     (48, 12, False, "on, 80 % pass"), (0, 0, False, "")],
)  # fmt: skip
def test_the_gate_is_off_where_nearly_all_pages_pass(
    store: Store, path: Path, passed: int, skipped: int, *, off: bool, shown: str
) -> None:
    """More than 80 % of at least 50 pages that it was asked about; each page is one row that is counted."""
    count = passed + skipped
    store.record_polls([poll_decision(*(entry(str(i)) for i in range(count + 1)))], NOW)
    jobs = store.due_articles(NOW, count + 1)
    assert not any(job.gate_off for job in jobs)
    for number, job in enumerate(jobs[:count]):
        asked = replace(job, keep_text=False)
        outcome = replace(read_record(asked, said=judgement(None)).outcome, skipped=number < skipped)
        store.record_reads([replace(read_record(asked), outcome=outcome, keep_text=False)], NOW)

    (left,) = store.due_articles(NOW, 1)
    assert left.gate_off is off
    with Log(path) as log:
        assert [feed["gate"] for feed in log.feeds() if feed["feed_id"] == FEED.id] == [shown]


GATE_ANSWERS = f"SELECT pages_passed, pages_skipped FROM feeds WHERE id = '{FEED.id}'"


def test_pages_that_were_not_asked_are_not_counted(store: Store, path: Path) -> None:
    """Where all texts are kept, the gate says nothing of the feed."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 1)
    store.record_reads([read_record(job)], NOW)
    assert rows(path, GATE_ANSWERS) == [(0, 0)]


def test_old_answers_of_the_gate_weigh_less(store: Store, path: Path) -> None:
    """Both counts are halved from time to time, so that a feed that changes is noticed."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 1)
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE feeds SET pages_passed = 379, pages_skipped = 20")
    conn.close()
    store.record_reads([read_record(replace(job, keep_text=False))], NOW)
    assert rows(path, GATE_ANSWERS) == [(190, 10)]


def test_full_text_search_finds_articles(store: Store) -> None:
    """The index follows the text that was read later."""
    queue_one(store)

    with Log(store.path) as log:
        assert len(log.hits(limit=5, search="guarantees")) == 1
        assert len(log.hits(limit=5, search='"28 point"')) == 1
        assert log.hits(limit=5, search="basketball") == []
        assert len(log.hits(limit=5, search='guarantees AND "')) == 1  # no expression: looked for as words


# --- links that lead to one article ---------------------------------------------------------------------------------

PAGE = "https://wire.example/story"
LINKS = ("https://proxy.example/r/1", "https://links.example/r/2")


def reading(
    job: ReadJob, *targets: str, said: Judgement | None = None, title: str = "", leads: str = PAGE
) -> ReadRecord:
    """A reading of a page that the link of the job leads to."""
    record = read_record(job, *targets, said=said)
    text = replace(record.outcome.text, title=title or record.outcome.text.title)
    return replace(record, outcome=replace(record.outcome, text=text, final_url=leads))


def see(store: Store, *links: str) -> list[ReadJob]:
    """Let feeds bring links, in turn; return the jobs of their articles in that order."""
    for number, link in enumerate(links):
        each = entry(f"{number}", url=link, title="Security guarantees for Ukraine")
        store.record_polls([poll_decision(each, feed=(FEED, OTHER_FEED)[number % 2])], NOW)
    jobs = {job.url: job for job in store.due_articles(NOW, 10)}
    return [jobs[link] for link in links]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("links", [LINKS, (LINKS[0], PAGE), (PAGE, LINKS[0])])
@pytest.mark.parametrize("together", [True, False])
def test_two_links_to_one_page_are_one_article(
    store: Store, path: Path, links: tuple[str, str], order: tuple[int, int], *, together: bool
) -> None:
    """Whichever is read first, and whether both are under way at once: one article, one hit, one alert."""
    jobs = see(store, *links)
    first, second = (reading(jobs[number], "desk") for number in order)
    if together:
        assert store.record_reads([first, second], NOW) == 1
    else:
        assert [store.record_reads([record], NOW) for record in (first, second)] == [1, 0]
    # what the tags of both feeds say together is judged once more, and not told again
    for job in store.due_articles(LATER, 10):
        assert set(job.feed_tags) == {"world", "ukraine"}
        store.record_reads([reading(job, "desk")], LATER)

    assert rows(path, "SELECT count(*) FROM articles") == [(1,)]
    assert rows(path, "SELECT count(*) FROM hit_log") == [(1,)]
    assert rows(path, "SELECT count(*), count(DISTINCT article_id) FROM entries") == [(2, 1)]
    assert rows(path, "SELECT kind FROM events") == [("duplicate",)]
    assert store.due_articles(LATER, 10) == []


def test_later_sightings_of_either_link_find_the_article(store: Store, path: Path) -> None:
    """Every address of an article is remembered."""
    store.record_reads([reading(job) for job in see(store, *LINKS)], NOW)
    for number, link in enumerate((*LINKS, PAGE)):
        store.record_polls([poll_decision(entry(f"later-{number}", url=link))], LATER)

    assert rows(path, "SELECT count(*) FROM articles") == [(1,)]
    with Log(path) as log:
        assert all(log.trace(link, link) for link in (*LINKS, PAGE))


def test_an_article_that_was_told_stays_when_another_leads_to_its_page(store: Store, path: Path) -> None:
    """It was judged by its summary while its page was away; the other one has been read meanwhile, and nobody told."""
    one, other = see(store, *LINKS)
    failed = replace(read_record(one, "desk"), next_read_at=NOW)
    store.record_reads([failed], NOW)
    store.record_reads([reading(other, said=judgement(None))], NOW)
    store.record_reads([reading(one, "desk")], LATER)

    assert rows(path, "SELECT url, alerted.n FROM articles, (SELECT count(*) AS n FROM deliveries) AS alerted") == [
        (LINKS[0], 1)
    ]
    assert rows(path, "SELECT hit_id IS NOT NULL FROM alerts") == [(1,)]


def test_two_alerts_that_were_sent_before_keep_their_hit(store: Store, path: Path) -> None:
    """Nothing that was told is lost from the log."""
    jobs = see(store, *LINKS)
    store.record_reads([replace(read_record(job, "desk"), next_read_at=NOW) for job in jobs], NOW)
    store.record_reads([reading(job, "desk") for job in jobs], LATER)

    assert rows(path, "SELECT count(*) FROM hits") == [(1,)]
    assert rows(path, "SELECT count(*), count(DISTINCT hit_id), min(hit_id IS NOT NULL) FROM alerts") == [(2, 1, 1)]


def test_what_may_alert_makes_the_article_alert(store: Store, path: Path) -> None:
    """A quiet sighting, of an old entry or a new feed, does not silence one that is not."""
    store.record_polls([poll_decision(entry("1", url=LINKS[0]), quiet="old")], NOW)
    store.record_polls([poll_decision(entry("2", url=LINKS[1]), feed=OTHER_FEED)], NOW)
    quiet, loud = sorted(store.due_articles(NOW, 10), key=lambda job: job.url, reverse=True)
    assert (bool(quiet.quiet_reason), bool(loud.quiet_reason)) == (True, False)
    store.record_reads([reading(quiet), reading(loud)], NOW)

    assert [job.quiet_reason for job in store.due_articles(NOW, 10)] == [""]


def test_articles_that_lead_to_a_page_of_neither_stay_two(store: Store, path: Path) -> None:
    """A request for consent stands for many articles; their headlines tell."""
    consent = "https://consent.example/ask"
    one, other = see(store, *LINKS)
    records = [
        reading(one, title="Rubio meets Umerov in Geneva", leads=consent),
        reading(other, title="Harbour festival draws a crowd", leads=consent),
    ]
    store.record_reads(records, NOW)

    assert rows(path, "SELECT count(*) FROM articles") == [(2,)]


def test_the_id_of_an_article_that_is_gone_is_not_taken_for_it(store: Store, path: Path) -> None:
    """SQLite gives ids of deleted rows to new ones; a reading under way belongs to the old one."""
    one, other = see(store, *LINKS)
    store.record_reads([reading(one), reading(other)], NOW)
    store.record_polls([poll_decision(entry("new", url="https://wire.example/new"))], NOW)
    gone = max(one, other, key=lambda job: job.article_id)
    assert rows(path, "SELECT max(id) FROM articles") == [(gone.article_id,)]
    store.record_reads([reading(gone)], NOW)

    assert rows(path, "SELECT read_at FROM articles WHERE url LIKE '%/new'") == [(None,)]


# --- deliver -----------------------------------------------------------------------------------------------------


def test_a_claim_counts_the_attempt_before_it_is_made(store: Store, path: Path) -> None:
    """A process that dies while sending has used up the attempt."""
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])

    assert job.attempts == 1
    assert rows(path, "SELECT state, attempts FROM deliveries") == [("inflight", 1)]
    assert store.claim_deliveries(NOW, [DESK]) == []


def test_what_was_in_flight_is_sent_again_after_a_crash(path: Path) -> None:
    """It may have arrived, and is marked so."""
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW)
        queue_one(store)
        store.claim_deliveries(NOW, [DESK])
    with Store(path) as store:
        assert store.recover_deliveries(LATER) == 1
        (job,) = store.claim_deliveries(LATER, [DESK])

        assert job.attempts == 2
        assert rows(path, "SELECT maybe_sent FROM deliveries") == [(1,)]


def test_what_was_in_flight_is_given_up_for_who_prefers_a_gap(path: Path) -> None:
    """It may have arrived; the ledger says why it is not sent again. Other targets are not touched by that."""
    phone = TargetName("phone")
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW)
        queue_one(store, DESK, phone)
        assert len(store.claim_deliveries(NOW, [DESK, phone])) == 2
    with Store(path) as store:
        assert store.recover_deliveries(LATER, {DESK}) == 1
        assert [job.target for job in store.claim_deliveries(LATER, [DESK, phone])] == [phone]
    reason = "may have arrived, and is not to be repeated: the process ended while it was sent"

    assert rows(path, "SELECT state, maybe_sent, last_error FROM deliveries WHERE target = 'desk'") == [
        ("dead", 1, reason)
    ]
    assert rows(path, "SELECT kind, reason, target FROM events") == [("delivery_dead", reason, DESK)]


def test_a_sent_delivery_is_done(store: Store, path: Path) -> None:
    """What was accepted is never due again, and the hit log says when."""
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])
    store.settle_delivery(job, Settlement("sent"), LATER)

    assert store.claim_deliveries(NOW + timedelta(days=9), [DESK]) == []
    assert rows(path, "SELECT alerted_at FROM hit_log") == [("2025-11-26T13:00:00.000Z",)]


def test_a_failed_delivery_waits_and_leaves_its_reason(store: Store, path: Path) -> None:
    """It is due again at its time; the ledger has the reason."""
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])
    store.settle_delivery(job, Settlement("pending", "server said 502", 502, LATER), NOW)

    assert store.claim_deliveries(NOW, [DESK]) == []
    assert len(store.claim_deliveries(LATER, [DESK])) == 1
    assert rows(path, "SELECT kind, reason FROM events") == [("delivery_retry", "server said 502")]


def test_pausing_a_bot_pauses_all_its_targets(store: Store) -> None:
    """A bad token stops every chat of that bot, and no one else."""
    queue_one(store, "one", "two", "mail")
    one, two, mail = TargetName("one"), TargetName("two"), TargetName("mail")
    (job,) = store.claim_deliveries(NOW, [one])
    pause = Pause(timedelta(hours=1), "bad token")
    settlement = Settlement("pending", "bad token", 401, LATER, pause_bot=pause)
    store.settle_delivery(job, settlement, NOW, same_bot=(one, two))

    assert [mail] == [job.target for job in store.claim_deliveries(NOW, [one, two, mail])]
    assert [store.pauses(name) for name in (one, two, mail)] == [1, 1, 0]


def test_a_success_ends_the_count_of_pauses(store: Store) -> None:
    """After a success the next pause is a short one again."""
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])
    store.settle_delivery(job, Settlement("pending", "x", None, NOW, Pause(timedelta(0), "x")), NOW)
    (job,) = store.claim_deliveries(LATER, [DESK])
    store.settle_delivery(job, Settlement("sent"), LATER)

    assert store.pauses(DESK) == 0


def test_deliveries_to_targets_that_are_gone_are_dead_with_the_reason(store: Store, path: Path) -> None:
    """Nothing waits for ever without a word."""
    queue_one(store, "old")

    assert store.bury_orphans({DESK}, NOW) == 1
    assert rows(path, "SELECT state, last_error FROM deliveries") == [
        ("dead", "the target is no longer in the configuration")
    ]


@pytest.mark.parametrize(("away", "states"), [(timedelta(hours=1), "pending"), (timedelta(hours=72), "dead")])
def test_what_was_given_up_with_its_target_waits_again_when_that_is_back(
    store: Store, path: Path, away: timedelta, states: str
) -> None:
    """A target that was missing for one reload loses nothing; one that is back after days is not told of the past."""
    queue_one(store)
    store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW, targets=[])
    assert store.claim_deliveries(NOW, [DESK]) == []
    store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW + away, targets=[DESK])

    assert rows(path, "SELECT state FROM deliveries") == [(states,)]


def test_what_was_being_sent_when_its_target_went_is_not_repeated_when_that_is_back(store: Store, path: Path) -> None:
    """It may have arrived; a person can have it sent again."""
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])
    store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW, targets=[])
    store.settle_delivery(job, Settlement("sent"), NOW)
    store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, LATER, targets=[DESK])

    assert rows(path, "SELECT state, maybe_sent FROM deliveries") == [("dead", 1)]
    with Outbox(path) as outbox:
        assert outbox.retry_deliveries(None, LATER, LATER) == 1


def test_a_person_can_retry_and_drop(store: Store, path: Path) -> None:
    """Dead letters come back on request, and can be given up; both beside the running writer."""
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])
    store.settle_delivery(job, Settlement("dead", "expired"), NOW)
    with Outbox(path) as outbox:
        assert outbox.retry_deliveries(None, LATER, LATER + timedelta(hours=72)) == 1
    (job,) = store.claim_deliveries(LATER, [DESK])
    store.settle_delivery(job, Settlement("pending", "again", None, LATER), LATER)
    with Outbox(path) as outbox:
        assert outbox.drop_deliveries([DeliveryId(job.id)], LATER) == 1

    assert rows(path, "SELECT state FROM deliveries") == [("dropped",)]


def test_retry_without_ids_leaves_dropped_and_waiting_ones(store: Store, path: Path) -> None:
    """What a person gave up stays given up unless it is named."""
    queue_one(store)
    ids = [DeliveryId(1)]
    with Outbox(path) as outbox:
        assert outbox.retry_deliveries(None, LATER, LATER) == 0
        outbox.drop_deliveries(ids, NOW)
        assert outbox.retry_deliveries(None, LATER, LATER) == 0
        assert rows(path, "SELECT state FROM deliveries") == [("dropped",)]
        assert outbox.retry_deliveries(ids, LATER, LATER) == 1
    assert rows(path, "SELECT state FROM deliveries") == [("pending",)]


def test_a_delivery_given_up_while_it_was_sent_stays_given_up(store: Store, path: Path) -> None:
    """Its target is no longer in the configuration: it would wait for ever."""
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])
    store.sync_watch([OUTLET], [FEED, OTHER_FEED], {}, NOW, targets=[])
    store.settle_delivery(job, Settlement("pending", "refused", None, NOW), NOW)

    assert rows(path, "SELECT state FROM deliveries") == [("dead",)]
    assert store.next_delivery_at() is None


def test_what_is_left_is_counted(store: Store) -> None:
    """Feeds, articles and deliveries that are due."""
    queue_one(store)
    store.record_polls([poll_decision(entry("2"))], NOW)

    assert store.left(NOW) == (1, 1, 1)


def test_a_probe_changes_nothing(store: Store, path: Path) -> None:
    """It only finds out whether the database can be written."""
    store.probe()
    assert rows(path, "SELECT * FROM beats") == []


def test_a_plain_fallback_is_sent_as_text(store: Store) -> None:
    """After a parse error the plain form goes out."""
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])
    store.settle_delivery(job, Settlement("pending", "can't parse", 400, NOW, plain_fallback=True), NOW)
    (job,) = store.claim_deliveries(LATER, [DESK])

    assert (job.message.format, job.plain_fallback) == ("text", True)


# --- the file ----------------------------------------------------------------------------------------------------


def test_sqlite_utils_reads_while_the_store_writes(store: Store, path: Path) -> None:
    """The commands of the README work on a database that is open for writing."""
    queue_one(store)
    tool = Path(sys.executable).with_name("sqlite-utils")
    for command in (
        ["rows", str(path), "hit_log", "--limit", "5"],
        ["search", str(path), "articles", "security guarantees"],
    ):
        done = subprocess.run([tool, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Security guarantees for Ukraine" in done.stdout


def test_a_damaged_file_is_refused_and_left_alone(path: Path) -> None:
    """Nothing is created anew in silence; the advice says what to do."""
    Store(path).close()
    damaged = b"this is no database at all, but it is long enough to look like one" * 100
    path.write_bytes(damaged)

    with pytest.raises(StoreDamaged, match="left as it is"):
        Store(path)
    assert damaged == path.read_bytes()


def test_an_emptied_file_is_damage_not_a_fresh_start(path: Path) -> None:
    """A file that was filled before and is now empty or gone has lost the log."""
    Store(path).close()
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)

    with pytest.raises(StoreDamaged, match="filled before"):
        Store(path)
    path.touch()
    with pytest.raises(StoreDamaged, match="filled before"):
        Store(path)


def test_a_full_disk_is_told_apart(store: Store) -> None:
    """What was written stays, what was not is rolled back whole, and it works again when there is room."""
    pages = store._db.conn.execute("PRAGMA page_count").fetchone()[0]
    store._db.conn.execute(f"PRAGMA max_page_count = {pages}")
    many = [entry(str(number), title="x" * 5000) for number in range(100)]
    with pytest.raises(StoreFull):
        store.record_polls([poll_decision(*many)], NOW)
    store._db.conn.execute("PRAGMA max_page_count = 100000")

    assert store.record_polls([poll_decision(*many)], NOW)[0].new == 100


def test_migrations_run_once_and_views_follow_their_text(path: Path) -> None:
    """Opening again changes nothing; a view whose text is old is made anew."""
    Store(path).close()
    applied = rows(path, "SELECT * FROM _sqlite_migrations")
    conn = sqlite3.connect(path)
    conn.executescript("DROP VIEW hit_log; CREATE VIEW hit_log AS SELECT 1 AS old")
    conn.close()
    Store(path).close()

    assert rows(path, "SELECT hit_id FROM hit_log") == []
    assert rows(path, "SELECT * FROM _sqlite_migrations") == applied


def test_old_events_are_pruned_in_small_steps(store: Store, path: Path) -> None:
    """The ledger is bounded by age."""
    store.add_events([Event("a", "b")] * 3, NOW)
    store.add_events([Event("c", "d")], LATER)

    assert [store.prune_events(LATER, limit=2) for _ in range(3)] == [2, 1, 0]
    assert rows(path, "SELECT kind FROM events") == [("c",)]


def near(job: ReadJob) -> ReadRecord:
    """An article that a topic nearly fired on."""
    score = replace(judgement(None).topics[0], gate=True, score=2, miss="score 2 of 3")
    return replace(read_record(job, said=judgement(None)), near_miss=score)


def test_a_near_miss_is_remembered_until_the_article_matches(store: Store, path: Path) -> None:
    """One row an article: which topic, how far, why not; its verdict says the same."""
    store.record_polls([poll_decision(entry("1"))], NOW)
    (job,) = store.due_articles(NOW, 10)
    store.record_reads([near(job)], NOW)
    store.record_reads([near(job)], NOW)

    found = rows(path, "SELECT topic, gate, score, digest_at, miss FROM near_misses")
    assert found == [("security_guarantees", 1, 2.0, 3.0, "score 2 of 3")]
    assert rows(path, "SELECT verdict FROM articles") == [("security_guarantees: score 2 of 3",)]

    store.record_reads([read_record(job)], NOW)
    assert rows(path, "SELECT * FROM near_misses") == []


@pytest.mark.parametrize("keep_text", [True, False])
def test_old_near_misses_are_pruned_in_small_steps(store: Store, path: Path, keep_text: bool) -> None:
    """With their texts, if only the texts of hits are kept; whatever is newer stays."""
    store.record_polls([poll_decision(*(entry(str(number)) for number in range(4)))], NOW)
    *old, new = store.due_articles(NOW, 10)
    store.record_reads([near(job) for job in old], NOW)
    store.record_reads([near(new)], LATER)

    assert [store.prune_near_misses(LATER, 2, keep_text=keep_text) for _ in range(3)] == [2, 1, 0]
    assert rows(path, "SELECT article_id FROM near_misses") == [(new.article_id,)]
    texts = {text for (text,) in rows(path, f"SELECT text FROM articles WHERE id <> {new.article_id}")}
    assert texts == ({"The 28-point plan."} if keep_text else {""})
    assert rows(path, f"SELECT text FROM articles WHERE id = {new.article_id}") == [("The 28-point plan.",)]


def test_articles_are_given_back_with_what_came_of_them(store: Store, path: Path) -> None:
    """Hits, near misses and the rest, the newest first; by age, language, or whether anything came of them."""
    store.record_polls([poll_decision(*(entry(str(number)) for number in range(3)))], NOW)
    third, second, first = store.due_articles(NOW, 10)
    store.record_reads([read_record(first), near(second), read_record(third, said=judgement(None))], NOW)

    with Log(path) as log:
        found = list(log.archived())
        assert [article.id for article in found] == [third.article_id, second.article_id, first.article_id]
        assert [article.level for article in found] == [None, None, "core"]
        assert [article.near and article.near.miss for article in found] == [None, "score 2 of 3", None]
        assert found[0].text.text == "The 28-point plan."
        assert (found[0].outlet, found[0].outlet_class, found[0].feed_tags) == ("Harbour Wire", "wire", ("world",))
        assert [article.id for article in log.archived(noted=False)] == [third.article_id]
        assert [article.id for article in log.archived(noted=True)] == [second.article_id, first.article_id]
        assert list(log.archived(language="uk")) == list(log.archived(since=LATER)) == []


# --- looking -----------------------------------------------------------------------------------------------------


def test_status_says_what_a_person_should_look_at(store: Store) -> None:
    """A dead daemon, dead letters and paused targets are problems; a quiet day is not."""
    store.beat("daemon", NOW)
    with Log(store.path) as log:
        assert log.status(NOW).healthy
        assert list(log.status(LATER).problems) == ["the daemon gave its last sign of life 60 min ago"]
    queue_one(store)
    (job,) = store.claim_deliveries(NOW, [DESK])
    store.settle_delivery(job, Settlement("dead", "blocked", 403, None, Pause(timedelta(hours=2), "blocked")), NOW)
    with Log(store.path) as log:
        problems = " ".join(log.status(NOW).problems)
    assert "1 delivery is dead" in problems
    assert "target desk is paused: blocked" in problems


def test_trace_tells_the_life_of_an_article(store: Store) -> None:
    """Sightings, reading, hit and deliveries stand together."""
    queue_one(store)
    with Log(store.path) as log:
        found = log.trace("https://wire.example/1", "https://wire.example/1")
        assert log.trace("https://nowhere.example/", "https://nowhere.example/") is None

    assert found is not None
    assert [row["feed_id"] for row in found["entries"]] == ["wire-world"]
    assert [row["topic"] for row in found["hits"]] == ["security_guarantees"]
    assert [row["target"] for row in found["deliveries"]] == ["desk"]


@pytest.mark.parametrize(
    "step", ["known_items", "parked_articles", "article_hosts", "revised_articles", "article_keys"]
)
def test_an_older_file_is_brought_up_to_date(path: Path, step: str) -> None:
    """What is in it is read on, and can be written to."""
    older_file(path, before=step)
    with Store(path) as store:
        (job,) = store.due_articles(LATER, 10)
        assert (job.title, job.summary, job.outlet_name) == ("Old title", "Old summary.", "Wire")
        store.record_polls([poll_decision(entry("1"))], LATER)
        store.record_reads([read_record(job) for job in store.due_articles(LATER, 10)], LATER)

    assert rows(path, "SELECT title, level FROM hit_log") == [("Security guarantees for Ukraine", "core")]


def test_no_database_is_a_usage_error(path: Path) -> None:
    """Looking before the first run says what to do."""
    with pytest.raises(UsageError, match="watcher run"):
        Log(path)


def test_moments_sort_as_text() -> None:
    """Column texts order by time, so that indexes on them do."""
    times = [NOW + timedelta(milliseconds=step) for step in (0, 1, 999, 1000, 60_000)]
    texts = [iso(time) or "" for time in times]
    assert texts == sorted(texts)
    assert times == [moment(text) for text in texts]
    assert moment(None) is None
    assert isinstance(moment(texts[0]), datetime)
