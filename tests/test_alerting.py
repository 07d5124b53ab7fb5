"""What is to be told to whom, and what becomes of a delivery."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.alerting.planning import (
    BACKOFF_BASE,
    BACKOFF_CAP,
    MAIL,
    OTHER,
    TELEGRAM_BOT,
    TELEGRAM_CHAT,
    TELEGRAM_GROUP,
    Breaker,
    Bucket,
    Settlement,
    alert_code,
    backoff,
    bucket_of,
    content_of,
    credentials_of,
    dedupe_key,
    idem_key,
    settle,
)
from watcher.model import (
    AlertId,
    ArticleId,
    ArticleText,
    Delivered,
    DeliveryId,
    DeliveryJob,
    EntityId,
    Evidence,
    Fact,
    Judgement,
    Match,
    Message,
    Outlet,
    OutletId,
    ReadJob,
    ReadOutcome,
    Rejected,
    Retry,
    ScoreLine,
    SendOutcome,
    Target,
    TargetName,
    TopicId,
    TopicScore,
)

NOW = datetime(2025, 11, 26, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


# --- identity ----------------------------------------------------------------------------------------------------


def test_keys_are_short_hex_and_stable() -> None:
    """A key is the same in every process and on every machine: it is stored."""
    assert dedupe_key("new", "https://example.org/a") == "ed464fd3d11a17483871e3e77cd8ae1f"
    assert len(dedupe_key("new", "x")) == len(idem_key("x", TargetName("t"))) == 32
    assert len(alert_code("x")) == 8
    assert alert_code("x").isalnum()


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_different_alerts_have_different_keys(one: tuple[str, str], two: tuple[str, str]) -> None:
    """Moving a character from one part of a key to the next makes another key."""
    assert (dedupe_key("new", *one) == dedupe_key("new", *two)) == (one == two)


def test_each_delivery_of_an_alert_has_its_own_key() -> None:
    """Target and part tell the deliveries of one alert apart."""
    keys = {idem_key("k", TargetName(target), part) for target in ("a", "b") for part in (0, 1)}
    assert len(keys) == 4


# --- content -----------------------------------------------------------------------------------------------------

OUTLET = Outlet(OutletId("wire"), "Example Wire", "family", "GB", "en", "wire")
TITLE = "Rubio: deal first, security guarantees later"
SENTENCE = "Security guarantees come later, Rubio said."


def _match(concept: str, text: str, zone: Literal["title", "lead", "body"], start: int) -> Match:
    return Match(
        "term", concept, concept, "title" if zone == "title" else "text", zone, start, start + len(text), text, ""
    )


def _outcome(**changes: Any) -> ReadOutcome:
    lines = (ScoreLine(("security_guarantee", "rubio"), {"security_guarantee": 2}, 8.0, 8.0, None),)
    topics = (
        TopicScore(TopicId("guarantees"), "Security guarantees", "core", True, 8.0, 5.0, 2.0, lines),
        TopicScore(TopicId("plan"), "Peace plan", None, False, 1.0, 5.0, 2.0, (), "gate closed"),
    )
    matches = (
        _match("security_guarantee", "Security  guarantees", "lead", 0),
        _match("rubio", "Rubio", "title", 0),
        _match("security_guarantee", "security guarantees", "title", 19),
        _match("kremlin", "Kremlin", "title", 40),
    )
    facts = (
        Fact("plan_points", "28", "", "", 0.9, "text", 0, 2, "28-point plan"),
        Fact("quantity", "600000", "troops", "", 0.8, "text", 0, 2, "600,000 troops"),
        Fact("stance", "deny", "", "rubio", 0.7, "text", 0, 2, "denied"),
        Fact("date", "2025-11-27", "", "", 0.95, "text", 0, 2, "Thursday"),
        Fact("deadline", "2025-11-27", "", "", 0.6, "text", 0, 2, "by Thursday"),
    )
    judgement = Judgement(
        "core",
        8.0,
        topics,
        matches,
        facts,
        (EntityId("rubio"), EntityId("us")),
        Evidence(SENTENCE, "text", 0, ((0, 19),)),
        "en",
        "hash",
    )
    job = ReadJob(ArticleId(1), "k", "https://e.org/a", TITLE, "", "", "en", NOW, NOW, OutletId("wire"), "wire")
    fields: dict[str, Any] = {"job": job, "text": ArticleText(TITLE, "", SENTENCE, "page"), "judgement": judgement}
    return ReadOutcome(**(fields | changes))


def _name(entity: EntityId) -> str:
    return {"rubio": "Marco Rubio", "us": "United States"}[entity]


def test_an_alert_says_what_matched_why_and_where() -> None:
    """Headline, evidence, reasons, names and facts come from the judgement."""
    content = content_of(_outcome(), OUTLET, alert_id="ABCD2345", entity_name=_name)
    assert (content.headline, content.evidence, content.marks) == (TITLE, SENTENCE, ((0, 19),))
    assert (content.id, content.level, content.outlet, content.language) == ("ABCD2345", "core", "Example Wire", "en")
    assert content.entities == ("Marco Rubio", "United States")
    assert content.url == "https://e.org/a"


def test_a_reason_names_the_words_of_its_own_topic_once_the_title_first() -> None:
    """Words of other topics, and the same word in another case, are left out."""
    (reason,) = content_of(_outcome(), OUTLET, alert_id="A", entity_name=_name).reasons
    assert (reason.topic, reason.score, reason.threshold) == ("Security guarantees", 8.0, 5.0)
    assert reason.words == ("Rubio", "security guarantees")


def test_facts_become_short_phrases_the_surest_first() -> None:
    """A bare date says nothing by itself and is left out."""
    facts = content_of(_outcome(), OUTLET, alert_id="A", entity_name=_name).facts
    assert facts == ("28-point plan", "600 000 troops", "Marco Rubio: deny", "deadline 2025-11-27")


def test_the_link_is_where_the_article_really_is() -> None:
    """The page's own address is better than where redirects ended, and that than the link of the feed."""
    moved = _outcome(final_url="https://e.org/final")
    named = _outcome(final_url="https://e.org/final", canonical_url="https://e.org/canonical")
    assert content_of(moved, OUTLET, alert_id="A", entity_name=_name).url == "https://e.org/final"
    assert content_of(named, OUTLET, alert_id="A", entity_name=_name).url == "https://e.org/canonical"


def test_an_article_that_did_not_fire_gives_no_alert() -> None:
    """Asking for one is a mistake of the caller."""
    silent = Judgement(None, 0.0, (), (), (), (), None, "en", "hash")
    with pytest.raises(ValueError, match="no topic fired"):
        content_of(_outcome(judgement=silent), OUTLET, alert_id="A", entity_name=_name)


# --- settling ----------------------------------------------------------------------------------------------------


def _job(**changes: Any) -> DeliveryJob:
    message = Message("telegram", "", "<b>x</b>", "x")
    fields: dict[str, Any] = {
        "id": DeliveryId(1),
        "alert_id": AlertId(1),
        "idem_key": "k",
        "target": TargetName("phone"),
        "message": message,
        "attempts": 1,
        "created_at": NOW,
        "expires_at": NOW + 72 * HOUR,
    }
    return DeliveryJob(**(fields | changes))


def _settle(
    outcome: SendOutcome,
    job: DeliveryJob | None = None,
    *,
    now: datetime = NOW,
    on_unknown: Literal["resend", "drop"] = "resend",
    pauses: int = 0,
) -> Settlement:
    return settle(job or _job(), outcome, now=now, rng=random.Random(1), on_unknown=on_unknown, pauses=pauses)


def test_an_accepted_message_is_sent() -> None:
    """Nothing follows."""
    settled = _settle(Delivered())
    assert (settled.state, settled.not_before, settled.pause_target, settled.pause_bot) == ("sent", None, None, None)


@given(st.integers(1, 10_000), st.integers())
def test_back_off_is_jittered_and_bounded(attempts: int, seed: int) -> None:
    """It doubles from 30 s up to an hour, and is anything between nothing and that."""
    wait = backoff(attempts, random.Random(seed))
    assert timedelta(0) <= wait <= min(BACKOFF_CAP, BACKOFF_BASE * 2 ** min(attempts - 1, 20))


def test_transient_trouble_is_tried_again_later() -> None:
    """Any number of attempts leaves the delivery pending."""
    settled = _settle(Retry("502", 502), _job(attempts=500))
    assert (settled.state, settled.code, settled.pause_target, settled.pause_bot) == ("pending", 502, None, None)
    assert settled.not_before is not None
    assert NOW < settled.not_before <= NOW + HOUR


def test_a_rate_limit_holds_the_whole_bot_for_as_long_as_asked_and_a_little() -> None:
    """The extra second keeps many deliveries from coming back at once."""
    settled = _settle(Retry("429", 429, timedelta(seconds=7), scope="bot"))
    assert settled.not_before is not None
    assert timedelta(seconds=7) <= settled.not_before - NOW <= timedelta(seconds=8)
    assert settled.pause_bot is not None
    assert settled.pause_bot.duration == settled.not_before - NOW
    assert settled.pause_target is None


def test_a_rate_limit_of_a_single_target_pauses_no_bot() -> None:
    """Only the delivery waits."""
    settled = _settle(Retry("429", 429, timedelta(seconds=7)))
    assert settled.pause_bot is None


def test_an_unknown_outcome_is_sent_again_or_not_as_the_target_prefers() -> None:
    """A possible repeat by default; a possible gap, listed with its reason, on demand."""
    unknown = Retry("timed out", maybe_sent=True)
    assert (_settle(unknown).state, _settle(unknown).maybe_sent) == ("pending", True)
    dropped = _settle(unknown, on_unknown="drop")
    assert (dropped.state, dropped.maybe_sent) == ("dead", True)
    assert "timed out" in dropped.reason
    assert _settle(Retry("refused"), on_unknown="drop").state == "pending"


def test_refused_markup_goes_out_once_more_as_plain_text_then_never() -> None:
    """The second refusal is final: the message itself is at fault."""
    refused = Rejected("can't parse entities", "payload", 400)
    first = _settle(refused)
    assert (first.state, first.plain_fallback, first.not_before) == ("pending", True, NOW)
    assert _settle(refused, _job(plain_fallback=True)).state == "dead"


def test_a_plain_text_delivery_stays_one_while_it_waits() -> None:
    """Trouble on the way does not bring the refused markup back."""
    assert _settle(Retry("502", 502), _job(plain_fallback=True)).plain_fallback
    assert _settle(Rejected("blocked", "target", 403), _job(plain_fallback=True)).plain_fallback


@pytest.mark.parametrize(("pauses", "hours"), [(0, 1), (1, 2), (3, 8), (5, 24), (500, 24)])
def test_a_target_at_fault_is_paused_ever_longer_and_its_deliveries_wait(pauses: int, hours: int) -> None:
    """The pause doubles from an hour to a day."""
    settled = _settle(Rejected("blocked", "target", 403), pauses=pauses)
    assert settled.state == "pending"
    assert settled.pause_target is not None
    assert settled.pause_target.duration == hours * HOUR
    assert settled.not_before == NOW + hours * HOUR
    assert settled.pause_bot is None


def test_wrong_credentials_pause_every_target_of_the_bot() -> None:
    """A revoked token concerns all of them."""
    settled = _settle(Rejected("401 Unauthorized", "bot", 401))
    assert (settled.state, settled.pause_target) == ("pending", None)
    assert settled.pause_bot is not None
    assert settled.pause_bot.duration == HOUR


def test_a_delivery_gets_a_last_attempt_at_its_expiry_and_is_dead_after_it() -> None:
    """Age decides, not the number of attempts; the target is paused all the same."""
    job = _job(expires_at=NOW + MINUTE)
    early = _settle(Rejected("blocked", "target", 403), job)
    assert (early.state, early.not_before) == ("pending", NOW + MINUTE)
    late = _settle(Rejected("blocked", "target", 403), job, now=NOW + MINUTE)
    assert (late.state, late.not_before) == ("dead", None)
    assert late.reason.startswith("expired")
    assert late.pause_target is not None


# --- limits ------------------------------------------------------------------------------------------------------


def _taken(bucket: Bucket, seconds: float) -> int:
    """How many tokens come out in so many seconds, when they are taken as soon as they are there."""
    now, count = NOW, 0
    while now < NOW + timedelta(seconds=seconds):
        bucket, wait = bucket.take(now)
        count += wait == timedelta(0)
        now += wait
    return count


@pytest.mark.parametrize(
    ("bucket", "seconds", "limit"),
    [(TELEGRAM_CHAT, 1, 1), (TELEGRAM_GROUP, 60, 20), (TELEGRAM_BOT, 1, 25), (MAIL, 60, 20), (OTHER, 1, 5)],
)
def test_no_limit_is_exceeded_even_from_a_full_bucket(bucket: Bucket, seconds: float, limit: int) -> None:
    """What a service allows in a second or minute is all it gets, and it gets nearly all of it."""
    assert 0.9 * limit <= _taken(bucket, seconds) <= limit


def test_a_wait_is_long_enough() -> None:
    """After the wait there is a token."""
    bucket, _ = TELEGRAM_GROUP.take(NOW)
    bucket, wait = bucket.take(NOW)
    assert wait == timedelta(seconds=3)
    assert bucket.take(NOW + wait)[1] == timedelta(0)


def test_a_clock_that_goes_back_gives_no_tokens() -> None:
    """Neither does it lock the target for as long as it went back."""
    bucket, _ = TELEGRAM_CHAT.take(NOW)
    bucket, wait = bucket.take(NOW - HOUR)
    assert wait == timedelta(seconds=1)
    assert bucket.take(NOW - HOUR + wait)[1] == timedelta(0)


def _target(url: str, channel: str, name: str = "t", api_base: str = "") -> Target:
    return Target(TargetName(name), url, "text", channel, api_base=api_base)


TOKEN = "123456789:AAE-test-token-of-the-stand-in-000"


@pytest.mark.parametrize(
    ("target", "bucket"),
    [
        (_target(f"tgram://{TOKEN}/111/?silent=yes", "telegram"), TELEGRAM_CHAT),
        (_target(f"tgram://{TOKEN}/-100111:7/", "telegram"), TELEGRAM_GROUP),
        (_target("mailto://host/me@example.org", "email"), MAIL),
        (_target("console://", "console"), None),
        (_target("json://host/x", "json"), OTHER),
    ],
)
def test_each_channel_has_its_limit(target: Target, bucket: Bucket | None) -> None:
    """Groups of Telegram have chat ids below zero."""
    assert bucket_of(target) == bucket


def test_targets_of_one_bot_share_credentials_that_do_not_show_the_token() -> None:
    """However the token is written; another bot, or another server, is another."""
    one = credentials_of(_target(f"tgram://{TOKEN}/111/", "telegram"))
    assert credentials_of(_target(f"tgram://bot{TOKEN.replace(':', '%3A')}/222", "telegram", "u")) == one
    assert credentials_of(_target(f"tgram://{TOKEN}x/111/", "telegram")) != one
    assert credentials_of(_target(f"tgram://{TOKEN}/111/", "telegram", api_base="http://h")) != one
    assert TOKEN.partition(":")[2] not in one
    assert credentials_of(_target("mailto://host/me@example.org", "email", "m")) == "target:m"


# --- the breaker -------------------------------------------------------------------------------------------------


def _failed(breaker: Breaker, times: int, now: datetime = NOW) -> Breaker:
    for _ in range(times):
        breaker = breaker.after(Retry("502", 502), now)
    return breaker


def test_five_failures_in_a_row_open_the_breaker_for_a_minute() -> None:
    """Then one delivery may try."""
    assert _failed(Breaker(), 4).wait(NOW) == timedelta(0)
    opened = _failed(Breaker(), 5)
    assert opened.wait(NOW) == MINUTE
    assert opened.wait(NOW + MINUTE) == timedelta(0)
    assert opened.half_open


@pytest.mark.parametrize(("failures", "minutes"), [(5, 1), (6, 2), (7, 4), (9, 15), (90, 15)])
def test_each_further_failure_keeps_it_open_twice_as_long(failures: int, minutes: int) -> None:
    """Up to a quarter of an hour."""
    assert _failed(Breaker(), failures).wait(NOW) == minutes * MINUTE


@pytest.mark.parametrize("answer", [Delivered(), Rejected("x", "target"), Retry("429", 429, timedelta(seconds=1))])
def test_an_answer_of_the_target_closes_it(answer: SendOutcome) -> None:
    """Whoever refuses or limits is there."""
    assert _failed(Breaker(), 9).after(answer, NOW) == Breaker()
