"""What README promises can be done as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.builders import FEED, NOW, OUTLET, entry, poll_decision, read_record
from tests.world import ENTITIES, TOPICS
from watcher.config import load
from watcher.store import Store

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
RECIPES = re.search(r"<!-- recipes.*?```sh\n(.*?)```", README, re.DOTALL)


def recipes() -> list[str]:
    assert RECIPES is not None
    return RECIPES[1].strip().splitlines()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a database that has a hit and a delivery."""
    home = tmp_path_factory.mktemp("readme")
    (home / "state").mkdir()
    with Store(home / "state" / "watcher.db") as store:
        store.sync_watch([OUTLET], [FEED], {}, NOW)
        store.record_polls([poll_decision(entry("1"))], NOW)
        store.record_reads([read_record(job, "desk") for job in store.due_articles(NOW, 10)], NOW)
    return home


@pytest.mark.parametrize("command", recipes())
def test_recipe_works(command: str, home: Path) -> None:
    """Every recipe runs as it stands and shows something."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=home, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() or "from events" in command


def test_the_alerts_example_can_be_used(tmp_path: Path) -> None:
    """The YAML of README, put into a configuration, is accepted."""
    example = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert example is not None
    assert set(yaml.safe_load(example[1])) == {"targets", "routes"}
    files = {
        "alerts.yml": example[1],
        "entities.yml": ENTITIES,
        "topics.yml": TOPICS,
        "watcher.yml": "contact: https://watcher.example\n",
        "feeds.yml": (ROOT / "config" / "feeds.yml").read_text("utf-8"),
        "smtp-password": "secret-of-the-example",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "smtp-password").chmod(0o600)

    config = load(tmp_path, {"TELEGRAM_TOKEN": "123456789:AAE-a-token-of-this-example-0000"})

    assert [target.name for target in config.targets] == ["desk-telegram", "desk-mail"]
    assert [route.levels for route in config.routes] == [("core",), ("core", "mention")]


def test_every_command_is_described() -> None:
    """The table of commands and the command line tell of the same commands."""
    done = subprocess.run([sys.executable, "-m", "watcher", "--help"], capture_output=True, text=True, check=True)
    told = set(re.findall(r"^\| `watcher ([\w-]+)", README, re.MULTILINE))
    there = set(re.findall(r"^  ([a-z][\w-]+)  ", done.stdout.partition("Commands:")[2], re.MULTILINE))
    assert told == there
