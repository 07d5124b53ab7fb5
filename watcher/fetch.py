"""Fetch feeds, pages and robots.txt over HTTP, politely and without trusting anybody. Hides aiohttp.

A request passes, for each hop of its redirects::

    cool-down of the host -> HostGate (places and spacing) -> a place among all connections -> address guard -> answer

- Redirects are followed here: five hops, http and https only; secrets never leave the origin they are meant for.
- The guard judges the address at the moment a socket is made for it, so that names, redirects, literals and rebinding
  all meet it. Connections are pooled per allowance, for a pooled connection is not judged again.
- Bodies are decoded here, with a limit and a check that the stream came to its end; aiohttp does neither.
- Whatever the network or a server does is a :class:`~watcher.model.Failed` value with words for people. Only
  cancellation and programming errors are exceptions.
"""

from __future__ import annotations

import asyncio
import errno
import math
import socket
import ssl
import time
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Literal, Self
from weakref import WeakValueDictionary

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from protego import Protego
from yarl import URL

from watcher import __version__
from watcher.address import Network, allowed_address, allowed_for_name, normal_host, parse_allowance
from watcher.errors import BlockedAddress
from watcher.model import Failed, FailureKind, Redirect, Response, Settings, Validators
from watcher.polling import retry_after, status_failure
from watcher.threads import DaemonThreads

Kind = Literal["feed", "page", "robots"]

MAX_REDIRECTS = 5
CONNECT_SECONDS = 10
SILENCE_SECONDS = 15
ROBOTS_BYTES = 500 * 1024  # RFC 9309, 2.5: at least so much has to be read
ROBOTS_AGE = timedelta(hours=24)
ROBOTS_RETRY = timedelta(hours=1)
ROBOTS_HOSTS = 2_000
COOLING_DEFAULT = timedelta(hours=1)
LANES_SWEPT_AT = 1_000
RESOLVER_THREADS = 16
DNS_SECONDS = 300

_ROBOTS_NAME = "watcher"
_REFUSED = "an address that may not be fetched"
_CHUNK = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT: Mapping[Kind, str] = {
    "feed": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, "
    "application/json;q=0.8, */*;q=0.1",
    "page": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
    "robots": "text/plain, */*;q=0.1",
}


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to fetch, and how.

    Attributes:
        validators: make the request conditional.
        headers: more headers; they may be secrets, so they go to the origin of ``url`` alone.
        allow_private: CIDR blocks and host names on private networks that may be fetched from, beside those of the
            settings.
        max_bytes: limit of the body, on the wire and decoded; None takes that of the settings for the kind.
        timeout: limit for all hops together, waiting for one's turn not counted; None takes that of the settings.
        clip: keep the first ``max_bytes`` of a body that is too large, instead of failing.
        robots: ask robots.txt first, of every origin that redirects lead to.
    """

    url: str
    kind: Kind = "feed"
    validators: Validators = field(default_factory=Validators)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    allow_private: tuple[str, ...] = ()
    max_bytes: int | None = None
    timeout: timedelta | None = None
    clip: bool = False
    robots: bool = False


def user_agent(contact: str) -> str:
    """The honest User-Agent: name, version, and whom a server's owner can turn to."""
    words = " ".join(contact.split())
    return f"watcher/{__version__} (+{words})" if words else f"watcher/{__version__}"


# --- politeness --------------------------------------------------------------------------------------------------


class _Lane:
    """The queue of one host."""

    __slots__ = ("next_start", "places", "users")

    def __init__(self, places: int) -> None:
        self.places = asyncio.Semaphore(places)
        self.next_start = -math.inf
        self.users = 0


class HostGate:
    """Lets at most ``connections`` requests at once go to one host, and starts them at least ``gap`` seconds apart.

    Args:
        monotonic, sleep: the clock that never jumps, and how to wait on it.
    """

    def __init__(
        self,
        connections: int,
        gap: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._connections = connections
        self._gap = gap
        self._monotonic = monotonic
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at ``host``, and hold it for the time of the block."""
        lane = self._lane(host)
        lane.users += 1
        try:
            async with lane.places:
                await self._space_out(lane)
                yield
        finally:
            lane.users -= 1

    async def _space_out(self, lane: _Lane) -> None:
        now = self._monotonic()
        start = max(now, lane.next_start)
        lane.next_start = start + self._gap
        if start > now:
            await self._sleep(start - now)

    def _lane(self, host: str) -> _Lane:
        if host not in self._lanes:
            if len(self._lanes) >= LANES_SWEPT_AT:
                self._sweep()
            self._lanes[host] = _Lane(self._connections)
        return self._lanes[host]

    def _sweep(self) -> None:
        """Forget hosts that nobody waits for."""
        now = self._monotonic()
        self._lanes = {host: lane for host, lane in self._lanes.items() if lane.users or lane.next_start > now}


# --- the address guard -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Guard:
    """Makes sockets, but only for addresses that may be fetched (a ``socket_factory`` of aiohttp).

    Attributes:
        trusted_name: the user allowed the host by its name.
    """

    networks: tuple[Network, ...]
    trusted_name: bool

    def __call__(self, info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, target = info
        ip = str(target[0])
        if not (allowed_address(ip, self.networks) or (self.trusted_name and allowed_for_name(ip))):
            # One text for all addresses: where a name has several, only equal errors are handed on with their type.
            refusal = BlockedAddress(_REFUSED)
            refusal.add_note(ip)
            raise refusal
        return socket.socket(family, kind, protocol)


# --- bodies ------------------------------------------------------------------------------------------------------


class _BodyFault(Exception):
    """A body that cannot be used; caught within this module."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Decoder:
    """Undoes a content coding piece by piece, with a limit, and knows whether the stream came to its end.

    Args:
        coding: the value of Content-Encoding.
        limit: bytes, on the wire as well as decoded.

    Raises:
        _BodyFault: the coding is unknown, the data do not fit it, or they are too many.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding.strip().lower().removeprefix("x-") or "identity"
        if self._coding not in ("identity", "gzip", "deflate"):
            raise _BodyFault(
                FailureKind.PROTOCOL, f"the body is coded as {self._coding[:40]!r}, which was not asked for"
            )
        self._limit = limit
        self._stream: zlib._Decompress | None = None
        self._begun = b""
        self._wire = 0
        self._out = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next piece from the wire."""
        self._wire += len(data)
        if self._coding == "identity":
            self._out += data
        self._check()
        if self._coding != "identity":
            self._unpack(data)

    def _unpack(self, data: bytes) -> None:
        if self._stream is None:
            self._begun += data
            if len(self._begun) < 2:
                return
            data, self._begun = self._begun, b""
            self._stream = self._open(data)
        self._inflate(data)

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            _BodyFault: the compressed stream breaks off.
        """
        if self._begun or (self._stream is not None and not self._stream.eof):
            raise _BodyFault(FailureKind.TRUNCATED, f"the {self._coding} stream breaks off")
        return bytes(self._out)

    def clipped(self) -> bytes:
        """What there is so far, up to the limit."""
        return bytes(self._out[: self._limit])

    def _open(self, start: bytes) -> zlib._Decompress:
        if self._coding == "gzip":
            return zlib.decompressobj(wbits=31)
        # "deflate" means the zlib format, but some servers send the bare stream (RFC 9110, 8.4.1.2).
        wrapped = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
        return zlib.decompressobj(wbits=15 if wrapped else -15)

    def _inflate(self, data: bytes) -> None:
        while data and self._stream is not None:
            if self._stream.eof:
                if self._coding != "gzip" or data[:2] != b"\x1f\x8b":
                    return  # padding after the end, which gunzip ignores too
                self._stream = zlib.decompressobj(wbits=31)
            try:
                self._out += self._stream.decompress(data, self._limit + 1 - len(self._out))
            except zlib.error as error:
                raise _BodyFault(FailureKind.PROTOCOL, f"the body is not the {self._coding} it claims to be") from error
            self._check()
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _check(self) -> None:
        if max(self._wire, len(self._out)) > self._limit:
            raise _BodyFault(FailureKind.TOO_LARGE, f"the body is larger than {_size(self._limit)}")


def _size(count: int) -> str:
    return f"{count / 1_000_000:g} MB" if count >= 100_000 else f"{count} bytes"


# --- the client --------------------------------------------------------------------------------------------------


class _Resolver(AbstractResolver):
    """Asks the system for addresses, in threads of its own: those of the loop are few, and a lookup may take long."""

    def __init__(self) -> None:
        self._threads = DaemonThreads(RESOLVER_THREADS, "dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._threads.call(lambda: socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM))
        return [
            ResolveResult(
                hostname=host, host=str(target[0]), port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST
            )
            for kind, _, protocol, _, target in found
        ]

    async def close(self) -> None:
        """Lookups that are under way are left behind."""


@dataclass(frozen=True, slots=True)
class _Hop:
    """One request of a chain of redirects.

    Attributes:
        secrets: headers that go to this origin alone.
    """

    url: URL
    secrets: tuple[tuple[str, str], ...]

    @property
    def host(self) -> str:
        return normal_host(self.url.host or "")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one hop gave. ``seconds`` is how long it took, waiting for one's turn not counted."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class _Robots:
    """What robots.txt of one origin says, and until when that holds.

    Attributes:
        rules: None when there is no file to obey.
        trouble: why nothing may be fetched for now; empty when the rules are known.
    """

    until: datetime
    rules: Protego | None = None
    trouble: str = ""


class Client:
    """Fetches over HTTP. Use it as an async context manager, within one event loop.

    Args:
        clock: now, as aware UTC; for cool-downs and the age of robots.txt.
        gate: shared politeness; None makes one from the settings.
        resolver: looks names up; None asks the system.
        tls: how servers are verified; None trusts what the system trusts.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        user_agent: str,
        clock: Callable[[], datetime],
        gate: HostGate | None = None,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._user_agent = user_agent
        self._clock = clock
        self._gate = gate or HostGate(settings.host_connections, settings.host_gap.total_seconds())
        self._resolver = resolver or _Resolver()
        self._tls = tls or True  # True: the context that aiohttp has made of the system's certificates
        self._places = asyncio.Semaphore(settings.connections)
        self._allowance = parse_allowance(settings.allow_private)
        self._sessions: dict[_Guard, aiohttp.ClientSession] = {}
        self._cooling: dict[str, datetime] = {}
        self._robots: OrderedDict[tuple[str, tuple[str, ...]], _Robots] = OrderedDict()
        self._robots_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        sessions, self._sessions = tuple(self._sessions.values()), {}
        for session in sessions:
            await session.close()
        await self._resolver.close()

    # --- cool-down

    def cool_host(self, host: str, until: datetime) -> None:
        """Make no request to ``host`` before ``until``; an earlier time than one already set changes nothing."""
        key = _readable_host(host)
        self._cooling[key] = max(until, self._cooling.get(key, until))

    def set_back(self, by: timedelta) -> None:
        """The clock was set back by so much: wait as long as was meant."""
        self._cooling = {host: until - by for host, until in self._cooling.items()}
        self._robots = OrderedDict((key, replace(each, until=each.until - by)) for key, each in self._robots.items())

    def _left_alone(self, host: str) -> Failed | None:
        """The refusal to ask a host that is cooling down; None when it may be asked."""
        until = self._cooling.get(host)
        if until is None:
            return None
        left = until - self._clock()
        if left > timedelta(0):
            detail = f"{host} asked us to stay away until {until:%Y-%m-%d %H:%M:%S} UTC"
            return Failed(FailureKind.RATE_LIMITED, detail, "", retry_after=left)
        del self._cooling[host]
        return None

    # --- fetching

    async def get(self, request: FetchRequest) -> Response | Failed:
        """Fetch. Never raises for what the network or the server does; any status may come back in the Response.

        Bodies are read of answers that mean success; those of others are empty. A 429 makes its host cool down; while
        a host does, the answer is ``Failed(RATE_LIMITED)`` without a status, and no request is made.
        """
        started = time.monotonic()
        outcome = await self._follow(request)
        if isinstance(outcome, Failed) and outcome.kind is FailureKind.PROTOCOL and request.validators != Validators():
            # A 304 that carries a body looks like this, for aiohttp throws its status away: ask for the whole thing.
            outcome = await self._follow(replace(request, validators=Validators()))
        if isinstance(outcome, Failed):
            outcome = replace(outcome, url=_shown(request.url))
        return replace(outcome, elapsed=time.monotonic() - started)

    async def _follow(self, request: FetchRequest) -> Response | Failed:
        """Make the request, and those that redirects ask for."""
        hop = _first_hop(request)
        seconds = (request.timeout or self._settings.timeout).total_seconds()
        redirects: tuple[Redirect, ...] = ()
        while isinstance(hop, _Hop):
            if request.robots and (refusal := await self.robots_refusal(str(hop.url), request.allow_private)):
                return refusal
            answer = await self._wait_and_ask(request, hop, seconds)
            if isinstance(answer, Failed):
                return answer
            if answer.status not in _REDIRECTS:
                url = _shown(str(hop.url) if redirects else request.url)
                return Response(answer.status, url, answer.headers, answer.body, redirects)
            if len(redirects) == MAX_REDIRECTS:
                return Failed(FailureKind.REDIRECT, f"more than {MAX_REDIRECTS} redirects", "", answer.status)
            hop = _next_hop(hop, answer)
            seconds -= answer.seconds
            if isinstance(hop, _Hop):
                redirects += (Redirect(answer.status, _shown(str(hop.url))),)
        return hop

    async def _wait_and_ask(self, request: FetchRequest, hop: _Hop, seconds: float) -> _Answer | Failed:
        """Make one request when it is its turn, unless its host wants to be left alone by then."""
        if refusal := self._left_alone(hop.host):
            return refusal
        async with self._gate.turn(hop.host), self._places:
            if refusal := self._left_alone(hop.host):
                return refusal
            answer = await self._try(request, hop, seconds)
        if isinstance(answer, _Answer) and answer.status == 429:
            self.cool_host(hop.host, self._clock() + (retry_after(answer.headers) or COOLING_DEFAULT))
        return answer

    async def _try(self, request: FetchRequest, hop: _Hop, seconds: float) -> _Answer | Failed:
        """Make one request; what goes wrong becomes a value."""
        if seconds <= 0:
            return Failed(FailureKind.TIMEOUT, f"the redirects to {hop.host} took too long", "")
        try:
            return await self._ask(request, hop, seconds)
        except (aiohttp.ClientError, OSError, ValueError, EOFError, _BodyFault) as error:
            kind, detail = explain(error, hop.host)
            return Failed(kind, detail, "")

    async def _ask(self, request: FetchRequest, hop: _Hop, seconds: float) -> _Answer:
        session = self._session(request, hop)
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        started = time.monotonic()
        async with session.get(
            hop.url, headers=_request_headers(request, hop), allow_redirects=False, timeout=limits
        ) as answer:
            headers = _headers(answer)
            body = await self._read(request, answer, headers) if 200 <= answer.status < 300 else b""
        return _Answer(answer.status, headers, body, time.monotonic() - started)

    async def _read(self, request: FetchRequest, answer: aiohttp.ClientResponse, headers: Mapping[str, str]) -> bytes:
        limit = self._max_bytes(request)
        decoder = Decoder(headers.get("content-encoding", ""), limit)
        try:
            async for piece in answer.content.iter_chunked(_CHUNK):
                decoder.feed(piece)
        except _BodyFault as fault:
            if request.clip and fault.kind is FailureKind.TOO_LARGE:
                return decoder.clipped()
            raise
        return decoder.finish()

    def _max_bytes(self, request: FetchRequest) -> int:
        if request.max_bytes is not None:
            return request.max_bytes
        by_kind = {"feed": self._settings.feed_max_bytes, "page": self._settings.page_max_bytes}
        return by_kind.get(request.kind, ROBOTS_BYTES)

    def _session(self, request: FetchRequest, hop: _Hop) -> aiohttp.ClientSession:
        """The pool of connections for what this request is allowed."""
        own = parse_allowance(request.allow_private)
        names = self._allowance.names | own.names
        guard = _Guard(self._allowance.networks + own.networks, hop.host in names)
        if guard not in self._sessions:
            self._sessions[guard] = self._open_session(guard)
        return self._sessions[guard]

    def _open_session(self, guard: _Guard) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,  # our own places count, and those who wait for one must not use up their time
            ttl_dns_cache=DNS_SECONDS,
            socket_factory=guard,
            resolver=self._resolver,
            ssl=self._tls,
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip, deflate"},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            max_line_size=16_384,
            max_field_size=65_536,
            max_headers=256,
        )

    # --- robots.txt (RFC 9309)

    async def robots_allow(self, url: str, allow_private: tuple[str, ...] = ()) -> bool:
        """Whether robots.txt lets us fetch a page. Not for feeds: who subscribes is no crawler."""
        return await self.robots_refusal(url, allow_private) is None

    async def robots_refusal(self, url: str, allow_private: tuple[str, ...] = ()) -> Failed | None:
        """Why robots.txt keeps us from a page; None when it does not.

        ``retry_after`` is set when that is for now only, because the file could not be read.
        """
        try:
            origin = URL(url).origin()
        except ValueError:
            return None  # fetching it will say what is wrong with it
        rules = await self._robots_of(str(origin), allow_private)
        host = normal_host(origin.host or "")
        if rules.trouble:
            detail = f"robots.txt of {host} could not be read ({rules.trouble}), so its pages are left alone for now"
            return Failed(FailureKind.ROBOTS, detail, _shown(url), retry_after=rules.until - self._clock())
        if rules.rules is None or rules.rules.can_fetch(url, _ROBOTS_NAME):
            return None
        return Failed(FailureKind.ROBOTS, f"robots.txt of {host} does not allow it", _shown(url))

    async def _robots_of(self, origin: str, allow_private: tuple[str, ...]) -> _Robots:
        key = (origin, allow_private)
        lock = self._robots_locks.setdefault(origin, asyncio.Lock())
        async with lock:
            known = self._robots.get(key)
            if known is None or known.until <= self._clock():
                known = await self._fetch_robots(origin, allow_private)
                self._robots[key] = known
            self._robots.move_to_end(key)
            if len(self._robots) > ROBOTS_HOSTS:
                self._robots.popitem(last=False)
        return known

    async def _fetch_robots(self, origin: str, allow_private: tuple[str, ...]) -> _Robots:
        answer = await self.get(FetchRequest(f"{origin}/robots.txt", "robots", allow_private=allow_private, clip=True))
        now = self._clock()
        if isinstance(answer, Failed):
            if answer.kind in (FailureKind.REDIRECT, FailureKind.BLOCKED):
                return _Robots(now + ROBOTS_AGE)  # nothing to obey; what is blocked is refused at the page itself
            return _Robots(now + (answer.retry_after or ROBOTS_RETRY), trouble=answer.detail)
        if answer.status == 429 or answer.status >= 500:
            wait = retry_after(answer.headers) or ROBOTS_RETRY
            return _Robots(now + wait, trouble=f"{answer.status}: {status_failure(answer.status)[1]}")
        if answer.status >= 300:
            return _Robots(now + ROBOTS_AGE)
        # In a thread: half a megabyte of rules takes most of a second.
        return _Robots(
            now + ROBOTS_AGE, await asyncio.to_thread(Protego.parse, answer.body.decode("utf-8-sig", "replace"))
        )


# --- hops --------------------------------------------------------------------------------------------------------


def _first_hop(request: FetchRequest) -> _Hop | Failed:
    try:
        url = URL(request.url).with_fragment(None)
    except ValueError as error:
        return Failed(FailureKind.PROTOCOL, f"not an address that can be fetched: {_plain(error)}", "")
    if url.scheme not in ("http", "https") or not url.host:
        return Failed(FailureKind.PROTOCOL, "not an address that can be fetched: only http and https are", "")
    return _Hop(url, request.headers)


def _next_hop(hop: _Hop, answer: _Answer) -> _Hop | Failed:
    """Where a redirect leads, with the secrets only if it stays at their origin."""
    location = answer.headers.get("location", "").strip()
    if not location:
        return _misled(hop, answer, "without saying where to")
    try:
        url = hop.url.join(URL(location)).with_fragment(None)
        origin = url.origin()
    except ValueError:
        return _misled(hop, answer, "to what is no address of the web")
    if url.scheme not in ("http", "https"):
        return _misled(hop, answer, f"to {_plain(url.scheme)}:, which is not followed")
    if origin == hop.url.origin():
        return _Hop(url.with_user(hop.url.user).with_password(hop.url.password), hop.secrets)
    if hop.url.scheme == "https" and url.scheme == "http" and (hop.secrets or hop.url.user):
        return _misled(hop, answer, "from https to plain http, which is not followed with credentials")
    return _Hop(url.with_user(None), ())


def _misled(hop: _Hop, answer: _Answer, how: str) -> Failed:
    return Failed(FailureKind.REDIRECT, f"{hop.host} redirects ({answer.status}) {how}", "", answer.status)


def _readable_host(host: str) -> str:
    """A host name in the spelling that hops have, which is not that of the DNS where it is international."""
    try:
        return normal_host(URL.build(scheme="http", host=host).host or host)
    except ValueError:
        return normal_host(host)


def _shown(url: str) -> str:
    """A URL without the user and password it may have."""
    head, slashes, rest = url.partition("//")
    authority, slash, path = rest.partition("/")
    return f"{head}{slashes}{authority.rpartition('@')[2]}{slash}{path}"


def _request_headers(request: FetchRequest, hop: _Hop) -> CIMultiDict[str]:
    headers = CIMultiDict({"Accept": _ACCEPT[request.kind]})
    if request.validators.etag is not None:
        headers["If-None-Match"] = request.validators.etag
    if request.validators.last_modified is not None:
        headers["If-Modified-Since"] = request.validators.last_modified
    for name, value in hop.secrets:
        headers[name] = value
    return headers


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """Headers by lower-case name, repeated ones joined.

    Bytes that are not UTF-8 come from aiohttp as surrogates; they are read as Latin-1, for nothing else can store them.
    Validators with such bytes are left out: they could not be sent back as they came.
    """
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        text = value
        if not _is_utf8(value):
            if key in ("etag", "last-modified"):
                continue
            text = value.encode("utf-8", "surrogateescape").decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _is_utf8(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


# --- words for failures ------------------------------------------------------------------------------------------

_ERRNO_WORDS: Mapping[int, str] = {
    errno.ECONNREFUSED: "refused the connection",
    errno.ECONNRESET: "reset the connection",
    errno.EPIPE: "closed the connection",
    errno.ETIMEDOUT: "did not answer in time",
    errno.ENETUNREACH: "cannot be reached: there is no route to its network",
    errno.EHOSTUNREACH: "cannot be reached: there is no route to it",
}


def explain(error: Exception, host: str) -> tuple[FailureKind, str]:
    """What an exception of a request means, as a kind and in words.

    Everything it says of the server is one printable line; it never repeats the URL, which may hold secrets.
    """
    if isinstance(error, _BodyFault):
        return error.kind, str(error)
    if (address := _refused_address(error)) is not None:
        leads = "is" if address == host else f"leads to {address},"
        return FailureKind.BLOCKED, f"{host} {leads} on a network that may not be fetched from"
    explained = _explain_security(error, host) or _explain_time(error, host) or _explain_name(error, host)
    return explained or _explain_connection(error, host)


def _refused_address(error: BaseException) -> str | None:
    """The address that the guard refused, when that was the reason."""
    for step in _causes(error):
        if isinstance(step, BlockedAddress):
            return ", ".join(getattr(step, "__notes__", ())) or "a private address"
        if isinstance(step, aiohttp.InvalidURL) and step.description and "IPv4" in step.description:
            return "an address in a disguised form"
        if isinstance(step, OSError) and _REFUSED in str(step):
            return "a private address"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    step: BaseException | None = error
    while step is not None:
        yield step
        step = step.__cause__


def _explain_security(error: Exception, host: str) -> tuple[FailureKind, str] | None:
    for step in _causes(error):
        if isinstance(step, aiohttp.ClientError):
            continue  # some are SSL errors too, but empty ones
        if isinstance(step, ssl.SSLCertVerificationError):
            return FailureKind.TLS, f"the certificate of {host} is not good: {_plain(step.verify_message)}"
        if isinstance(step, ssl.SSLError):
            words = _plain((step.reason or str(step)).replace("_", " ").lower())
            return FailureKind.TLS, f"no secure connection to {host}: {words}"
    return None


def _explain_time(error: Exception, host: str) -> tuple[FailureKind, str] | None:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return FailureKind.TIMEOUT, f"no connection to {host} within {CONNECT_SECONDS} s"
    if isinstance(error, aiohttp.SocketTimeoutError):
        return FailureKind.TIMEOUT, f"{host} was silent for {SILENCE_SECONDS} s"
    if isinstance(error, TimeoutError):
        return FailureKind.TIMEOUT, f"no whole answer from {host} in time"
    return None


def _explain_name(error: Exception, host: str) -> tuple[FailureKind, str] | None:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return FailureKind.DNS, f"could not resolve {host}: {_plain(error.os_error.strerror or 'no address')}"
    if isinstance(error, UnicodeError):
        return FailureKind.DNS, f"could not resolve {host}: not a valid name of a host"
    return None


def _explain_connection(error: Exception, host: str) -> tuple[FailureKind, str]:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return FailureKind.CONNECT, f"{host} closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return FailureKind.TRUNCATED, f"the answer of {host} breaks off"
    if isinstance(error, aiohttp.ClientResponseError):
        return FailureKind.PROTOCOL, f"{host} does not speak proper HTTP: {_plain(error.message)}"
    if isinstance(error, OSError):
        number = error.errno or 0
        words = _ERRNO_WORDS.get(number) or f"cannot be reached: {_plain(error.strerror or error)}"
        return FailureKind.CONNECT, f"{host} {words}"
    return FailureKind.PROTOCOL, f"{host} cannot be asked: {_plain(error)}"


def _plain(words: object) -> str:
    """Words of others as one short printable line."""
    text = "".join(character if character.isprintable() else " " for character in str(words))
    return " ".join(text.split())[:120]
