"""Endpoints that somebody wrote by hand, for a service without a selector, are mirrored into EndpointSlices.

What balances connections reads slices only. Each set of ports, and each family of addresses, gets a slice of at most a
thousand addresses per subset, owned by the Endpoints object; who labels that ``skip-mirror`` writes slices of his own.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import ENDPOINT_SLICES, ENDPOINTS, SERVICES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.services.backends import TRIGGER_ANNOTATION
from liqolab.kube.controllers.services.slices import MANAGER_LABEL, SERVICE_LABEL
from liqolab.kube.controllers.workload.expectations import Expectations

MANAGER: Final = "endpointslicemirroring-controller.k8s.io"
MOST_ADDRESSES: Final = 1000
WORKERS: Final = 5
_SKIP_LABEL: Final = "endpointslice.kubernetes.io/skip-mirror"
_LEADER: Final = "control-plane.alpha.kubernetes.io/leader"
_NOT_CLONED: Final = frozenset((TRIGGER_ANNOTATION, "kubectl.kubernetes.io/last-applied-configuration"))
_BY_SERVICE: Final = "mirrored"

Port = tuple[str, int, str, str]
"""Name, number, protocol, application protocol."""

Group = tuple[str, frozenset[Port]]
"""Family of addresses, and ports: what the endpoints of one slice have in common."""


class EndpointsMirroring:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.MIRRORING_CONTROLLER)
        self._endpoints = manager.informer(ENDPOINTS)
        self._services = manager.informer(SERVICES)
        self._slices = manager.informer(ENDPOINT_SLICES)
        self._slices.add_indexer(_BY_SERVICE, _service_of)
        self._expectations = Expectations()
        self._slices.add_handler(self._observe)
        controller = Controller(texts.MIRRORING_CONTROLLER, self._reconcile, workers=WORKERS)
        controller.watches(self._endpoints).watches(self._services).watches(self._slices, _service_of)
        manager.add(controller)

    def _observe(self, change: Change, new: Object, _: Object | None) -> None:
        if change == "ADDED":
            for key in _service_of(new):
                self._expectations.creation_observed(key)

    async def _reconcile(self, key: str) -> None:
        if not self._expectations.satisfied(key):
            return
        endpoints, service = self._endpoints.by_key(key), self._services.by_key(key)
        present = [item for item in self._slices.by_index(_BY_SERVICE, key) if not meta.is_deleting(item)]
        wanted: dict[Group, Objects] = {}
        if endpoints is not None and service is not None and _is_mirrored(endpoints, service):
            wanted = await self._wanted(endpoints)
        left = {_group_of(item): item for item in present}
        doomed = [item for item in present if left[_group_of(item)] is not item]
        writes = []
        for group, addresses in wanted.items():
            assert endpoints is not None
            base = left.pop(group, None)
            body = _slice(endpoints, group, addresses, base)
            if base is None:
                writes.append(self._create(key, body))
            elif _essence(body) != _essence(base):
                writes.append(self._client.update(ENDPOINT_SLICES, body))
        await asyncio.gather(*writes)
        await asyncio.gather(*map(self._remove, [*doomed, *left.values()]))

    async def _create(self, key: str, body: Object) -> Object:
        self._expectations.expect_creations(key, 1)
        try:
            return await self._client.create(ENDPOINT_SLICES, body, meta.namespace(body))
        except (ApiError, OSError):
            self._expectations.creation_observed(key)
            raise

    async def _remove(self, item: Object) -> None:
        await self._client.remove(ENDPOINT_SLICES, meta.name(item), meta.namespace(item), uid=meta.uid(item))

    async def _wanted(self, endpoints: Object) -> dict[Group, Objects]:
        """Group → endpoints. What cannot be mirrored is told in an event."""
        found: dict[Group, Objects] = {}
        invalid = skipped = 0
        for ports, rows in _repacked(endpoints.get("subsets") or ()).items():
            for row, ready in rows[:MOST_ADDRESSES]:
                try:
                    address = ipaddress.ip_address(row.get("ip", ""))
                except ValueError:
                    invalid += 1
                    continue
                group = f"IPv{address.version}", frozenset(ports)
                found.setdefault(group, []).append(_endpoint(row, str(address), ready))
            skipped += max(0, len(rows) - MOST_ADDRESSES)
        if invalid:
            await self._tell(endpoints, texts.INVALID_ADDRESS, texts.INVALID_ADDRESS_MESSAGE.format(count=invalid))
        if skipped:
            message = texts.TOO_MANY_ADDRESSES_MESSAGE.format(most=MOST_ADDRESSES, count=skipped + invalid)
            await self._tell(endpoints, texts.TOO_MANY_ADDRESSES, message)
        return found

    async def _tell(self, endpoints: Object, reason: str, message: str) -> None:
        await self._recorder.event(endpoints, "Warning", reason, message)


def _is_mirrored(endpoints: Object, service: Object) -> bool:
    skips = meta.labels(endpoints).get(_SKIP_LABEL) == "true" or _LEADER in meta.annotations(endpoints)
    return not skips and service["spec"].get("selector") is None


def _ports(item: Object) -> tuple[Port, ...]:
    """The ports of a subset, or of a slice."""
    return tuple(
        (row.get("name") or "", row.get("port") or 0, row.get("protocol") or "TCP", row.get("appProtocol") or "")
        for row in item.get("ports") or ()
    )


def _repacked(subsets: Iterable[Object]) -> dict[tuple[Port, ...], list[tuple[Object, bool]]]:
    """Ports → addresses behind all of them, and whether each is ready; those that are come first.

    The same address may be in several subsets. One that is said to be ready and not to be, on the same port, is not.
    """
    known: dict[tuple[str, str], Object] = {}
    behind: dict[Port | None, dict[tuple[str, str], bool]] = {}
    for subset in subsets:
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            for row in subset.get(field) or ():
                key = row.get("ip") or "", (row.get("targetRef") or {}).get("uid") or ""
                known.setdefault(key, row)
                for port in _ports(subset) or (None,):
                    of_port = behind.setdefault(port, {})
                    of_port[key] = ready and of_port.get(key, True)
    together: dict[frozenset[tuple[tuple[str, str], bool]], list[Port | None]] = {}
    for port, rows in behind.items():
        together.setdefault(frozenset(rows.items()), []).append(port)
    return {
        tuple(port for port in ports if port is not None): [
            (known[key], ready) for key, ready in sorted(rows, key=lambda row: (not row[1], row[0]))
        ]
        for rows, ports in together.items()
    }


def _group_of(item: Object) -> Group:
    return item.get("addressType") or "IPv4", frozenset(_ports(item))


def _endpoint(row: Object, address: str, ready: bool) -> Object:
    known = {field: row[field] for field in ("hostname", "nodeName", "targetRef") if row.get(field)}
    return {"addresses": [address], "conditions": {"ready": ready}, **known}


def _slice(endpoints: Object, group: Group, addresses: Objects, base: Object | None) -> Object:
    family, ports = group
    name = meta.name(endpoints)
    labels = {**meta.labels(endpoints), SERVICE_LABEL: name, MANAGER_LABEL: MANAGER}
    annotations = {key: value for key, value in meta.annotations(endpoints).items() if key not in _NOT_CLONED}
    metadata: Object = {"generateName": f"{name}-", "namespace": meta.namespace(endpoints)}
    if base is not None:
        metadata = {key: value for key, value in base["metadata"].items() if key != "generateName"}
    metadata |= {
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": [meta.owner_reference(endpoints, ENDPOINTS)],
    }
    return {
        "apiVersion": ENDPOINT_SLICES.api_version,
        "kind": ENDPOINT_SLICES.kind,
        "metadata": metadata,
        "addressType": family,
        "endpoints": addresses,
        "ports": [
            {"name": title, "port": number, "protocol": protocol} | ({"appProtocol": app} if app else {})
            for title, number, protocol, app in sorted(ports)
        ],
    }


def _essence(item: Object) -> tuple[object, ...]:
    return meta.labels(item), meta.annotations(item), meta.owner_references(item), item.get("endpoints") or []


def _service_of(item: Object) -> Iterable[str]:
    """Key of the Endpoints that a slice mirrors, if the slice is this controller's."""
    labels = meta.labels(item)
    name = labels.get(SERVICE_LABEL)
    return (f"{meta.namespace(item)}/{name}",) if name and labels.get(MANAGER_LABEL) == MANAGER else ()
