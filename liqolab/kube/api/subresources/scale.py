"""``scale``: the number of replicas of anything that has one, in one shape for all of them."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import FieldError, bad_request, invalid
from liqolab.apimachinery.patches import PatchError, apply_json_patch, apply_merge_patch
from liqolab.apimachinery.resources import Object, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.api.patching import rejected
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources.writing import admit, check_version, rewrite
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.field_errors import not_negative
from liqolab.kube.kinds.spec import KindSpec

SCALE = Resource("autoscaling", "v1", "scales", "Scale")

_REPLICAS = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}


def _paths(spec: KindSpec) -> Object:
    """Where a kind keeps its replicas; custom kinds say so in their definition."""
    if spec.crd_version is None:
        return _REPLICAS
    return {**_REPLICAS, **(meta.get_path(spec.crd_version, "subresources", "scale") or {})}


def _at(obj: Object, path: str) -> Any:
    return meta.get_path(obj, *path.lstrip(".").split("."))


def _put(obj: Object, path: str, value: Any) -> None:
    *parents, last = path.lstrip(".").split(".")
    for key in parents:
        obj = obj.setdefault(key, {})
    obj[last] = value


def _selector(obj: Object, spec: KindSpec, paths: Object) -> str:
    if spec.custom:
        path = paths.get("labelSelectorPath")
        return str(_at(obj, path) or "") if path else ""
    selector = meta.get_path(obj, "spec", "selector")
    if spec.resource.plural == "replicationcontrollers":
        return str(LabelSelector.from_labels(selector))
    return str(LabelSelector.from_object(selector))


def scale_of(obj: Object, spec: KindSpec) -> Object:
    """The Scale of an object."""
    paths, metadata = _paths(spec), obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: Object = {"replicas": _at(obj, paths["statusReplicasPath"]) or 0}
    selector = _selector(obj, spec, paths)
    if selector:
        status["selector"] = selector
    replicas = _at(obj, paths["specReplicasPath"])
    return {
        "kind": SCALE.kind,
        "apiVersion": SCALE.api_version,
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }


async def scale(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """GET, PUT or PATCH of a Scale.

    Raises:
        ApiError: 400, 404, 409, 415, 422.
    """
    spec, storage = request.spec, storage_of(request.spec)
    record = pipeline.record(spec, request.namespace, request.name)
    old = scale_of(storage.object(record), spec)
    if request.verb == "get":
        return old
    new = _patched(request, old) if request.verb == "patch" else request.body
    if not isinstance(new, dict):
        raise bad_request("the body of the request is not a Scale")
    schemas.check_posted(spec, spec.subresource("scale"), new)
    since = check_version(request, new, record)
    new = {**old, "spec": new.get("spec") or {}}
    new = await admit(pipeline, request, "UPDATE", new, old)
    replicas = (new.get("spec") or {}).get("replicas") or 0
    errors = _validate(replicas)
    if errors:
        raise invalid(SCALE, request.name, errors)

    def change(obj: Object) -> None:
        _put(obj, _paths(spec)["specReplicasPath"], replicas)

    return scale_of(storage.object(rewrite(pipeline, request, change, counts=True, since=since)), spec)


def _validate(replicas: Any) -> list[FieldError]:
    if isinstance(replicas, bool) or not isinstance(replicas, int):
        raise bad_request(
            'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal '
            f"{type(replicas).__name__} into Go struct field ScaleSpec.spec.replicas of type int32"
        )
    return not_negative("spec.replicas", replicas)


def _patched(request: ResourceRequest, old: Object) -> Any:
    try:
        if request.patch_type == "json":
            return apply_json_patch(old, request.body)
        # A Scale has no lists, so that a strategic patch of it is a merge patch.
        return apply_merge_patch(old, request.body)
    except PatchError as error:
        raise rejected() from error
