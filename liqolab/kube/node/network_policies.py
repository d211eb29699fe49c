"""NetworkPolicies, as the network plugin of a real cluster enforces them: who may open a connection to whom.

Nothing is computed when something changes. A connection is judged when it is opened, by the policies of the namespaces
at its two ends, so a change counts for the next connection and open ones go on, as with most plugins. Without any
policy nothing is asked: the fabric gets its guard, and the pods their index by address, with the first one.

Nodes may always connect to pods: probes, webhooks and the API server's proxy come from there. Whoever comes in through
a node port is outside of the cluster, and only an ``ipBlock``, or a rule without peers, lets it in. Pods in a node's
network are the node. Streams count as TCP; only the question whether a pod may ask for names is one about UDP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, ip_network
from typing import Any, Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, NETWORK_POLICIES, PODS
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.informer import Change
from liqolab.controller.manager import Manager
from liqolab.kube.node.fabric import Fabric, Target

_BY_ADDRESS: Final = "network-policies/address"
_BY_NAMESPACE: Final = "network-policies/namespace"
_INGRESS: Final = "Ingress"
_EGRESS: Final = "Egress"
_PEERS: Final = {_INGRESS: "from", _EGRESS: "to"}


class NetworkPolicies:
    """Judges for the fabric (see `fabric.Guard`).

    Args:
        manager: whose informers are looked into.
        fabric: gets this guard with the first policy.
        node_address: of all nodes of the cluster.
    """

    def __init__(self, manager: Manager, fabric: Fabric, node_address: str) -> None:
        self._fabric = fabric
        self._node_address = node_address
        self._policies = manager.informer(NETWORK_POLICIES)
        self._pods = manager.informer(PODS)
        self._namespaces = manager.informer(NAMESPACES)
        self._policies.add_handler(self._on_policy)

    def allows(self, origin: str, target: Target, protocol: str = "TCP") -> bool:
        """Whether the policies let `origin` connect to `target`, behind all Services; see `fabric.Guard.allows`."""
        address, port = target
        if origin in ("", address, self._node_address):
            return True
        near, far = self._pod_at(origin), self._pod_at(address)
        leaves = near is None or self._passes(near, _EGRESS, (address, far), (port, protocol, far))
        return leaves and (far is None or self._passes(far, _INGRESS, (origin, near), (port, protocol, far)))

    def _on_policy(self, change: Change, policy: Object, _: Object | None) -> None:
        if self._fabric.guard is None:
            self._policies.add_indexer(_BY_NAMESPACE, lambda each: [meta.namespace(each)])
            self._pods.add_indexer(_BY_ADDRESS, _addresses)
            self._fabric.guard = self

    def _pod_at(self, address: str) -> Object | None:
        """The pod with an address; one that has ended may have had it before."""
        found = self._pods.by_index(_BY_ADDRESS, address)
        return next((pod for pod in found if not meta.pod_is_terminal(pod)), None)

    def _passes(
        self, pod: Object, direction: str, peer: tuple[str, Object | None], served: tuple[int, str, Object | None]
    ) -> bool:
        """Whether no policy selects `pod` for the direction, or one that does has a rule for the peer and port."""
        applied = [
            policy
            for policy in self._policies.by_index(_BY_NAMESPACE, meta.namespace(pod))
            if direction in _directions(policy["spec"]) and _selects(policy["spec"].get("podSelector"), pod)
        ]
        return not applied or any(
            self._is_peer(policy, rule.get(_PEERS[direction]), *peer) and _is_port(rule.get("ports"), *served)
            for policy in applied
            for rule in policy["spec"].get(direction.lower()) or ()
        )

    def _is_peer(self, policy: Object, peers: Iterable[Object] | None, address: str, pod: Object | None) -> bool:
        return not peers or any(
            _is_in_block(peer["ipBlock"], address) if peer.get("ipBlock") else self._is_selected(policy, peer, pod)
            for peer in peers
        )

    def _is_selected(self, policy: Object, peer: Object, pod: Object | None) -> bool:
        if pod is None:
            return False
        if peer.get("namespaceSelector") is None:
            return meta.namespace(pod) == meta.namespace(policy) and _selects(peer.get("podSelector"), pod)
        namespace = self._namespaces.get(meta.namespace(pod))
        if namespace is None or not _selects(peer["namespaceSelector"], namespace):
            return False
        return peer.get("podSelector") is None or _selects(peer["podSelector"], pod)


def _addresses(pod: Object) -> list[str]:
    """Of its own: a pod in the node's network has none."""
    address = (pod.get("status") or {}).get("podIP")
    return [address] if address and not pod["spec"].get("hostNetwork") else []


def _directions(spec: Object) -> Iterable[str]:
    return spec.get("policyTypes") or ([_INGRESS, _EGRESS] if spec.get("egress") else [_INGRESS])


def _selects(selector: Any, obj: Object) -> bool:
    return LabelSelector.from_object(selector).matches(meta.labels(obj))


def _is_in_block(block: Object, address: str) -> bool:
    try:
        given = IPv4Address(address)
        return given in ip_network(block["cidr"], strict=False) and not any(
            given in ip_network(part, strict=False) for part in block.get("except") or ()
        )
    except ValueError:
        return False


def _is_port(ports: Iterable[Object] | None, port: int, protocol: str, served: Object | None) -> bool:
    """Whether a rule's ports include one; names are those of the pod that serves."""
    if not ports:
        return True
    return any(
        (row.get("protocol") or "TCP") == protocol and any(port in each for each in _ranges(row, protocol, served))
        for row in ports
    )


def _ranges(row: Object, protocol: str, served: Object | None) -> Iterator[range]:
    wanted = row.get("port")
    if wanted is None:
        yield range(65536)
    elif isinstance(wanted, int):
        yield range(wanted, int(row.get("endPort") or wanted) + 1)
    else:
        for container in (served or {}).get("spec", {}).get("containers") or ():
            for port in container.get("ports") or ():
                if port.get("name") == wanted and (port.get("protocol") or "TCP") == protocol:
                    yield range(int(port["containerPort"]), int(port["containerPort"]) + 1)
