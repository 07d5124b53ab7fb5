"""The reading side of the database: for the command line and the site, beside a running daemon or without one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from watcher.errors import UsageError
from watcher.model import Archived
from watcher.store.connection import iso, moment, open_reader, our_errors
from watcher.store.rows import archived

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Status:
    """How the watch is doing.

    Attributes:
        feeds: number of feeds by health: ``ok``, ``failing``, ``waiting``, ``gone``, ``removed``.
        failing: the feeds that fail, those with the most failures first.
        overdue: how long the feed that waits longest has been due.
        deliveries: number of deliveries by state; oldest_pending is the age of the oldest one not yet made.
        paused: targets that take nothing at present, with the reason.
        beats: when each part of the daemon last gave a sign of life.
        latency: seconds from seen to accepted, p50 and p95 over the last day; None without deliveries.
        problems: why the watch is not healthy, in words; empty when it is.
    """

    feeds: Mapping[str, int]
    failing: Sequence[Row]
    slowest: Sequence[Row]
    overdue: timedelta
    unread: int
    articles: int
    hits: int
    hits_today: int
    deliveries: Mapping[str, int]
    oldest_pending: timedelta
    paused: Sequence[Row]
    beats: Mapping[str, datetime]
    latency: tuple[float, float] | None
    wal_bytes: int
    problems: Sequence[str]

    @property
    def healthy(self) -> bool:
        """Nothing is wrong that a person should look at."""
        return not self.problems


# Without a sign of life for so long, the daemon does not run; it gives one at least every 30 s.
DEAD_AFTER = timedelta(minutes=3)
OVERDUE_AFTER = timedelta(minutes=30)
PENDING_AFTER = timedelta(hours=1)


class Log:
    """The database, read only.

    Args:
        path: the file.

    Raises:
        UsageError: there is no such file yet.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise UsageError(f"There is no database at {path} yet: 'watcher run' makes it.")
        self.path = path
        with our_errors(path):
            self._db = open_reader(path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Row]:
        with our_errors(self.path):
            return [dict(row) for row in self._db.conn.execute(sql, parameters).fetchall()]

    def _value(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> object:
        with our_errors(self.path):
            row: sqlite3.Row | None = self._db.conn.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def hits(
        self, *, limit: int, since: datetime | None = None, level: str = "", topic: str = "", search: str = ""
    ) -> list[Row]:
        """Rows of the view ``hit_log``, the newest first.

        ``search`` is a full-text query of SQLite's FTS5 over title, summary and text.

        Raises:
            UsageError: the search is not well-formed.
        """
        conditions, parameters = ["1"], dict[str, object](limit=limit)
        if since is not None:
            conditions.append("found_at >= :since")
            parameters["since"] = iso(since)
        if level:
            conditions.append("level = :level")
            parameters["level"] = level
        if topic:
            conditions.append("hit_id IN (SELECT hit_id FROM hit_topics WHERE topic = :topic)")
            parameters["topic"] = topic
        if search:
            conditions.append(
                """hit_id IN (SELECT hits.id FROM hits JOIN articles_fts ON articles_fts.rowid = hits.article_id
                WHERE articles_fts MATCH :search)"""
            )
            parameters["search"] = search
        sql = f"SELECT * FROM hit_log WHERE {' AND '.join(conditions)} LIMIT :limit"  # noqa: S608 (our own words)
        try:
            return [dict(row) for row in self._db.conn.execute(sql, parameters).fetchall()]
        except sqlite3.OperationalError as error:
            if search:
                raise UsageError(f"The search {search!r} is not well-formed: {error}") from error
            raise

    def archived(
        self, *, since: datetime | None = None, language: str = "", noted: bool | None = None
    ) -> Iterator[Archived]:
        """The articles that have been read, the newest first, as long as the file is open.

        Args:
            noted: only those with a hit or a near miss; False: only the others; None: all.
        """
        with our_errors(self.path):
            cursor = self._db.conn.execute(
                """SELECT articles.*, outlets.name AS outlet, outlets.class AS outlet_class, hits.level,
                    near_misses.topic, near_misses.gate, near_misses.score, near_misses.digest_at, near_misses.miss,
                    (SELECT group_concat(feeds.tags, ' ') FROM entries JOIN feeds ON feeds.id = entries.feed_id
                        WHERE entries.article_id = articles.id) AS feed_tags
                FROM articles JOIN outlets ON outlets.id = articles.outlet_id
                LEFT JOIN hits ON hits.article_id = articles.id AND hits.withdrawn_at IS NULL
                LEFT JOIN near_misses ON near_misses.article_id = articles.id
                WHERE articles.seen_at >= :since AND (:language = '' OR articles.language = :language)
                    AND articles.read_at IS NOT NULL
                    AND (:noted IS NULL OR :noted = (hits.id IS NOT NULL OR near_misses.article_id IS NOT NULL))
                ORDER BY articles.id DESC""",
                {"since": iso(since) or "", "language": language, "noted": noted},
            )
            for row in cursor:
                yield archived(row)

    def deliveries(self, *, limit: int, state: str = "", target: str = "") -> list[Row]:
        """Rows of the view ``delivery_log``, the newest first."""
        return self._rows(
            """SELECT * FROM delivery_log WHERE (:state = '' OR state = :state) AND (:target = '' OR target = :target)
            LIMIT :limit""",
            {"limit": limit, "state": state, "target": target},
        )

    def feeds(self) -> list[Row]:
        """Rows of the view ``feed_health``, the most troubled first."""
        return self._rows("SELECT * FROM feed_health WHERE status <> 'removed'")

    def trace(self, key: str, url: str) -> Mapping[str, list[Row]] | None:
        """Everything that ever happened to one article: sightings, reading, hit, evidence, deliveries, events.

        It is looked up by its canonical address ``key``, then by ``url`` as the user or a feed spelt it.
        """
        article = self._rows(
            """SELECT id, url, title, outlet_id, language, published_at, seen_at, text_source,
                length(text) AS characters, read_attempts, read_at, read_status, read_detail, next_read_at, verdict,
                quiet_reason
            FROM articles WHERE key = :key OR url = :url
                OR id = (SELECT article_id FROM article_keys WHERE article_keys.key = :key)
                OR id IN (SELECT article_id FROM entries WHERE url = :url) LIMIT 1""",
            {"key": key, "url": url},
        )
        if not article:
            return None
        by_id = {"id": article[0]["id"]}
        return {
            "article": article,
            "entries": self._rows(
                """SELECT feed_id, uid, uid_source, title, published_at, date_source, seen_at, changed_at FROM entries
                WHERE article_id = :id ORDER BY id""",
                by_id,
            ),
            "hits": self._rows(
                """SELECT hit_topics.topic, hit_topics.level, hit_topics.score, hit_topics.alert_at, hits.found_at,
                    hits.withdrawn_at, hits.evidence
                FROM hits JOIN hit_topics ON hit_topics.hit_id = hits.id WHERE article_id = :id""",
                by_id,
            ),
            "deliveries": self._rows(
                """SELECT deliveries.id, target, state, attempts, deliveries.created_at, sent_at, last_error
                FROM deliveries JOIN alerts ON alerts.id = deliveries.alert_id JOIN hits ON hits.id = alerts.hit_id
                WHERE hits.article_id = :id ORDER BY deliveries.id""",
                by_id,
            ),
            "events": self._rows(
                """SELECT at, kind, reason FROM events WHERE article_id = :id
                    OR delivery_id IN (SELECT deliveries.id FROM deliveries
                        JOIN alerts ON alerts.id = deliveries.alert_id JOIN hits ON hits.id = alerts.hit_id
                        WHERE hits.article_id = :id)
                ORDER BY id""",
                by_id,
            ),
        }

    def status(self, now: datetime) -> Status:
        """Sum up how the watch is doing."""
        feeds = self._counts("SELECT health, count(*) AS n FROM feed_health WHERE status <> 'removed' GROUP BY health")
        deliveries = self._counts("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
        beats = {
            str(row["name"]): datetime.fromisoformat(str(row["at"])) for row in self._rows("SELECT name, at FROM beats")
        }
        failing = self._rows(
            """SELECT feed_id, last_status, last_detail, failures, next_poll_at FROM feed_health
            WHERE health = 'failing' ORDER BY failures DESC, feed_id LIMIT 20"""
        )
        overdue = self._age("SELECT min(next_poll_at) FROM feeds WHERE status = 'active'", now)
        oldest = self._age("SELECT min(created_at) FROM deliveries WHERE state IN ('pending', 'inflight')", now)
        paused = self._rows("SELECT name, paused_until, reason FROM targets WHERE paused_until > ?", (iso(now),))
        wal = self.path.with_name(self.path.name + "-wal")
        return Status(
            feeds=feeds,
            failing=failing,
            slowest=self._rows(
                """SELECT feed_id, round(elapsed, 2) AS seconds FROM feed_health WHERE elapsed > 1
                ORDER BY elapsed DESC LIMIT 5"""
            ),
            overdue=overdue,
            unread=self._count("SELECT count(*) FROM articles WHERE next_read_at <= ?", (iso(now),)),
            articles=self._count("SELECT count(*) FROM articles"),
            hits=self._count("SELECT count(*) FROM hits"),
            hits_today=self._count("SELECT count(*) FROM hits WHERE found_at > ?", (iso(now - timedelta(days=1)),)),
            deliveries=deliveries,
            oldest_pending=oldest,
            paused=paused,
            beats=beats,
            latency=self._latency(now),
            wal_bytes=wal.stat().st_size if wal.exists() else 0,
            problems=(
                *_daemon_problems(now, beats.get("daemon"), overdue),
                *_feed_problems(feeds),
                *_delivery_problems(deliveries, paused, oldest),
            ),
        )

    def _count(self, sql: str, parameters: Sequence[object] = ()) -> int:
        value = self._value(sql, parameters)
        return value if isinstance(value, int) else 0

    def _counts(self, sql: str) -> dict[str, int]:
        with our_errors(self.path):
            return {str(row[0]): int(row[1]) for row in self._db.conn.execute(sql)}

    def _age(self, sql: str, now: datetime) -> timedelta:
        since = moment(str(value)) if (value := self._value(sql)) is not None else None
        return max(now - since, timedelta(0)) if since is not None else timedelta(0)

    def _latency(self, now: datetime) -> tuple[float, float] | None:
        rows = self._rows(
            """SELECT (julianday(accepted_at) - julianday(seen_at)) * 86400 AS seconds FROM delivery_log
            WHERE accepted_at > ? AND seen_at IS NOT NULL ORDER BY seconds""",
            (iso(now - timedelta(days=1)),),
        )
        seconds = [row["seconds"] for row in rows if isinstance(row["seconds"], float)]
        if not seconds:
            return None
        return seconds[len(seconds) // 2], seconds[min(len(seconds) - 1, len(seconds) * 95 // 100)]


def _daemon_problems(now: datetime, beat: datetime | None, overdue: timedelta) -> list[str]:
    if beat is None:
        return ["the daemon has never run on this database"]
    if now - beat > DEAD_AFTER:
        return [f"the daemon gave its last sign of life {_ago(now - beat)} ago"]
    return [f"a feed has been due for {_ago(overdue)}"] if overdue > OVERDUE_AFTER else []


def _feed_problems(feeds: Mapping[str, int]) -> list[str]:
    failing, polled = feeds.get("failing", 0), feeds.get("ok", 0) + feeds.get("failing", 0)
    return [f"{failing} of {polled} feeds fail"] if failing * 2 > polled else []


def _delivery_problems(deliveries: Mapping[str, int], paused: Sequence[Row], oldest: timedelta) -> list[str]:
    problems = [f"target {target['name']} is paused: {target['reason']}" for target in paused]
    if dead := deliveries.get("dead"):
        problems.append(f"{dead} deliveries are dead: see 'watcher deliveries --status dead'")
    if oldest > PENDING_AFTER:
        problems.append(f"a delivery has been waiting for {_ago(oldest)}")
    return problems


def _ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
