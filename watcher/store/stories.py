"""Open stories as rows, and what was told of them; each function here is a part of a transaction of the store.

A story is a row of ``stories``; while it is open, ``state`` has what is needed to go on with it, and ``story_reports``
its reports. Both are let go of when it closes; the row stays.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from watcher.alerting.routing import Routed
from watcher.model import ArticleId, Earlier, Event, ReadJob, TargetName
from watcher.store.connection import iso, moment
from watcher.store.records import Past, ReadRecord
from watcher.store.rows import DIGEST, write_events
from watcher.stories import (
    OF_STORY,
    Claim,
    Merge,
    Placement,
    Report,
    Story,
    StoryKey,
    dump_report,
    dump_story,
    load_report,
    load_story,
)

_EARLIER = 10
_NEVER = "({0}.state IN ('dead', 'dropped') AND {0}.maybe_sent = 0)"
# Neither what was given up nor what a digest tells that was given up itself: the next report is news to the target.
_TOLD = f"""SELECT own.target, own.hold FROM deliveries AS own
    LEFT JOIN deliveries AS teller ON own.state = 'collapsed' AND teller.id = own.told_by
    WHERE own.alert_id = ? AND NOT {_NEVER.format("own")}
        AND (teller.id IS NULL OR NOT {_NEVER.format("teller")})"""  # noqa: S608 (our own conditions)


def load_open(conn: sqlite3.Connection) -> tuple[list[Story], list[Claim]]:
    """The open stories, and what hits claimed in any story."""
    keys: dict[int, list[str]] = defaultdict(list)
    members: dict[int, list[Report]] = defaultdict(list)
    for row in conn.execute("SELECT story_id, key, report FROM story_reports ORDER BY key"):
        keys[row["story_id"]].append(row["key"])
        if row["report"]:
            members[row["story_id"]].append(load_report(json.loads(row["report"])))
    opened = conn.execute("SELECT id, state FROM stories WHERE state <> '' ORDER BY id")
    stories = [load_story(json.loads(row["state"]), keys[row["id"]], members[row["id"]]) for row in opened]
    claims = [Claim(row["kind"], row["value"], row["unit"]) for row in conn.execute("SELECT * FROM claims")]
    return stories, claims


def gone(conn: sqlite3.Connection, jobs: Sequence[ReadJob]) -> list[str]:
    """Keys of reports of open stories whose articles, just read, are no hits now, or have become part of others."""
    rows = conn.execute(
        """SELECT key FROM story_reports
        WHERE (key IN (SELECT value FROM json_each(:keys)) OR key IN
                (SELECT key FROM article_keys WHERE article_id IN (SELECT value FROM json_each(:ids))))
            AND NOT EXISTS (SELECT 1 FROM articles JOIN hits ON hits.article_id = articles.id
                WHERE articles.key = story_reports.key AND hits.withdrawn_at IS NULL)
        ORDER BY key""",
        {"keys": json.dumps([job.key for job in jobs]), "ids": json.dumps([job.article_id for job in jobs])},
    )
    return [row["key"] for row in rows]


def told_before(conn: sqlite3.Connection, reports: Mapping[int, str]) -> dict[str, StoryKey]:
    """The story of each report whose hit is in one already that somebody was told of, and that has any hit left.

    Args:
        reports: keys of reports, by the id of the hit.
    """
    rows = conn.execute(
        """SELECT hits.id, stories.key FROM hits JOIN stories ON stories.id = hits.story_id
        WHERE hits.id IN (SELECT value FROM json_each(?)) AND stories.reports > 0 AND EXISTS
            (SELECT 1 FROM hits AS others JOIN alerts ON alerts.hit_id = others.id WHERE others.story_id = stories.id)
        """,
        (json.dumps(list(reports)),),
    )
    return {reports[row["id"]]: StoryKey(row["key"]) for row in rows}


def forget(conn: sqlite3.Connection, keys: Sequence[str]) -> None:
    """Count these reports no longer."""
    conn.executemany("DELETE FROM story_reports WHERE key = ?", [(key,) for key in keys])


def write_placement(
    conn: sqlite3.Connection, placement: Placement, hits: Mapping[str, tuple[int, ReadRecord]], now: datetime
) -> dict[StoryKey, int]:
    """Write where hits went; return the ids of the stories that are new or changed.

    Args:
        hits: (id, record) by the key of the report.
    """
    ids = {story.key: _write_story(conn, story, now) for story in placement.stories}
    for merge in placement.merges:
        _write_merge(conn, merge, hits, now)
    for key in placement.closed:
        _close(conn, key, now)
    for key in placement.emptied:
        conn.execute("UPDATE stories SET reports = 0, sources = 0, first_source = '' WHERE key = ?", (key,))
        _close(conn, key, now)
    for story in placement.stories:
        _write_reports(conn, ids[story.key], story)
    conn.executemany(
        "UPDATE hits SET story_id = ? WHERE id = ?",
        [(ids[placed.story], hits[placed.report][0]) for placed in placement.placed],
    )
    records = [hits[placed.report][1] for placed in placement.placed]
    reports = [record.report for record in records if record.report is not None]
    conn.executemany(
        "INSERT INTO claims (kind, value, unit) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [claim.fact for report in reports for claim in report.claims if claim.kind not in OF_STORY],
    )
    return ids


def _write_story(conn: sqlite3.Connection, story: Story, now: datetime) -> int:
    first = story.origins[0]
    row = conn.execute(
        """INSERT INTO stories (key, title, level, opened_at, updated_at, reports, sources, first_source, state)
        VALUES (:key, :title, :level, :opened, :now, :reports, :sources, :first, :state)
        ON CONFLICT (key) WHERE key <> '' DO UPDATE SET level = excluded.level, opened_at = excluded.opened_at,
            updated_at = excluded.updated_at, reports = excluded.reports, sources = excluded.sources,
            first_source = excluded.first_source, state = excluded.state, closed_at = NULL, merged_into = NULL
        RETURNING id""",
        {
            "key": story.key, "title": story.title, "level": story.level, "opened": iso(story.opened_at),
            "now": iso(now), "reports": story.count, "sources": len(story.origins), "first": first.name,
            "state": json.dumps(dump_story(story), ensure_ascii=False),
        },
    ).fetchone()  # fmt: skip
    return int(row["id"])


def _write_reports(conn: sqlite3.Connection, story_id: int, story: Story) -> None:
    members = {member.key: member for member in story.members}
    kept = conn.execute("SELECT key FROM story_reports WHERE story_id = ? AND report <> ''", (story_id,)).fetchall()
    conn.executemany(
        "UPDATE story_reports SET report = '' WHERE key = ?", [(r["key"],) for r in kept if r["key"] not in members]
    )
    conn.executemany(
        """INSERT INTO story_reports (key, story_id, report) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET story_id = excluded.story_id, report = excluded.report""",
        [(key, story_id, json.dumps(dump_report(member), ensure_ascii=False)) for key, member in members.items()],
    )


def _write_merge(
    conn: sqlite3.Connection, merge: Merge, hits: Mapping[str, tuple[int, ReadRecord]], now: datetime
) -> None:
    """Make a story a part of another: its hits move, its alerts stay what they were, and the ledger says why."""
    row = conn.execute("SELECT id FROM stories WHERE key = ?", (merge.absorbed,)).fetchone()
    kept = conn.execute("SELECT id FROM stories WHERE key = ?", (merge.kept,)).fetchone()
    if row is None or kept is None:  # made and absorbed in one tick
        return
    both = (kept["id"], row["id"])
    conn.execute("UPDATE hits SET story_id = ? WHERE story_id = ?", both)
    conn.execute("UPDATE story_reports SET story_id = ? WHERE story_id = ?", both)
    conn.execute(
        "UPDATE stories SET merged_into = ?, closed_at = ?, state = '' WHERE id = ?", (kept["id"], iso(now), row["id"])
    )
    reason = f"story {row['id']} is a part of story {kept['id']}: a report is like both ({merge.score:.2f})"
    write_events(conn, [Event("story_merged", reason)], now, hit_id=hits[merge.report][0])


def _close(conn: sqlite3.Connection, key: StoryKey, now: datetime) -> None:
    conn.execute("UPDATE stories SET closed_at = ?, state = '' WHERE key = ?", (iso(now), key))
    conn.execute("DELETE FROM story_reports WHERE story_id = (SELECT id FROM stories WHERE key = ?)", (key,))


def recall(conn: sqlite3.Connection, story: Story, articles: Sequence[ArticleId]) -> Past:
    """What was told of a story, of those that became a part of it, and of articles before they were in one."""
    keys = (story.key, *story.merged)
    sql = f"SELECT id, muted_until FROM stories WHERE key IN ({_marks(keys)})"  # noqa: S608 (only marks)
    rows = conn.execute(sql, keys).fetchall()
    ids = [row["id"] for row in rows]
    alerts = conn.execute(
        f"""SELECT id, created_at, kind, headline, news FROM alerts WHERE story_id IN ({_marks(ids)})
            OR hit_id IN (SELECT id FROM hits WHERE article_id IN ({_marks(articles)})) ORDER BY id""",  # noqa: S608
        (*ids, *articles),
    ).fetchall()
    told = [row for alert in alerts for row in conn.execute(_TOLD, (alert["id"],))]
    return Past(
        told=frozenset(Routed(TargetName(row["target"]), _digest(row["hold"])) for row in told),
        earlier=tuple(
            Earlier(datetime.fromisoformat(row["created_at"]), row["kind"], row["headline"], _lines(row["news"]))
            for row in alerts[-_EARLIER:]
        ),
        muted_until=max(filter(None, (moment(row["muted_until"]) for row in rows)), default=None),
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _digest(hold: str) -> str:
    return hold.removeprefix(DIGEST) if hold.startswith(DIGEST) else ""


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())
