"""What a poll means."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.web import Document, Item, Reply, Request, WebServer, http_date, rss
from watcher.fetch import Client, FetchRequest, user_agent
from watcher.model import (
    DateSource,
    Entry,
    Failed,
    FailureKind,
    Feed,
    FeedId,
    FeedState,
    Fetched,
    Gone,
    Hints,
    NotModified,
    OutletId,
    ParsedFeed,
    PollDecision,
    Polled,
    PollJob,
    PollOutcome,
    Redirect,
    Response,
    Settings,
    Validators,
)
from watcher.polling import (
    ToParse,
    classify,
    conditions,
    decide,
    fetched,
    first_poll_at,
    freshness,
    hash_body,
    human,
    network_down,
    retry_after,
    validators,
)

NOW = datetime(2025, 11, 26, 12, 0, tzinfo=UTC)  # a Wednesday
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
URL = "https://news.example/rss"
FEED = Feed(FeedId("news"), OutletId("news"), URL)
STATE = FeedState(
    FEED.id, URL, etag='"old"', last_modified="Tue, 25 Nov 2025 00:00:00 GMT", body_hash="0", baseline_at=NOW
)
SETTINGS = Settings()
OLD_PAIR = (STATE.etag, STATE.last_modified)


def entry(published_at: datetime | None, *, source: DateSource = "published", uid: str = "1") -> Entry:
    return Entry(uid, "guid", "https://news.example/1", "T", "", "", published_at, "", source, "h")


def feed_of(
    *entries: Entry, complete: bool = True, hints: Hints | None = None, dropped: tuple[str, ...] = ()
) -> ParsedFeed:
    return ParsedFeed("News", "en", entries, hints or Hints(), complete, dropped=dropped)


def new_feed(
    parsed: ParsedFeed | None = None,
    *,
    found: Validators | None = None,
    hints: Hints | None = None,
    redirects: tuple[Redirect, ...] = (),
) -> Fetched:
    parsed = parsed or feed_of(entry(NOW))
    return Fetched(parsed, found or Validators('"new"'), hints or Hints(), URL, "1", 10, redirects=redirects)


def unchanged(hints: Hints | None = None, found: Validators | None = None, reason: str = "status") -> NotModified:
    assert reason in ("status", "body")
    return NotModified("status" if reason == "status" else "body", found or Validators(), hints or Hints(), URL)


def failure(
    kind: FailureKind = FailureKind.TIMEOUT, status: int | None = None, wait: timedelta | None = None
) -> Failed:
    return Failed(kind, "did not work", URL, status, wait)


def settle(
    outcome: PollOutcome,
    state: FeedState = STATE,
    *,
    feed: Feed = FEED,
    settings: Settings = SETTINGS,
    now: datetime = NOW,
    offline: bool = False,
) -> PollDecision:
    return decide(Polled(PollJob(feed, state), outcome), settings, now=now, rng=random.Random(7), offline=offline)


def delay(decision: PollDecision, now: datetime = NOW) -> timedelta:
    assert decision.state.next_poll_at is not None
    return decision.state.next_poll_at - now


def about(span: timedelta, want: timedelta) -> bool:
    """``want``, or up to a tenth more."""
    return want <= span <= want * 1.1


def test_digests_are_remembered_of_whole_documents_only() -> None:
    """Of a document that was cut off, all is parsed again next time."""
    whole = replace(feed_of(entry(NOW)), digests=b"12345678", known=3)
    cut = replace(whole, complete=False)

    assert settle(new_feed(whole)).state.items == b"12345678"
    assert settle(new_feed(cut)).state.items == b""
    assert (settle(new_feed(whole)).known, settle(new_feed(whole)).detail) == (3, "4 entries")


# --- classify ----------------------------------------------------------------------------------------------------


def answer(status: int = 200, body: bytes = b"<rss/>", **headers: str) -> Response:
    return Response(status, URL, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_a_new_body_is_to_be_parsed_with_what_came_with_it() -> None:
    """Validators byte for byte, hints of the headers, hash of the body."""
    todo = classify(answer(etag='W/"a"', last_modified="x y", cache_control="max-age=600"), STATE)
    assert todo == ToParse(Validators('W/"a"', "x y"), Hints(max_age=600), hash_body(b"<rss/>"))


def test_the_same_bytes_again_are_not_parsed() -> None:
    """The whole new pair of validators is handed on, to replace the old one even where one is now absent."""
    state = replace(STATE, body_hash=hash_body(b"<rss/>"))
    outcome = classify(answer(etag='"b"'), state)
    assert outcome == NotModified("body", Validators('"b"', None), Hints(), URL)


def test_a_304_hands_on_what_it_carries() -> None:
    """Only the validators that it names."""
    outcome = classify(answer(304, b"", last_modified="now"), STATE)
    assert outcome == NotModified("status", Validators(None, "now"), Hints(), URL)


def test_a_304_to_a_first_request_is_a_failure() -> None:
    """Nothing was there to be unchanged."""
    outcome = classify(answer(304, b""), FeedState(FEED.id, URL))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.PROTOCOL


def test_410_is_gone() -> None:
    """Gone is an outcome of its own."""
    assert classify(answer(410, b""), STATE) == Gone(URL)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, FailureKind.PROTOCOL), (206, FailureKind.PROTOCOL), (226, FailureKind.PROTOCOL),
        (300, FailureKind.REDIRECT), (305, FailureKind.REDIRECT), (400, FailureKind.CLIENT_ERROR),
        (401, FailureKind.DENIED), (403, FailureKind.DENIED), (404, FailureKind.NOT_FOUND),
        (406, FailureKind.CLIENT_ERROR), (408, FailureKind.UNAVAILABLE), (429, FailureKind.RATE_LIMITED),
        (451, FailureKind.DENIED), (500, FailureKind.SERVER_ERROR), (502, FailureKind.SERVER_ERROR),
        (503, FailureKind.UNAVAILABLE), (522, FailureKind.SERVER_ERROR),
    ],
)  # fmt: skip
def test_every_other_status_has_its_kind(status: int, kind: FailureKind) -> None:
    """The kind says what is to be done; the detail names the status."""
    outcome = classify(answer(status), STATE)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.status) == (kind, status)
    assert str(status) in outcome.detail


def test_a_refusal_hands_on_when_to_come_again() -> None:
    """Retry-After of 429, 503 and any other error."""
    for status in (429, 503, 500, 404):
        outcome = classify(answer(status, retry_after="300"), STATE)
        assert isinstance(outcome, Failed)
        assert outcome.retry_after == timedelta(seconds=300)


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_document_is_a_failure(body: bytes) -> None:
    """A 200 without a feed in it must not pass for a feed without entries."""
    outcome = classify(answer(200, body, etag='"x"'), STATE)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.MALFORMED


@pytest.mark.parametrize("value", ["", "x" * 3000, "a\x00b", "a\nb", "\udcff"])
def test_a_validator_that_cannot_be_sent_back_counts_as_absent(value: str) -> None:
    """Too long, or not printable."""
    assert validators({"etag": value, "last-modified": "ok"}) == Validators(None, "ok")


@pytest.mark.parametrize(
    ("headers", "max_age"),
    [
        ({}, None),
        ({"cache-control": "max-age=3600"}, 3600),
        ({"cache-control": 'public, MAX-AGE="60" , must-revalidate'}, 60),
        ({"cache-control": "max-age=3600", "age": "3500"}, 100),
        ({"cache-control": "max-age=10", "age": "3500"}, 0),
        ({"cache-control": "no-cache, max-age=3600"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "s-maxage=3600"}, None),
        ({"cache-control": "max-age=abc"}, None),
        ({"cache-control": "max-age=-5"}, None),
        ({"cache-control": "max-age=" + "9" * 40}, 366 * 86_400),
        ({"expires": http_date(NOW + HOUR), "date": http_date(NOW)}, 3600),
        ({"expires": http_date(NOW + HOUR), "date": http_date(NOW + DAY)}, 0),
        ({"expires": http_date(NOW + HOUR)}, None),
        ({"expires": "0", "date": http_date(NOW)}, 0),
        ({"expires": http_date(NOW + HOUR), "date": http_date(NOW), "cache-control": "max-age=7"}, 7),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], max_age: int | None) -> None:
    """Cache-Control before Expires, less Age; shared-cache directives are not for us."""
    assert freshness(headers) == Hints(max_age=max_age)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "120"}, timedelta(seconds=120)),
        ({"retry-after": " 120 "}, timedelta(seconds=120)),
        ({"retry-after": "0"}, timedelta(seconds=60)),
        ({"retry-after": "9" * 30}, timedelta(days=7)),
        ({"retry-after": "²"}, None),
        ({"retry-after": http_date(NOW + HOUR), "date": http_date(NOW)}, HOUR),
        ({"retry-after": http_date(NOW), "date": http_date(NOW + HOUR)}, timedelta(seconds=60)),
        ({"retry-after": http_date(NOW + 30 * DAY), "date": http_date(NOW)}, timedelta(days=7)),
        ({"retry-after": http_date(NOW + HOUR)}, None),
        ({"retry-after": "Wed, 99 Nov 2025 12:00:00 GMT", "date": http_date(NOW)}, None),
    ],
)
def test_retry_after_is_read_by_the_clock_of_the_server(headers: dict[str, str], wait: timedelta | None) -> None:
    """Seconds, or a date less the Date of the same answer; a minute to a week."""
    assert retry_after(headers) == wait


@given(st.dictionaries(st.sampled_from(["retry-after", "date", "expires", "cache-control", "age", "etag"]), st.text()))
def test_no_header_makes_the_reading_fail(headers: dict[str, str]) -> None:
    """Whatever a server sends is read or left aside."""
    wait = retry_after(headers)
    assert wait is None or MINUTE <= wait <= 7 * DAY
    assert (freshness(headers).max_age or 0) >= 0
    validators(headers)


# --- what is stored of the validators ----------------------------------------------------------------------------


def pair(decision: PollDecision) -> tuple[str | None, str | None]:
    return decision.state.etag, decision.state.last_modified


@pytest.mark.parametrize(
    "found", [Validators('"n"', "now"), Validators('"n"', None), Validators(None, "now"), Validators()]
)
def test_a_new_document_replaces_both_validators(found: Validators) -> None:
    """An absent one is cleared: the pair belongs to one answer."""
    assert pair(settle(new_feed(found=found))) == (found.etag, found.last_modified)


@pytest.mark.parametrize("found", [Validators('"n"', None), Validators()])
def test_equal_bytes_replace_both_validators_too(found: Validators) -> None:
    """Owners of feeds count it as a fault when new validators are not taken because the body is the same."""
    assert pair(settle(unchanged(found=found, reason="body"))) == (found.etag, found.last_modified)


def test_a_304_updates_only_the_validators_it_carries() -> None:
    """The other one stays."""
    assert pair(settle(unchanged(found=Validators('"n"', None)))) == ('"n"', STATE.last_modified)
    assert pair(settle(unchanged())) == OLD_PAIR


@pytest.mark.parametrize("outcome", [*(failure(kind) for kind in FailureKind), Gone(URL)])
def test_a_failure_never_touches_what_is_known(outcome: PollOutcome) -> None:
    """Validators, hash, baseline and hints stay as they are."""
    state = settle(outcome).state
    assert (state.etag, state.last_modified, state.body_hash, state.baseline_at, state.hints) == (
        *OLD_PAIR,
        STATE.body_hash,
        STATE.baseline_at,
        STATE.hints,
    )


def test_a_truncated_document_leaves_the_validators_alone() -> None:
    """The rest of it must be asked for again, so nothing of this answer may make the next request conditional."""
    decision = settle(new_feed(feed_of(entry(NOW), complete=False)))
    assert pair(decision) == OLD_PAIR
    assert decision.state.body_hash == STATE.body_hash
    assert [event.kind for event in decision.events] == ["feed_truncated"]
    assert len(decision.entries) == 1


def test_the_hash_of_a_whole_document_is_kept() -> None:
    """To notice the same bytes next time."""
    assert settle(new_feed()).state.body_hash == "1"


# --- what is sent ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "count"), [(5 * MINUTE, 288), (30 * MINUTE, 48), (HOUR, 24), (6 * HOUR, 6), (DAY, 6)]
)
def test_after_a_day_of_304_the_whole_is_asked_for(interval: timedelta, count: int) -> None:
    """A server that says 304 for ever is caught; one that is honest is asked so at most once a day."""
    job = PollJob(replace(FEED, interval=interval), replace(STATE, unchanged_polls=count - 1))
    assert conditions(job, SETTINGS) == Validators(*OLD_PAIR)
    assert conditions(replace(job, state=replace(STATE, unchanged_polls=count)), SETTINGS) == Validators()


def test_304_answers_are_counted_until_a_body_comes() -> None:
    """Equal bytes and a new document both start the count anew."""
    state = replace(STATE, unchanged_polls=5)
    outcomes = (unchanged(), unchanged(reason="body"), new_feed(), failure())
    assert [settle(outcome, state).state.unchanged_polls for outcome in outcomes] == [6, 0, 0, 5]


# --- when to come again ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "settings", "hints", "want", "why"),
    [
        ({}, {}, Hints(), 30 * MINUTE, "every 30 min, as configured"),
        ({"interval": HOUR}, {}, Hints(), HOUR, "every 1 h, as configured"),
        ({"interval": MINUTE}, {}, Hints(), 5 * MINUTE, "every 5 min, the configured bound"),
        ({"interval": 9 * DAY}, {}, Hints(), DAY, "every 1 d, the configured bound"),
        ({}, {}, Hints(max_age=600), 30 * MINUTE, "every 30 min, as configured"),
        (
            {},
            {},
            Hints(max_age=3600),
            HOUR,
            "every 1 h: the server asks for 1 h (max-age); 30 min as configured",
        ),
        (
            {},
            {},
            Hints(max_age=3600, ttl=5400),
            90 * MINUTE,
            "every 90 min: the server asks for 90 min (ttl); 30 min as configured",
        ),
        (
            {},
            {},
            Hints(max_age=30 * 86_400),
            DAY,
            "every 1 d: the server asks for 30 d (max-age), limited to 1 d; 30 min as configured",
        ),
        (
            {},
            {"ignore_hints": True},
            Hints(max_age=3600),
            30 * MINUTE,
            "every 30 min, as configured; the 1 h of the server (max-age) are ignored",
        ),
        (
            {},
            {},
            Hints(ttl=10**30),
            DAY,
            "every 1 d: the server asks for 366 d (ttl), limited to 1 d; 30 min as configured",
        ),
    ],
)
def test_the_interval_and_its_reason(
    feed: dict[str, timedelta], settings: dict[str, bool], hints: Hints, want: timedelta, why: str
) -> None:
    """The longest of what the user and the server want, within bounds, and said in words."""
    decision = settle(
        new_feed(hints=hints),
        feed=Feed(FEED.id, FEED.outlet_id, URL, interval=feed.get("interval")),
        settings=Settings(ignore_hints=settings.get("ignore_hints", False)),
    )
    assert about(delay(decision), want)
    assert decision.why_next == why


def test_the_feeds_own_hints_outlive_a_304() -> None:
    """``ttl`` and the like stand in the document, which a 304 does not repeat; max-age of a 304 is its own."""
    state = settle(new_feed(feed_of(entry(NOW), hints=Hints(ttl=7200)), hints=Hints(max_age=3600))).state
    assert state.hints == Hints(max_age=3600, ttl=7200)
    assert about(delay(settle(unchanged(), state)), 2 * HOUR)
    later = settle(unchanged(Hints(max_age=10_800)), state)
    assert (later.state.hints.max_age, about(delay(later), 3 * HOUR)) == (10_800, True)
    assert settle(new_feed(), later.state).state.hints == Hints()


def test_hours_and_days_to_skip_are_skipped() -> None:
    """The poll comes in the first hour that is open."""
    decision = settle(new_feed(feed_of(entry(NOW), hints=Hints(skip_hours=(12, 13, 14)))))
    assert decision.state.next_poll_at is not None
    assert (decision.state.next_poll_at.day, decision.state.next_poll_at.hour) == (26, 15)
    assert decision.why_next == "every 30 min, as configured; then put off by the feed's skipHours or skipDays"
    thursday = settle(new_feed(feed_of(entry(NOW), hints=Hints(skip_days=(2,)))))
    assert thursday.state.next_poll_at is not None
    assert (thursday.state.next_poll_at.day, thursday.state.next_poll_at.hour) == (27, 0)


def test_a_feed_that_would_skip_for_ever_is_polled_all_the_same() -> None:
    """Skipping never makes it longer than the longest interval; and hints can be ignored altogether."""
    always = new_feed(feed_of(entry(NOW), hints=Hints(skip_hours=tuple(range(24)))))
    decision = settle(always)
    assert about(delay(decision), 30 * MINUTE)
    assert "too long" in decision.why_next
    assert settle(always, settings=Settings(ignore_hints=True)).why_next == "every 30 min, as configured"


@pytest.mark.parametrize(
    ("kind", "hours"),
    [
        (FailureKind.TIMEOUT, [0.5, 1, 2, 4, 8, 16, 24, 24]),
        (FailureKind.NOT_FOUND, [0.5, 1, 2, 4, 8, 16, 24, 24]),
        (FailureKind.UNAVAILABLE, [0.5, 1, 2, 4, 8, 16, 24, 24]),
        (FailureKind.NOT_A_FEED, [0.5, 1, 2, 4, 8, 16, 24, 24]),
        (FailureKind.DENIED, [6, 12, 24, 24]),
    ],
)
def test_failures_make_polls_rarer_up_to_a_day(kind: FailureKind, hours: list[float]) -> None:
    """Twice as long each time, and never for good."""
    state = STATE
    for number, wanted in enumerate(hours, start=1):
        decision = settle(failure(kind), state)
        assert about(delay(decision), wanted * HOUR)
        assert (decision.status, decision.state.failures) == (kind.value, number)
        state = decision.state
    assert decision.why_next == f"in 1 d: failed {len(hours)} times in a row ({kind.value})"


def test_a_feed_with_a_long_interval_is_not_polled_more_often_because_it_fails() -> None:
    """The back-off never undercuts the interval."""
    feed = replace(FEED, interval=12 * HOUR)
    assert about(delay(settle(failure(), feed=feed)), 12 * HOUR)


def test_success_ends_the_back_off() -> None:
    """The count starts anew, and a feed that had failed often is told to be well again."""
    decision = settle(unchanged(), replace(STATE, failures=4))
    assert (decision.state.failures, about(delay(decision), 30 * MINUTE)) == (0, True)
    assert [event.kind for event in decision.events] == ["feed_recovered"]
    assert settle(unchanged(), replace(STATE, failures=1)).events == ()


def test_the_third_failure_in_a_row_is_an_event() -> None:
    """Once for each run of failures."""
    kinds = [[event.kind for event in settle(failure(), replace(STATE, failures=n)).events] for n in range(5)]
    assert kinds == [[], [], ["feed_failing"], [], []]


def test_a_429_cools_the_host_for_as_long_as_it_asks() -> None:
    """The feed comes after the host."""
    decision = settle(failure(FailureKind.RATE_LIMITED, 429, 3 * HOUR))
    assert decision.host_retry_at == NOW + 3 * HOUR
    assert about(delay(decision), 3 * HOUR)
    assert decision.why_next == "in 3 h: the server asks us to stay away so long (Retry-After)"


def test_a_429_that_names_no_time_cools_the_host_for_an_hour_then_two() -> None:
    """It doubles with each."""
    decision = settle(failure(FailureKind.RATE_LIMITED, 429))
    assert decision.host_retry_at == NOW + HOUR
    assert settle(failure(FailureKind.RATE_LIMITED, 429), decision.state).host_retry_at == NOW + 2 * HOUR


def test_a_503_keeps_only_its_own_feed_away() -> None:
    """Retry-After of a 503 is kept, but the host is not cooled."""
    decision = settle(failure(FailureKind.UNAVAILABLE, 503, 2 * HOUR))
    assert (decision.host_retry_at, about(delay(decision), 2 * HOUR)) == (None, True)


def test_a_poll_that_was_not_made_blames_nobody() -> None:
    """While its host cools down a feed is put off, and that is all."""
    decision = settle(failure(FailureKind.RATE_LIMITED, None, HOUR))
    assert replace(decision.state, next_poll_at=None) == STATE
    assert (decision.host_retry_at, about(delay(decision), HOUR)) == (NOW + HOUR, True)


def test_when_the_network_is_down_no_feed_is_blamed() -> None:
    """It is tried again soon; a feed whose server did answer is judged as ever."""
    decision = settle(failure(FailureKind.DNS), offline=True)
    assert (decision.state.failures, about(delay(decision), 5 * MINUTE)) == (0, True)
    assert "network here seems to be down" in decision.why_next
    assert settle(failure(FailureKind.NOT_FOUND, 404), offline=True).state.failures == 1


@given(
    st.integers(60, 10**7),
    st.integers(60, 10**6),
    st.integers(60, 10**7),
    st.builds(
        Hints,
        st.none() | st.integers(0, 10**9),
        st.none() | st.integers(0, 10**9),
        st.lists(st.integers(0, 23)).map(tuple),
        st.lists(st.integers(0, 6)).map(tuple),
    ),
    st.integers(0, 2**32),
)
def test_a_poll_never_comes_too_early_or_too_late(wanted: int, least: int, more: int, hints: Hints, seed: int) -> None:
    """Whatever is asked for: at least the shortest interval, at most the longest and a tenth."""
    settings = Settings(
        interval=timedelta(seconds=wanted),
        min_interval=timedelta(seconds=least),
        max_interval=timedelta(seconds=least + more),
    )
    polled = Polled(PollJob(FEED, STATE), new_feed(feed_of(entry(NOW), hints=hints), hints=hints))
    decision = decide(polled, settings, now=NOW, rng=random.Random(seed))
    assert decision.state.next_poll_at is not None
    assert settings.min_interval <= decision.state.next_poll_at - NOW <= settings.max_interval * 1.1 + 10 * MINUTE
    assert decision.why_next


@given(
    st.sampled_from(FailureKind),
    st.integers(0, 10_000),
    st.none() | st.integers(0, 10**8),
    st.sampled_from([None, 404, 429, 503]),
    st.integers(0, 2**32),
)
def test_a_failing_feed_is_always_polled_again_and_never_before_it_asked(
    kind: FailureKind, failures: int, wait: int | None, status: int | None, seed: int
) -> None:
    """Within a day and a tenth, or when the server said, at most a week and a tenth."""
    asked = None if wait is None else timedelta(seconds=wait)
    state = replace(STATE, failures=failures)
    polled = Polled(PollJob(FEED, state), Failed(kind, "x", URL, status, asked))
    decision = decide(polled, SETTINGS, now=NOW, rng=random.Random(seed))
    assert decision.state.next_poll_at is not None
    least = min(asked or timedelta(0), 7 * DAY)
    assert least <= decision.state.next_poll_at - NOW
    if kind is not FailureKind.RATE_LIMITED or status is not None:
        assert decision.state.next_poll_at - NOW <= max(DAY, least) * 1.1
        assert decision.state.failures == failures + 1


# --- gone and moved ----------------------------------------------------------------------------------------------


def test_a_feed_is_gone_when_it_says_so_twice_a_day_apart() -> None:
    """The first 410 is a warning, the second is believed, once; then it is looked at rarely, but for ever."""
    first = settle(Gone(URL))
    assert (first.status, first.state.gone_since, first.events) == ("gone", NOW, ())
    assert about(delay(first), DAY)
    early = settle(Gone(URL), first.state, now=NOW + HOUR)
    assert early.events == ()
    second = settle(Gone(URL), early.state, now=NOW + DAY)
    assert [event.kind for event in second.events] == ["feed_gone"]
    assert second.events[0].feed_id == FEED.id
    third = settle(Gone(URL), second.state, now=NOW + 2 * DAY)
    assert (third.events, about(delay(third, NOW + 2 * DAY), DAY)) == ((), True)


@pytest.mark.parametrize("between", [new_feed(), unchanged(), failure(FailureKind.SERVER_ERROR, 500)])
def test_anything_between_two_410_starts_the_count_anew(between: PollOutcome) -> None:
    """Only an unbroken run counts."""
    state = settle(between, settle(Gone(URL)).state, now=NOW + HOUR).state
    assert state.gone_since is None
    assert settle(Gone(URL), state, now=NOW + 2 * DAY).events == ()


def moves(*redirects: tuple[int, str], count: int = 3, apart: timedelta = DAY, feed: Feed = FEED) -> PollDecision:
    """``count`` polls ``apart``, all of them redirected alike."""
    state = replace(STATE, url=feed.url)
    chain = tuple(Redirect(status, url) for status, url in redirects)
    for n in range(count):
        now = NOW + n * apart
        decision = settle(new_feed(redirects=chain), state, feed=feed, now=now)
        state = decision.state
    return decision


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_move_is_adopted_after_three_polls_and_two_days(status: int) -> None:
    """The address changes, the validators stay, and the ledger says so."""
    decision = moves((status, "https://new.example/rss"))
    assert (decision.state.url, decision.state.moved_to, decision.state.moved_count) == (
        "https://new.example/rss",
        None,
        0,
    )
    assert decision.state.etag == '"new"'
    assert [(event.kind, event.detail) for event in decision.events] == [
        ("feed_moved", "https://news.example/rss -> https://new.example/rss")
    ]


@pytest.mark.parametrize(
    ("redirects", "count", "apart"),
    [
        ([(301, "https://new.example/rss")], 2, 3 * DAY),
        ([(301, "https://new.example/rss")], 20, HOUR),
        ([(302, "https://new.example/rss")], 9, DAY),
        ([(307, "https://new.example/rss")], 9, DAY),
        ([(302, "https://a.example/"), (301, "https://b.example/")], 9, DAY),
        ([(301, "http://news.example/rss")], 9, DAY),
        ([(301, URL)], 9, DAY),
        ([], 9, DAY),
    ],
)
def test_what_is_no_permanent_move_is_not_adopted(
    redirects: list[tuple[int, str]], count: int, apart: timedelta
) -> None:
    """Too few, too soon, temporary, after a temporary one, or down from https."""
    decision = moves(*redirects, count=count, apart=apart)
    assert decision.state.url == URL
    assert decision.events == ()


def test_of_a_chain_the_permanent_beginning_is_adopted() -> None:
    """What comes after a temporary hop may change tomorrow."""
    decision = moves((301, "https://a.example/"), (308, "https://b.example/"), (302, "https://c.example/"))
    assert decision.state.url == "https://b.example/"


def test_a_move_is_not_adopted_with_secrets_for_another() -> None:
    """Secret headers and passwords were given to one origin."""
    secret = replace(FEED, headers=(("X-Api-Key", "k"),))
    assert moves((301, "https://new.example/rss"), count=9, feed=secret).state.url == URL
    assert moves((301, "https://news.example/new"), count=9, feed=secret).state.url == "https://news.example/new"
    login = replace(FEED, url="https://u:p@news.example/rss")
    assert moves((301, "https://new.example/rss"), count=9, feed=login).state.url == login.url


def test_the_move_of_a_feed_whose_address_holds_a_secret_is_not_noted() -> None:
    """Where it leads may hold the secret too, and what is noted is stored."""
    secret = replace(FEED, shown_url="https://news.example/rss?key=${KEY}")
    state = moves((301, "https://news.example/new?key=s3cr3t"), count=9, feed=secret).state
    assert (state.url, state.moved_to, state.moved_count) == (URL, None, 0)


@pytest.mark.parametrize("outcome", [new_feed(), unchanged(), failure(FailureKind.NOT_A_FEED, 200), Gone(URL)])
def test_a_move_that_is_not_repeated_is_forgotten(outcome: PollOutcome) -> None:
    """It has to hold in successive polls, and lead to a feed."""
    state = moves((301, "https://new.example/rss"), count=2).state
    assert state.moved_count == 2
    assert settle(outcome, state).state.moved_to is None


def test_a_silent_server_does_not_break_the_row_of_moves() -> None:
    """A time-out says nothing of where the feed is."""
    state = moves((301, "https://new.example/rss"), count=2).state
    assert settle(failure(FailureKind.TIMEOUT), state).state.moved_count == 2


def test_another_target_starts_the_row_anew() -> None:
    """Three polls have to name one and the same address."""
    state = moves((301, "https://new.example/rss"), count=2).state
    decision = settle(new_feed(redirects=(Redirect(301, "https://other.example/"),)), state, now=NOW + 9 * DAY)
    assert (decision.state.url, decision.state.moved_to, decision.state.moved_count) == (
        URL,
        "https://other.example/",
        1,
    )


# --- entries -----------------------------------------------------------------------------------------------------


def alertable(*entries: Entry, first: bool) -> list[bool]:
    state = replace(STATE, baseline_at=None if first else NOW - DAY)
    seen = settle(new_feed(feed_of(*entries)), state).entries
    assert all(bool(one.quiet_reason) != one.alertable for one in seen)
    return [one.alertable for one in seen]


@pytest.mark.parametrize(
    ("age", "first", "later"),
    [
        (timedelta(0), True, True),
        (6 * HOUR, True, True),
        (7 * HOUR, False, True),
        (3 * DAY, False, True),
        (4 * DAY, False, False),
        (-HOUR, True, True),
        (None, False, True),
    ],
)
def test_which_entries_may_alert(age: timedelta | None, first: bool, later: bool) -> None:
    """In the first fetch only the news of the last hours; later all but what is older than days."""
    one = entry(None if age is None else NOW - age)
    assert (alertable(one, first=True), alertable(one, first=False)) == ([first], [later])


def test_a_time_that_only_says_when_we_saw_it_is_no_date() -> None:
    """Otherwise everything in a first fetch would be news."""
    one = entry(NOW, source="seen")
    assert (alertable(one, first=True), alertable(one, first=False)) == ([False], [True])


def test_a_first_fetch_whose_entries_all_bear_one_time_does_not_flood() -> None:
    """Some feeds stamp every entry with the time of the request."""
    stamped = [entry(NOW, uid=str(n)) for n in range(30)]
    assert alertable(*stamped, first=True) == [False] * 30
    assert alertable(*stamped, first=False) == [True] * 30


def test_the_reasons_for_silence_are_told() -> None:
    """In words, for the ledger."""
    entries = (entry(None), entry(NOW - 8 * HOUR), entry(NOW - 10 * DAY))
    seen = settle(new_feed(feed_of(*entries)), replace(STATE, baseline_at=None)).entries
    assert [one.quiet_reason for one in seen] == [
        "first fetch of the feed, and the entry has no date of its own",
        "first fetch of the feed, published 8 h ago, more than 6 h",
        "published 10 d ago, more than 3 d",
    ]


@pytest.mark.parametrize(
    ("parsed", "made"), [(feed_of(entry(NOW)), True), (feed_of(), False), (feed_of(entry(NOW), complete=False), False)]
)
def test_the_baseline_is_made_by_a_whole_document_with_entries(parsed: ParsedFeed, made: bool) -> None:
    """An empty or truncated one would let the rest flood at the next fetch."""
    state = settle(new_feed(parsed), replace(STATE, baseline_at=None)).state
    assert (state.baseline_at is not None) is made


def test_entries_keep_the_order_of_the_feed_and_drops_are_told() -> None:
    """Each reason of a dropped item once."""
    parsed = feed_of(entry(NOW, uid="b"), entry(NOW, uid="a"), dropped=("no title", "no title", "bad link"))
    decision = settle(new_feed(parsed))
    assert [one.entry.uid for one in decision.entries] == ["b", "a"]
    assert [(event.kind, event.reason) for event in decision.events] == [
        ("item_dropped", "no title"),
        ("item_dropped", "bad link"),
    ]
    assert (decision.status, decision.detail, decision.title) == ("ok", "2 entries", "News")


# --- the rest ----------------------------------------------------------------------------------------------------


@given(st.text(min_size=1), st.integers(0, 10**7))
def test_the_first_poll_is_spread_and_always_the_same(name: str, seconds: int) -> None:
    """Within the spread, by the name of the feed alone."""
    spread = timedelta(seconds=seconds)
    first = first_poll_at(FeedId(name), now=NOW, spread=spread)
    assert NOW <= first <= NOW + spread
    assert first == first_poll_at(FeedId(name), now=NOW, spread=spread)


def test_first_polls_are_spread_evenly() -> None:
    """A thousand feeds do not all start in the first minute."""
    times = [first_poll_at(FeedId(f"feed-{n}"), now=NOW, spread=HOUR) for n in range(1000)]
    quarters = [sum(NOW + n * HOUR / 4 <= time < NOW + (n + 1) * HOUR / 4 for time in times) for n in range(4)]
    assert min(quarters) > 200


def hosts(down: int, up: int) -> list[PollOutcome]:
    silent: list[PollOutcome] = [Failed(FailureKind.DNS, "", f"https://d{n}.example/") for n in range(down)]
    return silent + [Failed(FailureKind.NOT_FOUND, "", f"https://u{n}.example/", 404) for n in range(up)]


@pytest.mark.parametrize(
    ("down", "up", "verdict"), [(0, 0, False), (2, 0, False), (3, 0, True), (9, 1, True), (4, 1, True), (3, 1, False)]
)
def test_when_nearly_all_hosts_are_silent_the_network_is_down(down: int, up: int, verdict: bool) -> None:
    """Three hosts at least, and four in five; an error of a server is an answer."""
    assert network_down(hosts(down, up)) is verdict


def test_many_feeds_of_one_host_are_one_host() -> None:
    """A big outlet that is down is not our network."""
    outcomes = [Failed(FailureKind.CONNECT, "", f"https://big.example/{n}") for n in range(50)]
    assert not network_down([*outcomes, unchanged()])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (90, "90 s"), (60, "1 min"), (1800, "30 min"), (3600, "1 h"), (5400, "90 min"), (9000, "2.5 h"),
        (86_400, "1 d"), (129_600, "36 h"), (604_800, "7 d"),
    ],
)  # fmt: skip
def test_spans_are_told_in_one_unit(seconds: int, text: str) -> None:
    """As people say them."""
    assert human(timedelta(seconds=seconds)) == text


# --- the owner of a feed keeps score -----------------------------------------------------------------------------


class Owner:
    """The owner of a feed, who publishes now and then and counts the faults of a reader."""

    def __init__(self) -> None:
        self.now = NOW
        self.faults: list[str] = []
        self.polls: list[tuple[datetime, bool]] = []
        self.given = Validators()
        self.not_before = NOW

    def document(self) -> Document:
        """A new entry every five hours; for a while the server gives no ETag, and in the end no date."""
        age = self.now - NOW
        version = age // (5 * HOUR)
        published = NOW + version * 5 * HOUR
        return Document(
            rss([Item(f"No. {version}", guid=str(version), published=published)]),
            etag="" if DAY <= age < DAY + 8 * HOUR else f'W/"v{version}"',
            modified=None if age > 44 * HOUR else published,
            headers=(("Cache-Control", "max-age=3600"),),
            coding="gzip",
        )

    def __call__(self, request: Request) -> Reply:
        self._judge(request)
        if 20 * HOUR <= self.now - NOW < 22 * HOUR:
            self.not_before = self.now + 2 * HOUR
            return Reply(503, headers=(("Retry-After", http_date(self.not_before)),))
        document = self.document()
        reply = document(request)
        found = validators({name.lower(): value for name, value in document.validators()})
        if reply.status == 304:  # what it does not name stays valid
            found = Validators(found.etag or self.given.etag, found.last_modified or self.given.last_modified)
        self.given = found
        self.polls.append((self.now, "if-none-match" in request.headers or "if-modified-since" in request.headers))
        return reply

    def _judge(self, request: Request) -> None:
        sent = Validators(request.headers.get("if-none-match"), request.headers.get("if-modified-since"))
        if sent != self.given:
            self._fault(f"sent {sent}, was given {self.given}")
        if self.polls and self.now - self.polls[-1][0] < HOUR:
            self._fault(f"came again after {self.now - self.polls[-1][0]}")
        if self.now < self.not_before:
            self._fault("came before it was asked to")
        if {"cookie", "referer"} & set(request.headers) or "?" in request.target:
            self._fault("says too much")
        if "watch.example" not in request.headers["user-agent"] or "gzip" not in request.headers["accept-encoding"]:
            self._fault("has no manners")

    def _fault(self, what: str) -> None:
        self.faults.append(f"{self.now}: {what}")


async def poll(client: Client, job: PollJob, now: datetime, rng: random.Random) -> tuple[FeedState, bytes]:
    """One poll as the daemon makes it, and the body when there was one to parse."""
    response = await client.get(FetchRequest(job.state.url, validators=conditions(job, SETTINGS)))
    assert isinstance(response, Response)
    found = classify(response, job.state)
    body = response.body if isinstance(found, ToParse) else b""
    outcome = fetched(response, found, feed_of(entry(now))) if isinstance(found, ToParse) else found
    return decide(Polled(job, outcome), SETTINGS, now=now, rng=rng).state, body


LOCAL = Settings(allow_private=("127.0.0.1",), host_gap=timedelta(0))


@pytest.mark.parametrize("seed", range(5))
async def test_feed_owner_score(seed: int) -> None:
    """Over 48 simulated hours of a living feed its owner finds no fault, and every entry arrives."""
    owner, rng, bodies = Owner(), random.Random(seed), set()
    async with (
        WebServer(clock=lambda: owner.now) as web,
        Client(LOCAL, user_agent=user_agent("https://watch.example"), clock=lambda: owner.now) as client,
    ):
        feed = replace(FEED, url=web.add("/rss", owner))
        state = FeedState(feed.id, feed.url)
        while owner.now < NOW + 48 * HOUR:
            state, body = await poll(client, PollJob(feed, state), owner.now, rng)
            bodies.add(body)
            assert state.next_poll_at is not None
            owner.now = state.next_poll_at
    assert owner.faults == []
    assert len(bodies - {b""}) == 10
    assert len(owner.polls) > 40
    assert [conditional for _, conditional in owner.polls].count(False) == 1


async def test_a_server_that_says_304_for_ever_is_caught() -> None:
    """An unconditional request on a budget of one a day finds what it hides."""
    now, rng, bodies = NOW, random.Random(1), 0

    def liar(request: Request) -> Reply:
        if "if-none-match" in request.headers:
            return Reply(304)
        return Reply(body=rss([Item(now.isoformat())]), headers=(("ETag", '"always"'),))

    async with WebServer() as web, Client(LOCAL, user_agent="test", clock=lambda: now) as client:
        feed = replace(FEED, url=web.add("/rss", liar))
        state = FeedState(feed.id, feed.url)
        while now < NOW + 4 * DAY:
            state, body = await poll(client, PollJob(feed, state), now, rng)
            bodies += bool(body)
            assert state.next_poll_at is not None
            now = state.next_poll_at
    assert bodies == 4


def test_dates_of_http_are_understood_as_the_server_writes_them() -> None:
    """The test server and the reader agree on what a date is."""
    assert parsedate_to_datetime(http_date(NOW)) == NOW
