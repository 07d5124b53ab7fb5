"""The one SQLite file: hit log, feed states, outbox and ledger.

:class:`~watcher.store.store.Store` writes, from one thread; :class:`~watcher.store.queries.Log` reads, from anywhere.
Callers never see SQL, and only errors of :mod:`watcher.errors` leave this package. Its parts are loaded when they are
asked for: who asks how the watch is doing does not wait for what writes it.
"""

from typing import TYPE_CHECKING

from watcher.lazily import parts_of

if TYPE_CHECKING:
    from watcher.store.backups import Backup, is_due, list_backups, make_backup, newest_sound, restore
    from watcher.store.doctor import Finding, examine, wal_reset_advice
    from watcher.store.health import Health
    from watcher.store.outbox import Outbox
    from watcher.store.places import database_in
    from watcher.store.pruning import Pruned, Pruner, Step
    from watcher.store.queries import Log
    from watcher.store.records import AlertPlan, Before, Filed, Past, PlannedDelivery, PollStored, ReadRecord, Recall
    from watcher.store.store import Store

__all__ = [
    "AlertPlan",
    "Backup",
    "Before",
    "Filed",
    "Finding",
    "Health",
    "Log",
    "Outbox",
    "Past",
    "PlannedDelivery",
    "PollStored",
    "Pruned",
    "Pruner",
    "ReadRecord",
    "Recall",
    "Step",
    "Store",
    "database_in",
    "examine",
    "is_due",
    "list_backups",
    "make_backup",
    "newest_sound",
    "restore",
    "wal_reset_advice",
]

_PARTS = {
    "backups": ("Backup", "is_due", "list_backups", "make_backup", "newest_sound", "restore"),
    "doctor": ("Finding", "examine", "wal_reset_advice"),
    "health": ("Health",),
    "outbox": ("Outbox",),
    "places": ("database_in",),
    "pruning": ("Pruned", "Pruner", "Step"),
    "queries": ("Log",),
    "records": ("AlertPlan", "Before", "Filed", "Past", "PlannedDelivery", "PollStored", "ReadRecord", "Recall"),
    "store": ("Store",),
}

if not TYPE_CHECKING:
    __getattr__ = parts_of(__name__, _PARTS)
