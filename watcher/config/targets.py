"""Composes the Apprise URL of a target. Every part is quoted; one URL has one recipient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

Security = Literal["starttls", "tls", "none"]

CONSOLE_URL = "console://"
_MODES = {"starttls": "starttls", "tls": "ssl", "none": "insecure"}
_PORTS = {"starttls": 587, "tls": 465, "none": 25}

# Apprise would ask the bot for anybody who ever wrote to it (detect), follow redirects to pages that answer 200
# (redirect), and give up on a busy server after 4 seconds (cto, rto).
_TELEGRAM_OPTIONS = {"detect": "no", "redirect": "no", "cto": "5", "rto": "15"}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where an e-mail goes, and how."""

    server: str
    port: int | None
    security: Security
    user: str
    password: str
    sender: str
    to: str


def telegram_url(token: str, chat: str, *, topic: int | None, silent: bool) -> str:
    """The URL for one chat, given by number or as ``@name``."""
    options = dict(_TELEGRAM_OPTIONS)
    if topic is not None:
        options["topic"] = str(topic)
    if silent:
        options["silent"] = "yes"
    return f"tgram://{_quote(token)}/{_quote(chat)}/?{urlencode(options)}"


def email_url(box: Mailbox) -> str:
    """The URL for one mailbox. ``smtp`` is given always, so that Apprise applies no defaults of known providers."""
    login = f"{_quote(box.user)}:{_quote(box.password)}@" if box.user else ""
    host = f"[{box.server}]" if ":" in box.server else box.server
    options = {"smtp": box.server, "mode": _MODES[box.security], "from": box.sender, "to": box.to, "cto": "15"}
    schema = "mailto" if box.security == "none" else "mailtos"
    return f"{schema}://{login}{host}:{box.port or _PORTS[box.security]}/?{urlencode(options, quote_via=quote)}"


def apprise_url(url: str) -> str:
    """A URL of the user's, told not to follow redirects unless it says otherwise."""
    if "redirect=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}redirect=no"


def _quote(text: str) -> str:
    return quote(text, safe="")
