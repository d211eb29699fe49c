"""kube-proxy and the cluster's DNS in one: what service names and service addresses stand for.

Nothing is copied: Services and EndpointSlices are looked up in informers, by address and by service, at the moment of a
connection. Connections go round robin over the ready endpoints, but for those of a client that a Service with session
affinity knows.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import ENDPOINT_SLICES, SERVICES
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.manager import Manager
from liqolab.kube.node.fabric import Fabric, Target

CLUSTER_DOMAIN = "cluster.local"
_BY_ADDRESS = "service-proxy/address"
_BY_SERVICE = "service-proxy/service"
_SERVICE_LABEL = "kubernetes.io/service-name"
_AFFINITY_SECONDS = 10800.0
_MOST_CLIENTS = 1000
"""So many are remembered before those are forgotten whose time is over."""


class ServiceProxy:
    """Resolves for the fabric (see `fabric.Resolver`)."""

    def __init__(self, manager: Manager, fabric: Fabric) -> None:
        self._fabric = fabric
        self._services = manager.informer(SERVICES)
        self._services.add_indexer(_BY_ADDRESS, addresses_of)
        self._slices = manager.informer(ENDPOINT_SLICES)
        self._slices.add_indexer(_BY_SERVICE, _service_of)
        self._turns: dict[tuple[str, str, str], int] = {}
        self._clients: dict[tuple[str, str, str], tuple[str, float]] = {}
        fabric.resolver = self

    def lookup(self, name: str, port: int, namespace: str) -> Target | None:
        """Resolve ``svc``, ``svc.ns`` and ``svc.ns.svc``, each also behind ``pod.``, with and without the domain."""
        readings = _readings(name, namespace)
        return next(filter(None, (self._lookup(*parts, port=port) for parts in readings)), None)

    def _lookup(self, pod: str, service_name: str, space: str, *, port: int) -> Target | None:
        if pod:
            return self._lookup_pod(pod, service_name, space, port)
        service = self._services.get(service_name, space)
        if service is None:
            return None
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            return self._lookup_external(spec["externalName"], port, space)
        address = spec.get("clusterIP")
        if address and address != "None":
            return address, port
        endpoint = self._next(service, "", list(self.endpoints(service)))
        return (endpoint["addresses"][0], port) if endpoint else None

    def addresses(self, name: str, namespace: str) -> tuple[str, list[str]] | None:
        """What the cluster's DNS answers for a service, a pod of a headless one, or a pod's address written as a name;
        see `fabric.Resolver.addresses`.
        """
        if dashed := _pod_address(name):
            return name.rstrip("."), [dashed]
        answers = [self._addresses(*parts) for parts in _readings(name, namespace)]
        known = [answer for answer in answers if answer is not None]
        return next((answer for answer in known if answer[1]), known[0] if known else None)

    def _addresses(self, pod: str, service_name: str, space: str) -> tuple[str, list[str]] | None:
        service = self._services.get(service_name, space)
        if service is None:
            return None
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            return self.addresses(spec["externalName"], space)
        canonical = ".".join(filter(None, (pod, service_name, space, "svc", CLUSTER_DOMAIN)))
        if not pod and (address := spec.get("clusterIP")) and address != "None":
            return canonical, [address]
        found = [row["addresses"][0] for row in self.endpoints(service) if not pod or row.get("hostname") == pod]
        return canonical, found

    def balance(self, address: str, port: int, origin: str = "", protocol: str = "") -> Target | None:
        """The endpoint behind a cluster IP, external IP or load balancer address; see `fabric.Resolver.balance`."""
        services = self._services.by_index(_BY_ADDRESS, address)
        if not services:
            return None
        found = [
            (service, row)
            for service in services
            for row in service["spec"].get("ports") or ()
            if int(row["port"]) == port and (not protocol or protocol == (row.get("protocol") or "TCP"))
        ]
        # Whoever says nothing of a protocol means TCP where there is a choice.
        for service, row in sorted(found, key=lambda each: (each[1].get("protocol") or "TCP") != "TCP"):
            return self.endpoint(service, row, origin)
        raise _refused(address, port)

    def endpoint(self, service: Object, port: Object, origin: str = "") -> Target:
        """The endpoint whose turn it is, for one of the service's ports; with session affinity, the one that `origin`
        had last.

        Raises:
            ConnectionRefusedError: no endpoint is ready.
        """
        api_server = self._fabric.api_server
        if api_server is not None and (meta.namespace(service), meta.name(service)) == ("default", "kubernetes"):
            return api_server
        name = port.get("name") or ""
        rows = [
            (endpoint, int(found["port"]))
            for piece in self._slices_of(service)
            if (found := _port_named(piece, name)) is not None and found.get("port")
            for endpoint in piece.get("endpoints") or ()
        ]
        ready = [row for row in rows if _condition(row[0], "ready", default=True)]
        # As a last resort, endpoints that are shutting down but still serve.
        usable = ready or [row for row in rows if _condition(row[0], "serving", default=False)]
        if not usable:
            raise _refused(service["spec"].get("clusterIP") or meta.name(service), int(port["port"]))
        endpoint, number = self._known(service, name, origin, usable) or usable[self._turn(service, name) % len(usable)]
        self._remember(service, name, origin, endpoint)
        return endpoint["addresses"][0], number

    def _known(
        self, service: Object, port: str, origin: str, usable: list[tuple[Object, int]]
    ) -> tuple[Object, int] | None:
        """The endpoint that a client goes on with, if that still serves and it was there a short time ago."""
        address, until = self._clients.get((meta.key(service), port, origin), ("", 0.0))
        if _affinity_seconds(service) is None or time.monotonic() > until:
            return None
        return next((row for row in usable if row[0]["addresses"][0] == address), None)

    def _remember(self, service: Object, port: str, origin: str, endpoint: Object) -> None:
        seconds, now = _affinity_seconds(service), time.monotonic()
        key = (meta.key(service), port, origin)
        if seconds is None or not origin:
            self._clients.pop(key, None)
            return
        if len(self._clients) >= _MOST_CLIENTS:
            self._clients = {each: row for each, row in self._clients.items() if row[1] > now}
        self._clients[key] = (endpoint["addresses"][0], now + seconds)

    def service(self, name: str, namespace: str) -> Object | None:
        return self._services.get(name, namespace)

    def services_at(self, address: str) -> Objects:
        """The services that an address stands for."""
        return self._services.by_index(_BY_ADDRESS, address)

    def hosts_at(self, address: str) -> Iterator[tuple[Object, str]]:
        """Headless services with an endpoint at an address that has a name, and that name."""
        for service in self._services.list():
            if service["spec"].get("clusterIP") == "None":
                for endpoint in self.endpoints(service):
                    if endpoint.get("hostname") and address in endpoint["addresses"]:
                        yield service, endpoint["hostname"]

    def _lookup_external(self, name: str, port: int, namespace: str) -> Target | None:
        return self.lookup(name, port, namespace) or (name, port)

    def _lookup_pod(self, hostname: str, service_name: str, namespace: str, port: int) -> Target | None:
        service = self._services.get(service_name, namespace)
        for endpoint in self.endpoints(service) if service else ():
            if endpoint.get("hostname") == hostname:
                return endpoint["addresses"][0], port
        return None

    def endpoints(self, service: Object) -> Iterator[Object]:
        """Those that are ready."""
        for piece in self._slices_of(service):
            for endpoint in piece.get("endpoints") or ():
                if _condition(endpoint, "ready", default=True):
                    yield endpoint

    def _slices_of(self, service: Object) -> Objects:
        return self._slices.by_index(_BY_SERVICE, f"{meta.namespace(service)}/{meta.name(service)}")

    def _next(self, service: Object, port: str, rows: Objects) -> Object | None:
        return rows[self._turn(service, port) % len(rows)] if rows else None

    def _turn(self, service: Object, port: str) -> int:
        key = (meta.namespace(service), meta.name(service), port)
        self._turns[key] = turn = self._turns.get(key, -1) + 1
        return turn


def addresses_of(service: Object) -> list[str]:
    """Every address that stands for a service."""
    spec = service["spec"]
    ingress = (((service.get("status") or {}).get("loadBalancer")) or {}).get("ingress") or ()
    found = [
        *(spec.get("clusterIPs") or [spec.get("clusterIP")]),
        *(spec.get("externalIPs") or ()),
        *(row.get("ip") for row in ingress),
    ]
    return [address for address in found if address and address != "None"]


def _affinity_seconds(service: Object) -> float | None:
    """How long a client of a service stays with an endpoint; None when it need not."""
    spec = service["spec"]
    if spec.get("sessionAffinity") != "ClientIP":
        return None
    config = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    return float(config.get("timeoutSeconds") or _AFFINITY_SECONDS)


def _service_of(piece: Object) -> list[str]:
    name = meta.labels(piece).get(_SERVICE_LABEL)
    return [f"{meta.namespace(piece)}/{name}"] if name else []


def _readings(name: str, namespace: str) -> list[tuple[str, str, str]]:
    """What a name may mean, as (pod or nothing, service, namespace), in the order of a pod's search domains; empty when
    it is no name of this cluster.
    """
    parts = name.rstrip(".").removesuffix(f".{CLUSTER_DOMAIN}").split(".")
    if len(parts) in (3, 4) and parts[-1] == "svc":
        *pod, service, space = parts[:-1]
        return [("".join(pod), service, space)]
    whole = name.rstrip(".").endswith(f".{CLUSTER_DOMAIN}") or name.endswith(".")
    if len(parts) == 1:
        return [("", parts[0], namespace)]
    if len(parts) == 2:
        return [("", parts[0], parts[1])] if whole else [(parts[0], parts[1], namespace), ("", parts[0], parts[1])]
    return [(parts[0], parts[1], parts[2])] if len(parts) == 3 and not whole else []


def _pod_address(name: str) -> str | None:
    """The address in ``10-0-0-7.NAMESPACE.pod``; None for any other name."""
    parts = name.rstrip(".").removesuffix(f".{CLUSTER_DOMAIN}").split(".")
    return parts[0].replace("-", ".") if len(parts) == 3 and parts[-1] == "pod" else None


def _port_named(piece: Object, name: str) -> Object | None:
    return next((row for row in piece.get("ports") or () if (row.get("name") or "") == name), None)


def _condition(endpoint: Object, name: str, *, default: bool) -> bool:
    value = (endpoint.get("conditions") or {}).get(name)
    return default if value is None else bool(value)


def _refused(host: str, port: int) -> OSError:
    reason = os.strerror(errno.ECONNREFUSED).lower()
    return OSError(errno.ECONNREFUSED, f"dial tcp {host}:{port}: connect: {reason}")
