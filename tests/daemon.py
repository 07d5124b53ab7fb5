"""A real daemon process on a configuration of the test's own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

PATIENCE = 60.0


class DaemonProcess:
    """``watcher run`` in a process of its own, on ``home/config`` and ``home/state``; a context manager.

    Args:
        home: of configuration and state; what the daemon logs is in ``home/daemon.log``.
        env: variables besides those of the test.

    Attributes:
        module: what is run, with the arguments of ``watcher``.
    """

    def __init__(self, home: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.module = "watcher"
        self.home = home
        self.log_path = home / "daemon.log"
        self._arguments = arguments
        self._env = {**os.environ, **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> Path:
        return self.home / "state" / "watcher.db"

    @property
    def log(self) -> str:
        return self.log_path.read_text("utf-8") if self.log_path.exists() else ""

    def start(self) -> Self:
        command = [sys.executable, "-m", self.module, "run", "--config", str(self.home / "config")]
        command += ["--state", str(self.home / "state"), *self._arguments]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._env)
        return self

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(10)

    def stop(self) -> int:
        """End it as a service manager would; return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(20)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Look into the database beside the running daemon."""
        conn = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()

    def wait_log(self, text: str, count: int = 1) -> None:
        """Wait until the log holds a text so many times."""
        end = time.monotonic() + PATIENCE
        while self.log.count(text) < count:
            assert time.monotonic() < end, f"{text!r} was not logged; the log:\n{self.log[-5000:]}"
            assert self.process is not None
            assert self.process.poll() is None, f"the daemon has ended:\n{self.log[-5000:]}"
            time.sleep(0.05)  # a file tells nobody that it has grown

    def wait_rows(self, sql: str, wanted: Callable[[Sequence[tuple[object, ...]]], bool]) -> list[tuple[object, ...]]:
        """Wait until a query of the database gives what is wanted; fail with the log when it does not in time."""
        assert self.process is not None
        end = time.monotonic() + PATIENCE
        found: list[tuple[object, ...]] = []
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon has ended with {self.process.returncode}:\n{self.log[-5000:]}")
            if self.database.exists():
                try:
                    found = self.rows(sql)
                except sqlite3.OperationalError:
                    found = []  # the schema is not there yet
                if wanted(found):
                    return found
            time.sleep(0.05)  # SQLite tells nobody across processes that something was written
        raise AssertionError(f"{sql}\ngave {found} after {PATIENCE} s; the log:\n{self.log[-5000:]}")
