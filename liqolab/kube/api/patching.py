"""PATCH in every form, with the API server's answers to bad ones: JSON, merge and strategic merge patches, and
server-side apply, where a client says which fields it wants, and the server remembers that they are its own.

A field that an applying client does not name any more is removed, unless somebody else owns it too; a field that
somebody else set to another value is a conflict, unless the client forces it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from liqolab.apimachinery.errors import ApiError, FieldError, bad_request, conflict, invalid, status_error
from liqolab.apimachinery.patches import PatchError, apply_json_patch, apply_merge_patch
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import PatchType
from liqolab.kube.api import field_managers, metadata, options
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.fields.checking import problems
from liqolab.kube.fields.shapes import shape_of
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.record import Record

_PLACE: Final = ("namespace", "name")


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
    wanted = _applied(request)
    try:
        pipeline.record(request.spec, request.namespace, request.name)
    except ApiError as error:
        if not error.not_found or request.subresource:
            raise
        return await _create(pipeline, request, wanted)
    return await pipeline.modify(request, partial(field_managers.applied, request, wanted))


async def _create(pipeline: Pipeline, request: ResourceRequest, wanted: Object) -> Record:
    request.verb = "create"
    pipeline.authorize(request)
    given = metadata.of(wanted)
    field_managers.created(request, wanted)
    if uid := given.get("uid"):
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise conflict(request.spec.resource, request.name, why)
    if not given.get("name"):
        text = f"the name of the object ({request.name} based on URL) was undeterminable: name must be provided"
        raise bad_request(text)
    if given["name"] != request.name:
        # Also a matter of rights: those were checked for the name on the URL.
        raise metadata.wrong_name(given["name"], request.name)
    given.pop("resourceVersion", None)
    return await pipeline.create_object(request, wanted)


def _applied(request: ResourceRequest) -> Object:
    """The document that is applied, if it is one of the kind.

    Raises:
        ApiError: 400, it is no such object at all; 500, somewhere in it is what the kind does not have.
    """
    wanted, resource = request.body, request.spec.resource
    if not isinstance(wanted, dict | None):
        kind = _json_kind(wanted)
        text = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        raise bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {text}")
    given = wanted or {}
    group, _, version = str(given.get("apiVersion") or "").rpartition("/")
    kind = f"{group}/{version}, Kind={given.get('kind') or ''}"
    if kind != f"{resource.group}/{resource.version}, Kind={resource.kind}":
        raise bad_request(f"invalid object type: {kind}")
    named = given.get("metadata")
    named = named if isinstance(named, dict) else {}
    if named.get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    if wrong := problems(given, shape_of(request.spec)):
        place = "/".join(str(named[part]) if isinstance(named.get(part), str) else "" for part in _PLACE)
        name = f"{place}; {kind}"
        raise status_error(500, "", f"failed to create typed patch object ({name}): {wrong}")
    return given


def _json_kind(value: Any) -> str:
    return {list: "array", str: "string", bool: "bool", int: "number", float: "number"}.get(type(value), "null")


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
    text = f"json: cannot unmarshal {_json_kind(body)} into Go value of type map[string]interface {{}}"
    if spec.custom:
        return bad_request(f"error decoding patch: {text}")
    error = FieldError("patch", "FieldValueInvalid", f"Invalid value: {text}")
    return invalid(Resource("", "", "", "", False), "", [error])
