"""What is asked, and what is answered: requests, their headers, and those of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import aiohttp
from multidict import CIMultiDict

from watcher import __version__
from watcher.model import Validators

Kind = Literal["feed", "page", "robots"]

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


def request_headers(request: FetchRequest, secrets: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    """The headers of a request; ``secrets`` are those that its origin alone may see."""
    headers = CIMultiDict({"Accept": _ACCEPT[request.kind]})
    if request.validators.etag is not None:
        headers["If-None-Match"] = request.validators.etag
    if request.validators.last_modified is not None:
        headers["If-Modified-Since"] = request.validators.last_modified
    for name, value in secrets:
        headers[name] = value
    return headers


def answer_headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
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
