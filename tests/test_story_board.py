"""Placing keeps its promises for any reports: order, restarts, names alone, merges, and what is saved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.stories import (
    Board,
    Claim,
    Placement,
    Report,
    Story,
    StorySettings,
    dump_report,
    dump_story,
    load_report,
    load_story,
    shingles,
)

START = datetime(2025, 11, 26, 12, tzinfo=UTC)
PEOPLE = [f"person:p{number}" for number in range(6)]
BODIES = [f"body:b{number}" for number in range(3)]
EVENTS = [*(f"place:city{n}" for n in range(4)), *(f"date:2025-11-2{n}" for n in range(3)), "number:600000", "plan:19"]
ABOUT = ["term:guarantees", "term:plan", "topic:peace_plan", "topic:nato"]
WORDS = [f"word:w{number}" for number in range(8)]
TEXTS = [" ".join(f"{name}{number}" for number in range(40)) for name in ("alpha", "beta")]
CLAIMS = [Claim("plan_points", "19"), Claim("stance", "deny", "", "kremlin", "Kremlin"), Claim("stance", "deny")]


def report(key: str, *anchors: str, words: Sequence[str] = (), minutes: int = 0, **rest: Any) -> Report:
    at = START + timedelta(minutes=minutes)
    made = Report(
        key=key, at=at, found_at=at, outlet=key, family=key, official=False, language="en", title=f"Title {key}",
        level="core", anchors=tuple(sorted((name, 1.0) for name in set(anchors))),
        words=tuple(sorted((name, 0.5) for name in set(words))), claims=(), shingles=shingles(""),
        origin=key, source=key,
    )  # fmt: skip
    return replace(made, **rest)


@st.composite
def some_reports(draw: st.DrawFn, kinds: Sequence[str] = (*PEOPLE, *BODIES, *EVENTS, *ABOUT)) -> list[Report]:
    return [
        report(
            f"r{number:02}",
            *draw(st.lists(st.sampled_from(kinds), max_size=6)),
            words=draw(st.lists(st.sampled_from(WORDS), max_size=4)),
            minutes=draw(st.integers(0, 6_000)),
            language=draw(st.sampled_from(["en", "uk"])),
            level=draw(st.sampled_from(["core", "mention", None])),
            official=draw(st.booleans()),
            origin=draw(st.sampled_from(["politico", "reuters", "own"])),
            claims=tuple(draw(st.lists(st.sampled_from(CLAIMS), max_size=2, unique=True))),
            shingles=shingles(draw(st.sampled_from(["", *TEXTS]))),
        )
        for number in range(draw(st.integers(1, 12)))
    ]


def ticks(reports: Sequence[Report], size: int) -> list[list[Report]]:
    ordered = sorted(reports, key=lambda each: (each.at, each.key))
    return [list(ordered[start : start + size]) for start in range(0, len(ordered), size)]


def place(board: Board, each: Report) -> Placement:
    return board.place([each], each.at)


def saved(board: Board) -> str:
    return json.dumps(
        [[dump_story(story), sorted(story.keys), *map(dump_report, story.members)] for story in board.stories],
        ensure_ascii=False,
    )


def restored(text: str) -> list[Story]:
    return [
        load_story(story, keys, [load_report(each) for each in members]) for story, keys, *members in json.loads(text)
    ]


@given(some_reports(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_arrival_inside_a_tick_does_not_matter(reports: list[Report], random: Any) -> None:
    """What came in together is placed the same, however it came in."""
    now = max(each.at for each in reports)
    shuffled = random.sample(reports, len(reports))
    one, other = Board((), StorySettings()), Board((), StorySettings())
    assert one.place(reports, now) == other.place(shuffled, now)
    assert saved(one) == saved(other)


@given(some_reports(), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_a_replay_is_identical_also_with_a_restart_after_every_tick(reports: list[Report], size: int) -> None:
    """A board that was kept, and one that is made anew from what was saved, decide the same, byte for byte."""
    kept, state, told = Board((), StorySettings()), "[]", list[Claim]()
    for tick in ticks(reports, size):
        now = tick[-1].at
        fresh = Board(restored(state), StorySettings(), told)
        assert kept.place(tick, now) == fresh.place(tick, now)
        state = saved(fresh)
        told += [claim for each in tick for claim in each.claims]
        assert saved(kept) == state


@given(some_reports(kinds=[*PEOPLE, *BODIES, "place:ukraine", "place:russia", "person:trump", "given:marco"]))
@settings(max_examples=60, deadline=None)
def test_names_alone_never_join(reports: list[Report]) -> None:
    """Whoever the reports are about, and however many names they share: without anything else there is no event."""
    bare = [replace(each, words=(), shingles=shingles("")) for each in reports]
    placement = Board((), StorySettings()).place(bare, max(each.at for each in bare))
    assert all(placed.opened for placed in placement.placed)


@given(some_reports(), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_every_report_is_in_one_story_and_merges_are_told(reports: list[Report], size: int) -> None:
    """Nothing is lost or counted twice; a story that has gone was closed, or absorbed by one that says so."""
    board, where, gone = Board((), StorySettings(window=timedelta(days=9))), dict[str, str](), dict[str, str]()
    for tick in ticks(reports, size):
        placement = board.place(tick, tick[-1].at)
        where |= {placed.report: placed.story for placed in placement.placed}
        gone |= {merge.absorbed: merge.kept for merge in placement.merges}
        for merge in placement.merges:
            where |= {key: merge.kept for key, story in where.items() if story == merge.absorbed}
    stories = {story.key: story for story in board.stories}
    assert where.keys() == {each.key for each in reports}
    assert sum(story.count for story in stories.values()) == len(reports)
    assert {key for story in stories.values() for key in story.merged} == gone.keys()
    for key, story in stories.items():
        assert {member.key for member in story.members} == {name for name, placed in where.items() if placed == key}


def test_a_report_that_ties_two_stories_makes_them_one() -> None:
    """The younger story becomes a part of the older one, and that is on record."""
    board = Board((), StorySettings(join=0.3, tie=0.2))
    first = place(board, report("a", "place:city1", "date:2025-11-25", "number:1 x"))
    second = place(board, report("b", "plan:19", "number:2 x", "date:2025-11-25", minutes=60))
    assert first.placed[0].story != second.placed[0].story
    tie = place(board, report("c", "place:city1", "date:2025-11-25", "number:1 x", "plan:19", "number:2 x", minutes=90))
    (merge,) = tie.merges
    assert (merge.kept, merge.absorbed, merge.report) == (first.placed[0].story, second.placed[0].story, "c")
    assert tie.placed[0].story == merge.kept
    (story,) = board.stories
    assert (story.count, story.merged) == (3, (merge.absorbed,))


def test_what_is_shared_by_all_open_stories_joins_nothing() -> None:
    """A place or a number that is in every story of the week tells no event from another."""
    board = Board((), StorySettings())
    for number in range(40):
        board.place([report(f"old{number}", "place:geneva", f"number:{number} x", f"place:t{number}")], START)
    placement: Placement = board.place(
        [report("new", "place:geneva", "number:99 x", "place:elsewhere", minutes=5)], START + timedelta(minutes=5)
    )
    assert placement.placed[0].opened


def test_a_hundred_reports_of_a_storm_are_placed_in_parts() -> None:
    """What comes in at once is grouped in parts, in the order of time, and joins all the same."""
    storm = [report(f"r{number:03}", "place:geneva", "plan:19", "number:5 x", minutes=number) for number in range(230)]
    placement = Board((), StorySettings()).place(storm, storm[-1].at)
    assert len({placed.story for placed in placement.placed}) == 1
    (story,) = placement.stories
    assert (story.count, len(story.members)) == (230, 40)


def test_an_old_report_of_a_long_story_is_still_known() -> None:
    """A report that is no longer compared with others stays where it was when its article is read again."""
    storm = [report(f"r{number:03}", "place:geneva", "plan:19", "number:5 x", minutes=number) for number in range(60)]
    board = Board((), StorySettings())
    board.place(storm, storm[-1].at)
    again = board.place([report("r000", "place:elsewhere", minutes=0)], storm[-1].at)
    assert not again.placed[0].opened
    assert again.stories[0].count == 60


def test_the_subject_of_a_whole_watch_ties_nothing_together() -> None:
    """Rules that know a few terms only, and no names: that all reports are about them makes them no story."""
    board, opened = Board((), StorySettings()), 0
    for number in range(30):
        words = [f"word:{number}-{word}" for word in range(10)]
        opened += place(board, report(f"r{number:02}", *ABOUT, words=words, minutes=number)).placed[0].opened
    assert opened >= 28


def test_rules_with_few_terms_tell_every_event() -> None:
    """Reports about the subject of such rules, with some everyday words in common, are not one story."""
    board, opened = Board((), StorySettings()), 0
    for number in range(30):
        words = [f"word:{number}-{word}" for word in range(20)] + [f"word:day{word}" for word in range(4)]
        opened += place(board, report(f"r{number:02}", *ABOUT, words=words, minutes=number)).placed[0].opened
    assert opened >= 20
