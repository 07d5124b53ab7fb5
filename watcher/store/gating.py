"""How many pages of each feed the gate lets through: where it is nearly all of them, asking it is wasted time."""

from __future__ import annotations

import sqlite3

from watcher.store.records import ReadRecord

ENOUGH = 50
"""Pages that the gate was asked about before anything follows from its answers."""
RECENT = 400
"""From so many on old answers weigh half, so that a feed that changes is noticed."""
OFF = f"(feeds.pages_passed > 4 * feeds.pages_skipped AND feeds.pages_passed + feeds.pages_skipped >= {ENOUGH})"
"""SQL: more than 80 % of a feed's pages passed."""


def count_answer(conn: sqlite3.Connection, record: ReadRecord) -> None:
    """Count what the gate said of the page of an article, for each feed that carries it."""
    outcome = record.outcome
    job = outcome.job
    asked = not job.keep_text and outcome.text.source == "page" and outcome.failure is None
    if not (asked or outcome.skipped):
        return
    for feed in job.feed_ids:
        conn.execute(
            """UPDATE feeds SET pages_passed = pages_passed + :passed, pages_skipped = pages_skipped + :skipped
            WHERE id = :feed""",
            {"feed": feed, "passed": int(not outcome.skipped), "skipped": int(outcome.skipped)},
        )
        conn.execute(
            """UPDATE feeds SET pages_passed = pages_passed / 2, pages_skipped = pages_skipped / 2
            WHERE id = :feed AND pages_passed + pages_skipped >= :recent""",
            {"feed": feed, "recent": RECENT},
        )
