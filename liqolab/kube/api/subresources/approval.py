"""``certificatesigningrequests/approval``: the decision about a request, apart from everything else about it."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import forbidden, invalid
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources.writing import admit, given, rewrite
from liqolab.kube.kinds.strategies.certificates import keep_conditions, validate_approval


async def approval(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """GET, PUT or PATCH; of the given request only the conditions Approved and Denied count.

    Raises:
        ApiError: 400, 403 when the user may not approve for the signer, 404, 409, 422.
    """
    storage = storage_of(request.spec)
    record = pipeline.record(request.spec, "", request.name)
    old = storage.object(record)
    if request.verb == "get":
        return old
    wanted = given(request, record, "merge", "CertificateSigningRequest")
    _check_signer(pipeline, request, old)
    new = meta.deep_copy(old)
    new["status"] = wanted.get("status") or {}
    keep_conditions(new, old, approval=True)
    new = await admit(pipeline, request, "UPDATE", new, old)
    errors = validate_approval(new, old)
    if errors:
        raise invalid(request.spec.resource, request.name, errors)
    decided = new["status"]

    def change(obj: Object) -> None:
        obj["status"] = decided

    return storage.object(rewrite(pipeline, request, change, since=record))


def _check_signer(pipeline: Pipeline, request: ResourceRequest, obj: Object) -> None:
    signer = str(meta.get_path(obj, "spec", "signerName", default=""))
    if pipeline.authorizer.may_use_signer(request.user, "approve", signer):
        return
    why = f'user not permitted to approve requests with signerName "{signer}"'
    raise forbidden(request.spec.resource, request.name, why)
