"""Cluster addresses and node ports of services: chosen when a service is written, free again when it is gone.

What is taken is read off the stored services each time, so that a restart has nothing to restore and nothing can leak;
an IPAddress is stored with the service, in the same moment, and one that somebody else has made is taken as well. Which
networks there are is read off the stored ServiceCIDRs.

Two requests that wait for webhooks at the same time might choose alike; the second one finds out when it is validated,
after which nothing waits any more, and chooses again.
"""

from __future__ import annotations

import ipaddress
import random
import uuid
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import FieldError, internal, invalid
from liqolab.apimachinery.networks import Network
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.plugin import Attributes, Plugin, concerns
from liqolab.kube.kinds.field_errors import invalid_value
from liqolab.kube.kinds.strategies.service_families import settle_families
from liqolab.kube.kinds.strategies.service_networks import (
    DEFAULT,
    contains,
    managed_address,
    networks_of,
    service_of,
)
from liqolab.kube.kinds.strategies.services import needs_address, needs_node_ports
from liqolab.kube.kinds.validation.services import HEADLESS
from liqolab.kube.store.derived import Derived, Followed
from liqolab.kube.store.store import Store

NODE_PORTS = range(30000, 32768)
"""The ports that a node forwards to services."""

_OUT_OF_RANGE = f"provided port is not in the valid range. The range of valid ports is {NODE_PORTS[0]}-{NODE_PORTS[-1]}"
_TRIES = 64

_SERVICES: Final = resources.SERVICES.group_resource
_ADDRESSES: Final = resources.IP_ADDRESSES.group_resource
_NETWORKS: Final = resources.SERVICE_CIDRS.group_resource

_Owner = tuple[str, str]


_NOBODY: Final = ("", "")
"""Who has an address that an IPAddress holds for something that is no service."""


class _Taken:
    """Who has which address and which port."""

    def __init__(self) -> None:
        self._of_services: dict[str, _Owner] = {}
        self._held: dict[str, _Owner] = {}
        # One that is kept for a service is as good as that service's own word, which stands above.
        self.addresses: Mapping[str, _Owner] = ChainMap(self._of_services, self._held)
        self.ports: dict[int, _Owner] = {}

    def change(self, collection: str, before: Object | None, after: Object | None) -> None:
        """Take in that a service or an IPAddress is another one now."""
        if collection == _ADDRESSES:
            if before is not None:
                self._held.pop(before["metadata"]["name"], None)
            if after is not None and service_of(after) is None:
                self._held[after["metadata"]["name"]] = _NOBODY
            return
        if before is not None:
            _drop(self._of_services, _addresses(before), _owner(before))
            _drop(self.ports, _ports(before), _owner(before))
        if after is not None:
            self._of_services.update(dict.fromkeys(_addresses(after), _owner(after)))
            self.ports.update(dict.fromkeys(_ports(after), _owner(after)))


def _drop(taken: dict[Any, _Owner], keys: Iterable[object], owner: _Owner) -> None:
    for key in keys:
        if taken.get(key) == owner:
            del taken[key]


def _owner(service: Object) -> _Owner:
    return service["metadata"].get("namespace", ""), service["metadata"]["name"]


def _addresses(service: Object) -> list[str]:
    spec = service.get("spec") or {}
    found = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return [address for address in found if address and address != HEADLESS]


def _ports(service: Object) -> list[int]:
    spec = service.get("spec") or {}
    found = [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    return [*found, health] if (health := _health_port(spec)) else found


class ServiceAddresses(Plugin):
    """Allocates for services on their way into the store.

    Args:
        store: where the services are.
        cidr: the network that the cluster was made with; it counts as long as no ServiceCIDR says otherwise.
    """

    def __init__(self, store: Store, cidr: str) -> None:
        self._store = store
        self._taken = Followed(store, (_SERVICES, _ADDRESSES), _Taken, _Taken.change)
        own: Network = ipaddress.ip_network(cidr, strict=False)
        self._networks = Derived(store, (_NETWORKS,), lambda objects: _ready_networks(objects[_NETWORKS], own))

    async def admit(self, attributes: Attributes) -> None:
        service = attributes.object
        if service is None or attributes.operation == "DELETE" or not concerns(attributes, resources.SERVICES):
            return
        owner, spec = (attributes.namespace, attributes.name), service["spec"]
        before = (attributes.old_object or {}).get("spec") or {}
        # Families that do not fit the address, which stays, are a mistake of their own.
        turned = _is_settled(spec, before) and spec.get("ipFamilies") not in (None, before.get("ipFamilies"))
        errors = settle_families(spec) if needs_address(spec) and not turned else []
        if (
            not errors
            and needs_address(spec)
            and (spec.get("clusterIPs") or [spec.get("clusterIP")])[0] in (spec.get("clusterIP"), "", None)
            and not _is_settled(spec, before)
            and not (attributes.dry_run and not spec.get("clusterIP"))
        ):
            errors += self._fill_address(spec, owner)
        self._fill_health_port(spec, before)
        if needs_node_ports(spec):
            errors += self._fill_ports(spec, owner, for_trial=attributes.dry_run)
        if errors:
            raise invalid(resources.SERVICES, attributes.name, errors)

    def validate(self, attributes: Attributes) -> None:
        service = attributes.object
        if service is None or attributes.operation == "DELETE" or not concerns(attributes, resources.SERVICES):
            return
        owner, spec, taken = (attributes.namespace, attributes.name), service["spec"], self._taken.value()
        if taken.addresses.get(spec.get("clusterIP", ""), owner) != owner:
            spec.pop("clusterIP", None)
            spec.pop("clusterIPs", None)
            self._fill_address(spec, owner)
        for port in spec.get("ports") or ():
            if taken.ports.get(port.get("nodePort", 0), owner) != owner:
                del port["nodePort"]
        if needs_node_ports(spec):
            self._fill_ports(spec, owner)
        if not attributes.dry_run and not self._exists_already(attributes, service):
            self._hold(spec, (attributes.namespace, service["metadata"]["name"]))

    def _exists_already(self, attributes: Attributes, service: Object) -> bool:
        """Whether the request is about to be refused, because there is a service of that name."""
        name = service["metadata"]["name"]
        return attributes.operation == "CREATE" and self._store.get(_SERVICES, attributes.namespace, name) is not None

    def _hold(self, spec: Object, owner: _Owner) -> None:
        """Store an IPAddress for every address of the service. What is left of an earlier one is taken over."""
        for address in spec.get("clusterIPs") or ():
            if address == HEADLESS:
                continue
            held = self._store.get(_ADDRESSES, "", address)
            if held is not None and service_of(held.object) in (None, owner):
                continue
            if held is not None:
                self._store.delete(_ADDRESSES, held.key, held.revision)
            obj = managed_address(address, *owner)
            fresh = {"uid": str(uuid.uuid4()), "creationTimestamp": timestamps.now()}
            kind = {"kind": resources.IP_ADDRESSES.kind, "apiVersion": resources.IP_ADDRESSES.api_version}
            self._store.create(_ADDRESSES, ("", address), kind | obj | {"metadata": obj["metadata"] | fresh})

    # ------------------------------------------------------------------ addresses

    def _fill_address(self, spec: Object, owner: _Owner) -> list[FieldError]:
        if spec.get("clusterIP") == HEADLESS:
            spec["clusterIPs"] = [HEADLESS]
        elif spec.get("clusterIP"):
            problem = self._refusal(spec["clusterIP"], owner)
            # Two that disagree are a mistake of their own, whatever is allocated: the kind's validation says so.
            if problem and (spec.get("clusterIPs") or [spec["clusterIP"]])[0] == spec["clusterIP"]:
                text = f"failed to allocate IP {spec['clusterIP']}: {problem}"
                return [invalid_value("spec.clusterIPs", spec.get("clusterIPs") or [spec["clusterIP"]], text)]
        else:
            spec["clusterIP"] = self._choose_address()
            spec["clusterIPs"] = [spec["clusterIP"]]
        return []

    def _refusal(self, text: str, owner: _Owner) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return ""  # not an address at all: the kind's own validation says so
        if not any(contains(network, address) for network in self._networks.value()):
            return "the provided network does not match the current range"
        return "provided IP is already allocated" if self._taken.value().addresses.get(text, owner) != owner else ""

    def _choose_address(self) -> str:
        taken = self._taken.value().addresses
        for network in self._networks.value():
            # Services have one family here, and the cluster was made with IPv4.
            if network.version == 4 and (found := _free_address(network, taken)):
                return found
        raise internal("failed to allocate a serviceIP: range is full")

    # ------------------------------------------------------------------ ports

    def _fill_health_port(self, spec: Object, before: Object) -> None:
        """A balancer that keeps traffic local asks a port of every node whether it has pods."""
        if spec.get("type") != "LoadBalancer" or spec.get("externalTrafficPolicy") != "Local":
            return
        own = {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}
        chosen = _health_port(spec) or _health_port(before) or _choose_port(self._taken.value().ports, own)
        spec["healthCheckNodePort"] = chosen

    def _fill_ports(self, spec: Object, owner: _Owner, *, for_trial: bool = False) -> list[FieldError]:
        """Give a port to whoever lacks one. A trial only sees to it that the service does not take one twice."""
        taken, errors = self._taken.value().ports, []
        given: set[tuple[int, str]] = set()
        own: set[int] = {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}
        for index, port in enumerate(spec.get("ports") or ()):
            path, number = f"spec.ports[{index}].nodePort", port.get("nodePort")
            if not number:
                port["nodePort"] = _choose_port(taken, own)
                own.add(port["nodePort"])
            elif (number, port.get("protocol", "TCP")) in given:
                errors.append(invalid_value(path, number, "provided port is already allocated"))
            elif for_trial:
                pass
            elif number not in NODE_PORTS:
                errors.append(invalid_value(path, number, _OUT_OF_RANGE))
            elif taken.get(number, owner) != owner:
                errors.append(invalid_value(path, number, "provided port is already allocated"))
            given.add((port["nodePort"], port.get("protocol", "TCP")))
        return errors


def _health_port(spec: Object) -> int:
    return int(spec.get("healthCheckNodePort") or 0)


def _ready_networks(service_cidrs: list[Object], own: Network) -> list[Network]:
    """The networks that may be allocated from: the cluster's own first, then by the names of their objects."""
    if all(row["metadata"]["name"] != DEFAULT for row in service_cidrs):
        service_cidrs = [*service_cidrs, {"metadata": {"name": DEFAULT}, "spec": {"cidrs": [own.with_prefixlen]}}]
    ready = [row for row in service_cidrs if not meta.is_deleting(row) and _is_ready(row)]
    ready.sort(key=lambda row: (row["metadata"]["name"] != DEFAULT, row["metadata"]["name"]))
    return [network for row in ready for network in networks_of(row)]


def _is_ready(service_cidr: Object) -> bool:
    """One that nobody has looked at yet is."""
    condition = meta.find_condition(service_cidr, "Ready")
    return condition is None or condition.get("status") == "True"


def _free_address(network: Network, taken: Mapping[str, _Owner]) -> str:
    """A free address, from the upper part of the network as long as that has any: people choose low ones. Empty when
    the network is full.
    """
    size = network.num_addresses
    low = min(max(16, size // 16), 256) if size > 32 else 1
    for first, last in ((low, size - 2), (1, low - 1)):
        for _ in range(_TRIES):
            if first <= last and (found := str(network[random.randint(first, last)])) not in taken:  # noqa: S311 -- spread
                return found
        if size <= 65536:
            for index in range(first, last + 1):
                if (found := str(network[index])) not in taken:
                    return found
    return ""


def _is_settled(spec: Object, before: Object) -> bool:
    """Whether the address is a matter of the past; that it may not change is the kind's own rule."""
    return bool(before.get("clusterIP")) and needs_address(before) and bool(spec.get("clusterIP"))


def _choose_port(taken: dict[int, _Owner], own: set[int]) -> int:
    free: Sequence[int] = [port for port in NODE_PORTS if port not in taken and port not in own]
    if not free:
        raise internal("failed to allocate a nodePort: range is full")
    return random.choice(free)  # noqa: S311 -- spread, not secrecy
