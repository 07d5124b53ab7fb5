"""A real Dask scheduler and real workers, each in a process of its own, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

PATIENCE = 60.0


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """``dask scheduler`` and ``dask worker``; a context manager.

    Args:
        home: where the processes write what they say.
        workers: how many there are at first.
    """

    def __init__(self, home: Path, workers: int = 1) -> None:
        self._home = home
        self._count = workers
        self.port = free_port()
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """As ``watcher run --engine`` takes it."""
        return f"dask://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """As Dask takes it."""
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What all processes said."""
        return "".join(path.read_text("utf-8", "replace") for path in sorted(self._home.glob("dask-*.log")))

    def start_scheduler(self) -> None:
        """Starts it, on the same port every time."""
        command = ["scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        self.scheduler = self._start("dask-scheduler.log", command)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self.scheduler.poll() is None, self.log
                time.sleep(0.05)  # a port tells nobody that it is open
            else:
                return
        raise AssertionError(self.log)

    def add_worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Starts a worker of one thread."""
        command = ["worker", self.address, "--nthreads", "1", "--no-dashboard", *options]
        command += ["--local-directory", str(self._home), "--death-timeout", "60"]
        worker = self._start(f"dask-worker-{len(self.workers)}.log", command)
        self.workers.append(worker)
        return worker

    def _start(self, log: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._home / log).open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *command], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONWARNINGS": "default"}, start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> Self:
        self.start_scheduler()
        for _ in range(self._count):
            self.add_worker()
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self.scheduler):
            if process is not None:
                kill_family(process)


def kill_family(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started, as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.wait(10)
