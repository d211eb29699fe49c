"""Keeps pods waiting for their volume claims, and with volumes that they can reach.

Claims must exist. A bound claim ties the pod to the nodes that its volume names; an unbound claim of a class that binds
on first use goes where a free volume is within reach, or its class's provisioner can make one; any other unbound claim
holds the pod back everywhere.
"""

from __future__ import annotations

from typing import ClassVar

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds import volumes as rules
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import Plugin, Rejected
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict


class VolumeBinding(Plugin):
    """After construction, `unbound` are the claims that are bound once the pod has a node."""

    name: ClassVar[str] = "VolumeBinding"

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self.unbound: list[Object] = []
        self._bound: list[Object] = []
        for name in rules.claim_names(pod.pod):
            self._add(name, cluster.claim(name, pod.namespace))
        self.filters = bool(self._bound or self.unbound)
        if not all(map(self._waits, self.unbound)):
            raise Rejected(self.name, texts.UNBOUND_CLAIMS)

    def _add(self, name: str, claim: Object | None) -> None:
        if claim is None:
            is_own = any(f"{self.pod.name}-{volume}" == name for volume in _ephemeral(self.pod.pod))
            raise Rejected(self.name, (texts.CLAIM_TO_COME if is_own else texts.CLAIM_NOT_FOUND).format(name=name))
        if (claim.get("status") or {}).get("phase") == "Lost":
            volume = claim["spec"].get("volumeName", "")
            raise Rejected(self.name, texts.CLAIM_LOST.format(name=name, volume=volume))
        if meta.is_deleting(claim):
            raise Rejected(self.name, texts.CLAIM_BEING_DELETED.format(name=name))
        (self._bound if rules.is_bound(claim) else self.unbound).append(claim)

    def _waits(self, claim: Object) -> bool:
        chosen = self.cluster.storage_class(rules.class_of(claim))
        return not claim["spec"].get("volumeName") and rules.waits_for_consumer(chosen)

    def filter(self, node: NodeInfo) -> Verdict | None:
        reasons = []
        volumes = [self.cluster.volume(claim["spec"]["volumeName"]) for claim in self._bound]
        if None in volumes:
            return self.refuse(texts.VOLUME_MISSING, resolvable=False)
        if not all(volume is None or rules.is_reachable(volume, node.node) for volume in volumes):
            reasons.append(texts.VOLUME_AFFINITY)
        if self.unbound and self.static(node.node) is None:
            reasons.append(texts.NO_VOLUMES_TO_BIND)
        return self.refuse(*reasons, resolvable=False) if reasons else None

    def static(self, node: Object) -> dict[str, Object] | None:
        """The free volume for each unbound claim (by name) that there is one for; the others are to be provisioned.

        Returns:
            None when a claim can have neither, on this node.
        """
        found: dict[str, Object] = {}
        for claim in sorted(self.unbound, key=rules.request):
            chosen_node = meta.annotations(claim).get(rules.SELECTED_NODE)
            if chosen_node is not None and chosen_node != meta.name(node):
                return None
            taken = [meta.name(volume) for volume in found.values()]
            volume = None
            if chosen_node is None:
                volume = rules.best_match(claim, self.cluster.volumes(), node=node, excluded=taken)
            if volume is not None:
                found[meta.name(claim)] = volume
            elif not self._can_be_provisioned(claim, node):
                return None
        return found

    def _can_be_provisioned(self, claim: Object, node: Object) -> bool:
        chosen = self.cluster.storage_class(rules.class_of(claim)) or {}
        if (chosen.get("provisioner") or rules.NO_PROVISIONER) == rules.NO_PROVISIONER:
            return False
        terms = chosen.get("allowedTopologies") or ()
        labels = meta.labels(node)
        return not terms or any(
            all(labels.get(row["key"]) in row["values"] for row in term.get("matchLabelExpressions") or ())
            for term in terms
        )


def _ephemeral(pod: Object) -> list[str]:
    return [volume["name"] for volume in pod["spec"].get("volumes") or () if volume.get("ephemeral")]
