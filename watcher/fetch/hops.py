"""The requests of a chain of redirects: where each leads, and which secrets may go along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from watcher.address import normal_host
from watcher.fetch.failures import plain
from watcher.fetch.messages import FetchRequest
from watcher.model import Failed, FailureKind

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a chain of redirects.

    Attributes:
        secrets: headers that go to this origin alone.
    """

    url: URL
    secrets: tuple[tuple[str, str], ...]

    @property
    def host(self) -> str:
        """The host, in the spelling that all parts of this package use."""
        return normal_host(self.url.host or "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one hop gave. ``seconds`` is how long it took, waiting for one's turn not counted."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


def first_hop(request: FetchRequest) -> Hop | Failed:
    """Where a request leads, with all its secrets."""
    try:
        url = URL(request.url).with_fragment(None)
    except ValueError as error:
        return Failed(FailureKind.PROTOCOL, f"not an address that can be fetched: {plain(error)}", "")
    if url.scheme not in ("http", "https") or not url.host:
        return Failed(FailureKind.PROTOCOL, "not an address that can be fetched: only http and https are", "")
    return Hop(url, request.headers)


def next_hop(hop: Hop, answer: Answer) -> Hop | Failed:
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
        return _misled(hop, answer, f"to {plain(url.scheme)}:, which is not followed")
    if origin == hop.url.origin():
        return Hop(url.with_user(hop.url.user).with_password(hop.url.password), hop.secrets)
    if hop.url.scheme == "https" and url.scheme == "http" and (hop.secrets or hop.url.user):
        return _misled(hop, answer, "from https to plain http, which is not followed with credentials")
    return Hop(url.with_user(None), ())


def _misled(hop: Hop, answer: Answer, how: str) -> Failed:
    return Failed(FailureKind.REDIRECT, f"{hop.host} redirects ({answer.status}) {how}", "", answer.status)


def readable_host(host: str) -> str:
    """A host name in the spelling that hops have, which is not that of the DNS where it is international."""
    try:
        return normal_host(URL.build(scheme="http", host=host).host or host)
    except ValueError:
        return normal_host(host)


def shown(url: str) -> str:
    """A URL without the user and password it may have."""
    head, slashes, rest = url.partition("//")
    authority, slash, path = rest.partition("/")
    return f"{head}{slashes}{authority.rpartition('@')[2]}{slash}{path}"
