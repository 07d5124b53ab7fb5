"""Everything that can go wrong, as one tree.

Classes are told apart by what the caller can do about them. Expected failures of feeds, pages and targets are
*values* (see :mod:`watcher.model`), not exceptions.

::

    WatcherError
    ├── ConfigError            the configuration cannot be used: fix the files (exit 2)
    ├── UsageError             the command line asks for something that is not there (exit 2)
    ├── Interrupted            told to end before all was done (exit 128 + the number of the signal)
    ├── InstanceLocked         another daemon holds the state directory (exit 75)
    ├── StoreError             the database cannot be used now: try again
    │   ├── StoreBusy          somebody else holds the write lock
    │   ├── StoreFull          the disk is full, or the file cannot be written
    │   ├── StoreDamaged       the file is damaged: restore it (exit 78)
    │   └── StoreUnusable      the file is sound, but not one that we can work on (exit 78)
    ├── EngineError            the workers cannot be used
    └── BlockedAddress         a name leads to an address that may not be fetched
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class WatcherError(Exception):
    """The root of all errors that Watcher raises on purpose.

    Attributes:
        exit_code: what the command line exits with when nobody handles the error.
    """

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a configuration file.

    Attributes:
        file: path of the file, as the user gave it.
        line: line number, from 1; 0 when the problem is not tied to a line.
        field: path of the field, such as ``outlets.bbc.feeds[0].url``.
        message: what is wrong, in one sentence.
        remedy: what to do about it, in one sentence; empty when the message says it.
        severity: ``error`` keeps the configuration from being used, ``warning`` does not.
    """

    file: str
    line: int
    field: str
    message: str
    remedy: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        field = f" {self.field}:" if self.field else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{where}:{field} {self.message}{remedy}"


class ConfigError(WatcherError):
    """The configuration cannot be used.

    Attributes:
        problems: everything that is wrong, in the order of files and lines.
    """

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(WatcherError):
    """The command line asks for something that is not there."""

    exit_code = 2


class Interrupted(WatcherError):
    """A pass was told to end before all was done; 128 and the number of the signal is what shells say then."""

    def __init__(self, number: int, message: str) -> None:
        self.exit_code = 128 + number
        super().__init__(message)


class InstanceLocked(WatcherError):
    """Another daemon holds the state directory (``EX_TEMPFAIL``)."""

    exit_code = 75


class StoreError(WatcherError):
    """The database cannot be used now."""


class StoreBusy(StoreError):
    """Somebody else holds the write lock for longer than the busy time-out."""


class StoreFull(StoreError):
    """The disk is full, or the file cannot be written."""


class StoreDamaged(StoreError):
    """The database file is damaged (``EX_CONFIG``): it is left as it is, for the user to restore."""

    exit_code = 78


class StoreUnusable(StoreError):
    """The file is sound, but not ours, of a newer Watcher, or not to be written (``EX_CONFIG``)."""

    exit_code = 78


class EngineError(WatcherError):
    """The workers cannot be used."""


class BlockedAddress(WatcherError, OSError):
    """A host name leads to an address that may not be fetched.

    It is an ``OSError`` so that aiohttp treats it as a failed connection and keeps it as the cause.
    """
