"""Which addresses may be fetched from."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.address import allowed_address, allowed_for_name, normal_host, parse_allowance

REFUSED = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.192", "198.18.0.1", "192.88.99.1", "192.0.2.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:808:808::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "100::1", "2001:db8::1", "3fff::1", "5f00::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
)  # fmt: skip
PUBLIC = ("8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
NOT_ADDRESSES = (
    "",
    "localhost",
    "2130706433",
    "127.1",
    "0x7f000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "１２７.0.0.1",
    "8.8.8",
)


@pytest.mark.parametrize("ip", REFUSED)
def test_an_address_that_leads_inside_is_refused(ip: str) -> None:
    """Private, local, metadata and reserved addresses are refused in every spelling of IPv4 within IPv6."""
    assert not allowed_address(ip)


@pytest.mark.parametrize("ip", PUBLIC)
def test_a_public_address_is_allowed(ip: str) -> None:
    """The public internet may be fetched from."""
    assert allowed_address(ip)


@pytest.mark.parametrize("ip", NOT_ADDRESSES)
def test_what_is_not_an_address_is_refused(ip: str) -> None:
    """Old and odd spellings that some libraries turn into an address are no address here."""
    assert not allowed_address(ip)


def test_a_network_can_be_allowed() -> None:
    """An allowed block opens its own addresses, mapped ones included, and nothing else."""
    allow = parse_allowance(["10.0.0.0/8", "127.0.0.1", "fd00::/8"]).networks
    verdicts = [allowed_address(ip, allow) for ip in ("10.9.9.9", "::ffff:10.0.0.1", "127.0.0.1", "fd00::1", "8.8.8.8")]
    assert verdicts == [True] * 5
    refused = ("127.0.0.2", "192.168.0.1", "169.254.169.254", "64:ff9b::a00:1", "fc00::1")
    assert [allowed_address(ip, allow) for ip in refused] == [False] * 5


def test_a_mapped_address_of_a_trusted_name_is_judged_as_itself() -> None:
    """Private is fine and metadata is not, in either spelling."""
    assert allowed_for_name("::ffff:10.0.0.1")
    assert not allowed_for_name("::ffff:169.254.169.254")


def test_a_name_that_was_allowed_may_be_on_a_private_network_but_not_link_local() -> None:
    """The metadata service stays out of reach even of a host that the user trusts by name."""
    assert all(allowed_for_name(ip) for ip in ("10.0.0.1", "127.0.0.1", "::1", "192.168.1.1", "fd00::1", "8.8.8.8"))
    assert not any(allowed_for_name(ip) for ip in ("169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "junk"))


def test_an_allowance_is_read_from_networks_addresses_and_names() -> None:
    """Names are compared in lower case without the final dot; a host address is a network of one."""
    allowance = parse_allowance(["10.0.0.0/8", "127.0.0.1", " NAS.lan. "])
    assert allowance.networks == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("127.0.0.1/32"))
    assert allowance.names == {"nas.lan"}


@pytest.mark.parametrize("item", ["", "10.0.0.0/99", "http://nas.lan", "*.lan", "10.0.0", "nas.lan:80", "a b"])
def test_a_bad_allowance_is_named(item: str) -> None:
    """An item that is neither network nor name is refused with its text, so that the user finds it."""
    with pytest.raises(ValueError, match="neither a network"):
        parse_allowance([item])


def test_hosts_are_compared_without_case_and_final_dot() -> None:
    """``Example.ORG.`` and ``example.org`` are one host."""
    assert normal_host("Example.ORG.") == "example.org"


@given(st.ip_addresses())
def test_a_public_verdict_never_contradicts_the_standard_library(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """Whatever is allowed by default is global by Python's own table too, but for IPv4 within IPv6: ours takes away."""
    within = ip.version == 6 and (str(ip).startswith("64:ff9b::") or str(ip).startswith("::ffff:"))
    assert within or not allowed_address(str(ip)) or ip.is_global


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_judged_as_itself(ip: ipaddress.IPv4Address) -> None:
    """Mapped and NAT64 forms are allowed only where the IPv4 address within is; 6to4 never is."""
    number = int(ip)
    forms = (f"::ffff:{ip}", str(ipaddress.IPv6Address((0x0064FF9B << 96) | number)))
    assert [allowed_address(form) for form in forms] == [allowed_address(str(ip))] * 2
    assert not allowed_address(str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))))


@given(st.text(max_size=40))
def test_no_text_makes_the_guard_fail(text: str) -> None:
    """The guard answers for any text at all."""
    assert allowed_address(text) in (True, False)
    assert allowed_for_name(text) in (True, False)
