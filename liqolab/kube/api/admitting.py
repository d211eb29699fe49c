"""What stands between a request and the store: what admission is told about it, everything that is wrong with the
object (its metadata, then what its kind and its schema say), and what a client is told about a write that failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from liqolab.apimachinery.errors import FieldError, invalid, not_found, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.plugin import Attributes, Operation
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.metadata import validate_metadata_create, validate_metadata_update
from liqolab.kube.kinds.warnings.kinds import warnings_about
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
    if operation == "CONNECT":
        return {}
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


def check_create(request: ResourceRequest, obj: Object) -> None:
    """Let a new object pass.

    Raises:
        ApiError: 422.
    """
    spec = request.spec
    _refuse(request, obj, None, validate_metadata_create(spec, obj), spec.strategy.validate_create(obj))
    _warn(request, obj, None)


def check_update(request: ResourceRequest, new: Object, old: Object) -> None:
    """Let the new state of an object pass.

    Raises:
        ApiError: 422.
    """
    spec, subresource = request.spec, request.subresource
    strategy = spec.strategy
    own = (
        strategy.validate_subresource_update(subresource, new, old)
        if subresource
        else strategy.validate_update(new, old)
    )
    _refuse(request, new, old, validate_metadata_update(spec, new, old), own)
    if not subresource:
        _warn(request, new, old)


def _warn(request: ResourceRequest, new: Object, old: Object | None) -> None:
    """Tell whoever can read it what is odd about an object. What is said already is not said again."""
    if request.http is not None:
        known = request.warnings
        known.extend(text for text in dict.fromkeys(warnings_about(request.spec, new, old)) if text not in known)


def _refuse(
    request: ResourceRequest, obj: Object, old: Object | None, metadata: list[FieldError], own: list[FieldError]
) -> None:
    """The schema of a built-in kind is asked only when the kind itself has nothing to say: its own validation tells the
    same in the words, and in the order, that people know. What is wrong with the metadata of a changed object is found
    twice, by the registry and by the kind.
    """
    spec = request.spec
    schema = schemas.validate(spec, obj, old, request.warnings, request.subresource) if spec.custom or not own else []
    if errors := [*metadata, *(metadata if old else ()), *schema, *(error for error in own if error not in schema)]:
        raise invalid(spec.storage or spec.resource, obj["metadata"].get("name", ""), errors)
