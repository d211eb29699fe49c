"""Which plugins a change of the cluster may change the mind of.

Retrying every waiting pod on every heartbeat of a node would be wasteful and would fill the events with repetitions, so
a change is first reduced to the plugins that could judge differently because of it.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object

ROOM_MADE: Final = frozenset(
    {"NodeResourcesFit", "NodePorts", "InterPodAffinity", "PodTopologySpread", "VolumeBinding"}
)
"""A pod left its node."""

POD_PLACED: Final = frozenset({"InterPodAffinity", "PodTopologySpread"})
"""A pod arrived on a node, or changed its labels there."""

NAMESPACE_CHANGED: Final = frozenset({"InterPodAffinity"})
VOLUME_CHANGED: Final = frozenset({"VolumeBinding"})


def of_node(new: Object, old: Object) -> frozenset[str]:
    """The plugins to which the difference between two states of a node matters."""
    plugins: set[str] = set()
    if meta.labels(new) != meta.labels(old):
        plugins |= {"NodeAffinity", "PodTopologySpread", "InterPodAffinity", "VolumeBinding"}
    new_spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    if new_spec.get("taints") != old_spec.get("taints"):
        plugins |= {"TaintToleration", "PodTopologySpread"}
    if new_spec.get("unschedulable") != old_spec.get("unschedulable"):
        plugins.add("NodeUnschedulable")
    if (new.get("status") or {}).get("allocatable") != (old.get("status") or {}).get("allocatable"):
        plugins.add("NodeResourcesFit")
    return frozenset(plugins)


def of_placed_pod(new: Object, old: Object | None) -> frozenset[str]:
    """The same for a pod that is on a node; `old` is None, or was not on one, when it has just arrived."""
    if old is None or not old["spec"].get("nodeName") or meta.labels(new) != meta.labels(old):
        return POD_PLACED
    if meta.is_deleting(new) != meta.is_deleting(old):
        return frozenset({"PodTopologySpread"})
    return frozenset()
