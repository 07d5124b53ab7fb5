"""Grouping the reports of one tick, with each other and with open stories, the likest first.

This is agglomerative clustering with average linkage: what is most alike is joined first, and then counts as one. So
the reports of one event find each other before any of them is drawn to an older story of the same people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.stories.likeness import Profile, Scale, evidence, likeness, names_of
from watcher.stories.report import Report
from watcher.stories.story import Story, StorySettings, by_time

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Reports that belong together, and the open story that they join, if any.

    Attributes:
        members: all reports, those of the story too, in the order of time.
        fresh: those of this tick among them, by key, with how like the rest they were when they joined.
        since, until: from when to when the story, or the reports, were.
        telling: the anchors and words that can join them to others; of a story all, since the others' are telling.
    """

    members: tuple[Report, ...]
    fresh: dict[str, float]
    story: Story | None
    since: datetime
    until: datetime
    profile: Profile
    telling: frozenset[str]

    @property
    def order(self) -> tuple[datetime, str]:
        """The place in the canonical order."""
        return (self.since, self.story.key) if self.story else by_time(self.members[0])


class Grouper:
    """Makes, compares and joins groups, all by one scale."""

    def __init__(self, scale: Scale, settings: StorySettings) -> None:
        self._scale = scale
        self._settings = settings

    def of_story(self, story: Story) -> Group:
        """An open story."""
        return self._group(story.members, {}, story, (story.opened_at, story.last_at))

    def of_reports(self, reports: Sequence[Report], story: Story | None = None) -> Group:
        """Reports that are known to belong together, and to this story."""
        times = [report.at for report in reports] + ([story.opened_at, story.last_at] if story else [])
        members = (*(story.members if story else ()), *reports)
        return self._group(
            members, dict.fromkeys([report.key for report in reports], 1.0), story, (min(times), max(times))
        )

    def _group(
        self, members: Iterable[Report], fresh: dict[str, float], story: Story | None, span: tuple[datetime, datetime]
    ) -> Group:
        # An earlier version of a report that came again gives way.
        ordered = tuple(sorted({report.key: report for report in members}.values(), key=by_time))
        telling = names_of(ordered) if story else self._scale.telling(ordered)
        return Group(ordered, fresh, story, *span, self._scale.profile(ordered), telling)

    def likeness(self, one: Group, other: Group) -> float:
        """How like two groups are, less for the time between them; 0 when they have no more in common than names."""
        gap = max(one.since - other.until, other.since - one.until, _NOTHING) / self._settings.window
        found = evidence(one.telling & other.telling)
        if gap > 1 or found == "nothing":
            return 0.0
        alike = likeness(one.profile, other.profile, self._settings.text) * (1 - self._settings.decay * gap)
        return alike if found == "event" else alike * self._settings.about

    def grouped(self, groups: Iterable[Group]) -> list[Group]:
        """The groups after joining all that are like enough; two stories are never joined."""
        return _Round(self, groups, self._settings.join).run()

    def joined(self, one: Group, other: Group, score: float) -> Group:
        """Two groups as one; at most one of them has a story."""
        fresh = {
            key: score if len(group.members) == 1 else before
            for group in (one, other)
            for key, before in group.fresh.items()
        }
        span = min(one.since, other.since), max(one.until, other.until)
        return self._group([*one.members, *other.members], fresh, one.story or other.story, span)


class _Round:
    """The state of joining: groups by number, and the pairs of them that are like enough."""

    def __init__(self, grouper: Grouper, groups: Iterable[Group], join: float) -> None:
        self._grouper = grouper
        self._join = join
        self._groups: dict[int, Group] = {}
        self._pairs: dict[tuple[int, int], float] = {}
        self._next = 0
        for group in sorted(groups, key=lambda group: group.order):
            self._add(group)

    def _add(self, group: Group) -> None:
        for number, other in self._groups.items():
            if group.story and other.story:
                continue
            score = self._grouper.likeness(group, other)
            if score >= self._join:
                self._pairs[number, self._next] = score
        self._groups[self._next] = group
        self._next += 1

    def run(self) -> list[Group]:
        while self._pairs:
            one, other = min(self._pairs, key=lambda pair: (-self._pairs[pair], *self._orders(pair)))
            joined = self._grouper.joined(self._groups[one], self._groups[other], self._pairs[one, other])
            for number in (one, other):
                del self._groups[number]
            self._pairs = {pair: score for pair, score in self._pairs.items() if not {one, other} & set(pair)}
            self._add(joined)
        return sorted(self._groups.values(), key=lambda group: group.order)

    def _orders(self, pair: tuple[int, int]) -> list[tuple[datetime, str]]:
        return sorted(self._groups[number].order for number in pair)
