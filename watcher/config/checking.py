"""The whole check: files, rules compiled, examples run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from watcher.config.load import Config, in_order, load
from watcher.errors import ConfigError, Problem
from watcher.matching import compile_watch, lint


def check(directory: Path, env: Mapping[str, str]) -> tuple[Config | None, list[Problem]]:
    """Loads a configuration, compiles its rules and runs their examples.

    Returns:
        The configuration, None when it has errors; and all problems, warnings included, in the order of the files.
    """
    try:
        config = load(directory, env)
    except ConfigError as error:
        return None, list(error.problems)
    problems = in_order([*config.warnings, *_rules(config)])
    broken = any(problem.severity == "error" for problem in problems)
    return (None if broken else config), problems


def _rules(config: Config) -> list[Problem]:
    """What is wrong inside the patterns, or comes out wrong for the examples."""
    found = list(lint(config.watch))
    try:
        matcher = compile_watch(config.watch)
    except ConfigError as error:
        return [*found, *error.problems]
    return [*found, *matcher.check_examples()]
