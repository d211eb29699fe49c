"""Making a goal of what was seen at the end of a lesson's step: without names, times and addresses of this one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from liqolab.apimachinery import meta
from liqolab.atlas.placement import candidates, is_free_twin
from liqolab.atlas.project import Raw, project
from liqolab.atlas.world import ClusterView, Node, Pod, World

_TOLD_LABELS: Final = "topology."
"""Of a node's labels, those that lessons speak of."""

_PASSING_STATES: Final = frozenset(("Terminating", "Pending"))


def goal_of(clusters: Mapping[str, Raw]) -> World:
    """The goal that these objects show."""
    world = project(clusters)
    free = World(tuple(_with_choices(view, clusters[view.name]) for view in world.clusters))
    return World(tuple(_normal(view, free) for view in free.clusters))


def is_settled(world: World) -> bool:
    """Whether nothing is on its way any more among what people made."""
    return all(
        not view.error
        and all(namespace.phase == "Active" for namespace in view.namespaces)
        and all(pod.state not in _PASSING_STATES for pod in _people_made(view))
        for view in world.clusters
    )


def _people_made(view: ClusterView) -> tuple[Pod, ...]:
    spaces = {namespace.name for namespace in view.namespaces if not namespace.system}
    return tuple(pod for pod in view.pods if pod.namespace in spaces)


def _with_choices(view: ClusterView, raw: Raw) -> ClusterView:
    objects = {(meta.namespace(item), meta.name(item)): item for item in raw.pods}
    return replace(
        view,
        pods=tuple(
            replace(pod, choice=_choice(view, pod, candidates(objects[pod.namespace, pod.name], raw.nodes)))
            for pod in _people_made(view)
        ),
    )


def _choice(view: ClusterView, pod: Pod, nodes: tuple[str, ...]) -> tuple[str, ...]:
    """The nodes, when they are more than one and not all of them the cluster's own."""
    virtual = {node.name for node in view.nodes if node.virtual}
    return nodes if pod.node and len(nodes) > 1 and virtual & set(nodes) else ()


def _normal(view: ClusterView, free: World) -> ClusterView:
    counts: Counter[tuple[str, str]] = Counter()
    pods = []
    for pod in sorted(view.pods, key=lambda pod: (pod.namespace, pod.app, pod.state, pod.node)):
        # A failed pod is what its controller has left behind; whether there is one depends on where it ran.
        if pod.state == "Failed" or is_free_twin(pod, free):
            continue
        counts[pod.namespace, pod.app] += 1
        number = counts[pod.namespace, pod.app]
        name = pod.app if number == 1 else f"{pod.app}-{number}"
        # Of several nodes that would do, a drawing of the goal shows the first one that is the cluster's own.
        node = min(pod.choice, key=lambda name: (_is_virtual(view, name), name)) if pod.choice else pod.node
        pods.append(replace(pod, name=name, node=node, address="", restarts=0, message=""))
    return replace(
        view,
        version="",
        nodes=tuple(_normal_node(node) for node in view.nodes),
        namespaces=tuple(replace(namespace, allows=()) for namespace in view.namespaces if not namespace.system),
        pods=tuple(pods),
        peerings=tuple(replace(peering, message="") for peering in view.peerings),
    )


def _normal_node(node: Node) -> Node:
    return replace(node, labels=tuple(pair for pair in node.labels if pair[0].startswith(_TOLD_LABELS)))


def _is_virtual(view: ClusterView, name: str) -> bool:
    return any(node.name == name and node.virtual for node in view.nodes)
