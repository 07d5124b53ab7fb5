"""Logging: one line an event, without secrets and without control characters."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from watcher.logs import configure_logging
from watcher.redaction import Redactor

TOKEN = "123456789:AAE-a-token-that-nobody-may-see-0000"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def logged(redactor: Redactor, level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    configure_logging(redactor, stream=stream, level=level)
    return stream


def test_lines_are_json_away_from_a_terminal() -> None:
    """Each event is one JSON object on a line, when, level and event first."""
    stream = logged(Redactor())
    structlog.get_logger("watcher").info("hit", title="Гарантії безпеки", score=9.5)

    line = json.loads(stream.getvalue())
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert (line["title"], line["score"], line["level"]) == ("Гарантії безпеки", 9.5, "info")


def test_known_secrets_are_taken_out_everywhere() -> None:
    """In values, in events, in tracebacks, and in what libraries log."""
    stream = logged(Redactor([TOKEN, "hunter2-and-more"]))
    log = structlog.get_logger("watcher")
    log.info("sent", with_token=TOKEN, url=f"tgram://{TOKEN}/1", nested=["hunter2-and-more"])
    logging.getLogger("some.library").warning("POST /bot%s/sendMessage", TOKEN)
    try:
        raise ValueError(TOKEN)
    except ValueError:
        log.exception("failed")

    assert TOKEN not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert "Traceback" in stream.getvalue()


def test_secrets_are_known_by_their_shape_too() -> None:
    """Tokens and passwords in URLs that no configuration named."""
    redactor = Redactor()

    assert "AAE" not in redactor.redact(f"https://api.telegram.org/bot{TOKEN}/sendMessage")
    assert redactor.redact("smtp://user:pass@mail.example") == "smtp://[user]@mail.example"


def test_new_secrets_replace_the_old_ones() -> None:
    """After a reload the new secrets are looked for, the longest first."""
    redactor = Redactor(["old-secret"])
    redactor.know(["new", "new-and-longer"])

    assert redactor.redact("old-secret new-and-longer new") == "old-secret [secret] [secret]"


def test_hostile_text_cannot_break_a_line() -> None:
    """Line ends, escape sequences and bidi controls of a feed stay out of the log."""
    stream = logged(Redactor())
    structlog.get_logger("watcher").info("hit", title="one\ntwo\x1b[31m\u202etxt.exe")

    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert "\u202e" not in stream.getvalue()


def test_chatty_libraries_are_kept_down() -> None:
    """At DEBUG, the request lines of libraries, which hold tokens, are still not written."""
    stream = logged(Redactor(), level="DEBUG")
    logging.getLogger("urllib3.connectionpool").debug("POST /bot1/x")
    structlog.get_logger("watcher").debug("ours")

    assert "POST" not in stream.getvalue()
    assert "ours" in stream.getvalue()
