"""Measures placing: one hit against 500 open stories, a tick of many, setting the board out anew, and one report.

python -m benchmarks.stories
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from watcher.stories import Board, Report, Story, StorySettings, dump_report, load_report, shingles

NOW = datetime(2025, 11, 26, 12, tzinfo=UTC)
STORIES, REPORTS_EACH, WORDS = 500, 6, 400
RNG = random.Random(7)
EVERYWHERE = ("place:ukraine", "person:trump", "person:zelensky", "term:peace_plan", "topic:peace_plan")


def report(story: int, number: int, at: datetime) -> Report:
    """A made-up report: a few anchors of its story, some that are everywhere, and words of its own."""
    own = random.Random(story)
    anchors = {f"person:{own.randrange(60)}" for _ in range(4)} | {f"place:{own.randrange(40)}" for _ in range(2)}
    anchors |= {
        f"date:{own.randrange(30)}",
        f"number:{story}",
        f"topic:{own.randrange(16)}",
        f"term:{own.randrange(40)}",
    }
    anchors |= {*EVERYWHERE, *(f"person:{RNG.randrange(60)}" for _ in range(6))}
    words = {f"word:{own.randrange(3_000)}" for _ in range(15)} | {f"word:{RNG.randrange(3_000)}" for _ in range(15)}
    text = " ".join(f"w{RNG.randrange(5_000)}" for _ in range(WORDS))
    return Report(
        key=f"https://outlet.example/{story}/{number}", at=at, found_at=at, outlet="Outlet", family=f"family{number}",
        official=False, language=RNG.choice(["en", "uk", "ru", "de"]), title=f"Story {story}", level="core",
        anchors=tuple(sorted((name, 1.0) for name in anchors)), words=tuple(sorted((name, 0.5) for name in words)),
        claims=(), shingles=shingles(text), origin=f"family{number}", source="Outlet",
    )  # fmt: skip


def measured(name: str, call: Callable[[], object], times: int) -> None:
    """Print the median and the worst of some runs."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spent.append((time.perf_counter() - start) * 1000)
    print(f"{name:<58} median {statistics.median(spent):8.2f} ms   worst {max(spent):8.2f} ms")


def open_stories() -> tuple[Story, ...]:
    """The stories of three days, each made by its own board, so that there are exactly so many."""
    stories: list[Story] = []
    for story in range(STORIES):
        start = NOW - timedelta(hours=RNG.uniform(10, 60))
        reports = [report(story, number, start + timedelta(hours=number)) for number in range(REPORTS_EACH)]
        alone = Board((), replace(StorySettings(), join=0.0))
        alone.place(reports, start)
        stories += alone.stories
    return tuple(stories)


def main() -> None:
    """Run all measurements."""
    stories, settings = open_stories(), StorySettings()
    board = Board(stories, settings)
    count = iter(range(100, 10_000))
    print(f"{len(board.stories)} open stories, {sum(story.count for story in stories)} reports")
    measured("setting out the board", lambda: Board(stories, settings), 5)

    def one() -> Report:
        return report(RNG.randrange(STORIES), next(count), NOW)

    hits = iter([one() for _ in range(60)])
    measured("placing 1 hit, the board kept", lambda: board.place([next(hits)], NOW), 50)
    ticks = iter([[one() for _ in range(20)] for _ in range(4)])
    measured("placing 20 hits at once", lambda: board.place(next(ticks), NOW), 3)
    whole = one()
    measured("shingles and sketch of 400 words", lambda: shingles(" ".join(f"w{n}" for n in range(WORDS))), 200)
    measured("a report to plain values and back", lambda: load_report(dump_report(whole)), 200)


if __name__ == "__main__":
    main()
