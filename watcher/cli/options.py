"""Options that commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

# Written out here, so that the command line knows its words without loading what they belong to.
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Level = Literal["core", "mention"]
DeliveryState = Literal["pending", "inflight", "sent", "dead", "dropped", "held", "collapsed"]
RuleKind = Literal["topic", "term", "entity"]
OutletKind = Literal["official", "wire", "national", "local", "aggregator"]


def _known_zone(name: str) -> str:
    """A time zone that there is; UTC needs no data base of them."""
    if name == "UTC":
        return name
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise typer.BadParameter(f"{name!r} is no time zone such as Europe/Kyiv or UTC.") from error
    return name


ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="WATCHER_CONFIG", help="Directory of the configuration.")
]
StateOption = Annotated[
    Path, typer.Option("--state", "-s", envvar="WATCHER_STATE", help="Directory of the database and the lock.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
LogLevelOption = Annotated[
    LogLevel,
    typer.Option("--log-level", envvar="WATCHER_LOG_LEVEL", case_sensitive=False, help="What is worth a line."),
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        envvar="WATCHER_ENGINE",
        help="Where feeds are parsed and articles read: local, or dask://HOST:PORT.",
    ),
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000_000, help="At most so many rows.")]
ZoneOption = Annotated[
    str,
    typer.Option("--zone", callback=_known_zone, help="Time zone in which moments are shown, such as Europe/Kyiv."),
]

CONFIG = Path("config")
STATE = Path("state")
