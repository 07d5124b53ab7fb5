"""The one SQLite file: hit log, feed states, outbox and ledger.

:class:`~watcher.store.store.Store` writes, from one thread; :class:`~watcher.store.queries.Log` reads, from anywhere.
Callers never see SQL, and only errors of :mod:`watcher.errors` leave this package. Its parts are loaded when they are
asked for: who asks how the watch is doing does not wait for what writes it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watcher.store.health import Health
    from watcher.store.outbox import Outbox
    from watcher.store.queries import Log
    from watcher.store.records import AlertPlan, PlannedDelivery, PollStored, ReadRecord
    from watcher.store.store import Store

__all__ = ["AlertPlan", "Health", "Log", "Outbox", "PlannedDelivery", "PollStored", "ReadRecord", "Store"]

_MODULES = {"Health": "health", "Log": "queries", "Outbox": "outbox", "Store": "store"}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'records')}"), name)
        globals()[name] = found
        return found
