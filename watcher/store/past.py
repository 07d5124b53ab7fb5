"""What stays of entries and articles that have been pruned: enough to know them again, 16 bytes each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b


def identity(text: str) -> bytes:
    """A short stand-in for a uid or a key."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def past_entries(conn: sqlite3.Connection, feed_id: str, uids: Iterable[str]) -> set[str]:
    """Those entries of a feed that were seen so long ago that they have been pruned."""
    by_identity = {identity(uid): uid for uid in uids}
    rows = conn.execute(
        f"SELECT uid FROM past_entries WHERE feed_id = ? AND uid IN ({', '.join('?' * len(by_identity))})",  # noqa: S608
        (feed_id, *by_identity),
    )
    return {by_identity[bytes(row[0])] for row in rows}


def is_past_article(conn: sqlite3.Connection, key: str) -> bool:
    """Whether an article was seen so long ago that it has been pruned."""
    return conn.execute("SELECT 1 FROM past_articles WHERE key = ?", (identity(key),)).fetchone() is not None


def remember_entries(conn: sqlite3.Connection, entries: Iterable[tuple[str, str]]) -> None:
    """Know entries, as (feed, uid), for ever."""
    conn.executemany(
        "INSERT OR IGNORE INTO past_entries (feed_id, uid) VALUES (?, ?)",
        [(feed_id, identity(uid)) for feed_id, uid in entries],
    )


def remember_articles(conn: sqlite3.Connection, keys: Iterable[str]) -> None:
    """Know articles by their keys for ever."""
    conn.executemany("INSERT OR IGNORE INTO past_articles (key) VALUES (?)", [(identity(key),) for key in keys])
