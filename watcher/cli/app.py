"""The command line: reads what the user wants, builds the parts, and shows what came of it.

Modules are imported where they are used, so that ``watcher --help`` and ``watcher status`` answer at once.
"""

from __future__ import annotations

import io
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher import __version__
from watcher.cli.config import config_app
from watcher.cli.db import db_app
from watcher.cli.feeds import feeds_app
from watcher.cli.options import (
    CONFIG,
    STATE,
    ConfigOption,
    DeliveryState,
    EngineOption,
    JsonOption,
    Level,
    LimitOption,
    LogLevelOption,
    StateOption,
    ZoneOption,
)
from watcher.cli.rules import moment_since, rules_app, suggest
from watcher.cli.stories import stories_app
from watcher.cli.terminal import screen_for
from watcher.errors import ConfigError, UsageError, WatcherError
from watcher.store import database_in
from watcher.wording import counted

if TYPE_CHECKING:
    from watcher.model import DeliveryId

app = typer.Typer(
    name="watcher",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # loading what draws boxes would take longer than all the rest
    help="Follows security guarantees for Ukraine and the peace plan through the news, and tells you once, with the "
    "reason.\n\nStart with 'watcher demo' to see it work, 'watcher check' to validate a configuration, "
    "'watcher run' to start the daemon.",
    epilog="Exit codes: 0 fine, 1 failed or not healthy, 2 wrong usage or configuration, 75 another instance holds the "
    "state, 78 the database is damaged or cannot be used, 143 or 130 when 'run --once' was told to end before all was "
    "done.",
)
deliveries_app = typer.Typer(invoke_without_command=True, help="Show the outbox; retry or drop deliveries.")
app.add_typer(deliveries_app, name="deliveries")
app.add_typer(stories_app, name="stories")
app.add_typer(feeds_app, name="feeds")
app.add_typer(rules_app, name="rules")
app.add_typer(db_app, name="db")
app.add_typer(config_app, name="config")


def main() -> None:
    """Run the command line; turn our errors into a message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a letter shows a mark instead of it, and not a traceback.
            stream.reconfigure(errors="replace")
    try:
        app()
    except UnicodeEncodeError:
        sys.stderr.write("An argument is not valid UTF-8.\n")
        sys.exit(UsageError.exit_code)
    except ConfigError as error:
        screen_for(err=True).problems(error.problems)
        sys.stderr.write(f"The configuration cannot be used: {counted(len(error.problems), 'problem')}.\n")
        sys.exit(error.exit_code)
    except WatcherError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader has gone, as with `| head`; nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _now() -> datetime:
    return datetime.now(UTC)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"watcher {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


# --- the daemon --------------------------------------------------------------------------------------------------


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Where to write; made if it does not exist.")] = CONFIG,
    shipped: Annotated[bool, typer.Option("--shipped", help="Copy the whole shipped watch, not a starter.")] = False,
) -> None:
    """Write a commented configuration for a watch of your own."""
    from watcher.config import init as write

    screen = screen_for()
    for path in write(directory, shipped=shipped):
        screen.say(f"wrote {path}")
    screen.say(f"\nNow edit them, then: [bold]watcher check --config {directory}[/]")


@app.command()
def run(
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    once: Annotated[bool, typer.Option("--once", help="Poll what is due, read, deliver, and exit.")] = False,
    engine: EngineOption = "local",
    log_level: LogLevelOption = "INFO",
) -> None:
    """Run the daemon; or, with --once, do what is due and exit.

    SIGTERM and Ctrl-C end it cleanly, SIGHUP reads the configuration again. When they end a run with --once before
    all is done, it says what is left, and the exit code is 143 or 130.
    """
    from watcher.cli.running import Setting, run_daemon, run_once

    setting = Setting(log_level, engine)
    if once:
        screen_for().say(run_once(config, state, setting, screen_for(err=True)))
    else:
        run_daemon(config, state, setting)


@app.command()
def demo(
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Keep configuration and database in this directory.")
    ] = None,
    pace: Annotated[float, typer.Option(help="Seconds between rounds of news.", min=0)] = 2.0,
) -> None:
    """Show a small news world being watched.

    Feeds publish, hits and alerts appear. It runs on this machine alone: no network, no account. The outlets and
    texts are made up.
    """
    from watcher.cli.demo import run_demo

    raise typer.Exit(run_demo(keep, pace, screen_for()))


# --- looking -----------------------------------------------------------------------------------------------------


@app.command()
def check(
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
    write_schema: Annotated[
        Path | None, typer.Option("--write-schema", help="Write the JSON Schemas of all files there.")
    ] = None,
) -> None:
    """Validate the whole configuration.

    Every problem with file, line, field and remedy. Exit code 2 on errors.
    """
    from watcher.config import check as check_config
    from watcher.config import write_schemas

    screen = screen_for(as_json=as_json)
    if write_schema is not None:
        try:
            written = write_schemas(write_schema)
        except OSError as error:
            raise UsageError(f"{error.filename or write_schema} cannot be written: {error.strerror}") from error
        for path in written:
            screen.say(f"wrote {path}")
        return
    with screen_for(err=True).working("compiling the rules, running their examples"):
        found, problems = check_config(config, os.environ)
        if found is not None:
            from watcher.assembly import template_problems

            problems = [*problems, *template_problems(found)]
    errors = [problem for problem in problems if problem.severity == "error"]
    if as_json:
        from dataclasses import asdict

        screen.json([asdict(problem) for problem in problems])
    else:
        screen.problems(problems)
        if found is not None and not errors:
            watch = found.watch
            parts = (
                counted(len(found.outlets), "outlet"), counted(len(found.feeds), "feed"),
                counted(len(watch.entities), "entity", "entities"), counted(len(watch.terms), "term"),
                counted(len(watch.topics), "topic"), counted(len(found.targets), "target"),
            )  # fmt: skip
            screen.say(f"[green]fine[/]: {', '.join(parts)}")
    if errors:
        raise typer.Exit(ConfigError.exit_code)


@app.command()
def hits(
    state: StateOption = STATE,
    limit: LimitOption = 20,
    since: Annotated[str, typer.Option("--since", help="Only those of the last 12h, 7d …")] = "",
    level: Annotated[Level | None, typer.Option("--level", help="Only those of this level.")] = None,
    topic: Annotated[str, typer.Option("--topic", help="Id of a topic.")] = "",
    search: Annotated[str, typer.Option("--search", help="Full-text query, such as 'frozen assets'.")] = "",
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Show the hit log, the newest first."""
    from watcher.store import Log

    with Log(database_in(state)) as log:
        rows = log.hits(limit=limit, since=moment_since(since), level=level or "", topic=topic, search=search)
    if not as_json:
        rows = [{**row, "level": "withdrawn"} if row["withdrawn_at"] else row for row in rows]
    columns = {
        "found_at": "found", "level": "level", "score": "score", "outlet": "outlet", "language": "lang",
        "story_id": "story", "title": "title", "topics": "topics", "url": "link",
    }  # fmt: skip
    nothing = "No hit matches." if since or level or topic or search else "No hits yet."
    screen_for(as_json=as_json, zone=zone).rows(rows, columns, nothing=nothing, below=("url", "topics", "title"))


@deliveries_app.callback()
def deliveries(
    context: typer.Context,
    state: StateOption = STATE,
    limit: LimitOption = 20,
    status: Annotated[DeliveryState | None, typer.Option("--status", help="Only those in this state.")] = None,
    target: Annotated[str, typer.Option("--target", help="Only those to this target.")] = "",
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Show the outbox: who was told what, and what is still to be told."""
    if context.invoked_subcommand is not None:
        return
    from watcher.store import Log

    with Log(database_in(state)) as log:
        rows = log.deliveries(limit=limit, state=status or "", target=target)
    columns = {
        "delivery_id": "id", "state": "state", "target": "target", "attempts": "tries", "queued_at": "queued",
        "accepted_at": "accepted", "headline": "headline", "last_error": "last error",
    }  # fmt: skip
    screen_for(as_json=as_json, zone=zone).rows(
        rows, columns, nothing="No deliveries yet.", below=("last_error", "headline")
    )


IdsArgument = Annotated[
    list[int] | None,
    typer.Argument(min=1, max=2**63 - 1, help="Ids of deliveries; none means all that are dead."),
]


@deliveries_app.command("retry")
def deliveries_retry(ids: IdsArgument = None, state: StateOption = STATE, config: ConfigOption = CONFIG) -> None:
    """Make deliveries due now, and let their targets be tried again: all that are dead, or those named."""
    from watcher.config import load
    from watcher.store import Outbox

    expire_after = load(config, os.environ).settings.expire_after
    chosen = _deliveries(state, ids, ("pending", "dead", "dropped"))
    with Outbox(database_in(state)) as outbox:
        count = outbox.retry_deliveries(chosen, _now(), _now() + expire_after)
    screen_for().say(f"{counted(count, 'delivery', 'deliveries')} made due now.")


@deliveries_app.command("drop")
def deliveries_drop(ids: IdsArgument = None, state: StateOption = STATE) -> None:
    """Give up deliveries that have not been made."""
    from watcher.store import Outbox

    chosen = _deliveries(state, ids, ("pending", "dead"))
    with Outbox(database_in(state)) as outbox:
        count = outbox.drop_deliveries(chosen, _now())
    screen_for().say(f"{counted(count, 'delivery', 'deliveries')} dropped.")


def _deliveries(state: Path, ids: list[int] | None, fitting: tuple[str, ...]) -> list[DeliveryId] | None:
    """The deliveries that are meant, None for all.

    Raises:
        UsageError: one of them is not there, or has gone past this. Nothing has been changed.
    """
    from watcher.model import DeliveryId
    from watcher.store import Log

    if not ids:
        return None
    with Log(database_in(state)) as log:
        states = log.delivery_states(ids)
    wrong = [
        f"{each} is {states[each]}" if each in states else f"there is no delivery {each}"
        for each in dict.fromkeys(ids)
        if states.get(each) not in fitting
    ]
    if wrong:
        raise UsageError(f"Nothing was changed: {'; '.join(wrong)}.")
    return [DeliveryId(each) for each in ids]


@app.command()
def explain(
    source: Annotated[
        str, typer.Argument(help="Address of an article, a file (HTML or text), or - for standard input.")
    ],
    config: ConfigOption = CONFIG,
    published: Annotated[str, typer.Option("--published", help="When it was published, such as 2025-11-26.")] = "",
    tags: Annotated[str, typer.Option("--tags", help="Tags of its feed, separated by commas.")] = "",
    kept: Annotated[
        bool,
        typer.Option("--kept", help="Explain the text that was read and kept of the address, without fetching it."),
    ] = False,
    state: StateOption = STATE,
    as_json: JsonOption = False,
) -> None:
    """Show why an article matches, or does not.

    Evidence, score arithmetic, nearest miss of every silent topic.
    """
    import asyncio

    day = _day(published)
    labels = tuple(filter(None, tags.split(",")))
    if kept:
        from watcher.cli.explaining import explain_kept
        from watcher.store import Log

        with Log(database_in(state)) as log:
            again = explain_kept(source, config, log)
        screen_for(as_json=as_json).explanation(again.source, again.text, again.explanation, again.note)
        return
    with screen_for(err=True).working("compiling the rules"):
        from watcher.cli.explaining import explain_source

        found = asyncio.run(explain_source(source, config, published_at=day, tags=labels))
    screen_for(as_json=as_json).explanation(found.source, found.text, found.explanation, found.note)


def _day(text: str) -> datetime:
    if not text:
        return _now()
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--published: {text!r} is no date such as 2025-11-26") from error
    return day if day.tzinfo else day.replace(tzinfo=UTC)


@app.command()
def trace(
    url: Annotated[str, typer.Argument(help="Address of an article.")],
    state: StateOption = STATE,
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Show everything that ever happened to one article.

    Seen, read, matched or why not, alerts, deliveries.
    """
    from watcher.store import Log
    from watcher.text import canonical_url

    with Log(database_in(state)) as log:
        found = log.trace(canonical_url(url) or url, url)
    if found is None:
        raise UsageError(f"No feed has ever brought {url}.")
    screen_for(as_json=as_json, zone=zone).trace(found)


@app.command("notify-test")
def notify_test(
    target: Annotated[str, typer.Argument(help="Name of a target; none means all.")] = "",
    config: ConfigOption = CONFIG,
    digest: Annotated[bool, typer.Option("--digest", help="Send a sample digest, in a mail with its chart.")] = False,
) -> None:
    """Send a sample alert, exactly as a real one is sent.

    What the target answered is shown.
    """
    from watcher.cli.sampling import send_samples

    if not send_samples(config, target, screen_for(), digest=digest):
        raise typer.Exit(1)


@app.command()
def status(state: StateOption = STATE, zone: ZoneOption = "UTC", as_json: JsonOption = False) -> None:
    """Show how the watch is doing. Exit code 1 when a person should look, as a container's health check wants it."""
    from watcher.cli.show_status import status_dict, status_lines
    from watcher.store import Health

    now = _now()
    with Health(database_in(state)) as log:
        found = log.status(now)
    screen = screen_for(as_json=as_json, zone=zone)
    if as_json:
        screen.json(status_dict(found))
    else:
        screen.lines(status_lines(found, now, screen.moment))
    if not found.healthy:
        raise typer.Exit(1)


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled articles, a JSON object a line.")],
    config: ConfigOption = CONFIG,
    errors: Annotated[bool, typer.Option("--errors", help="List what went wrong, article by article.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure the rules against labelled articles.

    Precision, recall and F1.
    """
    from watcher.cli.explaining import evaluate_file

    with screen_for(err=True).working("compiling the rules, judging the articles"):
        report = evaluate_file(file, config)
    screen_for(as_json=as_json).report(report, errors=errors)


app.command()(suggest)
