"""The watchman: looks after the watch itself, tells when something ails it, and sends a canary through it every hour.

What is told goes through the outbox like everything else. Which troubles have been told is in the database, in the same
transaction as the alert on them: so each is told once, whatever happens in between.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from watcher.alerting import planning, routing
from watcher.alerting.troubles import Condition, Notice, Trouble, notices, troubles
from watcher.model import CANARY_TARGET, AlertContent, Target
from watcher.pipeline.desk import InStore
from watcher.pipeline.watch import Watch
from watcher.store import AlertPlan, PlannedDelivery, Store

log = structlog.get_logger("watcher")

ARRIVALS_EVERY = timedelta(hours=1)
CANARY_EVERY = timedelta(hours=1)


def null_target() -> Target:
    """Where the canary goes: nobody is there, and it takes everything."""
    return Target(CANARY_TARGET, "null://", "text", "null", collapse_after=0)


class Watchman:
    """Looks after the watch.

    Args:
        store: is called by ``db`` only.
        db: calls the store on its own thread.
    """

    def __init__(self, store: Store, db: InStore) -> None:
        self._store = store
        self._db = db
        self._offline_since: datetime | None = None
        self._looked_closely: datetime | None = None
        self._planted: datetime | None = None

    async def look(self, watch: Watch, now: datetime, *, offline: bool) -> int:
        """See how everything is, and tell what has begun to ail or is over; say how many deliveries are due.

        Args:
            offline: the latest polls together say that our own network is down.
        """
        self._offline_since = (self._offline_since or now) if offline else None
        await self._mind_canary(watch, now)
        # What a feed brought in weeks is read now and then; in between a silent feed stays what it was.
        closely = _is_time(self._looked_closely, ARRIVALS_EVERY, now)
        feeds, targets, canary, known = await self._db(self._store.condition, closely and watch.health.silent)
        targets = tuple(target for target in targets if target.name in watch.targets)
        condition = Condition(feeds, targets, self._offline_since, canary if watch.canary else None)
        found = troubles(condition, watch.health, known, now)
        if closely:
            self._looked_closely = now
        else:
            found = (*found, *(each for each in known.values() if each.kind == "silent" and each not in found))
        gone = tuple(each for each in known.values() if not _is_ours(watch, each))
        told, begun, over = notices({each.key: each for each in known.values() if each not in gone}, found, now)
        over += gone  # nothing is told of what is no longer in the configuration
        if not begun and not over:
            return 0
        for notice in told:
            log.warning("the watch itself", what=notice.headline, detail=notice.detail)
        alerts = [self._alert(watch, notice, now) for notice in told]
        return await self._db(self._store.record_troubles, begun, over, alerts, now)

    @staticmethod
    def _alert(watch: Watch, notice: Notice, now: datetime) -> AlertPlan:
        key = planning.dedupe_key("health", notice.headline, now.isoformat())
        content = AlertContent(
            id=planning.alert_code(key), kind="health", level="core", headline=notice.headline, url="", outlet="",
            language="", published_at=None, seen_at=now, evidence=notice.detail, marks=(), reasons=(),
        )  # fmt: skip
        targets = [watch.targets[name] for name in routing.health_targets(watch.routes, without=notice.about)]
        deliveries = tuple(
            PlannedDelivery(
                target.name, planning.idem_key(key, target.name), watch.renderer.render(content, target.format)
            )
            for target in targets
        )
        return AlertPlan("health", "core", key, notice.headline, deliveries, now + watch.settings.expire_after)

    # --- the canary ----------------------------------------------------------------------------------------------

    async def _mind_canary(self, watch: Watch, now: datetime) -> None:
        """Take in the canary that has come through, and send off the next one when it is time."""
        took = await self._db(self._store.collect_canary, now)
        if took is not None:
            log.debug("the canary has come through", seconds=took.total_seconds())
        if watch.canary and _is_time(self._planted, CANARY_EVERY, now):
            self._planted = now
            await self._db(self._store.plant_canary, watch.canary, now)


def _is_ours(watch: Watch, trouble: Trouble) -> bool:
    match trouble.kind:
        case "failing" | "silent":
            return trouble.subject in watch.feeds
        case "target":
            return trouble.subject in watch.targets
        case _:
            return True


def _is_time(last: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether it is time again; also when the clock has been set back to before the last time."""
    return last is None or not timedelta(0) <= now - last < every


def canary_deliveries(watch: Watch, content: AlertContent, key: str) -> tuple[PlannedDelivery, ...]:
    """The one delivery of a canary, which nobody gets."""
    if CANARY_TARGET not in watch.targets:
        return ()
    message = watch.renderer.render(content, "text")
    return (PlannedDelivery(CANARY_TARGET, planning.idem_key(key, CANARY_TARGET), message),)
