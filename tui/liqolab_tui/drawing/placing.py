"""What the map knows of where pods may be: what a namespace's policy allows, where a pod is at home."""

from __future__ import annotations

from liqolab.atlas.world import ClusterView, Node, Pod, World
from liqolab_tui.reference import Reference


def allowed(view: ClusterView, node: Node) -> bool | None:
    """Whether the policies of all offloaded namespaces let pods onto a node; None for none, or if they differ."""
    policies = {node.name in namespace.allows for namespace in view.namespaces if namespace.offloading}
    return policies.pop() if len(policies) == 1 else None


def elsewhere(world: World, view: ClusterView, pod: Pod) -> tuple[str, str]:
    """The cluster in which a pod runs as well, and the one it comes from: ``("naples", "")`` where it was made.

    Both empty for a pod that is where it was made.
    """
    if pod.offloaded_from:
        return "", pod.offloaded_from
    behind = next((node.cluster for node in view.nodes if node.name == pod.node), "")
    other = world.cluster(behind) if behind else None
    if other is None:
        return "", ""
    twin = any(there.name == pod.name and there.offloaded_from == view.name for there in other.pods)
    return (behind, "") if twin else ("", "")


def remarkable(world: World) -> Reference | None:
    """What somebody who looks at the map for the first time should see explained; None where nothing is there."""
    own = {(view.name, space.name) for view in world.clusters for space in view.namespaces if not space.system}
    pods = [(view.name, pod) for view in world.clusters for pod in view.pods if (view.name, pod.namespace) in own]
    for cluster, pod in sorted(pods, key=lambda pair: pair[1].state in ("Running", "Succeeded")):
        return Reference(cluster, "pod", pod.name, pod.namespace)
    virtual = ((view.name, node.name) for view in world.clusters for node in view.nodes if node.virtual)
    for cluster, name in virtual:
        return Reference(cluster, "node", name)
    return Reference(world.clusters[0].name) if world.clusters else None
