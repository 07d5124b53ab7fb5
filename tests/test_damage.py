"""A database that is damaged, foreign or gone: exit code 78, clear advice, and nothing is made anew in silence."""

from __future__ import annotations

import ctypes
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import FEED, NOW, OUTLET, entry, poll_decision, read_record
from tests.commands import command
from tests.test_cli import ROOT, watcher
from watcher.errors import StoreDamaged, StoreUnusable
from watcher.store import Log, Store, make_backup


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of some pages, with a backup."""
    path = tmp_path / "watcher.db"
    with Store(path) as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(*(entry(str(n), title=f"{n} " * 300) for n in range(50)))], NOW)
        store.record_reads([read_record(job, "desk") for job in store.due_articles(NOW, 50)], NOW)
        store.beat("daemon", NOW)
    make_backup(path, NOW, keep=1)
    return path


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def zeroed_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(bytes(4096))


def garbage_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"garbage!" * 12)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def gone(path: Path) -> None:
    path.unlink()


def gone_with_its_marker(path: Path) -> None:
    path.unlink()
    path.with_name("initialised").unlink()


def text(path: Path) -> None:
    path.write_text("dear database\n")


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('watcher', 'warp', '')")


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE recipes (name)")


Damage = Callable[[Path], None]
DAMAGE: list[Damage] = [truncated, zeroed_page, garbage_header, empty, gone, gone_with_its_marker, text]
UNUSABLE = [(directory, "no file"), (newer, "newer Watcher"), (foreign, "something else")]


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damage_ends_with_78_and_names_the_newest_backup(path: Path, damage: Callable[[Path], None]) -> None:
    """The file is left as it is; the advice can be followed as it stands, and then all is well."""
    damage(path)
    before = content(path)
    backup = path.parent / "backups" / "watcher-20251126T120000Z.db"
    advice = f"watcher db restore {backup} --state {path.parent}"
    with pytest.raises(StoreDamaged, match=re.escape(advice)) as raised:
        Store(path)
    assert raised.value.exit_code == 78
    assert content(path) == before
    assert command("db", "doctor", "--state", path.parent).code == 78
    assert content(path) == before

    assert command(*advice.split()[1:]).code == 0
    with Store(path), Log(path) as log:
        assert len(log.hits(limit=100)) == 50


@pytest.mark.parametrize("damage", [each for each in DAMAGE if each is not gone_with_its_marker])
def test_without_a_backup_the_advice_says_so(path: Path, damage: Callable[[Path], None]) -> None:
    """And how to begin anew."""
    for backup in (path.parent / "backups").iterdir():
        backup.unlink()
    damage(path)
    with pytest.raises(StoreDamaged, match=r"no sound backup.*begin anew"):
        Store(path)


@pytest.mark.parametrize(("change", "says"), UNUSABLE)
def test_a_file_that_is_not_ours_to_use_is_left_alone(path: Path, change: Callable[[Path], None], says: str) -> None:
    """A directory, a later version, another program's database: exit code 78, and what to do."""
    change(path)
    before = content(path)
    with pytest.raises(StoreUnusable, match=says) as raised:
        Store(path)
    assert raised.value.exit_code == 78
    assert content(path) == before


def test_the_daemon_ends_with_78(path: Path) -> None:
    """Without a traceback, and with the advice."""
    garbage_header(path)
    done = watcher("run", "--once", "--config", path.parent, "--state", path.parent)
    assert (done.returncode, "Traceback" in done.stderr, "watcher db restore" in done.stderr) == (78, False, True)


def without_privileges(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody whom permissions hold, which they do not hold root."""

    def drop() -> None:
        if os.geteuid() == 0:
            # PR_CAPBSET_DROP of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: gone with the exec that follows.
            libc = ctypes.CDLL(None)
            for capability in (1, 2):
                libc.prctl(24, capability, 0, 0, 0)

    return subprocess.run(
        [sys.executable, "-m", "watcher", *arguments, "--state", str(directory)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}, preexec_fn=drop,
    )  # fmt: skip


def test_a_file_that_may_not_be_written_says_so(path: Path) -> None:
    """Exit code 78 and whose it must be; reading still works."""
    path.chmod(0o400)
    done = without_privileges(path.parent, "run", "--once", "--config", str(path.parent))
    assert (done.returncode, "Traceback" in done.stderr) == (78, False)
    assert "must belong to the user" in done.stderr
    assert without_privileges(path.parent, "hits").returncode == 0


def test_a_state_directory_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    """Before anything else: the lock cannot be taken there."""
    state = tmp_path / "state"
    state.mkdir(mode=0o500)
    done = without_privileges(state, "run", "--once", "--config", str(tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "cannot be used: Permission denied" in done.stderr


# --- the write-ahead log -----------------------------------------------------------------------------------------


def crash(path: Path, *, write: str) -> None:
    """Write in a process that ends amid its work, so that the write-ahead log stays."""
    code = (
        "import os, sys; from datetime import timedelta; from pathlib import Path\n"
        "from tests.builders import *\nfrom watcher.store import Store\n"
        f"store = Store(Path(sys.argv[1]))\n{write}\nos._exit(9)"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(path)], check=False, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}
    )


def test_what_was_committed_survives_the_end_of_the_process(path: Path) -> None:
    """The write-ahead log is read at the next start, and nothing is said to be lost."""
    crash(path, write="store.beat('daemon', NOW + timedelta(hours=1))")
    assert path.with_name("watcher.db-wal").stat().st_size > 0
    with Store(path) as store:
        assert store.lost == ""
    with Log(path) as log:
        assert log.status(NOW).beats["daemon"] == NOW + timedelta(hours=1)


def test_a_missing_write_ahead_log_is_not_passed_over_in_silence(path: Path) -> None:
    """The file is sound, of an earlier moment: the daemon goes on with it, and says what is missing."""
    crash(path, write="store.beat('daemon', NOW + timedelta(hours=1))")
    path.with_name("watcher.db-wal").unlink()
    with Store(path) as store:
        assert "2025-11-26T12:00:00.000Z to 2025-11-26T13:00:00.000Z is missing" in store.lost


def test_an_older_copy_in_the_place_of_the_file_is_noticed(path: Path) -> None:
    """As after a restore; and after the first sign of life all is well again."""
    with Store(path) as store:
        store.beat("daemon", NOW + timedelta(hours=5))
    (path.parent / "backups" / "watcher-20251126T120000Z.db").replace(path)
    with Store(path) as store:
        assert store.lost
        store.beat("daemon", NOW + timedelta(hours=6))
    with Store(path) as store:
        assert store.lost == ""


def test_readers_are_told_of_a_lost_database_too(path: Path) -> None:
    """Listings do not say that there never was one."""
    path.unlink()
    with pytest.raises(StoreDamaged, match="db restore"):
        Log(path)
    path.mkdir()
    with pytest.raises(StoreUnusable, match="no file"):
        Log(path)
