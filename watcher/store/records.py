"""What the pipeline hands to the store, and what the store hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from watcher.alerting.routing import Routed
from watcher.model import (
    AlertKind,
    ArticleId,
    Earlier,
    Event,
    FeedId,
    Level,
    Message,
    ReadOutcome,
    TargetName,
    TopicScore,
)
from watcher.stories import Placement, Report, Story, StoryKey


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One delivery to be made: the message is rendered once, here frozen.

    Attributes:
        urgent: it passes through quiet hours.
        digest: the route in whose digest it is told; empty is by itself.
    """

    target: TargetName
    idem_key: str
    message: Message
    urgent: bool = False
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """An alert with its deliveries. Keys that are known already make no new rows: nobody is told twice.

    Attributes:
        news: what is new in its story, in words.
    """

    kind: AlertKind
    level: Level
    dedupe_key: str
    headline: str
    deliveries: tuple[PlannedDelivery, ...]
    expires_at: datetime
    news: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """All that follows from one article read, written together.

    Attributes:
        next_read_at: when to try again for a better text; None when the text is final.
        entity_names: canonical names of the judgement's entities, in the same order.
        report: what a hit says to its story; None when no topic fired.
        alerts: on it: one for those who do not know its story yet, one for those who do.
        keep_text: False lets go of the text of an article that did not match.
        near_miss: the topic that nearly fired; None when one fired, or none came near.
    """

    outcome: ReadOutcome
    status: str
    detail: str
    next_read_at: datetime | None
    entity_names: tuple[str, ...]
    report: Report | None = None
    alerts: tuple[AlertPlan, ...] = ()
    events: tuple[Event, ...] = ()
    keep_text: bool = True
    near_miss: TopicScore | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What was told of a story before.

    Attributes:
        told: who was told, and in which digest.
        earlier: the alerts, the oldest first.
        muted_until: it is not told of before then; None when it may be.
    """

    told: frozenset[Routed] = frozenset()
    earlier: tuple[Earlier, ...] = ()
    muted_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """Hits put into stories: where they went, and the records with the alerts that follow."""

    placement: Placement
    records: tuple[ReadRecord, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """What the tables say of the articles just read.

    Attributes:
        gone: keys of reports that are none any more.
        told: the story of each report that is in one already which was told.
    """

    gone: Sequence[str]
    told: Mapping[str, StoryKey]


Recall = Callable[[Story, Sequence[ArticleId]], Past]
"""Gives what was told of a story, and of articles that were told before they were in one."""

File = Callable[[Sequence[ReadRecord], Before, Recall], Filed]
"""Puts hits into stories, and takes articles out that are none any more; called once in the transaction that writes
them."""


@dataclass(frozen=True, slots=True)
class PollStored:
    """What T1 made of one decision: how many of its entries were new, and whether none was known before."""

    feed_id: FeedId
    new: int
    gap_suspected: bool
