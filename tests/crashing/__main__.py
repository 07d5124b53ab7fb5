"""``watcher run``, ended by ``kill -9`` at a named point: ``CRASH_AT=send:after:2 python -m tests.crashing run``.

The points are the four transactions of the store, before and after their commit, and the moment between a message's
being sent and that being written down.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

from tests.crashing import TRANSACTIONS
from watcher.cli.app import main as watcher
from watcher.notify.notifier import Notifier
from watcher.store.store import Store


class Crash:
    """Ends the process at the nth passing of a point."""

    def __init__(self, point: str, count: int) -> None:
        self._name, _, self._when = point.partition(":")
        self._left = count
        self._inside = ""

    def install(self) -> None:
        """Watch the store and the notifier of this process."""
        for name in TRANSACTIONS:
            setattr(Store, name, self._watched(name, getattr(Store, name)))
        setattr(Notifier, "send", self._watched("send", Notifier.send))  # noqa: B010
        opened = Store.__init__

        @wraps(opened)
        def traced(store: Store, *arguments: Any) -> None:
            opened(store, *arguments)
            store._db.conn.set_trace_callback(self._traced)

        setattr(Store, "__init__", traced)  # noqa: B010 - a type checker knows better than to allow it

    def _watched(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def watched(*arguments: Any, **named: Any) -> Any:
            self._inside = name if name != "send" else self._inside
            done = method(*arguments, **named)
            if done or name in {"settle_delivery", "send"}:  # a claim of nothing is no claim
                self._pass(name, "after")
            return done

        return watched

    def _traced(self, sql: str) -> None:
        # SQLite tells of a statement before it is executed.
        if sql == "COMMIT":
            self._pass(self._inside, "before")
            self._inside = ""

    def _pass(self, name: str, when: str) -> None:
        if (name, when) != (self._name, self._when):
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run the command line with the crash of the environment."""
    point, _, count = os.environ["CRASH_AT"].rpartition(":")
    Crash(point, int(count)).install()
    watcher()


if __name__ == "__main__":
    main()
