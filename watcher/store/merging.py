"""Articles that turn out to be one, because their links lead to one page; a part of the transaction of a reading.

Feed proxies and aggregators give every feed a link of its own to the same article; only the page tells. Which of the
two rows stays is decided so that nobody is told twice and nothing that was told is lost. The address of the other one
is remembered as one more key, so that later sightings of either link find the article.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from watcher.model import ArticleId, Event
from watcher.reading import addresses, same_headline
from watcher.store.articles import find_article, read_anew, tags_of
from watcher.store.records import ReadRecord
from watcher.store.rows import write_events


def unite(conn: sqlite3.Connection, record: ReadRecord, now: datetime) -> bool:
    """Make the article that was read one with those that have the same page.

    Returns:
        Whether the article is still there, so that the reading is to be written.
    """
    outcome = record.outcome
    mine = conn.execute("SELECT * FROM articles WHERE id = ?", (outcome.job.article_id,)).fetchone()
    if mine is None or mine["key"] != outcome.job.key:
        return False  # it became part of another one while it was being read, and its id may be another's by now
    for key in addresses(outcome):
        other = find_article(conn, key)
        if other is None:
            conn.execute("INSERT INTO article_keys (key, article_id) VALUES (?, ?)", (key, mine["id"]))
        elif other["id"] != mine["id"] and same_headline(outcome.text.title, other["title"]):
            if _other_stays(conn, mine, other):
                _merge(conn, mine, other, now)
                return False
            _merge(conn, other, mine, now)
    return True


def _other_stays(conn: sqlite3.Connection, mine: sqlite3.Row, other: sqlite3.Row) -> bool:
    """What somebody was told of stays; else what has been read from its page; else what has just been read."""
    if _told(conn, other["id"]) or _told(conn, mine["id"]):
        return _told(conn, other["id"])
    return other["read_at"] is not None and other["text_source"] == "page"


def _told(conn: sqlite3.Connection, article_id: ArticleId) -> bool:
    sql = "SELECT 1 FROM alerts JOIN hits ON hits.id = alerts.hit_id WHERE hits.article_id = ? LIMIT 1"
    return conn.execute(sql, (article_id,)).fetchone() is not None


def _merge(conn: sqlite3.Connection, gone: sqlite3.Row, kept: sqlite3.Row, now: datetime) -> None:
    """Make an article part of another; that is read again when it may now match what it did not before."""
    before, more = tags_of(conn, kept["id"]), tags_of(conn, gone["id"])
    hit = conn.execute("SELECT id FROM hits WHERE article_id = ?", (kept["id"],)).fetchone()
    by = {"gone": gone["id"], "kept": kept["id"], "hit": hit and hit["id"], "key": gone["key"]}
    conn.execute("UPDATE entries SET article_id = :kept WHERE article_id = :gone", by)
    conn.execute("UPDATE article_keys SET article_id = :kept WHERE article_id = :gone", by)
    conn.execute("INSERT OR REPLACE INTO article_keys (key, article_id) VALUES (:key, :kept)", by)
    conn.execute("UPDATE events SET article_id = :kept, hit_id = :hit WHERE article_id = :gone", by)
    conn.execute("UPDATE alerts SET hit_id = :hit WHERE hit_id = (SELECT id FROM hits WHERE article_id = :gone)", by)
    conn.execute("DELETE FROM articles WHERE id = :gone", by)
    may_alert = bool(kept["quiet_reason"]) and not gone["quiet_reason"]
    if may_alert or not more <= before:
        read_anew(conn, kept["id"], now, may_alert=may_alert)
    reason = "its link leads to an article that is known from another entry"
    write_events(conn, [Event("duplicate", reason, article_id=kept["id"], detail=gone["url"])], now)
