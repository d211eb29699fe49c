"""Under which address and port a peer reaches a Service of this cluster.

The same answer in every part: an override, else the load balancer, else the node port on a node that is no virtual one.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names


class NotExposedError(Exception):
    """A Service that cannot be reached from outside; the message says why."""


def physical_nodes(nodes: Iterable[Object]) -> list[Object]:
    """Those that are no virtual nodes, by name."""
    return sorted(
        (node for node in nodes if meta.labels(node).get(names.LABEL_TYPE) != names.TYPE_VIRTUAL_NODE), key=meta.name
    )


def first_node_address(nodes: Iterable[Object]) -> str:
    """The external, or else internal, address of the first physical node.

    Raises:
        NotExposedError: there is none.
    """
    for wanted in ("ExternalIP", "InternalIP"):
        for node in physical_nodes(nodes):
            for address in meta.get_path(node, "status", "addresses", default=[]):
                if address["type"] == wanted:
                    return str(address["address"])
    raise NotExposedError("no node of this cluster has an address")


def endpoint(service: Object, nodes: Iterable[Object]) -> tuple[str, int]:
    """Address and port under which the first port of `service` is reached from other clusters.

    Raises:
        NotExposedError: it is of type ClusterIP, or its load balancer has no address yet.
    """
    port = service["spec"]["ports"][0]
    kind = service["spec"].get("type", "ClusterIP")
    if kind == "LoadBalancer":
        for ingress in meta.get_path(service, "status", "loadBalancer", "ingress", default=[]):
            if address := ingress.get("ip") or ingress.get("hostname"):
                return str(address), int(port["port"])
        raise NotExposedError(f"service {meta.name(service)} waits for the address of its load balancer")
    if kind == "NodePort" and port.get("nodePort"):
        address = meta.annotations(service).get(names.ANNOTATION_GATEWAY_NODE_IP)
        return address or first_node_address(nodes), int(port["nodePort"])
    raise NotExposedError(f"service {meta.name(service)} is of type {kind}: other clusters cannot reach it")


def url(address: str, port: int) -> str:
    """``https://…`` without the port if it is HTTPS's own."""
    return f"https://{address}" if port == 443 else f"https://{address}:{port}"
