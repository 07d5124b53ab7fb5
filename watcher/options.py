"""Options that commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="WATCHER_CONFIG", help="Directory of the configuration.")
]
StateOption = Annotated[
    Path, typer.Option("--state", "-s", envvar="WATCHER_STATE", help="Directory of the database and the lock.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
LevelOption = Annotated[
    str, typer.Option("--log-level", envvar="WATCHER_LOG_LEVEL", help="DEBUG, INFO, WARNING or ERROR.")
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many rows.")]
ZoneOption = Annotated[str, typer.Option("--zone", help="Time zone in which moments are shown, such as Europe/Kyiv.")]

CONFIG = Path("config")
STATE = Path("state")
