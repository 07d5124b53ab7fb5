"""Whether a file can be worked on: looked at before anything is written to it.

Nothing that is damaged, foreign or missing is made anew in silence.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from watcher.errors import StoreUnusable
from watcher.store.connection import iso
from watcher.store.migrations import known_steps
from watcher.store.presence import marker_of

# A sign of life is written every 30 s. What is missing from the file, although it was written before, was lost.
LOST_AFTER = timedelta(minutes=2)


def refuse_foreign(path: Path, conn: sqlite3.Connection) -> None:
    """Before anything is written: the file is ours, and not from a later version.

    Args:
        conn: the file, opened for reading only: opening it as the writer does would change it already.

    Raises:
        StoreUnusable: it is not.
    """
    tables = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    steps = _steps(conn) if "_sqlite_migrations" in tables else []
    if tables and not steps:
        raise StoreUnusable(
            f"{path} is a database of something else, with the tables {', '.join(sorted(tables)[:5])}. It has been "
            f"left as it is. Name another directory with --state."
        )
    newer = [step for step in steps if step not in known_steps()]
    if newer:
        raise StoreUnusable(
            f"{path} was written by a newer Watcher, which knows {', '.join(newer)}. It has been left as it is. "
            f"Install that version again, or restore a backup from before it with 'watcher db restore'."
        )


def _steps(conn: sqlite3.Connection) -> list[str]:
    rows = conn.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'watcher' ORDER BY id")
    return [str(row[0]) for row in rows]


def refuse_read_only(path: Path, error: sqlite3.Error) -> None:
    """Raise StoreUnusable when the error says that the file or its directory is not ours to write; else do nothing."""
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        raise StoreUnusable(
            f"{path} cannot be opened for writing: {error}. It must belong to the user that Watcher runs as, on a file "
            f"system that is not mounted read-only, and so must its directory."
        ) from error


def probe_writing(conn: sqlite3.Connection) -> None:
    """Write something, and take it back: on a file that is read-only a transaction alone would begin all the same."""
    conn.execute("BEGIN IMMEDIATE")
    conn.execute(f"PRAGMA user_version = {conn.execute('PRAGMA user_version').fetchone()[0]}")
    conn.execute("ROLLBACK")


def rolled_back(path: Path, conn: sqlite3.Connection) -> str:
    """What the file has lost since it was last written to, in words; empty when nothing.

    A write-ahead log that is gone, a disk that had not written what it said it had, an old copy in the place of the
    file: in each case the file is sound, but of an earlier moment.
    """
    beats = conn.execute("SELECT max(at) FROM beats").fetchone()[0]
    try:
        alive, known = datetime.fromisoformat(marker_of(path).read_text("ascii").strip()), datetime.fromisoformat(beats)
    except (OSError, TypeError, ValueError):
        return ""  # nothing is known
    if alive - known <= LOST_AFTER:
        return ""
    return (
        f"what was written from {iso(known)} to {iso(alive)} is missing: the write-ahead log is gone, or the file was "
        f"replaced by an older one. What feeds still show is fetched again; alerts of that time may be repeated"
    )
