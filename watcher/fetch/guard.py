"""Where a connection may lead: the addresses of a name, and the judgement on each when a socket is made for it."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from watcher.address import Network, allowed_address, allowed_for_name
from watcher.errors import BlockedAddress
from watcher.threads import DaemonThreads

RESOLVER_THREADS = 16
REFUSED = "an address that may not be fetched"


@dataclass(frozen=True, slots=True)
class Guard:
    """Makes sockets, but only for addresses that may be fetched (a ``socket_factory`` of aiohttp).

    Attributes:
        trusted_name: the user allowed the host by its name.
    """

    networks: tuple[Network, ...]
    trusted_name: bool

    def __call__(self, info: AddrInfoType) -> socket.socket:
        """A socket for an address.

        Raises:
            BlockedAddress: it may not be fetched from.
        """
        family, kind, protocol, _, target = info
        ip = str(target[0])
        if not (allowed_address(ip, self.networks) or (self.trusted_name and allowed_for_name(ip))):
            # One text for all addresses: where a name has several, only equal errors are handed on with their type.
            refusal = BlockedAddress(REFUSED)
            refusal.add_note(ip)
            raise refusal
        return socket.socket(family, kind, protocol)


class Resolver(AbstractResolver):
    """Asks the system for addresses, in threads of its own: those of the loop are few, and a lookup may take long."""

    def __init__(self) -> None:
        self._threads = DaemonThreads(RESOLVER_THREADS, "dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name; raises what the system raises."""
        found = await self._threads.call(lambda: socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM))
        return [
            ResolveResult(
                hostname=host, host=str(target[0]), port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST
            )
            for kind, _, protocol, _, target in found
        ]

    async def close(self) -> None:
        """Lookups that are under way are left behind."""
