"""What is done once in a while so that a watch can be left alone: retention, and copies of the database.

Each step is short, so that it never keeps the stages waiting; copies are made beside them, in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from watcher.errors import StoreError
from watcher.model import Event, Settings
from watcher.store import Pruned, Step, Store, is_due, make_backup

log = structlog.get_logger("watcher")

KEEP_EVENTS = timedelta(days=90)
KEEP_NEAR_MISSES = timedelta(days=14)

# Calls the store on its own thread.
Db = Callable[..., Awaitable[Any]]


async def keep_house(db: Db, store: Store, settings: Settings, now: datetime) -> Pruned:
    """Let go of what is old, in small steps, and let SQLite refresh its statistics."""
    while await db(store.prune_events, now - KEEP_EVENTS):
        pass
    keep_text = settings.archive == "everything"
    while await db(partial(store.prune_near_misses, now - KEEP_NEAR_MISSES, keep_text=keep_text)):
        pass
    pruned = await prune(db, store, settings, now)
    await db(store.optimize)
    log.info("housekeeping done", articles=pruned.articles, hits=pruned.hits, messages=pruned.messages)
    return pruned


async def prune(db: Db, store: Store, settings: Settings, now: datetime) -> Pruned:
    """Apply the retention of the settings."""
    hits_before, articles_before = now - settings.keep_hits, now - settings.keep_articles
    step: Step = await db(store.prune, hits_before, articles_before)
    pruned = step.done
    while step.after is not None:
        step = await db(store.prune, hits_before, articles_before, step.after)
        pruned += step.done
    return pruned


async def back_up(db: Db, store: Store, settings: Settings, now: datetime) -> None:
    """Make the copy of the day, if it is due; what goes wrong is told, and stops nothing."""
    if not settings.backups or not is_due(store.path, now):
        return
    try:
        backup = await asyncio.to_thread(make_backup, store.path, now, settings.backups)
    except StoreError as error:
        log.warning("no backup could be made", why=str(error))
        await db(store.add_events, [Event("backup_failed", str(error))], now)
        return
    log.info("backup made", path=str(backup.path), megabytes=round(backup.size / 1e6, 1))
    await db(store.beat, "backup", now, str(backup.path))
