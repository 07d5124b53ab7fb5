"""What the examination of a database finds, and what it advises."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import FEED, NOW, OUTLET, entry, poll_decision, read_record
from tests.commands import command
from watcher.model import TargetName
from watcher.store import Finding, Store, examine, make_backup
from watcher.store.doctor import has_wal_reset_bug


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "watcher.db"
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(entry("1"))], NOW)
        (job,) = store.due_articles(NOW, 10)
        store.record_reads([read_record(job, "desk")], NOW)
    path.chmod(0o600)
    make_backup(path, NOW, keep=1)
    return path


def found(path: Path, what: str, hours: float = 1) -> Finding:
    (finding,) = [each for each in examine(path, NOW + timedelta(hours=hours)) if each.what == what]
    return finding


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute(sql)


@pytest.mark.parametrize(
    ("version", "has"),
    [
        ("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.44.5", True), ("3.44.6", False), ("3.45.1", True),
        ("3.46.1", True), ("3.50.4", True), ("3.50.7", False), ("3.51.2", True), ("3.51.3", False), ("3.54.1", False),
        ("4.0.0", False),
    ],
)  # fmt: skip
def test_versions_with_the_wal_reset_bug(version: str, has: bool) -> None:
    """3.7.0 to 3.51.2, save the two branches in which it was mended."""
    assert has_wal_reset_bug(version) is has


def test_a_sound_database_needs_nothing(path: Path) -> None:
    """Nothing but perhaps the version of SQLite is worth a word."""
    examined = examine(path, NOW + timedelta(hours=1))
    assert {each.what for each in examined if each.gravity != "ok"} <= {"SQLite", "disk"}
    assert {each.what for each in examined} >= {
        "integrity", "SQLite", "WAL", "disk", "backups", "schema", "size", "references", "full-text search", "orphans",
        "in flight",
    }  # fmt: skip


def test_examining_changes_nothing(path: Path) -> None:
    """Not a byte."""
    before = path.read_bytes()
    examine(path, NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("sql", "what", "gravity", "says"),
    [
        ("DELETE FROM articles WHERE id = 1", "references", "warning", "broken"),
        ("DELETE FROM entries", "orphans", "note", "1 articles without entries"),
        ("DELETE FROM articles_fts_docsize", "full-text search", "warning", "0 of 1"),
        ("DELETE FROM _sqlite_migrations WHERE name = 'past_identities'", "schema", "note", "past_identities"),
    ],
)
def test_what_is_wrong_inside_is_found(path: Path, sql: str, what: str, gravity: str, says: str) -> None:
    """References that dangle, rows that nothing belongs to, an index that lacks rows, steps not yet taken."""
    change(path, sql)
    finding = found(path, what)
    assert (finding.gravity, says in finding.found, bool(finding.advice)) == (gravity, True, True)


def test_a_send_that_never_ended_is_found(path: Path) -> None:
    """In flight for over an hour: no daemon runs, or it hangs."""
    with Store(path) as store:
        store.claim_deliveries(NOW, [TargetName("desk")])
    assert found(path, "in flight", hours=0.5).gravity == "ok"
    assert found(path, "in flight", hours=2).gravity == "warning"


def test_backups_that_are_old_or_bad_are_found(path: Path) -> None:
    """None, an old one, one that is not sound."""
    assert found(path, "backups").gravity == "ok"
    assert found(path, "backups", hours=49).gravity == "warning"
    (backup,) = (path.parent / "backups").iterdir()
    backup.write_bytes(b"no backup")
    assert "not sound" in found(path, "backups").found
    backup.unlink()
    assert found(path, "backups").found == "none"


def test_a_database_for_everyone_to_read_is_noted(path: Path) -> None:
    """What people follow may be nobody else's business."""
    path.chmod(0o644)
    assert "chmod 600" in found(path, "permissions").advice


def test_the_doctor_from_the_command_line(path: Path) -> None:
    """0 when nothing is wrong, 1 when a person should look, 78 when it is damaged; 2 when there is nothing."""
    state = path.parent
    make_backup(path, NOW, keep=1)
    report = command("db", "doctor", "--state", state, "--json")
    assert {row["what"]: row["gravity"] for row in json.loads(report.stdout)}["integrity"] == "ok"
    assert report.code == 1  # the backup is from long ago
    with path.open("r+b") as file:
        file.write(b"garbage!" * 12)
    damaged = command("db", "doctor", "--state", state)
    assert damaged.code == 78
    assert "watcher db restore" in damaged.stdout
    assert command("db", "doctor", "--state", state / "nowhere").code == 2
