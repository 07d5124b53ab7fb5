"""The types that flow through Watcher.

All are frozen and slotted; times are aware UTC; ids are NewTypes. The name of a type tells the stage of its datum::

    Feed + FeedState -> PollJob -> PollOutcome -> PollDecision -> [T1]
    ReadJob -> ReadOutcome(Article, Judgement) -> Alert, Delivery -> [T2]
    DeliveryJob -> [T3] -> SendOutcome -> [T4]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, NewType

OutletId = NewType("OutletId", str)
FeedId = NewType("FeedId", str)
TopicId = NewType("TopicId", str)
EntityId = NewType("EntityId", str)
TermId = NewType("TermId", str)
TargetName = NewType("TargetName", str)
EntryId = NewType("EntryId", int)
ArticleId = NewType("ArticleId", int)
HitId = NewType("HitId", int)
AlertId = NewType("AlertId", int)
DeliveryId = NewType("DeliveryId", int)

OutletClass = Literal["official", "wire", "national", "local", "aggregator"]
TextSource = Literal["page", "feed", "summary", "title"]
DateSource = Literal["published", "updated", "seen"]
IdentitySource = Literal["guid", "link", "hash", "guid+link"]
IdentityPolicy = Literal["auto", "guid", "link", "title", "hash"]
Level = Literal["core", "mention"]
Field = Literal["title", "summary", "text"]
Zone = Literal["title", "lead", "body"]
AlertKind = Literal["new", "update", "digest", "health"]
Format = Literal["text", "html", "telegram"]

CANARY = OutletId("watcher-canary")
"""The outlet of the made-up article that tries the whole path, and is seen by nobody."""
CANARY_TARGET = TargetName("watcher-canary")

COLLAPSE_AFTER = 10
"""When more alerts wait for a target than this, they are told together."""


# --- the watch: what the configuration says ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher of news.

    Attributes:
        family: who owns it; outlets of one family are not independent of each other.
        country: ISO 3166-1 alpha-2, or ``int`` for international bodies.
        language: ISO 639-1 of most of its articles.
    """

    id: OutletId
    name: str
    family: str
    country: str
    language: str
    kind: OutletClass


@dataclass(frozen=True, slots=True)
class Feed:
    """One URL polled for one outlet.

    Attributes:
        interval: the least time between polls that the user wants; None takes the default of the settings.
        full_text: the feed carries whole articles, so that pages need not be fetched.
        url: may hold secrets, so it is kept out of ``repr``.
        shown_url: how a URL with secrets is stored and shown: with references instead, or ``***``; else empty.
        headers: extra request headers; values may be secrets, so they are kept out of ``repr``.
        allow_private: CIDR blocks and host names on private networks that this feed may be fetched from.
        tags: free labels, which topics may ask for as ``feed.TAG``.
        language: overrides the outlet's language.
        identity: how its entries are told apart; ``auto`` is right for nearly all feeds.
    """

    id: FeedId
    outlet_id: OutletId
    url: str = field(repr=False)
    interval: timedelta | None = None
    full_text: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    allow_private: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    identity: IdentityPolicy = "auto"
    shown_url: str = ""

    @property
    def public_url(self) -> str:
        """The URL as it may be stored and shown."""
        return self.shown_url or self.url


@dataclass(frozen=True, slots=True)
class Target:
    """One place to send to: one Apprise URL, one recipient.

    Attributes:
        url: the Apprise URL with its secrets, or ``console://``; kept out of ``repr``.
        format: what the target can show.
        channel: targets of one channel share rate limits and a lane: ``telegram``, ``email``, ``console``, or the
            Apprise schema.
        on_unknown: what to do when the outcome of a send is unknown.
        quiet: when it is left alone; None is never.
        collapse_after: when more alerts than this wait for it, they are told together; 0 never does so.
        fallback: another target, which gets what this one cannot take.
    """

    name: TargetName
    url: str = field(repr=False)
    format: Format
    channel: str
    on_unknown: Literal["resend", "drop"] = "resend"
    api_base: str = ""
    quiet: QuietHours | None = None
    collapse_after: int = COLLAPSE_AFTER
    fallback: TargetName | None = None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When a target is left alone: from ``start`` to ``end`` of every day by the clock of ``zone``.

    Attributes:
        end: never equal to ``start``; earlier than it when the night lies between them.
        levels, topics: alerts of any of these are urgent and pass.
    """

    start: time
    end: time
    zone: str
    levels: tuple[Level, ...] = ()
    topics: tuple[TopicId, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """Which alerts go to which targets. An empty tuple of a condition means any.

    Attributes:
        levels: ``("core",)`` unless mentions are wanted too.
        facts: kinds of fact of which an alert must have one.
        min_sources: so many independent sources a story must have; what an official outlet says needs no second one.
        digest: when alerts are told together; None tells each at once.
        health: whether alerts on the watch itself are taken, too.
    """

    name: str
    targets: tuple[TargetName, ...]
    topics: tuple[TopicId, ...] = ()
    levels: tuple[Level, ...] = ("core",)
    languages: tuple[str, ...] = ()
    outlet_classes: tuple[OutletClass, ...] = ()
    facts: tuple[str, ...] = ()
    min_sources: int = 1
    digest: Schedule | None = None
    health: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times that come again: five fields of cron (minute, hour, day, month, weekday), by the clock of ``zone``."""

    cron: str
    zone: str


@dataclass(frozen=True, slots=True)
class HealthRules:
    """What is worth an alert on the watch itself.

    Attributes:
        failing_polls, failing_for: a feed is told to fail after so many polls in a row, and so long.
        silent: tell when a feed brings nothing for much longer than it used to.
        canary: send a made-up article through the whole watch every hour, to nobody.
    """

    failing_polls: int = 5
    failing_for: timedelta = timedelta(hours=2)
    silent: bool = True
    canary: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``watcher.yml`` says. Sizes are bytes.

    Attributes:
        contact: URL or address that feed owners can turn to; part of the User-Agent.
        interval: the default time between polls of a feed; min_interval and max_interval bound every interval.
        first_run_window: entries of a feed's first fetch older than this are stored and matched, but not alerted.
        max_age: entries older than this are never alerted, whenever they are seen.
        archive: ``everything`` keeps the text of all articles, ``hits`` only of those that matched.
        host_gap: least time between two requests to one host; host_connections: at most so many at once.
        workers: worker processes; 0 means as many as there are cores.
        telegram_api_base: the Bot API server; a self-hosted one is an official feature of Telegram.
        send_timeout: a message that is not accepted within this time counts as perhaps sent, and is tried again.
        expire_after: a delivery that could not be made for so long is a dead letter.
        story_window: reports join a story until so long after its last one.
        sources_at: so many independent sources of a story are worth an update.
        keep_articles: articles without a hit are let go of after so long; what tells them apart stays.
        keep_hits: hits likewise, with their evidence and the texts of their messages.
        backups: copies of the database that are kept, one made a day; 0 makes none.
        time_zone: IANA name, for what people read.
    """

    contact: str = ""
    time_zone: str = "UTC"
    archive: Literal["everything", "hits"] = "everything"
    interval: timedelta = timedelta(minutes=30)
    min_interval: timedelta = timedelta(minutes=5)
    max_interval: timedelta = timedelta(hours=24)
    ignore_hints: bool = False
    first_run_window: timedelta = timedelta(hours=6)
    max_age: timedelta = timedelta(days=3)
    host_gap: timedelta = timedelta(seconds=1)
    host_connections: int = 2
    connections: int = 64
    timeout: timedelta = timedelta(seconds=30)
    feed_max_bytes: int = 10_000_000
    page_max_bytes: int = 2_000_000
    read_pages: bool = True
    robots: bool = True
    allow_private: tuple[str, ...] = ()
    workers: int = 0
    parse_timeout: timedelta = timedelta(seconds=20)
    extract_timeout: timedelta = timedelta(seconds=30)
    send_timeout: timedelta = timedelta(seconds=60)
    expire_after: timedelta = timedelta(hours=72)
    story_window: timedelta = timedelta(hours=72)
    sources_at: tuple[int, ...] = ()
    keep_articles: timedelta = timedelta(days=90)
    keep_hits: timedelta = timedelta(days=3650)
    backups: int = 3
    telegram_api_base: str = "https://api.telegram.org"
    heartbeat_url: str = field(default="", repr=False)


# --- polling -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hints:
    """What a server and its feed say of when to come again.

    Attributes:
        max_age: seconds of ``Cache-Control: max-age``, or of ``Expires`` less ``Date``; None when not given.
        ttl: seconds of RSS ``<ttl>`` or of ``sy:updatePeriod`` over ``sy:updateFrequency``.
        skip_hours: hours 0 to 23, UTC; skip_days: 0 = Monday to 6.
    """

    max_age: int | None = None
    ttl: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the store remembers of a feed between polls.

    Attributes:
        etag, last_modified: the validators of the last stored answer, byte for byte; None when it gave none.
        body_hash: hex BLAKE2b of the last stored body.
        baseline_at: when the feed was first fetched with success; None before that.
        moved_to, moved_since, moved_count: the target of permanent redirects, seen since, so many times in a row.
        gone_since: when the first of an unbroken run of 410 answers came.
        unchanged_polls: 304 answers since the server last sent a whole body.
        hints: what the feed's own document last said of when to come again; a 304 does not repeat it.
        items: digests of the items of the last stored document, to parse only what is new in the next.
    """

    feed_id: FeedId
    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    next_poll_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    baseline_at: datetime | None = None
    failures: int = 0
    moved_to: str | None = None
    moved_since: datetime | None = None
    moved_count: int = 0
    gone_since: datetime | None = None
    unchanged_polls: int = 0
    hints: Hints = Hints()
    items: bytes = b""


@dataclass(frozen=True, slots=True)
class PollJob:
    """One feed that is due, with all that a worker needs to poll it."""

    feed: Feed
    state: FeedState


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to make the next request conditional (RFC 9110, section 8.8), byte for byte."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as the feed gave it, made safe.

    Attributes:
        uid: identity within the feed; uid_source says where it comes from.
        url: http or https, absolute; empty when the item has none that is usable.
        title, summary: plain text in canonical form, without markup.
        content: HTML of the whole article when the feed carries it, else empty.
        published_at: when the item says it was published; None when it says nothing credible.
        published_raw: the date as the feed spelt it.
        content_hash: hex BLAKE2b of what a reader sees, to notice edits.
    """

    uid: str
    uid_source: IdentitySource
    url: str
    title: str
    summary: str
    content: str
    published_at: datetime | None
    published_raw: str
    date_source: DateSource
    content_hash: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed document, parsed.

    Attributes:
        complete: the document is whole; a truncated one yields no validators.
        notes: what was odd, in words for ``feeds doctor``.
        dropped: items left out, with the reason of each.
        known: how many more items the document has that were known byte for byte, and so were not parsed.
        digests: of all items of the document, to know them by (:mod:`watcher.feed.trimming`); empty when it must be
            parsed whole every time.
    """

    title: str
    language: str
    entries: tuple[Entry, ...]
    hints: Hints = Hints()
    complete: bool = True
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    format: str = ""
    known: int = 0
    digests: bytes = b""


class FailureKind(StrEnum):
    """Why a fetch or a parse failed, by what is to be done about it."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    BLOCKED = "blocked"
    REDIRECT = "redirect"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    NOT_A_FEED = "not_a_feed"
    MALFORMED = "malformed"
    ROBOTS = "robots"
    NOT_HTML = "not_html"
    NO_TEXT = "no_text"
    WORKER_DIED = "worker_died"
    WORKER_TIMEOUT = "worker_timeout"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop: the status that sent us on, and where to."""

    status: int
    url: str


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered, after redirects, with the body decoded and within its limits.

    Attributes:
        url: where the redirects ended.
        headers: names in lower case; repeated headers joined with ``, ``.
        elapsed: seconds from the first request to the last byte.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    redirects: tuple[Redirect, ...] = ()
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """The server answered with a feed, and it was parsed."""

    parsed: ParsedFeed
    validators: Validators
    hints: Hints
    url: str
    body_hash: str
    body_bytes: int
    status: int = 200
    redirects: tuple[Redirect, ...] = ()
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class NotModified:
    """The feed is as it was: the server said 304, or sent the same bytes again.

    Attributes:
        reason: ``status`` for a 304, ``body`` for equal bytes.
        validators: after a 304 only those that the answer carried (the others stay); after equal bytes the whole new
            pair, which replaces the stored one even where a validator is now absent.
    """

    reason: Literal["status", "body"]
    validators: Validators
    hints: Hints
    url: str
    redirects: tuple[Redirect, ...] = ()
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Gone:
    """The server says that the feed is gone for good (410)."""

    url: str
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """The feed could not be had this time.

    Attributes:
        retry_after: how long the server asked us to stay away, relative to its own clock.
    """

    kind: FailureKind
    detail: str
    url: str
    status: int | None = None
    retry_after: timedelta | None = None
    elapsed: float = 0.0


PollOutcome = Fetched | NotModified | Gone | Failed


@dataclass(frozen=True, slots=True)
class Polled:
    """A job with its outcome."""

    job: PollJob
    outcome: PollOutcome


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the ledger: something that was dropped, held, moved or gone wrong, with the reason."""

    kind: str
    reason: str
    feed_id: FeedId | None = None
    entry_id: EntryId | None = None
    article_id: ArticleId | None = None
    hit_id: HitId | None = None
    delivery_id: DeliveryId | None = None
    target: TargetName | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry to be stored, with what polling knows of it.

    Attributes:
        alertable: False for what is older than the first-run window or the maximal age; quiet_reason says why.
    """

    entry: Entry
    alertable: bool
    quiet_reason: str = ""


@dataclass(frozen=True, slots=True)
class PollDecision:
    """What a poll means: everything that T1 writes.

    Attributes:
        state: the feed's new state, next_poll_at included.
        entries: in the order of the feed; which of them are new only the store can tell.
        known: how many more entries the document has that are stored already.
        status: ``ok``, ``not_modified``, ``gone`` or the failure kind, for the health view.
        host_retry_at: no request to the feed's host before this time (429).
    """

    state: FeedState
    entries: tuple[SeenEntry, ...]
    events: tuple[Event, ...]
    status: str
    detail: str
    why_next: str
    host_retry_at: datetime | None = None
    title: str = ""
    elapsed: float = 0.0
    known: int = 0


# --- reading and judging -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One article whose text is to be had and judged.

    Attributes:
        key: the canonical URL, or ``feed:FEED_ID:UID`` for an entry without a link.
        fetch_page: False when the page is not to be fetched (full-text feed, no link, pages switched off).
        language: what the feed declares.
        feed_ids, feed_tags: every feed that carries it, and the tags of them all.
        quiet_reason: why no alert may come of it; empty when one may.
        outlet_name: as it was called when it was last in the configuration.
        revision: how often the feed had changed the article when the job was made.
        kept_text, kept_source: the text that was had at an earlier reading; it stays when there is no better one.
        keep_text: False lets a page go unextracted when nothing on it can make any topic fire.
        gate_off: nearly all pages of its feeds can make one fire, so that looking for such pages is wasted time.
    """

    article_id: ArticleId
    key: str
    url: str
    title: str
    summary: str
    content: str
    language: str
    published_at: datetime | None
    first_seen_at: datetime
    outlet_id: OutletId
    outlet_class: OutletClass
    feed_ids: tuple[FeedId, ...] = ()
    feed_tags: tuple[str, ...] = ()
    attempts: int = 0
    quiet_reason: str = ""
    fetch_page: bool = True
    allow_private: tuple[str, ...] = ()
    keep_text: bool = True
    outlet_name: str = ""
    revision: int = 0
    kept_text: str = field(default="", repr=False)
    kept_source: TextSource = "title"
    gate_off: bool = False


@dataclass(frozen=True, slots=True)
class ArticleText:
    """The text of an article in canonical form: what is stored, shown and matched.

    Attributes:
        title, summary, text: match offsets are positions in these strings.
        source: where the text comes from; ``summary`` and ``title`` leave ``text`` empty.
    """

    title: str
    summary: str
    text: str
    source: TextSource
    language: str = ""


class Match(NamedTuple):
    """One piece of evidence.

    Attributes:
        kind: ``term``, ``entity`` or ``fact``; concept is its id (for a fact its type, such as ``plan_points``).
        label: the canonical English name.
        field, start, end: a slice of that string of the ArticleText.
        text: the slice itself.
        pattern: the pattern that matched, as the analyst wrote it.
        pattern_language: the language the pattern was listed under.
        language: the language of the sentence.
    """

    kind: Literal["term", "entity", "fact"]
    concept: str
    label: str
    field: Field
    zone: Zone
    start: int
    end: int
    text: str
    pattern: str
    pattern_language: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something extracted from an article.

    Attributes:
        kind: ``plan_points``, ``quantity``, ``date``, ``deadline`` or ``stance``.
        value: canonical text: ``28``, ``600000``, ``2025-11-27``, ``deny``.
        unit: ``troops``, ``usd``, ``eur``, ``years``, … or empty.
        speaker: entity id, or empty.
        confidence: 0 to 1.
    """

    kind: str
    value: str
    unit: str
    speaker: str
    confidence: float
    field: Field
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One line of a topic's arithmetic: ``points`` from mentions of ``concepts`` by zone, before and after the cap."""

    concepts: tuple[str, ...]
    mentions: Mapping[str, int]
    raw: float
    points: float
    cap: float | None


@dataclass(frozen=True, slots=True)
class TopicScore:
    """What a topic made of an article.

    Attributes:
        level: None when it did not fire; ``miss`` then says what was nearest to firing.
        gate: the gate was open.
        lacking: how many conditions of the gate were not met; 0 when it was open.
    """

    topic: TopicId
    label: str
    level: Level | None
    gate: bool
    score: float
    alert_at: float
    digest_at: float
    lines: tuple[ScoreLine, ...]
    miss: str = ""
    lacking: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentence that shows best why an article matched.

    Attributes:
        marks: (start, end) of the matched words, relative to ``text``.
    """

    text: str
    field: Field
    start: int
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of an article.

    Attributes:
        level: the highest level of its topics; None when none fired.
        score: of the strongest topic that fired.
        topics: every topic, those that fired first, by score.
        entities: ids of all entities found, in order of first appearance.
        language: of the article, as detected.
        rules_hash: identifies the rules that said so.
    """

    level: Level | None
    score: float
    topics: tuple[TopicScore, ...]
    matches: tuple[Match, ...]
    facts: tuple[Fact, ...]
    entities: tuple[EntityId, ...]
    evidence: Evidence | None
    language: str
    rules_hash: str

    @property
    def fired(self) -> tuple[TopicScore, ...]:
        """The topics that fired, by score."""
        return tuple(topic for topic in self.topics if topic.level is not None)


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """A read job, done: the text that could be had, what the rules say of it, and what went wrong with the page.

    Attributes:
        failure: why the page could not be used; None when it was, or was not asked for.
        retryable: the page may be had later, so the article should be read again.
        final_url: where the page's redirects ended; empty when no page was fetched.
        canonical_url: what the page itself names as its address, when on the same host; else empty.
        skipped: the page was not extracted, because nothing on it can make any topic fire.
    """

    job: ReadJob
    text: ArticleText
    judgement: Judgement
    failure: Failed | None = None
    retryable: bool = False
    final_url: str = ""
    canonical_url: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A topic that nearly fired, as it is remembered; the fields are those of :class:`TopicScore`."""

    topic: TopicId
    gate: bool
    score: float
    digest_at: float
    miss: str


@dataclass(frozen=True, slots=True)
class Archived:
    """An article as it is stored, with what came of it.

    Attributes:
        outlet: the name.
        feed_tags: of all feeds that carry it.
        level: of its hit; None when there is none.
        near: the topic that nearly fired; None when none did, or too long ago.
        rules_hash: identifies the rules that it was judged by; empty when it was not judged.
    """

    id: ArticleId
    url: str
    outlet: str
    outlet_class: OutletClass
    feed_tags: tuple[str, ...]
    seen_at: datetime
    published_at: datetime | None
    text: ArticleText
    level: Level | None
    near: NearMiss | None
    rules_hash: str = ""


# --- alerting and delivery ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an alert was sent, for people: one topic that fired and what it fired on."""

    topic: str
    level: Level
    score: float
    threshold: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """An alert that was made on a story before.

    Attributes:
        news: what was new then, in words; empty for the first one.
    """

    at: datetime
    kind: AlertKind
    headline: str
    news: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryNow:
    """What an alert says of its story: ``14 reports, 3 independent sources, first: Politico 14:02``.

    Attributes:
        reports: all of them, copies and citations too.
        sources: names of the independent ones, the first one first.
        first_at: when that one had it.
        news: what is new since the last alert, in words: ``19-point plan``.
        earlier: the alerts before this one, the oldest first.
    """

    reports: int
    sources: tuple[str, ...]
    first_at: datetime
    news: tuple[str, ...] = ()
    earlier: tuple[Earlier, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertContent:
    """What an alert says, before it is rendered for a target. Texts are plain and in canonical form.

    Attributes:
        id: printed in the message, so that a repeat can be recognised.
        marks: (start, end) of the matched words in ``evidence``.
        entities: canonical English names.
        facts: short phrases, such as ``28-point plan``.
        thread: the same for all alerts on one story, ``story:`` and its id; empty stands alone.
        story: None for what belongs to none.
    """

    id: str
    kind: AlertKind
    level: Level
    headline: str
    url: str
    outlet: str
    language: str
    published_at: datetime | None
    seen_at: datetime
    evidence: str
    marks: tuple[tuple[int, int], ...]
    reasons: tuple[Reason, ...]
    entities: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    text_source: TextSource = "page"
    thread: str = ""
    story: StoryNow | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """An alert rendered for a kind of target.

    Attributes:
        subject: one line, plain text, unescaped; empty for Telegram.
        body: in ``format``.
        plain: the same as plain text, for a fallback and for the text part of an e-mail.
        thread: the same for all messages on one story; mails are threaded by it. Empty stands alone.
        image: a PNG that an HTML body shows as ``cid:chart.png``; empty when there is none.
    """

    format: Format
    subject: str
    body: str
    plain: str
    thread: str = ""
    image: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryJob:
    """One delivery that is due, claimed."""

    id: DeliveryId
    alert_id: AlertId
    idem_key: str
    target: TargetName
    message: Message
    attempts: int
    created_at: datetime
    expires_at: datetime
    plain_fallback: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target accepted the message."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: a transient failure.

    Attributes:
        after: how long the target asked us to wait; None leaves it to back-off.
        maybe_sent: the message may have arrived all the same.
        scope: ``bot`` when every target with the same credentials must wait too.
    """

    reason: str
    code: int | None = None
    after: timedelta | None = None
    maybe_sent: bool = False
    scope: Literal["target", "bot"] = "target"


@dataclass(frozen=True, slots=True)
class Rejected:
    """Never like this: a permanent failure.

    Attributes:
        scope: ``payload`` when this message is at fault (plain text may help), ``target`` when the recipient is,
            ``bot`` when the credentials are.
    """

    reason: str
    scope: Literal["payload", "target", "bot"]
    code: int | None = None


SendOutcome = Delivered | Retry | Rejected
