"""Cluster addresses and node ports of services: chosen when a service is written, free again when it is gone.

What is taken is read off the stored services each time, so that a restart has nothing to restore and nothing can leak.
Two requests that wait for webhooks at the same time might choose alike; the second one finds out when it is validated,
after which nothing waits any more, and chooses again.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Sequence

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.errors import FieldError, internal, invalid
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.plugin import Attributes, Plugin, concerns
from liqolab.kube.kinds.field_errors import invalid_value
from liqolab.kube.kinds.strategies.services import HEADLESS, needs_address, needs_node_ports
from liqolab.kube.store.derived import Derived
from liqolab.kube.store.store import Store

NODE_PORTS = range(30000, 32768)
"""The ports that a node forwards to services."""

_OUT_OF_RANGE = f"provided port is not in the valid range. The range of valid ports is {NODE_PORTS[0]}-{NODE_PORTS[-1]}"
_TRIES = 64

_Owner = tuple[str, str]


class _Taken:
    """Who has which address and which port."""

    def __init__(self, objects: dict[str, list[Object]]) -> None:
        self.addresses: dict[str, _Owner] = {}
        self.ports: dict[int, _Owner] = {}
        for service in (row for listed in objects.values() for row in listed):
            owner = (service["metadata"].get("namespace", ""), service["metadata"]["name"])
            spec = service.get("spec") or {}
            for address in spec.get("clusterIPs") or [spec.get("clusterIP")]:
                if address and address != HEADLESS:
                    self.addresses[address] = owner
            for port in spec.get("ports") or ():
                if port.get("nodePort"):
                    self.ports[port["nodePort"]] = owner


class ServiceAddresses(Plugin):
    """Allocates for services on their way into the store.

    Args:
        store: where the services are.
        cidr: the network that cluster addresses come from.
    """

    def __init__(self, store: Store, cidr: str) -> None:
        self._taken = Derived(store, ("services",), _Taken)
        self._network = ipaddress.ip_network(cidr, strict=False)

    async def admit(self, attributes: Attributes) -> None:
        service = attributes.object
        if service is None or attributes.operation == "DELETE" or not concerns(attributes, resources.SERVICES):
            return
        owner, spec = (attributes.namespace, attributes.name), service["spec"]
        before = (attributes.old_object or {}).get("spec") or {}
        errors: list[FieldError] = []
        if (
            needs_address(spec)
            and not _is_settled(spec, before)
            and not (attributes.dry_run and not spec.get("clusterIP"))
        ):
            errors += self._fill_address(spec, owner)
        if needs_node_ports(spec):
            errors += self._fill_ports(spec, owner)
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

    # ------------------------------------------------------------------ addresses

    def _fill_address(self, spec: Object, owner: _Owner) -> list[FieldError]:
        if spec.get("clusterIP") == HEADLESS:
            spec["clusterIPs"] = [HEADLESS]
        elif spec.get("clusterIP"):
            problem = self._refusal(spec["clusterIP"], owner)
            if problem:
                text = f"failed to allocate IP {spec['clusterIP']}: {problem}"
                return [invalid_value("spec.clusterIPs", spec.get("clusterIPs") or [spec["clusterIP"]], text)]
        else:
            spec["clusterIP"] = self._choose_address()
            spec["clusterIPs"] = [spec["clusterIP"]]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        return []

    def _refusal(self, text: str, owner: _Owner) -> str:
        try:
            inside = ipaddress.ip_address(text) in self._network
        except ValueError:
            return ""  # not an address at all: the kind's own validation says so
        if not inside:
            return (
                f"the provided IP ({text}) is not in the valid range. "
                f"The range of valid IPs is {self._network.with_prefixlen}"
            )
        return "provided IP is already allocated" if self._taken.value().addresses.get(text, owner) != owner else ""

    def _choose_address(self) -> str:
        """A free address, from the upper part of the network as long as that has any: people choose low ones."""
        taken = self._taken.value().addresses
        size = self._network.num_addresses
        low = min(max(16, size // 16), 256) if size > 32 else 2
        for first, last in ((low, size - 2), (2, low)):
            for _ in range(_TRIES):
                if first <= last and (found := str(self._network[random.randint(first, last)])) not in taken:  # noqa: S311
                    return found
            if size <= 65536:
                for index in range(first, last + 1):
                    if (found := str(self._network[index])) not in taken:
                        return found
        raise internal("failed to allocate a serviceIP: range is full")

    # ------------------------------------------------------------------ ports

    def _fill_ports(self, spec: Object, owner: _Owner) -> list[FieldError]:
        taken, errors = self._taken.value().ports, []
        own: set[int] = {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}
        for index, port in enumerate(spec.get("ports") or ()):
            path, number = f"spec.ports[{index}].nodePort", port.get("nodePort")
            if not number:
                port["nodePort"] = _choose_port(taken, own)
                own.add(port["nodePort"])
            elif number not in NODE_PORTS:
                errors.append(invalid_value(path, number, _OUT_OF_RANGE))
            elif taken.get(number, owner) != owner:
                errors.append(invalid_value(path, number, "provided port is already allocated"))
        return errors


def _is_settled(spec: Object, before: Object) -> bool:
    """Whether the address is a matter of the past; that it may not change is the kind's own rule."""
    return bool(before.get("clusterIP")) and needs_address(before) and bool(spec.get("clusterIP"))


def _choose_port(taken: dict[int, _Owner], own: set[int]) -> int:
    free: Sequence[int] = [port for port in NODE_PORTS if port not in taken and port not in own]
    if not free:
        raise internal("failed to allocate a nodePort: range is full")
    return random.choice(free)  # noqa: S311 -- spread, not secrecy
