"""The commands about stories: list them, show one with its reports, and let one be silent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from watcher.cli.options import STATE, JsonOption, LimitOption, StateOption, ZoneOption
from watcher.cli.terminal import screen_for
from watcher.errors import UsageError
from watcher.store import database_in
from watcher.wording import counted

stories_app = typer.Typer(invoke_without_command=True, help="Show the stories; mute one, or let it speak again.")

_COLUMNS = {
    "story_id": "story", "updated_at": "updated", "level": "level", "reports": "reports", "sources": "sources",
    "first_source": "first", "alerts": "alerts", "state": "state", "story": "title",
}  # fmt: skip
_REPORTS = {
    "hit_id": "hit", "published_at": "published", "outlet": "outlet", "language": "lang", "told": "told",
    "reason": "why not", "title": "title", "url": "link",
}  # fmt: skip

IdsArgument = Annotated[list[int], typer.Argument(min=1, max=2**63 - 1, help="Ids of stories.")]


OpenOption = Annotated[bool, typer.Option("--open", help="Only those that reports may still join.")]


@stories_app.callback()
def stories(
    context: typer.Context,
    state: StateOption = STATE,
    limit: LimitOption = 20,
    only_open: OpenOption = False,
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Show the stories, the newest first: how many reports and independent sources each has, and who was first."""
    if context.invoked_subcommand is None:
        stories_list(state, limit, only_open, zone, as_json)


@stories_app.command("list")
def stories_list(
    state: StateOption = STATE,
    limit: LimitOption = 20,
    only_open: OpenOption = False,
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """The same as without a command."""
    from watcher.store import Log

    with Log(database_in(state)) as log:
        rows = log.stories(limit=limit, only_open=only_open)
    screen_for(as_json=as_json, zone=zone).rows(rows, _COLUMNS, nothing="No stories yet.", below=("story",))


@stories_app.command("show")
def stories_show(
    story: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="Id of a story.")],
    state: StateOption = STATE,
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Show the reports of a story, and of each whether it was told, or why not."""
    from watcher.store import Log

    with Log(database_in(state)) as log:
        found = log.story(story)
    if found is None:
        raise UsageError(f"There is no story {story}.")
    screen = screen_for(as_json=as_json, zone=zone)
    if as_json:
        screen.json(found)
        return
    screen.rows(found["story"], _COLUMNS, nothing="", below=("story",))
    screen.say("")
    screen.rows(found["reports"], _REPORTS, nothing="No reports are left.", below=("url", "reason", "title"))


@stories_app.command("mute")
def stories_mute(
    ids: IdsArgument,
    state: StateOption = STATE,
    for_: Annotated[str, typer.Option("--for", help="How long: 12h, 7d …")] = "7d",
) -> None:
    """Tell nothing of a story for a while; its reports still go to the log."""
    from watcher.config import parse_duration

    try:
        length = parse_duration(for_)
    except ValueError as error:
        raise UsageError(f"--for: {error}") from error
    _mute(state, ids, datetime.now(UTC) + length)


@stories_app.command("unmute")
def stories_unmute(ids: IdsArgument, state: StateOption = STATE) -> None:
    """Let a story be told again."""
    _mute(state, ids, None)


def _mute(state: Path, ids: list[int], until: datetime | None) -> None:
    from watcher.store import Outbox

    with Outbox(database_in(state)) as outbox:
        found = outbox.mute_stories(ids, until)
    what = f"muted until {until:%Y-%m-%d %H:%M} UTC" if until else "no longer muted"
    screen_for().say(f"{counted(len(found), 'story', 'stories')} {what}.")
    if missing := sorted(set(ids) - set(found)):
        raise UsageError(f"There is no story {', '.join(map(str, missing))}.")
