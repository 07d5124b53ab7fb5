"""Numbers and lengths of time in words that people read."""

from __future__ import annotations

import unicodedata
from datetime import timedelta


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number with its noun: ``1 hit``, ``2 hits``, ``2 entries``.

    Args:
        nouns: of more than one; the noun with an s when empty.
    """
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def span(time: timedelta) -> str:
    """A length of time in the largest unit of which there are two or more: ``90 s``, ``95 min``, ``3 h``, ``2 d``."""
    seconds = max(0, int(time.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def one_line(text: str, limit: int = 300) -> str:
    """Text from outside on one line, without what could act on a terminal: control characters, marks of direction."""
    line = " ".join("".join(map(_seen, text[: 20 * limit])).split())
    return line if len(line) <= limit else line[: max(0, limit - 1)].rstrip() + "…"


def _seen(char: str) -> str:
    if char.isprintable() or char in "\u200c\u200d":  # joiners, which scripts of Asia and emoji need
        return char
    return "" if unicodedata.category(char) == "Cf" else " "
