"""The environment of the process: taken once, and then let go of, so that no child process gets its secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# What programs and libraries need that is nobody's secret.
_KEPT: Final = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM", "COLUMNS", "LINES", "NO_COLOR",
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE", "LD_LIBRARY_PATH", "VIRTUAL_ENV",
    }
)  # fmt: skip
_KEPT_PREFIXES: Final = ("LC_", "PYTHON", "COV_", "COVERAGE_")
# Apprise reaches its services through them. One with a password in it stays out.
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def take_environment() -> Mapping[str, str]:
    """Return the environment as it is, and leave only what is harmless to the process and its children.

    Called before any thread or child process is started.
    """
    taken = MappingProxyType(dict(os.environ))
    for name, value in taken.items():
        if not _harmless(name, value):
            del os.environ[name]
    return taken


def _harmless(name: str, value: str) -> bool:
    if name.lower() in _PROXIES:
        return "@" not in value
    return name in _KEPT or name.startswith(_KEPT_PREFIXES)
