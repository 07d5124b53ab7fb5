"""What commands write to; what draws on it is loaded when something is shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watcher.cli.show import Screen


def screen_for(*, as_json: bool = False, zone: str = "UTC", err: bool = False) -> Screen:
    """The screen of a command.

    Args:
        as_json: listings are JSON.
        zone: in which moments are shown.
        err: what is shown is no result, and goes to standard error.
    """
    from watcher.cli.show import Screen

    return Screen(as_json=as_json, zone=zone, out=sys.stderr if err else None)
