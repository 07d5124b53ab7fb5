"""The reading side of the database: for the command line and the site, beside a running daemon or without one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from watcher.errors import StoreDamaged, StoreError
from watcher.model import Archived
from watcher.store.connection import iso, our_errors
from watcher.store.health import Health, Row
from watcher.store.rows import archived

# Written without spaces between words, or with endings stuck to them: words of the index are not words of people there.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]")


_INDEX = """hit_id IN (SELECT hits.id FROM hits JOIN articles_fts ON articles_fts.rowid = hits.article_id
    WHERE articles_fts MATCH :search)"""


def _parts(search: str, parameters: dict[str, object]) -> str:
    """A condition that every word stands anywhere in the text, even inside of what the index takes for a word."""
    conditions = []
    for number, word in enumerate(search.replace('"', " ").split()):
        parameters[f"word{number}"] = word
        conditions.append(f"instr(lower(title || ' ' || summary || ' ' || text), lower(:word{number})) > 0")
    articles = f"SELECT id FROM articles WHERE {' AND '.join(conditions)}"  # noqa: S608 (our own words)
    return f"hit_id IN (SELECT id FROM hits WHERE article_id IN ({articles}))"  # noqa: S608 (our own words)


class Log(Health):
    """The database, read only: all that was seen, found and told."""

    def hits(
        self, *, limit: int, since: datetime | None = None, level: str = "", topic: str = "", search: str = ""
    ) -> list[Row]:
        """Rows of the view ``hit_log``, the newest first.

        ``search`` is a full-text query of SQLite's FTS5 over title, summary and text; what is none is searched for as
        plain words.
        """
        conditions, parameters = ["1"], dict[str, object](limit=limit)
        if since is not None:
            conditions.append("found_at >= :since")
            parameters["since"] = iso(since)
        if level:
            conditions.append("level = :level")
            parameters["level"] = level
        if topic:
            conditions.append("hit_id IN (SELECT hit_id FROM hit_topics WHERE topic = :topic)")
            parameters["topic"] = topic
        if _UNSPACED.search(search):
            return self._hits(conditions, parameters, _parts(search, parameters))
        if not search.strip():
            return self._hits(conditions, parameters)
        try:
            return self._hits(conditions, {**parameters, "search": search}, _INDEX)
        except StoreDamaged:
            raise
        except StoreError:
            words = [word for word in search.split() if word not in {"AND", "OR", "NOT"}] or search.split()
            plain = " ".join('"' + word.replace('"', '""') + '"' for word in words)
            return self._hits(conditions, {**parameters, "search": plain}, _INDEX)

    def _hits(self, conditions: Sequence[str], parameters: Mapping[str, object], search: str = "1") -> list[Row]:
        sql = f"SELECT * FROM hit_log WHERE {' AND '.join([*conditions, search])} LIMIT :limit"  # noqa: S608 (our own words)
        return self._rows(sql, parameters)

    def archived(
        self,
        *,
        since: datetime | None = None,
        language: str = "",
        noted: bool | None = None,
        article: int | None = None,
    ) -> Iterator[Archived]:
        """The articles that have been read, the newest first, as long as the file is open.

        Args:
            noted: only those with a hit or a near miss; False: only the others; None: all.
            article: only the one with this number.
        """
        with our_errors(self.path):
            cursor = self._conn.execute(
                """SELECT articles.*, outlets.name AS outlet, outlets.class AS outlet_class, hits.level,
                    near_misses.topic, near_misses.gate, near_misses.score, near_misses.digest_at, near_misses.miss,
                    (SELECT group_concat(feeds.tags, ' ') FROM entries JOIN feeds ON feeds.id = entries.feed_id
                        WHERE entries.article_id = articles.id) AS feed_tags
                FROM articles JOIN outlets ON outlets.id = articles.outlet_id
                LEFT JOIN hits ON hits.article_id = articles.id AND hits.withdrawn_at IS NULL
                LEFT JOIN near_misses ON near_misses.article_id = articles.id
                WHERE articles.seen_at >= :since AND (:language = '' OR articles.language = :language)
                    AND articles.read_at IS NOT NULL AND (:article IS NULL OR articles.id = :article)
                    AND (:noted IS NULL OR :noted = (hits.id IS NOT NULL OR near_misses.article_id IS NOT NULL))
                ORDER BY articles.id DESC""",
                {"since": iso(since) or "", "language": language, "noted": noted, "article": article},
            )
            for row in cursor:
                yield archived(row)

    def stories(self, *, limit: int, only_open: bool = False) -> list[Row]:
        """Rows of the view ``story_log``, the latest first; those that became a part of another one left out."""
        return self._rows(
            """SELECT * FROM story_log WHERE merged_into IS NULL AND (NOT :open OR state = 'open') LIMIT :limit""",
            {"limit": limit, "open": only_open},
        )

    def story(self, story_id: int) -> Mapping[str, list[Row]] | None:
        """A story with its reports, in the order of time, and what was told of it; None when there is none."""
        story = self._rows("SELECT * FROM story_log WHERE story_id = ?", (story_id,))
        if not story:
            return None
        return {
            "story": story,
            "reports": self._rows(
                """SELECT hit_log.*,
                    (SELECT group_concat(kind, ', ') FROM alerts WHERE alerts.hit_id = hit_log.hit_id) AS told,
                    (SELECT reason FROM events WHERE events.hit_id = hit_log.hit_id
                        AND kind IN ('folded', 'muted', 'not_alerted') ORDER BY id DESC LIMIT 1) AS reason
                FROM hit_log WHERE story_id = ? ORDER BY coalesce(published_at, found_at), hit_id""",
                (story_id,),
            ),
            "alerts": self._rows(
                "SELECT id, created_at, kind, headline, news FROM alerts WHERE story_id = ? ORDER BY id", (story_id,)
            ),
        }

    def deliveries(self, *, limit: int, state: str = "", target: str = "") -> list[Row]:
        """Rows of the view ``delivery_log``, the newest first."""
        return self._rows(
            """SELECT * FROM delivery_log WHERE (:state = '' OR state = :state) AND (:target = '' OR target = :target)
            LIMIT :limit""",
            {"limit": limit, "state": state, "target": target},
        )

    def delivery_states(self, ids: Sequence[int]) -> dict[int, str]:
        """The states of those of the deliveries that there are."""
        marks = ", ".join("?" * len(ids))
        rows = self._rows(f"SELECT id, state FROM deliveries WHERE id IN ({marks})", tuple(ids))  # noqa: S608
        return {int(str(row["id"])): str(row["state"]) for row in rows}

    def feeds(self) -> list[Row]:
        """Rows of the view ``feed_health``, the most troubled first."""
        return self._rows("SELECT * FROM feed_health WHERE status <> 'removed'")

    def feed(self, feed: str) -> list[Row]:
        """The row of one feed in ``feed_health``, with how many entries it has brought lately; none when not known."""
        return self._rows(
            """SELECT feed_health.*, (SELECT count(*) FROM entries WHERE entries.feed_id = feed_health.feed_id
                AND seen_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-7 days')) AS entries_of_7_days
            FROM feed_health WHERE feed_id = ?""",
            (feed,),
        )

    def feed_events(self, feed: str, *, limit: int) -> list[Row]:
        """What the ledger says of a feed, the newest first."""
        return self._rows(
            "SELECT at, kind, reason FROM events WHERE feed_id = ? ORDER BY id DESC LIMIT ?", (feed, limit)
        )

    def kept(self, key: str, url: str) -> Archived | None:
        """The article that is looked up as :meth:`trace` does, as it was read and judged; None when it was not."""
        found = self.trace(key, url)
        article = int(str(found["article"][0]["id"])) if found else -1
        return next(self.archived(article=article), None)

    def trace(self, key: str, url: str) -> Mapping[str, list[Row]] | None:
        """Everything that ever happened to one article: sightings, reading, hit, evidence, deliveries, events.

        It is looked up by its canonical address ``key``, then by ``url`` as the user or a feed spelt it.
        """
        article = self._rows(
            """SELECT id, url, title, outlet_id, language, published_at, seen_at, text_source,
                length(text) AS characters, read_attempts, read_at, read_status, read_detail, next_read_at, verdict,
                quiet_reason
            FROM articles WHERE key = :key OR url = :url
                OR id = (SELECT article_id FROM article_keys WHERE article_keys.key = :key)
                OR id IN (SELECT article_id FROM entries WHERE url = :url) LIMIT 1""",
            {"key": key, "url": url},
        )
        if not article:
            return None
        by_id = {"id": article[0]["id"]}
        return {
            "article": article,
            "entries": self._rows(
                """SELECT feed_id, uid, uid_source, title, published_at, date_source, seen_at, changed_at FROM entries
                WHERE article_id = :id ORDER BY id""",
                by_id,
            ),
            "hits": self._rows(
                """SELECT hit_topics.topic, hit_topics.level, hit_topics.score, hit_topics.alert_at, hits.found_at,
                    hits.withdrawn_at, hits.evidence
                FROM hits JOIN hit_topics ON hit_topics.hit_id = hits.id WHERE article_id = :id""",
                by_id,
            ),
            "deliveries": self._rows(
                """SELECT deliveries.id, target, state, attempts, deliveries.created_at, sent_at, last_error,
                    hold, told_by
                FROM deliveries JOIN alerts ON alerts.id = deliveries.alert_id JOIN hits ON hits.id = alerts.hit_id
                WHERE hits.article_id = :id ORDER BY deliveries.id""",
                by_id,
            ),
            "events": self._rows(
                """SELECT at, kind, reason FROM events WHERE article_id = :id
                    OR delivery_id IN (SELECT deliveries.id FROM deliveries
                        JOIN alerts ON alerts.id = deliveries.alert_id JOIN hits ON hits.id = alerts.hit_id
                        WHERE hits.article_id = :id)
                ORDER BY id""",
                by_id,
            ),
        }
