"""The identity of a stateful pod: its ordinal, and everything that follows from it."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers.workload import pods as pod_tools
from liqolab.kube.controllers.workload.history import REVISION_LABEL

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"


def ordinal_of(pod: Object) -> int:
    """The number at the end of the pod's name; -1 when there is none."""
    tail = meta.name(pod).rpartition("-")[2]
    return int(tail) if tail.isdigit() else -1


def pod_name(owner: Object, ordinal: int) -> str:
    return f"{meta.name(owner)}-{ordinal}"


def revision_of(pod: Object) -> str:
    return meta.labels(pod).get(REVISION_LABEL, "")


def pod(owner: Object, template: Object, ordinal: int, revision: str) -> Object:
    """The pod of `ordinal`, made from `template`, which is the one of `revision`."""
    name = pod_name(owner, ordinal)
    made = pod_tools.pod_from_template(template, owner, name=name)
    labels = made["metadata"].setdefault("labels", {})
    labels |= {POD_NAME_LABEL: name, POD_INDEX_LABEL: str(ordinal), REVISION_LABEL: revision}
    spec = made["spec"]
    spec["hostname"] = name
    spec["subdomain"] = owner["spec"].get("serviceName") or ""
    claims = [
        {"name": meta.name(claim), "persistentVolumeClaim": {"claimName": claim_name(owner, claim, ordinal)}}
        for claim in _claim_templates(owner)
    ]
    if claims:
        names = {volume["name"] for volume in claims}
        spec["volumes"] = claims + [entry for entry in spec.get("volumes") or [] if entry["name"] not in names]
    return made


def claim_name(owner: Object, claim: Object, ordinal: int) -> str:
    return f"{meta.name(claim)}-{pod_name(owner, ordinal)}"


def claims(owner: Object, ordinal: int) -> Objects:
    """The volume claims that the pod of `ordinal` needs. When they go is the business of `retention`."""
    made = []
    for template in _claim_templates(owner):
        metadata = meta.deep_copy(template.get("metadata") or {})
        selector_labels = owner["spec"]["selector"].get("matchLabels") or {}
        metadata |= {
            "name": claim_name(owner, template, ordinal),
            "namespace": meta.namespace(owner),
            "labels": {**(metadata.get("labels") or {}), **selector_labels},
        }
        metadata.pop("creationTimestamp", None)
        spec = meta.deep_copy(template.get("spec") or {})
        made.append({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec})
    return made


def is_claim_of(owner: Object, claim: Object) -> bool:
    """Whether a claim of that name may be one of the set's."""
    name, _, ordinal = meta.name(claim).rpartition("-")
    names = (f"{meta.name(template)}-{meta.name(owner)}" for template in _claim_templates(owner))
    return ordinal.isdigit() and name in names


def _claim_templates(owner: Object) -> Objects:
    templates: Objects = owner["spec"].get("volumeClaimTemplates") or []
    return templates
