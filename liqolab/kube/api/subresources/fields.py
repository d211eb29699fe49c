"""Subresources that are one field of their object, apart from everything else about it: ``approval``,
``ephemeralcontainers`` and ``finalize``. Of what a client sends only that field counts.
"""

from __future__ import annotations

from functools import partial

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import bad_request, forbidden, invalid
from liqolab.apimachinery.resources import Object
from liqolab.kube.api import field_managers, metadata
from liqolab.kube.api.patching import patch
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources.writing import admit, check_version, given, one_attempt, rewrite
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.field_errors import forbidden_field
from liqolab.kube.kinds.strategies.namespaces import validate_finalizer
from liqolab.kube.kinds.validation.ephemeral import validate_ephemeral_update


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


async def resize(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """GET, PUT or PATCH of ``pods/resize``: what the containers of a running pod may use.

    Raises:
        ApiError: 400, 404, 409, 415, 422.
    """
    storage = storage_of(request.spec)
    if request.verb == "get":
        return storage.object(pipeline.record(request.spec, request.namespace, request.name))
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
