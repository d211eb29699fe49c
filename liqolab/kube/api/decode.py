"""From the bytes of a request to a JSON document, and the checks that it is the kind of thing the URL asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import orjson

from liqolab.apimachinery.errors import ApiError, FieldError, bad_request, invalid, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.api import duplicates
from liqolab.kube.api.duplicates import NO_DUPLICATES, Duplicates
from liqolab.kube.kinds.field_errors import go
from liqolab.kube.kinds.spec import KindSpec

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
PATCH_TYPES: Final = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}
_UNKNOWN_FORMAT = "the body of the request was in an unknown format - accepted media types include: "
_SHOWN = 128


def media_type(header: str) -> str:
    """The type without its parameters, lower-case."""
    return header.partition(";")[0].strip().lower()


def patch_type(header: str, spec: KindSpec) -> str:
    """Which kind of patch a Content-Type announces.

    Raises:
        ApiError: 415, naming what the kind takes.
    """
    found = PATCH_TYPES.get(media_type(header))
    if found is None or (found == "strategic" and spec.custom):
        accepted = [name for name, kind in PATCH_TYPES.items() if kind != "strategic" or not spec.custom]
        raise status_error(415, "UnsupportedMediaType", _UNKNOWN_FORMAT + ", ".join(accepted))
    return found


def decode(raw: bytes, content_type: str, kind: str) -> tuple[Any, Duplicates]:
    """The document in a body.

    Args:
        raw: the body.
        content_type: the header; an absent one means JSON.
        kind: what is expected, for the error text.

    Returns:
        The document, and what it spells twice (the last one counts).

    Raises:
        ApiError: 415 for another format, 400 for a document that cannot be read.
    """
    kind_of_body = media_type(content_type) or JSON
    if kind_of_body == PROTOBUF or raw.startswith(b"k8s\0"):
        from liqolab.kube.schema import protobuf

        try:
            return protobuf.decode(raw), NO_DUPLICATES
        except ValueError as error:
            raise bad_request(f"the protobuf body of the request could not be decoded: {error}") from error
    if kind_of_body == YAML:
        return _decode_yaml(raw)
    if kind_of_body not in (JSON, "application/merge-patch+json", "application/json-patch+json"):
        raise status_error(415, "UnsupportedMediaType", _UNKNOWN_FORMAT + ", ".join((JSON, YAML, PROTOBUF)))
    return _decode_json(raw, kind)


def _decode_json(raw: bytes, kind: str) -> tuple[Any, Duplicates]:
    try:
        return orjson.loads(raw), duplicates.in_json(raw)
    except orjson.JSONDecodeError as error:
        shown = raw[:_SHOWN].decode("utf-8", "replace") + ("..." if len(raw) > _SHOWN else "")
        problem = "unexpected end of JSON input" if error.pos >= len(raw) else str(error.msg)
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
            f"json parse error: {problem} ({shown})"
        ) from error


def _decode_yaml(raw: bytes) -> tuple[Any, Duplicates]:
    from liqolab.kube.api import yaml_bodies

    try:
        document, lines = yaml_bodies.load(raw)
    except yaml_bodies.YamlError as error:
        raise bad_request(str(error)) from error
    return document, duplicates.of_lines(lines)


def check_kind(obj: Any, spec: KindSpec) -> Object:
    """The decoded body, if it is an object of `spec` (one that says nothing of its kind is).

    Raises:
        ApiError: it is something else.
    """
    resource = spec.resource
    if not isinstance(obj, dict):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {resource.kind}): couldn't get version/kind; "
            "json parse error: json: cannot unmarshal array into Go value of type struct"
        )
    kind, version = obj.get("kind") or resource.kind, obj.get("apiVersion") or resource.api_version
    if kind == resource.kind and version == resource.api_version:
        obj["kind"], obj["apiVersion"] = kind, version
        return obj
    if version != resource.api_version and (spec.custom or kind == resource.kind):
        text = f"the API version in the data ({version}) does not match the expected API version"
        raise bad_request(f"{text} ({resource.api_version})")
    if not spec.custom:
        short = str(version).rpartition("/")[2]
        package = resource.group.partition(".")[0] or "core"
        raise bad_request(
            f'{kind} in version "{short}" cannot be handled as a {resource.kind}: converting ({short}.{kind}) to '
            f"({package}.{resource.kind}): unknown conversion"
        )
    name = (obj.get("metadata") or {}).get("name", "")
    error = FieldError("kind", "FieldValueInvalid", f'Invalid value: "{kind}": must be {resource.kind}')
    raise invalid(replace(spec.resource, kind=str(kind)), name, [error])


def strict_error(spec: KindSpec, problems: list[str], patched: bytes = b"") -> ApiError:
    """The refusal of ``fieldValidation=Strict``: 400, or 422 that shows what a patch has made of the object."""
    kind, version = spec.resource.kind, spec.resource.version
    text = f"strict decoding error: {', '.join(problems)}"
    if not patched:
        return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {text}')
    shown = go(json.dumps(json.loads(patched), ensure_ascii=False, separators=(",", ":"), sort_keys=True))
    error = FieldError("patch", "FieldValueInvalid", f"Invalid value: {shown}: {text}")
    return invalid(Resource("", "", "", "", False), "", [error])
