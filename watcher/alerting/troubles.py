"""What ails the watch itself, and what is told of it. Decisions only.

A trouble has a key and a beginning. It is told once when it begins and once when it is over; what begins or ends at one
time is told together. While the network is down nothing is said of single feeds: it is we who cannot be reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from watcher.model import HealthRules, TargetName
from watcher.wording import counted, span

TroubleKind = Literal["network", "failing", "silent", "target", "canary"]

OFFLINE_FOR = timedelta(minutes=5)
# A rate limit pauses for less, and is nothing to tell of.
PAUSED_FOR = timedelta(minutes=30)
CANARY_LATE = timedelta(minutes=15)
_NAMED = 12
_ARRIVALS = 10
_LEARNED = timedelta(days=3)
_QUIET_AT_LEAST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class FeedCondition:
    """What is known of a feed.

    Attributes:
        failures: polls in a row that failed, and ``detail`` says why the last one did.
        failing_since: when the first of these polls failed; None when none did.
        arrivals: when it brought something new, the latest first; empty when nobody looked.
    """

    id: str
    failures: int
    detail: str
    failing_since: datetime | None
    arrivals: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class PausedTarget:
    """A target that takes nothing until then, and why; ``pauses`` counts pauses in a row."""

    name: TargetName
    until: datetime | None
    pauses: int
    reason: str


@dataclass(frozen=True, slots=True)
class Condition:
    """How the watch is.

    Attributes:
        offline_since: since when hardly any host has answered; None when hosts answer.
        canary_since: when the made-up article that has not come through was sent off; None when none is under way.
    """

    feeds: tuple[FeedCondition, ...]
    targets: tuple[PausedTarget, ...]
    offline_since: datetime | None = None
    canary_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that ails.

    Attributes:
        subject: the feed or the target; empty for the watch as a whole.
        text: what it is, without the subject.
    """

    kind: TroubleKind
    subject: str
    since: datetime
    text: str

    @property
    def key(self) -> str:
        """What tells troubles apart."""
        return f"{self.kind}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: a headline, and what it was or is about."""

    headline: str
    detail: str
    troubles: tuple[Trouble, ...]

    @property
    def about(self) -> tuple[TargetName, ...]:
        """The targets that are in trouble, and cannot be told of it."""
        return tuple(TargetName(each.subject) for each in self.troubles if each.kind == "target")


def troubles(
    condition: Condition, rules: HealthRules, known: Mapping[str, Trouble], now: datetime
) -> tuple[Trouble, ...]:
    """What ails now.

    Args:
        known: the troubles that have been told and are not over, by key.
    """
    offline = condition.offline_since
    if offline is not None and now - offline >= OFFLINE_FOR:
        # What was told of feeds stays as it is until the network shows how they are.
        kept = tuple(each for each in known.values() if each.kind in {"failing", "silent"})
        return (Trouble("network", "", offline, "hardly any host answers"), *kept, *_targets(condition, known, now))
    found = [*_targets(condition, known, now), *_canary(condition, now)]
    for feed in condition.feeds:
        found += _of_feed(feed, rules, known, now)
    return tuple(found)


def _of_feed(feed: FeedCondition, rules: HealthRules, known: Mapping[str, Trouble], now: datetime) -> list[Trouble]:
    failing = known.get(f"failing:{feed.id}")
    if feed.failures and failing is not None:
        return [failing]
    if feed.failures:
        since = feed.failing_since or now
        if feed.failures < rules.failing_polls or now - since < rules.failing_for:
            return []
        text = f"{counted(feed.failures, 'poll')} in a row failed: {feed.detail}"
        return [Trouble("failing", feed.id, since, text)]
    limit = silent_after(feed.arrivals) if rules.silent else None
    if limit is None or now - feed.arrivals[0] < limit:
        return []
    text = f"nothing new for {span(now - feed.arrivals[0])}, though it answers"
    return [Trouble("silent", feed.id, feed.arrivals[0], text)]


def silent_after(arrivals: Sequence[datetime]) -> timedelta | None:
    """How long a feed may bring nothing before that is odd: twice the longest gap that it is known for.

    None when too little is known of it: fewer than ten arrivals, or less than three days of them.
    """
    if len(arrivals) < _ARRIVALS or arrivals[0] - arrivals[-1] < _LEARNED:
        return None
    longest = max(later - earlier for later, earlier in pairwise(arrivals))
    return max(2 * longest, _QUIET_AT_LEAST)


def _targets(condition: Condition, known: Mapping[str, Trouble], now: datetime) -> list[Trouble]:
    found = []
    for target in condition.targets:
        before = known.get(f"target:{target.name}")
        if before is not None and target.pauses:
            found.append(before)
        elif target.until is not None and target.until - now > PAUSED_FOR:
            found.append(Trouble("target", target.name, now, target.reason))
    return found


def _canary(condition: Condition, now: datetime) -> list[Trouble]:
    since = condition.canary_since
    if since is None or now - since < CANARY_LATE:
        return []
    return [Trouble("canary", "", since, f"a made-up article has not come through in {span(now - since)}")]


# --- what is told ------------------------------------------------------------------------------------------------


def notices(
    known: Mapping[str, Trouble], now_there: Iterable[Trouble], now: datetime
) -> tuple[tuple[Notice, ...], tuple[Trouble, ...], tuple[Trouble, ...]]:
    """What to tell, and which troubles have begun and which are over."""
    current = {each.key: each for each in now_there}
    begun = tuple(each for key, each in current.items() if key not in known)
    over = tuple(each for key, each in known.items() if key not in current)
    told = [_begun(kind, group) for kind, group in _by_kind(begun)]
    told += [_over(kind, group, now) for kind, group in _by_kind(over)]
    return tuple(told), begun, over


def _by_kind(found: Iterable[Trouble]) -> list[tuple[TroubleKind, tuple[Trouble, ...]]]:
    kinds: dict[TroubleKind, list[Trouble]] = {}
    for each in found:
        kinds.setdefault(each.kind, []).append(each)
    return [(kind, tuple(group)) for kind, group in kinds.items()]


def _begun(kind: TroubleKind, group: tuple[Trouble, ...]) -> Notice:
    detail = _detail(group)
    match kind:
        case "network":
            return Notice("The network here is down: hardly any host answers", "No feed can be polled.", group)
        case "canary":
            return Notice("The watch is stuck", f"{group[0].text}.".capitalize(), group)
        case "failing":
            return Notice(_told(group, "feed", "cannot be had"), detail, group)
        case "silent":
            return Notice(_told(group, "feed", "brings nothing new", "bring nothing new"), detail, group)
        case "target":
            return Notice(_told(group, "target", "is paused", "are paused"), detail, group)


def _over(kind: TroubleKind, group: tuple[Trouble, ...], now: datetime) -> Notice:
    lasted = f"It lasted {span(now - min(each.since for each in group))}."
    match kind:
        case "network":
            return Notice("The network is back", lasted, group)
        case "canary":
            return Notice("The watch works again", lasted, group)
        case "failing":
            return Notice(_told(group, "feed", "can be had again"), lasted, group)
        case "silent":
            return Notice(_told(group, "feed", "brings news again", "bring news again"), lasted, group)
        case "target":
            return Notice(_told(group, "target", "takes messages again", "take messages again"), lasted, group)


def _told(group: Sequence[Trouble], noun: str, one: str, several: str = "") -> str:
    return f"The {noun} {group[0].subject} {one}" if len(group) == 1 else f"{len(group)} {noun}s {several or one}"


def _detail(group: Sequence[Trouble]) -> str:
    if len(group) == 1:
        return f"{group[0].text}."
    lines = "; ".join(f"{each.subject}: {each.text}" for each in group[:_NAMED])
    return f"{lines}{f'; and {len(group) - _NAMED} more' if len(group) > _NAMED else ''}."
