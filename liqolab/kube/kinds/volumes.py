"""What persistent volumes, claims and their classes say of each other, and which volume suits a claim.

Pure, and shared by the scheduler, which looks for a volume that a node can reach, and the controller that binds. The
rules are those of Kubernetes' volume helpers (component-helpers, ``storage/volume``, release 1.34).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import LabelSelector, node_selector_matches

BIND_COMPLETED: Final = "pv.kubernetes.io/bind-completed"
"""On a claim: it has been bound once, so a missing volume means that data is lost."""

BOUND_BY_CONTROLLER: Final = "pv.kubernetes.io/bound-by-controller"
"""On either: the reference to the other was not the user's, and may be taken back."""

PROVISIONED_BY: Final = "pv.kubernetes.io/provisioned-by"
PROVISIONERS: Final = ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner")
"""On a claim: who is asked to make a volume for it."""

SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
"""On a claim: where its first consumer is going to run."""

LOCAL_PATH: Final = "rancher.io/local-path"
"""The provisioner of kind's class ``standard``: the one whose volumes are directories of nodes."""

NO_PROVISIONER: Final = "kubernetes.io/no-provisioner"

_OLD_CLASS: Final = "volume.beta.kubernetes.io/storage-class"


def class_of(item: Object) -> str:
    """The name of the storage class of a volume or a claim; empty for none."""
    return meta.annotations(item).get(_OLD_CLASS) or (item.get("spec") or {}).get("storageClassName") or ""


def waits_for_consumer(storage_class: Object | None) -> bool:
    """Whether claims of a class are bound no sooner than a pod is about to use them."""
    return storage_class is not None and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"


def claim_names(pod: Object) -> list[str]:
    """The claims that a pod mounts, those of its generic ephemeral volumes included."""
    names = []
    for volume in pod["spec"].get("volumes") or ():
        if volume.get("persistentVolumeClaim"):
            names.append(str(volume["persistentVolumeClaim"]["claimName"]))
        elif volume.get("ephemeral"):
            names.append(f"{meta.name(pod)}-{volume['name']}")
    return names


def is_bound(claim: Object) -> bool:
    """Whether a claim has its volume, for good."""
    return bool(claim["spec"].get("volumeName")) and BIND_COMPLETED in meta.annotations(claim)


def claim_reference(claim: Object) -> Object:
    """The ``spec.claimRef`` of a volume that is this claim's."""
    return {
        "apiVersion": PERSISTENT_VOLUME_CLAIMS.api_version,
        "kind": PERSISTENT_VOLUME_CLAIMS.kind,
        "namespace": meta.namespace(claim),
        "name": meta.name(claim),
        "uid": meta.uid(claim),
        "resourceVersion": meta.resource_version(claim),
    }


def reserved(volume: Object, claim: Object) -> Object:
    """The volume with `claim` in it. That the reference is not the user's is noted, so that it can be taken back."""
    metadata = dict(volume["metadata"])
    if not volume["spec"].get("claimRef"):
        metadata["annotations"] = {**meta.annotations(volume), BOUND_BY_CONTROLLER: "yes"}
    return {**volume, "metadata": metadata, "spec": {**volume["spec"], "claimRef": claim_reference(claim)}}


def claim_key(volume: Object) -> str:
    """The key of the claim that a volume is reserved for; empty when it is free."""
    reference = volume["spec"].get("claimRef")
    return f"{reference.get('namespace', '')}/{reference.get('name', '')}" if reference else ""


def is_reserved_for(volume: Object, claim: Object) -> bool:
    """Whether a volume is, or waits to be, this claim's."""
    reference = volume["spec"].get("claimRef") or {}
    return claim_key(volume) == meta.key(claim) and reference.get("uid") in (None, "", meta.uid(claim))


def objection(volume: Object, claim: Object) -> str:
    """Why a volume that a claim asks for by name does not suit it; empty when it does."""
    if meta.is_deleting(volume):
        return f'the volume is marked for deletion "{meta.name(volume)}"'
    if capacity(volume) < request(claim):
        return "requested PV is too small"
    if class_of(volume) != class_of(claim):
        return "storageClassName does not match"
    if _attributes_class(volume) != _attributes_class(claim):
        return "volumeAttributesClassName does not match"
    if _mode(volume) != _mode(claim):
        return "incompatible volumeMode"
    return "" if _has_access_modes(volume, claim) else "incompatible accessMode"


def best_match(
    claim: Object,
    volumes: Iterable[Object],
    *,
    node: Object | None = None,
    excluded: Collection[str] = (),
    delayed: bool = False,
) -> Object | None:
    """The volume to bind a claim to: the one reserved for it, else the smallest that suits.

    Args:
        claim: it asks for no volume by name.
        volumes: all there are.
        node: that must reach the volume; None when no pod is waiting for it.
        excluded: names of volumes that are taken already.
        delayed: whether the claim waits for a pod; without a `node` only a reserved volume will do then.
    """
    candidates = [
        volume
        for volume in volumes
        if meta.name(volume) not in excluded
        and (not claim_key(volume) or is_reserved_for(volume, claim))
        and not meta.is_deleting(volume)
        and capacity(volume) >= request(claim)
        and (_mode(volume), _attributes_class(volume)) == (_mode(claim), _attributes_class(claim))
    ]
    reserved = next((volume for volume in candidates if claim_key(volume)), None)
    if reserved is not None:
        return reserved if node is None or is_reachable(reserved, node) else None
    if node is None and delayed:
        return None
    wanted = LabelSelector.from_object(claim["spec"].get("selector") or {})
    free: Objects = [
        volume
        for volume in candidates
        if (volume.get("status") or {}).get("phase") == "Available"
        and wanted.matches(meta.labels(volume))
        and class_of(volume) == class_of(claim)
        and (node is None or is_reachable(volume, node))
        and _has_access_modes(volume, claim)
    ]
    # Without a node, what allows no more than is asked for comes first, as in Kubernetes' index by access modes.
    return min(
        free,
        key=lambda volume: (0 if node else len(volume["spec"].get("accessModes") or ()), capacity(volume)),
        default=None,
    )


def is_reachable(volume: Object, node: Object) -> bool:
    """Whether a node satisfies the volume's node affinity."""
    needed = (volume["spec"].get("nodeAffinity") or {}).get("required")
    return not needed or node_selector_matches(needed, node)


def capacity(volume: Object) -> Quantity:
    return Quantity.parse(meta.get_path(volume, "spec", "capacity", "storage", default="0"))


def request(claim: Object) -> Quantity:
    return Quantity.parse(meta.get_path(claim, "spec", "resources", "requests", "storage", default="0"))


def _mode(item: Object) -> str:
    return item["spec"].get("volumeMode") or "Filesystem"


def _attributes_class(item: Object) -> str:
    return item["spec"].get("volumeAttributesClassName") or ""


def _has_access_modes(volume: Object, claim: Object) -> bool:
    return set(claim["spec"].get("accessModes") or ()) <= set(volume["spec"].get("accessModes") or ())
