"""Addresses and networks as texts: what is wrong with one, as ``k8s.io/apimachinery/pkg/util/validation`` says it."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NOT_AN_ADDRESS: Final = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_A_NETWORK: Final = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

LEADING_ZEROS: Final = re.compile(r"(?<![\w:])0+(?=\d)")
"""Zeros that old implementations read as decimal, and new ones refuse."""


def parse_network(text: str) -> Network | None:
    """A network, however carelessly it was written; None for what is none."""
    try:
        return ipaddress.ip_network(LEADING_ZEROS.sub("", text), strict=False) if "/" in text else None
    except ValueError:
        return None


def address_problems(text: str) -> list[str]:
    """What speaks against a text as the one way of writing an address."""
    try:
        address = ipaddress.ip_address(LEADING_ZEROS.sub("", text))
    except ValueError:
        return [NOT_AN_ADDRESS]
    if address.version == 4:
        return ["must not have leading 0s"] if str(address) != text else []
    return [] if str(address) == text else [f'must be in canonical form ("{address}")']


def network_problems(text: str) -> list[str]:
    """What speaks against a text as the one way of writing a network."""
    network = parse_network(text)
    if network is None:
        return [NOT_A_NETWORK]
    canonical = network.with_prefixlen
    if text == canonical:
        return []
    plain = LEADING_ZEROS.sub("", text)
    if network.version == 4 and plain != text:
        return ["must not have leading 0s in IP or prefix length"]
    if ipaddress.ip_interface(plain).ip != network.network_address:
        return ["must not have bits set beyond the prefix length"]
    return [f'must be in canonical form ("{canonical}")']
