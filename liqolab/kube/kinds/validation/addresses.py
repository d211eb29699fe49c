"""Addresses and networks in fields, read as leniently as an API server does: leading zeros are none of its business."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.networks import LEADING_ZEROS, NOT_A_NETWORK, NOT_AN_ADDRESS, parse_network
from liqolab.kube.kinds.field_errors import invalid_value

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(text: str) -> Address | None:
    """The address that `text` denotes, if any."""
    if "%" in text:
        return None
    try:
        return ipaddress.ip_address(LEADING_ZEROS.sub("", text))
    except ValueError:
        return None


def validate_address(text: str, path: str, known: Sequence[str] = ()) -> list[FieldError]:
    """An address; those in `known` stood there before and may stay."""
    return [] if text in known or parse_address(text) else [invalid_value(path, text, NOT_AN_ADDRESS)]


def validate_network(text: str, path: str, known: Sequence[str] = ()) -> list[FieldError]:
    """A network in CIDR notation; those in `known` stood there before and may stay."""
    return [] if text in known or parse_network(text) else [invalid_value(path, text, NOT_A_NETWORK)]


def validate_endpoint_address(text: str, path: str, *, of_nodes: bool = False) -> list[FieldError]:
    """An address that traffic may be sent to: whoever named one of the refused would catch other people's.

    Args:
        text: the address.
        path: where it stands.
        of_nodes: whether it may be one of a node, which live on the machine's loopback network here; only what
            everybody calls localhost is refused then.
    """
    address = parse_address(text)
    if address is None:
        return [invalid_value(path, text, "must be a valid IP address")]
    errors = []
    if address.is_unspecified:
        errors.append(invalid_value(path, text, f"may not be unspecified ({text})"))
    if address.is_loopback and not (of_nodes and address.version == 4 and address not in _LOCALHOST):
        errors.append(invalid_value(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)"))
    if address.is_link_local:
        errors.append(invalid_value(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"))
    if any(address in network for network in _LOCAL_MULTICAST):
        text_range = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
        errors.append(invalid_value(path, text, text_range))
    return errors


_LOCALHOST = ipaddress.ip_network("127.0.0.0/24")
_LOCAL_MULTICAST = (ipaddress.ip_network("224.0.0.0/24"), ipaddress.ip_network("ff02::/16"))


def one_per_family(texts: Sequence[str]) -> bool:
    """Whether there is at most one address (or network) of each IP version."""
    versions = [":" in text for text in texts]
    return len(set(versions)) == len(versions)
