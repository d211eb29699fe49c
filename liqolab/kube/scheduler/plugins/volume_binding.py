"""Keeps pods waiting for their volume claims, and with volumes that they can reach.

Claims must exist. A bound claim ties the pod to the nodes that its volume names; an unbound claim of a class that binds
on first use is fine anywhere (the scheduler tells the class's provisioner which node was chosen); any other unbound
claim holds the pod back everywhere.
"""

from __future__ import annotations

from typing import ClassVar

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import node_selector_matches
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import Plugin, Rejected, Verdict
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot

NO_PROVISIONER = "kubernetes.io/no-provisioner"


class VolumeBinding(Plugin):
    """After construction, `unbound` are the claims to bind to the chosen node."""

    name: ClassVar[str] = "VolumeBinding"

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self.unbound: list[Object] = []
        self._volumes: list[Object] = []
        for name in claim_names(pod.pod):
            self._add(name, cluster.claim(name, pod.namespace))

    def _add(self, name: str, claim: Object | None) -> None:
        if claim is None:
            raise Rejected(self.name, texts.CLAIM_NOT_FOUND.format(name=name))
        if meta.is_deleting(claim):
            raise Rejected(self.name, texts.CLAIM_BEING_DELETED.format(name=name))
        bound_to = claim["spec"].get("volumeName")
        if bound_to:
            volume = self.cluster.volume(bound_to)
            if volume is not None:
                self._volumes.append(volume)
            return
        chosen = self.cluster.storage_class(claim["spec"].get("storageClassName") or "")
        if chosen is None or chosen.get("volumeBindingMode") != "WaitForFirstConsumer":
            raise Rejected(self.name, texts.UNBOUND_CLAIMS)
        if chosen.get("provisioner") == NO_PROVISIONER:
            raise Rejected(self.name, texts.NO_VOLUMES_TO_BIND)
        self.unbound.append(claim)

    def filter(self, node: NodeInfo) -> Verdict | None:
        for volume in self._volumes:
            required = (volume["spec"].get("nodeAffinity") or {}).get("required")
            if required and not node_selector_matches(required, node.node):
                return self.refuse(texts.VOLUME_AFFINITY, resolvable=False)
        return None


def claim_names(pod: Object) -> list[str]:
    """The PersistentVolumeClaims that a pod mounts, those of its generic ephemeral volumes included."""
    names = []
    for volume in pod["spec"].get("volumes") or ():
        if volume.get("persistentVolumeClaim"):
            names.append(str(volume["persistentVolumeClaim"]["claimName"]))
        elif volume.get("ephemeral"):
            names.append(f"{meta.name(pod)}-{volume['name']}")
    return names
