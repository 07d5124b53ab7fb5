"""Secrets are found nowhere: not in logs at debug level, the database, listings, tracebacks, nor the process table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.commands import command
from tests.daemon import DaemonProcess
from tests.servers.mail import MailServer
from tests.servers.telegram import Reply as BotReply
from tests.servers.telegram import TelegramServer
from tests.servers.web import Reply, Request, WebServer, rss
from tests.test_cli import ROOT
from tests.world import World, write_config

# One for each place that a secret may stand in; the words tell which one has leaked.
BOT = "987654321:AAF-canary-of-the-bot-token-0001"
CANARIES = {
    "CANARY_BOT": BOT,
    "CANARY_HEADER": "canary-in-a-header-0002",
    "CANARY_FEED_KEY": "canary-in-a-feed-address-0003",
    "CANARY_HOOK": "canary-in-an-apprise-url-0004",
    "CANARY_BEAT": "canary-in-the-heartbeat-0005",
    "CANARY_OF_NO_USE": "canary-that-no-file-names-0006",
}
PASSWORD = "canary-mail-password-0007"
SECRETS = {**CANARIES, "password": PASSWORD, "bot secret": BOT.partition(":")[2]}


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    # The first answer repeats what it was asked, as proxies and debugging servers do.
    echo = BotReply(500, f"cannot POST /bot{BOT}/sendMessage".encode(), content_type="text/plain", accept=False)
    with TelegramServer([echo], tokens=[BOT]) as server:
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer(users={"desk": "another password"}) as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as web:
        yield web


@pytest.fixture
def home(tmp_path: Path, web: WebServer, telegram: TelegramServer, mail: MailServer) -> Path:
    """A watch with a secret in every place that takes one; each of them is used, and most are refused."""
    world = World(web, web)

    def echo(request: Request) -> Reply:
        said = f"{request.target} {dict(request.headers)}"
        return Reply(401, headers=(("WWW-Authenticate", said),), body=said.encode())

    def locked(request: Request) -> Reply:
        if request.headers.get("x-api-key") != CANARIES["CANARY_HEADER"]:
            return Reply(403)
        return Reply(body=rss([world.article("locked")]), content_type="application/rss+xml")

    web.add("/locked.xml", locked)
    web.add("/echo.xml", echo)
    web.add("/hook", echo)
    web.add("/beat", echo)
    web.feed("/keyed.xml", rss([world.article("keyed")]))
    world.feed("locked", headers={"X-Api-Key": "${CANARY_HEADER}"})
    world.feed("echo", headers={"Authorization": "Bearer ${CANARY_HEADER}"})
    world.feed("keyed", url=web.url("/keyed.xml?key=${CANARY_FEED_KEY}"))
    world.feed("keyed-echo", url=web.url("/echo.xml?key=${CANARY_FEED_KEY}"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "smtp").write_text(PASSWORD)
    (tmp_path / "config" / "smtp").chmod(0o600)
    host = web.url("/hook").removeprefix("http://")
    targets = {
        "console": {"type": "console"},
        "bot": {"type": "telegram", "token": "${CANARY_BOT}", "chat": "4711"},
        "mail": {
            "type": "email", "server": "127.0.0.1", "port": mail.port, "security": "none", "user": "desk",
            "password": "file:smtp", "from": "watcher@watcher.example", "to": "desk@watcher.example",
        },
        "hook": {"type": "apprise", "url": f"json://{host}?-token=${{CANARY_HOOK}}&+X-Key=${{CANARY_HOOK}}"},
    }  # fmt: skip
    beat = web.url("/beat?token=${CANARY_BEAT}")
    settings = {"telegram_api_base": telegram.base, "heartbeat_url": f'"{beat}"', "workers": "1"}
    write_config(tmp_path, world.feeds, targets=targets, settings=settings)
    return tmp_path


def leaks(text: str | bytes) -> list[str]:
    """The places whose secrets are in a text."""
    content = text.encode() if isinstance(text, str) else text
    return [name for name, secret in SECRETS.items() if secret.encode() in content]


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {}
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                parents[int(each.name)] = int((each / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended meanwhile
    found = [pid]
    for each_pid in found:
        found += [child for child, parent in parents.items() if parent == each_pid]
    return found


def watcher(home: Path, *arguments: str) -> str:
    env = {**os.environ, **CANARIES, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "watcher", *arguments], capture_output=True, text=True, check=False, cwd=home, env=env
    )
    return done.stdout + done.stderr


@pytest.mark.timeout(240)
def test_no_secret_is_found_anywhere(home: Path, web: WebServer) -> None:
    """A real daemon at debug level, with servers that repeat what they are asked."""
    with DaemonProcess(home, "--log-level", "DEBUG", env=CANARIES) as daemon:
        daemon.wait_rows("SELECT count(*) FROM hits", lambda rows: rows == [(2,)])
        for target in ("bot", "mail", "hook"):
            daemon.wait_rows(
                f"SELECT count(*) FROM deliveries WHERE target = '{target}' AND (last_error <> '' OR state = 'sent')",
                lambda rows: rows != [(0,)],
            )
        daemon.wait_rows("SELECT last_status FROM feeds WHERE id = 'keyed-echo'", lambda rows: rows == [("denied",)])
        assert web.seen("/hook")
        _look_at_processes(daemon)
        with (home / "config" / "alerts.yml").open("a") as file:
            file.write(" nonsense")
        daemon.signal(1)
        daemon.wait_log("the old one stays")
        _look_at_files(daemon)
        _look_at_listings(home, web)
        assert daemon.stop() == 0
        _look_at_files(daemon)


def _look_at_processes(daemon: DaemonProcess) -> None:
    assert daemon.process is not None
    pids = family(daemon.process.pid)
    assert len(pids) > 1
    for pid in pids:
        assert leaks(Path(f"/proc/{pid}/cmdline").read_bytes()) == []
        if pid != daemon.process.pid:
            assert leaks(Path(f"/proc/{pid}/environ").read_bytes()) == []


def _look_at_files(daemon: DaemonProcess) -> None:
    assert leaks(daemon.log) == []
    assert "DEBUG" in daemon.log.upper()
    files = [path for path in (daemon.home / "state").rglob("*") if path.is_file()]
    assert {"watcher.db", "lock"} <= {path.name for path in files}
    assert {path.name: leaks(path.read_bytes()) for path in files} == {path.name: [] for path in files}


def _look_at_listings(home: Path, web: WebServer) -> None:
    state = ("--state", "state")
    article = web.url("/article/keyed")
    for arguments in (
        ("status", *state), ("status", *state, "--json"), ("hits", *state, "--json"), ("feeds", *state, "--json"),
        ("deliveries", *state, "--json"), ("trace", article, *state, "--json"), ("check",), ("check", "--json"),
        ("db", "doctor", *state), ("db", "backup", *state),
    ):  # fmt: skip
        assert (arguments, leaks(watcher(home, *arguments))) == (arguments, [])


def test_config_show_hides_every_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As YAML and as JSON; everything else is told, defaults included."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    config = ("--config", home / "config")
    as_yaml = command("config", "show", *config, "--feeds")
    as_json = command("config", "show", *config, "--feeds", "--json")

    assert (as_yaml.code, leaks(as_yaml.stdout), leaks(as_json.stdout)) == (0, [], [])
    shown = yaml.safe_load(as_yaml.stdout)
    assert shown == json.loads(as_json.stdout)
    assert shown["settings"]["heartbeat_url"] == "[secret]"
    assert (shown["settings"]["interval"], shown["settings"]["keep_articles"]) == ("1s", "90d")
    assert shown["targets"]["bot"]["url"] == "tgram://[secret]"
    targets = ["console", "bot", "mail", "hook"]
    assert shown["routes"] == [{"name": "all", "targets": targets, "levels": ["core"], "health": True}]
    feeds = {feed["id"]: feed for feed in shown["outlets"]["times"]["feeds"]}
    assert feeds["locked"]["headers"] == {"X-Api-Key": "[secret]"}
    assert "feeds" not in json.loads(command("config", "show", *config, "--json").stdout)


def test_a_secret_of_the_wrong_shape_is_not_shown_either(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with it is told without it."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    wrong = "canary in the place of a token 0008"
    monkeypatch.setenv("CANARY_BOT", wrong)
    done = command("check", "--config", home / "config")
    assert done.code == 2
    assert wrong not in done.stdout + done.stderr


def test_a_crash_at_the_start_shows_no_secret(home: Path) -> None:
    """A traceback holds no values, whatever fails."""
    (home / "config" / "watcher.yml").write_text("templates: ${CANARY_HOOK}\nheartbeat_url: ${CANARY_HOOK}\n")
    assert leaks(watcher(home, "run", "--once", "--log-level", "DEBUG")) == []


@pytest.mark.timeout(120)
def test_a_worker_has_a_clean_environment(home: Path) -> None:
    """Nothing but what programs need; not even before its own first line has run."""
    with DaemonProcess(home, env={**CANARIES, "AWS_SECRET_ACCESS_KEY": "x" * 20}) as daemon:
        daemon.wait_rows("SELECT count(*) FROM hits", lambda rows: rows == [(2,)])
        assert daemon.process is not None
        children = family(daemon.process.pid)[1:]
        names = {
            entry.partition(b"=")[0].decode()
            for child in children
            for entry in Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
            if entry
        }
        assert children
        assert not [name for name in names if "CANARY" in name or "AWS" in name or "SECRET" in name]
