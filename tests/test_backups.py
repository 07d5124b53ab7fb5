"""Copies of the database: whole, verified, rotated, found again, put back."""

from __future__ import annotations

import json
import random
import re
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import FEED, NOW, OUTLET, entry, poll_decision, read_record
from tests.commands import command
from watcher.errors import StoreError, StoreFull, UsageError
from watcher.model import Settings
from watcher.pipeline.housekeeping import back_up
from watcher.store import Log, Store, is_due, list_backups, make_backup, newest_sound, restore
from watcher.store.backups import directory_of, flaw

DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with a hit and a delivery to be made."""
    path = tmp_path / "watcher.db"
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(entry("1"))], NOW)
        (job,) = store.due_articles(NOW, 10)
        store.record_reads([read_record(job, "desk")], NOW)
    return path


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(sql).fetchall()


def spoil(path: Path) -> None:
    """Overwrite a page amid the file."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def test_a_copy_is_whole_and_for_its_owner_only(path: Path) -> None:
    """It has every row, needs no other file, and nobody else may read it."""
    backup = make_backup(path, NOW, keep=3)

    assert backup.path == path.parent / "backups" / "watcher-20251126T120000Z.db"
    assert list_backups(path) == [backup]
    assert rows(backup.path, "SELECT title FROM hit_log") == rows(path, "SELECT title FROM hit_log") != []
    assert rows(backup.path, "PRAGMA journal_mode") == [("delete",)]
    assert backup.path.stat().st_mode & 0o777 == 0o600
    assert backup.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_copy_is_made_beside_a_busy_writer(path: Path) -> None:
    """The copy is of one moment, whatever is written meanwhile; the writer does not wait for it."""
    stop = threading.Event()
    with Store(path) as store:

        def write() -> None:
            number = 100
            while not stop.is_set():
                number += 1
                store.record_polls([poll_decision(entry(str(number), title="x" * 2000))], NOW)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            copies = [make_backup(path, NOW + timedelta(seconds=n), keep=9) for n in range(3)]
        finally:
            stop.set()
            writer.join()
    for copy in copies:
        assert flaw(copy.path) == ""
        assert rows(copy.path, "SELECT count(*) FROM articles") == rows(copy.path, "SELECT count(*) FROM entries")


def test_only_the_newest_are_kept(path: Path) -> None:
    """And what a crash left of an unfinished copy goes with the next one; other files stay."""
    directory = directory_of(path)
    directory.mkdir()
    (directory / ".watcher-20251101T000000Z.db.part").write_bytes(b"half")
    (directory / "notes.txt").write_text("mine")
    made = [make_backup(path, NOW + n * DAY, keep=2) for n in range(4)]

    assert list_backups(path) == [made[3], made[2]]
    assert sorted(each.name for each in directory.iterdir() if each not in {made[2].path, made[3].path}) == [
        "notes.txt"
    ]


def test_no_copy_is_made_where_there_is_no_room(path: Path) -> None:
    """A backup is not what fills the disk; those that are there stay."""
    first = make_backup(path, NOW, keep=1)
    with pytest.raises(StoreFull, match="no room"):
        make_backup(path, NOW + DAY, keep=1, room=1 << 60)
    assert list_backups(path) == [first]


def test_a_damaged_database_gives_no_copy(path: Path) -> None:
    """What cannot be read whole is no backup, and pushes none out."""
    first = make_backup(path, NOW, keep=1)
    spoil(path)
    with pytest.raises(StoreError):
        make_backup(path, NOW + DAY, keep=1)
    assert list_backups(path) == [first]
    assert [each.name for each in directory_of(path).iterdir()] == [first.path.name]


def test_a_copy_that_came_out_wrong_is_none(path: Path) -> None:
    """What SQLite copies without a word, such as a value that must not be, is noticed when the copy is verified."""
    first = make_backup(path, NOW, keep=1)
    for sql in (
        "UPDATE sqlite_master SET sql = replace(sql, 'country TEXT NOT NULL', 'country TEXT') WHERE name = 'outlets'",
        "UPDATE outlets SET country = NULL",
        "UPDATE sqlite_master SET sql = replace(sql, 'country TEXT', 'country TEXT NOT NULL') WHERE name = 'outlets'",
    ):
        with closing(sqlite3.connect(path)) as conn, conn:
            conn.execute("PRAGMA writable_schema = ON")
            conn.execute(sql)
    with pytest.raises(StoreError, match="not sound"):
        make_backup(path, NOW + DAY, keep=1)
    assert list_backups(path) == [first]


def test_the_newest_sound_copy_is_found(path: Path) -> None:
    """A copy that is damaged itself is passed over, and so is what only looks like one."""
    old, new = make_backup(path, NOW, keep=3), make_backup(path, NOW + DAY, keep=3)
    assert newest_sound(path) == new
    spoil(new.path)
    (directory_of(path) / "watcher-20990101T000000Z.db").write_bytes(b"")
    assert newest_sound(path) == old
    old.path.unlink()
    assert newest_sound(path) is None


def test_a_copy_is_due_once_a_day(path: Path) -> None:
    """Also when the clock has been in the future meanwhile."""
    assert is_due(path, NOW)
    make_backup(path, NOW, keep=3)
    assert not is_due(path, NOW + timedelta(hours=23))
    assert is_due(path, NOW + DAY)
    make_backup(path, NOW + 900 * DAY, keep=3)
    assert is_due(path, NOW + DAY)


def test_a_copy_is_put_back_and_the_old_files_are_kept(path: Path) -> None:
    """The daemon goes on with it; what was there is moved aside."""
    backup = make_backup(path, NOW, keep=3)
    spoil(path)
    damaged = path.read_bytes()
    aside = restore(path, backup.path, NOW)

    assert aside is not None
    assert (aside / "watcher.db").read_bytes() == damaged
    assert backup.path.exists()
    with Store(path) as store:
        assert store.due_feeds(NOW + DAY, 10)[0].etag == '"1"'


def test_what_is_no_copy_is_not_put_back(path: Path, tmp_path: Path) -> None:
    """The database stays as it is."""
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as conn:
        conn.execute("CREATE TABLE recipes (name)")
    before = path.read_bytes()
    for useless in (other, tmp_path / "nothing.db"):
        with pytest.raises(UsageError, match="cannot be used"):
            restore(path, useless, NOW)
    assert path.read_bytes() == before


async def test_the_daemon_makes_the_copy_of_the_day(path: Path) -> None:
    """Once; and none when the settings want none. A failure is in the ledger and stops nothing."""
    with Store(path) as store:

        async def db(call: Callable[..., object], *args: object) -> object:
            return call(*args)

        await back_up(db, store, Settings(backups=0), NOW)
        assert list_backups(path) == []
        for hours in (0, 1, 25):
            await back_up(db, store, Settings(backups=2), NOW + timedelta(hours=hours))
        assert len(list_backups(path)) == 2
        with Log(path) as log:
            assert log.status(NOW).beats["backup"] == NOW + timedelta(hours=25)
        for backup in list_backups(path):
            backup.path.unlink()
        directory_of(path).rmdir()
        directory_of(path).write_text("in the way")
        await back_up(db, store, Settings(backups=2), NOW)
    assert [kind for (kind,) in rows(path, "SELECT kind FROM events")] == ["backup_failed"]


def test_backup_and_restore_from_the_command_line(path: Path) -> None:
    """Damage, the advice, what it advises, and the log is there again."""
    state = path.parent
    made = json.loads(command("db", "backup", "--state", state, "--json").stdout)
    spoil(path)
    with pytest.raises(StoreError, match=re.escape(f"watcher db restore {made['path']} --state {state}")):
        Store(path)

    done = command("db", "restore", "--state", state)
    assert (done.code, "restored" in done.stdout) == (0, True)
    assert "Security guarantees for Ukraine" in command("hits", "--state", state).stdout
    assert command("db", "doctor", "--state", state).code == 0


@pytest.mark.parametrize("seed", range(20))
def test_damage_never_passes_for_soundness(path: Path, seed: int) -> None:
    """A page overwritten anywhere is noticed, or every row is still there."""
    rng = random.Random(seed)
    before = rows(path, "SELECT * FROM articles"), rows(path, "SELECT * FROM deliveries")
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        file.seek(rng.randrange(pages) * 4096)
        file.write(rng.choice([b"\0", b"\xff"]) * 4096)
    assert flaw(path) or (rows(path, "SELECT * FROM articles"), rows(path, "SELECT * FROM deliveries")) == before
