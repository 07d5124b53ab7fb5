"""Placing: the open stories, and which of them a report belongs to.

A report that came before, in another version, stays in its story. A copy goes where its original is. All others are
grouped with each other and with the open stories, the likest first; what is like no story opens one. A report that is
like two stories which are like each other makes them one.

Reports that come in together are taken in the order of their time, and weights are those of the moment before: so the
order of their arrival does not matter.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from watcher.stories.grouping import Group, Grouper
from watcher.stories.likeness import Counts, Scale, likeness, names_of, subjects_of
from watcher.stories.news import OF_STORY, Claim, News, new_claims, ordinal
from watcher.stories.report import Report
from watcher.stories.story import Story, StoryKey, StorySettings, by_time, opened

_K = TypeVar("_K")
_V = TypeVar("_V")
_REASONS = 6
_NEAR = 20
"""A report is compared with so many stories: those that share the most of what is telling in it."""
_AT_ONCE = 100
"""So many reports are grouped at once: the work grows with their square."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a report went.

    Attributes:
        report: key of the report; ``story`` is that of the story, after any merge of the same tick.
        opened: the story is new.
        score: how like the story it is; 1 for a copy or a new version, 0 for the report that opens a story.
        because: what it shares with the story, the weightiest first: ``place:berlin``, ``date:2025-11-25``.
        copy_of: key of the report that it is a copy of, or empty.
        news: what is new in the story with it.
    """

    report: str
    story: StoryKey
    opened: bool
    score: float
    because: tuple[str, ...] = ()
    copy_of: str = ""
    news: tuple[News, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """Two stories have turned out to be one: ``absorbed`` is now a part of ``kept``, because of a report."""

    kept: StoryKey
    absorbed: StoryKey
    report: str
    score: float


@dataclass(frozen=True, slots=True)
class Placement:
    """What a tick made of its reports.

    Attributes:
        placed: one for each report, in the order of time.
        merges: in the order in which they happened.
        stories: all that are new or changed, as they are now; merged ones are gone.
        closed: stories that no report can join any more.
        emptied: stories of which no report is left.
    """

    placed: tuple[Placed, ...]
    merges: tuple[Merge, ...]
    stories: tuple[Story, ...]
    closed: tuple[StoryKey, ...]
    emptied: tuple[StoryKey, ...] = ()


class _Seed(NamedTuple):
    """Reports that belong together for sure: copies of each other, or of a report of the story."""

    reports: list[Report]
    story: StoryKey | None


@dataclass(frozen=True, slots=True)
class _Contents:
    """What the tables hold of a story."""

    key: StoryKey
    names: frozenset[str] = frozenset()
    reports: frozenset[str] = frozenset()
    members: tuple[Report, ...] = ()

    @classmethod
    def of(cls, story: Story | None) -> _Contents:
        if story is None:
            return cls(StoryKey(""))
        return cls(story.key, names_of(story.members), story.keys, story.members)

    def without(self, other: _Contents) -> _Contents:
        same = {id(member) for member in other.members}
        others = tuple(member for member in self.members if id(member) not in same)
        return _Contents(self.key, self.names - other.names, self.reports - other.reports, others)


class Board:
    """The open stories with the look-up tables for placing.

    A board that was kept gives the same as a new one of the same stories. When what it decided could not be stored,
    it must be thrown away.
    """

    def __init__(self, stories: Iterable[Story], settings: StorySettings, told: Iterable[Claim] = ()) -> None:
        """Set out the open stories.

        Args:
            stories: those that a report may join.
            settings: how stories are told apart.
            told: what hits claimed before, in stories that may be closed: a version of the plan is news once.
        """
        self._settings = settings
        self._told = {claim.fact for claim in told}
        self._stories: dict[StoryKey, Story] = {}
        self._where: dict[str, StoryKey] = {}
        self._having: defaultdict[str, set[StoryKey]] = defaultdict(set)
        self._banded: defaultdict[int, set[str]] = defaultdict(set)
        self._subjects: Counter[str] = Counter()
        self._scale = self._weighed()
        self._grouper = Grouper(self._scale, settings)
        self._groups: dict[StoryKey, Group] = {}
        for story in stories:
            self._change(None, story)

    @property
    def settings(self) -> StorySettings:
        """How stories are told apart here."""
        return self._settings

    @property
    def stories(self) -> tuple[Story, ...]:
        """All open stories, by key."""
        return tuple(story for _, story in sorted(self._stories.items()))

    def is_open(self, key: StoryKey, now: datetime) -> bool:
        """Whether reports may join a story at this moment."""
        return key in self._stories and key not in self._closing(now)

    def place(self, reports: Iterable[Report], now: datetime, gone: Iterable[str] = ()) -> Placement:
        """Put reports that came in together into the open stories, or into new ones.

        Args:
            reports: with different keys, in any order.
            now: stories whose last report was found before the window are closed first, and the quietest of too many.
            gone: keys of earlier reports that are none any more, and count no longer; unknown ones are passed over.
        """
        closed = self._close(now)
        shrunk, emptied = self._without(gone)
        ordered = sorted(reports, key=by_time)
        placed: list[Placed] = []
        merges: list[Merge] = []
        for start in range(0, len(ordered), _AT_ONCE):
            self._place(ordered[start : start + _AT_ONCE], placed, merges)
        final = _final(merges)
        by_report = {each.report: replace(each, story=final.get(each.story, each.story)) for each in placed}
        placed = [by_report[report.key] for report in ordered]
        changed = sorted({each.story for each in placed} | {final.get(key, key) for key in shrunk})
        stories = tuple(self._stories[key] for key in changed)
        return Placement(tuple(placed), tuple(merges), stories, closed, emptied)

    # --- the tables ------------------------------------------------------------------------------------------------

    def _change(self, before: Story | None, after: Story | None) -> None:
        """Take a story in, out, or over as it has become; the cost is that of the difference."""
        old, new = _Contents.of(before), _Contents.of(after)
        if before is not None:
            del self._stories[before.key]
            self._groups.pop(before.key, None)
        if after is not None:
            self._stories[after.key] = after
        if old.key == new.key:
            old, new = old.without(new), new.without(old)
        self._forget(old)
        self._learn(new)

    def _forget(self, contents: _Contents) -> None:
        for name in contents.names:
            _discard(self._having, name, contents.key)
        for report in contents.reports:
            del self._where[report]
        for member in contents.members:
            self._subjects.subtract(("reports", *subjects_of(member)))
            for band in member.shingles.bands:
                _discard(self._banded, band, member.key)

    def _learn(self, contents: _Contents) -> None:
        for name in contents.names:
            self._having[name].add(contents.key)
        self._where |= dict.fromkeys(contents.reports, contents.key)
        for member in contents.members:
            self._subjects.update(("reports", *subjects_of(member)))
            for band in member.shingles.bands:
                self._banded[band].add(member.key)

    def _closing(self, now: datetime) -> tuple[StoryKey, ...]:
        oldest = now - self._settings.window
        old = {key for key, story in self._stories.items() if story.is_quiet_since(oldest)}
        surplus = len(self._stories) - len(old) - self._settings.most_open
        if surplus > 0:
            quietest = sorted((story.last_at, key) for key, story in self._stories.items() if key not in old)
            old.update(key for _, key in quietest[:surplus])
        return tuple(sorted(old))

    def _close(self, now: datetime) -> tuple[StoryKey, ...]:
        closed = self._closing(now)
        for key in closed:
            self._change(self._stories[key], None)
        return closed

    def _without(self, gone: Iterable[str]) -> tuple[set[StoryKey], tuple[StoryKey, ...]]:
        """Take reports out of their stories; return those that are smaller now, and those that had no other report."""
        shrunk: set[StoryKey] = set()
        emptied: list[StoryKey] = []
        for report in sorted(set(gone) & self._where.keys()):
            story = self._stories[self._where[report]]
            left = story.without(report)
            self._change(story, left)
            shrunk.add(story.key)
            if left is None:
                shrunk.remove(story.key)
                emptied.append(story.key)
        return shrunk, tuple(emptied)

    def _weighed(self) -> Scale:
        """The weights of this moment."""
        frequency = {name: len(keys) for name, keys in self._having.items()}
        in_stories = Counts(frequency, len(self._stories))
        in_reports = Counts(dict(self._subjects), self._subjects["reports"])
        return Scale(in_stories, in_reports, self._settings.common)

    def _group(self, key: StoryKey) -> Group:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = self._grouper.of_story(self._stories[key])
        return group

    # --- reports that came in together -------------------------------------------------------------------------------

    def _place(self, reports: Sequence[Report], placed: list[Placed], merges: list[Merge]) -> None:
        self._scale = self._weighed()
        self._grouper = Grouper(self._scale, self._settings)
        self._groups.clear()
        originals: dict[str, Report] = {}
        seeds = [self._seeded(seed) for seed in self._seeds(reports, originals)]
        near = {key for report in reports for key in self._near(report)} - {
            each.story.key for each in seeds if each.story
        }
        groups = self._grouper.grouped([*seeds, *map(self._group, sorted(near))])
        for group in groups:
            placed += self._joined(group, originals)
        for report in reports:
            merges += self._merged(report)

    def _near(self, report: Report) -> list[StoryKey]:
        """The stories that share the most of what is telling in a report, by weight."""
        shared: Counter[StoryKey] = Counter()
        for name in self._scale.telling([report]):
            weight = round(self._scale.weights[name] * 1000)  # whole numbers add up the same in any order
            for key in self._having.get(name, ()):
                shared[key] += weight
        return heapq.nsmallest(_NEAR, shared, key=lambda key: (-shared[key], key))

    def _seeds(self, reports: Sequence[Report], originals: dict[str, Report]) -> list[_Seed]:
        """Reports with their copies and stories; ``originals`` takes the original of each copy."""
        seeds: dict[StoryKey | str, _Seed] = {}
        found: dict[str, _Seed] = {}
        by_key: dict[str, Report] = {}
        banded: defaultdict[int, set[str]] = defaultdict(set)
        for report in reports:
            original = self._original(report, banded, by_key)
            story = self._where.get(report.key)
            if original is not None and story is None:
                originals[report.key] = original
                story = self._where.get(original.key)
            seed = found.get(original.key) if original is not None and story is None else None
            if seed is None:
                seed = seeds.setdefault(story or report.key, _Seed([], story))
            seed.reports.append(report)
            found[report.key] = seed
            by_key[report.key] = report
            for band in report.shingles.bands:
                banded[band].add(report.key)
        return list(seeds.values())

    def _seeded(self, seed: _Seed) -> Group:
        return self._grouper.of_reports(seed.reports, self._stories[seed.story] if seed.story else None)

    def _original(self, report: Report, banded: dict[int, set[str]], by_key: dict[str, Report]) -> Report | None:
        """The report that this one is the likest copy of, the earliest of those; of this tick, or of an open story."""
        keys = {
            key for band in report.shingles.bands for table in (self._banded, banded) for key in table.get(band, ())
        } - {report.key}
        candidates = (by_key.get(key) or self._member(key) for key in keys)
        best: tuple[float, tuple[datetime, str], Report] | None = None
        for other in candidates:
            score = report.shingles.copies(
                other.shingles, jaccard=self._settings.jaccard, contained=self._settings.contained
            )
            if score and abs(report.at - other.at) <= self._settings.window:
                best = min(filter(None, (best, (-score, by_time(other), other))), key=lambda copy: copy[:2])
        return best[2] if best else None

    def _member(self, key: str) -> Report:
        return next(member for member in self._stories[self._where[key]].members if member.key == key)

    # --- what becomes of a group -------------------------------------------------------------------------------------

    def _joined(self, group: Group, originals: dict[str, Report]) -> Iterator[Placed]:
        story = group.story
        for report in (member for member in group.members if member.key in group.fresh):
            original = originals.get(report.key)
            if original is not None and not (report.cites or report.official):
                report = replace(report, origin=original.origin, source=original.source)  # noqa: PLW2901 - a copy is its original's news
            before = story
            if before is None:
                story = opened(report)
                yield Placed(report.key, story.key, opened=True, score=0.0)
            else:
                yield self._placed(report, before, group, original)
                story = before.joined(report)
            self._change(before, story)
            self._told.update(claim.fact for claim in report.claims if claim.kind not in OF_STORY)

    def _placed(self, report: Report, story: Story, group: Group, original: Report | None) -> Placed:
        have = {name for member in story.members for name, _ in member.anchors}
        shared = sorted((-self._scale.weights[name] * value, name) for name, value in report.anchors if name in have)
        return Placed(
            report=report.key,
            story=story.key,
            opened=False,
            score=round(min(group.fresh[report.key], 1.0), 4),
            because=tuple(name for _, name in shared[:_REASONS]),
            copy_of=original.key if original is not None else "",
            news=tuple(self._news(report, story)),
        )

    def _news(self, report: Report, story: Story) -> Iterator[News]:
        if report.level is None:
            return
        if report.level == "core" and story.level and not story.told_core:
            yield News("level", "the first report that is about it")
        if report.official and report.family not in story.official:
            yield News("official", f"official text: {report.outlet}")
        spoken = {name for member in story.members for name in member.prominent}
        yield from new_claims(report.claims, lambda claim: self._is_known(claim, story, spoken))
        count = len(story.origins) + 1
        if count in self._settings.sources_at and report.origin not in {origin.family for origin in story.origins}:
            yield News("sources", f"{ordinal(count)} independent source: {report.outlet}")

    def _is_known(self, claim: Claim, story: Story, spoken: Collection[str]) -> bool:
        """Whether a claim is no news.

        A stance or a topic is known when its story has it, and a confirmation by those whom the story is about tells
        nothing new; a number, a date or a version is known when any hit had it before.
        """
        if claim.kind not in OF_STORY:
            return claim.fact in self._told or claim.is_known(story.claims)
        return claim.is_known(story.claims) or (claim.value == "confirm" and claim.speaker in spoken)

    def _merged(self, report: Report) -> Iterator[Merge]:
        """Merge the story of a report with those that the report is like as well, when they are like each other."""
        alone = self._grouper.of_reports([report])
        for key in self._near(report):
            if key == self._where[report.key] or key not in self._stories:
                continue
            story, other = self._stories[self._where[report.key]], self._stories[key]
            score = self._grouper.likeness(alone, self._group(key))
            if score < self._settings.join:
                continue
            alike = likeness(self._group(story.key).profile, self._group(key).profile, self._settings.text)
            if alike < self._settings.tie:
                continue
            kept, absorbed = sorted((story, other), key=lambda each: (each.opened_at, each.key))
            self._change(absorbed, None)
            self._change(kept, kept.absorbed(absorbed))
            yield Merge(kept.key, absorbed.key, report.key, round(score, 4))


def _discard(table: defaultdict[_K, set[_V]], key: _K, value: _V) -> None:
    table[key].discard(value)
    if not table[key]:
        del table[key]


def _final(merges: Sequence[Merge]) -> dict[StoryKey, StoryKey]:
    """Where each story that was absorbed is now."""
    final: dict[StoryKey, StoryKey] = {}
    for merge in reversed(merges):
        final[merge.absorbed] = final.get(merge.kept, merge.kept)
    return final
