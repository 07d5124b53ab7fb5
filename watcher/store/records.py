"""What the pipeline hands to the store, and what the store hands back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from watcher.model import AlertKind, Event, FeedId, Level, Message, ReadOutcome, TargetName, TopicScore


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
    """An alert with its deliveries. Keys that are known already make no new rows: nobody is told twice."""

    kind: AlertKind
    level: Level
    dedupe_key: str
    headline: str
    deliveries: tuple[PlannedDelivery, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """All that follows from one article read, written together.

    Attributes:
        next_read_at: when to try again for a better text; None when the text is final.
        entity_names: canonical names of the judgement's entities, in the same order.
        keep_text: False lets go of the text of an article that did not match.
        near_miss: the topic that nearly fired; None when one fired, or none came near.
    """

    outcome: ReadOutcome
    status: str
    detail: str
    next_read_at: datetime | None
    entity_names: tuple[str, ...]
    alert: AlertPlan | None
    events: tuple[Event, ...] = ()
    keep_text: bool = True
    near_miss: TopicScore | None = None


@dataclass(frozen=True, slots=True)
class PollStored:
    """What T1 made of one decision: how many of its entries were new, and whether none was known before."""

    feed_id: FeedId
    new: int
    gap_suspected: bool
