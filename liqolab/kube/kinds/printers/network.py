"""Columns of services, endpoints, ingresses and network policies."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.printers.common import (
    AGE,
    NAME,
    NONE,
    SELECTOR,
    UNSET,
    age,
    columns,
    join_some,
    label_selector,
    labels,
    name,
)
from liqolab.kube.kinds.spec import Column, Printer


def _ingress_points(status: Object) -> list[str]:
    points = (status.get("loadBalancer") or {}).get("ingress") or []
    return list(dict.fromkeys(point.get("ip") or point.get("hostname") or "" for point in points))


def _external_addresses(service: Object) -> str:
    spec = service.get("spec") or {}
    external = spec.get("externalIPs") or []
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName", ""))
    if spec.get("type") != "LoadBalancer":
        return ",".join(external) or NONE
    points = [point for point in _ingress_points(service.get("status") or {}) if point]
    return ",".join([",".join(points), *external] if points else external) or "<pending>"


def _service_port(port: Object) -> str:
    number = f"{port.get('port')}:{port['nodePort']}" if port.get("nodePort") else f"{port.get('port')}"
    return f"{number}/{port.get('protocol', 'TCP')}"


def _service(service: Object, now: float) -> list[Any]:
    spec = service.get("spec") or {}
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    ports = ",".join(_service_port(port) for port in spec.get("ports") or []) or NONE
    return [
        *(name(service), spec.get("type", ""), addresses[0] or NONE, _external_addresses(service), ports),
        *(age(service, now), labels(spec.get("selector"))),
    ]


SERVICE = Printer(
    (
        *(NAME, Column("Type"), Column("Cluster-IP"), Column("External-IP"), Column("Port(s)"), AGE),
        SELECTOR,
    ),
    _service,
)


def _join_host_port(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def _endpoints(obj: Object, now: float) -> list[Any]:
    listed: list[str] = []
    for subset in obj.get("subsets") or []:
        ips = [address.get("ip", "") for address in subset.get("addresses") or []]
        ports = [port.get("port", 0) for port in subset.get("ports") or []]
        listed += [_join_host_port(ip, port) for port in ports for ip in ips] if ports else ips
    return [name(obj), join_some(listed) or NONE, age(obj, now)]


ENDPOINTS = Printer(columns("Endpoints", "Age"), _endpoints)


def _slice_port(port: Object) -> str:
    if port.get("port") is not None:
        return str(port["port"])
    return str(port.get("name") or "*")


def _endpoint_slice(obj: Object, now: float) -> list[Any]:
    ports = join_some(_slice_port(port) for port in obj.get("ports") or []) or UNSET
    addresses = [address for endpoint in obj.get("endpoints") or [] for address in endpoint.get("addresses") or []]
    return [name(obj), obj.get("addressType", ""), ports, join_some(addresses) or UNSET, age(obj, now)]


ENDPOINT_SLICE = Printer(columns("AddressType", "Ports", "Endpoints", "Age"), _endpoint_slice)


def _hosts(rules: list[Object]) -> str:
    hosts: list[str] = []
    more = False
    for rule in rules:
        more = more or len(hosts) == 3
        if not more and rule.get("host"):
            hosts.append(rule["host"])
    text = ",".join(hosts) or "*"
    return f"{text} + {len(rules) - 3} more..." if more and hosts else text


def _ingress(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    address = ",".join(_ingress_points(obj.get("status") or {}))
    ports = "80, 443" if spec.get("tls") else "80"
    hosts = _hosts(spec.get("rules") or [])
    return [name(obj), spec.get("ingressClassName") or NONE, hosts, address, ports, age(obj, now)]


INGRESS = Printer(columns("Class", "Hosts", "Address", "Ports", "Age"), _ingress)


def _ingress_class(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    parameters = spec.get("parameters")
    text = NONE
    if parameters:
        group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") else ""
        text = f"{parameters.get('kind', '')}{group}/{parameters.get('name', '')}"
    return [name(obj), spec.get("controller", ""), text, age(obj, now)]


INGRESS_CLASS = Printer(columns("Controller", "Parameters", "Age"), _ingress_class)

NETWORK_POLICY = Printer(
    columns("Pod-Selector", "Age"),
    lambda obj, now: [name(obj), label_selector((obj.get("spec") or {}).get("podSelector")), age(obj, now)],
)

SERVICE_CIDR = Printer(
    columns("CIDRs", "Age"),
    lambda obj, now: [name(obj), ",".join((obj.get("spec") or {}).get("cidrs") or []), age(obj, now)],
)


def _ip_address(obj: Object, now: float) -> list[Any]:
    text, parent = NONE, (obj.get("spec") or {}).get("parentRef")
    if parent:
        group = f".{parent['group']}" if parent.get("group") else ""
        parts = [f"{parent.get('resource', '')}{group}".lower(), parent.get("namespace"), parent.get("name", "")]
        text = "/".join(part for part in parts if part is not None)
    # A real server sends the age as well, though it has no column for it, so that no client shows it.
    return [name(obj), text]


IP_ADDRESS = Printer(columns("ParentRef"), _ip_address)
