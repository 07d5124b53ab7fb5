r"""A scripted HTTP/1.1 server on loopback that can behave well, and can misbehave in every way a feed server does.

It speaks raw TCP, so that it can cut, stall, lie and reset. It runs in the event loop of a test, or in a thread of its
own beside a real daemon process::

    async with WebServer() as web:                    # in the running loop
    with WebServer() as web:                          # in a background thread; every method is thread-safe

    web.feed("/rss", rss([Item("A title", link="https://x.example/1")]))   # correct ETag and 304; modified= adds a date
    web.feed("/gz", body, coding="gzip", framing="chunked")                # the same, compressed, in chunks
    web.feed("/rss", new_body)                                             # change it while the server runs
    web.page("/article/1", "<html>...</html>")                             # a plain page: text/html, no validators
    web.redirect("/old", "/rss", 301)                                      # 301 302 303 307 308; loops too
    web.redirect("/in", "http://169.254.169.254/latest")                   # to a private address
    web.status("/busy", 429, retry_after="120")                            # 404 410 429 503 ...
    web.robots("User-agent: *\nDisallow: /private/")                      # /robots.txt
    web.add("/odd", Reply(body=b"...", cut=100))                           # anything else, see below
    web.remove("/rss")                                                     # 404 again, as every unknown path

    web.url("/rss")                 # "http://127.0.0.1:PORT/rss"; web.url("/rss", host="localhost") by another name
    web.requests, web.seen("/rss")  # what was asked, in order: method, target, headers, body, time, connection
    await web.wait_for("/rss", 3)   # until the third request has been answered (begun=True: has come), or TimeoutError
    web.wait("/rss", 3)             # the same outside a loop
    web.peak                        # the most requests that were being answered at once

**A route** is a :class:`Reply`, or a function from :class:`Request` to a Reply: ``web.add("/n", lambda request: ...)``.
:class:`Document` is the well-behaved one behind ``feed``. :class:`Script` gives one reply after the other and repeats
the last: ``web.add("/flaky", Script(Reply(503), Reply(503), Document(body)))``. A function that raises gives a 500.
A path with a query (``/n?page=2``) is looked up whole first, then without its query.

**Faults** are fields of Reply, or ready-made functions:

================================================  ====================================================================
``Reply(body=b, cut=10)``                         Content-Length says len(b), 10 bytes come, then the connection ends
``Reply(body=b, framing="chunked", cut=10)``      a chunk is cut off
``Reply(body=b, framing="close", cut=10)``        neither length nor chunks: that something is missing cannot be seen
``Reply(body=b, coding="gzip", squeeze_cut=50)``  the gzip stream is cut, but the length agrees with it
``Reply(body=b, cut=10, reset=True)``             the connection is reset (RST) instead of closed
``Reply(body=b, stall="head")``                   nothing comes until ``web.release()``
``Reply(body=b, stall="header")``                 half of the headers come, the rest only after ``web.release()``
``Reply(body=b, stall="body", cut=10)``           the headers and 10 bytes come, the rest only after ``web.release()``
``Reply(body=b, drip=0.02)``                      one byte of everything every 20 ms
``Reply(raw=b"HTTP/9.9 what\r\n")``               these very bytes, then the connection ends
``bomb(megabytes)``                               a small gzip body that unpacks to so many megabytes
``big_header(size)``, ``many_headers(count)``     headers beyond what one has to accept
``continue_flood(count)``                         so many ``100 Continue`` before the answer
``not_modified_with_body(etag)``                  a 304 that carries a body, which it must not
``wrong_charset(text)``                           UTF-8 bytes declared as ISO-8859-1
================================================  ====================================================================

HTML instead of a feed is ``web.page`` at the feed's path. :func:`rss` and :func:`atom` write feeds from :class:`Item`.

Times of requests are monotonic seconds. ``Date`` comes from the clock handed in (``WebServer(clock=...)``), real time
by default. ``WebServer(host="127.0.0.2")`` is another host for a client that counts connections per host and keeps
away from a host after a 429: serve what answers 429 from there. ``WebServer(tls=context)`` speaks TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import html
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.client import responses
from socket import SO_LINGER, SOL_SOCKET
from typing import Literal, Self, cast

Coding = Literal["identity", "gzip", "deflate", "raw-deflate"]
Framing = Literal["length", "chunked", "close"]
Stall = Literal["", "head", "header", "body"]
Headers = tuple[tuple[str, str], ...]

PATIENCE = 20.0  # seconds that a wait lasts at most, so that a broken test fails instead of hanging
CHUNK = 16_384


# --- what goes over the wire -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came.

    Attributes:
        target: path with query, as it stood in the request line; ``path`` is without the query.
        headers: names in lower case; a repeated header is joined with ``, ``.
        time: monotonic seconds at the end of the headers.
        connection: a number for each connection, from 1, to see which were kept alive.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    time: float
    connection: int

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, with what is to go wrong. See the table at the top of the module.

    Attributes:
        headers: replace those the server would send of itself (Date, Content-Type, Content-Length, ...).
        body: before the content coding.
        coding: how the body is compressed; the server says so in Content-Encoding.
        cut: so many bytes of the coded body are sent, then comes the fault; None sends them all.
        squeeze_cut: the coded body is cut to so many bytes *before* its length is counted.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    coding: Coding = "identity"
    framing: Framing = "length"
    cut: int | None = None
    squeeze_cut: int | None = None
    reset: bool = False
    stall: Stall = ""
    drip: float = 0.0
    raw: bytes | None = None

    @property
    def faulty(self) -> bool:
        """The connection cannot be used again after this answer."""
        cut_off = self.cut is not None and self.stall != "body"
        return cut_off or self.reset or self.raw is not None or self.framing == "close"


Route = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Document:
    """A well-behaved route: validators made from the content, 304 where it is due.

    Attributes:
        etag: None makes one from the body, empty sends none.
        modified: None sends no Last-Modified.
        headers: more headers, on 200 and 304 alike, such as Cache-Control.
    """

    body: bytes
    content_type: str = "application/rss+xml; charset=utf-8"
    etag: str | None = None
    modified: datetime | None = None
    headers: Headers = ()
    coding: Coding = "identity"
    framing: Framing = "length"

    def __call__(self, request: Request) -> Reply:
        validators = self.validators()
        if self._known_to(request):
            return Reply(304, headers=validators + self.headers)
        return Reply(
            headers=validators + self.headers,
            body=self.body,
            content_type=self.content_type,
            coding=self.coding,
            framing=self.framing,
        )

    def validators(self) -> Headers:
        """The headers that make the next request conditional."""
        tag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"' if self.etag is None else self.etag
        etag = (("ETag", tag),) if tag else ()
        return etag + ((("Last-Modified", http_date(self.modified)),) if self.modified else ())

    def _known_to(self, request: Request) -> bool:
        """RFC 9110, 13.2.2: If-None-Match decides alone when it is there."""
        tag = dict(self.validators()).get("ETag")
        if (wanted := request.headers.get("if-none-match")) is not None:
            bare = {part.strip().removeprefix("W/") for part in wanted.split(",")}
            return tag is not None and (wanted == "*" or tag.removeprefix("W/") in bare)
        since = request.headers.get("if-modified-since")
        return bool(since and self.modified and self.modified.replace(microsecond=0) <= parsedate_to_datetime(since))


class Script:
    """One route after the other, one for each request; the last one stays."""

    def __init__(self, *steps: Reply | Route) -> None:
        self._steps = steps
        self._next = 0

    def __call__(self, request: Request) -> Reply:
        step = self._steps[min(self._next, len(self._steps) - 1)]
        self._next += 1
        return step if isinstance(step, Reply) else step(request)


def http_date(moment: datetime) -> str:
    """A time as HTTP spells it (IMF-fixdate)."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def bomb(megabytes: int, coding: Literal["gzip", "deflate"] = "gzip") -> Reply:
    """A small compressed body that unpacks to ``megabytes`` of zeros."""
    squeeze = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    block = bytes(1_000_000)
    packed = b"".join(squeeze.compress(block) for _ in range(megabytes)) + squeeze.flush()
    return Reply(headers=(("Content-Encoding", coding),), body=packed, content_type="application/rss+xml")


def big_header(size: int) -> Reply:
    """One header line of ``size`` bytes."""
    return Reply(headers=(("X-Big", "x" * size),), body=b"ok")


def many_headers(count: int) -> Reply:
    """``count`` header lines."""
    return Reply(headers=tuple((f"X-{n}", "y") for n in range(count)), body=b"ok")


def continue_flood(count: int) -> Reply:
    """``count`` interim answers before the answer."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    return Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * count + answer)


def not_modified_with_body(etag: str) -> Reply:
    """A 304 with a body, against RFC 9110, 15.4.5."""
    head = f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\nContent-Length: 5\r\n\r\n"
    return Reply(raw=head.encode() + b"stale")


def wrong_charset(text: str) -> Reply:
    """UTF-8 bytes that the header calls ISO-8859-1."""
    return Reply(body=text.encode(), content_type="application/rss+xml; charset=ISO-8859-1")


# --- documents ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed to be written. Texts are plain; they are escaped here."""

    title: str
    link: str = ""
    guid: str = ""
    published: datetime | None = None
    summary: str = ""
    content: str = ""


def rss(items: Iterable[Item], *, title: str = "A feed", language: str = "en", extra: str = "") -> bytes:
    """An RSS 2.0 document; ``extra`` is markup for the channel, such as ``<ttl>60</ttl>``."""
    entries = "".join(_rss_item(item) for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{html.escape(title)}</title><link>https://feed.example/</link><description/>"
        f"<language>{language}</language>{extra}{entries}</channel></rss>\n"
    ).encode()


def _rss_item(item: Item) -> str:
    date = f"<pubDate>{http_date(item.published)}</pubDate>" if item.published else ""
    guid = f'<guid isPermaLink="false">{html.escape(item.guid)}</guid>' if item.guid else ""
    link = f"<link>{html.escape(item.link)}</link>" if item.link else ""
    summary = f"<description>{html.escape(item.summary)}</description>" if item.summary else ""
    content = f"<content:encoded>{html.escape(item.content)}</content:encoded>" if item.content else ""
    return f"<item><title>{html.escape(item.title)}</title>{link}{guid}{date}{summary}{content}</item>\n"


def atom(items: Iterable[Item], *, title: str = "A feed", language: str = "en") -> bytes:
    """An Atom 1.0 document."""
    entries = "".join(_atom_entry(item) for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">'
        f"<title>{html.escape(title)}</title><id>urn:feed</id><updated>2025-11-26T00:00:00Z</updated>{entries}</feed>\n"
    ).encode()


def _atom_entry(item: Item) -> str:
    stamp = item.published.astimezone(UTC).isoformat() if item.published else ""
    dates = f"<published>{stamp}</published><updated>{stamp}</updated>" if stamp else ""
    link = f'<link href="{html.escape(item.link)}"/>' if item.link else ""
    content = f'<content type="html">{html.escape(item.content)}</content>' if item.content else ""
    return (
        f"<entry><title>{html.escape(item.title)}</title><id>{html.escape(item.guid or item.link)}</id>{link}{dates}"
        f"<summary>{html.escape(item.summary)}</summary>{content}</entry>\n"
    )


# --- the server --------------------------------------------------------------------------------------------------


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class _Log:
    """What was asked, shared between the server's thread and those who look."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    requests: list[Request] = field(default_factory=list)
    answered: list[Request] = field(default_factory=list)
    active: int = 0
    peak: int = 0

    def begin(self, request: Request) -> None:
        with self.changed:
            self.requests.append(request)
            self.active += 1
            self.peak = max(self.peak, self.active)
            self.changed.notify_all()

    def end(self, request: Request) -> None:
        with self.changed:
            self.answered.append(request)
            self.active -= 1
            self.changed.notify_all()


class WebServer:
    """The server. See the top of the module."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.host = host
        self.port = 0
        self._tls = tls
        self._clock = clock
        self._routes: dict[str, Route] = {}
        self._log = _Log()
        self._gate = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = 0
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    # --- routes

    def add(self, path: str, route: Reply | Route) -> str:
        """Answer ``path`` with ``route`` from now on. Returns its URL."""
        self._routes[path] = _fixed(route) if isinstance(route, Reply) else route
        return self.url(path)

    def remove(self, path: str) -> None:
        """Answer ``path`` with 404 from now on."""
        self._routes.pop(path, None)

    def feed(
        self,
        path: str,
        body: bytes,
        *,
        etag: str | None = None,
        modified: datetime | None = None,
        headers: Headers = (),
        coding: Coding = "identity",
        framing: Framing = "length",
    ) -> str:
        """Serve a feed with correct validators. Call again to change it. Returns its URL."""
        kind = "application/atom+xml" if b"<feed" in body[:300] else "application/rss+xml"
        return self.add(path, Document(body, f"{kind}; charset=utf-8", etag, modified, headers, coding, framing))

    def page(self, path: str, markup: str, *, content_type: str = "text/html; charset=utf-8") -> str:
        """Serve an article page. Returns its URL."""
        return self.add(path, Reply(body=markup.encode(), content_type=content_type))

    def redirect(self, path: str, location: str, status: int = 302) -> str:
        """Send ``path`` on to ``location`` (may be relative; empty leaves the header out). Returns its URL."""
        headers = (("Location", location),) if location else ()
        return self.add(path, Reply(status, headers=headers))

    def status(self, path: str, status: int, *, retry_after: str = "", body: bytes = b"") -> str:
        """Answer ``path`` with a status. Returns its URL."""
        headers = (("Retry-After", retry_after),) if retry_after else ()
        return self.add(path, Reply(status, headers=headers, body=body))

    def robots(self, text: str) -> str:
        """Serve ``/robots.txt``. Returns its URL."""
        return self.add("/robots.txt", Reply(body=text.encode()))

    # --- looking at it

    def url(self, path: str = "/", *, host: str = "") -> str:
        """The URL of a path. The server must have been started."""
        assert self.port, "the server has not been started"
        return f"{'https' if self._tls else 'http'}://{host or self.host}:{self.port}{path}"

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests so far, in the order they came."""
        with self._log.changed:
            return tuple(self._log.requests)

    def seen(self, path: str) -> tuple[Request, ...]:
        """All requests for a path so far, whatever the query."""
        return tuple(request for request in self.requests if request.path == path)

    @property
    def peak(self) -> int:
        """The most requests that were being answered at the same time."""
        return self._log.peak

    def forget(self) -> None:
        """Start the record of requests anew."""
        with self._log.changed:
            self._log.requests.clear()
            self._log.answered.clear()
            self._log.peak = self._log.active

    def wait(self, path: str, count: int = 1, *, begun: bool = False, patience: float = PATIENCE) -> Request:
        """Block until the ``count``-th request for ``path`` has been answered, or merely ``begun``. Returns it.

        Raises:
            TimeoutError: it did not come within ``patience`` seconds.
        """
        log = self._log.requests if begun else self._log.answered

        def those() -> list[Request]:
            return [request for request in log if request.path == path]

        with self._log.changed:
            if not self._log.changed.wait_for(lambda: len(those()) >= count, patience):
                raise TimeoutError(f"{len(those())} of {count} requests for {path} in {patience} s")
            return those()[count - 1]

    async def wait_for(self, path: str, count: int = 1, *, begun: bool = False, patience: float = PATIENCE) -> Request:
        """The same as :meth:`wait`, without blocking the loop."""
        return await asyncio.to_thread(self.wait, path, count, begun=begun, patience=patience)

    def release(self) -> None:
        """Let every stalled answer go on, those to come included."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._gate.set)

    # --- starting and stopping

    async def start(self) -> None:
        """Listen, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._accept, self.host, 0, limit=1 << 20, ssl=self._tls)
        self.port = cast("int", self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="web-server", daemon=True)
        self._thread.start()
        assert started.wait(PATIENCE), "the server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._thread is not None
        asyncio.run_coroutine_threadsafe(self.stop(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    def _run(self, started: threading.Event) -> None:
        """The body of the background thread: a loop of its own, until it is stopped."""
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self.start())
            started.set()
            loop.run_forever()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    # --- serving

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side has enough of it."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._connections += 1
        try:
            await self._converse(reader, writer, self._connections)
        except (ConnectionError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError, ssl.SSLError):
            pass  # the client went away, or the server is being stopped: the end of a connection either way
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while request := await _read_request(reader, number):
            self._log.begin(request)
            try:
                keep = await self._send(writer, request, self._answer(request))
            finally:
                self._log.end(request)
            if not keep or request.headers.get("connection", "").lower() == "close":
                return

    def _answer(self, request: Request) -> Reply:
        route = self._routes.get(request.target) or self._routes.get(request.path)
        if route is None:
            return Reply(404, body=b"not here")
        try:
            return route(request)
        except Exception as error:  # noqa: BLE001 - a broken script of a test must show as an answer, not as a hang
            return Reply(500, body=f"the route failed: {error!r}".encode())

    async def _send(self, writer: asyncio.StreamWriter, request: Request, reply: Reply) -> bool:
        """Send a reply with its faults. Returns whether the connection may go on."""
        if reply.stall == "head":
            await self._gate.wait()
        if reply.raw is not None:
            await _write(writer, reply.raw, reply.drip)
            return False
        coded = encode(reply.body, reply.coding)[: reply.squeeze_cut]
        head = _head(reply, len(coded), http_date(self._clock()))
        if reply.stall == "header":
            await _write(writer, head[: len(head) // 2], reply.drip)
            await self._gate.wait()
            head = head[len(head) // 2 :]
        await _write(writer, head, reply.drip)
        if request.method != "HEAD" and reply.status not in (204, 304):
            await self._send_body(writer, reply, coded)
        if reply.reset:
            _reset(writer)
        return not reply.faulty

    async def _send_body(self, writer: asyncio.StreamWriter, reply: Reply, coded: bytes) -> None:
        framed = _chunked(coded) if reply.framing == "chunked" else coded
        await _write(writer, framed[: reply.cut], reply.drip)
        if reply.stall == "body":
            await self._gate.wait()
            await _write(writer, framed[len(framed[: reply.cut]) :], reply.drip)


def _fixed(reply: Reply) -> Route:
    def route(_: Request) -> Reply:
        return reply

    return route


async def _read_request(reader: asyncio.StreamReader, number: int) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers: dict[str, str] = {}
    for line in filter(None, lines[1:]):
        name, _, value = line.partition(":")
        key = name.strip().lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body, time.monotonic(), number)


def encode(body: bytes, coding: Coding) -> bytes:
    """A body under a content coding; ``raw-deflate`` is deflate without its zlib wrapper, as some servers send it."""
    if coding == "gzip":
        return gzip.compress(body, mtime=0)
    if coding == "deflate":
        return zlib.compress(body)
    if coding == "raw-deflate":
        squeeze = zlib.compressobj(wbits=-15)
        return squeeze.compress(body) + squeeze.flush()
    return body


def _head(reply: Reply, length: int, date: str) -> bytes:
    """Status line and headers. Those of the reply replace ours of the same name."""
    ours = {"Date": date, "Content-Type": reply.content_type}
    if reply.coding != "identity":
        ours["Content-Encoding"] = reply.coding.removeprefix("raw-")
    if reply.framing == "chunked":
        ours["Transfer-Encoding"] = "chunked"
    elif reply.framing == "close":
        ours["Connection"] = "close"
    elif reply.status not in (204, 304):
        ours["Content-Length"] = str(length)
    theirs = {name.lower() for name, _ in reply.headers}
    lines = [(name, value) for name, value in ours.items() if name.lower() not in theirs] + list(reply.headers)
    phrase = responses.get(reply.status, "Odd")
    text = f"HTTP/1.1 {reply.status} {phrase}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
    return (text + "\r\n").encode("utf-8")


def _chunked(coded: bytes) -> bytes:
    parts = (coded[at : at + CHUNK] for at in range(0, len(coded), CHUNK))
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


async def _write(writer: asyncio.StreamWriter, data: bytes, drip: float) -> None:
    if not drip:
        writer.write(data)
        await writer.drain()
        return
    for byte in data:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(drip)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Make the close that follows a reset: linger for no time at all."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))


def without_validators(document: Document) -> Document:
    """The same document, of a server that knows nothing of conditional requests."""
    return replace(document, etag="", modified=None)
