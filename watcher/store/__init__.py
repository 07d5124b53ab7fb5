"""The one SQLite file: hit log, feed states, outbox and ledger.

:class:`~watcher.store.store.Store` writes, from one thread; :class:`~watcher.store.queries.Log` reads, from anywhere.
Callers never see SQL, and only errors of :mod:`watcher.errors` leave this package.
"""

from watcher.store.outbox import Outbox
from watcher.store.queries import Log
from watcher.store.records import AlertPlan, PlannedDelivery, PollStored, ReadRecord
from watcher.store.store import Store

__all__ = ["AlertPlan", "Log", "Outbox", "PlannedDelivery", "PollStored", "ReadRecord", "Store"]
