"""What may be wrong with the database and around it, and what to do about each."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from watcher.store.backups import EVERY, flaw, list_backups
from watcher.store.connection import damage_advice, moment, open_reader
from watcher.store.migrations import known_steps
from watcher.store.presence import require_there

Gravity = Literal["ok", "note", "warning", "damage"]

WAL_LARGE = 256_000_000
DISK_SMALL = 500_000_000
STUCK = timedelta(hours=1)
_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        gravity: ``damage`` means that the database must not be used as it is.
        advice: what to do; empty when there is nothing to do.
    """

    gravity: Gravity
    what: str
    found: str
    advice: str = ""


def has_wal_reset_bug(version: str) -> bool:
    """Whether a version of SQLite may lose or damage what is committed while another connection makes a checkpoint.

    See "The WAL-Reset Bug" in https://sqlite.org/wal.html: 3.7.0 to 3.51.2, mended in 3.51.3, 3.50.7 and 3.44.6.
    """
    parts = tuple(int(part) for part in version.split(".")[:3])
    mended = parts >= (3, 51, 3) or (3, 50, 7) <= parts < (3, 51) or (3, 44, 6) <= parts < (3, 45)
    return parts >= (3, 7) and not mended


def wal_reset_advice(version: str = sqlite3.sqlite_version) -> str:
    """What having the bug means here; empty when the version does not have it."""
    if not has_wal_reset_bug(version):
        return ""
    return (
        "The daemon is the only one that writes and makes checkpoints, and so is safe from it; do not write to the "
        "database with other tools while it runs. Versions 3.51.3, 3.50.7 and 3.44.6 have it mended."
    )


def examine(path: Path, now: datetime) -> list[Finding]:
    """Look at everything, without changing anything; the daemon may run.

    Raises:
        UsageError: there is no database yet.
        StoreDamaged: it is gone.
    """
    if not path.exists():
        require_there(path)
    found = [_library(), *_files(path), *_copies(path, now)]
    wrong = _damage(path)
    if wrong:
        return [Finding("damage", "integrity", wrong, damage_advice(path)), *found]
    with closing(open_reader(path)) as conn:
        return [Finding("ok", "integrity", "every page and index is sound"), *found, *_content(conn, now)]


def _damage(path: Path) -> str:
    if path.is_file() and path.stat().st_size == 0:
        return "the file is empty"
    return flaw(path)


def _library() -> Finding:
    advice = wal_reset_advice()
    said = sqlite3.sqlite_version + (" has the WAL-reset bug" if advice else "")
    return Finding("note" if advice else "ok", "SQLite", said, advice)


def _files(path: Path) -> Iterator[Finding]:
    wal = path.with_name(f"{path.name}-wal")
    size = wal.stat().st_size if wal.exists() else 0
    large = "Something reads for very long: end that program; the next checkpoint makes the file short again."
    yield Finding("warning" if size > WAL_LARGE else "ok", "WAL", _mb(size), large if size > WAL_LARGE else "")
    free = shutil.disk_usage(path.parent).free
    low = f"Make room on the disk of {path.parent}: when it is full nothing new is stored, though nothing is lost."
    yield Finding(
        "warning" if free < DISK_SMALL else "ok", "disk", f"{_mb(free)} free", low if free < DISK_SMALL else ""
    )
    kind = _file_system(path)
    if kind in _REMOTE:
        yield Finding("warning", "file system", kind, "SQLite needs a local disk: move the state directory to one.")
    if path.exists() and path.stat().st_mode & stat.S_IRWXO:
        yield Finding(
            "note", "permissions", "everyone can read the database", f"If that is not wanted: chmod 600 {path}"
        )


def _file_system(path: Path) -> str:
    """The kind of file system that a path is on, as Linux calls it; empty elsewhere."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    mounts = [(line.split()[4], line.partition(" - ")[2].split()[0]) for line in lines]
    resolved = path.resolve()
    holding = [(point, kind) for point, kind in mounts if resolved.is_relative_to(point)]
    return max(holding, key=lambda mount: len(mount[0]), default=("", ""))[1]


def _copies(path: Path, now: datetime) -> Iterator[Finding]:
    copies = list_backups(path)
    if not copies:
        yield Finding("warning", "backups", "none", f"Make one: watcher db backup --state {path.parent}")
        return
    newest = copies[0]
    wrong = flaw(newest.path)
    said = f"{len(copies)}, the newest of {newest.made_at:%Y-%m-%d %H:%M} UTC"
    if wrong:
        yield Finding("warning", "backups", f"{said} is not sound: {wrong}", "Make a new one: watcher db backup")
    elif now - newest.made_at > 2 * EVERY:
        yield Finding("warning", "backups", said, "The daemon makes one a day: is it running, and is there room?")
    else:
        yield Finding("ok", "backups", said)


def _content(conn: sqlite3.Connection, now: datetime) -> Iterator[Finding]:
    yield _schema(conn)
    pages, free, size = (conn.execute(f"PRAGMA {name}").fetchone()[0] for name in
                         ("page_count", "freelist_count", "page_size"))  # fmt: skip
    roomy = free > 10_000 and free * 2 > pages
    yield Finding(
        "note" if roomy else "ok", "size", f"{_mb(pages * size)}, of which {_mb(free * size)} are free for new rows",
        "To give it back to the disk, stop the daemon and run: watcher db prune --vacuum" if roomy else "",
    )  # fmt: skip
    broken = conn.execute("SELECT count(*) FROM pragma_foreign_key_check").fetchone()[0]
    advice = "Rows refer to rows that are gone: another program has written here. Restore a backup." if broken else ""
    yield Finding("warning" if broken else "ok", "references", f"{broken} broken", advice)
    yield _search_index(conn)
    yield from _left_over(conn)
    yield _in_flight(conn, now)


def _schema(conn: sqlite3.Connection) -> Finding:
    applied = [row[0] for row in conn.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    missing = [step for step in known_steps() if step not in applied]
    if missing:
        said = f"{len(applied)} steps; to come: {', '.join(missing)}"
        return Finding("note", "schema", said, "The next start of the daemon takes them.")
    return Finding("ok", "schema", f"{len(applied)} steps, the last one {applied[-1]}")


def _search_index(conn: sqlite3.Connection) -> Finding:
    articles = conn.execute("SELECT count(*) FROM articles").fetchone()[0]
    indexed = conn.execute("SELECT count(*) FROM articles_fts_docsize").fetchone()[0]
    if articles == indexed:
        return Finding("ok", "full-text search", f"{articles} articles")
    advice = "Stop the daemon and run: sqlite-utils rebuild-fts watcher.db articles"
    return Finding("warning", "full-text search", f"{indexed} of {articles} articles are in the index", advice)


_ORPHANS = {
    "articles without entries": "SELECT count(*) FROM articles WHERE id NOT IN (SELECT article_id FROM entries)",
    "alerts without deliveries": "SELECT count(*) FROM alerts WHERE id NOT IN (SELECT alert_id FROM deliveries)",
    "hits without evidence": "SELECT count(*) FROM hits WHERE id NOT IN (SELECT hit_id FROM hit_topics)",
}


def _left_over(conn: sqlite3.Connection) -> Iterator[Finding]:
    counts = {what: conn.execute(sql).fetchone()[0] for what, sql in _ORPHANS.items()}
    there = [f"{count} {what}" for what, count in counts.items() if count]
    yield Finding("note" if there else "ok", "orphans", ", ".join(there) or "none",
                  "They do no harm." if there else "")  # fmt: skip


def _in_flight(conn: sqlite3.Connection, now: datetime) -> Finding:
    rows = conn.execute("SELECT last_attempt_at FROM deliveries WHERE state = 'inflight'").fetchall()
    since = [at for row in rows if (at := moment(row[0])) is not None]
    if since and now - min(since) > STUCK:
        advice = "The daemon has ended, or hangs, amid a send: start it again; they are then sent again, marked so."
        return Finding(
            "warning", "in flight", f"{len(rows)} for {(now - min(since)).total_seconds() / 3600:.0f} h", advice
        )
    return Finding("ok", "in flight", str(len(rows)))


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
