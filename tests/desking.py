"""A desk over a real store, with the clock handed in."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tests.builders import FEED, NOW, OUTLET, entry, judgement, poll_decision, read_outcome
from watcher.alerting.planning import alert_code, content_of, dedupe_key, settle
from watcher.alerting.routing import Subject, route
from watcher.model import Delivered, DeliveryJob, Level, Route, SendOutcome, Settings, Target, TargetName
from watcher.pipeline.desk import Desk, planned
from watcher.pipeline.watch import Watch
from watcher.render.alert import Renderer
from watcher.store import AlertPlan, ReadRecord, Store

R = TypeVar("R")

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PHONE, DESK, MAIL = TargetName("phone"), TargetName("desk"), TargetName("mail")


def target(name: TargetName = PHONE, **options: Any) -> Target:
    return Target(name, "json://localhost", "text", "json", **options)


@cache
def renderer(zone: str) -> Renderer:
    return Renderer(zone)


def watch_of(targets: Sequence[Target], routes: Sequence[Route] = (), zone: str = "Europe/Kyiv") -> Watch:
    routes = tuple(routes) or (Route("all", tuple(each.name for each in targets), levels=("core", "mention")),)
    return Watch(
        settings=Settings(time_zone=zone),
        outlets={OUTLET.id: OUTLET},
        feeds={FEED.id: FEED},
        targets={each.name: each for each in targets},
        routes=tuple(routes),
        topics=1,
        entity_names={},
        renderer=renderer(zone),
    )


@dataclass
class Office:
    """A desk with its store; what is delivered is kept in ``sent``."""

    path: Path
    watch: Watch
    now: datetime = NOW
    sent: list[DeliveryJob] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self.open()
        self.store.sync_watch([OUTLET], [FEED], {}, self.now)

    def open(self) -> None:
        """Begin, or begin anew after an end of whatever kind."""
        self.close()
        self.store = Store(self.path)
        self.desk = Desk(self.store, self._db)
        self.store.recover_deliveries(self.now)

    def close(self) -> None:
        """End; the next start finds what is in the file."""
        if hasattr(self, "store"):
            self.store.close()

    async def _db(self, call: Callable[..., R], *args: object) -> R:
        return call(*args)

    async def adopt(self, watch: Watch | None = None) -> None:
        self.watch = watch or self.watch
        await self.desk.adopt(self.watch, self.now)

    def news(self, count: int = 1, *, level: Level = "core") -> None:
        """Articles are read that match; each of them is an alert."""
        for _ in range(count):
            self._count += 1
            self.store.record_polls([poll_decision(entry(str(self._count)))], self.now)
            (job,) = self.store.due_articles(self.now, 1)
            said = judgement(level)
            outcome = read_outcome(job, said)
            key = dedupe_key("new", job.key)
            content = content_of(outcome, OUTLET, alert_id=alert_code(key), entity_name=str)
            subject = Subject([topic.topic for topic in said.fired], level, "en", "wire")
            deliveries = planned(self.watch, content, subject, key, route(self.watch.routes, subject))
            plan = AlertPlan("new", level, key, f"Headline {self._count}", deliveries, self.now + 72 * HOUR)
            self.store.record_reads([ReadRecord(outcome, "ok", "", None, (), alerts=(plan,))], self.now)

    async def deliver(self, outcome: SendOutcome | None = None, *, at: TargetName = PHONE) -> list[DeliveryJob]:
        """Make what is due now, and return it; with an outcome, that is how it ends at one of the targets."""
        made: list[DeliveryJob] = []
        while True:
            quiet = self.watch.quiet(self.now)
            await self.desk.gather(self.watch, [name for name in self.watch.targets if name not in quiet], self.now)
            jobs = self.store.claim_deliveries(self.now, list(self.watch.targets), 1, quiet)
            if not jobs:
                self.sent += made
                return made
            for job in jobs:
                ends = outcome if outcome is not None and job.target == at else Delivered()
                settled = settle(job, ends, now=self.now, rng=random.Random(1), on_unknown="resend")
                self.store.settle_delivery(job, settled, self.now)
            made += jobs

    def states(self) -> dict[str, int]:
        """How many deliveries there are of each state."""
        return {str(row[0]): int(row[1]) for row in self.rows("SELECT state, count(*) FROM deliveries GROUP BY state")}

    def events(self, kind: str) -> list[str]:
        """Reasons of the events of a kind."""
        return [str(row[0]) for row in self.rows(f"SELECT reason FROM events WHERE kind = '{kind}' ORDER BY id")]

    def rows(self, sql: str) -> list[Any]:
        return [tuple(row) for row in self.store._db.conn.execute(sql)]

    def untold(self) -> list[str]:
        """Alerts on articles that no message has told, nor is any about to."""
        return [
            str(row[0])
            for row in self.rows(
                """SELECT headline FROM alerts WHERE kind = 'new' AND NOT EXISTS (
                    SELECT 1 FROM deliveries LEFT JOIN deliveries AS teller ON teller.id = deliveries.told_by
                    WHERE deliveries.alert_id = alerts.id AND 'sent' IN (deliveries.state, teller.state))"""
            )
        ]
