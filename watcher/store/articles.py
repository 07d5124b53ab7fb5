"""Which article an entry belongs to; each function here is a part of a transaction of the store."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection
from datetime import datetime

from watcher.model import ArticleId, Entry, Event, FeedId, OutletId, SeenEntry
from watcher.store.connection import host_of, iso
from watcher.store.past import is_past_article, remember_entries
from watcher.store.rows import write_events
from watcher.text import canonical_url


def article_key(feed_id: FeedId, entry: Entry) -> str:
    """What tells articles apart: the canonical address; an entry without one is an article of its own."""
    return (canonical_url(entry.url) if entry.url else "") or f"feed:{feed_id}:{entry.uid}"


def find_article(conn: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    """The article with a key, its own or one of its other addresses."""
    row: sqlite3.Row | None = conn.execute(
        """SELECT * FROM articles WHERE key = :key
            OR id = (SELECT article_id FROM article_keys WHERE article_keys.key = :key)
        ORDER BY key = :key DESC LIMIT 1""",
        {"key": key},
    ).fetchone()
    return row


def known_entries(conn: sqlite3.Connection, feed_id: FeedId, uids: Collection[str]) -> dict[str, sqlite3.Row]:
    """The entries of a feed that have one of these uids."""
    rows = conn.execute(
        f"""SELECT id, uid, article_id, content_hash, revisions FROM entries
        WHERE feed_id = ? AND uid IN ({", ".join("?" * len(uids))})""",  # noqa: S608 (only marks)
        (feed_id, *uids),
    )
    return {row["uid"]: row for row in rows}


def renamed_entry(conn: sqlite3.Connection, feed_id: FeedId, entry: Entry, uids: Collection[str]) -> sqlite3.Row | None:
    """The entry of the same feed and article that goes by another uid now, under its new one; None if there is none.

    There are feeds whose guids change with every fetch. An entry that is still in the document, which has ``uids``, is
    another one with the same address.
    """
    article = find_article(conn, article_key(feed_id, entry))
    if article is None:
        return None
    rows = conn.execute(
        """SELECT id, uid, article_id, content_hash, revisions FROM entries WHERE feed_id = ? AND article_id = ?
        ORDER BY id DESC""",
        (feed_id, article["id"]),
    ).fetchall()
    row: sqlite3.Row | None = next((row for row in rows if row["uid"] not in uids), None)
    if row is not None:
        conn.execute(
            "UPDATE entries SET uid = ?, uid_source = ?, url = ? WHERE id = ?",
            (entry.uid, entry.uid_source, entry.url, row["id"]),
        )
    return row


def was_pruned(conn: sqlite3.Connection, feed_id: FeedId, entry: Entry, now: datetime) -> bool:
    """Whether an entry is of an article that was seen long ago, and pruned; the entry is known from now on."""
    if not is_past_article(conn, article_key(feed_id, entry)):
        return False
    remember_entries(conn, [(feed_id, entry.uid)])
    write_events(conn, [Event("duplicate", "the article was seen long ago, and pruned", feed_id)], now)
    return True


def add_entry(conn: sqlite3.Connection, feed_id: FeedId, outlet_id: OutletId, seen: SeenEntry, now: datetime) -> None:
    """Write an entry that was not known; its article becomes due for reading, or is known from another entry."""
    entry, key = seen.entry, article_key(feed_id, seen.entry)
    known = find_article(conn, key)
    before = tags_of(conn, known["id"]) if known is not None else set[str]()
    article_id = _add_article(conn, key, outlet_id, seen, now) if known is None else ArticleId(known["id"])
    entry_id = conn.execute(
        """INSERT INTO entries (feed_id, uid, uid_source, article_id, url, title, published_at, published_raw,
            date_source, seen_at, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            feed_id, entry.uid, entry.uid_source, article_id, entry.url, entry.title, iso(entry.published_at),
            entry.published_raw, entry.date_source, iso(now), entry.content_hash,
        ),
    ).lastrowid  # fmt: skip
    if known is not None:
        event = Event("duplicate", "the article is known from another entry", feed_id, article_id=article_id)
        write_events(conn, [event], now, entry_id=entry_id)
        may_alert = bool(known["quiet_reason"]) and seen.alertable
        if may_alert or not tags_of(conn, article_id) <= before:
            read_anew(conn, article_id, now, may_alert=may_alert)


def tags_of(conn: sqlite3.Connection, article_id: ArticleId) -> set[str]:
    """The tags of all feeds that carry an article."""
    rows = conn.execute(
        "SELECT feeds.tags FROM entries JOIN feeds ON feeds.id = entries.feed_id WHERE entries.article_id = ?",
        (article_id,),
    )
    return {tag for row in rows for tag in row["tags"].split()}


def read_anew(conn: sqlite3.Connection, article_id: ArticleId, now: datetime, *, may_alert: bool) -> None:
    """Let an article be read that may now match what it did not before, or ``may_alert`` where it was quiet."""
    conn.execute(
        """UPDATE articles SET quiet_reason = CASE WHEN ? THEN '' ELSE quiet_reason END,
            next_read_at = ?, read_attempts = 0, revision = revision + 1
        WHERE id = ?""",
        (may_alert, iso(now), article_id),
    )


def _add_article(conn: sqlite3.Connection, key: str, outlet_id: OutletId, seen: SeenEntry, now: datetime) -> ArticleId:
    entry = seen.entry
    rowid = conn.execute(
        """INSERT INTO articles
            (key, url, host, outlet_id, title, feed_title, summary, feed_summary, feed_content, published_at, seen_at,
            quiet_reason, next_read_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            key, entry.url, host_of(entry.url), outlet_id, entry.title, entry.title, entry.summary, entry.summary,
            entry.content, iso(entry.published_at), iso(now), "" if seen.alertable else seen.quiet_reason, iso(now),
        ),
    ).lastrowid  # fmt: skip
    return ArticleId(rowid or 0)


def newest_due(
    conn: sqlite3.Connection, now: datetime, limit: int, busy: Collection[ArticleId], per_host: int | None
) -> list[ArticleId]:
    """Up to ``limit`` articles that are due, the newest first, and of each host no more than ``per_host``.

    Those that are ``busy`` are left out, and count for their hosts. Only the newest of each host are looked at, however
    long the backlog is.
    """
    most = -1 if per_host is None else per_host
    under_way = {"busy": json.dumps(list(busy))}
    taken = Counter[str]()
    for row in conn.execute("SELECT host FROM articles WHERE id IN (SELECT value FROM json_each(:busy))", under_way):
        taken[row["host"]] += 1
    chosen: list[ArticleId] = []
    for row in conn.execute(_NEWEST_DUE, {"now": iso(now), "most": most, **under_way}):
        if len(chosen) < limit and (per_host is None or taken[row["host"]] < per_host):
            taken[row["host"]] += 1
            chosen.append(ArticleId(row["id"]))
    return chosen


# Steps from host to host in the index instead of grouping all rows.
_NEWEST_DUE = """WITH RECURSIVE hosts(host) AS (
    SELECT min(host) FROM articles WHERE next_read_at IS NOT NULL
    UNION ALL
    SELECT (SELECT min(articles.host) FROM articles WHERE next_read_at IS NOT NULL AND articles.host > hosts.host)
    FROM hosts WHERE hosts.host IS NOT NULL
)
SELECT articles.id, articles.host FROM hosts JOIN articles ON articles.id IN (
    SELECT due.id FROM articles AS due WHERE due.host = hosts.host AND due.next_read_at <= :now
        AND due.id NOT IN (SELECT value FROM json_each(:busy))
    ORDER BY due.next_read_at DESC, due.id DESC LIMIT :most)
ORDER BY articles.next_read_at DESC, articles.id DESC"""
