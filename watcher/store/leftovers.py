"""Deliveries left in flight, or without a target in the configuration; each function is a part of a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

from watcher.model import Event, TargetName
from watcher.store.connection import iso
from watcher.store.rows import write_events

GONE = "the target is no longer in the configuration"
GONE_UNDER_WAY = f"may have arrived, and {GONE}"
NOT_REPEATED = "may have arrived, and is not to be repeated: the process ended while it was sent"


def recover(conn: sqlite3.Connection, drop: Collection[TargetName], now: datetime) -> int:
    """Put back what was in flight, marked as perhaps sent; what goes to targets in ``drop`` is given up instead."""
    rows = conn.execute("SELECT id, target FROM deliveries WHERE state = 'inflight'").fetchall()
    _give_up(conn, [row for row in rows if row["target"] in drop], NOT_REPEATED, now, maybe_sent=True)
    return conn.execute(
        "UPDATE deliveries SET state = 'pending', maybe_sent = 1, not_before = ? WHERE state = 'inflight'", (iso(now),)
    ).rowcount


def bury(conn: sqlite3.Connection, targets: Collection[TargetName], now: datetime) -> int:
    """Give up what goes to none of these targets; what is under way may arrive all the same."""
    rows = conn.execute("SELECT id, target, state FROM deliveries WHERE state IN ('pending', 'inflight', 'held')")
    orphans = [row for row in rows.fetchall() if row["target"] not in targets]
    _give_up(conn, [row for row in orphans if row["state"] != "inflight"], GONE, now, maybe_sent=False)
    _give_up(conn, [row for row in orphans if row["state"] == "inflight"], GONE_UNDER_WAY, now, maybe_sent=True)
    return len(orphans)


def _give_up(
    conn: sqlite3.Connection, rows: Collection[sqlite3.Row], reason: str, now: datetime, *, maybe_sent: bool
) -> None:
    conn.executemany(
        "UPDATE deliveries SET state = 'dead', last_error = ?, maybe_sent = max(maybe_sent, ?) WHERE id = ?",
        [(reason, maybe_sent, row["id"]) for row in rows],
    )
    events = [Event("delivery_dead", reason, delivery_id=row["id"], target=TargetName(row["target"])) for row in rows]
    write_events(conn, events, now)


def revive(conn: sqlite3.Connection, targets: Collection[TargetName], now: datetime) -> int:
    """Let what was buried wait again when its target is back before it expires, unless it may have arrived.

    What waited for a digest does so again.
    """
    rows = conn.execute(
        """SELECT id, target FROM deliveries
        WHERE state = 'dead' AND last_error = ? AND maybe_sent = 0 AND expires_at > ?""",
        (GONE, iso(now)),
    ).fetchall()
    back = [row for row in rows if row["target"] in targets]
    conn.executemany(
        """UPDATE deliveries SET state = CASE WHEN hold = '' OR attempts > 0 THEN 'pending' ELSE 'held' END,
            last_error = '' WHERE id = ?""",
        [(row["id"],) for row in back],
    )
    reason = "the target is in the configuration again"
    events = [Event("released", reason, delivery_id=row["id"], target=TargetName(row["target"])) for row in back]
    write_events(conn, events, now)
    return len(back)
