"""``namespaces/finalize``: letting go of a namespace. The namespace controller's last step, and the way in which people
free a namespace that is stuck.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import bad_request
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources.writing import admit, check_version, one_attempt, rewrite


async def finalize(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """PUT: of the given namespace only ``spec.finalizers`` counts. A namespace that nothing holds any longer is gone.

    Raises:
        ApiError: 400, 404, 409.
    """
    if not isinstance(request.body, dict):
        raise bad_request("the body of the request is not a namespace")
    storage = storage_of(request.spec)
    record = pipeline.record(request.spec, "", request.name)
    since = check_version(request, request.body, record)
    old = storage.object(record)
    new = meta.deep_copy(old)
    new["spec"] = {"finalizers": list((request.body.get("spec") or {}).get("finalizers") or [])}
    new = await admit(pipeline, request, "UPDATE", new, old)
    left = (new.get("spec") or {}).get("finalizers") or []

    def change(namespace: Object) -> None:
        namespace["spec"] = {"finalizers": left} if left else {}

    record = rewrite(pipeline, request, change, since=since)
    namespace = storage.object(record)
    if left or request.dry_run or not meta.is_deleting(namespace) or meta.finalizers(namespace):
        return namespace
    with one_attempt(request):
        return storage.object(pipeline.store.delete(storage.collection, record.key, record.revision))
