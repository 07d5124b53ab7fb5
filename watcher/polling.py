"""What a poll means: pure decisions over values, with time and chance handed in.

::

    Response --classify--> NotModified | Gone | Failed          nothing to parse
                         | ToParse --(feed.parse)--> fetched()  -> Fetched
    Polled   --decide----> PollDecision                         everything that is to be stored of the poll

Manners (RFC 9110, RFC 9111, and what owners of feeds ask of readers): validators are sent back byte for byte and belong
to one answer; ``max-age``, ``ttl``, ``sy:*``, ``skipHours`` and ``skipDays`` lengthen the interval; ``Retry-After`` is
always kept; failures are never final, they only make polls rarer.

What is quiet (stored and matched, but never alerted): entries older than ``max_age``; and of a feed's first fetch, its
*baseline*, everything older than ``first_run_window`` or without a date of its own, so that adding a feed never floods.
The baseline is made by the first document that is whole and has entries; until then every fetch is a first one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from math import ceil
from typing import assert_never
from urllib.parse import SplitResult, urlsplit

from watcher.model import (
    Entry,
    Event,
    Failed,
    FailureKind,
    Feed,
    FeedId,
    FeedState,
    Fetched,
    Gone,
    Hints,
    NotModified,
    ParsedFeed,
    PollDecision,
    Polled,
    PollJob,
    PollOutcome,
    Redirect,
    Response,
    SeenEntry,
    Settings,
    Validators,
)

JITTER = 0.1
BACKOFF_LIMIT = timedelta(hours=24)
RETRY_AFTER_RANGE = (timedelta(seconds=60), timedelta(days=7))
GONE_AFTER = timedelta(hours=24)
MOVE_POLLS, MOVE_GRACE = 3, timedelta(hours=48)
PROBE_EVERY, PROBE_POLLS = timedelta(hours=24), 6
FAILING_AFTER = 3  # failures in a row that make an event

_VALIDATOR_LIMIT = 2_000
_SECONDS_LIMIT = 366 * 86_400  # nobody means more, and timedelta would overflow
_DROPS_NAMED = 20
NO_ANSWER = frozenset({FailureKind.DNS, FailureKind.CONNECT, FailureKind.TIMEOUT})
_FIRST_WAIT = {FailureKind.RATE_LIMITED: timedelta(hours=1), FailureKind.DENIED: timedelta(hours=6)}


@dataclass(frozen=True, slots=True)
class ToParse:
    """The server sent a body that was not seen before: parse it.

    Attributes:
        validators: of this answer; they are stored together with the entries, or not at all.
        hints: what the headers say of when to come again.
        body_hash: hex BLAKE2b of the body.
    """

    validators: Validators
    hints: Hints
    body_hash: str


# --- reading an answer -------------------------------------------------------------------------------------------


def classify(response: Response, state: FeedState) -> NotModified | Gone | Failed | ToParse:
    """What an answer is, before anything is parsed."""
    if response.status == 304:
        return _not_modified(response, state)
    if response.status == 410:
        return Gone(response.url, response.elapsed)
    if response.status not in (200, 203):
        return _refused(response)
    if not response.body.strip():
        return _failed(response, FailureKind.MALFORMED, "the server sent an empty document")
    todo = ToParse(validators(response.headers), freshness(response.headers), hash_body(response.body))
    if todo.body_hash != state.body_hash:
        return todo
    return NotModified("body", todo.validators, todo.hints, response.url, response.redirects, response.elapsed)


def _not_modified(response: Response, state: FeedState) -> NotModified | Failed:
    if state.etag is None and state.last_modified is None:
        detail = "the server says 'not modified' though nothing was fetched before"
        return _failed(response, FailureKind.PROTOCOL, detail)
    found, hints = validators(response.headers), freshness(response.headers)
    return NotModified("status", found, hints, response.url, response.redirects, response.elapsed)


def _refused(response: Response) -> Failed:
    kind, meaning = status_failure(response.status)
    return _failed(response, kind, f"the server answers {response.status}: {meaning}")


def _failed(response: Response, kind: FailureKind, detail: str) -> Failed:
    wait = None
    if response.status >= 400:
        # Relative to the server's own clock, so that a clock that is wrong on either side does no harm.
        wait = retry_after(response.headers)
    return Failed(kind, detail, response.url, response.status, wait, response.elapsed)


_MEANINGS: Mapping[int, tuple[FailureKind, str]] = {
    401: (FailureKind.DENIED, "a login is needed"),
    402: (FailureKind.DENIED, "payment is required"),
    403: (FailureKind.DENIED, "access is forbidden"),
    404: (FailureKind.NOT_FOUND, "not found"),
    407: (FailureKind.DENIED, "a proxy wants a login"),
    408: (FailureKind.UNAVAILABLE, "it waited too long for the request"),
    410: (FailureKind.NOT_FOUND, "gone for good"),
    425: (FailureKind.UNAVAILABLE, "too early"),
    429: (FailureKind.RATE_LIMITED, "too many requests"),
    451: (FailureKind.DENIED, "withheld for legal reasons"),
    503: (FailureKind.UNAVAILABLE, "unavailable for now"),
}


def status_failure(status: int) -> tuple[FailureKind, str]:
    """What a status other than success means, as a kind and in words; the same for feeds and pages."""
    if status in _MEANINGS:
        return _MEANINGS[status]
    if status >= 500:
        return FailureKind.SERVER_ERROR, "it failed"
    if status >= 400:
        return FailureKind.CLIENT_ERROR, "it does not accept the request"
    if status >= 300:
        return FailureKind.REDIRECT, "a redirect that cannot be followed"
    return FailureKind.PROTOCOL, "no whole document"


def fetched(response: Response, todo: ToParse, parsed: ParsedFeed) -> Fetched:
    """The outcome of a poll whose body has been parsed."""
    return Fetched(
        parsed=parsed,
        validators=todo.validators,
        hints=todo.hints,
        url=response.url,
        body_hash=todo.body_hash,
        body_bytes=len(response.body),
        status=response.status,
        redirects=response.redirects,
        elapsed=response.elapsed,
    )


def hash_body(body: bytes) -> str:
    """Hex BLAKE2b of a body, to see that it is the same again."""
    return blake2b(body, digest_size=16).hexdigest()


def validators(headers: Mapping[str, str]) -> Validators:
    """The validators of an answer, byte for byte. Those that could not be sent back as they came count as absent."""
    return Validators(_sendable(headers.get("etag")), _sendable(headers.get("last-modified")))


def _sendable(value: str | None) -> str | None:
    if not value or len(value) > _VALIDATOR_LIMIT or not value.isprintable():
        return None
    return value


def freshness(headers: Mapping[str, str]) -> Hints:
    """How long the headers call an answer fresh (RFC 9111, 4.2.1), less the time it spent in caches.

    ``max_age`` is 0 when they say that it must not be kept at all, and None when they say nothing.
    """
    directives = _directives(headers.get("cache-control", ""))
    if "no-cache" in directives or "no-store" in directives:
        return Hints(max_age=0)
    lifetime = _seconds(directives.get("max-age"))
    if lifetime is None:
        lifetime = _expires(headers)
    if lifetime is None:
        return Hints()
    return Hints(max_age=max(0, lifetime - (_seconds(headers.get("age")) or 0)))


def _directives(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.lower().split(","))
    return {name.strip(): value.strip(' "') for name, _, value in pairs}


def _expires(headers: Mapping[str, str]) -> int | None:
    if "expires" not in headers:
        return None
    expires, date = http_time(headers["expires"]), http_time(headers.get("date", ""))
    if expires is None:
        return 0  # RFC 9111, 5.3: an invalid date, "0" above all, means that it has expired already
    return None if date is None else min(max(0, int((expires - date).total_seconds())), _SECONDS_LIMIT)


def _seconds(text: str | None) -> int | None:
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    return min(int(digits[:12]), _SECONDS_LIMIT)


def http_time(text: str) -> datetime | None:
    """A date of HTTP as an aware time; None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long a server asks us to stay away: seconds, or a date that is taken relative to the ``Date`` of the answer.

    Between a minute and seven days. None when it does not ask, or when its date cannot be understood.
    """
    text = headers.get("retry-after", "")
    seconds = _seconds(text)
    if seconds is not None:
        return _within(timedelta(seconds=seconds), RETRY_AFTER_RANGE)
    until, date = http_time(text), http_time(headers.get("date", ""))
    if until is None or date is None:
        return None
    return _within(until - date, RETRY_AFTER_RANGE)


def _within(span: timedelta, bounds: tuple[timedelta, timedelta]) -> timedelta:
    return min(max(span, bounds[0]), bounds[1])


# --- what to ask, and when first ---------------------------------------------------------------------------------


def conditions(job: PollJob, settings: Settings) -> Validators:
    """The validators to send with the next poll.

    None of them now and then, after a day or more of nothing but 304 answers: there are servers that say 304 for ever.
    Owners of feeds bear one unconditional request a day.
    """
    state = job.state
    interval = _configured(job.feed, settings)
    if state.unchanged_polls >= max(PROBE_POLLS, ceil(PROBE_EVERY / interval)):
        return Validators()
    return Validators(state.etag, state.last_modified)


def first_poll_at(feed_id: FeedId, *, now: datetime, spread: timedelta) -> datetime:
    """When to poll a feed that was never polled: at a point within ``spread`` that is always the same for this feed."""
    digest = blake2b(feed_id.encode(), digest_size=8).digest()
    return now + spread * (int.from_bytes(digest, "big") / 2**64)


def network_down(outcomes: Sequence[PollOutcome]) -> bool:
    """Whether it is our own network that fails: of three hosts or more, four in five did not answer at all."""
    answered: dict[str, bool] = {}
    for outcome in outcomes:
        silent = isinstance(outcome, Failed) and outcome.kind in NO_ANSWER
        host = urlsplit(outcome.url).hostname or ""
        answered[host] = answered.get(host, False) or not silent
    return len(answered) >= 3 and sum(answered.values()) <= len(answered) / 5


# --- deciding ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Poll:
    """What every decision looks at."""

    feed: Feed
    state: FeedState
    settings: Settings
    now: datetime
    rng: random.Random

    def event(self, kind: str, reason: str, detail: str = "") -> Event:
        return Event(kind, reason, feed_id=self.feed.id, detail=detail)

    def after(self, delay: timedelta) -> datetime:
        """``delay`` from now and up to a tenth more, so that feeds do not fall into step."""
        return self.now + delay * (1 + JITTER * self.rng.random())


def decide(
    polled: Polled, settings: Settings, *, now: datetime, rng: random.Random, offline: bool = False
) -> PollDecision:
    """What a poll means for its feed: the new state, the entries, the next poll and why it is then.

    Args:
        offline: :func:`network_down` says that our own network is at fault; feeds that did not answer are not blamed.
    """
    poll = _Poll(polled.job.feed, polled.job.state, settings, now, rng)
    outcome = polled.outcome
    if isinstance(outcome, Fetched):
        return _decide_fetched(poll, outcome)
    if isinstance(outcome, NotModified):
        return _decide_not_modified(poll, outcome)
    if isinstance(outcome, Gone):
        return _decide_gone(poll, outcome)
    if isinstance(outcome, Failed):
        return _decide_failed(poll, outcome, offline=offline)
    assert_never(outcome)


def _decide_fetched(poll: _Poll, outcome: Fetched) -> PollDecision:
    parsed = outcome.parsed
    hints = _merged(outcome.hints, parsed.hints)
    state = replace(_answered(poll), hints=hints, unchanged_polls=0)
    if parsed.complete:
        found = outcome.validators
        state = replace(state, etag=found.etag, last_modified=found.last_modified, body_hash=outcome.body_hash)
    state = replace(state, items=parsed.digests if parsed.complete else b"")
    if poll.state.baseline_at is None and parsed.complete and parsed.entries:
        state = replace(state, baseline_at=poll.now)
    state, moves = _follow_move(poll, state, outcome.redirects)
    next_at, why = _next_poll(poll, hints)
    cut = "" if parsed.complete else "; the document was cut off"
    return PollDecision(
        state=replace(state, next_poll_at=next_at),
        entries=_seen(poll, parsed.entries),
        events=_recovery(poll) + _document_events(poll, parsed) + moves,
        status="ok",
        detail=f"{len(parsed.entries) + parsed.known} entries{cut}",
        why_next=why,
        title=parsed.title,
        elapsed=outcome.elapsed,
        known=parsed.known,
    )


def _decide_not_modified(poll: _Poll, outcome: NotModified) -> PollDecision:
    old, found = poll.state, outcome.validators
    hints = old.hints if outcome.hints.max_age is None else replace(old.hints, max_age=outcome.hints.max_age)
    state = replace(_answered(poll), hints=hints)
    if outcome.reason == "status":
        state = replace(
            state,
            etag=found.etag or old.etag,
            last_modified=found.last_modified or old.last_modified,
            unchanged_polls=old.unchanged_polls + 1,
        )
    else:
        state = replace(state, etag=found.etag, last_modified=found.last_modified, unchanged_polls=0)
    state, moves = _follow_move(poll, state, outcome.redirects)
    next_at, why = _next_poll(poll, hints)
    return PollDecision(
        state=replace(state, next_poll_at=next_at),
        entries=(),
        events=_recovery(poll) + moves,
        status="not_modified",
        detail="304" if outcome.reason == "status" else "the same bytes again",
        why_next=why,
        elapsed=outcome.elapsed,
    )


def _decide_gone(poll: _Poll, outcome: Gone) -> PollDecision:
    """A 410 is believed when another comes a day or more after the first; even then the feed is looked at again."""
    since = poll.state.gone_since or poll.now
    believed = poll.now - since >= GONE_AFTER
    known = poll.state.last_polled_at is not None and poll.state.last_polled_at - since >= GONE_AFTER
    delay = max(poll.settings.max_interval, GONE_AFTER)
    state = replace(
        _without_move(poll.state),
        last_polled_at=poll.now,
        next_poll_at=poll.after(delay),
        failures=poll.state.failures + 1,
        gone_since=since,
    )
    event = poll.event("feed_gone", f"the server has said since {since:%Y-%m-%d %H:%M} UTC that the feed is gone (410)")
    return PollDecision(
        state=state,
        entries=(),
        events=(event,) if believed and not known else (),
        status="gone",
        detail="gone for good, says the server (410)" if believed else "gone, says the server (410); to be confirmed",
        why_next=f"in {human(delay)}: the feed is gone (410), looked at rarely in case it comes back",
        elapsed=outcome.elapsed,
    )


def _decide_failed(poll: _Poll, outcome: Failed, *, offline: bool) -> PollDecision:
    if outcome.kind is FailureKind.RATE_LIMITED and outcome.status is None:
        return _decide_not_asked(poll, outcome)
    if offline and outcome.kind in NO_ANSWER:
        return _decide_offline(poll, outcome)
    failures = poll.state.failures + 1
    asked = outcome.retry_after and _within(outcome.retry_after, RETRY_AFTER_RANGE)
    delay = _backoff(outcome.kind, failures, _configured(poll.feed, poll.settings))
    why = f"in {human(delay)}: failed {_times(failures)} in a row ({outcome.kind.value})"
    if asked is not None and asked >= delay:
        delay, why = asked, f"in {human(asked)}: the server asks us to stay away so long (Retry-After)"
    next_at = poll.after(delay)
    base = poll.state if outcome.kind in NO_ANSWER else _without_move(poll.state)
    state = replace(base, last_polled_at=poll.now, next_poll_at=next_at, failures=failures, gone_since=None)
    limited = outcome.kind is FailureKind.RATE_LIMITED
    return PollDecision(
        state=state,
        entries=(),
        events=_failing(poll, failures, outcome),
        status=outcome.kind.value,
        detail=outcome.detail,
        why_next=why,
        host_retry_at=poll.now + (asked or delay) if limited else None,
        elapsed=outcome.elapsed,
    )


def _decide_not_asked(poll: _Poll, outcome: Failed) -> PollDecision:
    """The host is cooling down after a 429 to somebody else: no request was made, so nobody is to blame."""
    delay = outcome.retry_after or RETRY_AFTER_RANGE[0]
    state = replace(poll.state, next_poll_at=poll.after(delay))
    why = f"in {human(delay)}: the host asked us to stay away (429)"
    return PollDecision(state, (), (), outcome.kind.value, outcome.detail, why, host_retry_at=poll.now + delay)


def _decide_offline(poll: _Poll, outcome: Failed) -> PollDecision:
    delay = min(poll.settings.min_interval, _configured(poll.feed, poll.settings))
    state = replace(poll.state, last_polled_at=poll.now, next_poll_at=poll.after(delay))
    why = f"in {human(delay)}: no host answers, so the network here seems to be down"
    return PollDecision(state, (), (), outcome.kind.value, outcome.detail, why, elapsed=outcome.elapsed)


def _answered(poll: _Poll) -> FeedState:
    """The state after the server answered with the feed."""
    return replace(poll.state, last_polled_at=poll.now, last_success_at=poll.now, failures=0, gone_since=None)


def _merged(headers: Hints, document: Hints) -> Hints:
    return Hints(
        max_age=headers.max_age,
        ttl=headers.ttl if document.ttl is None else document.ttl,
        skip_hours=document.skip_hours or headers.skip_hours,
        skip_days=document.skip_days or headers.skip_days,
    )


# --- when to come again ------------------------------------------------------------------------------------------


def _configured(feed: Feed, settings: Settings) -> timedelta:
    """The interval that the user wants, within the bounds that the user set."""
    return _within(feed.interval or settings.interval, (settings.min_interval, settings.max_interval))


def _next_poll(poll: _Poll, hints: Hints) -> tuple[datetime, str]:
    """The next poll of a feed that is well, and why it is then."""
    interval, why = _interval(poll, hints)
    at = poll.after(interval)
    if poll.settings.ignore_hints or not _skipped(at, hints):
        return at, why
    later = _next_open_hour(at, hints, latest=poll.now + poll.settings.max_interval)
    if later is None:
        return at, f"{why}; skipHours and skipDays of the feed would make it too long"
    return later + timedelta(minutes=10 * poll.rng.random()), f"{why}; then put off by the feed's skipHours or skipDays"


def _interval(poll: _Poll, hints: Hints) -> tuple[timedelta, str]:
    wanted = _configured(poll.feed, poll.settings)
    own = "as configured" if wanted == (poll.feed.interval or poll.settings.interval) else "the configured bound"
    asked, source = max((hints.max_age or 0, "max-age"), (hints.ttl or 0, "ttl"), key=lambda pair: pair[0])
    span = timedelta(seconds=min(asked, _SECONDS_LIMIT))
    if span <= wanted:
        return wanted, f"every {human(wanted)}, {own}"
    if poll.settings.ignore_hints:
        return wanted, f"every {human(wanted)}, {own}; the {human(span)} of the server ({source}) are ignored"
    chosen = min(span, poll.settings.max_interval)
    limit = "" if chosen == span else f", limited to {human(chosen)}"
    return chosen, f"every {human(chosen)}: the server asks for {human(span)} ({source}){limit}; {human(wanted)} {own}"


def _skipped(at: datetime, hints: Hints) -> bool:
    return at.hour in hints.skip_hours or at.weekday() in hints.skip_days


def _next_open_hour(at: datetime, hints: Hints, *, latest: datetime) -> datetime | None:
    hour = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while hour <= latest:
        if not _skipped(hour, hints):
            return hour
        hour += timedelta(hours=1)
    return None


def _backoff(kind: FailureKind, failures: int, interval: timedelta) -> timedelta:
    """Twice as long after each failure, up to a day, and never less than the interval."""
    first = max(interval, _FIRST_WAIT.get(kind, interval))
    return min(first * (1 << min(failures - 1, 20)), max(BACKOFF_LIMIT, interval))


def human(span: timedelta) -> str:
    """A span of time in one unit that suits it: ``90 s``, ``30 min``, ``36 h``, ``7 d``."""
    seconds = span.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


# --- entries, moves, events --------------------------------------------------------------------------------------


def _seen(poll: _Poll, entries: Sequence[Entry]) -> tuple[SeenEntry, ...]:
    baseline = poll.state.baseline_at is None
    stamped = baseline and _stamped_together(entries)
    reasons = (_quiet_reason(poll, entry, baseline=baseline, stamped=stamped) for entry in entries)
    return tuple(SeenEntry(entry, not reason, reason) for entry, reason in zip(entries, reasons, strict=True))


def _stamped_together(entries: Sequence[Entry]) -> bool:
    """All entries bear one and the same time: that of the making of the document, so it says nothing of their age."""
    return len(entries) >= 3 and len({entry.published_at for entry in entries}) == 1


def _quiet_reason(poll: _Poll, entry: Entry, *, baseline: bool, stamped: bool) -> str:
    """Why an entry must not alert; empty when it may."""
    if entry.published_at is None or entry.date_source == "seen" or stamped:
        return "first fetch of the feed, and the entry has no date of its own" if baseline else ""
    age = poll.now - entry.published_at
    if age > poll.settings.max_age:
        return f"published {human(age)} ago, more than {human(poll.settings.max_age)}"
    if baseline and age > poll.settings.first_run_window:
        return f"first fetch of the feed, published {human(age)} ago, more than {human(poll.settings.first_run_window)}"
    return ""


def _follow_move(poll: _Poll, state: FeedState, redirects: Sequence[Redirect]) -> tuple[FeedState, tuple[Event, ...]]:
    """Take note of a permanent redirect, and adopt its target when it has held long enough."""
    target = _permanent_target(redirects)
    if target is None or target == state.url or poll.feed.shown_url:
        return _without_move(state), ()  # an address with secrets is that of the configuration: none is stored
    again = target == state.moved_to and state.moved_since is not None
    since = state.moved_since if again and state.moved_since else poll.now
    count = state.moved_count + 1 if again else 1
    held = count >= MOVE_POLLS and poll.now - since >= MOVE_GRACE
    if not held or not _may_adopt(poll.feed, state.url, target):
        return replace(state, moved_to=target, moved_since=since, moved_count=count), ()
    event = poll.event("feed_moved", f"moved for good, {count} polls in a row said so", f"{state.url} -> {target}")
    return replace(_without_move(state), url=target), (event,)


def _permanent_target(redirects: Sequence[Redirect]) -> str | None:
    """Where the unbroken run of permanent redirects from the start leads; None when there is none."""
    target = None
    for redirect in redirects:
        if redirect.status not in (301, 308):
            break
        target = redirect.url
    return target


def _may_adopt(feed: Feed, old: str, new: str) -> bool:
    """Never down from TLS, and never with secrets to somebody else."""
    before, after = urlsplit(old), urlsplit(new)
    if before.scheme == "https" and after.scheme != "https":
        return False
    secret = bool(feed.headers) or before.username is not None
    return not secret or _origin(before) == _origin(after)


def _origin(url: SplitResult) -> tuple[str, str]:
    return url.scheme, url.netloc.rpartition("@")[2].lower()


def _without_move(state: FeedState) -> FeedState:
    return replace(state, moved_to=None, moved_since=None, moved_count=0)


def _document_events(poll: _Poll, parsed: ParsedFeed) -> tuple[Event, ...]:
    cut = poll.event("feed_truncated", "the document was cut off, so its validators are not kept")
    drops = tuple(poll.event("item_dropped", reason) for reason in dict.fromkeys(parsed.dropped[:_DROPS_NAMED]))
    return drops if parsed.complete else (cut, *drops)


def _failing(poll: _Poll, failures: int, outcome: Failed) -> tuple[Event, ...]:
    if failures != FAILING_AFTER:
        return ()
    return (poll.event("feed_failing", f"{failures} polls in a row failed ({outcome.kind.value})", outcome.detail),)


def _recovery(poll: _Poll) -> tuple[Event, ...]:
    failures = poll.state.failures
    return (
        (poll.event("feed_recovered", f"answers again after {failures} failures"),) if failures >= FAILING_AFTER else ()
    )
