"""Endpoints: one object a service, with the addresses that are ready and those that are not.

Superseded by EndpointSlices, but what ``kubectl get endpoints`` and older clients read.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import ENDPOINTS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers.services.backends import (
    TRIGGER_ANNOTATION,
    Backend,
    Port,
    ServicePods,
    has_selector,
    inherited_labels,
    trigger_time,
)

MANAGED_BY = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
WORKERS = 5


class EndpointsController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._known = manager.informer(ENDPOINTS)
        self._backing = ServicePods(manager)
        self._abandoned: set[str] = set()
        self._controller = manager.add(Controller("endpoints-controller", self._reconcile, workers=WORKERS))
        self._backing.services.add_handler(self._observe_service)
        self._controller.watches(self._backing.services).watches(self._known)
        self._controller.watches(self._backing.pods, self._backing.services_of)

    def _observe_service(self, change: Change, new: Object, old: Object | None) -> None:
        """Remember deleted services: endpoints that never had one, and do not say that they are ours, are somebody
        else's.
        """
        if change == "DELETED":
            self._abandoned.add(meta.key(new))

    async def _reconcile(self, key: str) -> None:
        service = self._backing.services.by_key(key)
        known = self._known.by_key(key)
        if service is None:
            if known is not None and (key in self._abandoned or _is_ours(known)):
                await self._delete(known)
            self._abandoned.discard(key)
            return
        self._abandoned.discard(key)
        if not has_selector(service):
            return
        backends = self._backing.backends(service)
        if not service["spec"].get("publishNotReadyAddresses"):
            backends = [backend for backend in backends if not backend.terminating]
        await self._write(service, known, backends)

    async def _write(self, service: Object, known: Object | None, backends: list[Backend]) -> None:
        subsets = _subsets(service, backends)
        labels = inherited_labels(service, MANAGED_BY)
        if known is not None and (known.get("subsets") or []) == subsets and meta.labels(known) == labels:
            return
        annotations = {TRIGGER_ANNOTATION: trigger_time(service, backends)}
        if known is None:
            metadata = {"name": meta.name(service), "labels": labels, "annotations": annotations}
            body: Object = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": subsets}
            await self._client.create(ENDPOINTS, body, meta.namespace(service))
            return
        annotations = {**meta.annotations(known), **annotations}
        metadata = {**known["metadata"], "labels": labels, "annotations": annotations}
        await self._client.update(ENDPOINTS, {**known, "metadata": metadata, "subsets": subsets})

    async def _delete(self, known: Object) -> None:
        await self._client.remove(ENDPOINTS, meta.name(known), meta.namespace(known), uid=meta.uid(known))


def _is_ours(known: Object) -> bool:
    return MANAGED_BY.items() <= meta.labels(known).items()


def _subsets(service: Object, backends: Iterable[Backend]) -> Objects:
    """Addresses grouped by the ports they share."""
    groups: dict[tuple[Port, ...], Object] = {}
    for backend in backends:
        if not backend.ports and service["spec"].get("ports"):
            continue
        subset = groups.setdefault(backend.ports, {})
        field = "addresses" if backend.ready else "notReadyAddresses"
        subset.setdefault(field, []).append(_address(service, backend))
    shown = []
    for ports in sorted(groups):
        subset = groups[ports]
        if ports:
            subset["ports"] = [_named(port) for port in ports]
        shown.append(subset)
    return shown


def _named(port: Port) -> Object:
    return ({"name": port.name} if port.name else {}) | port.document()


def _address(service: Object, backend: Backend) -> Object:
    address: Object = {"ip": backend.address, "targetRef": backend.target}
    if hostname := backend.hostname(service):
        address["hostname"] = hostname
    if backend.node:
        address["nodeName"] = backend.node
    return address
