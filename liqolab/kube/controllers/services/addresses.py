"""The IPAddress of each cluster address, and the networks that they come from.

An IPAddress is stored together with its service (`liqolab.kube.admission.addresses`); here it goes when the service has
gone, and comes back when somebody deletes it. A ServiceCIDR is ready once it is protected; one that is deleted stays
for as long as an address would be left without a network.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.builtin import IP_ADDRESSES, SERVICE_CIDRS, SERVICES
from liqolab.apimachinery.errors import existing_ok, missing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.kinds.strategies.service_networks import (
    PROTECTION,
    contains,
    managed_address,
    networks_of,
    service_of,
)
from liqolab.kube.kinds.validation.services import HEADLESS

_BY_ADDRESS: Final = "address"
_GRACE_SECONDS: Final = 10.0
"""How long a deleted network is kept at least: as long as a real one, whose allocators have to hear of it."""


def _addresses(service: Object) -> list[str]:
    spec = service.get("spec") or {}
    return [address for address in spec.get("clusterIPs") or () if address != HEADLESS]


class ServiceAddressRepair:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.IP_ALLOCATOR)
        self._services = manager.informer(SERVICES)
        self._services.add_indexer(_BY_ADDRESS, _addresses)
        self._known = manager.informer(IP_ADDRESSES)
        controller = Controller("service-ip-repair-controller", self._reconcile)
        manager.add(controller.watches(self._services, _addresses).watches(self._known))

    async def _reconcile(self, address: str) -> None:
        holders = self._services.by_index(_BY_ADDRESS, address)
        known = self._known.get(address)
        if known is None:
            for service in holders[:1]:
                await self._restore(address, service)
            return
        owner = service_of(known)
        if owner is None or any((meta.namespace(row), meta.name(row)) == owner for row in holders):
            return
        # The two are watched apart: an address may be heard of before its service.
        parent = await self._client.find(SERVICES, owner[1], owner[0]) if all(owner) else None
        if parent is None or address not in _addresses(parent):
            with missing_ok:
                await self._client.delete(IP_ADDRESSES, address, uid=meta.uid(known))

    async def _restore(self, address: str, service: Object) -> None:
        namespace, name = meta.namespace(service), meta.name(service)
        # Likewise: a service that has gone, or an address that is on its way here, needs no repair.
        current = await self._client.find(SERVICES, name, namespace)
        if current is None or address not in _addresses(current):
            return
        if await self._client.find(IP_ADDRESSES, address) is not None:
            return
        family = f"IPv{ipaddress.ip_address(address).version}"
        message = texts.ADDRESS_LOST.format(family=family, address=address)
        await self._recorder.event(service, "Warning", texts.ADDRESS_NOT_ALLOCATED, message)
        with existing_ok:
            await self._client.create(IP_ADDRESSES, managed_address(address, namespace, name))


class ServiceNetworks:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._networks = manager.informer(SERVICE_CIDRS)
        self._addresses = manager.informer(IP_ADDRESSES)
        controller = Controller("service-cidr-controller", self._reconcile)
        controller.watches(self._networks, self._concerned).watches(self._addresses, self._containing)
        manager.add(controller)

    def _concerned(self, changed: Object) -> Iterable[str]:
        """The network itself, and those that wait for addresses to find another one."""
        return {meta.name(changed), *self._waiting()}

    def _containing(self, _: Object) -> Iterable[str]:
        """Only one that is being deleted asks who has addresses of it."""
        return self._waiting()

    def _waiting(self) -> Iterable[str]:
        return [meta.name(row) for row in self._networks.list() if meta.is_deleting(row)]

    async def _reconcile(self, name: str) -> float | None:
        found = self._networks.get(name)
        if found is None:
            return None
        if not meta.is_deleting(found):
            if not meta.has_finalizer(found, PROTECTION):
                found = await self._client.update(SERVICE_CIDRS, meta.with_finalizer(found, PROTECTION))
            await self._tell(found, texts.NETWORK_READY)
            return None
        if self._is_needed(found):
            await self._tell(found, texts.NETWORK_TERMINATING)
            return None
        since = timestamps.parse(found["metadata"]["deletionTimestamp"])
        left = _GRACE_SECONDS - (clock.utc() - since).total_seconds()
        if left > 0:
            return left
        if meta.has_finalizer(found, PROTECTION):
            with missing_ok:
                await self._client.update(SERVICE_CIDRS, meta.without_finalizer(found, PROTECTION))
        return None

    def _is_needed(self, leaving: Object) -> bool:
        """Whether an address of a service has no other network to be of."""
        networks = networks_of(leaving)
        others = [
            network
            for row in self._networks.list()
            if meta.name(row) != meta.name(leaving)
            for network in networks_of(row)
        ]
        for held in self._addresses.list():
            if service_of(held) is None:
                continue
            address = ipaddress.ip_address(meta.name(held))
            own = any(contains(network, address) for network in networks)
            if own and not any(contains(other, address) for other in others):
                return True
        return False

    async def _tell(self, service_cidr: Object, text: tuple[str, str, str]) -> None:
        known = meta.find_condition(service_cidr, "Ready") or {}
        status, reason, message = text
        condition = {"type": "Ready", "status": status, "reason": reason, "message": message}
        if condition.items() <= known.items():
            return
        rows = meta.set_condition((service_cidr.get("status") or {}).get("conditions"), condition)
        await self._client.update(SERVICE_CIDRS, {**service_cidr, "status": {"conditions": rows}}, subresource="status")
