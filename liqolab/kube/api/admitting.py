"""What admission is told about a request, and what a client is told when the disk refuses a write."""

from __future__ import annotations

from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.attributes import Attributes, Operation
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.store.errors import WriteFailedError


def attributes_of(request: ResourceRequest, operation: Operation, obj: Object | None, old: Object | None) -> Attributes:
    """What admission is told about a request."""
    source = obj or old or {}
    return Attributes(
        user=request.user,
        operation=operation,
        spec=request.spec,
        namespace=request.namespace,
        name=request.name or source.get("metadata", {}).get("name", ""),
        subresource=request.subresource,
        object=obj,
        old_object=old,
        dry_run=request.dry_run,
        options=_option_object(request, operation),
        warnings=request.warnings,
    )


def _option_object(request: ResourceRequest, operation: Operation) -> Object:
    kind = "PatchOptions" if request.verb == "patch" else f"{operation.capitalize()}Options"
    body: Object = {"kind": kind, "apiVersion": "meta.k8s.io/v1"}
    if request.dry_run:
        body["dryRun"] = ["All"]
    if request.field_manager:
        body["fieldManager"] = request.field_manager
    return body


def write_failure(failure: WriteFailedError) -> ApiError:
    """The disk's refusal as a Status."""
    text = str(failure)
    return status_error(500, "InternalError", text, {"causes": [{"message": text}]})
