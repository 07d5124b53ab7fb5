"""What is to be told to whom, and what becomes of a delivery: decisions only, nothing is sent here.

* :func:`content_of` turns a judged article into what an alert says. Who gets it is decided in
  :mod:`watcher.alerting.routing`.
* :func:`settle` turns the outcome of a send into the next state of its delivery.
* :class:`Bucket` and :class:`Breaker` say when a target may be sent to. Both are values: the caller keeps the new one.

A delivery is never given up by count: it stays pending until it expires, so that a weekend without network loses
nothing. What is at fault decides who waits: the delivery (back-off), its target, or every target of a bot.
"""

from __future__ import annotations

import base64
import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from watcher.model import (
    AlertContent,
    AlertKind,
    Delivered,
    DeliveryJob,
    EntityId,
    Fact,
    Judgement,
    Match,
    Outlet,
    ReadOutcome,
    Reason,
    Rejected,
    Retry,
    SendOutcome,
    Target,
    TargetName,
    TopicScore,
)

BACKOFF_BASE = timedelta(seconds=30)
BACKOFF_CAP = timedelta(hours=1)
PAUSE_BASE = timedelta(hours=1)
PAUSE_CAP = timedelta(hours=24)
BREAKER_LIMIT = 5
BREAKER_BASE = timedelta(seconds=60)
BREAKER_CAP = timedelta(minutes=15)
_WORDS = 6
_FACTS = 6
_ENTITIES = 12
_ZONES = {"title": 0, "lead": 1, "body": 2}
_NOW = timedelta(0)

# --- identity ----------------------------------------------------------------------------------------------------


def _digest(*parts: str) -> bytes:
    # Each part goes with its length, so that no two lists of parts look the same.
    return hashlib.sha256(b"".join(b"%d:%s" % (len(raw), raw) for raw in (part.encode() for part in parts))).digest()


def dedupe_key(kind: AlertKind, subject: str, event: str = "") -> str:
    """Identifies an alert: two alerts with one key are one. 32 hex characters.

    Args:
        kind: of the alert.
        subject: what it is about: the key of an article or a story, the id of a feed.
        event: tells several alerts of one kind about one subject apart.
    """
    return _digest(kind, subject, event).hex()[:32]


def idem_key(dedupe: str, target: TargetName, part: int = 0) -> str:
    """Identifies a delivery, so that a repeat can be recognised by the receiver. 32 hex characters."""
    return _digest(dedupe, target, str(part)).hex()[:32]


def alert_code(dedupe: str) -> str:
    """The id of an alert as it is printed for people: 8 characters that cannot be misread (A-Z, 2-7)."""
    return base64.b32encode(_digest(dedupe)[:5]).decode("ascii")


# --- what an alert says -------------------------------------------------------------------------


def content_of(
    outcome: ReadOutcome,
    outlet: Outlet,
    *,
    alert_id: str,
    entity_name: Callable[[EntityId], str],
    kind: AlertKind = "new",
) -> AlertContent:
    """What an alert about a hit says.

    Args:
        outcome: of an article for which a topic fired.
        outlet: who published it.
        alert_id: to be printed, see :func:`alert_code`.
        entity_name: the canonical English name of an entity.
        kind: of the alert.

    Raises:
        ValueError: no topic fired.
    """
    judgement, text = outcome.judgement, outcome.text
    if judgement.level is None:
        raise ValueError("an article for which no topic fired gives no alert")
    evidence = judgement.evidence
    return AlertContent(
        id=alert_id,
        kind=kind,
        level=judgement.level,
        headline=text.title or (evidence.text if evidence else outcome.job.url),
        url=outcome.canonical_url or outcome.final_url or outcome.job.url,
        outlet=outlet.name,
        language=judgement.language,
        published_at=outcome.job.published_at,
        seen_at=outcome.job.first_seen_at,
        evidence=evidence.text if evidence else "",
        marks=evidence.marks if evidence else (),
        reasons=_reasons(judgement),
        entities=tuple(dict.fromkeys(entity_name(entity) for entity in judgement.entities))[:_ENTITIES],
        facts=_phrases(judgement.facts, entity_name),
        text_source=text.source,
    )


def _reasons(judgement: Judgement) -> tuple[Reason, ...]:
    scored = {topic.topic: _scored(topic) for topic in judgement.fired}
    shared = Counter(concept for concepts in scored.values() for concept in concepts)
    return tuple(_reason(topic, scored[topic.topic], shared, judgement.matches) for topic in judgement.fired)


def _scored(topic: TopicScore) -> frozenset[str]:
    """The concepts that brought a topic points."""
    return frozenset(concept for line in topic.lines if line.points > 0 for concept in line.concepts)


def _reason(topic: TopicScore, scored: Collection[str], shared: Mapping[str, int], matches: Sequence[Match]) -> Reason:
    """One topic with its words: those first that speak for this topic and for few others."""
    assert topic.level is not None
    ranked = sorted(
        (shared[concept], _ZONES[match.zone], match.start, " ".join(match.text.split()))
        for match in matches
        for concept in (match.concept, f"fact.{match.concept}")
        if concept in scored
    )
    words: dict[str, str] = {}
    for *_, word in ranked:
        words.setdefault(word.casefold(), word)
    threshold = topic.alert_at if topic.level == "core" else topic.digest_at
    return Reason(topic.label, topic.level, topic.score, threshold, tuple(words.values())[:_WORDS])


def _phrases(facts: Sequence[Fact], entity_name: Callable[[EntityId], str]) -> tuple[str, ...]:
    best = sorted(facts, key=lambda fact: -fact.confidence)
    phrases = (_phrase(fact, entity_name) for fact in best)
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))[:_FACTS]


def _phrase(fact: Fact, entity_name: Callable[[EntityId], str]) -> str:
    """A fact in a few English words; empty for kinds that say nothing by themselves."""
    match fact.kind:
        case "plan_points":
            return f"{fact.value}-point plan"
        case "deadline":
            return f"deadline {fact.value}"
        case "quantity":
            return f"{_grouped(fact.value)} {fact.unit}".strip()
        case "stance" if fact.speaker:
            return f"{entity_name(EntityId(fact.speaker))}: {fact.value}"
        case _:
            return ""


def _grouped(number: str) -> str:
    return f"{int(number):,}".replace(",", " ") if re.fullmatch(r"\d{5,18}", number, re.ASCII) else number


# --- what becomes of a delivery ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is to be sent for so long, and why."""

    duration: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """The next state of a delivery, and what follows for its target.

    Attributes:
        state: ``sent``, ``pending`` (again at ``not_before``), or ``dead`` (nothing more will be tried).
        pause_target: the target takes no deliveries for a while.
        pause_bot: neither does any other target with the same credentials (see :func:`credentials_of`).
        plain_fallback: the next attempt is to be made as plain text.
        maybe_sent: the message may have arrived although no one said so.
    """

    state: Literal["sent", "pending", "dead"]
    reason: str = ""
    code: int | None = None
    not_before: datetime | None = None
    pause_target: Pause | None = None
    pause_bot: Pause | None = None
    plain_fallback: bool = False
    maybe_sent: bool = False


def backoff(
    attempts: int, rng: random.Random, base: timedelta = BACKOFF_BASE, cap: timedelta = BACKOFF_CAP
) -> timedelta:
    """How long to wait after so many attempts: less than ``base``, doubled each time, up to ``cap`` (full jitter)."""
    return _doubled(base, attempts - 1, cap) * rng.random()


def _doubled(base: timedelta, times: int, cap: timedelta) -> timedelta:
    factor: int = 2 ** max(0, min(times, 32))
    return min(cap, base * factor)


def settle(
    job: DeliveryJob,
    outcome: SendOutcome,
    *,
    now: datetime,
    rng: random.Random,
    on_unknown: Literal["resend", "drop"],
    pauses: int = 0,
) -> Settlement:
    """What becomes of a delivery after an attempt.

    Args:
        job: the delivery; its ``attempts`` count this one.
        outcome: of the attempt.
        now: time of the outcome.
        rng: source of the jitter.
        on_unknown: the target's choice between a possible repeat and a possible gap.
        pauses: how many times in a row the target, or its bot, was paused before.
    """
    match outcome:
        case Delivered():
            return Settlement("sent", outcome.detail)
        case Retry():
            settled = _after_retry(job, outcome, now, rng, on_unknown)
        case Rejected():
            settled = _after_rejection(job, outcome, now, pauses)
    return _expire(job, settled, now)


def _after_retry(
    job: DeliveryJob, outcome: Retry, now: datetime, rng: random.Random, on_unknown: Literal["resend", "drop"]
) -> Settlement:
    settled = Settlement("pending", outcome.reason, outcome.code, maybe_sent=outcome.maybe_sent)
    settled = replace(settled, plain_fallback=job.plain_fallback)
    if outcome.maybe_sent and on_unknown == "drop":
        return replace(settled, state="dead", reason=f"may have arrived, and is not to be repeated: {outcome.reason}")
    if outcome.after is None:
        return replace(settled, not_before=now + backoff(job.attempts, rng))
    wait = outcome.after + timedelta(seconds=rng.uniform(0.0, 1.0))
    pause = Pause(wait, outcome.reason) if outcome.scope == "bot" else None
    return replace(settled, not_before=now + wait, pause_bot=pause)


def _after_rejection(job: DeliveryJob, outcome: Rejected, now: datetime, pauses: int) -> Settlement:
    settled = Settlement("pending", outcome.reason, outcome.code, plain_fallback=job.plain_fallback)
    if outcome.scope == "payload":
        if job.plain_fallback:
            return replace(settled, state="dead", reason=f"refused as plain text too: {outcome.reason}")
        return replace(settled, not_before=now, plain_fallback=True)
    pause = Pause(_doubled(PAUSE_BASE, pauses, PAUSE_CAP), outcome.reason)
    settled = replace(settled, not_before=now + pause.duration)
    return replace(settled, pause_bot=pause) if outcome.scope == "bot" else replace(settled, pause_target=pause)


def _expire(job: DeliveryJob, settled: Settlement, now: datetime) -> Settlement:
    """Nothing is tried after the expiry; what would be due later gets one last attempt at it."""
    if settled.not_before is None:
        return settled
    if now >= job.expires_at:
        return replace(settled, state="dead", not_before=None, reason=f"expired; last: {settled.reason}")
    return replace(settled, not_before=min(settled.not_before, job.expires_at))


# --- when a target may be sent to --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: at most ``capacity`` at once, and one more each ``interval``.

    Attributes:
        tokens: what was left at ``at``; None is a full bucket.
    """

    capacity: int
    interval: timedelta
    tokens: float | None = None
    at: datetime | None = None

    def take(self, now: datetime) -> tuple[Bucket, timedelta]:
        """Take a token, or say how long to wait for one; the bucket is then as it was.

        A clock that goes back gives no tokens and takes none.
        """
        tokens, at = self._filled(now)
        # A wait is rounded to microseconds: a token that lacks less than that is there.
        if tokens >= 1.0 - 1e-6:
            return replace(self, tokens=max(0.0, tokens - 1.0), at=at), _NOW
        return replace(self, tokens=tokens, at=at), (1.0 - tokens) * self.interval

    def _filled(self, now: datetime) -> tuple[float, datetime]:
        if self.tokens is None or self.at is None:
            return float(self.capacity), now
        gained = max(now - self.at, _NOW) / self.interval
        return min(float(self.capacity), self.tokens + gained), now


TELEGRAM_CHAT = Bucket(1, timedelta(seconds=1))
TELEGRAM_GROUP = Bucket(1, timedelta(seconds=3))
# A full bucket and what trickles in make the limit: 5 + 20 in a second, 5 + 15 in a minute.
TELEGRAM_BOT = Bucket(5, timedelta(milliseconds=50))
MAIL = Bucket(5, timedelta(seconds=4))
OTHER = Bucket(1, timedelta(milliseconds=200))

_TELEGRAM_GROUP_URL = re.compile(r"^tgram://[^?]*/-\d+", re.IGNORECASE | re.ASCII)
_TELEGRAM_TOKEN = re.compile(r"^tgram://(?:[^/@?]*@)?(?:bot)?(\d+)(?::|%3A|/)+([\w-]+)", re.IGNORECASE | re.ASCII)


def bucket_of(target: Target) -> Bucket | None:
    """A full bucket for a target; None when it may be sent to without limit (the console).

    Telegram allows about one message a second to a chat and 20 a minute to a group (chat ids below zero); all targets
    of a bot should share :data:`TELEGRAM_BOT` too, somewhat below the documented 30 a second.
    """
    match target.channel:
        case "console":
            return None
        case "telegram":
            return TELEGRAM_GROUP if _TELEGRAM_GROUP_URL.match(target.url) else TELEGRAM_CHAT
        case "email":
            return MAIL
        case _:
            return OTHER


def credentials_of(target: Target) -> str:
    """The same text for all targets that share a bot, and no secret: for pausing them together."""
    match = _TELEGRAM_TOKEN.match(target.url)
    if match is None:
        return f"target:{target.name}"
    return f"telegram:{_digest(target.api_base, match[1], match[2]).hex()[:16]}"


@dataclass(frozen=True, slots=True)
class Breaker:
    """Keeps a failing target from being hammered.

    After 5 transient failures in a row it opens for 60 s; then one delivery may try (half open): a failure opens it
    again for twice as long, up to 15 min; a success closes it.
    """

    failures: int = 0
    open_until: datetime | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long nothing should be sent; zero when the breaker is closed or half open."""
        return _NOW if self.open_until is None else max(self.open_until - now, _NOW)

    @property
    def half_open(self) -> bool:
        """Only one delivery should be tried."""
        return self.open_until is not None

    def after(self, outcome: SendOutcome, now: datetime) -> Breaker:
        """The breaker after an attempt. A rate limit or a rejection is an answer: it shows that the target is there."""
        if not isinstance(outcome, Retry) or outcome.after is not None:
            return Breaker()
        failures = self.failures + 1
        if failures < BREAKER_LIMIT:
            return Breaker(failures)
        return Breaker(failures, now + _doubled(BREAKER_BASE, failures - BREAKER_LIMIT, BREAKER_CAP))
