"""Which network addresses may be fetched from.

News feeds and pages are written by strangers, and a link or redirect may name any host. Addresses of private networks,
of this machine, of cloud metadata services and the like are refused unless the user allowed them. Names are not judged:
only the address that a socket is about to connect to says where a request really goes.

``ipaddress.is_global`` alone will not do: in Python 3.11 it is true for ``::127.0.0.1``, ``64:ff9b::a9fe:a9fe``,
``224.0.0.1`` and others that lead inside.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

# Not public, whatever the Python version says of them: shared address space, IETF protocol assignments, benchmarking,
# 6to4 relays, the metadata server of Azure, site-local, discard-only, documentation, segment routing, local NAT64; and
# forms of IPv6 that stand for an IPv4 address and that no news comes from: the compatible form, Teredo, 6to4.
_NEVER_PUBLIC = tuple(
    ipaddress.ip_network(block)
    for block in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "198.18.0.0/15",
        "192.88.99.0/24",
        "168.63.129.16/32",
        "fec0::/10",
        "100::/64",
        "3fff::/20",
        "5f00::/16",
        "64:ff9b:1::/48",
        "::/96",
        "2001::/32",
        "2002::/16",
    )
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the user allowed beyond public addresses.

    Attributes:
        networks: addresses in them may be fetched from.
        names: hosts with these names may be fetched from wherever on a private network they are; lower case.
    """

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = frozenset()


def parse_allowance(items: Sequence[str]) -> Allowance:
    """Read ``allow_private`` as the configuration has it: CIDR blocks, addresses and host names.

    Raises:
        ValueError: an item is neither; the message names it.
    """
    networks: list[Network] = []
    names: set[str] = set()
    for item in items:
        network = _network(item.strip())
        if network is not None:
            networks.append(network)
        else:
            names.add(_host_name(item))
    return Allowance(tuple(networks), frozenset(names))


def _network(item: str) -> Network | None:
    try:
        return ipaddress.ip_network(item, strict=False)
    except ValueError:
        return None


def _host_name(item: str) -> str:
    name = normal_host(item.strip())
    if not name or set(name) & set("/:@ *?#") or name.replace(".", "").isdigit():
        raise ValueError(f"{item!r} is neither a network such as 10.0.0.0/8, nor an address, nor a host name")
    return name


def normal_host(host: str) -> str:
    """A host name as it is compared: lower case, without the dot of the root."""
    return host.lower().rstrip(".")


def allowed_address(ip: str, allow: Sequence[Network] = ()) -> bool:
    """Whether a socket may connect to an address: a public one, or one in an allowed network.

    Args:
        ip: an address as the resolver gives it, with or without a scope (``fe80::1%eth0``). Anything that is not an
            address in its canonical form is refused.
        allow: networks that are allowed though they are not public.
    """
    address = _address(ip)
    return address is not None and (_within(address, allow) or _public(address))


def allowed_for_name(ip: str) -> bool:
    """Whether a host whose *name* the user allowed may be at this address: public, private or this machine.

    Link-local addresses stay refused: the metadata services of clouds live there, and no name of a feed does.
    """
    address = _address(ip)
    if address is None:
        return False
    refused = address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved
    return address.is_loopback or _public(address) or (address.is_private and not refused)


def _address(ip: str) -> Address | None:
    """An address from its text, a mapped IPv4 address as itself; None when it is none."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address in _NAT64:
        return _public(IPv4Address(int(address) & 0xFFFFFFFF))
    special = (
        address.is_multicast
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or address.is_reserved
        or address.is_private
    )
    return address.is_global and not special and not _within(address, _NEVER_PUBLIC)
