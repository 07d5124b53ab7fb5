"""What a real run stored can be explained again from what it stored, by the rules that it names."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.servers.web import Item, WebServer, rss
from tests.test_pipeline import running
from tests.world import page
from watcher.cli.explaining import Explained, explain_again, explain_kept
from watcher.config import load
from watcher.evaluate import Labelled, parse_labelled
from watcher.matching import compile_watch
from watcher.store import Log

ROOT = Path(__file__).parents[1]
LABELLED = parse_labelled(
    (ROOT / "tests" / "data" / "articles.jsonl").read_text("utf-8").splitlines(), "articles.jsonl"
)


async def run(home: Path, articles: Sequence[Labelled]) -> None:
    """Feeds, pages, workers, the shipped rules and a database: some labelled articles are read and judged."""
    async with WebServer() as web, running(home) as it:
        items = []
        for record in articles:
            url = web.page(f"/{record.id}", page(record.title, record.text, language=record.language))
            items.append(Item(record.title, link=url, guid=record.id, published=datetime.now(UTC)))
        web.feed("/feed.xml", rss(items))
        feed = {"one": {"url": web.url("/feed.xml"), "id": "one", "tags": ["ukraine"]}}
        await it.configure(feed)
        for name in ("entities.yml", "topics.yml"):
            shutil.copy(ROOT / "config" / name, home / "config" / name)
        await it.take_up()
        await it.after()


def stored(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Look into the database."""
    conn = sqlite3.connect(path)
    try:
        return conn.execute(sql, values).fetchall()
    finally:
        conn.close()


def assert_explained(path: Path, hit: int, found: Explained) -> None:
    """The matches, the arithmetic, the level, the evidence and the facts of a hit are those of its explanation."""
    judgement = found.explanation.judgement
    ((level, score, evidence, start, marks),) = stored(
        path, "SELECT level, score, evidence, evidence_start, evidence_marks FROM hits WHERE id = ?", hit
    )
    assert (judgement.level, judgement.score) == (level, score)
    assert judgement.evidence is not None
    assert (judgement.evidence.text, judgement.evidence.start) == (evidence, start)
    assert json.loads(json.dumps(judgement.evidence.marks)) == json.loads(marks)
    matches = """SELECT kind, concept, label, field, zone, start, end, text, pattern, pattern_language, language
        FROM matches WHERE hit_id = ? ORDER BY id"""
    assert [tuple(match) for match in judgement.matches] == stored(path, matches, hit)
    for match in judgement.matches:
        assert getattr(found.text, match.field)[match.start : match.end] == match.text
    lines = {
        score.topic: (score.level, score.score, [(list(x.concepts), dict(x.mentions), x.points) for x in score.lines])
        for score in judgement.fired
    }
    topics = stored(path, "SELECT topic, level, score, arithmetic FROM hit_topics WHERE hit_id = ?", hit)
    assert lines == {
        topic: (level, score, [(x["concepts"], x["mentions"], x["points"]) for x in json.loads(arithmetic)])
        for topic, level, score, arithmetic in topics
    }
    facts = "SELECT kind, value, unit, speaker, field, start, end FROM facts WHERE hit_id = ? ORDER BY id"
    assert [(f.kind, f.value, f.unit, f.speaker, f.field, f.start, f.end) for f in judgement.facts] == stored(
        path, facts, hit
    )


async def test_every_stored_hit_is_explained_from_what_was_stored(tmp_path: Path) -> None:
    """Of a run over articles in many languages; and when the rules have changed, that is said."""
    await run(tmp_path, LABELLED[::4])
    path, config = tmp_path / "watcher.db", tmp_path / "config"
    hits = stored(path, "SELECT hits.id, articles.url FROM hits JOIN articles ON articles.id = hits.article_id")
    assert len(hits) >= 20
    matcher = compile_watch(load(config, {}).watch)
    with Log(path) as log:
        for hit, url in hits:
            kept = log.kept(url, url)
            assert kept is not None
            found = explain_again(matcher, kept)
            assert found.note == ""
            assert_explained(path, hit, found)
        entities = config / "entities.yml"
        entities.write_text(entities.read_text("utf-8").replace("    gender: m\n", "", 1), "utf-8")
        (before,) = stored(path, "SELECT DISTINCT rules_hash FROM hits")[0]
        assert explain_kept(hits[0][1], config, log).note == (
            f"the rules have changed since it was judged: they were {before}"
        )
