"""The real daemon process on a world of feeds over real HTTP; a real SMTP server and a Bot API stand-in get the alerts.

One run goes through everything a watch lives through: a first fetch, later polls, kill -9 and a restart, news, and an
orderly end. Each step is looked at from outside: what the servers were asked, what arrived, what the database says.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon import DaemonProcess
from tests.servers.mail import MailServer
from tests.servers.telegram import TelegramServer
from tests.servers.web import WebServer, rss
from tests.world import World, build_world, write_config

TOKEN = "987654321:AAF-a-token-of-the-world-of-tests"
CHAT = "4711"


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer(tokens=[TOKEN]) as server:
        yield server


@pytest.fixture
def world() -> Iterator[World]:
    with WebServer() as web, WebServer(host="127.0.0.2") as other:
        yield build_world(web, other)


@pytest.fixture
def home(tmp_path: Path, world: World, telegram: TelegramServer, mail: MailServer) -> Path:
    targets = {
        "console": {"type": "console"},
        "desk-telegram": {"type": "telegram", "token": "${WORLD_TOKEN}", "chat": CHAT, "collapse_after": 0},
        "desk-mail": {
            "type": "email", "server": "127.0.0.1", "port": mail.port, "security": "none",
            "from": "watcher@watcher.example", "to": "desk@watcher.example", "collapse_after": 0,
        },
    }  # fmt: skip
    write_config(
        tmp_path,
        world.feeds,
        targets=targets,
        settings={"telegram_api_base": telegram.base, "time_zone": "Europe/Kyiv"},
    )
    return tmp_path


def links(text: str) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:\d+/article/[\w-]+", text)


def settled(daemon: DaemonProcess, hits: int) -> int:
    """Wait until there are so many hits, and nothing is left to deliver; return how many stories they make."""
    daemon.wait_rows("SELECT count(*) FROM hits", lambda rows: rows == [(hits,)])
    daemon.wait_rows("SELECT count(*) FROM deliveries WHERE state <> 'sent'", lambda rows: rows == [(0,)])
    ((stories,),) = daemon.rows("SELECT count(*) FROM stories")
    assert isinstance(stories, int)
    return stories


@pytest.mark.timeout(240)
def test_every_relevant_article_is_a_hit_and_every_story_is_told_once_to_each_target(
    world: World, home: Path, telegram: TelegramServer, mail: MailServer
) -> None:
    """All outlets have one event: through first polls, later polls, kill -9, restart, and one more report of it."""
    assert len(world.feeds) >= 20
    expected = len(world.relevant)
    with DaemonProcess(home, env={"WORLD_TOKEN": TOKEN}) as daemon:
        stories = settled(daemon, expected)
        assert world.relevant == {link for (url,) in daemon.rows("SELECT url FROM hit_log") for link in links(str(url))}
        assert stories <= len({"en", "uk", "ru"})  # texts as short as these may not tie languages
        assert daemon.rows("SELECT count(*) FROM hits WHERE story_id IS NULL") == [(0,)]
        by_telegram = Counter(link for sent in telegram.messages for link in links(sent.text)[:1])
        assert by_telegram == Counter(next(iter(links(message.text))) for message in mail.mails)
        assert set(by_telegram.values()) == {1}
        assert (len(telegram.messages), len(mail.mails)) == (stories, stories)
        assert daemon.rows("SELECT count(DISTINCT hit_id) FROM events WHERE kind = 'folded'") == [(expected - stories,)]
        _look_at_feeds(daemon)
        _look_at_tools(daemon)

        polled = len(world.web.seen("/etag.xml"))
        world.web.wait("/etag.xml", polled + 3)
        world.web.wait("/off.xml", len(world.web.seen("/off.xml")) + 2)
        assert settled(daemon, expected) == stories

        daemon.kill()
        daemon.start()
        world.web.wait("/etag.xml", len(world.web.seen("/etag.xml")) + 3)
        assert settled(daemon, expected) == stories

        world.web.feed("/etag.xml", rss([world.article("etag"), world.article("news", "ru")]))
        assert settled(daemon, expected + 1) == stories
        assert len(telegram.messages) == len(mail.mails) == stories
        assert daemon.stop() == 0
    assert TOKEN not in daemon.log
    assert "Traceback" not in daemon.log
    assert daemon.rows("PRAGMA integrity_check") == [("ok",)]


def _look_at_feeds(daemon: DaemonProcess) -> None:
    """Each broken feed is known for what it is, and has stopped no other."""
    expected = {
        "missing": "not_found",
        "gone": "gone",
        "unavailable": "unavailable",
        "limited": "rate_limited",
        "wall": "not_a_feed",
        "short-length": "truncated",
        "cut-gzip": "truncated",
        "bomb": "too_large",
        "silent": "timeout",
        "loop": "redirect",
        "private": "blocked",
    }
    names = ", ".join(f"'{name}'" for name in expected)
    daemon.wait_rows(
        f"SELECT count(*) FROM feeds WHERE id IN ({names}) AND last_status IS NOT NULL",
        lambda rows: rows == [(len(expected),)],
    )
    found = {
        str(name): status for name, status in daemon.rows(f"SELECT id, last_status FROM feeds WHERE id IN ({names})")
    }
    assert expected == found
    assert (
        daemon.rows(f"SELECT id, etag, body_hash FROM feeds WHERE id IN ({names}, 'cut') AND body_hash IS NOT NULL")
        == []
    )
    assert daemon.rows(
        "SELECT feed_id FROM entries JOIN articles ON articles.id = article_id WHERE key LIKE '%/shared' ORDER BY 1"
    ) == [("first",), ("second",)]
    assert daemon.rows("SELECT text_source FROM articles WHERE url LIKE '%/not-there'") == [("feed",)]
    assert daemon.rows("SELECT title FROM articles WHERE title LIKE '%half%'") == []


def _look_at_tools(daemon: DaemonProcess) -> None:
    """sqlite-utils and our own commands read while the daemon runs."""
    bin_dir = Path(sys.executable).parent
    state = str(daemon.home / "state")

    def run(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=daemon.home)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    rows = json.loads(run(str(bin_dir / "sqlite-utils"), "rows", str(daemon.database), "hit_log", "--limit", "5"))
    assert len(rows) == 5
    assert "гарантій" in run(str(bin_dir / "sqlite-utils"), "search", str(daemon.database), "articles", "гарантій")
    cli = [sys.executable, "-m", "watcher"]
    hits = json.loads(run(*cli, "hits", "--json", "--state", state, "--limit", "1000"))
    told = next(hit for hit in hits if hit["alerted_at"])
    trace = json.loads(run(*cli, "trace", "--json", "--state", state, str(told["url"])))
    assert {"console", "desk-telegram", "desk-mail"} == {row["target"] for row in trace["deliveries"]}
    assert "core" in run(*cli, "hits", "--state", state)
    assert "sent" in run(*cli, "deliveries", "--state", state)
    assert "server" in run(*cli, "feeds", "--state", state)
