"""What a scheduling decision is made from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.opinions import Opinions


def _no_object(_: str, __: str = "") -> Object | None:
    return None


def _no_objects() -> Objects:
    return []


def _no_selectors(_: PodInfo) -> list[LabelSelector]:
    return []


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The cluster at one moment. A decision is made without giving up control, so nothing is copied for it.

    Attributes:
        nodes: by name, in the order in which they are tried.
        namespaces: labels of every namespace.
        claim, volume, storage_class: look a PersistentVolumeClaim (name, namespace), a PersistentVolume or a
            StorageClass up; None when there is none.
        volumes: lists the PersistentVolumes.
        owner_selectors: selectors of the Services and workloads that a pod belongs to (for default spreading).
        nominated: node name → pods that wait for victims to leave that node.
        opinions: what was said of the nodes before, where decisions follow each other.
    """

    nodes: Mapping[str, NodeInfo]
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    claim: Callable[[str, str], Object | None] = _no_object
    volume: Callable[[str], Object | None] = _no_object
    storage_class: Callable[[str], Object | None] = _no_object
    volumes: Callable[[], Objects] = _no_objects
    owner_selectors: Callable[[PodInfo], list[LabelSelector]] = _no_selectors
    nominated: Mapping[str, Collection[PodInfo]] = field(default_factory=dict)
    opinions: Opinions | None = None

    @staticmethod
    def of(nodes: Iterable[Object], pods: Iterable[Object] = (), namespaces: Iterable[Object] = ()) -> Snapshot:
        """A snapshot of plain objects: for explanations and tests. Pods that are not on a node are left out."""
        infos = {node["metadata"]["name"]: NodeInfo(node) for node in nodes}
        for pod in pods:
            info = infos.get(pod["spec"].get("nodeName") or "")
            if info is not None:
                info.add(PodInfo(pod))
        labels = {space["metadata"]["name"]: space["metadata"].get("labels") or {} for space in namespaces}
        return Snapshot(infos, labels)

    def replacing(self, node: NodeInfo) -> Snapshot:
        """The cluster as it would be if one node were like `node`."""
        return replace(self, nodes={**self.nodes, node.name: node}, opinions=None)
