"""Goal versus now: where a lesson's step should lead, recorded from a real run, and how the clusters differ from it.

A goal is a world without what differs from run to run: its pods are called after what they are instances of, and only
what people made is in it. Where the scheduler was free to choose, `Pod.choice` names all nodes that would do. `compare`
looks at the world of now in the same way, so that names of pods and of physical nodes never count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from liqolab.atlas.deviation import Deviation, differences, presence
from liqolab.atlas.documents import world_document, world_of
from liqolab.atlas.placement import pod_deviations
from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, World

__all__ = ["Deviation", "compare", "goal_file", "load_goal", "save_goal"]

_PACKAGE: Final = Path(__file__).resolve().parent.parent


def compare(goal: World, now: World) -> tuple[Deviation, ...]:
    """All differences that matter, by cluster: first what is missing or too much, then what is different."""
    found, pairs = presence_of_clusters(goal, now)
    for wanted, actual in pairs:
        found += _cluster_deviations(wanted, actual, goal)
    return tuple(found)


def load_goal(lesson: str, step: str) -> World | None:
    """The recorded goal of a lesson's step; None when there is none.

    Raises:
        ValueError: the file is damaged.
    """
    for parent in (_PACKAGE / "data", _PACKAGE.parent):
        file = goal_file(parent / "scenarios" / lesson, step)
        if file.exists():
            return world_of(json.loads(file.read_text()))
    return None


def save_goal(folder: Path, step: str, goal: World) -> None:
    """Write a goal into a lesson's folder, always the same bytes for the same goal."""
    file = goal_file(folder, step)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(world_document(goal), indent=1, ensure_ascii=False) + "\n")


def goal_file(folder: Path, step: str) -> Path:
    """Where the goal of a step is, in a lesson's folder."""
    return folder / "goals" / f"{step}.json"


def presence_of_clusters(goal: World, now: World) -> tuple[list[Deviation], list[tuple[ClusterView, ClusterView]]]:
    """Clusters that are on one side only, and the pairs."""
    here = {view.name: view for view in now.clusters}
    wanted = {view.name: view for view in goal.clusters}
    found = [Deviation(name, "cluster", "", "there", "", "missing") for name in wanted if name not in here]
    found += [Deviation(name, "cluster", "", "", "there", "extra") for name in here if name not in wanted]
    return found, [(wanted[name], here[name]) for name in wanted if name in here]


def _cluster_deviations(goal: ClusterView, now: ClusterView, goals: World) -> Iterator[Deviation]:
    name = goal.name
    if now.error:
        # What was last seen of it is no news.
        yield Deviation(name, "cluster", "state", "reachable", now.error, "different")
        return
    yield from differences(name, "cluster", {"Liqo": (goal.liqo, now.liqo)})
    yield from _node_deviations(goal, now)
    people_made = (namespace for namespace in now.namespaces if not namespace.system)
    found, namespaces = presence(
        name,
        "namespace",
        {namespace.name: namespace for namespace in goal.namespaces},
        {namespace.name: namespace for namespace in people_made},
    )
    yield from found
    for wanted, actual in namespaces:
        yield from differences(name, f"namespace {wanted.name}", _namespace_values(wanted, actual))
    found, peerings = presence(
        name,
        "peering with",
        {peer.cluster: peer for peer in goal.peerings},
        {peer.cluster: peer for peer in now.peerings},
    )
    yield from found
    for one, other in peerings:
        yield from differences(name, f"peering with {one.cluster}", _peering_values(one, other))
    yield from pod_deviations(goal, now, goals)


def _peers(view: ClusterView) -> dict[str, Peering]:
    return {peering.cluster: peering for peering in view.peerings}


def _node_deviations(goal: ClusterView, now: ClusterView) -> Iterator[Deviation]:
    """Virtual nodes have to be the same. Of physical ones, however many there are, all have to be ready."""
    found, pairs = presence(goal.name, "node", _virtual(goal), _virtual(now))
    yield from found
    for wanted, actual in pairs:
        yield from differences(goal.name, f"node {actual.name}", _node_values(wanted, actual))
    for node in now.nodes:
        if not node.virtual:
            values = {"ready": (True, node.ready), "schedulable": (True, node.schedulable)}
            yield from differences(goal.name, f"node {node.name}", values)


def _virtual(view: ClusterView) -> dict[str, Node]:
    return {node.name: node for node in view.nodes if node.virtual}


def _node_values(goal: Node, now: Node) -> dict[str, tuple[object, object]]:
    told = dict(now.labels)
    labels = {f"label {key}": (value, told.get(key, "")) for key, value in goal.labels}
    return {"ready": (goal.ready, now.ready), "schedulable": (goal.schedulable, now.schedulable), **labels}


def _namespace_values(goal: Namespace, now: Namespace) -> dict[str, tuple[object, object]]:
    return {
        "phase": (goal.phase, now.phase),
        "offloading": (goal.offloading, now.offloading),
        "pod strategy": (goal.pod_strategy, now.pod_strategy),
        "cluster selector": (goal.selector, now.selector),
        "offloaded to": (goal.offloaded_to, now.offloaded_to),
        "offloaded from": (goal.offloaded_from, now.offloaded_from),
    }


def _peering_values(goal: Peering, now: Peering) -> dict[str, tuple[object, object]]:
    return {
        "outgoing": (goal.outgoing, now.outgoing),
        "incoming": (goal.incoming, now.incoming),
        "networking": (goal.networking, now.networking),
        "authentication": (goal.authentication, now.authentication),
    }
