"""Where the state of a watch is kept. It loads nothing."""

from __future__ import annotations

from pathlib import Path


def database_in(state: Path) -> Path:
    """The database of a state directory."""
    return state / "watcher.db"
