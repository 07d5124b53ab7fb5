"""What the log says of feeds that cannot be had."""

from __future__ import annotations

from dataclasses import replace

import pytest
import structlog
from structlog.testing import capture_logs

from tests.builders import FEED, poll_decision
from watcher.model import FeedId, PollDecision
from watcher.pipeline.availability import Availability


def polled(feed: str, status: str, failures: int = 1) -> PollDecision:
    decision = poll_decision(feed=replace(FEED, id=FeedId(feed)))
    failures = 0 if status in {"ok", "not_modified"} else failures
    return replace(decision, status=status, state=replace(decision.state, failures=failures))


@pytest.fixture(autouse=True)
def _all_levels() -> None:
    structlog.reset_defaults()


def told(*polls: PollDecision, offline: int = 0) -> list[tuple[str, str]]:
    """Level and feed of each line above debug; the last ``offline`` polls come while the network is down."""
    availability = Availability()
    with capture_logs() as logs:
        for number, decision in enumerate(polls):
            availability.note(decision, offline=number >= len(polls) - offline)
    return [(line["log_level"], line.get("feed", line["event"][:20])) for line in logs if line["log_level"] != "debug"]


def test_a_feed_that_goes_on_failing_is_told_once_and_so_is_its_recovery() -> None:
    """Not a line a poll."""
    polls = [polled("a", "not_found", failures) for failures in range(1, 9)]
    assert told(*polls, polled("a", "ok"), polled("a", "ok")) == [("warning", "a"), ("info", "a")]


def test_another_reason_is_news() -> None:
    """From missing to forbidden."""
    assert told(polled("a", "not_found"), polled("a", "denied", 2)) == [("warning", "a")] * 2


def test_a_feed_without_an_answer_is_told_when_the_network_shows_to_be_there() -> None:
    """By the answer to any other."""
    assert told(polled("a", "timeout")) == []
    assert told(polled("a", "timeout"), polled("b", "not_modified")) == [("warning", "a")]
    assert told(polled("a", "timeout"), polled("a", "timeout", 2)) == [("warning", "a")]


def test_a_network_that_is_down_is_one_line_and_so_is_its_return() -> None:
    """Not a line for each feed."""
    polls = [polled(name, "dns") for name in "abcdefgh"]
    assert told(*polls, *polls, offline=12) == [("warning", "the network seems to")]

    availability = Availability()
    with capture_logs() as logs:
        for decision in polls:
            availability.note(decision, offline=True)
        for decision in polls:
            availability.note(replace(decision, status="ok"), offline=False)
    assert [line["event"][:16] for line in logs if line["log_level"] != "debug"] == [
        "the network seem", "the network is b"
    ]  # fmt: skip
