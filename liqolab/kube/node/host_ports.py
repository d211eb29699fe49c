"""``hostPort``: ports of a node that lead to the containers which ask for them.

All nodes of a cluster share an address, so a connection to a port of it goes to whichever pod has asked for that port.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Manager
from liqolab.kube.node.fabric import Fabric, Target

_INDEX: Final = "host-ports"
_LOOPBACK: Final = "127.0.0.1"
_ANY: Final = frozenset({"", "0.0.0.0"})  # noqa: S104 - no socket is bound


class HostPorts:
    """Knows them all, for the fabric and for ports of the machine that lead to a node."""

    def __init__(self, manager: Manager, fabric: Fabric, node_address: str) -> None:
        self._node_address = node_address
        self._pods = manager.informer(PODS)
        self._pods.add_indexer(_INDEX, lambda pod: [_key(port) for port in _ports(pod)])
        fabric.host_ports = self

    def exposed(self, host: str, port: int, protocol: str, origin: str) -> Target | None:
        """Where a connection to a port of the nodes goes; None where it is no address of theirs, or no pod's port.

        Loopback is the node's own for who is in its network.
        """
        if host != self._node_address and not (host == _LOOPBACK and origin == self._node_address):
            return None
        return self._found(port, protocol, _ANY | {host})

    def of_node(self, node: str, port: int) -> Target | None:
        """Where a connection to a TCP port of one node goes, whatever address of it is meant."""
        return self._found(port, "TCP", None, node)

    def _found(self, port: int, protocol: str, hosts: frozenset[str] | None, node: str = "") -> Target | None:
        for pod in self._pods.by_index(_INDEX, f"{protocol}/{port}"):
            address = meta.get_path(pod, "status", "podIP")
            if not address or meta.is_deleting(pod) or (node and pod["spec"].get("nodeName") != node):
                continue
            for row in _ports(pod):
                if _key(row) == f"{protocol}/{port}" and (hosts is None or (row.get("hostIP") or "") in hosts):
                    return address, int(row["containerPort"])
        return None


def _ports(pod: Object) -> Iterator[Object]:
    for container in pod["spec"].get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("hostPort") and not pod["spec"].get("hostNetwork"):
                yield port


def _key(port: Object) -> str:
    return f"{port.get('protocol') or 'TCP'}/{port['hostPort']}"
