"""What the cluster's DNS answers for a question: the records of Services, of the pods behind headless ones, and back.

As CoreDNS has them: https://github.com/kubernetes/dns/blob/master/docs/specification.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.node.service_proxy import CLUSTER_DOMAIN, ServiceProxy
from liqolab.program import Record

_REVERSE: Final = ".in-addr.arpa"
_WEIGHT: Final = "0 100"
"""Priority and weight of a service record."""


class ClusterDns:
    """Answers from what the service proxy knows."""

    def __init__(self, proxy: ServiceProxy) -> None:
        self._proxy = proxy

    def records(self, name: str, kind: str, namespace: str) -> list[Record]:
        """The answers to a question; none where nobody is called so, or nothing of that kind is known.

        Args:
            name: with a dot at its end it is taken as it is, else looked for as a pod of the namespace would.
            kind: ``A``, ``CNAME``, ``SRV`` or ``PTR``.
            namespace: where the question comes from.
        """
        for full in _candidates(name, namespace):
            if found := list(self._of(full, kind)):
                return found
        return []

    def _of(self, name: str, kind: str) -> Iterator[Record]:
        if kind == "PTR":
            yield from self._pointers(name)
            return
        parts = _parts(name)
        if parts is None:
            return
        if parts[-1] == "pod":
            if kind == "A" and len(parts) == 3:
                yield Record(name, "A", parts[0].replace("-", "."))
            return
        *front, service_name, space, _ = parts
        service = self._proxy.service(service_name, space)
        if service is None:
            return
        if kind == "SRV":
            yield from self._ports(name, service, front)
        elif service["spec"].get("type") == "ExternalName":
            yield from self._elsewhere(name, service, kind)
        elif kind == "A":
            found = self._proxy.addresses(f"{name}.", space)
            for address in found[1] if found else ():
                yield Record(name, "A", address)

    def _elsewhere(self, name: str, service: Object, kind: str) -> Iterator[Record]:
        target = service["spec"]["externalName"].rstrip(".")
        if kind in ("A", "CNAME"):
            yield Record(name, "CNAME", f"{target}.")
        if kind == "A":
            yield from self._of(target, "A")

    def _ports(self, name: str, service: Object, front: list[str]) -> Iterator[Record]:
        if len(front) != 2 or not all(word.startswith("_") for word in front):
            return
        port_name, protocol = front[0][1:], front[1][1:].upper()
        host = _name_of(service)
        for port in service["spec"].get("ports") or ():
            if port.get("name") != port_name or (port.get("protocol") or "TCP") != protocol:
                continue
            if service["spec"].get("clusterIP") != "None":
                yield Record(name, "SRV", f"{_WEIGHT} {port['port']} {host}.")
                continue
            for endpoint in self._proxy.endpoints(service):
                label = endpoint.get("hostname") or endpoint["addresses"][0].replace(".", "-")
                yield Record(name, "SRV", f"{_WEIGHT} {port['port']} {label}.{host}.")

    def _pointers(self, name: str) -> Iterator[Record]:
        if not name.endswith(_REVERSE):
            return
        address = ".".join(reversed(name.removesuffix(_REVERSE).split(".")))
        for service in self._proxy.services_at(address):
            yield Record(name, "PTR", f"{_name_of(service)}.")
        for service, hostname in self._proxy.hosts_at(address):
            yield Record(name, "PTR", f"{hostname}.{_name_of(service)}.")


def _name_of(service: Object) -> str:
    return f"{meta.name(service)}.{meta.namespace(service)}.svc.{CLUSTER_DOMAIN}"


def _candidates(name: str, namespace: str) -> Iterator[str]:
    """The full names that a resolver of a pod would try, in its order, for the most part: those with dots last."""
    if name.endswith("."):
        yield name[:-1]
        return
    for domain in (f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN):
        yield f"{name}.{domain}"
    yield name


def _parts(name: str) -> list[str] | None:
    """What stands before the cluster's domain: ``[…, service, namespace, "svc"]``; None for names of others."""
    front, separator, rest = name.rpartition(f".{CLUSTER_DOMAIN}")
    parts = front.split(".")
    return parts if separator and not rest and len(parts) >= 3 and parts[-1] in ("svc", "pod") else None
