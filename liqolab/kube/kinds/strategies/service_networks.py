"""Networks that services get their cluster addresses from, and the addresses that are taken.

Source: ``pkg/apis/networking/validation``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.networks import Network, network_problems, parse_network
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, Internal, each_invalid, invalid_value, required
from liqolab.kube.kinds.strategies.common import Plain, WithStatus

DEFAULT: Final = "kubernetes"
"""The network that a cluster was made with."""

PROTECTION: Final = "networking.k8s.io/service-cidr-finalizer"
FAMILY_LABEL: Final = "ipaddress.kubernetes.io/ip-family"
MANAGED_LABEL: Final = "ipaddress.kubernetes.io/managed-by"
ALLOCATOR: Final = "ipallocator.k8s.io"

_MOST_NETWORKS: Final = 2
_ONE_FAMILY: Final = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"


def networks_of(service_cidr: Object) -> list[Network]:
    """The networks of a ServiceCIDR, which has been validated."""
    return [ipaddress.ip_network(text) for text in (service_cidr.get("spec") or {}).get("cidrs") or []]


def contains(network: Network, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether services may have the address: neither the network's own, nor an IPv4 network's last."""
    if address.version != network.version or address not in network:
        return False
    last = network.broadcast_address if network.version == 4 else None
    return address not in (network.network_address, last)


def managed_address(address: str, namespace: str, service: str) -> Object:
    """The IPAddress of a service's address, without what every object has."""
    labels = {FAMILY_LABEL: f"IPv{ipaddress.ip_address(address).version}", MANAGED_LABEL: ALLOCATOR}
    parent = {"resource": "services", "namespace": namespace, "name": service}
    return {"metadata": {"name": address, "labels": labels}, "spec": {"parentRef": parent}}


def service_of(address: Object) -> tuple[str, str] | None:
    """Namespace and name of the service that an IPAddress is kept for; None for one that is somebody else's."""
    if (address["metadata"].get("labels") or {}).get(MANAGED_LABEL) != ALLOCATOR:
        return None
    parent = (address.get("spec") or {}).get("parentRef") or {}
    if parent.get("group") or parent.get("resource") != "services":
        return "", ""
    return parent.get("namespace", ""), parent.get("name", "")


def _validate_networks(cidrs: Sequence[str], at: str) -> list[FieldError]:
    if not cidrs:
        return [required(at, "at least one CIDR required")]
    if len(cidrs) > _MOST_NETWORKS:
        shown = Internal("networking.ServiceCIDRSpec", {"cidrs": list(cidrs)})
        return [invalid_value(at, shown, "may only hold up to 2 values")]
    errors: list[FieldError] = []
    for index, text in enumerate(cidrs):
        errors += each_invalid(f"{at}[{index}]", text, network_problems(text))
    versions = [network.version for network in map(parse_network, cidrs) if network is not None]
    if len(versions) == _MOST_NETWORKS and len(set(versions)) == 1:
        errors.append(invalid_value(at, list(cidrs), _ONE_FAMILY))
    return errors


def _cidrs(obj: Object) -> list[str]:
    return list((obj.get("spec") or {}).get("cidrs") or [])


class _ServiceCidr(WithStatus):
    """The networks of one that exists stay; a second one, of the other family, may be added."""

    def validate_create(self, obj: Object) -> list[FieldError]:
        return _validate_networks(_cidrs(obj), "spec.cidrs")

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        after, before = _cidrs(new), _cidrs(old)
        if len(after) == len(before):
            return [
                invalid_value(f"spec.cidrs[{index}]", text, IMMUTABLE)
                for index, text in enumerate(after)
                if text != before[index]
            ]
        if (len(before), len(after)) != (1, _MOST_NETWORKS):
            return [invalid_value("spec.cidrs", after, IMMUTABLE)]
        errors = [] if after[0] == before[0] else [invalid_value("spec.cidrs[0]", after[0], IMMUTABLE)]
        return errors + _validate_networks(after, "spec.cidrs")


def _validate_address(obj: Object) -> list[FieldError]:
    at, parent = "spec.parentRef", (obj.get("spec") or {}).get("parentRef")
    if parent is None:
        return [required(at)]
    group = parent.get("group", "")
    errors = each_invalid(f"{at}.group", group, names.dns1123_subdomain(group)) if group else []
    for field in ("resource", "name"):
        value = parent.get(field, "")
        errors += (
            each_invalid(f"{at}.{field}", value, names.path_segment(value)) if value else [required(f"{at}.{field}")]
        )
    namespace = parent.get("namespace", "")
    return errors + (each_invalid(f"{at}.namespace", namespace, names.path_segment(namespace)) if namespace else [])


def _compare_address(new: Object, old: Object) -> list[FieldError]:
    parents = [(obj.get("spec") or {}).get("parentRef") for obj in (new, old)]
    shown = Internal("*networking.ParentReference", parents[0])
    return [] if parents[0] == parents[1] else [invalid_value("spec.parentRef", shown, IMMUTABLE)]


SERVICE_CIDR = _ServiceCidr(initial={}, generation=False)
IP_ADDRESS = Plain(validate=_validate_address, compare=_compare_address)
