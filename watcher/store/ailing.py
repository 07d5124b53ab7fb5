"""Rows on how the watch itself is: troubles that were told, paused targets, the article that tries the path."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from watcher.alerting.troubles import FeedCondition, PausedTarget, Trouble
from watcher.model import CANARY, ArticleId, Event, TargetName
from watcher.store.connection import iso, moment
from watcher.store.records import AlertPlan
from watcher.store.rows import write_alert, write_events

_ARRIVALS = 60
# By a range of keys, which are indexed; the condition is our own.
_PLANTED = "key BETWEEN 'canary:' AND 'canary:~'"


def told_troubles(conn: sqlite3.Connection) -> dict[str, Trouble]:
    """The troubles that have been told and are not over."""
    rows = conn.execute("SELECT kind, subject, since, text FROM troubles")
    found = [Trouble(row["kind"], row["subject"], datetime.fromisoformat(row["since"]), row["text"]) for row in rows]
    return {each.key: each for each in found}


def write_troubles(
    conn: sqlite3.Connection,
    begun: Iterable[Trouble],
    over: Iterable[Trouble],
    alerts: Iterable[AlertPlan],
    now: datetime,
) -> int:
    """Note what has begun and what is over, and queue what is told of it; say how many deliveries are due."""
    conn.executemany("DELETE FROM troubles WHERE key = ?", [(each.key,) for each in over])
    conn.executemany(
        "INSERT INTO troubles (key, kind, subject, since, text) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        [(each.key, each.kind, each.subject, iso(each.since), each.text) for each in begun],
    )
    events = [Event("trouble", f"{each.key}: {each.text}") for each in begun]
    events += [Event("trouble_over", each.key) for each in over]
    write_events(conn, events, now)
    return sum(write_alert(conn, alert, None, now) for alert in alerts)


def feed_states(conn: sqlite3.Connection, *, arrivals: bool) -> tuple[FeedCondition, ...]:
    """How the feeds are; with ``arrivals`` also when they brought something new."""
    rows = conn.execute("SELECT id, failures, last_detail, failing_since FROM feeds WHERE status = 'active'").fetchall()
    return tuple(
        FeedCondition(
            row["id"],
            row["failures"],
            row["last_detail"],
            moment(row["failing_since"]),
            _arrivals(conn, row["id"]) if arrivals and not row["failures"] else (),
        )
        for row in rows
    )


def _arrivals(conn: sqlite3.Connection, feed: str) -> tuple[datetime, ...]:
    rows = conn.execute(
        "SELECT DISTINCT seen_at FROM entries WHERE feed_id = ? ORDER BY seen_at DESC LIMIT ?", (feed, _ARRIVALS)
    )
    return tuple(datetime.fromisoformat(row["seen_at"]) for row in rows)


def paused_targets(conn: sqlite3.Connection) -> tuple[PausedTarget, ...]:
    """The targets that have been paused and have taken nothing since."""
    rows = conn.execute("SELECT name, paused_until, pauses, reason FROM targets WHERE pauses > 0")
    return tuple(
        PausedTarget(TargetName(row["name"]), moment(row["paused_until"]), row["pauses"], row["reason"]) for row in rows
    )


# --- the canary --------------------------------------------------------------------------------------------------


def plant_canary(conn: sqlite3.Connection, text: str, now: datetime) -> None:
    """Put a made-up article where a poll puts what it has found."""
    conn.execute(
        """INSERT INTO outlets (id, name, family, country, language, class) VALUES (?, ?, ?, 'int', 'en', 'local')
        ON CONFLICT (id) DO NOTHING""",
        (CANARY, "Canary", CANARY),
    )
    conn.execute(
        """INSERT INTO articles (key, url, outlet_id, title, feed_title, published_at, seen_at, next_read_at)
        VALUES (?, '', ?, ?, ?, ?, ?, ?)""",
        (f"canary:{iso(now)}", CANARY, text, text, iso(now), iso(now), iso(now)),
    )


def canary_since(conn: sqlite3.Connection) -> datetime | None:
    """When the article that is under way was planted."""
    row = conn.execute(f"SELECT min(seen_at) AS at FROM articles WHERE {_PLANTED}").fetchone()  # noqa: S608
    return moment(row["at"])


def collect_canary(conn: sqlite3.Connection) -> timedelta | None:
    """Take away what has come through, with all its rows; say how long the path was. None when nothing has."""
    row = conn.execute(
        f"""SELECT articles.id, articles.seen_at, deliveries.sent_at FROM articles
        JOIN hits ON hits.article_id = articles.id JOIN alerts ON alerts.hit_id = hits.id
        JOIN deliveries ON deliveries.alert_id = alerts.id
        WHERE articles.{_PLANTED} AND deliveries.state = 'sent' ORDER BY articles.id DESC LIMIT 1"""  # noqa: S608
    ).fetchone()
    if row is None:
        return None
    rows = conn.execute(f"SELECT id FROM articles WHERE {_PLANTED} AND id <= ?", (row["id"],)).fetchall()  # noqa: S608
    _remove(conn, [ArticleId(each["id"]) for each in rows])
    return datetime.fromisoformat(row["sent_at"]) - datetime.fromisoformat(row["seen_at"])


def _remove(conn: sqlite3.Connection, articles: Sequence[ArticleId]) -> None:
    of_article = "SELECT alerts.id FROM alerts JOIN hits ON hits.id = alerts.hit_id WHERE hits.article_id = ?"
    for article in articles:
        alerts = [(row["id"],) for row in conn.execute(of_article, (article,))]
        conn.executemany("DELETE FROM deliveries WHERE alert_id = ?", alerts)
        conn.executemany("DELETE FROM alerts WHERE id = ?", alerts)
        conn.execute("DELETE FROM events WHERE article_id = ?", (article,))
        conn.execute("DELETE FROM articles WHERE id = ?", (article,))
