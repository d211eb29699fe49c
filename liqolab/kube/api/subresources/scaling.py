"""``scale``: the replicas of an object, in a form that is the same for every kind that has any.

What is written is the object, so that a custom one has to please its own schema and rules; what admission hears of is
the Scale, as it is what was sent.
"""

from __future__ import annotations

from typing import Any, Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import ApiError, bad_request, internal, invalid
from liqolab.apimachinery.patches import PatchError, apply_json_patch, apply_merge_patch
from liqolab.apimachinery.resources import Object, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.api import field_managers, field_problems, metadata
from liqolab.kube.api.patching import rejected
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources.writing import admit, check_version, rewrite
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.field_errors import not_negative
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.kinds.validation.custom_objects import UnreadableError, nested

SCALE: Final = Resource("autoscaling", "v1", "scales", "Scale")

_REPLICAS: Final = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
_KEPT: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def _paths(spec: KindSpec) -> Object:
    """Where a kind keeps its replicas; custom kinds say so in their definition."""
    return {**_REPLICAS, **schemas.scale_paths(spec)}


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
        return nested(obj, path, str) or "" if path else ""
    selector = meta.get_path(obj, "spec", "selector")
    if spec.resource.plural == "replicationcontrollers":
        return str(LabelSelector.from_labels(selector))
    return str(LabelSelector.from_object(selector))


def scale_of(obj: Object, spec: KindSpec) -> Object:
    """The Scale of an object.

    Raises:
        ApiError: 500, a custom object has something else in its place.
    """
    paths = _paths(spec)
    try:
        replicas = nested(obj, paths["specReplicasPath"], int)
        status: Object = {"replicas": nested(obj, paths["statusReplicasPath"], int) or 0}
        selector = _selector(obj, spec, paths)
    except UnreadableError as error:
        raise internal(str(error)) from None
    if selector:
        status["selector"] = selector
    return {
        "kind": SCALE.kind,
        "apiVersion": SCALE.api_version,
        "metadata": {key: obj["metadata"][key] for key in _KEPT if key in obj["metadata"]},
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }


async def scale(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """GET, PUT or PATCH of a Scale.

    Raises:
        ApiError: 400, 404, 409, 415, 422, 500.
    """
    spec, storage = request.spec, storage_of(request.spec)
    record = pipeline.record(spec, request.namespace, request.name)
    obj, path = storage.object(record), _paths(spec)["specReplicasPath"]
    old, unset = scale_of(obj, spec), spec.custom and _at(obj, path) is None
    if request.verb == "get":
        if unset:
            raise internal(f'the spec replicas field "{path}" does not exist')
        return old
    new = _wanted(request, old)
    since = check_version(request, new, record)
    new = {**old, "spec": new.get("spec") or {}}
    if unset and request.verb == "patch" and "replicas" not in new["spec"]:
        raise bad_request(f'the spec replicas field "{path}" cannot be empty')
    new = await admit(pipeline, request, "UPDATE", new, old)
    replicas = (new.get("spec") or {}).get("replicas") or 0
    if not spec.custom and (errors := not_negative("spec.replicas", replicas)):
        raise invalid(SCALE, request.name, errors)

    def change(fresh: Object) -> None:
        before = storage.object(record)
        _put(fresh, path, replicas)
        if spec.custom and (errors := schemas.validate(spec, fresh, before, request.warnings)):
            raise invalid(spec.resource, request.name, errors)

    def track(fresh: Object, before: Object) -> None:
        field_managers.track_scale(request, fresh, path, changed=_at(fresh, path) != _at(before, path))

    return scale_of(storage.object(rewrite(pipeline, request, change, counts=True, since=since, tracked=track)), spec)


def _wanted(request: ResourceRequest, old: Object) -> Object:
    """The Scale that a client asks for.

    Raises:
        ApiError: 400, 415, 422.
    """
    if request.verb == "update":
        metadata.check_name(request.body, request.name)
    new = _patched(request, old) if request.verb == "patch" else request.body
    if not isinstance(new, dict):
        raise bad_request("the body of the request is not a Scale")
    if (version := new.get("apiVersion") or SCALE.api_version) != SCALE.api_version:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version ({SCALE.api_version})"
        )
    try:
        schemas.check_posted(request.spec, request.spec.subresource("scale"), new)
    except ApiError as error:
        raise field_problems.blame_patch(request, new, error) from None
    return new


def _patched(request: ResourceRequest, old: Object) -> Any:
    try:
        if request.patch_type == "json":
            return apply_json_patch(old, request.body)
        # A Scale has no lists, so that a strategic patch of it is a merge patch.
        return apply_merge_patch(old, request.body)
    except PatchError as error:
        raise rejected() from error
