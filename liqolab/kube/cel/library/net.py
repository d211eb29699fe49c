"""Addresses, networks and URLs."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.functions import declare, traversal
from liqolab.kube.cel.values import Opaque

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Ip(Opaque):
    """An address."""

    address: Address
    type_name = "net.IP"

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Cidr(Opaque):
    """A network, perhaps with the bits of an address in it."""

    interface: ipaddress.IPv4Interface | ipaddress.IPv6Interface
    type_name = "net.CIDR"

    def __str__(self) -> str:
        return str(self.interface)


@dataclass(frozen=True, slots=True)
class Url(Opaque):
    """A URL, as it was spelt."""

    text: str
    type_name = "kubernetes.URL"


def _refuse_mapped(address: Address, text: str) -> None:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise EvaluationError(f'IPv4-mapped IPv6 address "{text}" is not allowed')


@declare("ip(string) -> net.IP", cost=traversal)
def ip(text: str) -> Ip:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        problem = f'ParseAddr("{text}"): unable to parse IP'
        raise EvaluationError(f'IP Address "{text}" parse error during conversion from string: {problem}') from None
    if "%" in text:
        raise EvaluationError(f'IP address "{text}" with zone value is not allowed')
    _refuse_mapped(address, text)
    return Ip(address)


_BAD_CIDR = "network address parse error during conversion from string: "


@declare("cidr(string) -> net.CIDR", cost=traversal)
def cidr(text: str) -> Cidr:
    try:
        interface = ipaddress.ip_interface(text)
    except ValueError:
        interface = None
    address, slash, bits = text.partition("/")
    proper = bits.isdecimal() and (bits == "0" or bits[0] != "0")
    if interface is None or not slash or not proper:
        # Upstream says it twice.
        raise EvaluationError(
            f'{_BAD_CIDR}{_BAD_CIDR}netip.ParsePrefix("{text}"): {_prefix_problem(address, slash, bits)}'
        )
    _refuse_mapped(interface.ip, text)
    return Cidr(interface)


def _prefix_problem(address: str, slash: str, bits: str) -> str:
    if not slash:
        return "no '/'"
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return f'ParseAddr("{address}"): unable to parse IP'
    return "prefix length out of range" if bits.isdecimal() else f'bad bits after slash: "{bits}"'


def _accepted(parse: Any) -> Any:
    def test(text: str) -> bool:
        try:
            parse(text)
        except EvaluationError:
            return False
        return True

    return test


declare("isIP(string) -> bool", cost=traversal)(_accepted(ip))
declare("isCIDR(string) -> bool", cost=traversal)(_accepted(cidr))
declare("ip.isCanonical(string) -> bool", cost=traversal)(lambda text: str(ip(text)) == text)
declare("string(net.IP) -> string", "string(net.CIDR) -> string")(str)
declare("net.IP:family() -> int")(lambda value: value.address.version)
declare("net.IP:isUnspecified() -> bool")(lambda value: value.address.is_unspecified)
declare("net.IP:isLoopback() -> bool")(lambda value: value.address.is_loopback)
declare("net.IP:isLinkLocalUnicast() -> bool")(lambda value: value.address.is_link_local)


@declare("net.IP:isLinkLocalMulticast() -> bool")
def is_link_local_multicast(value: Ip) -> bool:
    packed = value.address.packed
    return packed[:3] == b"\xe0\x00\x00" if len(packed) == 4 else packed[0] == 0xFF and packed[1] & 0x0F == 2


@declare("net.IP:isGlobalUnicast() -> bool")
def is_global_unicast(value: Ip) -> bool:
    """As Go has it: private networks are, broadcast is not."""
    own = value.address
    special = own.is_unspecified or own.is_loopback or own.is_multicast or own.is_link_local
    return not special and own.packed != b"\xff\xff\xff\xff"


@declare("net.CIDR:containsIP(string) -> bool", "net.CIDR:containsIP(net.IP) -> bool", cost=traversal)
def contains_ip(network: Cidr, address: Ip | str) -> bool:
    return (ip(address) if isinstance(address, str) else address).address in network.interface.network


@declare("net.CIDR:containsCIDR(string) -> bool", "net.CIDR:containsCIDR(net.CIDR) -> bool", cost=traversal)
def contains_cidr(network: Cidr, other: Cidr | str) -> bool:
    inner = (cidr(other) if isinstance(other, str) else other).interface.network
    outer: Any = network.interface.network
    return inner.version == outer.version and bool(inner.subnet_of(outer))


declare("net.CIDR:ip() -> net.IP")(lambda network: Ip(network.interface.ip))
declare("net.CIDR:prefixLength() -> int")(lambda network: network.interface.network.prefixlen)
declare("net.CIDR:masked() -> net.CIDR")(lambda network: Cidr(ipaddress.ip_interface(str(network.interface.network))))


# --- URLs -----------------------------------------------------------------------------------------------------------


@declare("url(string) -> kubernetes.URL", cost=traversal)
def url(text: str) -> Url:
    head = "URL parse error during conversion from string: "
    problem = ""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        problem = f'parse "{text}": invalid URI for request'
    if not text:
        problem = 'parse "": empty url'
    if not problem and not (text.startswith("/") or (parts.scheme and (parts.netloc or parts.path))):
        problem = f'parse "{text}": invalid URI for request'
    if not problem and (space := next((one for one in parts.netloc if one.isspace()), "")):
        problem = f'parse "{text}": invalid character "{space}" in host name'
    if not problem and any(ord(character) < 32 or ord(character) == 127 for character in text):
        problem = f'parse "{text}": net/url: invalid control character in URL'
    if problem:
        raise EvaluationError(head + problem)
    return Url(text)


declare("isURL(string) -> bool", cost=traversal)(_accepted(url))
declare("kubernetes.URL:getScheme() -> string")(lambda value: urlsplit(value.text).scheme)
declare("kubernetes.URL:getHost() -> string")(lambda value: urlsplit(value.text).netloc.rpartition("@")[2])


@declare("kubernetes.URL:getHostname() -> string")
def get_hostname(value: Url) -> str:
    host = urlsplit(value.text).netloc.rpartition("@")[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


@declare("kubernetes.URL:getPort() -> string")
def get_port(value: Url) -> str:
    port = urlsplit(value.text).port
    return "" if port is None else str(port)


@declare("kubernetes.URL:getEscapedPath() -> string", cost=traversal)
def get_escaped_path(value: Url) -> str:
    return quote(unquote(urlsplit(value.text).path), safe="/:@!$&'()*+,;=~-._")


@declare("kubernetes.URL:getQuery() -> map<string, list<string>>", cost=traversal)
def get_query(value: Url) -> dict[str, list[str]]:
    return parse_qs(urlsplit(value.text).query, keep_blank_values=True)
