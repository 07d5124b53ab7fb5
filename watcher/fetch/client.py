"""The client: makes requests in their turn and follows redirects."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from watcher.address import parse_allowance
from watcher.fetch.bodies import BodyFault, Decoder
from watcher.fetch.failures import CONNECT_SECONDS, SILENCE_SECONDS, explain
from watcher.fetch.gate import HostGate
from watcher.fetch.guard import Guard, Resolver
from watcher.fetch.hops import REDIRECTS, Answer, Hop, first_hop, next_hop, readable_host, shown
from watcher.fetch.messages import FetchRequest, answer_headers, request_headers
from watcher.fetch.robots import Robots
from watcher.model import Failed, FailureKind, Redirect, Response, Settings, Validators
from watcher.polling import retry_after

MAX_REDIRECTS = 5
ROBOTS_BYTES = 500 * 1024  # RFC 9309, 2.5: at least so much has to be read
COOLING_DEFAULT = timedelta(hours=1)
DNS_SECONDS = 300

_CHUNK = 65_536


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
        self._resolver = resolver or Resolver()
        self._tls = tls or True  # True: the context that aiohttp has made of the system's certificates
        self._places = asyncio.Semaphore(settings.connections)
        self._allowance = parse_allowance(settings.allow_private)
        self._sessions: dict[Guard, aiohttp.ClientSession] = {}
        self._cooling: dict[str, datetime] = {}
        self._robots = Robots(self.get, clock)

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
        key = readable_host(host)
        self._cooling[key] = max(until, self._cooling.get(key, until))

    def set_back(self, by: timedelta) -> None:
        """The clock was set back by so much: wait as long as was meant."""
        self._cooling = {host: until - by for host, until in self._cooling.items()}
        self._robots.set_back(by)

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
            outcome = replace(outcome, url=shown(request.url))
        return replace(outcome, elapsed=time.monotonic() - started)

    async def _follow(self, request: FetchRequest) -> Response | Failed:
        """Make the request, and those that redirects ask for."""
        hop = first_hop(request)
        seconds = (request.timeout or self._settings.timeout).total_seconds()
        redirects: tuple[Redirect, ...] = ()
        while isinstance(hop, Hop):
            if request.robots and (refusal := await self.robots_refusal(str(hop.url), request.allow_private)):
                return refusal
            answer = await self._wait_and_ask(request, hop, seconds)
            if isinstance(answer, Failed):
                return answer
            if answer.status not in REDIRECTS:
                url = shown(str(hop.url) if redirects else request.url)
                return Response(answer.status, url, answer.headers, answer.body, redirects)
            if len(redirects) == MAX_REDIRECTS:
                return Failed(FailureKind.REDIRECT, f"more than {MAX_REDIRECTS} redirects", "", answer.status)
            hop = next_hop(hop, answer)
            seconds -= answer.seconds
            if isinstance(hop, Hop):
                redirects += (Redirect(answer.status, shown(str(hop.url))),)
        return hop

    async def _wait_and_ask(self, request: FetchRequest, hop: Hop, seconds: float) -> Answer | Failed:
        """Make one request when it is its turn, unless its host wants to be left alone by then."""
        if refusal := self._left_alone(hop.host):
            return refusal
        async with self._gate.turn(hop.host), self._places:
            if refusal := self._left_alone(hop.host):
                return refusal
            answer = await self._try(request, hop, seconds)
        if isinstance(answer, Answer) and answer.status == 429:
            self.cool_host(hop.host, self._clock() + (retry_after(answer.headers) or COOLING_DEFAULT))
        return answer

    async def _try(self, request: FetchRequest, hop: Hop, seconds: float) -> Answer | Failed:
        """Make one request; what goes wrong becomes a value."""
        if seconds <= 0:
            return Failed(FailureKind.TIMEOUT, f"the redirects to {hop.host} took too long", "")
        try:
            return await self._ask(request, hop, seconds)
        except (aiohttp.ClientError, OSError, ValueError, EOFError, BodyFault) as error:
            kind, detail = explain(error, hop.host)
            return Failed(kind, detail, "")

    async def _ask(self, request: FetchRequest, hop: Hop, seconds: float) -> Answer:
        session = self._session(request, hop)
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        started = time.monotonic()
        async with session.get(
            hop.url, headers=request_headers(request, hop.secrets), allow_redirects=False, timeout=limits
        ) as answer:
            headers = answer_headers(answer)
            body = await self._read(request, answer, headers) if 200 <= answer.status < 300 else b""
        return Answer(answer.status, headers, body, time.monotonic() - started)

    async def _read(self, request: FetchRequest, answer: aiohttp.ClientResponse, headers: Mapping[str, str]) -> bytes:
        limit = self._max_bytes(request)
        decoder = Decoder(headers.get("content-encoding", ""), limit)
        try:
            async for piece in answer.content.iter_chunked(_CHUNK):
                decoder.feed(piece)
        except BodyFault as fault:
            if request.clip and fault.kind is FailureKind.TOO_LARGE:
                return decoder.clipped()
            raise
        return decoder.finish()

    def _max_bytes(self, request: FetchRequest) -> int:
        if request.max_bytes is not None:
            return request.max_bytes
        by_kind = {"feed": self._settings.feed_max_bytes, "page": self._settings.page_max_bytes}
        return by_kind.get(request.kind, ROBOTS_BYTES)

    def _session(self, request: FetchRequest, hop: Hop) -> aiohttp.ClientSession:
        """The pool of connections for what this request is allowed."""
        own = parse_allowance(request.allow_private)
        names = self._allowance.names | own.names
        guard = Guard(self._allowance.networks + own.networks, hop.host in names)
        if guard not in self._sessions:
            self._sessions[guard] = self._open_session(guard)
        return self._sessions[guard]

    def _open_session(self, guard: Guard) -> aiohttp.ClientSession:
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

    # --- robots.txt

    async def robots_allow(self, url: str, allow_private: tuple[str, ...] = ()) -> bool:
        """Whether robots.txt lets us fetch a page. Not for feeds: who subscribes is no crawler."""
        return await self.robots_refusal(url, allow_private) is None

    async def robots_refusal(self, url: str, allow_private: tuple[str, ...] = ()) -> Failed | None:
        """Why robots.txt keeps us from a page; None when it does not.

        ``retry_after`` is set when that is for now only, because the file could not be read.
        """
        return await self._robots.refusal(url, allow_private)
