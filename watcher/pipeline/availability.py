"""What the log says of feeds that cannot be had: each change once, and nothing of feeds when it is our own network.

Whoever reads the log wants to see what has changed. That a feed still fails is in the database, for `watcher feeds`.
"""

from __future__ import annotations

import structlog

from watcher.model import FeedId, PollDecision
from watcher.polling import NO_ANSWER

log = structlog.get_logger("watcher")

WELL = frozenset({"ok", "not_modified"})


class Availability:
    """Tells the log of every change once.

    A feed that gave no answer at all is told of only when the next poll of any feed shows that the network is there:
    when the network fails, that is one line and not one for each feed.
    """

    def __init__(self) -> None:
        self._ailing: dict[FeedId, str] = {}
        self._unsaid: dict[FeedId, PollDecision] = {}
        self._offline = False

    def note(self, decision: PollDecision, *, offline: bool) -> None:
        """Take in one more poll.

        Args:
            decision: what came of it.
            offline: whether the latest polls together say that our own network is down.
        """
        feed = decision.state.feed_id
        self._network(offline=offline)
        if decision.status in WELL:
            self._recovered(feed)
        elif decision.status not in NO_ANSWER:
            self._failed(decision)
        elif offline:
            log.debug("feed not available", feed=feed, why=decision.detail, status=decision.status)
        elif feed in self._ailing or feed in self._unsaid:
            self._unsaid.pop(feed, None)
            self._failed(decision)
        else:
            self._unsaid[feed] = decision
        if decision.status not in NO_ANSWER:
            self._say_all()

    def _network(self, *, offline: bool) -> None:
        if offline and not self._offline:
            self._unsaid.clear()
            log.warning("the network seems to be down: hardly any host answers; feeds are asked again until one does")
        elif self._offline and not offline:
            log.warning("the network is back")
        self._offline = offline

    def _recovered(self, feed: FeedId) -> None:
        self._unsaid.pop(feed, None)
        if feed in self._ailing:
            log.info("feed available again", feed=feed, was=self._ailing.pop(feed))

    def _say_all(self) -> None:
        for decision in self._unsaid.values():
            self._failed(decision)
        self._unsaid.clear()

    def _failed(self, decision: PollDecision) -> None:
        feed = decision.state.feed_id
        say = log.debug if self._ailing.get(feed) == decision.status else log.warning
        say(
            "feed not available", feed=feed, why=decision.detail, status=decision.status,
            failures=decision.state.failures, next=decision.why_next,
        )  # fmt: skip
        self._ailing[feed] = decision.status
