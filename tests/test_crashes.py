"""Crashes: ``kill -9`` at every named point and at any moment, power cuts, a full disk. Nothing is lost.

Each message carries the key of its delivery, so that what was lost and what was repeated are differences of sets.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import FEED, NOW, OUTLET, entry, poll_decision, read_record
from tests.crashing import POINTS
from tests.daemon import DaemonProcess
from tests.servers.mail import MailServer
from tests.servers.web import Item, WebServer, rss
from tests.world import World, page, write_config
from watcher.store import Store

KEY = "X-Watcher-Alert-Id"


@dataclass
class Bench:
    """A feed of articles that must be told, and a mailbox.

    Attributes:
        published: how many articles the feed has had.
    """

    home: Path
    web: WebServer
    mail: MailServer
    published: int = 0
    began: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=5))

    def publish(self, count: int) -> None:
        """Make the feed show new articles, beside all those of before: what leaves a feed unseen is lost to anybody."""
        self.published += count
        items = [self._article(number) for number in range(self.published)]
        self.web.feed("/news.xml", rss(reversed(items)))

    def _article(self, number: int) -> Item:
        """One of a day on which something else happens every minute, in words of its own."""
        rng = random.Random(number)
        words = ["".join(rng.choices("bdfgklmnprstvz", k=2)) + rng.choice("aeiou") + str(number) for _ in range(40)]
        title = f"{' '.join(words[:6])}: security guarantees for Ukraine"
        path = f"/article/a{number}"
        self.web.page(path, page(title, f"Ukraine has asked for security guarantees. {' '.join(words)}."))
        published = self.began + timedelta(minutes=number)
        return Item(title, link=self.web.url(path), guid=f"a{number}", published=published, summary=" ".join(words[6:]))

    def told(self) -> Counter[str]:
        """How often each delivery has arrived."""
        return Counter(str(mail.message[KEY]) for mail in self.mail.mails)

    def settle(self, daemon: DaemonProcess) -> None:
        """Wait until all that was published has been found and told."""
        daemon.wait_rows("SELECT count(*) FROM hits", lambda rows: rows == [(self.published,)])
        daemon.wait_rows("SELECT count(*) FROM articles WHERE next_read_at IS NOT NULL", lambda rows: rows == [(0,)])
        daemon.wait_rows(
            "SELECT count(*), count(*) FILTER (WHERE state NOT IN ('sent', 'collapsed')) FROM deliveries",
            lambda rows: bool(rows) and rows[0][0] != 0 and rows[0][1] == 0,
        )

    def judge(self, daemon: DaemonProcess, *, repeats: int) -> int:
        """Check that nothing was lost, and not more than so much repeated; return how much was."""
        keys = {str(key) for (key,) in daemon.rows("SELECT idem_key FROM deliveries WHERE state = 'sent'")}
        told = self.told()
        assert set(told) == keys
        assert daemon.rows(
            """SELECT count(*) FROM hits WHERE story_id IS NULL
                OR story_id NOT IN (SELECT story_id FROM alerts WHERE story_id IS NOT NULL)"""
        ) == [(0,)]
        assert daemon.rows("PRAGMA integrity_check") == [("ok",)]
        assert daemon.rows("PRAGMA foreign_key_check") == []
        repeated = told.total() - len(told)
        assert repeated <= repeats
        return repeated


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with WebServer() as web, MailServer() as mail:
        world = World(web, web)
        world.feed("news")
        target = {
            "type": "email", "server": "127.0.0.1", "port": mail.port, "security": "none",
            "from": "watcher@watcher.example", "to": "desk@watcher.example",
        }  # fmt: skip
        write_config(tmp_path, world.feeds, targets={"desk": target}, settings={"workers": "1"})
        yield Bench(tmp_path, web, mail)


def run_to_the_crash(daemon: DaemonProcess) -> None:
    assert daemon.process is not None
    assert daemon.process.wait(60) == -9, daemon.log[-3000:]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_point_loses_nothing(bench: Bench, point: str) -> None:
    """Only a message that was being sent may be repeated, once, with the same id."""
    bench.publish(2)
    daemon = DaemonProcess(bench.home, env={"CRASH_AT": f"{point}:1"})
    daemon.module = "tests.crashing"
    with daemon:
        run_to_the_crash(daemon)
    with DaemonProcess(bench.home) as daemon:
        daemon.wait_log("watching", 2)
        bench.settle(daemon)
        assert daemon.stop() == 0
    in_flight = point in {"send:after", "settle_delivery:before"}
    assert bench.judge(daemon, repeats=1 if in_flight else 0) == (1 if in_flight else 0)


@pytest.mark.timeout(300)
def test_kills_at_any_moment_lose_nothing(bench: Bench) -> None:
    """The daemon is killed again and again while news keeps coming; each kill repeats one message at most."""
    rng, kills = random.Random(4), int(os.environ.get("WATCHER_KILLS", "4"))
    daemon = DaemonProcess(bench.home)
    with daemon:
        for number in range(kills):
            bench.publish(2)
            daemon.wait_log("watching", number + 1)
            time.sleep(rng.uniform(0, 4))  # any moment is as good as another
            daemon.kill()
            daemon.start()
        daemon.wait_log("watching", kills + 1)
        bench.settle(daemon)
        assert daemon.stop() == 0
    bench.judge(daemon, repeats=kills)


# --- power cuts --------------------------------------------------------------------------------------------------


def test_a_power_cut_leaves_a_whole_number_of_polls(tmp_path: Path) -> None:
    """The write-ahead log is cut or garbled anywhere: no validator is ahead of its entries, no hit without alert."""
    path, cut = tmp_path / "watcher.db", tmp_path / "cut"
    store = Store(path)
    store.sync_watch([OUTLET], [FEED], {}, NOW)
    store._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store._db.conn.execute("PRAGMA wal_autocheckpoint = 0")
    for number in range(12):
        new = [entry(f"{number}-{n}", title=f"{n} " * 50) for n in range(3)]
        store.record_polls([poll_decision(*new, etag=f'"{number + 1}"')], NOW)
        store.record_reads([read_record(job, "desk") for job in store.due_articles(NOW, 10)], NOW)
    wal = path.with_name("watcher.db-wal").read_bytes()
    database = path.read_bytes()
    rng, states = random.Random(3), set()
    for _ in range(120):
        shutil.rmtree(cut, ignore_errors=True)
        cut.mkdir()
        (cut / "watcher.db").write_bytes(database)
        length, hurt = rng.randrange(len(wal)), bytearray(wal)
        hurt[length:] = b"" if rng.random() < 0.5 else rng.randbytes(min(5000, len(wal) - length))
        (cut / "watcher.db-wal").write_bytes(hurt)
        states.add(_state_after_power_cut(cut / "watcher.db"))
    store.close()
    assert len(states) > 10


def _state_after_power_cut(path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (etag,) = conn.execute("SELECT etag FROM feeds").fetchone()
        polls = int(etag.strip('"')) if etag else 0
        entries = conn.execute("SELECT count(*) FROM entries").fetchone()[0]
        hits, alerts, deliveries = (
            conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("hits", "alerts", "deliveries")
        )
    assert entries == 3 * polls
    assert hits == alerts == deliveries
    assert hits in (3 * polls, 3 * polls - 3)
    return entries, hits


# --- a full disk -------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(bench: Bench) -> Iterator[Path]:
    """The state is on a file system of 8 MB."""
    state = bench.home / "state"
    state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", state], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        assert os.environ.get("WATCHER_SYSTEM_TESTS") != "must", mounted.stderr
        pytest.skip("needs the right to mount")
    yield state
    subprocess.run(["umount", "--lazy", state], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.mark.timeout(240)
def test_a_full_disk_stops_nothing_for_good(bench: Bench, small_disk: Path) -> None:
    """While it is full nothing is sent that could not be noted; when there is room again all is told, once."""
    bench.publish(2)
    ballast = small_disk / "ballast"
    with DaemonProcess(bench.home) as daemon:
        bench.settle(daemon)
        fill(ballast)
        before = len(bench.mail.mails)
        bench.publish(6)
        daemon.wait_log("nothing more is begun until it can")
        assert daemon.process is not None
        assert daemon.process.poll() is None
        sent_while_full = len(bench.mail.mails) - before
        assert sent_while_full <= 6
        ballast.unlink()
        bench.settle(daemon)
        assert daemon.stop() == 0
    bench.judge(daemon, repeats=0)


# --- the clock ---------------------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
def test_a_process_that_was_stopped_goes_on(bench: Bench) -> None:
    """As after a suspend: nothing is repeated, and what came meanwhile is told."""
    bench.publish(1)
    with DaemonProcess(bench.home) as daemon:
        bench.settle(daemon)
        daemon.signal(19)
        bench.publish(2)
        time.sleep(3)  # that is what is tested
        daemon.signal(18)
        bench.settle(daemon)
        assert daemon.stop() == 0
    bench.judge(daemon, repeats=0)


def test_polls_do_not_burst_after_a_long_absence(tmp_path: Path) -> None:
    """A feed that was due a thousand times over is polled once."""
    with Store(tmp_path / "watcher.db") as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(entry("1"))], NOW)
        later = NOW + timedelta(days=400)
        assert len(store.due_feeds(later, 1000)) == 1
        store.record_polls([poll_decision(entry("1"))], later)
