"""What admission is told about a request, and what a client is told about a write that failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from liqolab.apimachinery.errors import not_found, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.attributes import Attributes, Operation
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.store.errors import GoneError, WriteFailedError


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


@contextmanager
def storing(request: ResourceRequest) -> Iterator[None]:
    """Tell the client when the object has gone meanwhile, or when the disk refuses a write.

    Raises:
        ApiError: 404, 500.
    """
    try:
        yield
    except GoneError:
        raise not_found(request.spec.resource, request.name) from None
    except WriteFailedError as failure:
        text = str(failure)
        raise status_error(500, "InternalError", text, {"causes": [{"message": text}]}) from failure
