"""Every example of docs/matching.md does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.watching import article, condition, score, term, watch
from tests.watching import topic as make_topic
from watcher.config import load
from watcher.matching import Matcher, compile_pattern, compile_watch, explain

PAGE = (Path(__file__).parent.parent / "docs" / "matching.md").read_text(encoding="utf-8")


def tables(*columns: str) -> list[list[list[str]]]:
    """The rows of all tables that begin with these columns; each cell as the list of its code spans."""
    rows, wanted = [], False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            wanted = False
        elif tuple(cells[: len(columns)]) == columns:
            wanted = True
        elif wanted and not set("".join(cells)) <= set("-: "):
            rows.append([re.findall(r"`([^`]+)`", cell.replace("\\|", "|")) or [cell] for cell in cells])
    return rows


def rules(tmp_path: Path) -> Matcher:
    """The configuration that the YAML of the page makes."""
    blocks = re.findall(r"```yaml\n# (\w+\.yml)\n(.*?)```", PAGE, flags=re.DOTALL)
    for name, text in blocks:
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "watcher.yml").write_text("contact: https://example.org/watch\n", encoding="utf-8")
    (tmp_path / "feeds.yml").write_text(FEEDS, encoding="utf-8")
    return compile_watch(load(tmp_path, {}).watch)


FEEDS = """
outlets:
  example:
    name: Example
    family: example
    country: ua
    language: en
    class: national
    feeds:
      - url: https://example.org/rss
        tags: [ukraine]
"""


@pytest.mark.parametrize("row", tables("pattern", "finds"), ids=lambda row: row[0][0])
def test_patterns(row: list[list[str]]) -> None:
    """A pattern finds what its row says it finds, and not what it says it does not."""
    (pattern,), finds, finds_not = row[:3]
    matcher = compile_pattern(pattern)
    assert [text for text in finds if not matcher.judge(article(text)).matches] == []
    assert [text for text in finds_not if matcher.judge(article(text)).matches] == []


@pytest.mark.parametrize("row", tables("in an article", "found"), ids=lambda row: row[0][0])
def test_entities_and_terms(row: list[list[str]], tmp_path: Path) -> None:
    """The entities and terms of the page are found where it says."""
    (text,), found = row
    matches = rules(tmp_path).judge(article(text)).matches
    assert list(dict.fromkeys(match.concept for match in matches)) == [name for name in found if name]


@pytest.mark.parametrize("row", tables("article", "level", "score"), ids=lambda row: row[0][0])
def test_levels_and_scores(row: list[list[str]], tmp_path: Path) -> None:
    """The arithmetic of the page comes out."""
    (text,), (level,), (points,) = row
    found = rules(tmp_path).judge(article(text)).topics[0]
    judged = found if found.lines else explain(rules(tmp_path), article(text)).topics[0].score
    assert (judged.level or "none", judged.score) == (level, float(points))


def test_the_examples_of_the_page_hold(tmp_path: Path) -> None:
    """The examples inside its YAML are run as any."""
    assert rules(tmp_path).check_examples() == []


@pytest.mark.parametrize("row", tables("write", "means"), ids=lambda row: row[0][0])
def test_every_condition_is_one(row: list[list[str]]) -> None:
    """Each condition that the page lists is accepted."""
    for text in row[0]:
        if text.startswith(("all:", "any:", "none:", "at_least")):
            continue
        names = ("a", "b", "security_guarantees", "context")
        tree = {"all": [text, "context"]}
        assert condition(tree).items
        compile_watch(watch(*(term(name, name) for name in names), make_topic("t", tree, score("context", 5))))


@pytest.mark.parametrize("row", tables("pattern", "in an article", "nearest miss"), ids=lambda row: row[0][0])
def test_near_misses(row: list[list[str]]) -> None:
    """What kept a pattern from matching is said as the page says."""
    (pattern,), (text,), (detail,) = row
    topic = make_topic("t", {"all": ["key", "kyiv"]}, score("key", 5))
    matcher = compile_watch(watch(term("key", pattern), term("kyiv", "kyiv"), topic))
    (found,) = explain(matcher, article(f"{text}\nKyiv")).topics
    assert [miss.detail for miss in found.misses] == [detail]


def test_the_page_has_examples() -> None:
    """The tables are read at all."""
    assert len(tables("pattern", "finds")) >= 20
    assert len(tables("in an article", "found")) >= 8
    assert len(tables("article", "level", "score")) >= 5
