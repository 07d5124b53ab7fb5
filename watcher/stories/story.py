"""An open story: what is kept of it as long as reports may join it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple, NewType

from watcher.model import Level, Settings
from watcher.stories.news import Claim
from watcher.stories.report import Report

StoryKey = NewType("StoryKey", str)


class Origin(NamedTuple):
    """A source of a story: its family, when it first had it, and its name for people."""

    family: str
    at: datetime
    name: str


MEMBERS = 40
"""So many reports of a story are kept for comparing; the older ones are counted only."""

COMMON = frozenset(
    {"ukraine", "russia", "usa", "eu", "europe", "nato", "kyiv", "moscow", "washington", "trump", "zelensky", "putin"}
    | {"kremlin", "white_house"}
)


@dataclass(frozen=True, slots=True)
class StorySettings:
    """How stories are told apart. Similarities and shares of them are from 0 to 1.

    Attributes:
        window: a story is open for so long after its last report was found.
        join: a report joins the story that it is most like, from this on.
        tie: two stories are merged when a report is like both and they are like each other, from this on.
        about: what is left of a similarity when all that is shared is who it is about, and what.
        text: the weight of alike words beside that of shared anchors, for texts of one language.
        decay: what is lost of the similarity by the end of the window.
        jaccard, contained: from these on a text is a copy, or a part, of another.
        sources_at: so many independent sources are news; by default the count is shown, but is no news of its own.
        common: entities that are in nearly every story; sharing them says next to nothing.
        most_open: so many stories are open at most; those that have been quiet for longest are closed early.
    """

    window: timedelta = timedelta(hours=72)
    join: float = 0.32
    tie: float = 0.5
    about: float = 0.7
    text: float = 1.0
    decay: float = 0.2
    jaccard: float = 0.7
    contained: float = 0.8
    sources_at: tuple[int, ...] = ()
    common: frozenset[str] = COMMON
    most_open: int = 3_000

    @classmethod
    def of(cls, settings: Settings) -> StorySettings:
        """As a configuration has it; what it does not say is as measured (docs/decisions.md)."""
        return cls(window=settings.story_window, sources_at=settings.sources_at)


@dataclass(frozen=True, slots=True)
class Story:
    """A story with what is needed to go on with it.

    Attributes:
        key: the same whenever and wherever the same first report opens it.
        title: of the first report.
        level: the highest level of its reports; None when none is a hit.
        opened_at, last_at: time of its first and its last report.
        keys: of all its reports.
        origins: the independent sources, in the order of their first reports.
        official: families with an official text in it that could be told.
        claims: all that its reports claimed in their titles and leads, but for the quiet ones.
        members: its latest reports, in the order of time.
        merged: keys of the stories that were merged into it.
    """

    key: StoryKey
    title: str
    level: Level | None
    opened_at: datetime
    last_at: datetime
    keys: frozenset[str]
    origins: tuple[Origin, ...]
    official: frozenset[str]
    claims: tuple[Claim, ...]
    members: tuple[Report, ...]
    merged: tuple[StoryKey, ...] = ()

    @property
    def count(self) -> int:
        """How many reports it has."""
        return len(self.keys)

    @property
    def told_core(self) -> bool:
        """Whether it has a report that is about it and could be told; those that are kept no longer could."""
        core = [member for member in self.members if member.level == "core"]
        return self.level == "core" and not (core and all(member.quiet for member in core))

    def is_quiet_since(self, moment: datetime) -> bool:
        """Whether no report came in since then; what was published long ago may have been found just now."""
        return self.last_at < moment and all(member.found_at < moment for member in self.members)

    def joined(self, report: Report) -> Story:
        """The story with one more report; a report of a known key takes the place of the earlier one."""
        others = tuple(member for member in self.members if member.key != report.key)
        return replace(
            self,
            level=higher(self.level, report.level),
            opened_at=min(self.opened_at, report.at),
            last_at=max(self.last_at, report.at),
            keys=self.keys | {report.key},
            origins=_origins([*self._origins_without(report.key), _origin(report)]),
            official=self.official | _official(report),
            claims=tuple(dict.fromkeys([*self.claims, *report.claims])),
            members=_latest([*others, report]),
        )

    def without(self, key: str) -> Story | None:
        """The story without a report that says nothing of it any more; None when it was the only one.

        What it claimed stays: it has been told.
        """
        if not self.keys - {key}:
            return None
        return replace(
            self,
            keys=self.keys - {key},
            origins=self._origins_without(key),
            members=tuple(member for member in self.members if member.key != key),
        )

    def _origins_without(self, key: str) -> tuple[Origin, ...]:
        """The sources but for one that only this report has, or had first; of the older reports nothing is changed."""
        gone = [_origin(member) for member in self.members if member.key == key]
        others = [_origin(member) for member in self.members if member.key != key]
        families = {origin.family for origin in gone}
        stand_ins = [origin for origin in others if origin.family in families]
        return _origins([*(origin for origin in self.origins if origin not in gone), *stand_ins])

    def absorbed(self, other: Story) -> Story:
        """Both stories as one, under the key of this one."""
        return replace(
            self,
            level=higher(self.level, other.level),
            opened_at=min(self.opened_at, other.opened_at),
            last_at=max(self.last_at, other.last_at),
            keys=self.keys | other.keys,
            origins=_origins([*self.origins, *other.origins]),
            official=self.official | other.official,
            claims=tuple(dict.fromkeys([*self.claims, *other.claims])),
            members=_latest([*self.members, *other.members]),
            merged=(*self.merged, other.key, *other.merged),
        )


def opened(report: Report) -> Story:
    """A story of one report."""
    digest = blake2b(report.key.encode(), digest_size=8).hexdigest()
    return Story(
        key=StoryKey(digest),
        title=report.title,
        level=report.level,
        opened_at=report.at,
        last_at=report.at,
        keys=frozenset([report.key]),
        origins=(_origin(report),),
        official=_official(report),
        claims=report.claims,
        members=(report,),
    )


def higher(one: Level | None, other: Level | None) -> Level | None:
    """The higher of two levels."""
    return "core" if "core" in {one, other} else one or other


def by_time(report: Report) -> tuple[datetime, str]:
    """The canonical order of reports: what came in together is taken in this order, however it came in."""
    return report.at, report.key


def _latest(members: Iterable[Report]) -> tuple[Report, ...]:
    return tuple(sorted(members, key=by_time)[-MEMBERS:])


def _origin(report: Report) -> Origin:
    return Origin(report.origin, report.at, report.source)


def _official(report: Report) -> frozenset[str]:
    return frozenset({report.family} if report.official and not report.quiet else ())


def _origins(found: Iterable[Origin]) -> tuple[Origin, ...]:
    first: dict[str, Origin] = {}
    for origin in found:
        first[origin.family] = min(origin, first.get(origin.family, origin), key=lambda each: (each.at, each.name))
    return tuple(sorted(first.values(), key=lambda origin: (origin.at, origin.family)))
