"""The demonstration: a made-up news world on loopback, watched by the real daemon with the shipped rules."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from watcher.assembly import Assembler
from watcher.cli.demo.world import DemoArticle, World
from watcher.cli.show import Screen
from watcher.config import shipped_file
from watcher.daemon import Daemon, instance_lock, utc_now
from watcher.errors import UsageError
from watcher.logs import configure_logging
from watcher.redaction import Redactor
from watcher.store import Log, Store, database_in

PATIENCE = 60.0

_SETTINGS = """\
contact: https://watcher.example/demo
interval: 1s
min_interval: 1s
host_gap: 0s
host_connections: 8
first_run_window: 1h
allow_private: [127.0.0.0/8]
workers: 1
"""

_ALERTS = """\
targets:
  console: {type: console}
health: {canary: false}
routes:
  - {name: everything, levels: [core, mention], targets: [console]}
"""


def run_demo(keep: Path | None, pace: float, screen: Screen) -> int:
    """Run the demonstration; return the exit code: 0 when the watch said what a person would have said.

    Args:
        keep: where configuration and database go; they are thrown away when None.
        pace: seconds between rounds of news.

    Raises:
        UsageError: ``keep`` holds a database already.
    """
    configure_logging(Redactor(), level="WARNING")
    with _home(keep) as home:
        if database_in(home / "state").exists():
            raise UsageError(f"{home} holds a database already; choose a new directory.")
        return asyncio.run(_demo(home, pace, screen, kept=keep is not None))


@contextmanager
def _home(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        try:
            keep.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{keep} cannot be made: {error.strerror}") from error
        yield keep
    else:
        with tempfile.TemporaryDirectory(prefix="watcher-demo-") as name:
            yield Path(name)


async def _demo(home: Path, pace: float, screen: Screen, *, kept: bool) -> int:
    async with World() as world:
        _write_config(home / "config", world)
        screen.say(
            f"A small news world is being served on 127.0.0.1:{world.port}: {len(world.outlets)} made-up outlets in "
            f"{len({outlet.language for outlet in world.outlets.values()})} languages.\n"
            "The daemon polls their feeds every second, reads new articles, and tells you what matters.\n"
        )
        with instance_lock(home / "state"), Store(database_in(home / "state")) as store:
            daemon = Daemon(
                store,
                Assembler(home / "config", clock=utc_now, redactor=Redactor(), spread=timedelta(0)),
                clock=utc_now,
                rng=random.Random(0),  # noqa: S311 - jitter
            )
            running = asyncio.create_task(daemon.run())
            try:
                await _rounds(world, home, pace, screen, running)
            finally:
                daemon.stop()
                # What ended it early has been told by whoever waited for it.
                await asyncio.wait([running])
        wrong = _report(world, home, screen)
    _recipes(home, screen, kept=kept)
    return 1 if wrong else 0


def _write_config(directory: Path, world: World) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("entities.yml", "topics.yml", "facts.yml"):
        (directory / name).write_bytes(shipped_file(name).read_bytes())
    (directory / "watcher.yml").write_text(_SETTINGS, encoding="utf-8")
    (directory / "alerts.yml").write_text(_ALERTS, encoding="utf-8")
    outlets = {
        outlet.id: {
            "name": outlet.name,
            "family": outlet.family,
            "country": outlet.country,
            "language": outlet.language,
            "class": outlet.kind,
            "feeds": [{"url": world.feed_url(outlet.id), **({"tags": ["ukraine"]} if outlet.country == "ua" else {})}],
        }
        for outlet in world.outlets.values()
    }
    # JSON is YAML.
    (directory / "feeds.yml").write_text(json.dumps({"outlets": outlets}, ensure_ascii=False, indent=2), "utf-8")


async def _rounds(world: World, home: Path, pace: float, screen: Screen, running: asyncio.Task[None]) -> None:
    for number in range(1, world.rounds + 1):
        fresh = world.publish(number, utc_now())
        languages = " ".join(sorted({world.outlets[article.outlet].language for article in fresh}))
        screen.say(f"[bold cyan]── round {number}: {len(fresh)} articles appear ({languages}) ──[/]\n")
        await asyncio.wait_for(_told(world, home, running), PATIENCE)
        await asyncio.sleep(pace)


async def _told(world: World, home: Path, running: asyncio.Task[None]) -> None:
    """Wait until everything published so far has been read and all its alerts are delivered."""
    expected = world.published
    while not running.done():
        with Log(database_in(home / "state")) as log:
            status = log.status(utc_now())
        waiting = sum(status.deliveries.get(state, 0) for state in ("pending", "inflight"))
        if status.articles == expected and not status.unread and not waiting:
            return
        await asyncio.sleep(0.1)
    running.result()


def _report(world: World, home: Path, screen: Screen) -> int:
    """Compare what the watch said with what a person would say; return how often they differ."""
    with Log(database_in(home / "state")) as log:
        levels = {str(row["url"]): str(row["level"]) for row in log.hits(limit=1000)}
        status = log.status(utc_now())
        told = _told_of(log)
    wrong: list[tuple[DemoArticle, str]] = []
    for article in world.articles:
        said = levels.get(world.article_url(article), "no")
        if said != article.about:
            wrong.append((article, said))
    untold = [article for article in world.articles if article.told and world.article_url(article) not in told]
    screen.say(
        f"[bold]{len(world.articles)} articles, {len(levels)} hits, {status.deliveries.get('sent', 0)} alerts; "
        f"{world.not_modified} polls were answered with 304 Not Modified.[/]"
    )
    if status.latency is not None:
        screen.say(f"From seen to told: p50 {status.latency[0]:.1f} s, p95 {status.latency[1]:.1f} s.")
    for article, said in wrong:
        screen.say(f"[red]a person would have said {article.about}, the watch says {said}:[/] {article.title}")
    for article in untold:
        screen.say(f"[red]nobody was told of this:[/] {article.title}")
    return len(wrong) + len(untold)


def _told_of(log: Log) -> set[str]:
    """Addresses of the articles that people were told of, in an alert of their own or in that of their story."""
    stories = (log.story(int(str(row["story_id"]))) for row in log.stories(limit=1000))
    return {
        str(report["url"])
        for story in stories
        if story is not None
        for report in story["reports"]
        if report["told"] or str(report["reason"]).startswith("told together")
    }


def _recipes(home: Path, screen: Screen, *, kept: bool) -> None:
    if not kept:
        screen.say("\nTo keep the database and look at it: [bold]watcher demo --keep demo[/], and then")
        home = Path("demo")
    else:
        screen.say("\nLook at what it found:")
    database = database_in(home / "state")
    for command in (
        f"sqlite-utils rows {database} hit_log --limit 5 -t",
        f"sqlite-utils search {database} articles 'security guarantees' -c title -t",
        f"sqlite-utils query {database} 'select points, hits, wording from plan_versions' -t",
        f"watcher stories --state {home / 'state'}",
        f"watcher hits --state {home / 'state'}",
    ):
        screen.say(f"  {command}")
