"""The daemon as a process: lock, signals, reload, service manager."""

from __future__ import annotations

import os
import queue
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import FEED, NOW, OUTLET, entry, judgement, poll_decision, read_record
from tests.daemon import DaemonProcess
from tests.servers.dribble import dribbling
from tests.servers.web import Reply, WebServer, rss
from tests.world import World, write_config
from watcher.assembly import Assembler
from watcher.daemon import Daemon, instance_lock, notify_systemd, utc_now, watchdog_period
from watcher.errors import InstanceLocked
from watcher.pipeline.flow import Pipeline
from watcher.redaction import Redactor
from watcher.store import Log, Store

CONSOLE = {"console": {"type": "console"}}


@pytest.fixture
def world() -> Iterator[World]:
    with WebServer() as web, WebServer(host="127.0.0.2") as other:
        world = World(web, other)
        web.feed("/one.xml", rss([world.article("one")]))
        world.feed("one")
        yield world


@pytest.fixture
def home(tmp_path: Path, world: World) -> Path:
    write_config(tmp_path, world.feeds, targets=CONSOLE, settings={"workers": "1"})
    return tmp_path


def told(daemon: DaemonProcess, alerts: int) -> None:
    daemon.wait_rows("SELECT count(*) FROM deliveries WHERE state = 'sent'", lambda rows: rows == [(alerts,)])


def found(daemon: DaemonProcess, hits: int) -> None:
    daemon.wait_rows("SELECT count(*) FROM hits", lambda rows: rows == [(hits,)])


def test_a_second_instance_is_refused(home: Path) -> None:
    """It exits with 75 and harms nobody; after kill -9 the lock is free."""
    with DaemonProcess(home) as first:
        told(first, 1)
        second = DaemonProcess(home)
        second.start()
        assert second.process is not None
        assert second.process.wait(20) == 75
        assert f"Another Watcher (process {first.process.pid if first.process else 0})" in second.log
        first.kill()
        with DaemonProcess(home) as third:
            third.wait_log('"watching"', 2)
            assert third.stop() == 0
            assert third.rows("SELECT count(*) FROM deliveries") == [(1,)]


def test_reload_takes_a_new_configuration(home: Path, world: World) -> None:
    """After SIGHUP a feed that was added is polled; what was told is not told again."""
    with DaemonProcess(home) as daemon:
        told(daemon, 1)
        world.web.feed("/two.xml", rss([world.article("two")]))
        world.feed("two")
        write_config(home, world.feeds, targets=CONSOLE, settings={"workers": "1"})
        daemon.signal(signal.SIGHUP)
        found(daemon, 2)  # another report of the same story, which is told already
        told(daemon, 1)
        assert daemon.rows("SELECT kind FROM events WHERE kind LIKE 'reload%'") == [("reloaded",)]
        assert daemon.stop() == 0


def test_reload_keeps_the_old_configuration_on_error(home: Path, world: World) -> None:
    """A mistake is logged with file and line, and the watch goes on as before."""
    with DaemonProcess(home) as daemon:
        told(daemon, 1)
        feeds = home / "config" / "feeds.yml"
        feeds.write_text(feeds.read_text("utf-8").replace('"family"', '"famly"'), "utf-8")
        daemon.signal(signal.SIGHUP)
        daemon.wait_rows("SELECT kind FROM events WHERE kind = 'reload_refused'", bool)
        assert "feeds.yml:1" in daemon.log
        assert "famly" in daemon.log
        world.web.feed("/one.xml", rss([world.article("one"), world.article("later")]))
        found(daemon, 2)  # another report of the same story, which is told already
        told(daemon, 1)
        assert daemon.stop() == 0


def test_sigterm_ends_cleanly_while_a_server_is_silent(home: Path, world: World) -> None:
    """A request that gets no answer does not hold up the end; nothing is left in flight."""
    world.web.add("/silent.xml", Reply(body=b"x", stall="head"))
    world.feed("silent")
    write_config(home, world.feeds, targets=CONSOLE, settings={"workers": "1", "timeout": "60s"})
    with DaemonProcess(home) as daemon:
        told(daemon, 1)
        world.web.wait("/silent.xml", begun=True)
        assert daemon.stop() == 0
        assert daemon.rows("SELECT count(*) FROM deliveries WHERE state = 'inflight'") == [(0,)]
        assert "stopped" in daemon.log


def test_a_configuration_with_mistakes_does_not_start(home: Path) -> None:
    """All mistakes are told at once, and the exit code is 2."""
    watcher = home / "config" / "watcher.yml"
    watcher.write_text(watcher.read_text("utf-8") + "nonsense: 1\ntime_zone: Europe/Nowhere\n", "utf-8")
    with DaemonProcess(home) as daemon:
        assert daemon.process is not None
        assert daemon.process.wait(30) == 2
    assert "nonsense" in daemon.log
    assert "Europe/Nowhere" in daemon.log
    assert "Traceback" not in daemon.log


def test_once_does_what_is_due_and_exits(home: Path) -> None:
    """One pass gives the alert; the next, before the next poll time, polls nothing."""
    settings = home / "config" / "watcher.yml"
    settings.write_text(settings.read_text("utf-8").replace("interval: 1s\n", "interval: 1h\n", 1), "utf-8")
    command = [sys.executable, "-m", "watcher", "run", "--once", "--config", str(home / "config")]
    command += ["--state", str(home / "state")]
    first = subprocess.run(command, capture_output=True, text=True, check=False)
    second = subprocess.run(command, capture_output=True, text=True, check=False)

    assert first.returncode == 0, first.stderr
    assert "1 feed polled; 1 new entry; 1 article read; 1 hit; 1 alert delivered." in first.stdout
    assert "0 feeds polled" in second.stdout


def test_a_locked_database_is_outlasted(home: Path, world: World) -> None:
    """No feed is fetched again and again, a reload is put off, and all goes on when the lock is gone."""
    with DaemonProcess(home) as daemon:
        told(daemon, 1)
        conn = sqlite3.connect(daemon.database, isolation_level=None)
        conn.execute("BEGIN IMMEDIATE")
        before = len(world.web.seen("/one.xml"))
        daemon.signal(signal.SIGHUP)
        daemon.wait_log("the database cannot be used")
        daemon.wait_log("the old one stays")
        assert len(world.web.seen("/one.xml")) <= before + 1
        conn.execute("ROLLBACK")
        conn.close()
        daemon.wait_log("the database can be used again")
        world.web.feed("/one.xml", rss([world.article("one"), world.article("later")]))
        found(daemon, 2)
        assert daemon.log.count("the database cannot be used") == 1
        assert "Traceback" not in daemon.log
        assert daemon.stop() == 0


def test_a_database_that_is_damaged_ends_the_daemon(home: Path, world: World) -> None:
    """With the exit code that says so, and advice; it does not go on fetching what it cannot keep."""
    with DaemonProcess(home) as daemon:
        told(daemon, 1)
        assert daemon.process is not None
        while daemon.process.poll() is None:
            garble(daemon.database)
            with suppress(subprocess.TimeoutExpired):
                daemon.process.wait(1)
        assert daemon.process.returncode == 78
        assert "is damaged. It has been left as it is" in daemon.log


def garble(database: Path) -> None:
    """Overwrite all pages but the first, and make who has the file open look at them again."""
    with suppress(sqlite3.Error):
        conn = sqlite3.connect(database)
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        conn.close()
    with database.open("r+b") as file:
        for page in range(1, file.seek(0, os.SEEK_END) // 4096):
            file.seek(4096 * page)
            file.write(b"\xff" * 4096)


def test_sigterm_ends_in_time_while_a_server_dribbles(home: Path, world: World) -> None:
    """An answer that comes byte by byte would hold up the end for hours; its alert counts as perhaps sent."""
    with dribbling() as (base, asked):
        chat = {"type": "telegram", "token": "987654321:AAF-a-token-of-the-world-of-tests", "chat": "4711"}
        write_config(home, world.feeds, targets={"chat": {**chat, "api_base": base}}, settings={"workers": "1"})
        with DaemonProcess(home) as daemon:
            assert asked.wait(30)
            assert daemon.stop() == 0
            assert daemon.rows("SELECT state, attempts FROM deliveries") == [("inflight", 1)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_ends_it_cleanly(home: Path, number: int) -> None:
    """As a service manager sends it that has changed its mind; the interpreter has hardly read anything."""
    with DaemonProcess(home, env={"PYTHONPROFILEIMPORTTIME": "1"}) as daemon:
        daemon.wait_log("typer")
        daemon.signal(number)
        assert daemon.process is not None
        assert daemon.process.wait(20) == 0


def test_a_reload_while_it_starts_does_not_end_it(home: Path) -> None:
    """The configuration has not been read yet: there is nothing to do."""
    with DaemonProcess(home, env={"PYTHONPROFILEIMPORTTIME": "1"}) as daemon:
        daemon.wait_log("typer")
        daemon.signal(signal.SIGHUP)
        told(daemon, 1)
        assert daemon.stop() == 0


def test_once_told_to_end_says_what_is_left(home: Path, world: World) -> None:
    """And the exit code says that not all was done."""
    world.web.add("/silent.xml", Reply(body=b"x", stall="head"))
    world.feed("silent")
    write_config(home, world.feeds, targets=CONSOLE, settings={"workers": "1", "timeout": "60s"})
    with DaemonProcess(home, "--once") as daemon:
        world.web.wait("/silent.xml", begun=True)
        daemon.wait_rows("SELECT count(*) FROM entries", lambda rows: rows == [(1,)])
        daemon.signal(signal.SIGTERM)
        assert daemon.process is not None
        assert daemon.process.wait(20) == 143
    assert "1 article and 0 alerts are still due" in daemon.log
    assert "Traceback" not in daemon.log


def test_the_service_manager_is_told(home: Path, tmp_path: Path) -> None:
    """READY when the watch runs, WATCHDOG while it does, STOPPING at the end (sd_notify)."""
    path = tmp_path / "notify"
    messages: queue.Queue[str] = queue.Queue()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        threading.Thread(target=_receive, args=(manager, messages), daemon=True).start()
        env = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "300000"}
        with DaemonProcess(home, env=env) as daemon:
            first = [messages.get(timeout=30) for _ in range(3)]
            assert daemon.stop() == 0
            while messages.get(timeout=30) != "STOPPING=1":
                pass
    assert first[0].startswith("READY=1")
    assert first[1:] == ["WATCHDOG=1", "WATCHDOG=1"]


def _receive(manager: socket.socket, messages: queue.Queue[str]) -> None:
    while True:
        message = manager.recv(4096).decode()
        messages.put(message)
        if message == "STOPPING=1":
            return


def test_a_service_manager_that_does_not_read_holds_up_nothing(home: Path, tmp_path: Path) -> None:
    """Its socket fills up; the daemon goes on, and ends when it is told to."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        with DaemonProcess(home, env={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000"}) as daemon:
            daemon.wait_log("cannot be told")
            told(daemon, 1)
            assert daemon.stop() == 0


def test_the_lock_names_its_holder(tmp_path: Path) -> None:
    """Who is refused learns by whom."""
    refused = pytest.raises(InstanceLocked, match=f"process {os.getpid()}")
    with instance_lock(tmp_path), refused, instance_lock(tmp_path):
        pass
    with instance_lock(tmp_path):
        pass


def test_no_service_manager_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside systemd nothing is sent; a socket that is gone is only logged."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify_systemd("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nonexistent/socket")
    notify_systemd("READY=1")


def test_watchdog_is_fed_three_times_a_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """See sd_watchdog_enabled(3): only for the process that is meant."""
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert watchdog_period() == 10
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_period() == 0
    monkeypatch.delenv("WATCHDOG_USEC")
    assert watchdog_period() == 0


@pytest.mark.parametrize(("archive", "text"), [("hits", ""), ("everything", "The 28-point plan.")])
async def test_housekeeping_forgets_near_misses_after_14_days(tmp_path: Path, archive: str, text: str) -> None:
    """And their texts, when only those of hits are kept; what is younger stays."""
    feeds = {"one": {"url": "http://127.0.0.1:9/one.xml", "id": "one"}}
    write_config(tmp_path, feeds, targets=CONSOLE, settings={"archive": archive})
    today = NOW + timedelta(days=13)
    with Store(tmp_path / "watcher.db") as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(entry("1"))], NOW)
        (job,) = store.due_articles(NOW, 10)
        missed = replace(read_record(job, said=judgement(None)), near_miss=judgement(None).topics[0])
        store.record_reads([missed], NOW)
        daemon = Daemon(store, Assembler(tmp_path / "config", clock=utc_now, redactor=Redactor()), clock=lambda: today,
                        rng=random.Random(1))  # fmt: skip
        assembly = await daemon._assemble()
        pipeline = Pipeline(store, assembly.parts, clock=utc_now, rng=random.Random(1))
        try:
            with Log(tmp_path / "watcher.db") as log:
                await daemon._housekeeping(pipeline)
                assert [article.near is not None for article in log.archived()] == [True]
                today = NOW + timedelta(days=15)
                await daemon._housekeeping(pipeline)
                assert [(article.near, article.text.text) for article in log.archived()] == [(None, text)]
        finally:
            await pipeline.close()
            await assembly.close()
