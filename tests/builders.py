"""Small builders of the types of the model, so that a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from watcher.model import (
    ArticleText,
    EntityId,
    Entry,
    Evidence,
    Fact,
    Feed,
    FeedId,
    FeedState,
    Judgement,
    Level,
    Match,
    Message,
    Outlet,
    OutletId,
    PollDecision,
    ReadJob,
    ReadOutcome,
    ScoreLine,
    SeenEntry,
    TargetName,
    TopicId,
    TopicScore,
)
from watcher.store import AlertPlan, PlannedDelivery, ReadRecord

NOW = datetime(2025, 11, 26, 12, 0, tzinfo=UTC)

OUTLET = Outlet(OutletId("wire"), "Harbour Wire", "harbour", "gb", "en", "wire")
FEED = Feed(FeedId("wire-world"), OutletId("wire"), "https://wire.example/feed.xml", tags=("world",))
OTHER_FEED = Feed(FeedId("wire-ukraine"), OutletId("wire"), "https://wire.example/ukraine.xml", tags=("ukraine",))


def entry(uid: str = "1", *, url: str = "", title: str = "A title", content_hash: str = "h1") -> Entry:
    return Entry(
        uid=uid,
        uid_source="guid",
        url=url or f"https://wire.example/{uid}",
        title=title,
        summary="A summary.",
        content="",
        published_at=NOW,
        published_raw="Wed, 26 Nov 2025 12:00:00 GMT",
        date_source="published",
        content_hash=content_hash,
    )


def poll_decision(
    *entries: Entry, feed: Feed = FEED, etag: str | None = '"1"', baseline: datetime | None = NOW, quiet: str = ""
) -> PollDecision:
    state = FeedState(
        feed_id=feed.id,
        url=feed.url,
        etag=etag,
        next_poll_at=NOW + timedelta(minutes=30),
        last_polled_at=NOW,
        last_success_at=NOW,
        baseline_at=baseline,
    )
    seen = tuple(SeenEntry(each, alertable=not quiet, quiet_reason=quiet) for each in entries)
    return PollDecision(state, seen, (), "ok", f"{len(seen)} entries", "every 30 min, as configured")


def judgement(level: Level | None = "core", *, score: float = 9.0) -> Judgement:
    topic = TopicScore(
        topic=TopicId("security_guarantees"),
        label="Security guarantees",
        level=level,
        gate=True,
        score=score,
        alert_at=5,
        digest_at=3,
        lines=(ScoreLine(("security_guarantees",), {"title": 1}, 6, 6, 12),),
        miss="" if level else "score 1 of 3",
    )
    match = Match(
        kind="term", concept="security_guarantees", label="Security guarantees", field="title", zone="title",
        start=0, end=19, text="Security guarantees", pattern="security guarantee*", pattern_language="en",
        language="en",
    )  # fmt: skip
    fact = Fact("plan_points", "28", "", "", 0.95, "text", 4, 17, "28-point plan")
    return Judgement(
        level=level,
        score=score if level else 0,
        topics=(topic,),
        matches=(match,) if level else (),
        facts=(fact,) if level else (),
        entities=(EntityId("rubio"),) if level else (),
        evidence=Evidence("Security guarantees for Ukraine", "title", 0, ((0, 19),)) if level else None,
        language="en",
        rules_hash="abc",
    )


def read_outcome(job: ReadJob, said: Judgement | None = None, *, text: str = "The 28-point plan.") -> ReadOutcome:
    article = ArticleText("Security guarantees for Ukraine", job.summary, text, "page", "en")
    return ReadOutcome(job, article, said if said is not None else judgement())


def alert_plan(*targets: str, key: str = "a" * 32) -> AlertPlan:
    message = Message("text", "Subject", "Body", "Body")
    deliveries = tuple(PlannedDelivery(TargetName(name), f"{key}-{name}", message) for name in targets)
    return AlertPlan("new", "core", key, "Headline", deliveries, NOW + timedelta(hours=72))


def read_record(job: ReadJob, *targets: str, said: Judgement | None = None) -> ReadRecord:
    outcome = read_outcome(job, said)
    return ReadRecord(
        outcome=outcome,
        status="ok",
        detail="",
        next_read_at=None,
        entity_names=("Marco Rubio",) if outcome.judgement.entities else (),
        alerts=(alert_plan(*targets, key=f"{job.article_id:032d}"),) if targets else (),
    )
