"""How the database file is opened, and how SQLite's errors become ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from watcher.errors import StoreBusy, StoreDamaged, StoreError, StoreFull

if TYPE_CHECKING:
    from watcher.store.backups import Backup
    from watcher.store.sqlite import sqlite_utils

# So that several writes that wait for a lock one after the other still end within the 20 s of a service manager.
BUSY_TIMEOUT_MS = 5_000
# A file beside the database which says that there is one.
MARKER = "initialised"
_WRITER_PRAGMAS = (
    "synchronous=FULL",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "wal_autocheckpoint=1000",
)

_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
_FULL = {"SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_NOMEM"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"}


def iso(moment: datetime | None) -> str | None:
    """Write a moment the way every column does: UTC, milliseconds, ``Z``; such texts sort by time."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(text: str | None) -> datetime | None:
    """Read a column written by :func:`iso`."""
    return None if text is None else datetime.fromisoformat(text)


def host_of(url: str) -> str:
    """The host of an article's address, as the column holds it; empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def damage_advice(path: Path) -> str:
    """Say what a person can do about a damaged database, with the newest copy of it that is sound."""
    from watcher.store.backups import newest_sound  # noqa: PLC0415 - seldom needed, and this module is to load fast

    backup = newest_sound(path)
    return (
        f"The database {path} is damaged. It has been left as it is. {restore_advice(path, backup)} Or try "
        f"'sqlite3 {path} .recover | sqlite3 recovered.db' on a copy of it."
    )


def restore_advice(path: Path, backup: Backup | None) -> str:
    """How to go on with a backup, or without one."""
    if backup is None:
        return (
            f"There is no sound backup in {path.parent / 'backups'}. If you have one elsewhere: "
            f"watcher db restore FILE --state {path.parent}. To begin anew without the past: move {path.name}, "
            f"{path.name}-wal, {path.name}-shm and {MARKER} aside."
        )
    return (
        f"The newest sound backup is {backup.path}, made at {backup.made_at:%Y-%m-%d %H:%M} UTC. To go on with it: "
        f"watcher db restore {backup.path} --state {path.parent} (it moves the damaged files aside)."
    )


@contextmanager
def our_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into errors that say what the caller can do.

    Raises:
        StoreDamaged: the file is not, or no longer, a sound database.
        StoreFull: the disk is full or the file cannot be written.
        StoreBusy: another process holds the write lock.
        StoreError: anything else; what was to be written is at fault, not the file.
    """
    try:
        yield
    except sqlite3.Error as error:
        name = str(getattr(error, "sqlite_errorname", "")) or type(error).__name__
        primary = "_".join(name.split("_")[:2])
        if primary in _DAMAGED:
            raise StoreDamaged(damage_advice(path)) from error
        if primary in _FULL:
            raise StoreFull(f"{path} cannot be used: {error}") from error
        if primary in _BUSY:
            raise StoreBusy(f"{path} is locked by another process: {error}") from error
        raise StoreError(f"{path}: {error}") from error


@contextmanager
def transaction(db: sqlite_utils.Database) -> Iterator[sqlite3.Connection]:
    """One write transaction.

    ``BEGIN IMMEDIATE``, because a deferred one that reads first fails at its first write when anybody has committed
    meanwhile, and no busy time-out helps.
    """
    conn = db.conn
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield conn
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")


def open_writer(path: Path) -> sqlite_utils.Database:
    """Open the file for writing, in WAL mode, with one fsync per commit."""
    from watcher.store.sqlite import sqlite_utils  # noqa: PLC0415 - readers do without it

    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000)
    conn.row_factory = sqlite3.Row
    try:
        mode = conn.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        for pragma in _WRITER_PRAGMAS:
            conn.execute(f"PRAGMA {pragma}")
    except BaseException:
        conn.close()
        raise
    if mode != "wal":
        conn.close()
        raise StoreError(f"{path}: SQLite keeps journal mode {mode}; the file system must support shared memory")
    return sqlite_utils.Database(conn, execute_plugins=False)


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file for reading only; it works beside a writing daemon."""
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA query_only=ON")
    return conn


def check_sound(path: Path, db: sqlite_utils.Database) -> None:
    """Look for damage, as ``PRAGMA quick_check`` does.

    Raises:
        StoreDamaged: with advice for a person.
    """
    result = db.conn.execute("PRAGMA quick_check(1)").fetchone()[0]
    if result != "ok":
        raise StoreDamaged(f"{damage_advice(path)} SQLite says: {result}")
