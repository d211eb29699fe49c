"""The scheduler's picture of the cluster, a step ahead of the API server.

A pod counts on its node from the moment it is assumed there, before the binding is acknowledged; otherwise the next
pod would be promised the same room. The picture is corrected when the binding fails.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo


class Cache:
    """Nodes by name, each with its pods.

    Attributes:
        nodes: in the order of their appearance.
        nominated: node name → pods by uid that wait for victims to leave it.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, NodeInfo] = {}
        self.nominated: dict[str, dict[str, PodInfo]] = {}
        self._nominations: dict[str, str] = {}
        self._where: dict[str, str] = {}
        self._homeless: dict[str, dict[str, PodInfo]] = {}

    def set_node(self, node: Object) -> None:
        name = meta.name(node)
        known = self.nodes.get(name)
        if known is None:
            self.nodes[name] = NodeInfo(node, self._homeless.pop(name, {}).values())
        else:
            known.set_node(node)

    def remove_node(self, name: str) -> None:
        gone = self.nodes.pop(name, None)
        if gone is not None and gone.pods:
            # Its pods are still on it, should it come back.
            self._homeless[name] = gone.pods

    def set_pod(self, pod: PodInfo, node: str) -> None:
        """Put a pod on a node: because it is bound there, or assuming that it will be."""
        self.remove_pod(pod.uid)
        self._where[pod.uid] = node
        if (known := self.nodes.get(node)) is not None:
            known.add(pod)
        else:
            self._homeless.setdefault(node, {})[pod.uid] = pod

    def remove_pod(self, uid: str) -> None:
        node = self._where.pop(uid, None)
        if node is None:
            return
        if (known := self.nodes.get(node)) is not None:
            known.remove(uid)
        elif (pods := self._homeless.get(node)) is not None:
            pods.pop(uid, None)
            if not pods:
                del self._homeless[node]

    def node_of(self, uid: str) -> str | None:
        """The node that a pod is on, or assumed to be on."""
        return self._where.get(uid)

    def nominate(self, pod: PodInfo, node: str) -> None:
        self.withdraw(pod.uid)
        self.nominated.setdefault(node, {})[pod.uid] = pod
        self._nominations[pod.uid] = node

    def withdraw(self, uid: str) -> None:
        """Forget a nomination."""
        node = self._nominations.pop(uid, None)
        if node is not None:
            del self.nominated[node][uid]
            if not self.nominated[node]:
                del self.nominated[node]
