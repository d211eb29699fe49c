"""Claims of the virtual storage class: whose turn it is to make a volume, and what the volume looks like. Pure.

The objects are those that Liqo 0.5 makes (its storage provisioner and the reflection of claims): a volume here names
either the directory that a real volume of this cluster has, or, when the data is on a provider, a path that nobody
mounts. Its node affinity is what draws pods to their data.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names

SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
"""On a claim: where the scheduler will put its first consumer. Taking it away sends the scheduler looking again."""
SELECTED_NODE_ALPHA: Final = "volume.alpha.kubernetes.io/selected-node"
PROVISIONED_BY: Final = "pv.kubernetes.io/provisioned-by"

_PROVISIONERS: Final = ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner")
_CLASS: Final = "volume.beta.kubernetes.io/storage-class"
_CONTROLLERS_OWN: Final = frozenset(
    ("pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller", *_PROVISIONERS, SELECTED_NODE, _CLASS)
)
"""Annotations of a claim that are about its volume in this cluster."""
_COPIED: Final = ("accessModes", "resources")


def selected_node(claim: Object) -> str:
    """The node for which Liqo is to make a volume of this claim now; empty when nothing is to be made."""
    annotations = meta.annotations(claim)
    if meta.is_deleting(claim) or claim["spec"].get("volumeName"):
        return ""
    if names.STORAGE_PROVISIONER not in map(annotations.get, _PROVISIONERS):
        return ""
    return annotations.get(SELECTED_NODE, "")


def class_name(claim: Object) -> str:
    """The storage class that a claim names."""
    return meta.annotations(claim).get(_CLASS) or claim["spec"].get("storageClassName") or ""


def volume_name(claim: Object) -> str:
    """What the volume of a claim is called, always, so that there are never two."""
    return f"pvc-{meta.uid(claim)}"


def volume(claim: Object, storage_class: Object, source: Object, terms: list[Object]) -> Object:
    """The volume of a claim, reserved for it: `source` says where its data lies, `terms` which nodes reach it."""
    reference = {
        "apiVersion": PERSISTENT_VOLUME_CLAIMS.api_version,
        "kind": PERSISTENT_VOLUME_CLAIMS.kind,
        "namespace": meta.namespace(claim),
        "name": meta.name(claim),
        "uid": meta.uid(claim),
        "resourceVersion": meta.resource_version(claim),
    }
    return PERSISTENT_VOLUMES.manifest(
        volume_name(claim),
        annotations={PROVISIONED_BY: names.STORAGE_PROVISIONER},
        spec={
            "accessModes": claim["spec"].get("accessModes") or [],
            "capacity": {"storage": meta.get_path(claim, "spec", "resources", "requests", "storage", default="0")},
            "claimRef": reference,
            "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy") or "Delete",
            "storageClassName": meta.name(storage_class),
            **source,
        },
    )


def elsewhere(claim: Object, storage_class: Object, node: str) -> Object:
    """The volume of a claim whose data is on the provider behind a virtual node."""
    expression = {"key": names.LABEL_HOSTNAME, "operator": "In", "values": [node]}
    source = {"hostPath": {"path": names.PLACEHOLDER_PATH}}
    return volume(claim, storage_class, source, [{"matchExpressions": [expression]}])


def here(claim: Object, storage_class: Object, real: Object) -> Object:
    """The volume of a claim whose data is in `real`, a volume of this cluster: where that is reached from, and never
    from a virtual node.
    """
    expression = {"key": names.LABEL_TYPE, "operator": "DoesNotExist"}
    known = meta.get_path(real, "spec", "nodeAffinity", "required", "nodeSelectorTerms", default=None) or [{}]
    terms = [{**term, "matchExpressions": [expression, *(term.get("matchExpressions") or ())]} for term in known]
    return volume(claim, storage_class, _source(real), terms)


def behind(claim: Object, node: str, real_class: str) -> Object:
    """Annotations, labels and spec of the claim in the storage namespace that the data of `claim` will be in."""
    spec = {key: value for key, value in claim["spec"].items() if key not in ("storageClassName", "volumeName")}
    if real_class:
        spec["storageClassName"] = real_class
    return {
        "annotations": {SELECTED_NODE: node, SELECTED_NODE_ALPHA: node},
        "labels": {
            names.LABEL_VIRTUAL_CLAIM_NAMESPACE: meta.namespace(claim),
            names.LABEL_VIRTUAL_CLAIM_NAME: meta.name(claim),
        },
        "spec": spec,
    }


def remote(claim: Object, labels: dict[str, str], real_class: str) -> Object:
    """Annotations, labels and spec of the claim on a provider that the data of `claim` will be in; `labels` are those
    of everything that is reflected there.
    """
    annotations = meta.annotations(claim)
    spec = {key: claim["spec"][key] for key in _COPIED if claim["spec"].get(key)}
    spec["volumeMode"] = claim["spec"].get("volumeMode") or "Filesystem"
    if real_class:
        spec["storageClassName"] = real_class
    return {
        "annotations": {key: value for key, value in annotations.items() if key not in _CONTROLLERS_OWN},
        "labels": {**meta.labels(claim), **labels},
        "spec": spec,
    }


def _source(real: Object) -> Object:
    """Where a volume's data lies: the one field of its spec that is no property of volumes in general."""
    general = {
        "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy",
        "storageClassName", "volumeAttributesClassName", "volumeMode",
    }  # fmt: skip
    return {key: value for key, value in real["spec"].items() if key not in general}
