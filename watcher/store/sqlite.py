"""sqlite-utils, without NumPy.

It takes NumPy along wherever that is installed, as it is for the charts of digests, to store values that nobody here
has: 15 MB in each process, and a fifth of a second for each command.
"""

from __future__ import annotations

import sys

_NUMPY = "numpy"
_unloaded = _NUMPY not in sys.modules
if _unloaded:
    sys.modules[_NUMPY] = None  # type: ignore[assignment] # what Python documents to make an import fail
try:
    import sqlite_utils
    from sqlite_utils.migrations import Migrations
finally:
    if _unloaded:
        del sys.modules[_NUMPY]

__all__ = ["Migrations", "sqlite_utils"]
