"""What a replica looks like, and how original and replica are brought in line: pure.

Ownership is shared: the spec is the origin's, the status is the replica's. Labels tell the two apart on either side.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.patches import diff_merge
from liqolab.apimachinery.resources import Object, Resource
from liqolab.liqo.gen05 import names

_OWN_LABELS = (names.LABEL_REPLICATION, names.LABEL_REMOTE_ID)


def make(resource: Resource, origin: Object, origin_id: str, namespace: str) -> Object:
    """The replica of `origin`, for the tenant namespace `namespace` of the peer."""
    body: Object = resource.manifest(
        meta.name(origin), namespace, labels=labels(origin, origin_id), spec=origin.get("spec") or {}
    )
    return body


def labels(origin: Object, origin_id: str) -> dict[str, str]:
    """The replica's labels: the origin's own ones, and those that say that it is a replica and whose."""
    kept = {key: value for key, value in meta.labels(origin).items() if key not in _OWN_LABELS}
    return {
        **kept,
        names.LABEL_REPLICATION: "false",
        names.LABEL_REPLICATED: "true",
        names.LABEL_ORIGIN_ID: origin_id,
    }


def selector(origin_id: str) -> str:
    """Finds the replicas that come from one cluster."""
    return f"{names.LABEL_REPLICATED}=true,{names.LABEL_ORIGIN_ID}={origin_id}"


def is_from(item: Object, origin_id: str) -> bool:
    """Whether an object is a replica that comes from one cluster."""
    found = meta.labels(item)
    return found.get(names.LABEL_REPLICATED) == "true" and found.get(names.LABEL_ORIGIN_ID) == origin_id


def correction(origin: Object, replica: Object, origin_id: str) -> Object | None:
    """The merge patch that makes a replica's spec and labels what they should be; None if they are."""
    patch: Object = {}
    wanted = labels(origin, origin_id)
    if any(meta.labels(replica).get(key) != value for key, value in wanted.items()):
        patch["metadata"] = {"labels": wanted}
    spec = diff_merge(replica.get("spec") or {}, origin.get("spec") or {})
    if spec:
        patch["spec"] = spec
    return patch or None


def report(origin: Object, replica: Object) -> Object | None:
    """The merge patch for the origin's status subresource; None if it agrees, or the replica has no status yet."""
    status = replica.get("status")
    if not status:
        return None
    change = diff_merge(origin.get("status") or {}, status)
    return {"status": change} if change else None


def note(origin: Object, replica: Object) -> Object | None:
    """The merge patch that brings the words home which the kind's status has no field for; None if it agrees."""
    key = names.ANNOTATION_NAMESPACE_FAILURES
    said = meta.annotations(replica).get(key)
    return None if meta.annotations(origin).get(key) == said else {"metadata": {"annotations": {key: said}}}
