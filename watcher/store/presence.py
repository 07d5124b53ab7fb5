"""Whether the database is there, and what a file beside it knows of it. It loads as little as possible."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from watcher.errors import StoreDamaged, StoreUnusable, UsageError
from watcher.store.connection import MARKER, damage_advice, iso


def marker_of(path: Path) -> Path:
    """The file that says that the database was there, and when it last got a sign of life."""
    return path.with_name(MARKER)


def require_there(path: Path) -> None:
    """For who only reads: there is a database.

    Raises:
        UsageError: there is none yet.
        StoreDamaged: there was one.
        StoreUnusable: something else has its name.
    """
    refuse_lost(path)
    if not path.exists() or path.stat().st_size == 0:
        raise UsageError(f"There is no database at {path} yet: 'watcher run' makes it.")


def refuse_lost(path: Path) -> None:
    """Before the file is opened, which would make an empty one.

    Raises:
        StoreDamaged: it is empty or gone, although it has been filled before.
        StoreUnusable: it is a directory or a device.
    """
    if path.exists() and not path.is_file():
        raise StoreUnusable(f"{path} is no file, but the database would have this name: move it aside.")
    if path.exists() and path.stat().st_size > 0:
        return
    if marker_of(path).exists() or any(path.parent.glob("backups/watcher-*.db")):
        raise StoreDamaged(f"{damage_advice(path)} The file is empty or missing, though it has been filled before.")


def note_alive(path: Path, now: datetime) -> None:
    """Remember outside the database that it has been written to."""
    # Always of the same length, and written over the last one, so that there is no moment at which it is empty.
    with suppress(OSError), marker_of(path).open("r+b") as marker:
        marker.write(f"{iso(now)}\n".encode())
