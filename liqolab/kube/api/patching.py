"""PATCH in every form, with the API server's answers to bad ones: JSON, merge and strategic merge patches, and
server-side apply, where a client says which fields it wants, and the server remembers that they are its own.

A field that an applying client does not name any more is removed, unless somebody else owns it too; a field that
somebody else set to another value is a conflict, unless the client forces it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from liqolab.apimachinery.errors import ApiError, bad_request, conflict, status_error
from liqolab.apimachinery.patches import PatchError, apply_json_patch, apply_merge_patch
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import PatchType
from liqolab.kube.api import decode, field_managers, metadata, options
from liqolab.kube.api.json_errors import kind_of
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.fields.checking import problems
from liqolab.kube.fields.shapes import shape_of
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.field_errors import forbidden_field, required
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
        text = "may not be specified for non-apply patch"
        raise options.refuse("PatchOptions", [forbidden_field("force", text)])
    change = partial(apply_patch, request.patch_type or "merge", body=request.body, spec=request.spec)
    return await pipeline.modify(request, change)


# ---------------------------------------------------------------------- server-side apply


async def _apply(pipeline: Pipeline, request: ResourceRequest) -> Record:
    """PATCH with an apply configuration. Creates the object if there is none (and says so in ``request.verb``).

    Raises:
        ApiError: 400, 403, 409, 422, 500.
    """
    if not request.field_manager:
        raise options.refuse("PatchOptions", [required("fieldManager", "is required for apply patch")])
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
    # Also a matter of rights: those were checked for the name on the URL.
    metadata.check_name(wanted, request.name)
    given.pop("resourceVersion", None)
    return await pipeline.create_object(request, wanted)


def _applied(request: ResourceRequest) -> Object:
    """The document that is applied, if it is one of the kind.

    Raises:
        ApiError: 400, it is no such object at all; 500, somewhere in it is what the kind does not have.
    """
    wanted, resource = request.body, request.spec.resource
    if not isinstance(wanted, dict | None):
        kind = kind_of(wanted)
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


# ---------------------------------------------------------------------- JSON, merge and strategic merge patches


def rejected() -> ApiError:
    """A JSON patch that does not fit the object."""
    return status_error(422, "Invalid", "the server rejected our request due to an error in our request", {})


def apply_patch(type: PatchType | None, document: Object, body: Any, spec: KindSpec) -> Object:
    """`document` after a patch: a new document.

    Raises:
        ApiError: 400, 422 or 500, the patch is malformed or does not fit.
    """
    patched = _patched(type, document, body, spec)
    if not spec.custom:
        _check_kind(type, patched, body, spec)
    return patched


def _patched(type: PatchType | None, document: Object, body: Any, spec: KindSpec) -> Object:
    if type == "json":
        return _json(document, body)
    if type == "merge":
        if body is None:
            raise bad_request("Invalid JSON Patch")
        if not isinstance(body, dict):
            raise bad_request(f"error decoding patch: {_not_a_map(body)}")
        merged: Object = apply_merge_patch(document, body)
        return merged
    if body is None:
        return document
    if not isinstance(body, dict):
        raise bad_request(_not_a_map(body))
    try:
        return schemas.strategic_patch(spec, document, body or {})
    except PatchError as error:
        reason = {400: "BadRequest", 422: "Invalid"}.get(error.code, "")
        raise status_error(error.code, reason, str(error)) from error


def _check_kind(type: PatchType | None, patched: Object, body: Any, spec: KindSpec) -> None:
    """What comes out has to be of the same kind still, if it says what it is."""
    kind, version = patched.get("kind"), patched.get("apiVersion")
    own = spec.resource
    if (kind, version) == (own.kind, own.api_version) or not (isinstance(kind, str) and isinstance(version, str)):
        return
    if type == "strategic":
        # Kind and version are not fields that such a patch can reach.
        patched.update(kind=own.kind, apiVersion=own.api_version)
        return
    why = decode.unregistered(kind, version)
    if not why:
        package, short = own.group.partition(".")[0] or "core", version.rpartition("/")[2]
        why = f"converting ({short}.{kind}) to ({package}.{own.kind}): unknown conversion"
    raise decode.unfit_patch(patched, why)


def _json(document: Object, body: Any) -> Object:
    if body is None:
        return document
    if not isinstance(body, list):
        text = f"json: cannot unmarshal {kind_of(body)} into Go value of type []handlers.jsonPatchOp"
        raise bad_request(f"error decoding patch: {text}")
    if wrong := [item for item in body if not isinstance(item, dict)]:
        text = f"json: cannot unmarshal {kind_of(wrong[0])} into Go value of type handlers.jsonPatchOp"
        raise bad_request(f"error decoding patch: {text}")
    try:
        patched = apply_json_patch(document, body)
    except PatchError as error:
        raise rejected() from error
    if not isinstance(patched, dict):
        raise rejected()
    return patched


def _not_a_map(body: Any) -> str:
    return f"json: cannot unmarshal {kind_of(body)} into Go value of type map[string]interface {{}}"
