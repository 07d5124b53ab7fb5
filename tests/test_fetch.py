"""The HTTP client, against a real server on loopback that behaves and misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import socket
import ssl
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.web import (
    Coding,
    Document,
    Framing,
    Item,
    Reply,
    Request,
    Script,
    WebServer,
    big_header,
    bomb,
    continue_flood,
    encode,
    many_headers,
    not_modified_with_body,
    rss,
    wrong_charset,
)
from watcher.fetch import Client, FetchRequest, HostGate, user_agent
from watcher.fetch.bodies import BodyFault, Decoder
from watcher.fetch.failures import explain
from watcher.model import Failed, FailureKind, Redirect, Response, Settings, Validators

NOW = datetime(2025, 11, 26, 12, 0, tzinfo=UTC)
AGENT = user_agent("https://watch.example/about")
SETTINGS = Settings(
    host_gap=timedelta(0), host_connections=8, allow_private=("127.0.0.1",), timeout=timedelta(seconds=20)
)
BODY = rss([Item("Security guarantees", "https://news.example/1", guid="1")] * 40)
SHORT = timedelta(seconds=0.3)

KEY = """\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIDrDQFv5/89WuJlhiKhF7eoxg3d7NAqF0M1TaYxYUyGqoAoGCCqGSM49
AwEHoUQDQgAEH0w7jMdA1IgHofuZkkdcsjL/Dwuw/R9Xt4qZGI4aWP4zXJniasi9
kpltJPxPYfoM2S3tcU3ClAfhRDI9nCc/Yw==
-----END EC PRIVATE KEY-----
"""  # for loopback only: it guards nothing
GOOD = """\
-----BEGIN CERTIFICATE-----
MIIBZjCCAQ2gAwIBAgIBAjAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB9MO4zHQNSIB6H7
mZJHXLIy/w8LsP0fV7eKmRiOGlj+M1yZ4mrIvZKZbST8T2H6DNkt7XFNwpQH4UQy
PZwnP2OjTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBTOZIrvduORt5KAy8Z7SlCgYxJuJDAKBggqhkjOPQQD
AgNHADBEAiBKpUaCP7WZgBKR6uu+MVO+cb2RN96KHwuH1jTuuVyLOwIgfxlskui0
L1bM8uYxDv4isWOM4DUJIQx9MQgbLvDbyJQ=
-----END CERTIFICATE-----
"""
EXPIRED = """\
-----BEGIN CERTIFICATE-----
MIIBZTCCAQugAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAUMRIwEAYDVQQDDAls
b2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQfTDuMx0DUiAeh+5mS
R1yyMv8PC7D9H1e3ipkYjhpY/jNcmeJqyL2SmW0k/E9h+gzZLe1xTcKUB+FEMj2c
Jz9jo04wTDAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwDwYDVR0TAQH/BAUw
AwEB/zAdBgNVHQ4EFgQUzmSK73bjkbeSgMvGe0pQoGMSbiQwCgYIKoZIzj0EAwID
SAAwRQIgeJjjDMDxALxE/6zz/mg7RbCNuYrDS7xWCKTgnQnLPusCIQC/Hh6ginnj
v17tYQAJBHN6s64jjWv9onGRUlfe2oI6DA==
-----END CERTIFICATE-----
"""


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with WebServer(clock=lambda: NOW) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(clock: Clock) -> AsyncIterator[Client]:
    async with Client(SETTINGS, user_agent=AGENT, clock=clock) as made:
        yield made


async def ask(client: Client, url: str, **options: object) -> Response | Failed:
    return await client.get(replace(FetchRequest(url), **options))  # type: ignore[arg-type]


async def have(client: Client, url: str, **options: object) -> Response:
    outcome = await ask(client, url, **options)
    assert isinstance(outcome, Response), outcome
    return outcome


async def fail(client: Client, url: str, **options: object) -> Failed:
    outcome = await ask(client, url, **options)
    assert isinstance(outcome, Failed), outcome
    assert outcome.detail.isprintable()
    return outcome


# --- what is asked


async def test_a_feed_is_fetched_whole(client: Client, web: WebServer) -> None:
    """The body comes back as it was, with the status, lower-case headers and no redirects."""
    response = await have(client, web.feed("/rss", BODY, etag='"v1"', modified=NOW))
    assert (response.status, response.body, response.redirects) == (200, BODY, ())
    assert response.url == web.url("/rss")
    assert response.headers["etag"] == '"v1"'
    assert response.headers["last-modified"] == "Wed, 26 Nov 2025 12:00:00 GMT"
    assert response.elapsed > 0


async def test_a_request_is_honest_and_says_no_more_than_it_must(client: Client, web: WebServer) -> None:
    """It names us with a contact and what we understand; no cookies, no Referer, no invented validators."""
    cookie = (("Set-Cookie", "track=me; Path=/"),)
    web.add("/rss", Reply(body=BODY, headers=cookie))
    await have(client, web.url("/rss"))
    await have(client, web.url("/rss"))
    headers = dict(web.seen("/rss")[1].headers)
    assert headers.pop("accept").startswith("application/atom+xml")
    assert headers == {
        "host": f"127.0.0.1:{web.port}",
        "user-agent": "watcher/0.1.0 (+https://watch.example/about)",
        "accept-encoding": "gzip, deflate",
    }


async def test_pages_are_asked_for_as_pages(client: Client, web: WebServer) -> None:
    """For a page HTML is preferred, and its own size limit holds."""
    await have(client, web.page("/a", "<p>hello</p>"), kind="page")
    assert web.seen("/a")[0].headers["accept"].startswith("text/html")


def test_the_user_agent_works_without_contact_and_stays_on_one_line() -> None:
    """A contact with a line break cannot smuggle in a header."""
    assert user_agent("") == "watcher/0.1.0"
    assert user_agent("me\r\nX: y") == "watcher/0.1.0 (+me X: y)"


async def test_validators_are_sent_as_they_came(client: Client, web: WebServer) -> None:
    """Quotes and W/ are part of an ETag; the answer is 304 without a body."""
    url = web.feed("/rss", BODY, etag='W/"a b"', modified=NOW)
    validators = Validators('W/"a b"', "Wed, 26 Nov 2025 12:00:00 GMT")
    response = await have(client, url, validators=validators)
    assert (response.status, response.body) == (304, b"")
    seen = web.seen("/rss")[0].headers
    assert (seen["if-none-match"], seen["if-modified-since"]) == (validators.etag, validators.last_modified)


async def test_only_validators_that_there_are_are_sent(client: Client, web: WebServer) -> None:
    """With a date alone the server decides by the date."""
    url = web.feed("/rss", BODY, etag="", modified=NOW)
    response = await have(client, url, validators=Validators(None, "Wed, 26 Nov 2025 12:00:00 GMT"))
    assert response.status == 304
    assert "if-none-match" not in web.seen("/rss")[0].headers


async def test_a_304_with_a_body_is_asked_again_for_the_whole(client: Client, web: WebServer) -> None:
    """Such an answer cannot be read, so the document is fetched without condition instead of failing for ever."""
    url = web.add("/rss", Script(not_modified_with_body('"v1"'), Document(BODY)))
    assert (await have(client, url, validators=Validators('"v1"'))).body == BODY
    assert "if-none-match" not in web.seen("/rss")[1].headers


async def test_headers_of_a_feed_are_sent_and_kept_out_of_sight(client: Client, web: WebServer) -> None:
    """They may replace ours, and they do not show in the request's repr."""
    url = web.feed("/rss", BODY)
    request = FetchRequest(url, headers=(("X-Api-Key", "hunter2"), ("accept", "text/xml")))
    await client.get(request)
    seen = web.seen("/rss")[0].headers
    assert (seen["x-api-key"], seen["accept"]) == ("hunter2", "text/xml")
    assert "hunter2" not in repr(request)


# --- bodies


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("coding", ["identity", "gzip", "deflate", "raw-deflate"])
async def test_every_coding_in_every_framing_is_undone(
    client: Client, web: WebServer, framing: Framing, coding: Coding
) -> None:
    """Compression and framing leave no trace in the body."""
    response = await have(client, web.feed("/rss", BODY, coding=coding, framing=framing))
    assert response.body == BODY


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(body=BODY, cut=10), FailureKind.TRUNCATED, "breaks off"),
        (Reply(body=BODY, framing="chunked", cut=100), FailureKind.TRUNCATED, "breaks off"),
        (Reply(body=BODY, coding="gzip", squeeze_cut=50), FailureKind.TRUNCATED, "gzip stream breaks off"),
        (Reply(body=BODY, coding="gzip", framing="close", cut=50), FailureKind.TRUNCATED, "gzip stream breaks off"),
        (Reply(body=BODY, coding="deflate", squeeze_cut=1), FailureKind.TRUNCATED, "deflate stream breaks off"),
        (Reply(body=BODY, cut=100, reset=True), FailureKind.TRUNCATED, "breaks off"),
        (Reply(raw=b""), FailureKind.CONNECT, "closed the connection without an answer"),
        (Reply(body=BODY, stall="head"), FailureKind.TIMEOUT, "in time"),
        (Reply(body=BODY, stall="header"), FailureKind.TIMEOUT, "in time"),
        (Reply(body=BODY, stall="body", cut=100), FailureKind.TIMEOUT, "in time"),
        (Reply(body=BODY, drip=0.02), FailureKind.TIMEOUT, "in time"),
        (bomb(100), FailureKind.TOO_LARGE, "larger than 10 MB"),
        (bomb(100, "deflate"), FailureKind.TOO_LARGE, "larger than 10 MB"),
        (big_header(1_000_000), FailureKind.PROTOCOL, "proper HTTP"),
        (many_headers(1_000), FailureKind.PROTOCOL, "proper HTTP"),
        (Reply(raw=b"HTTP/9.9 what\r\n\r\n"), FailureKind.PROTOCOL, "proper HTTP"),
        (Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), FailureKind.PROTOCOL, "proper HTTP"),
        (
            Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n"),
            FailureKind.PROTOCOL,
            "proper HTTP",
        ),
        (Reply(body=BODY, headers=(("Content-Encoding", "gzip"),)), FailureKind.PROTOCOL, "not the gzip it claims"),
        (Reply(body=BODY, headers=(("Content-Encoding", "br"),)), FailureKind.PROTOCOL, "not asked for"),
        (Reply(body=BODY, headers=(("Content-Encoding", "gzip, gzip"),)), FailureKind.PROTOCOL, "not asked for"),
    ],
    ids=lambda value: value.value if isinstance(value, FailureKind) else "",
)
async def test_a_broken_answer_is_a_failure_in_words(
    client: Client, web: WebServer, reply: Reply, kind: FailureKind, words: str
) -> None:
    """Every way of breaking an answer has its kind and is explained; no part of the body is passed on."""
    timeout = SHORT if kind is FailureKind.TIMEOUT else SETTINGS.timeout
    failed = await fail(client, web.add("/rss", reply), timeout=timeout)
    assert failed.kind is kind
    assert words in failed.detail
    assert failed.url == web.url("/rss")


async def test_after_any_broken_answer_the_client_still_works(client: Client, web: WebServer) -> None:
    """Nothing of a broken answer is left on a connection that is used again."""
    good, bad = web.feed("/good", BODY), web.add("/bad", Reply(body=BODY, framing="chunked", cut=100))
    for _ in range(3):
        await fail(client, bad)
        assert (await have(client, good)).body == BODY


async def test_what_cannot_be_seen_to_be_cut_comes_through(client: Client, web: WebServer) -> None:
    """Without length and compression the end of the connection is the end; the parser will see that it is none."""
    response = await have(client, web.add("/rss", Reply(body=BODY, framing="close", cut=100)))
    assert response.body == BODY[:100]


async def test_a_flood_of_interim_answers_does_no_harm(client: Client, web: WebServer) -> None:
    """Two thousand times 100 Continue, then the answer."""
    assert (await have(client, web.add("/rss", continue_flood(2_000)))).body == b"ok"


async def test_the_charset_of_a_body_is_left_to_the_parser(client: Client, web: WebServer) -> None:
    """Bytes are passed on as bytes, with the header that may be wrong about them."""
    response = await have(client, web.add("/rss", wrong_charset("Київ")))
    assert (response.body, response.headers["content-type"][-10:]) == ("Київ".encode(), "ISO-8859-1")


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not(
    client: Client, web: WebServer, framing: Framing
) -> None:
    """The limit is exact, with and without a Content-Length that announces it."""
    url = web.add("/rss", Reply(body=b"x" * 1000, framing=framing))
    assert len((await have(client, url, max_bytes=1000)).body) == 1000
    assert (await fail(client, url, max_bytes=999)).kind is FailureKind.TOO_LARGE


async def test_a_body_can_be_clipped_instead(client: Client, web: WebServer) -> None:
    """Where the beginning is of use, it is kept."""
    url = web.add("/x", Reply(body=b"x" * 100_000, coding="gzip"))
    assert (await have(client, url, max_bytes=1000, clip=True)).body == b"x" * 1000


async def test_a_bomb_costs_little_memory(client: Client, web: WebServer) -> None:
    """Unpacking stops at the limit: 300 MB of zeros do not come to be."""
    url = web.add("/rss", bomb(300))
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (await fail(client, url)).kind is FailureKind.TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


async def test_bodies_of_refusals_are_not_read(client: Client, web: WebServer) -> None:
    """A page that says 404 in megabytes is only a 404."""
    response = await have(client, web.add("/rss", Reply(404, body=b"x" * 20_000_000)))
    assert (response.status, response.body) == (404, b"")


async def test_headers_that_are_not_utf8_can_be_stored(client: Client, web: WebServer) -> None:
    """They are read as Latin-1, but an ETag that could not be sent back as it came is dropped."""
    raw = b'HTTP/1.1 200 OK\r\nETag: "\xff"\r\nX-Name: caf\xe9\r\nX-Name: 2\r\nContent-Length: 0\r\n\r\n'
    response = await have(client, web.add("/rss", Reply(raw=raw)))
    assert response.headers["x-name"] == "café, 2"
    assert "etag" not in response.headers


@given(st.binary(max_size=2_000), st.sampled_from(["gzip", "deflate", "raw-deflate"]), st.integers(1, 50))
def test_decoding_gives_back_what_was_coded(body: bytes, coding: Coding, step: int) -> None:
    """However the bytes are cut into pieces on the way."""
    coded = encode(body, coding)
    decoder = Decoder(coding.removeprefix("raw-"), 10_000)
    for at in range(0, len(coded), step):
        decoder.feed(coded[at : at + step])
    assert decoder.finish() == body


@given(st.binary(min_size=1, max_size=500), st.data())
def test_a_stream_cut_anywhere_never_passes_for_whole(body: bytes, data: st.DataObject) -> None:
    """Every proper beginning of a gzip stream but the empty one is seen to be cut."""
    coded = encode(body, "gzip")
    decoder = Decoder("gzip", 10_000)
    decoder.feed(coded[: data.draw(st.integers(1, len(coded) - 1))])
    with pytest.raises(BodyFault) as caught:
        decoder.finish()
    assert caught.value.kind is FailureKind.TRUNCATED


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "x-gzip", "", "identity", "br"]))
def test_no_bytes_make_the_decoder_do_anything_but_decode_or_refuse(junk: bytes, coding: str) -> None:
    """Junk ends in bytes within the limit or in a refusal."""
    with contextlib.suppress(BodyFault):
        decoder = Decoder(coding, 200)
        decoder.feed(junk)
        assert len(decoder.finish()) <= 200


def test_members_of_a_gzip_are_joined_and_padding_is_ignored() -> None:
    """RFC 1952 allows several members; some servers add zeros at the end."""
    decoder = Decoder("gzip", 100)
    decoder.feed(encode(b"one ", "gzip") + encode(b"two", "gzip") + bytes(20))
    assert decoder.finish() == b"one two"


def test_many_empty_members_do_not_pass_the_limit_on_the_wire() -> None:
    """A stream that unpacks to nothing is bounded all the same."""
    decoder = Decoder("gzip", 10_000)
    with pytest.raises(BodyFault, match="larger"):
        decoder.feed(encode(b"", "gzip") * 1_000)


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_and_reported(client: Client, web: WebServer, status: int) -> None:
    """Relative targets are resolved; the hop is told with its status."""
    web.feed("/new/rss", BODY)
    response = await have(client, web.redirect("/old", "new/rss#top", status))
    assert (response.status, response.url, response.body) == (200, web.url("/new/rss"), BODY)
    assert response.redirects == (Redirect(status, web.url("/new/rss")),)


async def test_five_redirects_are_followed_and_six_are_not(client: Client, web: WebServer) -> None:
    """The chain is bounded, and so is a loop."""
    for n in range(6):
        web.redirect(f"/{n}", f"/{n + 1}")
    web.feed("/6", BODY)
    assert len((await have(client, web.url("/1"))).redirects) == 5
    failed = await fail(client, web.url("/0"))
    assert (failed.kind, failed.detail) == (FailureKind.REDIRECT, "more than 5 redirects")
    web.redirect("/loop", "/loop", 301)
    assert (await fail(client, web.url("/loop"))).kind is FailureKind.REDIRECT
    assert len(web.seen("/loop")) == 6


@pytest.mark.parametrize(
    "location", ["", "ftp://x/", "file:///etc/passwd", "javascript:alert(1)", "http://[", "data:,x"]
)
async def test_a_redirect_to_nowhere_is_a_failure(client: Client, web: WebServer, location: str) -> None:
    """No Location, and schemes other than http and https."""
    failed = await fail(client, web.redirect("/rss", location, 301))
    assert (failed.kind, failed.status) == (FailureKind.REDIRECT, 301)


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest", "http://127.0.0.2/", "http://10.0.0.1/", "http://[::1]/", "http://2130706433/"],
)
async def test_a_redirect_to_a_private_address_is_refused(client: Client, web: WebServer, target: str) -> None:
    """The guard meets redirects as it meets everything else."""
    failed = await fail(client, web.redirect("/rss", target))
    assert failed.kind is FailureKind.BLOCKED


async def test_secrets_stay_with_their_origin(client: Client, web: WebServer) -> None:
    """Headers of the feed and the password of its URL are for one origin: nowhere else, and not on the way back."""
    async with WebServer() as other:
        other.redirect("/b", web.url("/c"))
        web.redirect("/", "/a")
        web.redirect("/a", other.url("/b"))
        web.feed("/c", BODY)
        url = web.url("/").replace("://", "://user:word@")
        response = await have(client, url, headers=(("X-Api-Key", "hunter2"),))
        for request in (*web.seen("/"), *web.seen("/a")):
            assert (request.headers["x-api-key"], request.headers["authorization"]) == ("hunter2", "Basic dXNlcjp3b3Jk")
        for request in (*other.seen("/b"), *web.seen("/c")):
            assert not {"x-api-key", "authorization"} & set(request.headers)
    assert response.url == web.url("/c")


async def test_a_password_in_the_url_is_never_passed_on(client: Client, web: WebServer) -> None:
    """Neither answers nor failures repeat it."""
    web.feed("/rss", BODY)
    for path in ("/rss", "/none"):
        assert "word" not in repr(await ask(client, web.url(path).replace("://", "://user:word@")))
    assert "word" not in repr(await fail(client, "http://user:word@127.0.0.2/"))


async def test_a_redirect_cannot_make_us_log_in(client: Client, web: WebServer) -> None:
    """User and password in a Location are not sent."""
    web.feed("/rss", BODY)
    url = web.redirect("/old", web.url("/rss").replace("://", "://a:b@"))
    response = await have(client, url)
    assert "authorization" not in web.seen("/rss")[0].headers
    assert response.redirects == (Redirect(302, web.url("/rss")),)


# --- who may be asked


async def test_private_addresses_are_refused_unless_allowed(web: WebServer) -> None:
    """By default nothing on loopback can be fetched; a feed's own allowance opens it for that feed alone."""
    url = web.feed("/rss", BODY)
    async with Client(Settings(host_gap=timedelta(0)), user_agent=AGENT, clock=Clock()) as client:
        failed = await fail(client, url)
        assert (failed.kind, failed.detail) == (
            FailureKind.BLOCKED,
            "127.0.0.1 is on a network that may not be fetched from",
        )
        assert (await have(client, url, allow_private=("127.0.0.0/8",))).status == 200
        assert (await fail(client, url)).kind is FailureKind.BLOCKED  # though a connection to it is kept alive
        assert (await have(client, web.url("/rss", host="localhost"), allow_private=("localhost",))).status == 200
        assert (await fail(client, url, allow_private=("localhost",))).kind is FailureKind.BLOCKED
    assert len(web.requests) == 2


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]", "127.1",
        "2130706433", "0x7f000001", "0177.0.0.1", "１２７.0.0.1", "①27.0.0.1", "user@127.0.0.1", "169.254.169.254",
        "[64:ff9b::7f00:1]", "[fe80::1]", "192.168.0.1", "[fd00::1]",
    ],
)  # fmt: skip
async def test_hostile_hosts_are_not_reached(web: WebServer, host: str) -> None:
    """No spelling of an inner address gets through."""
    async with Client(Settings(host_gap=timedelta(0)), user_agent=AGENT, clock=Clock()) as client:
        failed = await fail(client, f"http://{host}:{web.port}/")
        assert failed.kind in (FailureKind.BLOCKED, FailureKind.DNS)
    assert not web.requests


class Names(AbstractResolver):
    """A resolver that gives one answer after the other."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - the interface has it
    ) -> list[ResolveResult]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not answer:
            raise OSError(None, "no such name")
        return [ResolveResult(hostname=host, host=ip, port=port, family=_family(ip), proto=0, flags=0) for ip in answer]

    async def close(self) -> None:
        """There is nothing to close."""


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


@pytest.mark.parametrize(
    "answer", [("127.0.0.1",), ("::1", "127.0.0.1"), ("10.0.0.1", "10.0.0.2", "::1"), ("169.254.169.254",)]
)
async def test_a_name_that_leads_inside_is_refused(web: WebServer, answer: tuple[str, ...]) -> None:
    """Rebinding is of no use: the address itself is judged, whatever the name."""
    async with Client(
        Settings(host_gap=timedelta(0)), user_agent=AGENT, clock=Clock(), resolver=Names(answer)
    ) as client:
        failed = await fail(client, f"http://nice.example:{web.port}/")
    assert failed.kind is FailureKind.BLOCKED
    assert failed.detail.startswith("nice.example leads to ")
    assert not web.requests


async def test_a_trusted_name_may_lead_inside_but_not_to_the_metadata_service(web: WebServer) -> None:
    """``allow_private: [nas.lan]`` opens what nas.lan is, within reason."""
    web.feed("/rss", BODY)
    for answer, kind in ((("127.0.0.1",), None), (("169.254.169.254",), FailureKind.BLOCKED)):
        async with Client(SETTINGS, user_agent=AGENT, clock=Clock(), resolver=Names(answer)) as client:
            outcome = await ask(client, f"http://nas.lan:{web.port}/rss", allow_private=("NAS.lan",))
            assert (outcome.kind if isinstance(outcome, Failed) else None) is kind


# --- failures before an answer


@pytest.mark.parametrize("url", ["", "x", "ftp://x/", "http://", "http:///a", "http://a:99999/", "file:///etc/passwd"])
async def test_what_is_no_address_of_the_web_is_a_failure(client: Client, url: str) -> None:
    """Only http and https with a host are asked."""
    failed = await fail(client, url)
    assert failed.kind is FailureKind.PROTOCOL
    assert failed.detail.startswith("not an address that can be fetched: ")


async def test_a_name_that_does_not_exist_is_told(clock: Clock) -> None:
    """DNS failures are their own kind."""
    async with Client(SETTINGS, user_agent=AGENT, clock=clock, resolver=Names(())) as client:
        failed = await fail(client, "http://nope.invalid/")
        long = await fail(client, "http://" + "a" * 70 + ".example/")
    assert (failed.kind, failed.detail) == (FailureKind.DNS, "could not resolve nope.invalid: no such name")
    assert long.kind is FailureKind.DNS


async def test_the_system_is_asked_for_names_without_one_handed_in(client: Client, web: WebServer) -> None:
    """``localhost`` is found by the resolver of the system."""
    web.feed("/rss", BODY)
    assert (await have(client, web.url("/rss", host="localhost"), allow_private=("localhost",))).status == 200


async def test_a_refused_connection_is_told(client: Client) -> None:
    """Nobody listens on the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        failed = await fail(client, f"http://127.0.0.1:{free.getsockname()[1]}/")
    assert (failed.kind, failed.detail) == (FailureKind.CONNECT, "127.0.0.1 refused the connection")


def _tls_server(tmp_path: Path, certificate: str) -> ssl.SSLContext:
    pem = tmp_path / "pem"
    pem.write_text(KEY + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _trusting(certificate: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificate)


@pytest.mark.parametrize(
    ("certificate", "trusted", "host", "words"),
    [
        (GOOD, "", "localhost", "self-signed certificate"),
        (EXPIRED, EXPIRED, "localhost", "certificate has expired"),
        (GOOD, GOOD, "other.example", "Hostname mismatch"),
    ],
    ids=["untrusted", "expired", "other-name"],
)
async def test_a_bad_certificate_is_told(tmp_path: Path, certificate: str, trusted: str, host: str, words: str) -> None:
    """TLS failures say what is wrong with the certificate."""
    tls = _trusting(trusted) if trusted else ssl.create_default_context()
    names = Names(("127.0.0.1",))
    async with (
        WebServer(tls=_tls_server(tmp_path, certificate)) as web,
        Client(SETTINGS, user_agent=AGENT, clock=Clock(), resolver=names, tls=tls) as client,
    ):
        failed = await fail(client, web.url("/", host=host))
    assert failed.kind is FailureKind.TLS
    assert words in failed.detail


async def test_https_works_and_credentials_are_never_taken_down_to_http(tmp_path: Path, web: WebServer) -> None:
    """From https a redirect to http is followed without credentials to lose, and not with them."""
    web.feed("/rss", BODY)
    async with (
        WebServer(tls=_tls_server(tmp_path, GOOD)) as safe,
        Client(SETTINGS, user_agent=AGENT, clock=Clock(), tls=_trusting(GOOD)) as client,
    ):
        url = safe.redirect("/rss", web.url("/rss"))
        assert (await have(client, url)).body == BODY
        failed = await fail(client, url, headers=(("Authorization", "Bearer x"),))
    assert failed.kind is FailureKind.REDIRECT
    assert "plain http" in failed.detail
    assert len(web.seen("/rss")) == 1


async def test_a_server_that_speaks_no_tls_is_told(client: Client) -> None:
    """HTTP on the port of HTTPS."""

    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(chatter, "127.0.0.1", 0)
    async with server:
        failed = await fail(client, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert failed.kind is FailureKind.TLS


def test_words_of_a_server_are_cleaned() -> None:
    """Control characters and length of what others say are bounded."""
    kind, detail = explain(OSError(5, "evil\x1b[31m\r\n" + "x" * 500), "h.example")
    assert (kind, len(detail) < 200, detail.isprintable()) == (FailureKind.CONNECT, True, True)


async def test_cancelling_is_not_a_failure_of_the_server(client: Client, web: WebServer) -> None:
    """A cancelled fetch is cancelled, and gives its place back."""
    url = web.add("/slow", Reply(stall="head"))
    task = asyncio.create_task(client.get(FetchRequest(url)))
    await web.wait_for("/slow", begun=True)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await have(client, web.feed("/rss", BODY))).status == 200


# --- politeness


class Stopwatch:
    """Monotonic time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_requests_to_a_host_are_spaced_out() -> None:
    """The first starts at once, each next one a gap later; another host does not wait for them."""
    watch = Stopwatch()
    gate = HostGate(2, 1.5, monotonic=watch.monotonic, sleep=watch.sleep)
    starts = []
    for host in ("a.example", "a.example", "a.example", "b.example"):
        async with gate.turn(host):
            starts.append(watch.now)
    assert starts == [100.0, 101.5, 103.0, 103.0]


async def test_hosts_that_nobody_waits_for_are_forgotten() -> None:
    """The gate does not grow with every host that was ever asked."""
    watch = Stopwatch()
    gate = HostGate(2, 1.0, monotonic=watch.monotonic, sleep=watch.sleep)
    for n in range(5_000):
        watch.now += 2
        async with gate.turn(f"{n}.example"):
            pass
    assert len(gate._lanes) <= 1_000


async def test_a_host_gets_no_more_than_its_share_of_connections(web: WebServer) -> None:
    """However many feeds it has, and however their URLs spell it."""
    settings = replace(SETTINGS, host_connections=2)
    url = web.add("/slow", Reply(body=b"x", stall="head"))
    async with Client(settings, user_agent=AGENT, clock=Clock()) as client:
        asked = [asyncio.create_task(client.get(FetchRequest(f"{url}?{n}"))) for n in range(6)]
        await web.wait_for("/slow", 2, begun=True)
        web.release()
        assert [outcome.status for outcome in await asyncio.gather(*asked)] == [200] * 6
    assert web.peak == 2


async def test_all_connections_together_are_limited(web: WebServer) -> None:
    """``connections`` bounds what many hosts together may use."""
    settings = replace(SETTINGS, connections=3)
    url = web.add("/slow", Reply(body=b"x", stall="head"))
    async with Client(settings, user_agent=AGENT, clock=Clock()) as client:
        asked = [asyncio.create_task(client.get(FetchRequest(f"{url}?{n}"))) for n in range(8)]
        await web.wait_for("/slow", 3, begun=True)
        web.release()
        await asyncio.gather(*asked)
    assert web.peak == 3


async def test_waiting_for_ones_turn_does_not_use_up_the_time(web: WebServer) -> None:
    """The limit is for the server; forty feeds of one host do not time each other out."""
    watch = Stopwatch()
    gate = HostGate(1, 60.0, monotonic=watch.monotonic, sleep=watch.sleep)
    web.feed("/rss", BODY)
    async with Client(SETTINGS, user_agent=AGENT, clock=Clock(), gate=gate) as client:
        outcomes = await asyncio.gather(*(client.get(FetchRequest(web.url("/rss"))) for _ in range(40)))
    assert {outcome.status for outcome in outcomes} == {200}
    assert watch.now == 100.0 + 39 * 60.0


async def test_connections_are_used_again(client: Client, web: WebServer) -> None:
    """A host is not made to shake hands for every feed."""
    url = web.feed("/rss", BODY, coding="gzip")
    for _ in range(4):
        await have(client, url)
    assert {request.connection for request in web.requests} == {1}


async def test_a_429_cools_its_host(client: Client, web: WebServer, clock: Clock) -> None:
    """Until the time it named nothing of that host is asked; other hosts are, and afterwards it is again."""
    web.status("/busy", 429, retry_after="120")
    web.feed("/rss", BODY)
    assert (await have(client, web.url("/busy"))).status == 429
    failed = await fail(client, web.url("/rss"))
    assert (failed.kind, failed.status, failed.retry_after) == (
        FailureKind.RATE_LIMITED,
        None,
        timedelta(seconds=120),
    )
    assert failed.detail == "127.0.0.1 asked us to stay away until 2025-11-26 12:02:00 UTC"
    assert (await have(client, web.url("/rss", host="localhost"), allow_private=("localhost",))).status == 200
    clock.now += timedelta(seconds=120)
    assert (await have(client, web.url("/rss"))).status == 200
    assert len(web.seen("/rss")) == 2


async def test_a_host_can_be_cooled_from_outside_and_only_longer(client: Client, web: WebServer) -> None:
    """What the store remembers of a 429 holds after a restart too."""
    client.cool_host("127.0.0.1", NOW + timedelta(hours=1))
    client.cool_host("127.0.0.1.", NOW + timedelta(minutes=1))
    failed = await fail(client, web.feed("/rss", BODY))
    assert failed.retry_after == timedelta(hours=1)
    assert not web.requests


async def test_a_clock_set_back_makes_no_host_wait_longer(client: Client, web: WebServer) -> None:
    """It is left alone for as long as was meant."""
    client.cool_host("127.0.0.1", NOW + timedelta(days=30, hours=1))
    client.set_back(timedelta(days=30))
    failed = await fail(client, web.feed("/rss", BODY))
    assert failed.retry_after == timedelta(hours=1)


def test_a_lookup_that_hangs_does_not_keep_the_process_from_ending() -> None:
    """The name server is not ours; the process ends all the same."""
    program = """
import asyncio, socket, threading
from datetime import UTC, datetime, timedelta
from watcher.fetch import Client, FetchRequest
from watcher.model import Settings
socket.getaddrinfo = lambda *_, **__: threading.Event().wait()
async def main():
    async with Client(Settings(), user_agent="test", clock=lambda: datetime.now(UTC)) as client:
        print((await client.get(FetchRequest("http://slow.example/", timeout=timedelta(seconds=0.1)))).kind)
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    assert ended.stdout == "timeout\n", ended.stderr


async def test_an_international_host_is_cooled_in_either_spelling(client: Client) -> None:
    """``xn--mnchen-3ya`` and ``münchen`` are one host; what is no name at all does no harm."""
    for spelt, asked in (("xn--mnchen-3ya.invalid", "münchen.invalid"), ("київ.invalid", "xn--b1alf1j.invalid")):
        client.cool_host(spelt, NOW + timedelta(hours=1))
        assert (await fail(client, f"http://{asked}/")).kind is FailureKind.RATE_LIMITED
    client.cool_host("a..b", NOW)


async def test_those_who_wait_for_a_host_hear_of_its_429(web: WebServer) -> None:
    """Feeds queued behind the one that met the 429 do not ask any more."""
    settings = replace(SETTINGS, host_connections=1)
    url = web.status("/busy", 429)
    async with Client(settings, user_agent=AGENT, clock=Clock()) as client:
        outcomes = await asyncio.gather(*(client.get(FetchRequest(url)) for _ in range(5)))
    assert [outcome.status for outcome in outcomes] == [429, None, None, None, None]
    assert len(web.requests) == 1


# --- robots.txt


async def test_robots_txt_is_obeyed_and_kept(client: Client, web: WebServer, clock: Clock) -> None:
    """One fetch a day serves all pages of an origin."""
    web.robots("User-agent: *\nDisallow: /private/\n")
    allowed = [await client.robots_allow(web.url(path)) for path in ("/a", "/private/b", "/c?d=/private/")]
    assert allowed == [True, False, True]
    assert len(web.seen("/robots.txt")) == 1
    clock.now += timedelta(hours=25)
    web.robots("User-agent: watcher\nDisallow: /\n")
    assert not await client.robots_allow(web.url("/a"))
    assert len(web.seen("/robots.txt")) == 2


async def test_a_refusal_by_robots_txt_is_told(client: Client, web: WebServer) -> None:
    """It names the host and is final: no time to come again."""
    web.robots("User-agent: *\nDisallow: /")
    refusal = await client.robots_refusal(web.url("/a"))
    assert refusal is not None
    assert (refusal.kind, refusal.detail, refusal.retry_after) == (
        FailureKind.ROBOTS,
        "robots.txt of 127.0.0.1 does not allow it",
        None,
    )


async def test_robots_txt_is_asked_wherever_a_redirect_leads(client: Client, web: WebServer) -> None:
    """A short link does not lead around the rules of the host it stands for; nor does one on the same host."""
    async with WebServer() as other:
        other.robots("User-agent: *\nDisallow: /")
        other.page("/article", "<p>Text</p>")
        web.robots("User-agent: *\nDisallow: /private/")
        web.redirect("/far", other.url("/article"))
        web.redirect("/near", "/private/article")
        answers = [await client.get(FetchRequest(web.url(path), "page", robots=True)) for path in ("/far", "/near")]

    assert [answer.kind for answer in answers if isinstance(answer, Failed)] == [FailureKind.ROBOTS] * 2
    assert [request.path for request in other.requests] == ["/robots.txt"]
    assert web.seen("/private/article") == ()


async def test_pages_asked_for_together_share_one_robots_txt(client: Client, web: WebServer) -> None:
    """Ten pages of a new host make one request for the rules."""
    web.robots("User-agent: *\nDisallow: /private/")
    await asyncio.gather(*(client.robots_allow(web.url(f"/{n}")) for n in range(10)))
    assert len(web.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_without_robots_txt_everything_is_allowed(client: Client, web: WebServer, status: int) -> None:
    """RFC 9309, 2.3.1.3: an unavailable file forbids nothing."""
    web.status("/robots.txt", status)
    assert await client.robots_allow(web.url("/a"))


@pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(body=b"x", cut=0), Reply(raw=b"")])
async def test_an_unreachable_robots_txt_forbids_for_now_and_says_so(
    client: Client, web: WebServer, clock: Clock, reply: Reply
) -> None:
    """RFC 9309, 2.3.1.4; an hour later it is looked for again."""
    web.add("/robots.txt", reply)
    refusal = await client.robots_refusal(web.url("/a"))
    assert refusal is not None
    assert refusal.retry_after == timedelta(hours=1)
    assert "could not be read" in refusal.detail
    assert "for now" in refusal.detail
    clock.now += timedelta(hours=1)
    web.robots("")
    assert await client.robots_allow(web.url("/a"))


async def test_a_huge_robots_txt_is_read_from_its_beginning(client: Client, web: WebServer) -> None:
    """The first 500 KiB count (RFC 9309, 2.5); redirects to it are followed."""
    web.add("/rules", Reply(body=b"\xef\xbb\xbfUser-agent: *\nDisallow: /no\n" + b"# filler\n" * 100_000))
    web.redirect("/robots.txt", "/rules")
    assert [await client.robots_allow(web.url(path)) for path in ("/no", "/yes")] == [False, True]


async def test_robots_txt_in_html_forbids_nothing(client: Client, web: WebServer) -> None:
    """Many sites answer every path with a page."""
    web.page("/robots.txt", "<html><body>Disallow: / is not a rule here</body></html>")
    assert await client.robots_allow(web.url("/a"))


async def test_what_robots_txt_cannot_be_asked_for_is_left_to_the_fetch(client: Client) -> None:
    """A blocked or malformed address is refused when it is fetched, with the better reason."""
    assert await client.robots_allow("http://127.0.0.2/a")
    assert await client.robots_allow("nonsense")


# --- the server of the tests itself


def test_the_server_runs_in_a_thread_as_well() -> None:
    """A client in another thread is served, and the record can be waited for."""

    async def fetch(url: str) -> Response | Failed:
        async with Client(SETTINGS, user_agent=AGENT, clock=Clock()) as client:
            return await client.get(FetchRequest(url))

    with WebServer() as web:
        outcome = asyncio.run(fetch(web.feed("/rss", BODY)))
        assert isinstance(outcome, Response)
        assert outcome.body == BODY
        assert web.wait("/rss").headers["user-agent"] == AGENT


async def test_a_route_that_fails_shows_as_an_answer(client: Client, web: WebServer) -> None:
    """A mistake in a test's script is a 500, not a hang."""

    def broken(_: Request) -> Reply:
        raise zlib.error("oops")

    assert (await have(client, web.add("/x", broken))).status == 500
