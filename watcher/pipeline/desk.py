"""The desk: tells alerts together. It plans who gets an alert, and makes digests of what has waited.

It asks the store what waits, lets the core decide what is told together, and writes down the one delivery that tells
it: in one transaction, under a key that is always the same for the same digest. So what is killed in between is done
again, and nothing is told twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import structlog

from watcher.alerting import digest, planning, routing
from watcher.alerting.digest import Background, Bundle, Digest, Waiting
from watcher.alerting.routing import Routed, Subject
from watcher.chart import Bars, ChartError, draw
from watcher.cron import last_slot
from watcher.model import AlertContent, Level, Route, Target, TargetName
from watcher.pipeline.watch import Watch
from watcher.render.papers import COLOURS
from watcher.store import AlertPlan, PlannedDelivery, Store

log = structlog.get_logger("watcher")

R = TypeVar("R")

REASONS: dict[digest.Why, str] = {
    "slot": "in a digest",
    "quiet": "told together after the quiet hours",
    "storm": "told together: too many waited",
    "story": "told together: too many waited, and these are of one story",
}


class InStore(Protocol):
    """Calls the store on its own thread."""

    def __call__(self, call: Callable[..., R], *args: object) -> Awaitable[R]:
        """Call it, and wait for what it gives."""


def planned(
    watch: Watch, content: AlertContent, subject: Subject, key: str, routed: Sequence[Routed]
) -> tuple[PlannedDelivery, ...]:
    """The deliveries of an alert: who gets it by itself, and in whose digest it is told."""
    formats = {watch.targets[each.target].format for each in routed}
    messages = {fmt: watch.renderer.render(content, fmt) for fmt in formats}
    return tuple(
        PlannedDelivery(
            target=each.target,
            idem_key=planning.idem_key(f"{key}/{each.digest}" if each.digest else key, each.target),
            message=messages[watch.targets[each.target].format],
            urgent=routing.is_urgent(watch.targets[each.target].quiet, subject.level, subject.topics),
            digest=each.digest,
        )
        for each in routed
    )


class Desk:
    """Makes digests.

    Args:
        store: is called by ``db`` only.
        db: calls the store on its own thread.
    """

    def __init__(self, store: Store, db: InStore) -> None:
        self._store = store
        self._db = db

    async def adopt(self, watch: Watch, now: datetime) -> None:
        """Know the digests of a configuration: new ones begin now, what waits for those that are gone is told."""
        wanted = [(route.name, target) for route in watch.routes if route.digest for target in route.targets]
        await self._db(self._store.keep_digests, wanted, now)

    # --- what has waited -----------------------------------------------------------------------------------------

    async def gather(self, watch: Watch, free: Collection[TargetName], now: datetime) -> None:
        """Make digests of what was held through quiet hours that are over, and of backlogs.

        Args:
            free: the targets that can take a delivery now and have no quiet hours.
        """
        await self._divert(watch, now)
        limits = {name: watch.targets[name].collapse_after for name in free}
        waiting = await self._db(self._store.gathered, now, limits)
        for name, (after_quiet, backlog) in waiting.items():
            for bundle in digest.after_quiet(after_quiet):
                await self._tell(watch, name, bundle, now)
            for bundle in digest.collapse(backlog, limits[name]):
                await self._tell(watch, name, bundle, now)

    async def _divert(self, watch: Watch, now: datetime) -> None:
        expires = now + watch.settings.expire_after
        for target in watch.targets.values():
            stand_in = watch.targets.get(target.fallback) if target.fallback else None
            if stand_in is None:
                continue
            if count := await self._db(self._store.divert, target.name, stand_in, now, expires):
                log.warning("told to another target", target=target.name, instead=stand_in.name, alerts=count)

    async def _tell(self, watch: Watch, name: TargetName, bundle: Bundle, now: datetime) -> None:
        ids = [item.delivery for item in bundle.items]
        if len(ids) == 1:
            await self._db(self._store.release_held, ids, now)
            return
        key = planning.dedupe_key("digest", name, ",".join(map(str, ids)))
        title = digest.title_of(bundle.why, bundle.items)
        since = min(item.at for item in bundle.items)
        made = Digest(planning.alert_code(key), bundle.why, title, since, now, bundle.items)
        plan = self._plan(watch, watch.targets[name], key, made, b"", now)
        await self._db(self._store.collapse, plan, ids, REASONS[bundle.why], now)
        log.info("told together", target=name, alerts=len(ids), why=REASONS[bundle.why])

    @staticmethod
    def _plan(watch: Watch, target: Target, key: str, made: Digest, image: bytes, now: datetime) -> AlertPlan:
        message = watch.papers.render(made, target.format, image=image)
        delivery = PlannedDelivery(target.name, planning.idem_key(key, target.name), message)
        return AlertPlan("digest", _level(made.items), key, made.title, (delivery,), now + watch.settings.expire_after)

    # --- digests of routes ---------------------------------------------------------------------------------------

    async def publish(self, watch: Watch, now: datetime) -> int:
        """Make the digests whose time has come; say how many."""
        slots = await self._db(self._store.digest_slots)
        made = 0
        for route in watch.routes:
            for target in route.targets if route.digest else ():
                since = slots.get((route.name, target))
                if since is not None and since > now:  # the clock ran ahead, and has been set back
                    await self._db(self._store.begin_digest, route.name, target, now)
                    since = now
                slot = last_slot(route.digest, since, now) if route.digest and since else None
                if since is not None and slot is not None:
                    await self._publish(watch, route, target, (since, slot), now)
                    made += 1
        return made

    async def _publish(
        self, watch: Watch, route: Route, name: TargetName, span: tuple[datetime, datetime], now: datetime
    ) -> None:
        since, slot = span
        items = await self._db(self._store.held_for_digest, route.name, name, slot)
        background = await self._db(self._store.background, route.topics, since, slot, watch.renderer.zone)
        target = watch.targets[name]
        key = planning.dedupe_key("digest", name, f"{route.name}/{slot.isoformat()}")
        title = digest.title_of("slot", items, route.name)
        made = Digest(planning.alert_code(key), "slot", title, since, slot, tuple(items), background)
        image = await chart_of(background) if target.channel == "email" else b""
        plan = self._plan(watch, target, key, made, image, now)
        ids = [item.delivery for item in items]
        await self._db(self._store.publish_digest, plan, ids, route.name, slot, now)
        log.info("digest", route=route.name, target=name, alerts=len(ids))


async def chart_of(background: Background) -> bytes:
    """The chart of a digest as a PNG; empty when there is nothing to draw, or nothing to draw it with."""
    if background.first_day is None or not background.series:
        return b""
    counts = tuple(series.counts for series in background.series)
    try:
        return await draw(Bars(background.first_day, counts, COLOURS))
    except (ChartError, OSError) as error:
        log.warning("the digest goes without its chart", why=str(error))
        return b""


def _level(items: Sequence[Waiting]) -> Level:
    return "core" if not items or any(item.level == "core" for item in items) else "mention"
