"""The commands about rules: show them, try a pattern on the archive, look for what they lack."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import CONFIG, STATE, ConfigOption, JsonOption, LimitOption, RuleKind, StateOption, ZoneOption
from watcher.cli.terminal import screen_for
from watcher.errors import UsageError
from watcher.store import database_in

if TYPE_CHECKING:
    from watcher.matching.definitions import WatchDef

rules_app = typer.Typer(no_args_is_help=True, help="Show the rules; try a pattern on the archive.")


def moment_since(text: str) -> datetime | None:
    """The moment that a length of time such as 12h or 7d reaches back to; None for an empty text.

    Raises:
        UsageError: it is no length of time.
    """
    if not text:
        return None
    from watcher.config import parse_duration

    try:
        return datetime.now(UTC) - parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--since: {error}") from error


def _watch(config: Path) -> WatchDef:
    """The rules of a configuration; its feeds and targets may have mistakes, but are read too."""
    from watcher.config import load

    return load(config, os.environ).watch


@rules_app.command("list")
def rules_list(
    config: ConfigOption = CONFIG,
    kind: Annotated[RuleKind | None, typer.Option("--kind", help="Only those of this kind.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List topics, terms and entities, and which topics use them."""
    from watcher.cli.asking import list_rules
    from watcher.cli.show_rules import show_list

    rules = [rule for rule in list_rules(_watch(config)) if kind in (None, rule.kind)]
    show_list(screen_for(as_json=as_json), rules)


@rules_app.command("show")
def rules_show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Id of a topic, a term or an entity.")],
    config: ConfigOption = CONFIG,
    language: Annotated[str, typer.Option("--language", help="Only patterns listed under this language.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show a rule: all patterns with the forms that were made of them; of a topic its gate, score and examples."""
    from watcher.cli.asking import show_rule
    from watcher.cli.show_rules import show_rules
    from watcher.matching import compile_watch

    show_rules(screen_for(as_json=as_json), show_rule(compile_watch(_watch(config)), name, language))


@rules_app.command("try")
def rules_try(
    pattern: Annotated[str, typer.Argument(help="A pattern, as in topics.yml, such as 'guarantee* ~4 security'.")],
    state: StateOption = STATE,
    since: Annotated[str, typer.Option("--since", help="Only articles seen in the last 12h, 7d …")] = "7d",
    language: Annotated[str, typer.Option("--language", help="Only articles in this language.")] = "",
    limit: LimitOption = 20,
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Run one pattern over the stored articles: what it finds, in context, how often, in which words."""
    from watcher.cli.asking import try_pattern
    from watcher.cli.show_rules import show_trial

    trial = try_pattern(pattern, database_in(state), since=moment_since(since), language=language, limit=limit)
    show_trial(screen_for(as_json=as_json, zone=zone), trial)


def suggest(
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    since: Annotated[str, typer.Option("--since", help="Look at the articles of the last 12h, 14d …")] = "14d",
    limit: LimitOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Suggest what the rules may lack.

    Spellings of names, and wordings. Nothing is changed.
    """
    from watcher.cli.asking import suggestions
    from watcher.cli.show_rules import show_suggestions
    from watcher.matching import compile_watch

    matcher = compile_watch(_watch(config))
    found = suggestions(matcher, database_in(state), since=moment_since(since), limit=limit)
    show_suggestions(screen_for(as_json=as_json), found)
