"""Delivery through Apprise: one object, one URL, one recipient, one request; its retries and splitting stay off.

Apprise says only whether a send worked. Why it did not is in the log lines it records for each attempt, so these are
read here: server and transport trouble is a :class:`~watcher.model.Retry`, what will not work again is a
:class:`~watcher.model.Rejected`. Checked against the source of Apprise 2.3.0 and run against 2.2.0 and 2.3.0:

* ``service_timeout=0`` and ``async_mode=False`` run the send in the caller's thread (``Apprise._notify_sequential``);
  with a time-out it would run in a small pool that all targets share, and go on after it was given up.
* Redirects would be followed as GET and reported as success, so they are off.
* The capture sees only what the logger ``apprise`` lets through, and the codes of SMTP are at DEBUG: that logger is
  set to DEBUG and cut off from all handlers, since its lines carry the bot token.
* An HTML mail would get a plain part that Apprise makes from the HTML; so mails are put together in
  :mod:`watcher.notify.mail`, and sent by Apprise's own service.
* Telegram's line ends survive only when the body is declared as HTML; declared as text, empty lines are lost.
"""

from __future__ import annotations

import html
import logging
import re
import sys
import threading
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO, cast
from urllib.parse import unquote

from watcher.model import Delivered, Message, Rejected, Retry, SendOutcome, Settings, Target
from watcher.notify.mail import Letter, MailService, service
from watcher.text import clean_line

if TYPE_CHECKING:
    from apprise.asset import AppriseAsset
    from apprise.plugins.base import NotifyBase
    from apprise.plugins.telegram import NotifyTelegram
    from apprise.result import AppriseResult

REASON_LIMIT = 500
_TELEGRAM_API = "https://api.telegram.org"
_HIDDEN = "***"

# Ours wins over what the URL says; "retry" and "wait" would block the lane, "detect" writes to a stranger,
# "split" cannot be resumed.
_FORCED = {"retry": "0", "wait": "0", "overflow": "upstream", "redirect": "no"}
_FORCED_TELEGRAM = {"detect": "no", "image": "no"}
_TIMEOUTS = {"cto": "5", "rto": "15"}
_MAIL_TIMEOUTS = {"cto": "15", "rto": "15"}

# --- secrets -----------------------------------------------------------------------------------------------------

_BOT_TOKEN = re.compile(r"\d{4,}(?::|%3A)[\w-]{20,}", re.IGNORECASE | re.ASCII)
_USERINFO = re.compile(r"(?<=://)[^/\s@]+(?=@)")
# Query parameters whose values are told to the user as they are: addresses and switches.
_OPEN_PARAMETERS = frozenset("from to name smtp mode format overflow cto rto retry wait verify detect silent".split())  # noqa: SIM905


def secrets_of(url: str) -> tuple[str, ...]:
    """What must not be shown of an Apprise URL, longest first.

    These are the password, every piece of the path that is not an address or a number, the host when it is no host
    name (some services keep a token there), and the values of parameters. A piece counts as it is written and unquoted.
    """
    rest, _, query = url.partition("://")[2].partition("?")
    authority, _, path = rest.partition("/")
    userinfo, at, host = authority.rpartition("@")
    pieces = [piece for piece in path.split("/") if len(piece) >= 8 and not _is_address(piece)]
    pieces += [userinfo.partition(":")[2]] if at else []
    pieces += [host] if len(host) >= 8 and not re.search(r"\.|^localhost", host) else []
    for parameter in query.split("&"):
        name, _, value = parameter.partition("=")
        pieces += [value] if len(value) >= 8 and name.lower() not in _OPEN_PARAMETERS else []
    found = {form for piece in pieces for form in (piece, unquote(piece)) if len(form) >= 3}
    return tuple(sorted(found, key=len, reverse=True))


def _is_address(piece: str) -> bool:
    return "@" in unquote(piece) or bool(re.fullmatch(r"-?\d{1,16}(:\d+)?", piece, re.ASCII))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without the given secrets, bot tokens and the user part of URLs."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return _USERINFO.sub(_HIDDEN, _BOT_TOKEN.sub(_HIDDEN, text))


# --- Apprise -----------------------------------------------------------------------------------------------------


_LOADING = threading.Lock()


@cache
def _apprise() -> ModuleType:
    """Import Apprise and its plugins late (44 MB, 0.3 s), after silencing what would show a URL with its secrets."""
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    for name in ("urllib3", "requests"):  # urllib3 logs the path of a request, and with it the token
        logging.getLogger(name).setLevel(logging.ERROR)
    with _LOADING, warnings.catch_warnings():
        # Some of the 200 plugins import what Python no longer likes; that is not for our users to read.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415

        apprise.Apprise.instantiate("json://localhost")
    return apprise


@cache
def _asset() -> AppriseAsset:
    asset: AppriseAsset = _apprise().AppriseAsset(
        app_id="Watcher",
        app_desc="News watch",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        service_timeout=0,
        async_mode=False,
        http_redirects=False,
        default_service_retry=0,
        storage_mode="memory",
        allow_templates=False,
        interpret_emojis=False,
        pgp_autogen=False,
        pem_autogen=False,
    )
    return asset


class _Unusable(Exception):
    """Apprise cannot use the URL. The text says why and holds no secret."""


class _OfThisThread(logging.Handler):
    """Keeps what is logged by the thread that made it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


@contextmanager
def _complaints() -> Iterator[list[str]]:
    _apprise()
    handler = _OfThisThread()
    logging.getLogger("apprise").addHandler(handler)
    try:
        yield handler.lines
    finally:
        logging.getLogger("apprise").removeHandler(handler)


def _with_parameters(url: str, forced: Mapping[str, str], defaults: Mapping[str, str]) -> str:
    """The URL with our parameters. Others stay byte for byte (``+X-Name`` would not survive a parser)."""
    base, _, query = url.partition("?")
    given = [pair for pair in query.split("&") if pair and pair.partition("=")[0].lower() not in forced]
    names = {pair.partition("=")[0].lower() for pair in given}
    added = [f"{name}={value}" for name, value in (*forced.items(), *defaults.items()) if name not in names]
    return f"{base}?{'&'.join(given + added)}"


def _plugin(target: Target, url: str) -> NotifyBase:
    """The Apprise plugin for a URL.

    Raises:
        _Unusable: it cannot be made, or has not exactly one recipient.
    """
    plugin: NotifyBase | None = None
    with _complaints() as lines:
        try:
            make = _mail_service if target.channel == "email" else _any_service
            plugin = make(url)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; its text may hold the URL
            lines.append(f"{type(error).__name__}: {error}")
    if plugin is None:
        raise _Unusable(_reason(target, "Apprise cannot use the URL", lines))
    recipients = getattr(plugin, "targets", None)
    copies = len(getattr(plugin, "cc", ())) + len(getattr(plugin, "bcc", ()))
    if isinstance(recipients, list | tuple | set) and not recipients:
        raise _Unusable(_reason(target, "the URL names no recipient", lines))
    if lines and any("Dropped invalid" in line for line in lines):
        raise _Unusable(_reason(target, "a recipient is not valid", lines))
    if len(plugin) + copies > 1:
        raise _Unusable("the URL names several recipients: write one target for each")
    return plugin


def _mail_service(url: str) -> NotifyBase | None:
    kind: Any = service()
    found = kind.parse_url(url)
    plugin: NotifyBase | None = kind(**found, asset=_asset()) if found else None
    return plugin


def _any_service(url: str) -> NotifyBase | None:
    plugin: NotifyBase | None = _apprise().Apprise.instantiate(url, asset=_asset())
    return plugin


def _reason(target: Target, what: str, lines: Iterable[str] = ()) -> str:
    detail = "; ".join(lines)
    text = redact(f"{what}: {detail}" if detail else what, secrets_of(target.url))
    return clean_line(text, REASON_LIMIT)


def check_target(target: Target) -> str:
    """Why a target cannot be used; empty when it can. Nothing is sent."""
    if target.channel == "console":
        return ""
    try:
        _plugin(target, target.url)
    except _Unusable as error:
        return str(error)
    return ""


# --- sending -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Trace:
    """What Apprise logged about one attempt."""

    warnings: str
    debug: str


class Notifier:
    """Sends messages. Any number of threads may use one; each call takes as long as the network does.

    Args:
        settings: where the Bot API is.
        stream: what a console target writes to; standard output by default.
    """

    def __init__(self, settings: Settings, *, stream: TextIO | None = None) -> None:
        self._api_base = settings.telegram_api_base
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, target: Target, message: Message, *, idem_key: str) -> SendOutcome:
        """Send a message to a target, once. Never raises for what a server or a URL does.

        Args:
            target: where to.
            message: rendered for the target's format, or as plain text.
            idem_key: makes the ``Message-ID`` of a mail, and its header ``X-Watcher-Alert-Id``.
        """
        if target.channel == "console":
            return self._write(message)
        if target.channel == "null":
            return Delivered()
        try:
            outcome = self._notify(target, message, idem_key)
        except _Unusable as error:
            return Rejected(str(error), "target")
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises concerns this one delivery only
            return Retry(_reason(target, f"Apprise failed: {type(error).__name__}", [str(error)]))
        if isinstance(outcome, Delivered):
            return outcome
        return replace(outcome, reason=_reason(target, outcome.reason))

    def _write(self, message: Message) -> SendOutcome:
        stream = self._stream or sys.stdout
        encoding = getattr(stream, "encoding", None) or "utf-8"
        text = printable(message.plain).encode(encoding, "replace").decode(encoding)
        try:
            with self._lock:
                stream.write(text.rstrip("\n") + "\n\n")
                stream.flush()
        except (OSError, ValueError) as error:  # a closed stream is a ValueError
            return Retry(clean_line(f"cannot write to the console: {error}", REASON_LIMIT))
        return Delivered()

    def _notify(self, target: Target, message: Message, idem_key: str) -> SendOutcome:
        plugin = _plugin(target, self._url(target))
        base = (target.api_base or self._api_base).rstrip("/")
        if target.channel == "telegram" and base != _TELEGRAM_API:
            # The class has a constant; Apprise reads it through the instance.
            cast("NotifyTelegram", plugin).notify_url = f"{base}/bot"
        if target.channel == "email":
            mail = cast("MailService", plugin)
            mail.letter = Letter(message, idem_key, datetime.now(UTC), mail.from_addr[1], mail.targets[0][1])
        title, body, body_format = _payload(target, message)
        service = _apprise().Apprise(asset=_asset())
        service.add(plugin)
        result = service.notify(body=body, title=title, body_format=body_format, log_level=logging.DEBUG)
        if result:
            return Delivered()
        return _classify(target, result.status.name, _trace(result))

    @staticmethod
    def _url(target: Target) -> str:
        if target.channel == "telegram":
            return _with_parameters(target.url, {**_FORCED, **_FORCED_TELEGRAM}, _TIMEOUTS)
        if target.channel == "email":
            return _with_parameters(target.url, _FORCED, _MAIL_TIMEOUTS)
        return _with_parameters(target.url, _FORCED, _TIMEOUTS)


def printable(text: str) -> str:
    """A text of several lines without control and bidi characters, safe to write to a terminal."""
    return "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )


def _payload(target: Target, message: Message) -> tuple[str, str, str]:
    """Title, body and format for Apprise."""
    if target.channel == "telegram":
        # A title would be pasted in as markup; the headline is in the body.
        return "", message.body if message.format == "telegram" else html.escape(message.plain, quote=False), "html"
    if message.format == "text":
        return message.subject, message.body, "text"
    return message.subject, message.body, "html"


def _trace(result: AppriseResult) -> _Trace:
    logged = [*(entry for service in result for attempt in service for entry in attempt.logs), *result.call_logs()]
    loud = [entry.message for entry in logged if entry.level in {"WARNING", "ERROR", "CRITICAL"}]
    return _Trace("\n".join(loud), "\n".join(entry.message for entry in logged if entry.level == "DEBUG"))


# --- what a failure means ----------------------------------------------------------------------------------------

_CODE = re.compile(r"\berror=(\d{3})\b")
_DESCRIPTION = re.compile(r"notification to \S+?: (.*?),? error=\d{3}", re.DOTALL)
_RETRY_AFTER = re.compile(r"retry after (\d+)", re.IGNORECASE)
_MIGRATED = re.compile(r"migrate_to_chat_id\W+(-\d+)")
_EXCEPTION = re.compile(r"(?:Socket|Notification) Exception: (.*)")
# Nothing reached the server.
_NOT_SENT = re.compile(
    r"Failed to establish|Connection refused|Errno 111|NameResolution|getaddrinfo|Name or service|No address|"
    r"ConnectTimeout|connect timeout|unreachable|SSLError|CERTIFICATE|certificate verify",
    re.IGNORECASE,
)
# The request was on its way, or done, when the connection was lost.
_UNKNOWN = re.compile(r"timed out|aborted|reset|closed|broken|IncompleteRead|Disconnected", re.IGNORECASE)

_CHAT_AT_FAULT = re.compile(
    r"chat not found|upgraded to a supergroup|deactivated|user not found|PEER_ID_INVALID|CHAT_\w+|TOPIC_CLOSED|"
    r"not enough rights|have no rights|need administrator rights|not a member|was kicked|was blocked|"
    r"message thread not found|chat_id is empty|can't initiate",
    re.IGNORECASE,
)


def _classify(target: Target, status: str, trace: _Trace) -> SendOutcome:
    if status == "TIMEOUT":  # cannot happen without service_timeout; the send may still be going on
        return Retry("timed out", maybe_sent=True)
    match target.channel:
        case "telegram":
            return _telegram(trace)
        case "email":
            return _mail(trace)
        case _:
            return _service(trace)


def _no_answer(trace: _Trace) -> SendOutcome:
    """There was no answer to judge: trouble on the way, or in Apprise."""
    exception = _EXCEPTION.search(trace.debug)
    detail = exception[1] if exception else trace.warnings
    maybe_sent = not _NOT_SENT.search(detail) and bool(_UNKNOWN.search(detail))
    return Retry(_short(detail) or "Apprise gave no reason", maybe_sent=maybe_sent)


def _short(detail: str) -> str:
    """What requests says of a lost connection, without its own machinery."""
    cause = re.search(r"\(Caused by \w+\(['\"]?(.*?)['\"]?\)\)$", detail)
    return re.sub(r"^HTTPS?Connection(?:Pool)?\([^)]*\): ", "", cause[1] if cause else detail)


def _nothing_to_send(trace: _Trace) -> SendOutcome | None:
    if "No message content" in trace.warnings or "Could not prepare" in trace.warnings:
        return Rejected(trace.warnings, "payload")
    if re.search(r"There (?:are|were) no", trace.warnings):
        return Rejected(trace.warnings, "target")
    return None


def _telegram(trace: _Trace) -> SendOutcome:
    found = _CODE.search(trace.warnings)
    if found is None:
        return _nothing_to_send(trace) or _no_answer(trace)
    code = int(found[1])
    description = _DESCRIPTION.search(trace.warnings)
    reason = f"{code} {description[1] if description else ''}".strip()
    if code == 429:
        return Retry(reason, code, _retry_after(trace), scope="bot")
    if code in {401, 404}:
        return Rejected(reason, "bot", code)
    if code == 403 or (code == 400 and _CHAT_AT_FAULT.search(reason)):
        moved = _MIGRATED.search(trace.debug)
        return Rejected(f"{reason} (its id is now {moved[1]})" if moved else reason, "target", code)
    if code in {400, 413}:
        return Rejected(reason, "payload", code)
    return Retry(reason, code)


def _retry_after(trace: _Trace) -> timedelta | None:
    found = _RETRY_AFTER.search(trace.warnings)
    # A day is more than any limit of Telegram; it bounds what a wrong number can do.
    return timedelta(seconds=min(int(found[1]), 86_400)) if found else None


_SMTP_ANSWER = re.compile(r"(\{.*?)?\((\d{3}), b(?P<quote>['\"])(.*?)(?P=quote)(, )?", re.DOTALL)
_NO_LOGIN = re.compile(
    r"AUTH extension not supported|No suitable authentication|STARTTLS extension not supported", re.IGNORECASE
)
_MAILBOX_AT_FAULT = re.compile(r"^5\.[12]\.\d")


def _mail(trace: _Trace) -> SendOutcome:
    exception = _EXCEPTION.search(trace.debug)
    detail = exception[1] if exception else trace.warnings
    if _NO_LOGIN.search(detail):
        return Rejected(detail, "target")
    answer = _SMTP_ANSWER.search(detail)
    connecting = "Connection error while submitting" in trace.warnings
    if answer is None:
        outcome = _nothing_to_send(trace) or _no_answer(trace)
        return replace(outcome, maybe_sent=False) if connecting and isinstance(outcome, Retry) else outcome
    code, text = int(answer[2]), answer[4]
    if 400 <= code < 500:
        return Retry(f"{code} {text}", code)
    # An answer to the greeting, the login, the sender or the recipient concerns every mail to the target.
    of_data = not (connecting or answer[1] or answer[5] or _MAILBOX_AT_FAULT.match(text))
    return Rejected(f"{code} {text}", "payload" if of_data and code not in {530, 534, 535, 538} else "target", code)


def _service(trace: _Trace) -> SendOutcome:
    """Any other service: HTTP codes mean what they mean everywhere."""
    found = _CODE.search(trace.warnings)
    if found is None:
        return _nothing_to_send(trace) or _no_answer(trace)
    code = int(found[1])
    reason = trace.warnings.splitlines()[0]
    if code == 429:
        return Retry(reason, code, _retry_after(trace))
    if code in {408, 425} or code >= 500 or code < 400:
        return Retry(reason, code)
    return Rejected(reason, "payload" if code in {400, 413, 415, 422} else "target", code)
