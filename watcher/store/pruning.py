"""Retention: what is old goes, in transactions so small that nobody waits for them.

Whatever keeps an article, or an alert, from being told twice stays: the identities of entries and articles (see
:mod:`watcher.store.past`), the keys of alerts and deliveries. Whatever another table refers to stays as well, so that
a table that is added later is safe without a word here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from watcher.store.connection import iso, open_writer, our_errors, transaction
from watcher.store.past import remember_articles, remember_entries
from watcher.store.presence import require_there

STEP = 200
Cursor = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows a pruning let go of."""

    articles: int = 0
    hits: int = 0
    messages: int = 0

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(self.articles + other.articles, self.hits + other.hits, self.messages + other.messages)

    def __bool__(self) -> bool:
        return bool(self.articles or self.hits or self.messages)


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction did, and where the next one goes on; None when nothing is left."""

    done: Pruned
    after: Cursor | None


BEGINNING: Cursor = ("", 0)


def prune_step(conn: sqlite3.Connection, hits_before: datetime, articles_before: datetime, after: Cursor) -> Step:
    """One transaction of retention: hits and messages first, whose articles are then like any other.

    Args:
        hits_before: hits found before this moment go, with their evidence and the texts of their messages.
        articles_before: articles without a hit that were first seen before this moment go.
        after: where the last step ended.
    """
    hits, messages = prune_hits(conn, hits_before), prune_messages(conn, hits_before)
    if hits or messages:
        return Step(Pruned(hits=hits, messages=messages), BEGINNING)
    return prune_articles(conn, articles_before, after)


def prune_hits(conn: sqlite3.Connection, before: datetime, limit: int = STEP) -> int:
    """Let go of hits found before a moment; their articles are then like those that never matched.

    A hit with a delivery that is still to be made stays.
    """
    rows = conn.execute(
        f"""SELECT id FROM hits WHERE found_at < ? AND NOT EXISTS (
                SELECT 1 FROM alerts JOIN deliveries ON deliveries.alert_id = alerts.id
                WHERE alerts.hit_id = hits.id AND deliveries.state IN ('pending', 'inflight', 'held'))
            AND {_unreferred(conn, "hits")}
        ORDER BY found_at LIMIT ?""",  # noqa: S608 (names of tables from the schema)
        (iso(before), limit),
    ).fetchall()
    conn.executemany("DELETE FROM hits WHERE id = ?", [(row[0],) for row in rows])
    return len(rows)


def prune_articles(conn: sqlite3.Connection, before: datetime, after: Cursor = BEGINNING, limit: int = STEP) -> Step:
    """Let go of articles without a hit that were first seen before a moment, and of their entries."""
    rows = conn.execute(
        f"""SELECT id, key, seen_at FROM articles
        WHERE seen_at < ? AND (seen_at, id) > (?, ?)
            AND id NOT IN (SELECT article_id FROM hits)
            AND id NOT IN (SELECT id FROM articles WHERE next_read_at IS NOT NULL)
            AND {_unreferred(conn, "articles", ("entries",))}
        ORDER BY seen_at, id LIMIT ?""",  # noqa: S608 (names of tables from the schema)
        (iso(before), *after, limit),
    ).fetchall()
    ids = [(row["id"],) for row in rows]
    _forget_entries(conn, ids)
    remember_articles(conn, [row["key"] for row in rows])
    for article in ids:
        others = conn.execute("SELECT key FROM article_keys WHERE article_id = ?", article).fetchall()
        remember_articles(conn, [row["key"] for row in others])
    conn.executemany("DELETE FROM articles WHERE id = ?", ids)
    last = (rows[-1]["seen_at"], rows[-1]["id"]) if len(rows) == limit else None
    return Step(Pruned(articles=len(rows)), last)


def _forget_entries(conn: sqlite3.Connection, articles: Sequence[tuple[int]]) -> None:
    for article in articles:
        entries = conn.execute("SELECT feed_id, uid FROM entries WHERE article_id = ?", article).fetchall()
        remember_entries(conn, [(row["feed_id"], row["uid"]) for row in entries])
    conn.executemany("DELETE FROM entries WHERE article_id = ?", articles)


def prune_messages(conn: sqlite3.Connection, before: datetime, limit: int = STEP) -> int:
    """Let go of the texts of messages that were settled, and made before a moment; their keys and outcomes stay."""
    return conn.execute(
        """UPDATE deliveries SET body = '', plain = '', image = x'' WHERE id IN (SELECT id FROM deliveries
            WHERE created_at < ? AND state IN ('sent', 'dead', 'dropped', 'collapsed')
                AND body <> '' ORDER BY id LIMIT ?)""",
        (iso(before), limit),
    ).rowcount


def _unreferred(conn: sqlite3.Connection, table: str, handled: Sequence[str] = ()) -> str:
    """A condition: no row refers to a row of this table in a way that forbids its removal."""
    others = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%REFERENCES%'").fetchall()
    keys = [
        (other["name"], key["from"])
        for other in others
        if other["name"] not in handled
        for key in conn.execute(f'PRAGMA foreign_key_list("{other["name"]}")').fetchall()
        if key["table"] == table and key["on_delete"] in {"NO ACTION", "RESTRICT"}
    ]
    unreferred = (
        f'NOT EXISTS (SELECT 1 FROM "{other}" AS o WHERE o."{column}" = {table}.id)'  # noqa: S608
        for other, column in keys
    )
    return " AND ".join(["1", *unreferred])


class Pruner:
    """Retention by the wish of a person, beside a running daemon or without one.

    Args:
        path: of an existing database.
        alone: no daemon runs, nor can it start; else checkpoints are left to it.

    Raises:
        UsageError: there is no database at ``path``.
    """

    def __init__(self, path: Path, *, alone: bool) -> None:
        require_there(path)
        self._path = path
        with our_errors(path):
            self._db = open_writer(path)
            if not alone:
                self._db.conn.execute("PRAGMA wal_autocheckpoint=0")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._db.close()

    def prune(self, hits_before: datetime, articles_before: datetime) -> Pruned:
        """Let go of all that is older; see :func:`prune_step`."""
        pruned, after = Pruned(), BEGINNING
        while True:
            with our_errors(self._path), transaction(self._db) as conn:
                step = prune_step(conn, hits_before, articles_before, after)
            pruned += step.done
            if step.after is None:
                return pruned
            after = step.after

    def vacuum(self) -> None:
        """Give the room of what was let go of back to the disk; nobody else may use the database meanwhile."""
        with our_errors(self._path):
            self._db.conn.execute("VACUUM")
            self._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
