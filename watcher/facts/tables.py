"""Reading the tables of words: ``head: words``, one entry a line, an indented line goes on with the entry before."""

from __future__ import annotations

from collections.abc import Iterator


def words(spec: str) -> tuple[str, ...]:
    """The words of a list parted by blanks."""
    return tuple(spec.split())


def _entries(table: str) -> Iterator[tuple[str, str]]:
    """(head, words) of each entry."""
    entry = ""
    for line in [*table.strip("\n").split("\n"), "end:"]:
        if entry and not line.startswith(" "):
            head, _, rest = entry.partition(":")
            yield head, rest
            entry = ""
        entry += line


def rows(table: str) -> Iterator[tuple[str, str, str]]:
    """(languages, value, words) of each entry ``languages/value: words``."""
    for head, rest in _entries(table):
        languages, _, value = head.partition("/")
        yield languages, value, rest


def steps(table: str) -> Iterator[tuple[str, list[str]]]:
    """(head, words of the first place, of the second, …) of each entry ``head: words | words``."""
    for head, rest in _entries(table):
        yield head, rest.split("|")
