"""Asking about the rules from the command line: show, list, try, suggest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.servers.web import WebServer, rss
from tests.test_cli import watcher
from tests.world import World, page, write_config

CONSOLE = {"console": {"type": "console"}}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration, and a database with a hit, a near miss that misspells a name, and an article of no interest."""
    with WebServer() as web, WebServer(host="127.0.0.2") as other:
        world = World(web, other)
        near = world.article("near", relevant=False)
        text = "Rubioh spoke in Kyiv about Ukraine. Rubioh promised security to Ukraine, and guarantees."
        web.page("/article/near", page("Rubioh speaks of Ukraine", text))
        web.feed("/one.xml", rss([world.article("hit", "uk"), near, world.article("off", relevant=False)]))
        world.feed("one")
        write_config(tmp_path, world.feeds, targets=CONSOLE, settings={"interval": "1h", "workers": "1"})
        done = watcher("run", "--once", "--config", tmp_path / "config", "--state", tmp_path / "state")
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_rules_show_what_was_made_of_them(home: Path) -> None:
    """All generated forms of a name, the patterns of a term, the gate and score of a topic; an unknown id is named."""
    config = home / "config"
    assert "рубио" in watcher("rules", "show", "rubio", "--config", config).stdout
    assert "гаранті* ~4 безпек*" in watcher("rules", "show", "security_guarantees", "--config", config).stdout
    listed = watcher("rules", "list", "--config", config).stdout
    assert all(name in listed for name in ("rubio", "peace_plan", "security_guarantees"))
    unknown = watcher("rules", "show", "nobody", "--config", config)
    assert (unknown.returncode, "nobody" in unknown.stderr) == (2, True)


def test_a_pattern_is_tried_on_the_archive(home: Path) -> None:
    """What it finds, in context; a pattern that is malformed is refused."""
    found = watcher("rules", "try", "гаранті* ~4 безпек*", "--state", home / "state")
    assert "гарантій безпеки" in found.stdout
    assert json.loads(watcher("rules", "try", "festival", "--state", home / "state", "--json").stdout)
    assert watcher("rules", "try", "a {b", "--state", home / "state").returncode == 2


def test_suggestions_are_made_never_taken(home: Path) -> None:
    """They are printed for a person to accept; no file is changed."""
    before = (home / "config" / "entities.yml").read_bytes()
    done = watcher("suggest", "--state", home / "state", "--config", home / "config")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert isinstance(
        json.loads(watcher("suggest", "--state", home / "state", "--config", home / "config", "--json").stdout),
        dict | list,
    )
    assert (home / "config" / "entities.yml").read_bytes() == before
