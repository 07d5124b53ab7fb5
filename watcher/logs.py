"""Logging: for people on a terminal, JSON lines otherwise, without secrets and without control characters."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import IO, Any

import structlog

from watcher.text import clean_line

# What looks like a secret wherever it comes from: bot tokens, and user names with passwords in URLs.
_SHAPES = (
    (re.compile(r"\b(?:bot)?\d{6,}:[\w-]{20,}"), "[token]"),
    (re.compile(r"://[^/@\s:]{1,200}:[^/@\s]{1,200}@"), "://[user]@"),
)

# These libraries write request lines with tokens in them at DEBUG.
_TALKATIVE = ("urllib3", "requests", "aiohttp.access", "trafilatura", "htmldate", "charset_normalizer")


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
                kept = value if key in {"exception", "timestamp"} else clean_line(value, 2000)
                event[key] = self.redact(kept)
            elif not isinstance(value, int | float | bool | type(None)):
                event[key] = self.redact(clean_line(str(value), 2000))
        return event


def _in_order(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """When, how bad and what first: that is what eyes look for, in JSON lines too."""
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return {**first, **event}


def configure_logging(redactor: Redactor, *, stream: IO[str] | None = None, level: str = "INFO") -> None:
    """Send all logging of the process, ours and the libraries', through one place.

    Args:
        stream: where to write; standard error when None. JSON lines are written unless it is a terminal.
        level: name of the least level to be shown.
    """
    out = stream if stream is not None else sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
        if out.isatty()
        else structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redactor,
        _in_order,
    ]
    renderer: structlog.typing.Processor
    if out.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    else:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(max(logging.WARNING, logging.getLevelName(level)))
