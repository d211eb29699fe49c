"""Pods and nodes as the plugins look at them: parsed once, asked many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.scheduler.resources import DEFAULT_REQUESTS, PODS, Amounts, amounts, pod_requests

HostPort = tuple[str, str, int]
"""(host address, protocol, port)."""

_ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - a port claimed on every address, compared, never bound


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """One PodAffinityTerm (with its weight when it is a preference), namespaces resolved.

    Attributes:
        namespaces: namespaces named, or the pod's own when neither names nor a selector are given.
        namespace_selector: selects further namespaces by label; None selects none.
        selector: selects pods.
        topology_key: the node label whose values are the domains.
        weight: 1–100 for preferences, 0 for requirements.
    """

    namespaces: frozenset[str]
    namespace_selector: LabelSelector | None
    selector: LabelSelector
    topology_key: str
    weight: int = 0

    @staticmethod
    def parse(term: Mapping[str, Object], pod: Object, weight: int = 0) -> AffinityTerm:
        names = frozenset(term.get("namespaces") or ())
        chosen = term.get("namespaceSelector")
        if not names and chosen is None:
            names = frozenset((meta.namespace(pod),))
        return AffinityTerm(
            namespaces=names,
            namespace_selector=None if chosen is None else LabelSelector.from_object(chosen),
            selector=LabelSelector.from_object(term.get("labelSelector")),
            topology_key=str(term["topologyKey"]),
            weight=weight,
        )

    def matches(self, pod: PodInfo, namespaces: Mapping[str, Mapping[str, str]]) -> bool:
        """Whether the term selects `pod`; `namespaces` are the labels of all namespaces."""
        if pod.namespace not in self.namespaces:
            chosen = self.namespace_selector
            if chosen is None or not chosen.matches(namespaces.get(pod.namespace, {})):
                return False
        return self.selector.matches(pod.labels)


class PodInfo:
    """A pod, and what scheduling needs to know of it."""

    def __init__(self, pod: Object) -> None:
        self.pod = pod
        self.uid = meta.uid(pod)
        self.name = meta.name(pod)
        self.namespace = meta.namespace(pod)
        self.labels = meta.labels(pod)
        self.priority = int(pod["spec"].get("priority") or 0)

    @property
    def key(self) -> str:
        """``namespace/name``, as events and messages name a pod."""
        return f"{self.namespace}/{self.name}"

    @property
    def terminating(self) -> bool:
        return meta.is_deleting(self.pod)

    @cached_property
    def requests(self) -> Amounts:
        """What the pod asks for."""
        return pod_requests(self.pod)

    @cached_property
    def scored_requests(self) -> Amounts:
        """What the pod counts for in scores: containers without requests weigh something there."""
        return pod_requests(self.pod, defaults=DEFAULT_REQUESTS)

    @cached_property
    def host_ports(self) -> frozenset[HostPort]:
        containers: Iterable[Object] = self.pod["spec"].get("containers") or ()
        return frozenset(
            (port.get("hostIP") or _ANY_ADDRESS, port.get("protocol") or "TCP", int(port["hostPort"]))
            for container in containers
            for port in container.get("ports") or ()
            if port.get("hostPort")
        )

    @cached_property
    def required_affinity(self) -> tuple[AffinityTerm, ...]:
        return self._required("podAffinity")

    @cached_property
    def required_anti_affinity(self) -> tuple[AffinityTerm, ...]:
        return self._required("podAntiAffinity")

    @cached_property
    def preferred_affinity(self) -> tuple[AffinityTerm, ...]:
        return self._preferred("podAffinity")

    @cached_property
    def preferred_anti_affinity(self) -> tuple[AffinityTerm, ...]:
        return self._preferred("podAntiAffinity")

    def _required(self, kind: str) -> tuple[AffinityTerm, ...]:
        terms = self._terms(kind, "requiredDuringSchedulingIgnoredDuringExecution")
        return tuple(AffinityTerm.parse(term, self.pod) for term in terms)

    def _preferred(self, kind: str) -> tuple[AffinityTerm, ...]:
        terms = self._terms(kind, "preferredDuringSchedulingIgnoredDuringExecution")
        return tuple(AffinityTerm.parse(term["podAffinityTerm"], self.pod, int(term["weight"])) for term in terms)

    def _terms(self, kind: str, when: str) -> list[Object]:
        affinity = self.pod["spec"].get("affinity") or {}
        return (affinity.get(kind) or {}).get(when) or []


class NodeInfo:
    """A node and the pods that are on it or on their way to it."""

    def __init__(self, node: Object, pods: Iterable[PodInfo] = ()) -> None:
        self.pods: dict[str, PodInfo] = {pod.uid: pod for pod in pods}
        self.set_node(node)

    def set_node(self, node: Object) -> None:
        self.node = node
        self.name = meta.name(node)
        self.labels = meta.labels(node)
        spec = node.get("spec") or {}
        self.taints: list[Object] = spec.get("taints") or []
        self.unschedulable = bool(spec.get("unschedulable"))
        self.allocatable = amounts((node.get("status") or {}).get("allocatable"))

    @property
    def allowed_pods(self) -> int:
        return self.allocatable.get(PODS, 0)

    def requested(self, resource: str) -> int:
        """How much of a resource the node's pods ask for."""
        return sum(pod.requests.get(resource, 0) for pod in self.pods.values())

    def scored_requested(self, resource: str) -> int:
        """The same, with the weight that requestless containers have in scores."""
        return sum(pod.scored_requests.get(resource, 0) for pod in self.pods.values())

    def used_ports(self) -> set[HostPort]:
        return {port for pod in self.pods.values() for port in pod.host_ports}

    def without(self, pods: Iterable[PodInfo]) -> NodeInfo:
        """This node as it would be if `pods` were gone."""
        gone = {pod.uid for pod in pods}
        return NodeInfo(self.node, (pod for pod in self.pods.values() if pod.uid not in gone))

    def with_pods(self, pods: Iterable[PodInfo]) -> NodeInfo:
        """This node as it would be with `pods` as well."""
        return NodeInfo(self.node, (*self.pods.values(), *pods))


def ports_conflict(wanted: HostPort, used: Iterable[HostPort]) -> bool:
    """Whether a host port is taken; 0.0.0.0 collides with every address."""
    address, protocol, port = wanted
    return any(
        port == other_port
        and protocol == other_protocol
        and (address == other_address or _ANY_ADDRESS in (address, other_address))
        for other_address, other_protocol, other_port in used
    )
