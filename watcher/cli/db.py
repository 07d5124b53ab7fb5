"""The commands about the database file: copy it, put a copy back, let go of what is old, look for what is wrong."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import CONFIG, STATE, ConfigOption, JsonOption, StateOption
from watcher.cli.terminal import screen_for
from watcher.errors import InstanceLocked, StoreDamaged, UsageError
from watcher.store import database_in

if TYPE_CHECKING:
    from watcher.cli.show import Screen
    from watcher.store import Pruned

db_app = typer.Typer(no_args_is_help=True, help="Copy the database, put a copy back, prune it, examine it.")

_COLORS = {"ok": "green", "note": "cyan", "warning": "yellow", "damage": "red"}


def _now() -> datetime:
    return datetime.now(UTC)


@db_app.command("backup")
def db_backup(
    state: StateOption = STATE,
    keep: Annotated[int, typer.Option("--keep", min=1, help="Remove all copies but so many, the newest.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Copy the database to state/backups, while the daemon runs or not, and verify the copy."""
    from watcher.store import list_backups, make_backup

    database = database_in(state)
    made = make_backup(database, _now(), keep)
    screen = screen_for(as_json=as_json)
    kept = [str(backup.path) for backup in list_backups(database)]
    if as_json:
        screen.json({"path": str(made.path), "bytes": made.size, "kept": kept})
    else:
        screen.say(f"[green]wrote[/] {made.path}, {made.size / 1e6:.1f} MB, verified; {len(kept)} kept")


@db_app.command("restore")
def db_restore(
    backup: Annotated[Path | None, typer.Argument(help="The copy; none means the newest one that is sound.")] = None,
    state: StateOption = STATE,
) -> None:
    """Put a copy in the place of the database. What was there is moved aside. The daemon must not run."""
    from watcher.daemon import instance_lock
    from watcher.store import newest_sound, restore

    database = database_in(state)
    with instance_lock(state):
        newest = newest_sound(database) if backup is None else None
        chosen = backup or (newest.path if newest else None)
        if chosen is None:
            raise UsageError(f"There is no sound backup in {state / 'backups'}.")
        aside = restore(database, chosen, _now())
    screen = screen_for()
    screen.say(f"[green]restored[/] {chosen}")
    if aside:
        screen.say(f"what was there is in {aside}")
    screen.say("What feeds still show is fetched again; alerts since the backup may be repeated.")


@db_app.command("prune")
def db_prune(
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    vacuum: Annotated[
        bool, typer.Option("--vacuum", help="Give free room back to the disk; the daemon must not run.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let go of articles and hits that are older than the settings keep them. Nobody is told of them again.

    The daemon does the same once a day; this is for when you have changed the settings and do not want to wait.
    """
    from watcher.config import load
    from watcher.store import Pruner

    settings, now = load(config, os.environ).settings, _now()
    with ExitStack() as held:
        alone = _alone(held, state, needed=vacuum)
        pruner = held.enter_context(Pruner(database_in(state), alone=alone))
        pruned = pruner.prune(now - settings.keep_hits, now - settings.keep_articles)
        if vacuum:
            pruner.vacuum()
    _tell_pruned(screen_for(as_json=as_json), pruned)


def _alone(held: ExitStack, state: Path, *, needed: bool) -> bool:
    """Whether no daemon runs; then none can start before we are done."""
    from watcher.daemon import instance_lock

    try:
        held.enter_context(instance_lock(state))
    except InstanceLocked:
        if needed:
            raise
        return False
    return True


def _tell_pruned(screen: Screen, pruned: Pruned) -> None:
    if screen.as_json:
        screen.json({"articles": pruned.articles, "hits": pruned.hits, "messages": pruned.messages})
    else:
        screen.say(f"let go of {pruned.articles} articles, {pruned.hits} hits, the texts of {pruned.messages} messages")


@db_app.command("doctor")
def db_doctor(state: StateOption = STATE, as_json: JsonOption = False) -> None:
    """Examine the database and what is around it; say what to do about what is wrong. It changes nothing.

    Exit code 1 when a person should look, 78 when the database is damaged.
    """
    from dataclasses import asdict

    from rich.markup import escape

    from watcher.store import examine

    found = examine(database_in(state), _now())
    screen = screen_for(as_json=as_json)
    if as_json:
        screen.json([asdict(finding) for finding in found])
    else:
        for each in found:
            screen.say(f"[{_COLORS[each.gravity]}]{each.gravity:>7}[/]  [bold]{each.what}[/]: {escape(each.found)}")
            if each.advice:
                screen.say(f"         {escape(each.advice)}")
    gravities = {finding.gravity for finding in found}
    if "damage" in gravities:
        raise typer.Exit(StoreDamaged.exit_code)
    if "warning" in gravities:
        raise typer.Exit(1)
