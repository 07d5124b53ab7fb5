"""What went wrong, as a kind and in words for people."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterator, Mapping

import aiohttp

from watcher.errors import BlockedAddress
from watcher.fetch.bodies import BodyFault
from watcher.fetch.guard import REFUSED
from watcher.model import FailureKind

CONNECT_SECONDS = 10
SILENCE_SECONDS = 15

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
    if isinstance(error, BodyFault):
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
        if isinstance(step, OSError) and REFUSED in str(step):
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
            return FailureKind.TLS, f"the certificate of {host} is not good: {plain(step.verify_message)}"
        if isinstance(step, ssl.SSLError):
            words = plain((step.reason or str(step)).replace("_", " ").lower())
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
        return FailureKind.DNS, f"could not resolve {host}: {plain(error.os_error.strerror or 'no address')}"
    if isinstance(error, UnicodeError):
        return FailureKind.DNS, f"could not resolve {host}: not a valid name of a host"
    return None


def _explain_connection(error: Exception, host: str) -> tuple[FailureKind, str]:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return FailureKind.CONNECT, f"{host} closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return FailureKind.TRUNCATED, f"the answer of {host} breaks off"
    if isinstance(error, aiohttp.ClientResponseError):
        return FailureKind.PROTOCOL, f"{host} does not speak proper HTTP: {plain(error.message)}"
    if isinstance(error, OSError):
        number = error.errno or 0
        words = _ERRNO_WORDS.get(number) or f"cannot be reached: {plain(error.strerror or error)}"
        return FailureKind.CONNECT, f"{host} {words}"
    return FailureKind.PROTOCOL, f"{host} cannot be asked: {plain(error)}"


def plain(words: object) -> str:
    """Words of others as one short printable line."""
    text = "".join(character if character.isprintable() else " " for character in str(words))
    return " ".join(text.split())[:120]
