"""PATCH in every form, with the API server's answers to bad ones: JSON, merge and strategic merge patches, and
server-side apply, where a client says which fields it wants, and the server remembers that they are its own.

A field that an applying client does not name any more is removed, unless somebody else owns it too; a field that
somebody else set to another value is a conflict, unless the client forces it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.errors import ApiError, FieldError, bad_request, invalid, status_error
from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.patches import PatchError, apply_json_patch, apply_merge_patch
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import PatchType
from liqolab.kube.api import decode, field_managers, metadata, options
from liqolab.kube.api.field_paths import Path, Shape, leaves, merge, remove
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.record import Record


async def patch(pipeline: Pipeline, request: ResourceRequest) -> Record:
    """PATCH of an object or of its status, in whatever form; server-side apply may create it.

    Raises:
        ApiError: 400, 403, 404, 405, 409, 415, 422, 500.
    """
    pipeline.begin(request)
    if request.patch_type == "apply":
        return await _apply(pipeline, request)
    if request.force:
        text = "Forbidden: may not be specified for non-apply patch"
        raise options.refuse("PatchOptions", "force", "FieldValueForbidden", text)
    change = partial(apply_patch, request.patch_type or "merge", body=request.body, spec=request.spec)
    return await pipeline.modify(request, change)


# ---------------------------------------------------------------------- server-side apply


async def _apply(pipeline: Pipeline, request: ResourceRequest) -> Record:
    """PATCH with an apply configuration. Creates the object if there is none (and says so in ``request.verb``).

    Raises:
        ApiError: 400, 403, 409, 422, 500.
    """
    if not request.field_manager:
        text = "Required value: is required for apply patch"
        raise options.refuse("PatchOptions", "fieldManager", "FieldValueRequired", text)
    wanted = decode.check_kind(request.body, request.spec)
    given = metadata.of(wanted)
    if given.get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    if (given.setdefault("name", request.name) or request.name) != request.name:
        # Also a matter of rights: those were checked for the name on the URL.
        raise metadata.wrong_name(given["name"], request.name)
    _check_schema(request.spec, wanted, request.namespace)
    try:
        pipeline.record(request.spec, request.namespace, request.name)
    except ApiError as error:
        if not error.not_found or request.subresource:
            raise
        return await _create(pipeline, request, wanted)
    shape = Shape.of(request.spec)
    return await pipeline.modify(request, partial(_configured, request, wanted, shape, leaves(wanted, shape)))


async def _create(pipeline: Pipeline, request: ResourceRequest, wanted: Object) -> Record:
    request.verb = "create"
    pipeline.authorize(request)
    fields = leaves(wanted, Shape.of(request.spec))
    entry = field_managers.Entry(
        request.field_manager,
        "Apply",
        request.spec.resource.api_version,
        time=timestamps.now(),
        paths=set(fields),
    )
    return await pipeline.create_object(request, wanted, lambda obj: field_managers.write(obj, [entry]))


def _check_schema(spec: KindSpec, wanted: Object, namespace: str) -> None:
    """Apply is strict: a field that the kind does not have cannot have an owner."""
    unknown = schemas.drop_unknown(spec, deep_copy(wanted))
    if unknown:
        name = f"{namespace if not spec.custom else ''}/{wanted['metadata']['name']}"
        kind = f"{spec.resource.api_version}, Kind={spec.resource.kind}"
        text = f"failed to create typed patch object ({name}; {kind}): .{unknown[0]}: field not declared in schema"
        raise status_error(500, "", text)


def _configured(request: ResourceRequest, wanted: Object, shape: Shape, fields: dict[Path, Any], obj: Object) -> Object:
    """The object as it shall be when one manager applies what it wants, which names `fields`, to its current version.

    Raises:
        ApiError: 409, somebody else's fields are in the way.
    """
    entries = field_managers.read(obj)
    own = field_managers.share(entries, request.field_manager, "Apply", request.spec, request.subresource)
    found = field_managers.conflicts(entries, own, fields, leaves(obj, shape))
    if found and not request.force:
        raise field_managers.conflict_error(found)
    for entry, path in found:
        entry.paths.discard(path)
    new: Object = deep_copy(merge(obj, wanted, shape))
    named = set(fields)
    kept = named.union(*(entry.paths for entry in entries if entry is not own))
    # What nobody wants any more goes, the innermost first.
    for path in sorted(own.paths - kept, key=len, reverse=True):
        remove(new, path, shape)
    if own.paths != named or not own.time:
        own.time = timestamps.now()
    own.paths = named
    own.api_version = request.spec.resource.api_version
    field_managers.write(new, entries)
    return new


# ---------------------------------------------------------------------- JSON, merge and strategic merge patches


def rejected() -> ApiError:
    """A JSON patch that does not fit the object."""
    return status_error(422, "Invalid", "the server rejected our request due to an error in our request", {})


def apply_patch(type: PatchType | None, document: Object, body: Any, spec: KindSpec) -> Object:
    """`document` after a patch: a new document.

    Raises:
        ApiError: 400 or 422, the patch is malformed or does not fit.
    """
    if type == "json":
        return _json(document, body)
    if not isinstance(body, dict):
        raise _not_an_object(body, spec)
    if type == "merge":
        merged: Object = apply_merge_patch(document, body)
        return merged
    try:
        return schemas.strategic_patch(spec, document, body)
    except PatchError as error:
        raise bad_request(str(error)) from error


def _json(document: Object, body: Any) -> Object:
    if not isinstance(body, list):
        text = "json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        raise bad_request(f"error decoding patch: {text}")
    try:
        patched = apply_json_patch(document, body)
    except PatchError as error:
        raise rejected() from error
    if not isinstance(patched, dict):
        raise rejected()
    return patched


def _not_an_object(body: Any, spec: KindSpec) -> ApiError:
    kind = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}.get(type(body), "null")
    text = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    if spec.custom:
        return bad_request(f"error decoding patch: {text}")
    error = FieldError("patch", "FieldValueInvalid", f"Invalid value: {text}")
    return invalid(Resource("", "", "", "", False), "", [error])
