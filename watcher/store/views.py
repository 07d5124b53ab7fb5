"""The views: a public interface, for people with sqlite-utils and for programs. Columns are added, never changed."""

from __future__ import annotations

from typing import Final

from watcher.store.gating import OFF

VIEWS: Final = {
    "hit_log": """SELECT
        hits.id AS hit_id,
        hits.found_at,
        articles.published_at,
        outlets.name AS outlet,
        articles.language,
        articles.title,
        articles.url,
        hits.level,
        hits.score,
        hits.topics,
        hits.entities,
        hits.evidence,
        hits.story_id,
        stories.title AS story,
        (SELECT min(coalesce(deliveries.sent_at, teller.sent_at)) FROM alerts
            JOIN deliveries ON deliveries.alert_id = alerts.id
            LEFT JOIN deliveries AS teller ON teller.id = deliveries.told_by
            WHERE alerts.hit_id = hits.id) AS alerted_at,
        hits.text_source,
        articles.quiet_reason,
        hits.withdrawn_at
    FROM hits
    JOIN articles ON articles.id = hits.article_id
    JOIN outlets ON outlets.id = articles.outlet_id
    LEFT JOIN stories ON stories.id = hits.story_id
    WHERE articles.outlet_id <> 'watcher-canary'
    ORDER BY hits.id DESC""",
    "story_log": """SELECT
        stories.id AS story_id,
        stories.title AS story,
        stories.level,
        stories.opened_at,
        stories.updated_at,
        count(hits.id) AS hits,
        count(DISTINCT outlets.family) AS families,
        min(hits.found_at) AS first_hit_at,
        max(hits.found_at) AS last_hit_at,
        stories.reports,
        stories.sources,
        stories.first_source,
        (SELECT count(*) FROM alerts WHERE alerts.story_id = stories.id) AS alerts,
        CASE
            WHEN stories.merged_into IS NOT NULL THEN 'part of ' || stories.merged_into
            WHEN stories.closed_at IS NOT NULL THEN 'closed'
            ELSE 'open'
        END AS state,
        stories.closed_at,
        stories.merged_into,
        stories.muted_until
    FROM stories
    LEFT JOIN hits ON hits.story_id = stories.id AND hits.withdrawn_at IS NULL
    LEFT JOIN articles ON articles.id = hits.article_id
    LEFT JOIN outlets ON outlets.id = articles.outlet_id
    GROUP BY stories.id
    ORDER BY stories.updated_at DESC""",
    "plan_versions": """SELECT
        CAST(facts.value AS INTEGER) AS points,
        min(hits.found_at) AS first_seen_at,
        max(hits.found_at) AS last_seen_at,
        count(DISTINCT hits.id) AS hits,
        count(DISTINCT outlets.family) AS families,
        (SELECT later.text FROM facts AS later WHERE later.kind = 'plan_points' AND later.value = facts.value
            ORDER BY later.id LIMIT 1) AS wording
    FROM facts
    JOIN hits ON hits.id = facts.hit_id
    JOIN articles ON articles.id = hits.article_id
    JOIN outlets ON outlets.id = articles.outlet_id
    WHERE facts.kind = 'plan_points'
    GROUP BY facts.value
    ORDER BY first_seen_at""",
    "feed_health": """SELECT
        feeds.id AS feed_id,
        outlets.name AS outlet,
        feeds.status,
        CASE
            WHEN feeds.status <> 'active' THEN feeds.status
            WHEN feeds.last_polled_at IS NULL THEN 'waiting'
            WHEN feeds.last_status = 'gone' THEN 'gone'
            WHEN feeds.last_status NOT IN ('ok', 'not_modified') THEN 'failing'
            ELSE 'ok'
        END AS health,
        feeds.last_status,
        feeds.last_detail,
        feeds.failures,
        feeds.last_polled_at,
        feeds.last_success_at,
        feeds.last_new_at,
        feeds.next_poll_at,
        feeds.why_next,
        feeds.polls,
        feeds.new_entries,
        feeds.elapsed,
        feeds.url,
        feeds.pages_passed,
        feeds.pages_skipped,
        CASE
            WHEN feeds.pages_passed + feeds.pages_skipped = 0 THEN ''
            ELSE iif("""
    + OFF
    + """, 'off, ', 'on, ') || printf('%d %% pass',
                100 * feeds.pages_passed / (feeds.pages_passed + feeds.pages_skipped))
        END AS gate
    FROM feeds
    JOIN outlets ON outlets.id = feeds.outlet_id
    ORDER BY feeds.failures DESC, feeds.id""",
    "delivery_log": """SELECT
        deliveries.id AS delivery_id,
        deliveries.alert_id,
        alerts.kind,
        alerts.headline,
        deliveries.target,
        deliveries.state,
        deliveries.attempts,
        articles.published_at,
        articles.seen_at,
        hits.found_at AS matched_at,
        deliveries.created_at AS queued_at,
        coalesce(deliveries.sent_at, teller.sent_at) AS accepted_at,
        deliveries.not_before,
        deliveries.last_error,
        deliveries.maybe_sent,
        articles.url,
        deliveries.hold,
        deliveries.told_by
    FROM deliveries
    JOIN alerts ON alerts.id = deliveries.alert_id
    LEFT JOIN deliveries AS teller ON teller.id = deliveries.told_by
    LEFT JOIN hits ON hits.id = alerts.hit_id
    LEFT JOIN articles ON articles.id = hits.article_id
    WHERE deliveries.target <> 'watcher-canary'
    ORDER BY deliveries.id DESC""",
}
