"""The points at which ``python -m tests.crashing run`` may end the daemon."""

from __future__ import annotations

TRANSACTIONS = ("record_polls", "record_reads", "claim_deliveries", "settle_delivery")
POINTS = (*(f"{name}:{when}" for name in TRANSACTIONS for when in ("before", "after")), "send:after")
