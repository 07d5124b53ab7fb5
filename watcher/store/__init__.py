"""The one SQLite file: hit log, feed states, outbox and ledger.

:class:`~watcher.store.store.Store` writes, from one thread; :class:`~watcher.store.queries.Log` reads, from anywhere.
Callers never see SQL, and only errors of :mod:`watcher.errors` leave this package. Its parts are loaded when they are
asked for: who asks how the watch is doing does not wait for what writes it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watcher.store.backups import Backup, is_due, list_backups, make_backup, newest_sound, restore
    from watcher.store.doctor import Finding, examine, wal_reset_advice
    from watcher.store.health import Health
    from watcher.store.outbox import Outbox
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
    "pruning": ("Pruned", "Pruner", "Step"),
    "queries": ("Log",),
    "store": ("Store",),
}
_MODULES = {name: module for module, names in _PARTS.items() for name in names}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'records')}"), name)
        globals()[name] = found
        return found
