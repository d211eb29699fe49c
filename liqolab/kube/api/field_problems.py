"""What a client is told of fields that its document spells twice or that the kind does not have: an error, warnings or
nothing, as it asked for, and all of it in one go.
"""

from __future__ import annotations

import re
from typing import Any, Final

from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.golang import plain
from liqolab.apimachinery.resources import Object
from liqolab.kube.api import decode
from liqolab.kube.api.request import ResourceRequest

_MISMATCH: Final = re.compile(r"json: cannot unmarshal (?P<found>\w+) into Go struct field \S+ of type (?P<target>\S+)")
_CONVERTED: Final = {"number": "int64", "array": "slice", "object": "map"}


def is_patched(request: ResourceRequest) -> bool:
    """Whether the document is what a patch made of another one: then the patch is to blame."""
    return request.verb == "patch" and request.patch_type != "apply"


def shown(request: ResourceRequest, patched: Object) -> Any:
    """What an error shows of a patch that does not fit."""
    return plain(request.body) if request.patch_type == "strategic" else patched


def report(request: ResourceRequest, unknown: list[str], *, kind: str = "", patched: Any = None) -> None:
    """Say what is wrong with the fields of a document.

    Args:
        request: what was asked; its warnings grow.
        unknown: paths of the fields that the kind does not have.
        kind: what was sent, if not an object of the URL's kind.
        patched: what `shown` says, for a patch.

    Raises:
        ApiError: 400 (422 for a patch), the client asked to be strict.
    """
    spelling = request.spelling
    if not unknown and not spelling.twice:
        return
    custom = request.spec.custom and not kind
    problems = spelling.problems(unknown, custom=custom)
    if request.field_validation == "Strict" and problems:
        if is_patched(request):
            raise decode.unfit_patch(patched, decode.strict_text(problems, spelling))
        raise decode.strict_error(request.spec, kind, problems, spelling)
    if request.field_validation == "Warn":
        request.warnings += [text for text in problems if text not in request.warnings]


def blame_patch(request: ResourceRequest, patched: Object, error: ApiError) -> ApiError:
    """The error about a value that a decoder cannot take: 422 when a patch has put it there, 500 when one
    was applied.
    """
    if request.verb not in ("patch", "create") or error.code != 400:
        return error
    _, _, told = error.message.partition(" cannot be handled as a ")
    why = told.partition(": ")[2] or error.message
    if request.patch_type == "apply":
        return _unconvertible(request, why) if told else error
    if not is_patched(request):
        return error
    if request.patch_type == "strategic" and (match := _MISMATCH.fullmatch(why)):
        why = _conversion(match["found"], match["target"])
    return decode.unfit_patch(shown(request, patched), why)


def _unconvertible(request: ResourceRequest, why: str) -> ApiError:
    """What is applied is converted after it has been merged; a structure that is decoded from text says so."""
    resource, named = request.spec.resource, (request.body or {}).get("metadata")
    place = named if isinstance(named, dict) else {}
    kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
    where = f"{place.get('namespace') or ''}/{place.get('name') or ''}"
    why = f"error decoding from json: {why}" if why.startswith("illegal base64") else why
    text = f"failed to convert new object ({where}; {kind}) to proper version: unable to convert unstructured object"
    return status_error(500, "", f"{text} to {kind.removeprefix('/')}: {why}")


def _conversion(found: str, target: str) -> str:
    """A strategic merge patch is converted field by field, by a converter with words of its own."""
    value = _CONVERTED.get(found, found)
    if target.startswith("map["):
        return f"cannot restore map from {value}"
    if target.startswith("[]"):
        return f"cannot restore slice from {value}"
    if "." in target:
        return f"cannot restore struct from: {value}"
    return f"cannot convert {value} to string" if target == "string" else f"unrecognized type: {target}"
