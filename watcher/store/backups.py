"""Copies of the database: made while the daemon runs, verified, rotated, and found again when they are needed.

They are whole databases in ``backups/`` beside the file; the directory may be a link to another disk. Only sqlite3 is
used here, so that a damaged database keeps nobody from finding its copies.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watcher.errors import StoreError, StoreFull, UsageError

EVERY = timedelta(hours=24)
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"watcher-(\d{8}T\d{6}Z)\.db")
# A copy must not be what fills the disk: so much stays free beside it.
ROOM = 200_000_000


@dataclass(frozen=True, slots=True)
class Backup:
    """One copy: where it is, when it was made (UTC), how many bytes it has."""

    path: Path
    made_at: datetime
    size: int


def directory_of(database: Path) -> Path:
    """Where the copies of a database are."""
    return database.parent / "backups"


def list_backups(database: Path) -> list[Backup]:
    """The copies of a database, the newest first; whether they are sound is another question."""
    directory = directory_of(database)
    try:
        paths = sorted(directory.iterdir(), reverse=True)
    except OSError:
        return []
    found = ((path, _NAME.fullmatch(path.name)) for path in paths)
    return [
        Backup(path, datetime.strptime(name[1], _STAMP).replace(tzinfo=UTC), path.stat().st_size)
        for path, name in found
        if name and path.is_file()
    ]


def newest_sound(database: Path) -> Backup | None:
    """The newest copy that can be used; None when there is none."""
    return next((backup for backup in list_backups(database) if not flaw(backup.path)), None)


def is_due(database: Path, now: datetime) -> bool:
    """Whether the newest copy is a day old, or none is there; one from the future, by a clock since mended, is none."""
    made = [backup.made_at for backup in list_backups(database) if backup.made_at <= now + timedelta(hours=1)]
    return not made or now - made[0] >= EVERY


def flaw(path: Path) -> str:
    """What is wrong with a database file, in words; empty when it is sound and is one of ours."""
    try:
        with closing(_open(path)) as conn:
            found = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                return str(found)
            ours = conn.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('articles', 'hits')").fetchone()[0]
            return "" if ours == 2 else "it is not a database of Watcher"
    except sqlite3.Error as error:
        return str(error)


def make_backup(database: Path, now: datetime, keep: int, *, room: int = ROOM) -> Backup:
    """Copy the database as it is at one moment, verify the copy, and let go of all but the newest ``keep``.

    The daemon may go on writing. A copy has its name only when it is whole and on the disk, so that a crash leaves at
    most a part, which the next copy removes. So many bytes as ``room`` stay free on the disk.

    Raises:
        UsageError: there is no database.
        StoreFull: there is no room for a copy.
        StoreError: the copy is not what it should be; it has been removed, and the older ones stay.
    """
    if not database.exists():
        raise UsageError(f"There is no database at {database} yet: 'watcher run' makes it.")
    directory = directory_of(database)
    path = directory / f"watcher-{now.astimezone(UTC).strftime(_STAMP)}.db"
    with _failing_as_ours(database):
        directory.mkdir(mode=0o700, exist_ok=True)
        _require_room(directory, database.stat().st_size + room)
        with _part(path) as part:
            _copy(database, part)
            part.chmod(0o600)
            _sync(part)
            part.replace(path)
        _sync(directory)
        _rotate(database, max(keep, 1))
    return Backup(path, now, path.stat().st_size)


@contextmanager
def _failing_as_ours(database: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{database} cannot be copied: {error}") from error
    except OSError as error:
        raise StoreFull(f"{database} cannot be copied: {error}") from error


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """The unfinished copy, which goes when anything goes wrong; those of crashed processes go first."""
    for left in path.parent.glob(".watcher-*.part*"):
        left.unlink(missing_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _require_room(directory: Path, needed: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise StoreFull(
            f"There is no room for a backup in {directory}: {free // 1_000_000} MB are free, {needed // 1_000_000} MB "
            f"are needed. Make room, or make the directory a link to another disk."
        )


def _copy(database: Path, part: Path) -> None:
    with closing(_open(database)) as conn:
        before = _counts(conn)
        conn.execute("VACUUM INTO ?", (str(part),))
        after = _counts(conn)
    if wrong := flaw(part):
        raise StoreError(f"The backup of {database} is not sound: {wrong}")
    with closing(_open(part)) as copy:
        copied = _counts(copy)
    for table, count in copied.items():
        # Rows came and went while the copy was made; it was made at some moment in between.
        least, most = sorted((before.get(table, 0), after.get(table, 0)))
        if not least <= count <= most:
            raise StoreError(f"The backup of {database} has {count} rows in {table} instead of {least} to {most}")


def _counts(conn: sqlite3.Connection) -> Mapping[str, int]:
    # The tables within the full-text index grow and shrink as its parts are merged: they say nothing of rows.
    tables = conn.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'articles\\_fts%' ESCAPE '\\'"
    )
    names = [row[0] for row in tables]
    return {name: conn.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 (ours)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)


def _sync(path: Path) -> None:
    """SQLite does not wait until a copy is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rotate(database: Path, keep: int) -> None:
    for backup in list_backups(database)[keep:]:
        backup.path.unlink(missing_ok=True)


def restore(database: Path, backup: Path, now: datetime) -> Path | None:
    """Put a copy in the place of the database; the caller holds the instance lock.

    What was there is moved aside, never removed.

    Returns:
        The directory that the old files have been moved to; None when there were none.

    Raises:
        UsageError: the copy cannot be used.
        StoreError: the files cannot be moved or written.
    """
    if wrong := flaw(backup):
        raise UsageError(f"{backup} cannot be used: {wrong}")
    aside = database.with_name(f"replaced-{now.astimezone(UTC).strftime(_STAMP)}")
    old = [path for path in (database, *_beside(database)) if path.exists()]
    part = database.with_name(f".{database.name}.part")
    with _failing_as_ours(backup):
        shutil.copyfile(backup, part)
        part.chmod(0o600)
        _sync(part)
        if old:
            aside.mkdir(mode=0o700)
        for path in old:
            path.rename(aside / path.name)
        part.replace(database)
        _sync(database.parent)
    return aside if old else None


def _beside(database: Path) -> tuple[Path, Path]:
    return database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")
