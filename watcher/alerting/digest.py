"""Many alerts as one message: what a digest holds, and when a backlog is told as one. Decisions only.

A digest is made for three reasons: its time has come (``slot``), the quiet hours of a target are over (``quiet``), or
more alerts wait for a target than anybody would read one by one (``storm``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from watcher.model import AlertKind, DeliveryId, Level

Why = Literal["slot", "quiet", "storm", "story"]

CHART_DAYS = 14
CHART_TOPICS = 5
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that waits for a target, with what is told of it in one line.

    Attributes:
        delivery: the row that waits; 0 when it is told of by a summary only.
        at: when it was published, or seen when that is unknown.
        story: tells the stories apart; empty for what belongs to none.
        reports, sources: how many reports the story has, and from how many independent publishers.
        news: what was new in the story, in words; of several alerts on it, all that was.
        update: the alert is on something new in a story that was told before.
    """

    delivery: DeliveryId
    kind: AlertKind
    level: Level
    headline: str
    url: str
    outlet: str
    language: str
    at: datetime
    topics: tuple[str, ...] = ()
    story: str = ""
    reports: int = 1
    sources: int = 1
    news: tuple[str, ...] = ()

    @property
    def update(self) -> bool:
        """Whether it is news in a story that is known."""
        return self.kind == "update"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline ahead: its day, the words of the latest report on it, and how many publishers name it."""

    day: date
    text: str
    outlet: str
    url: str
    sources: int


@dataclass(frozen=True, slots=True)
class Version:
    """A number of points of the plan that was not heard of before."""

    points: int
    first_seen_at: datetime
    outlet: str
    url: str
    sources: int


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How the feeds are: how many answer, of how many, and those that do not."""

    well: int
    polled: int
    failing: tuple[str, ...] = ()

    def line(self) -> str:
        """In one line."""
        if not self.polled:
            return "No feed has been polled yet."
        if self.well == self.polled:
            return f"All {self.polled} feeds answer." if self.polled > 1 else "The feed answers."
        named = ", ".join(self.failing[:5])
        more = len(self.failing) - 5
        return f"{self.well} of {self.polled} feeds answer. Failing: {named}{f' and {more} more' if more > 0 else ''}."


@dataclass(frozen=True, slots=True)
class Series:
    """Hits of a topic, day by day."""

    topic: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Of all days."""
        return sum(self.counts)

    def spark(self, top: int | None = None) -> str:
        """The counts as a line of bars; ``top`` is the count that the highest bar stands for."""
        highest = max(top or 0, *self.counts, 1)
        return "".join(_BARS[(count * (len(_BARS) - 1) + highest - 1) // highest] for count in self.counts)


@dataclass(frozen=True, slots=True)
class Background:
    """What a digest of a day tells besides its alerts.

    Attributes:
        first_day: the day of the first of the counts in ``series``.
    """

    deadlines: tuple[Deadline, ...] = ()
    versions: tuple[Version, ...] = ()
    feeds: FeedHealth | None = None
    first_day: date | None = None
    series: tuple[Series, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest, before it is rendered.

    Attributes:
        id: printed in the message.
        since, until: what time it covers; since is None when nobody can tell.
        background: None for one that only tells what has waited.
    """

    id: str
    why: Why
    title: str
    since: datetime | None
    until: datetime
    items: tuple[Waiting, ...]
    background: Background | None = None


# --- what is told together ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bundle:
    """Alerts that are told in one message."""

    why: Why
    items: tuple[Waiting, ...]


def after_quiet(items: Sequence[Waiting]) -> tuple[Bundle, ...]:
    """What has waited for the end of quiet hours, as one bundle; a digest among it stays a message of its own."""
    loose, own = _loose(items), [item for item in items if item.kind == "digest"]
    return tuple(Bundle("quiet", bundle) for bundle in (loose, *((item,) for item in own)) if bundle)


def collapse(items: Sequence[Waiting], limit: int) -> tuple[Bundle, ...]:
    """What to tell together of a backlog: each story in one message, or all in one when that is still too much.

    Digests and alerts on the watch itself stay messages of their own; so does the only alert of a story. Empty when
    the backlog is no more than ``limit``.
    """
    news = tuple(item for item in items if item.kind not in {"digest", "health"})
    if limit <= 0 or len(news) <= limit:
        return ()
    stories: dict[str, list[Waiting]] = defaultdict(list)
    for item in news:
        stories[item.story or f"alone:{item.delivery}"].append(item)
    if len(stories) > limit:
        return (Bundle("storm", news),)
    return tuple(Bundle("story", tuple(story)) for story in stories.values() if len(story) > 1)


def _loose(items: Iterable[Waiting]) -> tuple[Waiting, ...]:
    return tuple(item for item in items if item.kind != "digest")


def by_story(items: Iterable[Waiting]) -> tuple[Waiting, ...]:
    """One item a story, those first that weigh most: its first alert, and of updates the latest one.

    A story that is new and has an update, too, is shown as new under the latest headline; all its news is kept.
    """
    stories: dict[str, list[Waiting]] = defaultdict(list)
    for item in items:
        stories[item.story or f"alone:{item.delivery}"].append(item)
    shown = [_of_story(story) for story in stories.values()]
    return tuple(sorted(shown, key=lambda item: (item.level != "core", -item.sources, -item.reports, item.at)))


def _of_story(items: Sequence[Waiting]) -> Waiting:
    latest = items[-1]
    kind: AlertKind = latest.kind if all(item.update for item in items) else items[0].kind
    level: Level = "core" if any(item.level == "core" for item in items) else latest.level
    news = tuple(dict.fromkeys(each for item in items for each in item.news))
    return replace(latest, kind=kind, level=level, news=news)


def title_of(why: Why, items: Sequence[Waiting], route: str = "") -> str:
    """The headline of a digest."""
    count = len(by_story(items))
    stories = f"{count} {'story' if count == 1 else 'stories'}"
    match why:
        case "slot":
            return f"{route}: {stories}" if items else f"{route}: nothing matched"
        case "quiet":
            return f"While it was quiet: {stories}"
        case "storm":
            return f"Many at once: {stories}"
        case "story":
            return items[-1].headline


# --- the chart ---------------------------------------------------------------------------------------------------


def days_before(last: date, count: int = CHART_DAYS) -> tuple[date, ...]:
    """So many days, the last one included."""
    return tuple(last - timedelta(days=back) for back in range(count - 1, -1, -1))


def series_of(counts: Mapping[tuple[str, date], int], days: Sequence[date]) -> tuple[Series, ...]:
    """The busiest topics, day by day; what is left over goes into one series of its own."""
    topics = {topic for topic, _ in counts}
    every = [Series(topic, tuple(counts.get((topic, day), 0) for day in days)) for topic in topics]
    ranked = sorted(every, key=lambda series: (-series.total, series.topic))
    if len(ranked) <= CHART_TOPICS:
        return tuple(ranked)
    rest = ranked[CHART_TOPICS - 1 :]
    others = tuple(sum(column) for column in zip(*(series.counts for series in rest), strict=True))
    return (*ranked[: CHART_TOPICS - 1], Series("other topics", others))
