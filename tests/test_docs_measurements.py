"""The figures of docs/measurements.md follow from the labelled pages."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from watcher.config import load

ROOT = Path(__file__).parents[1]
LEVELS = {"core", "mention", "no"}
RULES = {"frozen": "found_before", "improved": "found_after"}
Row = dict[str, str]


def pages() -> list[Row]:
    """The labelled pages, with what was found on them before and after."""
    with (ROOT / "tests" / "data" / "labelled_pages.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


PAGES = pages()


def tables(head: str) -> Iterator[list[str]]:
    """The rows of the table that begins with this head."""
    inside = False
    for line in (ROOT / "docs" / "measurements.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(head):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|-"):
            yield [cell.strip().strip("*") for cell in line.split("|")[1:-1]]


def count(rows: list[Row], found: str, wanted: set[str]) -> tuple[int, int, int]:
    """The pages found rightly, found wrongly and missed."""
    right = sum(row[found] in wanted and row["level"] in wanted for row in rows)
    false = sum(row[found] in wanted and row["level"] not in wanted for row in rows)
    missed = sum(row[found] not in wanted and row["level"] in wanted for row in rows)
    return right, false, missed


def figures(counts: tuple[int, int, int]) -> list[str]:
    """Precision, recall, F1 and the counts, as the page writes them."""
    right, false, missed = counts
    shares = (right / (right + false), right / (right + missed), 2 * right / (2 * right + false + missed))
    return [*(f"{share:.3f}".removeprefix("0") for share in shares), listed(counts)]


def listed(counts: tuple[int, int, int]) -> str:
    """Three numbers with commas."""
    return ", ".join(map(str, counts))


def half(name: str) -> list[Row]:
    """The pages of one half, or all."""
    return [row for row in PAGES if name in ("all", row["half"].upper())]


def test_the_labels_are_well_formed() -> None:
    """Addresses are there once, levels and topics are those of the rules."""
    topics = {topic.id for topic in load(ROOT / "config", {}).watch.topics}
    assert len({row["url"] for row in PAGES}) == len(PAGES)
    assert {row[key] for row in PAGES for key in ("level", *RULES.values())} == LEVELS
    assert {topic for row in PAGES for topic in row["topics"].split()} <= topics
    assert {row["half"] for row in PAGES} == {"a", "b"}


@pytest.mark.parametrize("row", list(tables("| pages | rules |")), ids=lambda row: f"{row[0]}-{row[1]}")
def test_the_levels(row: list[str]) -> None:
    """Precision, recall and F1 of both levels."""
    rows, found = half(row[0]), RULES[row[1]]
    assert row[2:6] == figures(count(rows, found, {"core"}))
    assert row[6:10] == figures(count(rows, found, {"core", "mention"}))


@pytest.mark.parametrize("row", list(tables("| language | pages |")), ids=lambda row: row[0])
def test_the_languages(row: list[str]) -> None:
    """The counts of each language that has a row, and of the others together."""
    own = {cells[0] for cells in tables("| language | pages |")}
    rows = [page for page in PAGES if (page["language"] if page["language"] in own else "others") == row[0]]
    other_half = [page for page in rows if page["half"] == "b"]
    before, after = (count(rows, found, {"core"}) for found in RULES.values())
    assert row[1:3] == [str(len(rows)), listed(before)]
    assert row[3] == f"{2 * before[0] / (2 * before[0] + before[1] + before[2]):.2f}".removeprefix("0")
    assert row[4:] == [listed(after), *(listed(count(other_half, found, {"core"})) for found in RULES.values())]
