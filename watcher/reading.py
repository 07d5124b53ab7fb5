"""What the outcome of a read means: is the text final, and when is it worth trying again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from watcher.model import FailureKind, Judgement, ReadJob, ReadOutcome, TopicScore
from watcher.text import canon, canonical_url, tokenize

# A page that fails is tried again while the news is warm; each wait is stretched by up to a fifth, so that the
# articles of an outage do not all come back at once.
RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8))
ASKED_ALL_THE_SAME = 10
"""Of so many articles one is asked at the gate also where nearly all pages pass."""


def next_read_at(outcome: ReadOutcome, *, now: datetime, rng: random.Random) -> datetime | None:
    """Say when an article should be read again for a better text; None when what we have is final.

    A server's own Retry-After is always kept to.
    """
    attempts = outcome.job.attempts
    if outcome.failure is None or not outcome.retryable or attempts >= len(RETRY_AFTER):
        return None
    wait = RETRY_AFTER[attempts] * (1 + rng.random() / 5)
    if outcome.failure.retry_after is not None:
        wait = max(wait, outcome.failure.retry_after)
    return now + wait


def asks_gate(job: ReadJob, archive: str) -> bool:
    """Whether a page is first asked if it can make any topic fire, and let go if it cannot.

    Only where no texts are kept but those of hits. Where nearly all pages of the feeds pass, only each tenth is asked,
    which tells when that changes.
    """
    return archive == "hits" and (not job.gate_off or job.article_id % ASKED_ALL_THE_SAME == 0)


def describe(outcome: ReadOutcome) -> tuple[str, str]:
    """Name the result of a read in one word for the log, and in a sentence for people."""
    if outcome.skipped:
        return "skipped", "the page was not extracted: nothing on it can satisfy any topic"
    if outcome.failure is None:
        return "ok", ""
    kind, detail = outcome.failure.kind, outcome.failure.detail
    if kind is FailureKind.ROBOTS:
        detail = detail or "robots.txt asks programs not to fetch this page"
    source = "page as it was before" if outcome.text.source == "page" else outcome.text.source
    return str(kind), f"{detail}; judged by its {source}"


def addresses(outcome: ReadOutcome) -> tuple[str, ...]:
    """The keys of an article beside its own, as its page tells them: what it names, and where the link led."""
    if outcome.failure is not None or outcome.skipped:
        return ()
    keys = dict.fromkeys(canonical_url(url) for url in (outcome.canonical_url, outcome.final_url))
    return tuple(key for key in keys if key and key != outcome.job.key)


def same_headline(one: str, other: str) -> bool:
    """Whether two headlines may be of one article: half of the words of the shorter one are in the other too.

    Links of many articles may lead to one page that is none of them, such as a request for consent.
    """
    words, others = set(tokenize(canon(one)).words), set(tokenize(canon(other)).words)
    return 2 * len(words & others) >= min(len(words), len(others))


def near_miss(judgement: Judgement) -> TopicScore | None:
    """The topic that an article came nearest to, when it came near to any; None when one fired.

    Near is a gate that was open, without points enough; or points enough, with one condition of the gate not met.
    """
    if judgement.level is not None:
        return None
    near = [topic for topic in judgement.topics if _is_near(topic)]
    return max(near, key=lambda topic: (topic.gate, topic.score / topic.digest_at), default=None)


def _is_near(topic: TopicScore) -> bool:
    return topic.score > 0 if topic.gate else topic.lacking == 1 and topic.score >= topic.digest_at
