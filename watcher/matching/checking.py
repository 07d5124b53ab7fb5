"""Whether rules can be used: their patterns, and what their own examples say."""

from __future__ import annotations

from watcher.errors import ConfigError, Problem
from watcher.matching.definitions import WatchDef
from watcher.matching.lints import lint
from watcher.matching.matcher import compile_watch


def rule_problems(watch: WatchDef) -> list[Problem]:
    """What is wrong inside the patterns, or comes out wrong for the examples."""
    found = list(lint(watch))
    try:
        matcher = compile_watch(watch)
    except ConfigError as error:
        return [*found, *error.problems]
    return [*found, *matcher.check_examples()]
