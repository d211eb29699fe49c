"""EndpointSlices: the backends of a service in portions of at most a hundred.

The controller writes only slices that carry its own managed-by label. Slices of other managers (Liqo reflects those of
remote clusters under its own label) belong to the same service and are none of its business.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import ENDPOINT_SLICES, NODES
from liqolab.apimachinery.errors import ApiError
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
from liqolab.kube.controllers.workload.expectations import Expectations

SERVICE_LABEL = "kubernetes.io/service-name"
MANAGER_LABEL = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
ZONE_LABEL = "topology.kubernetes.io/zone"
CAPACITY = 100
WORKERS = 5


class EndpointSliceController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._slices = manager.informer(ENDPOINT_SLICES)
        self._slices.add_indexer("service", _service_of)
        self._nodes = manager.informer(NODES)
        self._backing = ServicePods(manager)
        self._expectations = Expectations()
        self._slices.add_handler(self._observe)
        self._controller = manager.add(Controller("endpointslice-controller", self._reconcile, workers=WORKERS))
        self._controller.watches(self._backing.services).watches(self._slices, _service_of)
        self._controller.watches(self._backing.pods, self._backing.services_of)

    def _observe(self, change: Change, new: Object, old: Object | None) -> None:
        for service in _service_of(new):
            if change == "ADDED":
                self._expectations.creation_observed(service)
            elif change == "DELETED":
                self._expectations.deletion_observed(service, meta.uid(new))

    async def _reconcile(self, key: str) -> None:
        service = self._backing.services.by_key(key)
        if service is None:
            # Slices of a service that is gone are left to garbage collection: the service owns them.
            self._expectations.forget(key)
            return
        if not has_selector(service) or meta.is_deleting(service) or not self._expectations.satisfied(key):
            return
        backends = self._backing.backends(service)
        present = [item for item in self._slices.by_index("service", key) if not meta.is_deleting(item)]
        ours = [item for item in present if meta.is_controlled_by(item, service)]
        wanted = self._wanted(service, backends, ours)
        await asyncio.gather(*self._writes(key, ours, wanted, trigger_time(service, backends)))

    def _wanted(self, service: Object, backends: Iterable[Backend], present: Objects) -> Objects:
        """The slices as they should be; each reuses the identity of a present one where it can."""
        by_ports: dict[tuple[Port, ...], Objects] = defaultdict(list)
        for backend in backends:
            if backend.ports or not service["spec"].get("ports"):
                by_ports[backend.ports].append(self._endpoint(service, backend))
        if not by_ports:
            # A service without backends keeps an empty slice, as a sign that somebody looked.
            by_ports[()] = []
        left = sorted(present, key=meta.name)
        assigned: list[tuple[Object | None, Objects, Objects]] = []
        for ports, endpoints in by_ports.items():
            rows = [{"name": port.name, **port.document()} for port in ports]
            same = [item for item in left if (item.get("ports") or []) == rows]
            for base, portion in _portions(endpoints, same):
                if base is not None:
                    left.remove(base)
                assigned.append((base, rows, portion))
        # A slice that would be deleted lends its identity to one that would be created: one write instead of two.
        return [
            _slice(service, base or (left.pop() if left else _identity(service)), rows, portion)
            for base, rows, portion in assigned
        ]

    def _endpoint(self, service: Object, backend: Backend) -> Object:
        conditions = {"ready": backend.ready, "serving": backend.serving, "terminating": backend.terminating}
        endpoint: Object = {"addresses": [backend.address], "conditions": conditions, "targetRef": backend.target}
        if hostname := backend.hostname(service):
            endpoint["hostname"] = hostname
        if backend.node:
            endpoint["nodeName"] = backend.node
            zone = meta.labels(self._nodes.get(backend.node) or {}).get(ZONE_LABEL)
            if zone:
                endpoint["zone"] = zone
        return endpoint

    def _writes(self, key: str, present: Objects, wanted: Objects, trigger: str) -> Iterable[Awaitable[None]]:
        """Requests that turn `present` into `wanted`."""
        known = {meta.uid(item): item for item in present}
        for item in wanted:
            before = known.pop(meta.uid(item), None)
            if before is None or _essence(before) != _essence(item):
                yield self._write(key, item, trigger)
        for item in known.values():
            yield self._delete(key, item)

    async def _write(self, key: str, item: Object, trigger: str) -> None:
        annotations = {**meta.annotations(item), TRIGGER_ANNOTATION: trigger}
        body = {**item, "metadata": {**item["metadata"], "annotations": annotations}}
        if meta.uid(item):
            await self._client.update(ENDPOINT_SLICES, body)
            return
        self._expectations.expect_creations(key, 1)
        try:
            await self._client.create(ENDPOINT_SLICES, body, meta.namespace(item))
        except (ApiError, OSError):
            self._expectations.creation_observed(key)
            raise

    async def _delete(self, key: str, item: Object) -> None:
        self._expectations.expect_deletions(key, [meta.uid(item)])
        try:
            await self._client.delete(ENDPOINT_SLICES, meta.name(item), meta.namespace(item), uid=meta.uid(item))
        except (ApiError, OSError) as error:
            self._expectations.deletion_observed(key, meta.uid(item))
            if not (isinstance(error, ApiError) and error.not_found):
                raise


def _service_of(item: Object) -> Iterable[str]:
    """Key of the service that a slice belongs to, if the slice is this controller's."""
    labels = meta.labels(item)
    name = labels.get(SERVICE_LABEL)
    return (f"{meta.namespace(item)}/{name}",) if name and labels.get(MANAGER_LABEL) == MANAGER else ()


def _portions(endpoints: Objects, present: Objects) -> list[tuple[Object | None, Objects]]:
    """Endpoints in portions, each with the present slice that takes it or None. What is in a slice already stays
    there, so that few slices change; a present slice that is left with nothing is not named.
    """
    left = {entry["addresses"][0]: entry for entry in endpoints}
    kept: list[tuple[Object, Objects]] = []
    for item in present:
        addresses = [entry["addresses"][0] for entry in item.get("endpoints") or []]
        kept.append((item, [left.pop(address) for address in addresses if address in left]))
    for _, portion in kept:
        while left and len(portion) < CAPACITY:
            portion.append(left.pop(next(iter(left))))
    assigned: list[tuple[Object | None, Objects]] = [(item, portion) for item, portion in kept if portion]
    rest = list(left.values())
    assigned += [(None, rest[start : start + CAPACITY]) for start in range(0, len(rest), CAPACITY)]
    return assigned or [(present[0] if present else None, [])]


def _identity(service: Object) -> Object:
    reference = meta.owner_reference(service)
    metadata = {
        "generateName": f"{meta.name(service)}-",
        "namespace": meta.namespace(service),
        "ownerReferences": [reference],
    }
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata}


def _slice(service: Object, base: Object, ports: Objects, endpoints: Objects) -> Object:
    own = {SERVICE_LABEL: meta.name(service), MANAGER_LABEL: MANAGER}
    families = service["spec"].get("ipFamilies") or ["IPv4"]
    labels = inherited_labels(service, own)
    return {
        **base,
        "metadata": {**base["metadata"], "labels": labels},
        "addressType": base.get("addressType") or families[0],
        "endpoints": endpoints,
        "ports": ports,
    }


def _essence(item: Object) -> tuple[object, ...]:
    return meta.labels(item), item.get("endpoints") or [], item.get("ports") or []
