"""Pods and nodes as the plugins look at them: parsed once, asked many times.

What plugins ask of the pods of a node (how much they request, which ports they hold, how many of one kind there are) is
summed up as pods come and go, so that a decision costs the same however many pods there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count
from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.scheduler.resources import DEFAULT_REQUESTS, PODS, Amounts, amounts, pod_requests

HostPort = tuple[str, str, int]
"""(host address, protocol, port)."""

_ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - a port claimed on every address, compared, never bound


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What selectors see of a pod: pods of one template are alike, and are counted together."""

    namespace: str
    labels: Mapping[str, str]


@lru_cache(maxsize=4096)
def _likeness(namespace: str, labels: tuple[tuple[str, str], ...]) -> Likeness:
    return Likeness(namespace, dict(labels))


@dataclass(frozen=True, slots=True, eq=False)
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

    def matches(self, pod: Likeness, namespaces: Mapping[str, Mapping[str, str]]) -> bool:
        """Whether the term selects such a `pod`; `namespaces` are the labels of all namespaces."""
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
    def likeness(self) -> Likeness:
        """What selectors see of it."""
        return _likeness(self.namespace, tuple(sorted(self.labels.items())))

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

    @property
    def has_affinity(self) -> bool:
        """Whether it minds which pods are near."""
        affinity = self.pod["spec"].get("affinity")
        return bool(affinity) and bool(affinity.get("podAffinity") or affinity.get("podAntiAffinity"))

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


_versions = count(1)


class NodeInfo:
    """A node and the pods that are on it or on their way to it.

    Attributes:
        pods: by uid; change them with `add` and `remove`.
        requested: how much of each resource they ask for.
        scored: the same, with the weight that containers without requests have in scores.
        alike: how many there are of each likeness.
        leaving: how many of these are being deleted.
        minding: those that mind which pods are near, by uid.
        version: another one after each change, and of no other node.
    """

    def __init__(self, node: Object, pods: Iterable[PodInfo] = ()) -> None:
        self.pods: dict[str, PodInfo] = {}
        self.requested: Counter[str] = Counter()
        self.scored: Counter[str] = Counter()
        self.alike: Counter[Likeness] = Counter()
        self.leaving: Counter[Likeness] = Counter()
        self.minding: dict[str, PodInfo] = {}
        self._ports: Counter[HostPort] = Counter()
        for pod in pods:
            self.add(pod)
        self.set_node(node)

    def set_node(self, node: Object) -> None:
        self.version = next(_versions)
        self.node = node
        self.name = meta.name(node)
        self.labels = meta.labels(node)
        spec = node.get("spec") or {}
        status = node.get("status") or {}
        self.taints: list[Object] = spec.get("taints") or []
        self.unschedulable = bool(spec.get("unschedulable"))
        self.allocatable = amounts(status.get("allocatable"))
        self.allowed_pods = self.allocatable.get(PODS, 0)
        self.images: dict[str, int] = {
            name: int(image.get("sizeBytes") or 0)
            for image in status.get("images") or ()
            for name in image.get("names") or ()
        }

    def add(self, pod: PodInfo) -> None:
        """Count a pod in; in the place of its older state, if that is here."""
        key = pod.uid or pod.key
        self.remove(key)
        self.pods[key] = pod
        self._count(pod, 1)
        if pod.has_affinity:
            self.minding[key] = pod

    def remove(self, key: str) -> None:
        """Count a pod out, by its uid; one that is not here is no error."""
        pod = self.pods.pop(key, None)
        if pod is not None:
            self.minding.pop(key, None)
            self._count(pod, -1)

    def _count(self, pod: PodInfo, by: int) -> None:
        self.version = next(_versions)
        for total, amounts_ in ((self.requested, pod.requests), (self.scored, pod.scored_requests)):
            for resource, amount in amounts_.items():
                total[resource] += by * amount
        for port in pod.host_ports:
            _bump(self._ports, port, by)
        _bump(self.alike, pod.likeness, by)
        if pod.terminating:
            _bump(self.leaving, pod.likeness, by)

    def used_ports(self) -> Iterable[HostPort]:
        return self._ports

    def without(self, pods: Iterable[PodInfo]) -> NodeInfo:
        """This node as it would be if `pods` were gone."""
        gone = {pod.uid for pod in pods}
        return NodeInfo(self.node, (pod for pod in self.pods.values() if pod.uid not in gone))

    def with_pods(self, pods: Iterable[PodInfo]) -> NodeInfo:
        """This node as it would be with `pods` as well."""
        return NodeInfo(self.node, (*self.pods.values(), *pods))


def _bump(counts: Counter[Any], kind: object, by: int) -> None:
    counts[kind] += by
    if not counts[kind]:
        del counts[kind]


def ports_conflict(wanted: HostPort, used: Iterable[HostPort]) -> bool:
    """Whether a host port is taken; 0.0.0.0 collides with every address."""
    address, protocol, port = wanted
    return any(
        port == other_port
        and protocol == other_protocol
        and (address == other_address or _ANY_ADDRESS in (address, other_address))
        for other_address, other_protocol, other_port in used
    )
