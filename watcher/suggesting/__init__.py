"""What the rules may lack: spellings of names, and wordings. For a person to accept; nothing is added by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from watcher.matching import Matcher
from watcher.model import Archived
from watcher.suggesting.names import Alias, find_aliases
from watcher.suggesting.read import Read
from watcher.suggesting.wordings import Wording, find_copies, find_open_gates

__all__ = ["Alias", "Suggestions", "Wording", "suggest"]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What a person may want to add; the likeliest first."""

    aliases: tuple[Alias, ...]
    wordings: tuple[Wording, ...]


def suggest(
    matcher: Matcher, noted: Sequence[Archived], others: Iterable[Archived] = (), *, limit: int = 20
) -> Suggestions:
    """Look for what the rules lack.

    Args:
        noted: articles with a hit or a near miss, the newest first.
        others: articles without either, which may still be copies of a hit; looked at once.
        limit: at most so many suggestions of each kind.
    """
    read = [Read(matcher, article) for article in noted]
    wordings = [*find_copies(matcher, read, others), *find_open_gates(matcher, read)]
    return Suggestions(tuple(find_aliases(matcher, read)[:limit]), tuple(_once(wordings)[:limit]))


def _once(wordings: Iterable[Wording]) -> list[Wording]:
    """One suggestion an article, and each line only once."""
    kept: dict[str, Wording] = {}
    lines: set[tuple[str, str]] = set()
    for wording in wordings:
        line = (wording.term, wording.line)
        if wording.url in kept or (wording.line and line in lines):
            continue
        kept[wording.url] = wording
        lines.add(line)
    return list(kept.values())
