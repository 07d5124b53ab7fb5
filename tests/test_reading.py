"""What the outcome of a read means: whether the text is final, and when it is worth trying again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOW, read_outcome
from watcher.model import ArticleId, Failed, FailureKind, OutletId, ReadJob, ReadOutcome
from watcher.reading import RETRY_AFTER, addresses, asks_gate, describe, next_read_at, same_headline

JOB = ReadJob(
    article_id=ArticleId(1), key="https://wire.example/1", url="https://wire.example/1", title="A title", summary="",
    content="", language="en", published_at=NOW, first_seen_at=NOW, outlet_id=OutletId("wire"), outlet_class="wire",
)  # fmt: skip


def failed(attempts: int = 0, *, retryable: bool = True, retry_after: timedelta | None = None) -> ReadOutcome:
    failure = Failed(FailureKind.SERVER_ERROR, "the server answers 500", JOB.url, 500, retry_after)
    return replace(read_outcome(replace(JOB, attempts=attempts)), failure=failure, retryable=retryable)


def test_a_text_that_was_read_is_final() -> None:
    """Nothing is read twice without need."""
    assert next_read_at(read_outcome(JOB), now=NOW, rng=random.Random(1)) is None
    assert describe(read_outcome(JOB)) == ("ok", "")


@pytest.mark.parametrize("attempt", range(len(RETRY_AFTER)))
def test_a_page_that_failed_is_tried_again_ever_later(attempt: int) -> None:
    """Each wait is longer than the one before, stretched by a fifth at most."""
    at = next_read_at(failed(attempt), now=NOW, rng=random.Random(1))
    assert at is not None
    assert RETRY_AFTER[attempt] <= at - NOW <= RETRY_AFTER[attempt] * 1.2


@pytest.mark.parametrize(
    ("archive", "gate_off", "number", "asked"),
    [("everything", False, 1, False), ("hits", False, 1, True), ("hits", True, 1, False), ("hits", True, 30, True)],
)
def test_when_the_gate_is_asked(archive: str, number: int, *, gate_off: bool, asked: bool) -> None:
    """With an archive of hits; where nearly all pages pass, of each tenth article only."""
    job = replace(JOB, article_id=ArticleId(number), gate_off=gate_off)
    assert asks_gate(job, archive) is asked


def test_it_is_not_tried_for_ever() -> None:
    """After the last wait, and where trying again is of no use, what there is is final."""
    assert next_read_at(failed(len(RETRY_AFTER)), now=NOW, rng=random.Random(1)) is None
    assert next_read_at(failed(retryable=False), now=NOW, rng=random.Random(1)) is None


def test_the_server_is_not_asked_before_it_wants_to_be() -> None:
    """Retry-After is kept to, also when it is longer than our own wait."""
    at = next_read_at(failed(retry_after=timedelta(hours=6)), now=NOW, rng=random.Random(1))
    assert at == NOW + timedelta(hours=6)


def test_what_went_wrong_is_said_with_what_was_read_instead() -> None:
    """For the log, and for `watcher trace`."""
    assert describe(failed()) == ("server_error", "the server answers 500; judged by its page as it was before")


def test_the_page_tells_other_addresses_of_an_article() -> None:
    """What it names and where the link led, each as a key; not the one it is known by."""
    outcome = replace(
        read_outcome(JOB), final_url="https://www.times.example/a?utm_source=x", canonical_url="https://times.example/b"
    )
    assert addresses(outcome) == ("https://times.example/b", "https://times.example/a")
    assert addresses(replace(outcome, final_url=JOB.url, canonical_url="")) == ()


def test_a_page_that_was_not_read_tells_nothing() -> None:
    """An error page may stand for many articles."""
    outcome = replace(failed(), final_url="https://times.example/error")
    assert addresses(outcome) == ()
    assert addresses(replace(read_outcome(JOB), final_url="https://times.example/a", skipped=True)) == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Rubio meets Umerov in Geneva", "Rubio meets Umerov in Geneva - Harbour Wire", True),
        ("RUBIO MEETS UMEROV", "Rubio meets Umerov in Geneva", True),
        ("Rubio meets Umerov in Geneva", "Harbour festival draws a crowd", False),
        ("Переговори у Женеві", "Переговори в Женеві тривають", True),
        ("", "Harbour festival", True),
    ],
)
def test_headlines_of_one_article_share_words(one: str, other: str, *, same: bool) -> None:
    """Aggregators add and cut; other articles have other words."""
    assert same_headline(one, other) is same
