"""What a person may do to the outbox and to stories, beside a running daemon or without one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from watcher.model import DeliveryId, Event
from watcher.store.connection import iso, open_writer, our_errors, transaction
from watcher.store.presence import require_there
from watcher.store.rows import write_events


class Outbox:
    """The deliveries and stories of an existing database.

    It writes in short transactions and leaves checkpoints to the daemon, which is the only one to make them.

    Raises:
        UsageError: there is no database at ``path``.
    """

    def __init__(self, path: Path) -> None:
        require_there(path)
        self.path = path
        with our_errors(path):
            self._db = open_writer(path)
            self._db.conn.execute("PRAGMA wal_autocheckpoint=0")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._db.close()

    @contextmanager
    def _tx(self) -> Iterator[sqlite3.Connection]:
        with our_errors(self.path), transaction(self._db) as conn:
            yield conn

    def mute_stories(self, ids: Iterable[int], until: datetime | None) -> list[int]:
        """Mute stories until a moment, or let them be told again; return the ids of those that there are."""
        with self._tx() as conn:
            sql = "UPDATE stories SET muted_until = ? WHERE id = ? RETURNING id"
            rows = [conn.execute(sql, (iso(until), story)).fetchone() for story in ids]
        return [row["id"] for row in rows if row is not None]

    def retry_deliveries(self, ids: Iterable[DeliveryId] | None, now: datetime, expires_at: datetime) -> int:
        """Make deliveries due now and free their targets: all dead ones, or those of ``ids`` that were not made."""
        condition, parameters = _chosen(ids)
        states = "'dead'" if ids is None else "'pending', 'dead', 'dropped', 'held'"
        with self._tx() as conn:
            conn.execute(
                f"""UPDATE targets SET paused_until = NULL, pauses = 0, failures = 0 WHERE name IN
                (SELECT target FROM deliveries WHERE state IN ({states}) {condition})""",  # noqa: S608 (only marks)
                parameters,
            )
            return conn.execute(
                f"""UPDATE deliveries SET state = 'pending', not_before = ?, expires_at = max(expires_at, ?)
                WHERE state IN ({states}) {condition}""",  # noqa: S608 (only marks)
                (iso(now), iso(expires_at), *parameters),
            ).rowcount

    def drop_deliveries(self, ids: Iterable[DeliveryId] | None, now: datetime) -> int:
        """Give up deliveries that have not been made, by the wish of the user (all dead ones when ``ids`` is None)."""
        condition, parameters = _chosen(ids)
        states = "'dead'" if ids is None else "'pending', 'dead', 'held'"
        with self._tx() as conn:
            rows = conn.execute(
                f"SELECT id, target FROM deliveries WHERE state IN ({states}) {condition}",  # noqa: S608 (only marks)
                parameters,
            ).fetchall()
            conn.executemany("UPDATE deliveries SET state = 'dropped' WHERE id = ?", [(row["id"],) for row in rows])
            write_events(
                conn,
                [Event("delivery_dropped", "by the user", delivery_id=row["id"], target=row["target"]) for row in rows],
                now,
            )
        return len(rows)


def _chosen(ids: Iterable[DeliveryId] | None) -> tuple[str, tuple[DeliveryId, ...]]:
    if ids is None:
        return "", ()
    chosen = tuple(ids)
    return f"AND id IN ({', '.join('?' * len(chosen))})", chosen
