"""Which nodes suit a daemon set, and how its pods are made to stay there; pure."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import node_affinity_matches, untolerated_taint
from liqolab.kube.controllers import texts

_TOLERATED = (
    (texts.TAINT_NOT_READY, "NoExecute"),
    (texts.TAINT_UNREACHABLE, "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    (texts.TAINT_UNSCHEDULABLE, "NoSchedule"),
)
_TOLERATED_ON_HOST_NETWORK = (("node.kubernetes.io/network-unavailable", "NoSchedule"),)


def node_of(pod: Object) -> str:
    """The node that a pod is bound or pinned to, or an empty string."""
    bound = pod["spec"].get("nodeName")
    if bound:
        return str(bound)
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    for term in meta.get_path(pod, "spec", *path, default=[]):
        for row in term.get("matchFields") or []:
            if row.get("key") == "metadata.name" and row.get("values"):
                return str(row["values"][0])
    return ""


def suits(owner: Object, node: Object) -> tuple[bool, bool]:
    """Whether a pod should be started on `node`, and whether one that runs there may stay."""
    spec = owner["spec"]["template"].get("spec") or {}
    probe = {"spec": {**spec, "tolerations": tolerations(spec)}}
    fits = spec.get("nodeName", meta.name(node)) == meta.name(node) and node_affinity_matches(probe, node)
    stays = fits and untolerated_taint(probe, node, ("NoExecute",)) is None
    return stays and untolerated_taint(probe, node, ("NoSchedule",)) is None, stays


def tolerations(spec: Object) -> Objects:
    """The template's tolerations and those that every daemon pod has."""
    own: Objects = list(spec.get("tolerations") or [])
    pairs = (*_TOLERATED, *(_TOLERATED_ON_HOST_NETWORK if spec.get("hostNetwork") else ()))
    return own + [{"key": key, "operator": "Exists", "effect": effect} for key, effect in pairs]
