"""Rows and the types of the model, one into the other; each function here is a part of a transaction of the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from watcher.alerting.planning import Pause
from watcher.model import (
    AlertId,
    Archived,
    ArticleId,
    ArticleText,
    DeliveryId,
    DeliveryJob,
    Event,
    FeedId,
    FeedState,
    Hints,
    Judgement,
    Level,
    Message,
    NearMiss,
    OutletId,
    PollDecision,
    ReadJob,
    SeenEntry,
    TargetName,
    TopicId,
)
from watcher.store.connection import iso, moment
from watcher.store.records import AlertPlan, ReadRecord

# How often a changed entry makes its article be read again: a headline that flips for ever must not cost for ever.
MAX_REVISIONS = 5
# What `deliveries.hold` says of a delivery that is held: for the end of quiet hours, or for the digest of a route.
QUIET = "quiet"
DIGEST = "digest:"


def feed_state(row: sqlite3.Row) -> FeedState:
    """Read what is remembered of a feed."""
    return FeedState(
        feed_id=FeedId(row["id"]),
        url=row["url"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        next_poll_at=moment(row["next_poll_at"]),
        last_polled_at=moment(row["last_polled_at"]),
        last_success_at=moment(row["last_success_at"]),
        last_new_at=moment(row["last_new_at"]),
        baseline_at=moment(row["baseline_at"]),
        failures=row["failures"],
        moved_to=row["moved_to"],
        moved_since=moment(row["moved_since"]),
        moved_count=row["moved_count"],
        gone_since=moment(row["gone_since"]),
        unchanged_polls=row["unchanged_polls"],
        hints=_hints(json.loads(row["hints"])),
        items=row["items"],
    )


def _hints(kept: dict[str, Any]) -> Hints:
    return Hints(
        max_age=kept.get("max_age"),
        ttl=kept.get("ttl"),
        skip_hours=tuple(kept.get("skip_hours", ())),
        skip_days=tuple(kept.get("skip_days", ())),
    )


def update_feed(conn: sqlite3.Connection, decision: PollDecision, url: str, new: int, now: datetime) -> None:
    """Write what a poll made of its feed; ``url`` is its address as it may be stored."""
    state = decision.state
    conn.execute(
        """UPDATE feeds SET url = :url, title = CASE WHEN :title = '' THEN title ELSE :title END,
            next_poll_at = :next, why_next = :why, last_polled_at = :polled, last_success_at = :success,
            last_new_at = CASE WHEN :new > 0 THEN :now ELSE last_new_at END, baseline_at = :baseline,
            last_status = :last_status, last_detail = :detail, elapsed = :elapsed, failures = :failures,
            polls = polls + 1, new_entries = new_entries + :new, etag = :etag, last_modified = :modified,
            body_hash = :hash, moved_to = :moved_to, moved_since = :moved_since, moved_count = :moved_count,
            gone_since = :gone_since, unchanged_polls = :unchanged, hints = :hints,
            failing_since = CASE WHEN :failures > 0 THEN coalesce(failing_since, :now) END, items = :items
        WHERE id = :id""",
        {
            "id": state.feed_id, "url": url, "title": decision.title,
            "next": iso(state.next_poll_at or now), "why": decision.why_next, "polled": iso(state.last_polled_at),
            "success": iso(state.last_success_at), "new": new, "now": iso(now), "baseline": iso(state.baseline_at),
            "last_status": decision.status, "detail": decision.detail, "elapsed": decision.elapsed,
            "failures": state.failures, "etag": state.etag, "modified": state.last_modified,
            "hash": state.body_hash, "moved_to": state.moved_to, "moved_since": iso(state.moved_since),
            "moved_count": state.moved_count, "gone_since": iso(state.gone_since),
            "unchanged": state.unchanged_polls, "hints": json.dumps(asdict(state.hints)), "items": state.items,
        },
    )  # fmt: skip


def change_entry(conn: sqlite3.Connection, before: sqlite3.Row, seen: SeenEntry, now: datetime) -> None:
    """Note that an entry has changed; its article is read again, within reason."""
    entry = seen.entry
    conn.execute(
        """UPDATE entries SET title = ?, content_hash = ?, changed_at = ?, revisions = revisions + 1 WHERE id = ?""",
        (entry.title, entry.content_hash, iso(now), before["id"]),
    )
    if before["revisions"] < MAX_REVISIONS:
        conn.execute(
            """UPDATE articles SET feed_title = :title, feed_summary = :summary, feed_content = :content,
                revision = revision + 1, next_read_at = :now, read_attempts = 0, parks = 0,
                title = CASE WHEN read_at IS NULL THEN :title ELSE title END,
                summary = CASE WHEN read_at IS NULL THEN :summary ELSE summary END
            WHERE id = :id""",
            {"title": entry.title, "summary": entry.summary, "content": entry.content, "now": iso(now),
             "id": before["article_id"]},
        )  # fmt: skip


def read_job(row: sqlite3.Row) -> ReadJob:
    """Read an article that is due."""
    return ReadJob(
        article_id=ArticleId(row["id"]),
        key=row["key"],
        url=row["url"],
        title=row["feed_title"],
        summary=row["feed_summary"],
        content=row["feed_content"],
        language=row["language"] or row["outlet_language"],
        published_at=moment(row["published_at"]),
        first_seen_at=datetime.fromisoformat(row["seen_at"]),
        outlet_id=OutletId(row["outlet_id"]),
        outlet_class=row["outlet_class"],
        outlet_name=row["outlet_name"],
        feed_ids=tuple(FeedId(id_) for id_ in (row["feed_ids"] or "").split()),
        feed_tags=tuple(dict.fromkeys((row["feed_tags"] or "").split())),
        attempts=row["read_attempts"],
        quiet_reason=row["quiet_reason"],
        revision=row["revision"],
        kept_text=row["text"],
        kept_source=row["text_source"] or "title",
        gate_off=bool(row["gate_off"]),
    )


def archived(row: sqlite3.Row) -> Archived:
    """Read an article that has been read, with its hit and its near miss."""
    near = None
    if row["topic"] is not None:
        near = NearMiss(TopicId(row["topic"]), bool(row["gate"]), row["score"], row["digest_at"], row["miss"])
    return Archived(
        id=ArticleId(row["id"]),
        url=row["url"],
        outlet=row["outlet"],
        outlet_class=row["outlet_class"],
        feed_tags=tuple(dict.fromkeys((row["feed_tags"] or "").split())),
        seen_at=datetime.fromisoformat(row["seen_at"]),
        published_at=moment(row["published_at"]),
        text=ArticleText(row["title"], row["summary"], row["text"], row["text_source"], row["language"]),
        level=row["level"],
        near=near,
        rules_hash=row["rules_hash"],
    )


def update_article(conn: sqlite3.Connection, record: ReadRecord, now: datetime) -> None:
    """Write the text that was had and what the rules say of it.

    When the entry has changed since the job was claimed, the article stays due.
    """
    outcome = record.outcome
    text, judgement = outcome.text, outcome.judgement
    fired = ", ".join(topic.topic for topic in judgement.fired)
    conn.execute(
        """UPDATE articles SET title = :title, summary = :summary, text = :text, text_source = :source,
            language = :language, read_at = :now,
            read_status = :status, read_detail = :detail, parks = 0, verdict = :verdict, rules_hash = :rules,
            next_read_at = CASE WHEN revision = :revision THEN :next ELSE next_read_at END,
            read_attempts = read_attempts + (revision = :revision),
            feed_content = CASE WHEN revision = :revision AND :next IS NULL THEN '' ELSE feed_content END
        WHERE id = :id""",
        {
            "id": outcome.job.article_id, "title": text.title, "summary": text.summary,
            "text": text.text if record.keep_text else "", "source": text.source, "language": judgement.language,
            "next": iso(record.next_read_at), "now": iso(now), "status": record.status, "detail": record.detail,
            "verdict": f"{judgement.level}: {fired}" if judgement.level else _miss(record),
            "rules": judgement.rules_hash, "revision": outcome.job.revision,
        },
    )  # fmt: skip


def note_unread(conn: sqlite3.Connection, record: ReadRecord) -> None:
    """Write that an article could not be judged this time; what is known of it stays."""
    conn.execute(
        """UPDATE articles SET read_status = :status, read_detail = :detail,
            next_read_at = CASE WHEN revision = :revision THEN :next ELSE next_read_at END,
            read_attempts = read_attempts + (revision = :revision)
        WHERE id = :id""",
        {
            "id": record.outcome.job.article_id, "status": record.status, "detail": record.detail,
            "next": iso(record.next_read_at), "revision": record.outcome.job.revision,
        },
    )  # fmt: skip


def _miss(record: ReadRecord) -> str:
    """Why no topic fired."""
    if record.outcome.skipped:
        return "gate: nothing on the page can satisfy any topic"
    nearest = record.near_miss or next((topic for topic in record.outcome.judgement.topics if topic.miss), None)
    return f"{nearest.topic}: {nearest.miss}" if nearest else "no topic came near"


def write_near_miss(conn: sqlite3.Connection, record: ReadRecord, now: datetime) -> None:
    """Note that a topic nearly fired for an article; or forget that one did."""
    article, near = record.outcome.job.article_id, record.near_miss
    conn.execute("DELETE FROM near_misses WHERE article_id = ?", (article,))
    if near is not None:
        conn.execute(
            "INSERT INTO near_misses VALUES (?, ?, ?, ?, ?, ?, ?)",
            (article, iso(now), near.topic, int(near.gate), near.score, near.digest_at, near.miss),
        )


def write_hit(conn: sqlite3.Connection, record: ReadRecord, level: Level, now: datetime) -> int:
    """Write a hit anew, with its evidence; return its id, which stays the same for an article."""
    judgement, text = record.outcome.judgement, record.outcome.text
    evidence = judgement.evidence
    row = conn.execute(
        """INSERT INTO hits (article_id, found_at, updated_at, level, score, topics, entities, evidence,
            evidence_field, evidence_start, evidence_marks, text_source, rules_hash)
        VALUES (:article, :now, :now, :level, :score, :topics, :entities, :evidence, :field, :start, :marks, :source,
            :rules)
        ON CONFLICT (article_id) DO UPDATE SET updated_at = excluded.updated_at, withdrawn_at = NULL,
            level = excluded.level, score = excluded.score, topics = excluded.topics, entities = excluded.entities,
            evidence = excluded.evidence, evidence_field = excluded.evidence_field,
            evidence_start = excluded.evidence_start, evidence_marks = excluded.evidence_marks,
            text_source = excluded.text_source, rules_hash = excluded.rules_hash
        RETURNING id""",
        {
            "article": record.outcome.job.article_id, "now": iso(now), "level": level, "score": judgement.score,
            "topics": ", ".join(topic.topic for topic in judgement.fired),
            "entities": ", ".join(record.entity_names),
            "evidence": evidence.text if evidence else text.title,
            "field": evidence.field if evidence else "title", "start": evidence.start if evidence else 0,
            "marks": json.dumps(evidence.marks if evidence else ()), "source": text.source,
            "rules": judgement.rules_hash,
        },
    ).fetchone()  # fmt: skip
    hit_id = int(row["id"])
    for table in ("hit_topics", "matches", "facts"):
        conn.execute(f"DELETE FROM {table} WHERE hit_id = ?", (hit_id,))  # noqa: S608 (names of our own)
    _write_evidence(conn, hit_id, judgement)
    return hit_id


def withdraw_hit(conn: sqlite3.Connection, article_id: ArticleId, now: datetime) -> None:
    """Take back the hit of an article for which no topic fires any more.

    One that somebody was told of stays as it was told, marked; what points into the text that was judged then goes.
    """
    hit = conn.execute(
        """SELECT id, withdrawn_at, EXISTS (SELECT 1 FROM alerts WHERE alerts.hit_id = hits.id) AS told
        FROM hits WHERE article_id = ?""",
        (article_id,),
    ).fetchone()
    if hit is None:
        return
    if not hit["told"]:
        conn.execute("DELETE FROM hits WHERE id = ?", (hit["id"],))
    else:
        conn.execute("DELETE FROM matches WHERE hit_id = ?", (hit["id"],))
        conn.execute("DELETE FROM facts WHERE hit_id = ?", (hit["id"],))
        conn.execute(
            """UPDATE hits SET withdrawn_at = coalesce(withdrawn_at, ?), updated_at = ?, evidence_start =
                (SELECT instr(CASE evidence_field WHEN 'title' THEN title WHEN 'summary' THEN summary ELSE text END,
                    evidence) - 1 FROM articles WHERE articles.id = hits.article_id)
            WHERE id = ?""",
            (iso(now), iso(now), hit["id"]),
        )
    if hit["withdrawn_at"] is None:
        event = Event("hit_withdrawn", "read again, no topic fires any more", article_id=article_id)
        write_events(conn, [event], now, hit_id=hit["id"])


def _write_evidence(conn: sqlite3.Connection, hit_id: int, judgement: Judgement) -> None:
    conn.executemany(
        "INSERT INTO hit_topics VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (hit_id, topic.topic, topic.label, topic.level, topic.score, topic.alert_at, topic.digest_at,
             json.dumps([{"concepts": line.concepts, "mentions": dict(line.mentions), "raw": line.raw,
                          "points": line.points, "cap": line.cap} for line in topic.lines]))
            for topic in judgement.fired
        ],
    )  # fmt: skip
    conn.executemany(
        """INSERT INTO matches (hit_id, kind, concept, label, field, zone, start, end, text, pattern,
            pattern_language, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (hit_id, m.kind, m.concept, m.label, m.field, m.zone, m.start, m.end, m.text, m.pattern,
             m.pattern_language, m.language)
            for m in judgement.matches
        ],
    )  # fmt: skip
    conn.executemany(
        """INSERT INTO facts (hit_id, kind, value, unit, speaker, confidence, field, start, end, text)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (hit_id, f.kind, f.value, f.unit, f.speaker, f.confidence, f.field, f.start, f.end, f.text)
            for f in judgement.facts
        ],
    )


def write_alert(
    conn: sqlite3.Connection, alert: AlertPlan, hit_id: int | None, now: datetime, *, story_id: int | None = None
) -> int:
    """Queue an alert; keys that are known make no new rows. Return how many deliveries are due."""
    conn.execute(
        """INSERT INTO alerts (dedupe_key, kind, level, hit_id, story_id, headline, news, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dedupe_key) DO NOTHING""",
        (
            alert.dedupe_key, alert.kind, alert.level, hit_id, story_id, alert.headline, "\n".join(alert.news),
            iso(now),
        ),
    )  # fmt: skip
    alert_id = conn.execute("SELECT id FROM alerts WHERE dedupe_key = ?", (alert.dedupe_key,)).fetchone()["id"]
    queued = 0
    for planned in alert.deliveries:
        message = planned.message
        row = conn.execute(
            """INSERT INTO deliveries (idem_key, alert_id, target, format, subject, body, plain, thread, image,
                not_before, expires_at, created_at, urgent, state, hold)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (idem_key) DO NOTHING RETURNING id""",
            (
                planned.idem_key, alert_id, planned.target, message.format, message.subject, message.body,
                message.plain, message.thread, message.image, iso(now), iso(alert.expires_at), iso(now),
                int(planned.urgent), "held" if planned.digest else "pending",
                f"{DIGEST}{planned.digest}" if planned.digest else "",
            ),
        ).fetchone()  # fmt: skip
        if row is None:
            continue
        queued += not planned.digest
        if planned.digest:
            event = Event("held", f"for the digest '{planned.digest}'", delivery_id=row["id"], target=planned.target)
            write_events(conn, [event], now, hit_id=hit_id)
    return queued


def write_beat(conn: sqlite3.Connection, name: str, now: datetime, detail: str) -> None:
    """Note a sign of life."""
    conn.execute(
        """INSERT INTO beats (name, at, detail) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET at = excluded.at, detail = excluded.detail""",
        (name, iso(now), detail),
    )


def delivery_job(row: sqlite3.Row) -> DeliveryJob:
    """Read a delivery that is about to be attempted."""
    plain = bool(row["plain_fallback"])
    return DeliveryJob(
        id=DeliveryId(row["id"]),
        alert_id=AlertId(row["alert_id"]),
        idem_key=row["idem_key"],
        target=TargetName(row["target"]),
        message=Message(
            format="text" if plain else row["format"],
            subject=row["subject"],
            body=row["plain"] if plain else row["body"],
            plain=row["plain"],
            thread=row["thread"],
            image=b"" if plain else row["image"],
        ),
        attempts=row["attempts"] + 1,
        created_at=datetime.fromisoformat(row["created_at"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
        plain_fallback=plain,
    )


def note_target(conn: sqlite3.Connection, target: TargetName, *, ok: bool, reason: str) -> None:
    """Count failures in a row at a target; a success clears them and any pause."""
    conn.execute(
        """INSERT INTO targets (name, failures, reason) VALUES (:name, :bad, :reason)
        ON CONFLICT (name) DO UPDATE SET
            failures = CASE WHEN :ok THEN 0 ELSE failures + 1 END,
            pauses = CASE WHEN :ok THEN 0 ELSE pauses END,
            paused_until = CASE WHEN :ok THEN NULL ELSE paused_until END,
            reason = :reason""",
        {"name": target, "ok": ok, "bad": int(not ok), "reason": reason},
    )


def pause_target(conn: sqlite3.Connection, target: TargetName, pause: Pause, now: datetime) -> None:
    """Let a target rest."""
    conn.execute(
        """INSERT INTO targets (name, paused_until, pauses, reason) VALUES (:name, :until, 1, :reason)
        ON CONFLICT (name) DO UPDATE SET paused_until = :until, pauses = pauses + 1, reason = :reason""",
        {"name": target, "until": iso(now + pause.duration), "reason": pause.reason},
    )


def write_events(
    conn: sqlite3.Connection,
    events: Iterable[Event],
    now: datetime,
    *,
    entry_id: int | None = None,
    article_id: int | None = None,
    hit_id: int | None = None,
) -> None:
    """Write to the ledger; the ids given here fill in where an event names none."""
    conn.executemany(
        """INSERT INTO events (at, kind, reason, feed_id, entry_id, article_id, hit_id, delivery_id, target, detail)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (iso(now), e.kind, e.reason, e.feed_id, e.entry_id or entry_id, e.article_id or article_id,
             e.hit_id or hit_id, e.delivery_id, e.target, e.detail)
            for e in events
        ],
    )  # fmt: skip
