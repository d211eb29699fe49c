"""Addresses and networks that newer versions would refuse, or that are not written as they should be."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from liqolab.apimachinery.networks import LEADING_ZEROS, parse_network
from liqolab.kube.kinds.field_errors import quoted
from liqolab.kube.kinds.validation.addresses import Address, parse_address

_ZERO_LENGTH: Final = re.compile(r"/0\d")
_FUTURE: Final = "will be considered invalid in a future Kubernetes release"
_MAPPED_BITS: Final = 96


def _mapped(address: Address) -> ipaddress.IPv4Address | None:
    return address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None


def address_warnings(path: str, text: str) -> list[str]:
    """What is to be said about an address that is valid so far."""
    address = parse_address(text)
    if address is None:
        return []
    if mapped := _mapped(address):
        return [f"{path}: non-standard IP address {quoted(text)} {_FUTURE}: use {quoted(str(mapped))}"]
    if address.version == 4:
        canonical = quoted(str(address))
        return (
            []
            if str(address) == text
            else [f"{path}: non-standard IP address {quoted(text)} {_FUTURE}: use {canonical}"]
        )
    if str(address) == text:
        return []
    return [f"{path}: IPv6 address {quoted(text)} should be in RFC 5952 canonical format ({quoted(str(address))})"]


def network_warnings(path: str, text: str) -> list[str]:
    """What is to be said about a network that is valid so far."""
    network = parse_network(text)
    if network is None:
        return []
    plain = LEADING_ZEROS.sub("", text)
    address = ipaddress.ip_interface(plain).ip
    canonical, alone = str(network), f"{address}/{network.max_prefixlen}"
    mapped, first = _mapped(address), _mapped(network.network_address)
    if mapped and first:
        canonical = f"{first}/{network.prefixlen - _MAPPED_BITS}"
        alone = f"{mapped}/{network.max_prefixlen}"
    warnings = []
    if address != network.network_address:
        should = f"should be {quoted(canonical)} or {quoted(alone)}?"
        warnings.append(f"{path}: CIDR value {quoted(text)} is ambiguous in this context ({should})")
    if mapped or plain != text or _ZERO_LENGTH.search(text):
        warnings.append(f"{path}: non-standard CIDR value {quoted(text)} {_FUTURE}: use {quoted(canonical)}")
    if not warnings and network.version != 4 and canonical != text:
        wanted = f"should be in RFC 5952 canonical format ({quoted(canonical)})"
        warnings.append(f"{path}: IPv6 CIDR value {quoted(text)} {wanted}")
    return warnings
