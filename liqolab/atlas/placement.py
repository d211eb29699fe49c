"""Where pods are and where they might be: what a goal says of pods, and how pods of now are held to it.

A pod that the scheduler could have placed elsewhere must not fail a comparison because this time it did. So a goal
keeps all nodes that fulfil what the pod demands, and says nothing of the twin that such a pod may or may not have in
another cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import node_affinity_matches, untolerated_taint
from liqolab.atlas.deviation import Deviation, differences
from liqolab.atlas.world import ClusterView, Pod, World

_KEEPING_AWAY: Final = ("NoSchedule", "NoExecute")
_NOWHERE: Final = "no node"
_PHYSICAL: Final = "a node of its own"

_Group = tuple[str, str, str]
"""Namespace, app, and the cluster that it is offloaded from."""


def candidates(pod: Object, nodes: Objects) -> tuple[str, ...]:
    """The names of all nodes that fulfil what a pod demands, whatever else runs there."""
    return tuple(
        sorted(
            str(node["metadata"]["name"])
            for node in nodes
            if node_affinity_matches(pod, node) and untolerated_taint(pod, node, _KEEPING_AWAY) is None
        )
    )


def is_free_twin(pod: Pod, world: World) -> bool:
    """Whether a pod is the twin of one that might as well have stayed at home."""
    consumer = world.cluster(pod.offloaded_from) if pod.offloaded_from else None
    # The twin's namespace may be called otherwise than the original.
    return consumer is not None and any(other.app == pod.app and other.choice for other in consumer.pods)


def pod_deviations(goal: ClusterView, now: ClusterView, goals: World) -> Iterator[Deviation]:
    """How the pods of people's namespaces differ from those of the goal; pods on their way out do not count."""
    system = {namespace.name for namespace in now.namespaces if namespace.system}
    alive = [pod for pod in now.pods if pod.namespace not in system and pod.state != "Terminating"]
    wanted = _groups(goal.pods)
    actual = _groups(pod for pod in alive if not is_free_twin(pod, goals))
    for key in sorted({*wanted, *actual}):
        yield from _group_deviations(goal, now, wanted.get(key, []), actual.get(key, []))


def _groups(pods: Iterable[Pod]) -> dict[_Group, list[Pod]]:
    found: dict[_Group, list[Pod]] = {}
    for pod in pods:
        found.setdefault((pod.namespace, pod.app, pod.offloaded_from), []).append(pod)
    return found


def _group_deviations(goal: ClusterView, now: ClusterView, wanted: list[Pod], actual: list[Pod]) -> Iterator[Deviation]:
    """Pods of one app are alike, so each of the goal is held against the one of now that fits it best."""
    rest = list(actual)
    for pod in wanted:
        what = f"pod {pod.app} in {pod.namespace}"
        if not rest:
            yield Deviation(goal.name, what, "", "there", "", "missing")
            continue
        best = min(rest, key=lambda other: len(list(_differences(goal, now, pod, other))))
        rest.remove(best)
        yield from _differences(goal, now, pod, best)
    for pod in rest:
        if pod.state == "Failed":
            # Controllers leave them lying about, and make others instead.
            continue
        yield Deviation(goal.name, f"pod {pod.app} in {pod.namespace}", "", "", "there", "extra")


def _differences(goal: ClusterView, now: ClusterView, wanted: Pod, actual: Pod) -> Iterator[Deviation]:
    what = f"pod {wanted.app} in {wanted.namespace}"
    state = actual.state + (f" ({actual.reason})" if actual.reason and actual.reason != actual.state else "")
    if wanted.state != actual.state:
        yield Deviation(goal.name, what, "state", wanted.state, state, "different")
    elif wanted.ready != actual.ready:
        yield from differences(goal.name, what, {"ready": (wanted.ready, actual.ready)})
    allowed = {_place(goal, node) for node in (wanted.choice or (wanted.node,))}
    # That it is nowhere is said by its state.
    if actual.node and (place := _place(now, actual.node)) not in allowed:
        yield Deviation(goal.name, what, "node", " or ".join(sorted(allowed)), place, "different")


def _place(view: ClusterView, name: str) -> str:
    """A node as a goal tells it: which virtual one, or that it is one of the cluster's own."""
    if not name:
        return _NOWHERE
    virtual = any(node.name == name and node.virtual for node in view.nodes)
    return name if virtual else _PHYSICAL
