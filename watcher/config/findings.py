"""Collects what is wrong with a configuration, so that all of it is told at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from watcher.errors import Problem

Path_ = tuple[str | int, ...]
Severity = Literal["error", "warning"]


class Placed(Protocol):
    """What knows the file and the line of a path."""

    @property
    def file(self) -> str:
        """The name of the file."""

    def line(self, path: Path_) -> int:
        """The line of what is at a path."""


@dataclass(slots=True)
class Findings:
    """Problems in the order in which they are found."""

    problems: list[Problem] = field(default_factory=list)

    def at(self, file: str, line: int, message: str, remedy: str = "", *, field: Path_ = ()) -> None:
        """Adds an error at a line."""
        self.problems.append(Problem(file, line, dotted(field), message, remedy))

    def error(self, document: Placed, path: Path_, message: str, remedy: str = "") -> None:
        """Adds an error at a path of a document."""
        self._add(document, path, message, remedy, "error")

    def warning(self, document: Placed, path: Path_, message: str, remedy: str = "") -> None:
        """Adds a warning at a path of a document."""
        self._add(document, path, message, remedy, "warning")

    def _add(self, document: Placed, path: Path_, message: str, remedy: str, severity: Severity) -> None:
        self.problems.append(Problem(document.file, document.line(path), dotted(path), message, remedy, severity))

    def hide(self, secrets: Iterable[str]) -> None:
        """Takes secrets out of what was found so far."""
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            self.problems = [
                replace(each, message=each.message.replace(secret, "…"), remedy=each.remedy.replace(secret, "…"))
                for each in self.problems
            ]


def dotted(path: Sequence[str | int]) -> str:
    """A path as people write it: ``outlets.bbc.feeds[0].url``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[\w-]+", part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy that names the known word nearest to ``word``, else ``otherwise``."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else otherwise


def one_of(words: Iterable[str]) -> str:
    """A remedy that lists what is allowed, shortened when it is long."""
    listed = sorted(words)
    shown = ", ".join(listed[:12]) + (", …" if len(listed) > 12 else "")
    return f"use one of: {shown}" if listed else "nothing is defined yet"
