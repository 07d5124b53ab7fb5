"""Takes secrets out of what is logged or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from typing import Any

from watcher.wording import one_line

# What looks like a secret wherever it comes from: bot tokens; user names and passwords, keys and tokens in URLs.
_SHAPES = (
    (re.compile(r"\b(?:bot)?\d{6,}:[\w-]{20,}"), "[token]"),
    (re.compile(r"://[^/@\s:]{1,200}:[^/@\s]{1,200}@"), "://[user]@"),
    (
        re.compile(r"([?&](?:api_?key|access_token|token|secret|password|passwd)=)[^&#\s\"']+", re.IGNORECASE),
        r"\1[secret]",
    ),
)


class Redactor:
    """Takes secrets out of everything that is logged.

    The set of secrets is replaced on every reload; longer ones go first, so that no part of one remains.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: tuple[str, ...] = ()
        self.know(secrets)

    def know(self, secrets: Iterable[str]) -> None:
        """Replace the secrets that are looked for."""
        self._secrets = tuple(sorted((secret for secret in secrets if secret), key=len, reverse=True))

    def redact(self, text: str) -> str:
        """Return the text without any secret."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        for shape, instead in _SHAPES:
            text = shape.sub(instead, text)
        return text

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Work as a structlog processor."""
        for key, value in event.items():
            if isinstance(value, str):
                kept = value if key in {"exception", "timestamp"} else one_line(value, 2000)
                event[key] = self.redact(kept)
            elif not isinstance(value, int | float | bool | type(None)):
                event[key] = self.redact(one_line(str(value), 2000))
        return event
