"""How the watch is doing, read with as little as possible: a container asks for it all day long, on small machines too.

So this imports neither the model nor more of the standard library than it needs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from watcher.errors import StoreError, UsageError
from watcher.store.connection import iso, moment, open_reader, our_errors
from watcher.store.presence import require_there
from watcher.wording import counted, span

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
        beats: when the daemon last gave a sign of life, and when `run --once` last ended.
        latency: seconds from seen to accepted, p50 and p95 over the last day, without what was held.
        canary: how long the last made-up article took from seen to accepted; empty when there was none yet.
        troubles: what ails the watch and has been told.
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
    canary: str
    troubles: Sequence[Row]
    wal_bytes: int
    problems: Sequence[str]

    @property
    def healthy(self) -> bool:
        """Nothing is wrong that a person should look at."""
        return not self.problems


# Without a sign of life for so long, the daemon does not run; it gives one at least every 30 s.
DEAD_AFTER = timedelta(minutes=3)
# `run --once` is somebody else's to repeat, once a day at least.
ONCE_WITHIN = timedelta(hours=25)
OVERDUE_AFTER = timedelta(minutes=30)
PENDING_AFTER = timedelta(hours=1)


class Health:
    """The database, read only.

    Args:
        path: the file.

    Raises:
        UsageError: there is no such file yet, or nothing in it.
        StoreDamaged: it is no sound database.
    """

    def __init__(self, path: Path) -> None:
        require_there(path)
        self.path = path
        with our_errors(path):
            self._conn = open_reader(path)
        try:
            self._require_content()
        except BaseException:
            self._conn.close()
            raise

    def _require_content(self) -> None:
        if not self._value("SELECT count(*) FROM sqlite_master WHERE name = 'hit_log'"):
            raise UsageError(f"The database {self.path} is empty: 'watcher run' fills it.")

    def close(self) -> None:
        """Close the file."""
        self._conn.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Row]:
        try:
            with our_errors(self.path):
                return [dict(row) for row in self._conn.execute(sql, parameters).fetchall()]
        except StoreError as error:
            if "no such table" in str(error) or ("no such column" in str(error) and "MATCH" not in sql):
                raise StoreError(
                    f"{self.path} is of an older version of Watcher: 'watcher run' brings it up to date."
                ) from error
            raise

    def _value(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> object:
        with our_errors(self.path):
            row: sqlite3.Row | None = self._conn.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

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
            hits_today=self.hits_since(now - timedelta(days=1)),
            deliveries=deliveries,
            oldest_pending=oldest,
            paused=paused,
            beats=beats,
            latency=self._latency(now),
            canary=str(self._value("SELECT detail FROM beats WHERE name = 'canary'") or ""),
            troubles=self._rows("SELECT kind, subject, since, text FROM troubles ORDER BY since"),
            wal_bytes=wal.stat().st_size if wal.exists() else 0,
            problems=(
                *_run_problems(now, beats, overdue),
                *_feed_problems(feeds),
                *_delivery_problems(deliveries, paused, oldest),
            ),
        )

    def hits_since(self, moment: datetime) -> int:
        """How many articles have become hits since; one that is read again does not become one again."""
        return self._count("SELECT count(*) FROM hits WHERE found_at >= ?", (iso(moment),))

    def _count(self, sql: str, parameters: Sequence[object] = ()) -> int:
        value = self._value(sql, parameters)
        return value if isinstance(value, int) else 0

    def _counts(self, sql: str) -> dict[str, int]:
        with our_errors(self.path):
            return {str(row[0]): int(row[1]) for row in self._conn.execute(sql)}

    def _age(self, sql: str, now: datetime) -> timedelta:
        since = moment(str(value)) if (value := self._value(sql)) is not None else None
        return max(now - since, timedelta(0)) if since is not None else timedelta(0)

    def _latency(self, now: datetime) -> tuple[float, float] | None:
        rows = self._rows(
            """SELECT (julianday(accepted_at) - julianday(seen_at)) * 86400 AS seconds FROM delivery_log
            WHERE accepted_at > ? AND seen_at IS NOT NULL AND hold = '' AND told_by IS NULL ORDER BY seconds""",
            (iso(now - timedelta(days=1)),),
        )
        seconds = [row["seconds"] for row in rows if isinstance(row["seconds"], float)]
        if not seconds:
            return None
        return seconds[len(seconds) // 2], seconds[min(len(seconds) - 1, len(seconds) * 95 // 100)]


def by_hand(beats: Mapping[str, datetime]) -> bool:
    """Whether the watch is run by ``run --once``, from cron perhaps, and not by the daemon."""
    return "once" in beats and ("daemon" not in beats or beats["once"] > beats["daemon"])


def stopped(beats: Mapping[str, datetime]) -> bool:
    """Whether the daemon was ended in an orderly way, and has not been started again."""
    return "stopped" in beats and beats["stopped"] >= beats.get("daemon", beats["stopped"])


def _run_problems(now: datetime, beats: Mapping[str, datetime], overdue: timedelta) -> list[str]:
    if by_hand(beats):
        since = now - beats["once"]
        return [f"'watcher run --once' last ended {span(since)} ago"] if since > ONCE_WITHIN else []
    if "daemon" not in beats:
        return ["neither the daemon nor 'watcher run --once' has run on this database"]
    if stopped(beats):
        return [f"the daemon was stopped {span(now - beats['stopped'])} ago"]
    if now - beats["daemon"] > DEAD_AFTER:
        return [f"the daemon gave its last sign of life {span(now - beats['daemon'])} ago"]
    return [f"a feed has been due for {span(overdue)}"] if overdue > OVERDUE_AFTER else []


def _feed_problems(feeds: Mapping[str, int]) -> list[str]:
    failing, polled = feeds.get("failing", 0), feeds.get("ok", 0) + feeds.get("failing", 0)
    return [f"{failing} of {polled} feeds fail"] if failing * 2 > polled else []


def _delivery_problems(deliveries: Mapping[str, int], paused: Sequence[Row], oldest: timedelta) -> list[str]:
    problems = [f"target {target['name']} is paused: {target['reason']}" for target in paused]
    if dead := deliveries.get("dead"):
        dead_ones = f"{counted(dead, 'delivery is', 'deliveries are')} dead"
        problems.append(f"{dead_ones}: see 'watcher deliveries --status dead'")
    if oldest > PENDING_AFTER:
        problems.append(f"a delivery has been waiting for {span(oldest)}")
    return problems
