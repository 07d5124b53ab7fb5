"""The writing side of the database: one method is one transaction, named after the step of the pipeline it records.

All methods are synchronous and must be called from one thread. The four transactions are :meth:`Store.record_polls`
(T1), :meth:`Store.record_reads` (T2), :meth:`Store.claim_deliveries` (T3) and :meth:`Store.settle_delivery` (T4). Work
is rows: what is due is asked for, never remembered, so that a crash anywhere is mended by running again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from watcher.alerting.digest import Background, Waiting
from watcher.alerting.planning import Settlement
from watcher.alerting.troubles import FeedCondition, PausedTarget, Trouble
from watcher.model import (
    ArticleId,
    DeliveryId,
    DeliveryJob,
    Event,
    Feed,
    FeedId,
    FeedState,
    Outlet,
    OutletId,
    PollDecision,
    ReadJob,
    Target,
    TargetName,
)
from watcher.store import ailing, diverting, held, leftovers, stories
from watcher.store.articles import add_entry, known_entries, newest_due, renamed_entry, was_pruned
from watcher.store.connection import (
    check_sound,
    host_of,
    iso,
    moment,
    open_reader,
    open_writer,
    our_errors,
    transaction,
)
from watcher.store.gating import OFF, count_answer
from watcher.store.merging import unite
from watcher.store.migrations import migrate
from watcher.store.opening import probe_writing, refuse_foreign, refuse_read_only, rolled_back
from watcher.store.past import past_entries
from watcher.store.presence import marker_of, note_alive, refuse_lost
from watcher.store.pruning import BEGINNING, Cursor, Step, prune_step
from watcher.store.records import AlertPlan, Before, File, PollStored, ReadRecord
from watcher.store.rows import (
    change_entry,
    delivery_job,
    feed_state,
    note_target,
    note_unread,
    pause_target,
    read_job,
    update_article,
    update_feed,
    withdraw_hit,
    write_alert,
    write_beat,
    write_events,
    write_hit,
    write_near_miss,
)
from watcher.store.sqlite import sqlite_utils
from watcher.stories import Claim, Story

# So many failures of our own in a row, over one article, are a mistake that another hour does not mend.
MAX_PARKS = 5

# Back-off and pauses last a day at most; a little more for their jitter.
OWN_WAIT = timedelta(hours=25)
# What waits for a time of the wall clock: table, column, and by whose wish.
WAITS = (
    ("feeds", "next_poll_at", "asked"),
    ("hosts", "retry_at", "asked"),
    ("articles", "next_read_at", "own"),
    ("deliveries", "not_before", "own"),
    ("targets", "paused_until", "own"),
    ("digests", "slot_at", "own"),
)


class Store:
    """The one writer of the database.

    Args:
        path: the file; its directory must exist.

    Attributes:
        lost: what the file had lost when it was opened, in words; see :func:`watcher.store.opening.rolled_back`.

    Raises:
        StoreDamaged: the file is damaged, or empty although it has been filled before.
        StoreUnusable: the file is not ours, of a newer version, or not to be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._feeds: Mapping[FeedId, Feed] = {}
        self._shown: dict[str, str] = {}  # of all configurations so far: a poll under way may be of an earlier one
        refuse_lost(path)
        with our_errors(path):
            self._db = self._opened()
            try:
                check_sound(path, self._db)
                migrate(self._db)
            except BaseException:
                self._db.close()
                raise
        self.lost = rolled_back(path, self._db.conn)
        if not marker_of(path).exists():
            marker_of(path).touch()

    def _opened(self) -> sqlite_utils.Database:
        try:
            if self.path.exists() and self.path.stat().st_size > 0:
                with closing(open_reader(self.path)) as conn:
                    refuse_foreign(self.path, conn)
            db = open_writer(self.path)
        except sqlite3.Error as error:
            refuse_read_only(self.path, error)
            raise
        try:
            probe_writing(db.conn)
        except sqlite3.Error as error:
            db.close()
            refuse_read_only(self.path, error)
            raise
        return db

    def close(self) -> None:
        """Close the file; what was committed stays."""
        with our_errors(self.path):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @contextmanager
    def _tx(self) -> Iterator[sqlite3.Connection]:
        with our_errors(self.path), transaction(self._db) as conn:
            yield conn

    def _rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[sqlite3.Row]:
        with our_errors(self.path):
            return self._db.conn.execute(sql, parameters).fetchall()

    # --- the watch ---------------------------------------------------------------------------------------------

    def sync_watch(
        self,
        outlets: Sequence[Outlet],
        feeds: Sequence[Feed],
        first_polls: Mapping[FeedId, datetime],
        now: datetime,
        *,
        targets: Collection[TargetName] | None = None,
    ) -> None:
        """Make outlets and feeds those of the configuration.

        Feeds that are new are first polled at ``first_polls``; those that are no longer wanted are kept, as
        ``removed``, with everything they brought. A feed whose address was changed in the configuration starts
        afresh at that address, without forgetting its entries. Of an address with secrets only what may be shown is
        written; the whole of it is remembered by this object.

        Deliveries to targets that are not in ``targets`` are given up, as :meth:`bury_orphans` does; those that were,
        and whose targets are back, wait again. None leaves all as it is.
        """
        self._feeds = {feed.id: feed for feed in feeds}
        self._shown |= {feed.url: feed.public_url for feed in feeds}
        with self._tx() as conn:
            if targets is not None:
                leftovers.bury(conn, targets, now)
                leftovers.revive(conn, targets, now)
            conn.executemany(
                """INSERT INTO outlets (id, name, family, country, language, class) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, family = excluded.family,
                    country = excluded.country, language = excluded.language, class = excluded.class""",
                [(o.id, o.name, o.family, o.country, o.language, o.kind) for o in outlets],
            )
            conn.executemany(
                """INSERT INTO feeds (id, outlet_id, configured_url, url, tags, next_poll_at, why_next)
                VALUES (:id, :outlet, :url, :url, :tags, :first, 'first poll, spread after the start')
                ON CONFLICT (id) DO UPDATE SET outlet_id = excluded.outlet_id, tags = excluded.tags""",
                [
                    {"id": f.id, "outlet": f.outlet_id, "url": f.public_url, "tags": " ".join(f.tags),
                     "first": iso(first_polls.get(f.id, now))}
                    for f in feeds
                ],
            )  # fmt: skip
            conn.executemany(
                """UPDATE feeds SET configured_url = :url, url = :url, next_poll_at = :now, status = 'active',
                    etag = NULL, last_modified = NULL, body_hash = NULL, items = x'', failures = 0,
                    moved_to = NULL, moved_since = NULL, moved_count = 0, gone_since = NULL
                WHERE id = :id AND configured_url <> :url""",
                [{"id": f.id, "url": f.public_url, "now": iso(now)} for f in feeds],
            )
            wanted = {feed.id for feed in feeds}
            known = conn.execute("SELECT id, status FROM feeds").fetchall()
            conn.executemany(
                "UPDATE feeds SET status = 'removed' WHERE id = ?",
                [(row["id"],) for row in known if row["id"] not in wanted and row["status"] != "removed"],
            )
            conn.executemany(
                "UPDATE feeds SET status = 'active' WHERE id = ?",
                [(row["id"],) for row in known if row["id"] in wanted and row["status"] == "removed"],
            )

    # --- poll --------------------------------------------------------------------------------------------------

    def due_feeds(self, now: datetime, limit: int, busy: Collection[FeedId] = ()) -> list[FeedState]:
        """Up to ``limit`` feeds whose time has come, those first that have waited longest."""
        rows = self._rows(
            "SELECT * FROM feeds WHERE status = 'active' AND next_poll_at <= ? ORDER BY next_poll_at LIMIT ?",
            (iso(now), limit + len(busy)),
        )
        return [self._whole(feed_state(row)) for row in rows if row["id"] not in busy][:limit]

    def _whole(self, state: FeedState) -> FeedState:
        """The state of a feed with its address as it is fetched."""
        feed = self._feeds.get(state.feed_id)
        return replace(state, url=feed.url) if feed is not None and state.url == feed.public_url else state

    def next_poll_at(self) -> datetime | None:
        """When the next feed is due."""
        row = self._rows("SELECT min(next_poll_at) AS at FROM feeds WHERE status = 'active'")[0]
        return moment(row["at"])

    def record_polls(self, decisions: Sequence[PollDecision], now: datetime) -> list[PollStored]:
        """T1: entries, validators and next poll times of some polls, together.

        An entry that was not known is stored and its article becomes due for reading; an entry that has changed
        makes its article be read again.
        """
        with self._tx() as conn:
            return [self._record_poll(conn, decision, now) for decision in decisions]

    def _record_poll(self, conn: sqlite3.Connection, decision: PollDecision, now: datetime) -> PollStored:
        feed_id = decision.state.feed_id
        row = conn.execute("SELECT outlet_id, baseline_at FROM feeds WHERE id = ?", (feed_id,)).fetchone()
        if row is None:
            return PollStored(feed_id, 0, gap_suspected=False)
        uids = {seen.entry.uid for seen in decision.entries}
        known = known_entries(conn, feed_id, uids)
        past = past_entries(conn, feed_id, uids.difference(known))
        new = 0
        for seen in decision.entries:
            if seen.entry.uid in past or was_pruned(conn, feed_id, seen.entry, now):
                continue
            before = known.get(seen.entry.uid)
            if before is None and not decision.known:  # only the whole document tells which uids are gone from it
                before = renamed_entry(conn, feed_id, seen.entry, uids)
            if before is None:
                new += 1
                add_entry(conn, feed_id, OutletId(row["outlet_id"]), seen, now)
            elif before["content_hash"] != seen.entry.content_hash:
                change_entry(conn, before, seen, now)
        gap = bool(row["baseline_at"]) and new == len(decision.entries) and not decision.known and new > 1
        events = list(decision.events)
        if gap:
            events.append(
                Event("gap_suspected", f"none of the {new} entries was known: some may have been missed", feed_id)
            )
        write_events(conn, events, now)
        update_feed(conn, decision, self._shown.get(decision.state.url, decision.state.url), new, now)
        if decision.host_retry_at is not None:
            self._cool_host(conn, host_of(decision.state.url), decision.host_retry_at)
        return PollStored(feed_id, new, gap)

    @staticmethod
    def _cool_host(conn: sqlite3.Connection, host: str, until: datetime) -> None:
        """Remember that a host asked to be left alone until then, across restarts."""
        conn.execute(
            """INSERT INTO hosts (host, retry_at) VALUES (?, ?)
            ON CONFLICT (host) DO UPDATE SET retry_at = max(retry_at, excluded.retry_at)""",
            (host, iso(until)),
        )

    def cooled_hosts(self, now: datetime) -> dict[str, datetime]:
        """The hosts that still want to be left alone."""
        rows = self._rows("SELECT host, retry_at FROM hosts WHERE retry_at > ?", (iso(now),))
        return {row["host"]: datetime.fromisoformat(row["retry_at"]) for row in rows}

    def cap_waits(self, now: datetime, longest: timedelta) -> int:
        """Let nothing wait for longer from now than can have been meant; say how many rows did.

        A clock that ran ahead when they were written has planned them for a time that is far away by a clock that is
        right.

        Args:
            longest: for feeds and hosts; what waits by our own wish alone never waits for more than ``OWN_WAIT``.
        """
        limits = {"asked": iso(now + longest), "own": iso(now + min(longest, OWN_WAIT))}
        with self._tx() as conn:
            return sum(
                conn.execute(f"UPDATE {table} SET {column} = ? WHERE {column} > ?", (iso(now), limits[by])).rowcount  # noqa: S608
                for table, column, by in WAITS
            )

    def set_back(self, by: timedelta, now: datetime) -> int:
        """After the clock was set back by so much, wait as long as was meant; say how many rows are due earlier."""
        shift = f"-{by.total_seconds():.3f} seconds"
        with self._tx() as conn:
            return sum(
                conn.execute(
                    f"UPDATE {table} SET {column} = strftime('%Y-%m-%dT%H:%M:%fZ', {column}, ?) WHERE {column} > ?",  # noqa: S608
                    (shift, iso(now)),
                ).rowcount
                for table, column, _ in WAITS
            )

    # --- read --------------------------------------------------------------------------------------------------

    def due_articles(
        self, now: datetime, limit: int, busy: Collection[ArticleId] = (), per_host: int | None = None
    ) -> list[ReadJob]:
        """Up to ``limit`` articles whose text is to be had and judged, the newest first: fresh news must not wait.

        Of each host there are at most ``per_host``, those that are ``busy`` counted, so that one host with many
        articles does not keep the others waiting.
        """
        with our_errors(self.path):
            chosen = newest_due(self._db.conn, now, limit, busy, per_host)
        rows = self._rows(
            f"""SELECT articles.*, outlets.class AS outlet_class, outlets.language AS outlet_language,
                outlets.name AS outlet_name,
                (SELECT group_concat(feeds.id, ' ') FROM entries JOIN feeds ON feeds.id = entries.feed_id
                    WHERE entries.article_id = articles.id) AS feed_ids,
                (SELECT group_concat(feeds.tags, ' ') FROM entries JOIN feeds ON feeds.id = entries.feed_id
                    WHERE entries.article_id = articles.id) AS feed_tags,
                (SELECT min{OFF} FROM entries JOIN feeds ON feeds.id = entries.feed_id
                    WHERE entries.article_id = articles.id) AS gate_off
            FROM articles JOIN outlets ON outlets.id = articles.outlet_id
            WHERE articles.id IN (SELECT value FROM json_each(?))
            ORDER BY articles.next_read_at DESC, articles.id DESC""",  # noqa: S608 - our own condition
            (json.dumps(chosen),),
        )
        return [read_job(row) for row in rows]

    def next_read_at(self) -> datetime | None:
        """When the next article is due."""
        row = self._rows("SELECT min(next_read_at) AS at FROM articles WHERE next_read_at IS NOT NULL")[0]
        return moment(row["at"])

    def record_reads(self, records: Sequence[ReadRecord], now: datetime, file: File | None = None) -> int:
        """T2: text, hit, evidence, facts, story, alerts and deliveries of some articles, together.

        Args:
            file: puts the hits into stories, and says what is to be told of them.

        Returns:
            How many deliveries were queued.
        """
        with self._tx() as conn:
            written = [(record, self._record_read(conn, record, now)) for record in records]
            queued = sum(
                write_alert(conn, alert, hit, now) for record, hit in written if hit for alert in record.alerts
            )
            hits = {record.report.key: (hit, record) for record, hit in written if hit and record.report is not None}
            gone = stories.gone(conn, [record.outcome.job for record in records])
            return queued + self._file(conn, hits, gone, file, now) if file is not None and (hits or gone) else queued

    def _file(
        self,
        conn: sqlite3.Connection,
        hits: dict[str, tuple[int, ReadRecord]],
        gone: Sequence[str],
        file: File,
        now: datetime,
    ) -> int:
        before = Before(gone, stories.told_before(conn, {hit: key for key, (hit, _) in hits.items()}))
        filed = file([record for _, record in hits.values()], before, partial(stories.recall, conn))
        stories.forget(conn, gone)
        ids = stories.write_placement(conn, filed.placement, hits, now)
        where = {placed.report: ids[placed.story] for placed in filed.placement.placed}
        queued = 0
        for record in filed.records:
            assert record.report is not None
            hit_id, story_id = hits[record.report.key][0], where.get(record.report.key)
            write_events(conn, record.events, now, article_id=record.outcome.job.article_id, hit_id=hit_id)
            queued += sum(write_alert(conn, alert, hit_id, now, story_id=story_id) for alert in record.alerts)
        return queued

    def open_stories(self) -> tuple[list[Story], list[Claim]]:
        """The stories that hits may join, and what hits claimed in any story."""
        with our_errors(self.path):
            return stories.load_open(self._db.conn)

    def _record_read(self, conn: sqlite3.Connection, record: ReadRecord, now: datetime) -> int | None:
        """Write a reading, but for its alerts; return the id of its hit."""
        job, judgement = record.outcome.job, record.outcome.judgement
        if not unite(conn, record, now):
            return None
        before = conn.execute("SELECT rules_hash FROM articles WHERE id = ?", (job.article_id,)).fetchone()
        if before is not None and before["rules_hash"] and not judgement.rules_hash:
            note_unread(conn, record)
            return None
        update_article(conn, record, now)
        count_answer(conn, record)
        write_near_miss(conn, record, now)
        hit_id = None
        if judgement.level is not None:
            hit_id = write_hit(conn, record, judgement.level, now)
        else:
            withdraw_hit(conn, job.article_id, now)
        write_events(conn, record.events, now, article_id=job.article_id, hit_id=hit_id)
        return hit_id

    def park_read(self, article_id: ArticleId, until: datetime, reason: str, now: datetime) -> None:
        """Park an article whose reading failed for a reason of our own, with the reason in the ledger.

        After ``MAX_PARKS`` times in a row it is given up, until its entry changes.
        """
        with self._tx() as conn:
            row = conn.execute(
                """UPDATE articles SET parks = parks + 1, read_attempts = read_attempts + 1, read_status = 'internal',
                    read_detail = :reason, next_read_at = CASE WHEN parks + 1 < :most THEN :until END
                WHERE id = :id RETURNING next_read_at""",
                {"id": article_id, "reason": reason, "until": iso(until), "most": MAX_PARKS},
            ).fetchone()
            events = [Event("read_failed", reason, article_id=article_id)]
            if row is not None and row["next_read_at"] is None:
                events.append(Event("read_given_up", f"failed {MAX_PARKS} times in a row", article_id=article_id))
            write_events(conn, events, now)

    def add_alert(self, alert: AlertPlan, now: datetime) -> int:
        """Queue an alert that is about no article, such as one on health; say how many deliveries were queued."""
        with self._tx() as conn:
            return write_alert(conn, alert, None, now)

    # --- tell together -----------------------------------------------------------------------------------------

    def gathered(
        self, now: datetime, limits: Mapping[TargetName, int]
    ) -> dict[TargetName, tuple[list[Waiting], list[Waiting]]]:
        """What is to be told together to targets that are free and not quiet.

        Args:
            limits: how much may wait for each target before it is a backlog; 0 is without limit.

        Returns:
            By target what was held for the end of quiet hours, and the backlog; only where there is any.
        """
        with our_errors(self.path):
            conn = self._db.conn
            quiet = held.targets_held(conn)
            found = {
                target: (
                    held.held_for_quiet(conn, target) if target in quiet else [],
                    held.backlog(conn, target, limit, now) if limit else [],
                )
                for target, limit in limits.items()
            }
        return {target: waiting for target, waiting in found.items() if any(waiting)}

    def release_held(self, ids: Collection[DeliveryId], now: datetime) -> None:
        """Let what was held be delivered by itself."""
        with self._tx() as conn:
            held.release(conn, ids, now)

    def collapse(self, alert: AlertPlan, ids: Collection[DeliveryId], reason: str, now: datetime) -> None:
        """Queue a digest that tells these deliveries, which are then done."""
        with self._tx() as conn:
            held.collapse(conn, alert, ids, reason, now)

    def digest_slots(self) -> dict[tuple[str, TargetName], datetime]:
        """The latest slot of each digest of a route that has been made."""
        with our_errors(self.path):
            return held.slots(self._db.conn)

    def keep_digests(self, wanted: Collection[tuple[str, TargetName]], now: datetime) -> int:
        """Make the digests of routes those of the configuration; new ones begin now."""
        with self._tx() as conn:
            return held.keep_digests(conn, dict.fromkeys(wanted, now), now)

    def begin_digest(self, route: str, target: TargetName, now: datetime) -> None:
        """Let a digest begin now."""
        with self._tx() as conn:
            held.set_slot(conn, route, target, now)

    def held_for_digest(self, route: str, target: TargetName, until: datetime) -> list[Waiting]:
        """What waits for the digest of a route."""
        with our_errors(self.path):
            return held.held_for_digest(self._db.conn, route, target, until)

    def background(self, topics: Sequence[str], since: datetime, until: datetime, zone: ZoneInfo) -> Background:
        """What a digest says besides its alerts."""
        with our_errors(self.path):
            return held.background(self._db.conn, topics, since, until, zone)

    def publish_digest(
        self, alert: AlertPlan, ids: Collection[DeliveryId], route: str, slot: datetime, now: datetime
    ) -> None:
        """Queue the digest of a slot, mark what it tells, and note that the slot is done: all or nothing."""
        with self._tx() as conn:
            held.collapse(conn, alert, ids, f"in the digest '{route}'", now)
            held.set_slot(conn, route, alert.deliveries[0].target, slot)

    # --- the watch itself --------------------------------------------------------------------------------------

    def condition(
        self, arrivals: bool
    ) -> tuple[tuple[FeedCondition, ...], tuple[PausedTarget, ...], datetime | None, dict[str, Trouble]]:
        """How feeds and targets are, since when a canary is under way, and which troubles have been told.

        Args:
            arrivals: also when feeds brought something new, which takes longer.
        """
        with our_errors(self.path):
            conn = self._db.conn
            return (
                ailing.feed_states(conn, arrivals=arrivals),
                ailing.paused_targets(conn),
                ailing.canary_since(conn),
                ailing.told_troubles(conn),
            )

    def record_troubles(
        self, begun: Sequence[Trouble], over: Sequence[Trouble], alerts: Sequence[AlertPlan], now: datetime
    ) -> int:
        """Note what ails or is over together with the alerts on it; say how many deliveries are due."""
        with self._tx() as conn:
            return ailing.write_troubles(conn, begun, over, alerts, now)

    def plant_canary(self, text: str, now: datetime) -> None:
        """Send a made-up article through the watch."""
        with self._tx() as conn:
            ailing.plant_canary(conn, text, now)

    def collect_canary(self, now: datetime) -> timedelta | None:
        """Take away the canary that has come through, and note how long it took; None when none has."""
        with self._tx() as conn:
            took = ailing.collect_canary(conn)
            if took is not None:
                write_beat(conn, "canary", now, f"{took.total_seconds():.1f} s")
        return took

    def divert(self, target: TargetName, fallback: Target, now: datetime, expires_at: datetime) -> int:
        """Hand to another target what a target that is paused or has refused it cannot take; say how much."""
        with self._tx() as conn:
            return diverting.divert(conn, target, fallback, now, expires_at)

    # --- deliver -----------------------------------------------------------------------------------------------

    def recover_deliveries(self, now: datetime, drop: Collection[TargetName] = ()) -> int:
        """At start: put back what a dead process had in flight; it may have arrived, and is marked so.

        Args:
            drop: targets that prefer a gap to a repetition: what was in flight to them is dead.
        """
        with self._tx() as conn:
            return leftovers.recover(conn, drop, now)

    def claim_deliveries(
        self,
        now: datetime,
        targets: Collection[TargetName],
        limit: int = 1,
        quiet: Mapping[TargetName, datetime] | None = None,
    ) -> list[DeliveryJob]:
        """T3: claim up to ``limit`` due deliveries per target, oldest first, counting the attempt before it is made.

        A target that is paused, or that has a delivery in flight, gets none. One with quiet hours gets what is urgent;
        the rest is held.

        Args:
            quiet: when the quiet hours of targets that have them now are over.
        """
        with self._tx() as conn:
            for target, until in (quiet or {}).items():
                held.hold_for_quiet(conn, target, until, now)
            jobs: list[DeliveryJob] = []
            for target in sorted(targets):
                paused = conn.execute("SELECT paused_until FROM targets WHERE name = ?", (target,)).fetchone()
                if paused is not None and (paused["paused_until"] or "") > (iso(now) or ""):
                    continue
                if conn.execute(
                    "SELECT 1 FROM deliveries WHERE target = ? AND state = 'inflight' LIMIT 1", (target,)
                ).fetchone():
                    continue
                rows = conn.execute(
                    """SELECT * FROM deliveries WHERE state = 'pending' AND target = ? AND not_before <= ?
                    ORDER BY id LIMIT ?""",
                    (target, iso(now), limit),
                ).fetchall()
                jobs += [delivery_job(row) for row in rows]
            conn.executemany(
                "UPDATE deliveries SET state = 'inflight', attempts = attempts + 1, last_attempt_at = ? WHERE id = ?",
                [(iso(now), job.id) for job in jobs],
            )
        return jobs

    def next_delivery_at(self) -> datetime | None:
        """When the next delivery is due, pauses of targets not counted."""
        row = self._rows(
            """SELECT min(max(deliveries.not_before, coalesce(targets.paused_until, ''))) AS at
            FROM deliveries LEFT JOIN targets ON targets.name = deliveries.target WHERE state = 'pending'"""
        )[0]
        return moment(row["at"])

    def settle_delivery(
        self, job: DeliveryJob, settlement: Settlement, now: datetime, same_bot: Collection[TargetName] = ()
    ) -> None:
        """T4: write down how an attempt ended; anything but acceptance goes to the ledger too.

        Args:
            same_bot: all targets that share the target's credentials, itself included.

        A delivery that was given up while it was under way stays given up.
        """
        with self._tx() as conn:
            settled = conn.execute(
                """UPDATE deliveries SET state = :state, not_before = :not_before, last_code = :code,
                    last_error = :reason, maybe_sent = max(maybe_sent, :maybe), plain_fallback = :plain,
                    sent_at = CASE WHEN :state = 'sent' THEN :now END
                WHERE id = :id AND state = 'inflight'""",
                {
                    "id": job.id, "state": settlement.state, "not_before": iso(settlement.not_before or now),
                    "code": settlement.code, "reason": "" if settlement.state == "sent" else settlement.reason,
                    "maybe": int(settlement.maybe_sent), "plain": int(settlement.plain_fallback), "now": iso(now),
                },
            ).rowcount  # fmt: skip
            if not settled:
                return
            note_target(conn, job.target, ok=settlement.state == "sent", reason=settlement.reason)
            if settlement.pause_target is not None:
                pause_target(conn, job.target, settlement.pause_target, now)
            if settlement.pause_bot is not None:
                for name in same_bot or (job.target,):
                    pause_target(conn, name, settlement.pause_bot, now)
            if settlement.state != "sent":
                kind = "delivery_dead" if settlement.state == "dead" else "delivery_retry"
                write_events(conn, [Event(kind, settlement.reason, delivery_id=job.id, target=job.target)], now)

    def pauses(self, target: TargetName) -> int:
        """How many times in a row a target was paused."""
        rows = self._rows("SELECT pauses FROM targets WHERE name = ?", (target,))
        return int(rows[0]["pauses"]) if rows else 0

    def bury_orphans(self, targets: Collection[TargetName], now: datetime) -> int:
        """Deliveries to targets that are no longer configured become dead, with that reason."""
        with self._tx() as conn:
            return leftovers.bury(conn, targets, now)

    def left(self, now: datetime) -> tuple[int, int, int]:
        """How many feeds, articles and deliveries are due."""
        (row,) = self._rows(
            """SELECT (SELECT count(*) FROM feeds WHERE status = 'active' AND next_poll_at <= :now),
                (SELECT count(*) FROM articles WHERE next_read_at <= :now),
                (SELECT count(*) FROM deliveries WHERE state IN ('pending', 'inflight') AND not_before <= :now)""",
            {"now": iso(now)},
        )
        return row[0], row[1], row[2]

    def probe(self) -> None:
        """Write something tiny that changes nothing.

        Raises:
            StoreError: the database cannot be written.
        """
        with self._tx() as conn:
            conn.execute("INSERT INTO beats (name, at) VALUES ('probe', '') ON CONFLICT (name) DO UPDATE SET at = ''")
            conn.execute("DELETE FROM beats WHERE name = 'probe'")

    # --- the ledger --------------------------------------------------------------------------------------------

    def add_events(self, events: Sequence[Event], now: datetime) -> None:
        """Write to the ledger."""
        with self._tx() as conn:
            write_events(conn, events, now)

    def beat(self, name: str, now: datetime, detail: str = "") -> None:
        """Note that a part of the daemon is alive; ``watcher status`` reads it."""
        with self._tx() as conn:
            write_beat(conn, name, now, detail)
        note_alive(self.path, now)

    def prune_events(self, before: datetime, limit: int = 1000) -> int:
        """Forget rows of the ledger from before a moment, at most ``limit`` at a time, so that nobody waits long."""
        with self._tx() as conn:
            return conn.execute(
                "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < ? LIMIT ?)", (iso(before), limit)
            ).rowcount

    def prune_near_misses(self, before: datetime, limit: int = 1000, *, keep_text: bool = True) -> int:
        """Forget near misses from before a moment, as :meth:`prune_events` does; their texts too, if none are kept."""
        with self._tx() as conn:
            rows = conn.execute(
                "SELECT article_id FROM near_misses WHERE at < ? LIMIT ?", (iso(before), limit)
            ).fetchall()
            articles = [(row["article_id"],) for row in rows]
            if not keep_text:
                conn.executemany("UPDATE articles SET text = '' WHERE id = ?", articles)
                conn.executemany(
                    "UPDATE hits SET evidence_start = -1 WHERE article_id = ? AND evidence_field = 'text'", articles
                )
            conn.executemany("DELETE FROM near_misses WHERE article_id = ?", articles)
        return len(articles)

    def prune(self, hits_before: datetime, articles_before: datetime, after: Cursor = BEGINNING) -> Step:
        """One small step of retention; see :mod:`watcher.store.pruning` for what stays."""
        with self._tx() as conn:
            return prune_step(conn, hits_before, articles_before, after)

    def optimize(self) -> None:
        """Let SQLite refresh its statistics."""
        with our_errors(self.path):
            self._db.conn.execute("PRAGMA optimize")
