"""The command line within the process of the test: what it writes, and how it exits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from watcher.cli.app import app
from watcher.errors import WatcherError


@dataclass(frozen=True)
class Done:
    """How a command ended; ``stderr`` holds the message of an error of ours, as ``watcher`` writes it."""

    code: int
    stdout: str
    stderr: str


def command(*arguments: str | Path) -> Done:
    """Run a command. Only for those that leave signals and logging of the process alone."""
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    if isinstance(result.exception, WatcherError):
        return Done(result.exception.exit_code, result.stdout, str(result.exception))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)
