"""Reading a request: from headers, query and body to the fields of a `ResourceRequest`, in the order in which a real
server finds something to complain about: formats first, then options, then the document.
"""

from __future__ import annotations

from typing import Any, cast

from aiohttp import web

from liqolab.apimachinery.errors import ApiError, bad_request, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.api import decode, options, yaml_bodies
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.kinds import schemas

_OPTIONS = "DeleteOptions"
_META = "meta.k8s.io/v1"


async def read(http: web.BaseRequest, request: ResourceRequest) -> None:
    """Take body and options of a write into the request.

    Raises:
        ApiError: 400, 415, 422; 500 where a real server does not blame the client.
        web.HTTPRequestEntityTooLarge: the body is.
    """
    content_type = http.headers.get("Content-Type", "")
    if request.verb == "patch":
        request.patch_type = cast("Any", decode.patch_type(content_type, request.spec))
    elif request.verb not in ("delete", "deletecollection"):
        decode.form_of(content_type)
    if http.headers.get("Expect", "").lower() == "100-continue" and http.transport is not None:
        http.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    raw = await http.read()
    if request.verb in ("delete", "deletecollection"):
        _read_deletion(raw, content_type, request)
        return
    options.read_write_options(request, http.headers.get("User-Agent", ""))
    if request.verb == "patch":
        _read_patch(raw, request)
    else:
        request.body, request.spelling = decode.decode(raw, content_type, request.spec, _posted_kind(request))


def _posted_kind(request: ResourceRequest) -> str:
    row = request.spec.subresource(request.subresource) if request.subresource else None
    return row.kind if row is not None else ""


def _read_deletion(raw: bytes, content_type: str, request: ResourceRequest) -> None:
    body = _delete_body(raw, content_type) if raw else None
    request.body = options.delete_options(request.query, body)
    request.dry_run = bool(request.body.get("dryRun"))


def _delete_body(raw: bytes, content_type: str) -> Object:
    form = decode.form_of(content_type)
    if form == decode.PROTOBUF or raw.startswith(b"k8s\0"):
        return decode.decode_protobuf(raw)
    try:
        if form == decode.YAML:
            found = decode.head(decode.decode_yaml(raw)[0])
        else:
            found = decode.head(decode.decode_json(raw, "couldn't get version/kind; json parse error: ")[0])
    except ValueError as error:
        raise status_error(500, "", str(error)) from None
    kind, version = found.get("kind") or _OPTIONS, found.get("apiVersion") or _META
    if kind != _OPTIONS:
        raise status_error(500, "", decode.no_kind(kind, version))
    try:
        schemas.conform_options(found)
    except ValueError as error:
        raise status_error(500, "", str(error)) from None
    return found


def _read_patch(raw: bytes, request: ResourceRequest) -> None:
    if request.patch_type == "apply":
        request.body = yaml_bodies.load_applied(raw, request.field_validation, request.warnings)
        return
    prefix = "" if request.patch_type == "strategic" else "error decoding patch: "
    try:
        request.body, request.spelling = decode.decode_json(raw, prefix)
    except ValueError as error:
        raise UnreadablePatchError(bad_request(str(error)).status) from None
    if request.patch_type == "json" and request.spelling.twice:
        twice = tuple(f"json patch {text}" for text in request.spelling.twice)
        request.spelling = decode.Spelling(twice)


class UnreadablePatchError(ApiError):
    """A patch that is none. A real server notices when it applies it, hence only for an object that is there."""
