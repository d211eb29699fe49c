"""Subresources that are one field of their object, apart from everything else about it: ``scale``, ``approval``,
``ephemeralcontainers`` and ``finalize``. Of what a client sends only that field counts.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import FieldError, bad_request, forbidden, invalid
from liqolab.apimachinery.patches import PatchError, apply_json_patch, apply_merge_patch
from liqolab.apimachinery.resources import Object, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.api import field_managers, metadata
from liqolab.kube.api.patching import patch, rejected
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources.writing import admit, check_version, given, one_attempt, rewrite
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.field_errors import forbidden_field, not_negative
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.kinds.strategies.namespaces import validate_finalizer
from liqolab.kube.kinds.validation.ephemeral import validate_ephemeral_update

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
    paths, given_metadata = _paths(spec), obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: Object = {"replicas": _at(obj, paths["statusReplicasPath"]) or 0}
    selector = _selector(obj, spec, paths)
    if selector:
        status["selector"] = selector
    replicas = _at(obj, paths["specReplicasPath"])
    return {
        "kind": SCALE.kind,
        "apiVersion": SCALE.api_version,
        "metadata": {key: given_metadata[key] for key in kept if key in given_metadata},
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
    if request.verb == "update":
        metadata.check_name(request.body, request.name)
    new = _patched(request, old) if request.verb == "patch" else request.body
    if not isinstance(new, dict):
        raise bad_request("the body of the request is not a Scale")
    if (version := new.get("apiVersion") or SCALE.api_version) != SCALE.api_version:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version ({SCALE.api_version})"
        )
    schemas.check_posted(spec, spec.subresource("scale"), new)
    since = check_version(request, new, record)
    new = {**old, "spec": new.get("spec") or {}}
    new = await admit(pipeline, request, "UPDATE", new, old)
    replicas = (new.get("spec") or {}).get("replicas") or 0
    if errors := _validate(replicas):
        raise invalid(SCALE, request.name, errors)

    path = _paths(spec)["specReplicasPath"]

    def change(obj: Object) -> None:
        _put(obj, path, replicas)

    def track(obj: Object, before: Object) -> None:
        field_managers.track_scale(request, obj, path, changed=_at(obj, path) != _at(before, path))

    return scale_of(storage.object(rewrite(pipeline, request, change, counts=True, since=since, tracked=track)), spec)


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


async def approval(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """GET, PUT or PATCH of ``certificatesigningrequests/approval``: the conditions, Approved and Denied among them.

    Raises:
        ApiError: 400, 403 when the user may not approve for the signer, 404, 409, 422.
    """
    storage = storage_of(request.spec)
    record = pipeline.record(request.spec, "", request.name)
    if request.verb == "get":
        return storage.object(record)
    _check_signer(pipeline, request, storage.object(record))
    written = await (patch(pipeline, request) if request.verb == "patch" else pipeline.update(request))
    return storage.object(written)


def _check_signer(pipeline: Pipeline, request: ResourceRequest, obj: Object) -> None:
    signer = str(meta.get_path(obj, "spec", "signerName", default=""))
    if pipeline.authorizer.may_use_signer(request.user, "approve", signer):
        return
    why = f'user not permitted to approve requests with signerName "{signer}"'
    raise forbidden(request.spec.resource, request.name, why)


async def ephemeral_containers(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """GET, PUT or PATCH of ``pods/ephemeralcontainers``: a container more in a running pod, for ``kubectl debug``.

    Raises:
        ApiError: 400, 404, 409, 422.
    """
    record = pipeline.record(request.spec, request.namespace, request.name)
    storage = storage_of(request.spec)
    old = storage.object(record)
    if request.verb == "get":
        return old
    wanted = given(request, record, "strategic", "pod")
    new = meta.deep_copy(old)
    new["spec"]["ephemeralContainers"] = (wanted.get("spec") or {}).get("ephemeralContainers") or []
    schemas.apply_defaults(request.spec, new)
    new = await admit(pipeline, request, "UPDATE", new, old)
    _check(request, new, old)
    added = new["spec"].get("ephemeralContainers") or []

    def change(pod: Object) -> None:
        pod["spec"]["ephemeralContainers"] = added

    return storage.object(
        rewrite(
            pipeline, request, change, counts=True, since=record, tracked=partial(field_managers.track_update, request)
        )
    )


def _check(request: ResourceRequest, new: Object, old: Object) -> None:
    spec = new["spec"]
    listed, before = spec.get("ephemeralContainers") or [], old["spec"].get("ephemeralContainers") or []
    if "kubernetes.io/config.mirror" in meta.annotations(old):
        errors = [forbidden_field("", "static pods do not support ephemeral containers")]
        raise invalid(request.spec.resource, request.name, errors)
    errors = validate_ephemeral_update(spec, listed, before)
    if errors:
        raise invalid(request.spec.resource, request.name, errors)


async def finalize(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """PUT of ``namespaces/finalize``: the finalizers in its spec. A namespace that nothing holds any longer is gone.

    The namespace controller's last step, and the way in which people free a namespace that is stuck.

    Raises:
        ApiError: 400, 404, 409, 422.
    """
    if not isinstance(request.body, dict):
        raise bad_request("the body of the request is not a namespace")
    metadata.check_name(request.body, request.name)
    storage = storage_of(request.spec)
    record = pipeline.record(request.spec, "", request.name)
    since = check_version(request, request.body, record)
    old = storage.object(record)
    new = meta.deep_copy(old)
    new["spec"] = {"finalizers": list((request.body.get("spec") or {}).get("finalizers") or [])}
    new = await admit(pipeline, request, "UPDATE", new, old)
    left = (new.get("spec") or {}).get("finalizers") or []
    if errors := [e for at, text in enumerate(left) for e in validate_finalizer(f"spec.finalizers[{at}]", text)]:
        raise invalid(request.spec.resource, request.name, errors)

    def change(namespace: Object) -> None:
        namespace["spec"] = {"finalizers": left} if left else {}

    record = rewrite(pipeline, request, change, since=since, tracked=partial(field_managers.track_update, request))
    namespace = storage.object(record)
    if left or request.dry_run or not meta.is_deleting(namespace) or meta.finalizers(namespace):
        return namespace
    with one_attempt(request):
        return storage.object(pipeline.store.delete(storage.collection, record.key, record.revision))
