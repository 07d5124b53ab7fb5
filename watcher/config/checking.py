"""The whole check: files, rules compiled, examples run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from watcher.config.load import Config, in_order, load
from watcher.errors import ConfigError, Problem


def check(directory: Path, env: Mapping[str, str]) -> tuple[Config | None, list[Problem]]:
    """Loads a configuration, compiles its rules and runs their examples.

    Returns:
        The configuration, None when it has errors; and all problems, warnings included, in the order of the files.
    """
    try:
        config = load(directory, env)
    except ConfigError as error:
        return None, list(error.problems)
    from watcher.matching import rule_problems  # noqa: PLC0415 - who has them checked elsewhere goes without

    problems = in_order([*config.warnings, *rule_problems(config.watch)])
    broken = any(problem.severity == "error" for problem in problems)
    return (None if broken else config), problems
