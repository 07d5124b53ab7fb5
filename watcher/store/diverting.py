"""What one target cannot take goes to the one that stands in for it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from watcher.alerting.planning import idem_key
from watcher.alerting.troubles import PAUSED_FOR
from watcher.model import Event, Message, Target, TargetName
from watcher.render.typeset import fit
from watcher.store.connection import iso, moment
from watcher.store.rows import write_events


def divert(conn: sqlite3.Connection, target: TargetName, fallback: Target, now: datetime, expires_at: datetime) -> int:
    """Queue for another target what waits for one that is paused for long, and what is dead for one; say how much.

    What may have arrived and was not to be repeated stays where it is, and so does what has been dead for longer than
    from now until ``expires_at``: a fallback that is new is not told of the past. The others are then told by those of
    the fallback.
    """
    paused = conn.execute("SELECT paused_until FROM targets WHERE name = ?", (target,)).fetchone()
    until = moment(paused["paused_until"]) if paused is not None else None
    waits = until is not None and until - now > PAUSED_FOR
    rows = conn.execute(
        """SELECT deliveries.*, alerts.headline FROM deliveries JOIN alerts ON alerts.id = deliveries.alert_id
        WHERE target = :target AND state IN ('dead', 'pending') AND (state = 'dead' AND maybe_sent = 0 AND body <> ''
                AND coalesce(last_attempt_at, deliveries.created_at) > :since
            OR :waits AND state = 'pending') ORDER BY deliveries.id LIMIT 500""",
        {"target": target, "waits": waits, "since": iso(now - (expires_at - now))},
    ).fetchall()
    for row in rows:
        _hand_over(conn, row, fallback, now, expires_at)
    return len(rows)


def _hand_over(
    conn: sqlite3.Connection, row: sqlite3.Row, fallback: Target, now: datetime, expires_at: datetime
) -> None:
    message = fit(
        Message(
            row["format"], row["subject"] or row["headline"], row["body"], row["plain"], row["thread"], row["image"]
        ),
        fallback.format,
    )
    made = conn.execute(
        """INSERT INTO deliveries (idem_key, alert_id, target, format, subject, body, plain, thread, image, urgent,
            not_before, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (idem_key) DO UPDATE SET idem_key = excluded.idem_key RETURNING id""",
        (
            idem_key(row["idem_key"], fallback.name), row["alert_id"], fallback.name, message.format, message.subject,
            message.body, message.plain, message.thread, message.image, row["urgent"], iso(now), iso(expires_at),
            iso(now),
        ),
    ).fetchone()  # fmt: skip
    conn.execute(
        "UPDATE deliveries SET state = 'collapsed', told_by = ? WHERE id = ? AND state IN ('pending', 'dead')",
        (made["id"], row["id"]),
    )
    reason = f"to {fallback.name} instead: {row['last_error'] or 'the target is paused'}"
    write_events(conn, [Event("diverted", reason, delivery_id=row["id"], target=row["target"])], now)
