"""JSON, merge and strategic merge patches of objects, with the API server's answers to bad ones."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.errors import ApiError, FieldError, bad_request, invalid, status_error
from liqolab.apimachinery.patches import PatchError, apply_json_patch, apply_merge_patch
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import PatchType
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.spec import KindSpec


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
