"""A Bot API server on loopback that answers as Telegram does, and misbehaves as it is told.

It checks the HTML of a message by the rules of Telegram's own parser (``parse_html`` of tdlib's
``MessageEntity.cpp``), so that a message it accepts is one that Telegram would accept.

::

    with TelegramServer([flood(7)]) as server:      # the first request is refused, all others are accepted
        ...                                         # api_base = server.base
        sent = server.wait_for(1)
"""

from __future__ import annotations

import html
import json
import re
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Any, Literal, Self

TAGS = frozenset(
    "a b strong i em s strike del u ins tg-spoiler tg-emoji span pre code blockquote".split()  # noqa: SIM905 - one line
)
LIMIT = 4096
_ENTITY = re.compile(r"&(#x[0-9a-fA-F]+|#[0-9]+|lt|gt|amp|quot);?")
_TOKEN = re.compile(r"^\d+:[\w-]{20,}$", re.ASCII)
_DEFAULT_TOKEN = "123456789:AAE-test-token-of-the-stand-in-000"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to do with one ``sendMessage`` request.

    Attributes:
        body: the answer; None lets the server judge the message and answer ``ok`` or a 400.
        accept: the message counts as sent, whatever becomes of the answer.
        then: ``answer``, ``hang`` (no answer until the server closes) or ``reset`` (TCP reset).
        delay: seconds before the answer.
    """

    status: int = 200
    body: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    accept: bool = True
    then: Literal["answer", "hang", "reset"] = "answer"
    delay: float = 0.0


def _error(code: int, description: str, **parameters: int) -> Reply:
    answer: dict[str, object] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        answer["parameters"] = parameters
    return Reply(code, json.dumps(answer).encode(), accept=False)


def ok() -> Reply:
    """Judge the message; accept it when it is well formed."""
    return Reply()


def flood(retry_after: int) -> Reply:
    """429: the bot sends too much."""
    return _error(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def cant_parse() -> Reply:
    """400: the markup is refused, whatever it is."""
    return _error(400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 3')


def chat_not_found() -> Reply:
    """400: there is no such chat, or the bot never met it."""
    return _error(400, "Bad Request: chat not found")


def upgraded(chat_id: int = -1001234567890) -> Reply:
    """400: the group became a supergroup with another id."""
    return _error(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat_id)


def blocked() -> Reply:
    """403: the user blocked the bot."""
    return _error(403, "Forbidden: bot was blocked by the user")


def unauthorized() -> Reply:
    """401: the token was revoked."""
    return _error(401, "Unauthorized")


def not_found() -> Reply:
    """404: the token is not one."""
    return _error(404, "Not Found")


def server_error() -> Reply:
    """500: trouble inside Telegram."""
    return _error(500, "Internal Server Error")


def bad_gateway() -> Reply:
    """502 with a page of HTML from the proxy in front."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    return Reply(502, page, "text/html", accept=False)


def redirect(url: str) -> Reply:
    """302 to somewhere else."""
    return Reply(302, b"", "text/html", (("Location", url),), accept=False)


def slow(seconds: float) -> Reply:
    """Accept, but answer late."""
    return Reply(delay=seconds)


def accept_then_hang() -> Reply:
    """Accept the message and never answer: the sender cannot know."""
    return Reply(then="hang")


def accept_then_reset() -> Reply:
    """Accept the message and reset the connection: the sender cannot know."""
    return Reply(then="reset")


def reset() -> Reply:
    """Reset the connection without taking the message."""
    return Reply(then="reset", accept=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was accepted.

    Attributes:
        text: as it was sent, with markup.
        plain: what the reader sees.
        links: (text, href) of each link.
        at: monotonic time.
    """

    chat_id: str
    text: str
    plain: str
    links: tuple[tuple[str, str], ...]
    token: str
    payload: Mapping[str, Any] = field(repr=False)
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came in, accepted or not."""

    chat_id: str
    status: int
    at: float


class MarkupError(ValueError):
    """Telegram would refuse the markup; the text is its description."""


def utf16_units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _decode(text: str) -> str:
    return _ENTITY.sub(lambda match: html.unescape(match[0] if match[0].endswith(";") else match[0] + ";"), text)


def _start_tag(source: str, begin: int) -> tuple[str, dict[str, str], int]:
    """Read a start tag at ``begin`` (the ``<``); give its name, attributes and the position after it."""
    match = re.compile(r"<([^\s>]*)").match(source, begin)
    assert match is not None
    name, at = match[1].lower(), match.end()
    if name not in TAGS:
        raise MarkupError(f'Unsupported start tag "{name}" at byte offset {len(source[:begin].encode())}')
    attributes: dict[str, str] = {}
    attribute = re.compile(r"""\s*([^\s=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]+)))?""")
    while True:
        while at < len(source) and source[at].isspace():
            at += 1
        if at >= len(source):
            raise MarkupError(f"Unclosed start tag at byte offset {len(source[:begin].encode())}")
        if source[at] == ">":
            break
        found = attribute.match(source, at)
        if found is None:
            raise MarkupError(f'Expected equal sign in declaration of an attribute of the tag "{name}"')
        attributes[found[1].lower()] = _decode(found[2] or found[3] or found[4] or "")
        at = found.end()
    if name == "span" and attributes.get("class", "").removeprefix("tg-") != "spoiler":
        raise MarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {len(source[:begin].encode())}')
    return name, attributes, at + 1


def parse_html(source: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Parse a message as Telegram does.

    Returns:
        The text a reader sees, and its links.

    Raises:
        MarkupError: Telegram would answer "can't parse entities".
    """
    plain: list[str] = []
    links: list[tuple[str, str]] = []
    open_tags: list[tuple[str, dict[str, str], int]] = []
    at = 0
    while at < len(source):
        if source[at] != "<":
            end = source.find("<", at)
            end = len(source) if end < 0 else end
            plain.append(_decode(source[at:end]))
            at = end
        elif source.startswith("</", at):
            at = _end_tag(source, at, open_tags, plain, links)
        else:
            name, attributes, at = _start_tag(source, at)
            open_tags.append((name, attributes, len(plain)))
    if open_tags:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return "".join(plain), tuple(links)


def _end_tag(
    source: str,
    at: int,
    open_tags: list[tuple[str, dict[str, str], int]],
    plain: list[str],
    links: list[tuple[str, str]],
) -> int:
    offset = len(source[:at].encode())
    if not open_tags:
        raise MarkupError(f"Unexpected end tag at byte offset {offset}")
    match = re.compile(r"</([^\s>]*)\s*>").match(source, at)
    if match is None:
        raise MarkupError(f"Unclosed end tag at byte offset {offset}")
    name, attributes, begin = open_tags.pop()
    if match[1] and match[1].lower() != name:
        raise MarkupError(f'Unmatched end tag at byte offset {offset}, expected "</{name}>", found "</{match[1]}>"')
    if name == "a":
        text = "".join(plain[begin:])
        links.append((text, attributes.get("href", text)))
    return match.end()


def judge(payload: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]] | Reply:
    """What Telegram makes of a ``sendMessage``: the plain text and links, or a refusal."""
    text = str(payload.get("text", ""))
    if any("\ud800" <= char <= "\udfff" for char in text):
        return _error(400, "Bad Request: strings must be encoded in UTF-8")
    if not payload.get("chat_id"):
        return _error(400, "Bad Request: chat_id is empty")
    try:
        plain, links = parse_html(text) if payload.get("parse_mode") == "HTML" else (text, ())
    except MarkupError as error:
        return _error(400, f"Bad Request: can't parse entities: {error}")
    if not plain.strip():
        return _error(400, "Bad Request: message text is empty")
    if utf16_units(plain) > LIMIT:
        return _error(400, "Bad Request: message is too long")
    return plain, links


class TelegramServer:
    """A Bot API server in threads of its own.

    Args:
        script: what to do with the first requests, in order; later ones are judged as Telegram would.
        chats: what to do with every request for a chat, whatever the script says.
        tokens: the tokens it knows; any other well-formed one is a 401. None accepts all.
        port: where to listen; 0 takes any free port.
    """

    token = _DEFAULT_TOKEN

    def __init__(
        self,
        script: Iterable[Reply] = (),
        *,
        chats: Mapping[str, Reply] | None = None,
        tokens: Iterable[str] | None = None,
        port: int = 0,
    ) -> None:
        self._script = deque(script)
        self._chats = dict(chats or {})
        self._tokens = None if tokens is None else frozenset(tokens)
        self._news = threading.Condition()
        self._closing = threading.Event()
        self.messages: list[Sent] = []
        self.requests: list[Request] = []
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name="telegram")

    @property
    def base(self) -> str:
        """The ``api_base`` to give to the sender."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        """Begin to serve; the port is open already."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Let hanging requests go and stop."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def script(self, *replies: Reply) -> None:
        """Add to what is to be done with the next requests."""
        with self._news:
            self._script.extend(replies)

    def for_chat(self, chat_id: str, reply: Reply | None) -> None:
        """From now on do this with every request for a chat; None makes it normal again."""
        with self._news:
            if reply is None:
                self._chats.pop(chat_id, None)
            else:
                self._chats[chat_id] = reply

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Sent]:
        """Wait until so many messages were accepted in all.

        Raises:
            TimeoutError: they did not come in time.
        """
        with self._news:
            if not self._news.wait_for(lambda: len(self.messages) >= count, timeout):
                raise TimeoutError(f"{len(self.messages)} of {count} messages after {timeout} s")
            return list(self.messages)

    def wait_for_requests(self, count: int, timeout: float = 10.0) -> list[Request]:
        """Wait until so many requests came in, accepted or not.

        Raises:
            TimeoutError: they did not come in time.
        """
        with self._news:
            if not self._news.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests after {timeout} s")
            return list(self.requests)

    def answer(self, token: str, payload: Mapping[str, Any]) -> Reply:
        """Take one ``sendMessage`` and say what is to be answered."""
        chat_id = str(payload.get("chat_id", ""))
        with self._news:
            reply = self._choose(token, chat_id)
            judged = judge(payload) if reply.body is None else None
            if isinstance(judged, Reply):
                reply = judged
            elif judged is not None and reply.accept:
                plain, links = judged
                self.messages.append(Sent(chat_id, payload["text"], plain, links, token, payload, time.monotonic()))
            self.requests.append(Request(chat_id, reply.status, time.monotonic()))
            self._news.notify_all()
            return reply

    def _choose(self, token: str, chat_id: str) -> Reply:
        if not _TOKEN.match(token):
            return not_found()
        if self._tokens is not None and token not in self._tokens:
            return unauthorized()
        if chat_id in self._chats:
            return self._chats[chat_id]
        return self._script.popleft() if self._script else ok()

    def let_go(self) -> None:
        """Let hanging requests go, without an answer."""
        self._closing.set()

    def pause(self, seconds: float | None) -> None:
        """Wait so long, or until the server closes."""
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news; the test sees what matters."""


def _handler(telegram: TelegramServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            payload = json.loads(self.rfile.read(length) or b"{}")
            match = re.fullmatch(r"/bot([^/]+)/(\w+)", self.path)
            if match is None or match[2] != "sendMessage":
                self._send(not_found(), b"")
                return
            reply = telegram.answer(match[1], payload)
            if reply.delay:
                telegram.pause(reply.delay)
            self._finish(reply)

        def _finish(self, reply: Reply) -> None:
            if reply.then == "hang":
                telegram.pause(None)
                self.close_connection = True
            elif reply.then == "reset":
                self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            else:
                self._send(reply, b'{"ok":true,"result":{"message_id":1}}')

        def _send(self, reply: Reply, default: bytes) -> None:
            body = default if reply.body is None else reply.body
            with suppress(ConnectionError):
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Tests look at the recorded requests instead."""

    return Handler


def floods(count: int, retry_after: int) -> Iterator[Reply]:
    """So many refusals in a row."""
    return (flood(retry_after) for _ in range(count))
