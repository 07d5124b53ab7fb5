"""Rows that wait to be told together, and what a digest says besides them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from watcher.alerting.digest import Background, Deadline, FeedHealth, Version, Waiting, days_before, series_of
from watcher.model import DeliveryId, Event, TargetName
from watcher.store.connection import iso
from watcher.store.records import AlertPlan
from watcher.store.rows import DIGEST, QUIET, write_alert, write_events

_WAITING = """SELECT deliveries.id, deliveries.target, alerts.kind, alerts.level, alerts.headline, alerts.news,
        articles.url,
        outlets.name AS outlet, articles.language,
        coalesce(articles.published_at, articles.seen_at, alerts.created_at) AS at,
        (SELECT coalesce(nullif(stories.key, ''), stories.id) FROM stories
            WHERE stories.id = coalesce(hits.story_id, alerts.story_id)) AS story,
        (SELECT json_group_array(label) FROM hit_topics WHERE hit_topics.hit_id = hits.id) AS topics,
        (SELECT json_array(stories.reports, stories.sources) FROM stories
            WHERE stories.id = coalesce(hits.story_id, alerts.story_id)) AS sizes
    FROM deliveries JOIN alerts ON alerts.id = deliveries.alert_id
    LEFT JOIN hits ON hits.id = alerts.hit_id
    LEFT JOIN articles ON articles.id = hits.article_id
    LEFT JOIN outlets ON outlets.id = articles.outlet_id
    WHERE {} ORDER BY deliveries.id"""


def _waiting(row: sqlite3.Row) -> Waiting:
    reports, sources = json.loads(row["sizes"] or "[1, 1]")
    return Waiting(
        delivery=DeliveryId(row["id"]),
        kind=row["kind"],
        level=row["level"],
        headline=row["headline"],
        url=row["url"] or "",
        outlet=row["outlet"] or "",
        language=row["language"] or "",
        at=datetime.fromisoformat(row["at"]),
        topics=tuple(json.loads(row["topics"])),
        story=str(row["story"] or ""),
        reports=max(1, reports),
        sources=max(1, sources),
        news=tuple(row["news"].splitlines()),
    )


def hold_for_quiet(conn: sqlite3.Connection, target: TargetName, until: datetime, now: datetime) -> int:
    """Hold what is not urgent until quiet hours are over."""
    rows = conn.execute(
        """UPDATE deliveries SET state = 'held', hold = ? WHERE state = 'pending' AND target = ? AND urgent = 0
        RETURNING id""",
        (QUIET, target),
    ).fetchall()
    reason = f"quiet hours until {until:%Y-%m-%d %H:%M} UTC"
    write_events(conn, [Event("held", reason, delivery_id=row["id"], target=target) for row in rows], now)
    return len(rows)


def held_for_quiet(conn: sqlite3.Connection, target: TargetName) -> list[Waiting]:
    """What waits for the end of quiet hours."""
    where = "deliveries.state = 'held' AND deliveries.hold = ? AND deliveries.target = ?"
    return [_waiting(row) for row in conn.execute(_WAITING.format(where), (QUIET, target))]


def targets_held(conn: sqlite3.Connection) -> set[TargetName]:
    """The targets for which something waits for the end of quiet hours."""
    rows = conn.execute("SELECT DISTINCT target FROM deliveries WHERE state = 'held' AND hold = ?", (QUIET,))
    return {TargetName(row["target"]) for row in rows}


def held_for_digest(conn: sqlite3.Connection, route: str, target: TargetName, until: datetime) -> list[Waiting]:
    """What waits for the digest of a route, of what was queued until a moment."""
    where = """deliveries.state = 'held' AND deliveries.hold = ? AND deliveries.target = ?
        AND deliveries.created_at <= ?"""
    return [_waiting(row) for row in conn.execute(_WAITING.format(where), (f"{DIGEST}{route}", target, iso(until)))]


def backlog(conn: sqlite3.Connection, target: TargetName, limit: int, now: datetime) -> list[Waiting]:
    """What is due for a target that takes deliveries, when it is more than ``limit``."""
    row = conn.execute(
        """SELECT count(*) AS n, (SELECT paused_until FROM targets WHERE name = :target) AS paused FROM deliveries
        WHERE state = 'pending' AND target = :target AND not_before <= :now""",
        {"target": target, "now": iso(now)},
    ).fetchone()
    if row["n"] <= limit or (row["paused"] or "") > (iso(now) or ""):
        return []
    where = "deliveries.state = 'pending' AND deliveries.target = ? AND deliveries.not_before <= ?"
    return [_waiting(row) for row in conn.execute(_WAITING.format(where), (target, iso(now)))]


def release(conn: sqlite3.Connection, ids: Iterable[DeliveryId], now: datetime) -> None:
    """Let what was held be delivered by itself; the time that it was held does not count against it."""
    for id_ in ids:
        row = conn.execute(
            """UPDATE deliveries SET state = 'pending', not_before = :now,
                expires_at = strftime('%Y-%m-%dT%H:%M:%fZ', expires_at,
                    (julianday(:now) - julianday(created_at)) || ' days')
            WHERE id = :id AND state = 'held' RETURNING target""",
            {"now": iso(now), "id": id_},
        ).fetchone()
        if row is not None:
            event = Event("released", "the quiet hours are over", delivery_id=id_, target=TargetName(row["target"]))
            write_events(conn, [event], now)


def collapse(
    conn: sqlite3.Connection, alert: AlertPlan, ids: Iterable[DeliveryId], reason: str, now: datetime
) -> DeliveryId | None:
    """Queue a digest with one delivery, which tells these others; None when it is queued already.

    What has been sent, dropped or claimed in the meantime is left as it is.
    """
    write_alert(conn, alert, None, now)
    planned = alert.deliveries[0]
    row = conn.execute("SELECT id FROM deliveries WHERE idem_key = ?", (planned.idem_key,)).fetchone()
    teller = DeliveryId(row["id"])
    told = [
        conn.execute(
            """UPDATE deliveries SET state = 'collapsed', told_by = ? WHERE id = ? AND state IN ('pending', 'held')
            RETURNING id""",
            (teller, id_),
        ).fetchone()
        for id_ in ids
        if id_ != teller
    ]
    write_events(
        conn,
        [Event("collapsed", reason, delivery_id=each["id"], target=planned.target, detail=f"told by delivery {teller}")
         for each in told if each is not None],
        now,
    )  # fmt: skip
    return teller


# --- digests of routes -------------------------------------------------------------------------------------------


def slots(conn: sqlite3.Connection) -> dict[tuple[str, TargetName], datetime]:
    """The latest slot of each digest that has been made."""
    rows = conn.execute("SELECT route, target, slot_at FROM digests")
    return {(row["route"], TargetName(row["target"])): datetime.fromisoformat(row["slot_at"]) for row in rows}


def set_slot(conn: sqlite3.Connection, route: str, target: TargetName, slot: datetime) -> None:
    """Note that the digest of a slot has been made."""
    conn.execute(
        """INSERT INTO digests (route, target, slot_at) VALUES (?, ?, ?)
        ON CONFLICT (route, target) DO UPDATE SET slot_at = excluded.slot_at""",
        (route, target, iso(slot)),
    )


def keep_digests(conn: sqlite3.Connection, wanted: Mapping[tuple[str, TargetName], datetime], now: datetime) -> int:
    """Make the digests those of the configuration, and let go of what waits for others: it is told right away."""
    known = slots(conn)
    for (route, target), first in wanted.items():
        if (route, target) not in known:
            set_slot(conn, route, target, first)
    for route, target in known.keys() - wanted.keys():
        conn.execute("DELETE FROM digests WHERE route = ? AND target = ?", (route, target))
    rows = conn.execute(
        "SELECT DISTINCT hold, target FROM deliveries WHERE state = 'held' AND hold <> ?", (QUIET,)
    ).fetchall()
    released = 0
    for row in rows:
        if (row["hold"].removeprefix(DIGEST), row["target"]) in wanted:
            continue
        # As at the end of quiet hours: in one message.
        moved = conn.execute(
            "UPDATE deliveries SET hold = ? WHERE state = 'held' AND hold = ? AND target = ? RETURNING id",
            (QUIET, row["hold"], row["target"]),
        ).fetchall()
        reason = f"the digest '{row['hold'].removeprefix(DIGEST)}' is no longer in the configuration"
        target = TargetName(row["target"])
        write_events(conn, [Event("released", reason, delivery_id=each["id"], target=target) for each in moved], now)
        released += len(moved)
    return released


# --- the background of a digest ----------------------------------------------------------------------------------

_OF_TOPICS = """(:any OR EXISTS (SELECT 1 FROM hit_topics JOIN json_each(:topics) AS wanted
    ON wanted.value = hit_topics.topic WHERE hit_topics.hit_id = hits.id))"""
_REPORTED = """FROM facts JOIN hits ON hits.id = facts.hit_id JOIN articles ON articles.id = hits.article_id
    JOIN outlets ON outlets.id = articles.outlet_id"""
_LATEST_FACTS = timedelta(days=14)


def background(
    conn: sqlite3.Connection, topics: Sequence[str], since: datetime, until: datetime, zone: ZoneInfo
) -> Background:
    """What a digest says besides its alerts, of hits on any of these topics (of all when there are none)."""
    chosen = {"any": not topics, "topics": json.dumps(list(topics)), "until": iso(until)}
    today = until.astimezone(zone).date()
    days = days_before(today)
    return Background(
        deadlines=_deadlines(conn, chosen, until, today),
        versions=_versions(conn, chosen, since),
        feeds=feed_health(conn),
        first_day=days[0],
        series=series_of(_counts(conn, chosen, days, zone), days),
    )


def _deadlines(
    conn: sqlite3.Connection, chosen: Mapping[str, object], until: datetime, today: date
) -> tuple[Deadline, ...]:
    rows = conn.execute(
        f"""SELECT facts.value, facts.text, outlets.name AS outlet, articles.url, max(facts.id),
            count(DISTINCT outlets.family) AS sources {_REPORTED}
        WHERE facts.kind = 'deadline' AND facts.value >= :today AND hits.found_at > :earliest
            AND hits.found_at <= :until AND length(facts.value) = 10 AND {_OF_TOPICS}
        GROUP BY facts.value ORDER BY facts.value LIMIT 6""",
        {**chosen, "today": today.isoformat(), "earliest": iso(until - _LATEST_FACTS)},
    ).fetchall()
    return tuple(
        Deadline(date.fromisoformat(row["value"]), row["text"], row["outlet"], row["url"], row["sources"])
        for row in rows
    )


def _versions(conn: sqlite3.Connection, chosen: Mapping[str, object], since: datetime) -> tuple[Version, ...]:
    rows = conn.execute(
        f"""SELECT facts.value, min(hits.found_at) AS first, outlets.name AS outlet, articles.url,
            count(DISTINCT outlets.family) AS sources {_REPORTED}
        WHERE facts.kind = 'plan_points' AND hits.found_at <= :until AND {_OF_TOPICS}
        GROUP BY facts.value HAVING min(hits.found_at) > :since ORDER BY first LIMIT 6""",
        {**chosen, "since": iso(since)},
    ).fetchall()
    return tuple(
        Version(int(row["value"]), datetime.fromisoformat(row["first"]), row["outlet"], row["url"], row["sources"])
        for row in rows
        if str(row["value"]).isdecimal()
    )


def _counts(
    conn: sqlite3.Connection, chosen: Mapping[str, object], days: Sequence[date], zone: ZoneInfo
) -> dict[tuple[str, date], int]:
    earliest = datetime.combine(days[0], datetime.min.time(), zone)
    rows = conn.execute(
        f"""SELECT hit_topics.label, hits.found_at FROM hits JOIN hit_topics ON hit_topics.hit_id = hits.id
        WHERE hits.found_at >= :earliest AND hits.found_at <= :until AND hits.withdrawn_at IS NULL AND {_OF_TOPICS}
            AND (:any OR hit_topics.topic IN (SELECT value FROM json_each(:topics)))""",  # noqa: S608 (our own words)
        {**chosen, "earliest": iso(earliest)},
    )
    counts: dict[tuple[str, date], int] = {}
    for row in rows:
        day = datetime.fromisoformat(row["found_at"]).astimezone(zone).date()
        counts[row["label"], day] = counts.get((row["label"], day), 0) + 1
    return counts


def feed_health(conn: sqlite3.Connection) -> FeedHealth:
    """How many feeds answer."""
    rows = conn.execute(
        """SELECT feed_id, health FROM feed_health WHERE status = 'active' AND health <> 'waiting'
        ORDER BY failures DESC, feed_id"""
    ).fetchall()
    failing = tuple(row["feed_id"] for row in rows if row["health"] != "ok")
    return FeedHealth(len(rows) - len(failing), len(rows), failing)
