"""The world: what clusters are like at one moment, as frozen plain values.

A `World` knows no client and no screen. Whoever draws one (the terminal map, the plain face, the HTML report) and
whoever compares two (goal versus now) works on these values alone, so that each can be tested without a cluster.
Everything is sorted: clusters as declared, the rest by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PodState = Literal["Running", "Pending", "Unschedulable", "Failing", "Succeeded", "Failed", "Terminating"]
"""What a glance should tell: ``Failing`` is a pod whose containers wait with an error or keep restarting."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod; `offloaded_from` is the consumer cluster of a pod that runs here for another one.

    Attributes:
        app: what it is an instance of: its ``app`` label, else its owner, else its own name.
        reason: one word for why it is not well, such as ``CrashLoopBackOff``.
        message: the sentence to that word, where the cluster gives one.
        choice: of a goal only: the nodes that would do as well as `node`, because the scheduler is free.
    """

    namespace: str
    name: str
    state: PodState
    ready: bool
    node: str
    app: str
    reason: str = ""
    address: str = ""
    offloaded_from: str = ""
    restarts: int = 0
    message: str = ""
    choice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One node; `cluster` is the provider behind a virtual node, empty for a physical one."""

    name: str
    ready: bool
    cluster: str = ""
    schedulable: bool = True
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def virtual(self) -> bool:
        return bool(self.cluster)


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace; the offloading fields are empty where none is configured.

    Attributes:
        selector: which clusters, as one would type it; empty for all.
        offloaded_to: providers on which the twin exists.
        offloaded_from: the consumer, for a namespace that is such a twin.
        allows: the nodes that its policy lets pods onto; empty where it is not offloaded.
        system: made by Kubernetes or Liqo for themselves; faces may fold it.
    """

    name: str
    phase: str = "Active"
    offloading: str = ""
    pod_strategy: str = ""
    selector: str = ""
    offloaded_to: tuple[str, ...] = ()
    offloaded_from: str = ""
    system: bool = False
    allows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Peering:
    """One ForeignCluster as this cluster sees it: ``Established``, ``Pending``, ``None`` and so on.

    Attributes:
        message: what the first phase that is neither established nor none says of itself; empty when all is well.
    """

    cluster: str
    outgoing: str
    incoming: str
    networking: str
    authentication: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class ClusterView:
    """One cluster; a cluster that cannot be reached has an `error` and keeps what was last seen of it.

    Attributes:
        waiting: whether the error is only that it has not answered yet, which a busy machine is reason enough for;
            without it the cluster is known to be gone.
    """

    name: str
    error: str = ""
    version: str = ""
    liqo: bool = False
    nodes: tuple[Node, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    pods: tuple[Pod, ...] = ()
    peerings: tuple[Peering, ...] = ()
    waiting: bool = False

    @property
    def reachable(self) -> bool:
        return not self.error


@dataclass(frozen=True, slots=True)
class World:
    """All clusters of a playground at one moment."""

    clusters: tuple[ClusterView, ...] = field(default=())

    def cluster(self, name: str) -> ClusterView | None:
        """The cluster of that name, if it is there."""
        return next((view for view in self.clusters if view.name == name), None)
