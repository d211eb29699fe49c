"""From the bytes of a request to a JSON document, and the checks that it is the kind of thing the URL asks for.

What a document spells twice is noted on the way, since afterwards nobody can tell; whether that is an error, a warning
or nothing is decided where the fields that the kind does not have are found, for a client is told of both in one go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from liqolab.apimachinery.errors import ApiError, FieldError, bad_request, invalid, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.api import json_errors
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.field_errors import invalid_value
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.schema import definitions

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
PATCH_TYPES: Final = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}
_UNKNOWN_FORMAT: Final = "the body of the request was in an unknown format - accepted media types include: "
_SHOWN: Final = 30
_SCHEME: Final = "pkg/runtime/scheme.go:110"
_HEAD: Final = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
"""The Go type with which a real server finds out what it has been sent."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a document spells twice.

    Attributes:
        twice: as a client is told of each: ``duplicate field "spec.replicas"``.
        places: path → where it is first spelled, counted in fields; empty when nothing is spelled twice.
        yaml: it was YAML, whose decoder reports these by line and all in one error.
    """

    twice: tuple[str, ...] = ()
    places: dict[str, int] = field(default_factory=dict)
    yaml: bool = False

    def problems(self, unknown: list[str], *, custom: bool) -> list[str]:
        """All that is wrong with the fields of an object, in the order in which a real server tells it: built-in kinds
        as the decoder meets them, custom kinds what is spelled twice first and what they do not know by name.
        """
        if custom:
            known = [f'unknown field "{path}"' for path in sorted(unknown)]
            return list(dict.fromkeys([*self.twice, *known]))
        texts = {f'unknown field "{path}"': path for path in unknown}
        if not self.places:
            return list(dict.fromkeys([*self.twice, *texts]))
        met = {text: self.places[text] for text in self.twice if not _within(text, unknown)}
        met |= {text: self.places.get(path, len(self.places)) for text, path in texts.items()}
        return sorted(met, key=lambda text: met[text])


def _within(text: str, unknown: list[str]) -> bool:
    """Whether a field that is spelled twice is, or is in, one that the kind does not know: nobody looks there."""
    path = text.partition('"')[2].rstrip('"')
    return any(path == other or path.startswith((f"{other}.", f"{other}[")) for other in unknown)


CLEAN: Final = Spelling()


def media_type(header: str) -> str:
    """The type without its parameters, lower-case; what is no media type stays as it is."""
    kind, _, parameters = header.partition(";")
    if parameters.strip() and any("=" not in part for part in parameters.split(";") if part.strip()):
        return header
    return kind.strip().lower()


def patch_type(header: str, spec: KindSpec) -> str:
    """Which kind of patch a Content-Type announces.

    Raises:
        ApiError: 415; a custom kind names what it takes.
    """
    found = PATCH_TYPES.get(media_type(header))
    if found is not None and not (found == "strategic" and spec.custom):
        return found
    if spec.custom:
        accepted = [name for name, kind in PATCH_TYPES.items() if kind != "strategic"]
        raise status_error(415, "UnsupportedMediaType", _UNKNOWN_FORMAT + ", ".join(accepted))
    raise status_error(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def form_of(header: str) -> str:
    """The media type of a body, JSON when nothing is said.

    Raises:
        ApiError: 415, one that the server does not read.
    """
    found = media_type(header) or JSON
    if found not in (JSON, YAML, PROTOBUF):
        raise status_error(415, "UnsupportedMediaType", _UNKNOWN_FORMAT + ", ".join((JSON, YAML, PROTOBUF)))
    return found


def decode(raw: bytes, content_type: str, spec: KindSpec, kind: str = "") -> tuple[Object, Spelling]:
    """The object in a body.

    Args:
        raw: the body.
        content_type: the header; an absent one means JSON.
        spec: the kind of the URL.
        kind: what is expected, if not an object of that kind (a Scale).

    Raises:
        ApiError: 415 for another format, 400 for a document that cannot be read or is no object.
    """
    form = form_of(content_type)
    if form == PROTOBUF or raw.startswith(b"k8s\0"):
        return decode_protobuf(raw), CLEAN
    kind = kind or spec.resource.kind
    try:
        if form == YAML:
            document, spelling = decode_yaml(raw)
        else:
            document, spelling = decode_json(raw, "couldn't get version/kind; json parse error: ")
        found = head(document)
    except ValueError as error:
        raise _unrecognized(kind, str(error), raw) from None
    if spec.custom and kind == spec.resource.kind and not found.get("kind"):
        # A real server wants a custom object to say what it is in any case.
        shown = raw.decode("utf-8", "replace") if form != YAML else orjson.dumps(found).decode()
        raise _unrecognized(kind, f"Object 'Kind' is missing in '{shown}'", raw)
    return found, spelling


def _unrecognized(kind: str, why: str, raw: bytes) -> ApiError:
    return bad_request(f"the object provided is unrecognized (must be of type {kind}): {why} ({_summary(raw)})")


def _summary(raw: bytes) -> str:
    if not raw:
        return "<empty>"
    shown, more = raw[:_SHOWN], " ..." if len(raw) > _SHOWN else ""
    return (shown.decode("utf-8", "replace") if raw.startswith(b"{") else shown.hex()) + more


def head(document: Any) -> Object:
    """A document that says what it is, or says nothing; null is an empty one.

    Raises:
        ValueError: it is no object, or its kind or version is no text.
    """
    if document is None:
        return {}
    problem = "couldn't get version/kind; json parse error: json: cannot unmarshal"
    if not isinstance(document, dict):
        raise ValueError(f"{problem} {json_errors.kind_of(document)} into Go value of type {_HEAD}")
    for name in ("apiVersion", "kind"):
        value = document.get(name)
        if value is not None and not isinstance(value, str):
            where = f"into Go struct field .{name} of type string"
            raise ValueError(f"{problem} {json_errors.kind_of(value)} {where}")
    version = document.get("apiVersion") or ""
    if version.count("/") > 1:
        raise ValueError(f"unexpected GroupVersion string: {version}")
    return document


def decode_protobuf(raw: bytes) -> Object:
    """The object in a protobuf body.

    Raises:
        ApiError: 400.
    """
    from liqolab.kube.schema import protobuf

    try:
        return protobuf.decode(raw)
    except ValueError as error:
        raise bad_request(f"the protobuf body of the request could not be decoded: {error}") from error


def decode_json(raw: bytes, prefix: str = "") -> tuple[Any, Spelling]:
    """A JSON document and what it spells twice.

    Raises:
        ValueError: it is none; the text is a real server's, after `prefix`.
    """
    try:
        document = json_errors.parse(raw)
    except ValueError as error:
        raise ValueError(f"{prefix}{error}") from None
    return document, CLEAN if _is_plain(document, raw) else spelling_of(raw)


def _is_plain(document: Any, raw: bytes) -> bool:
    """Whether these are the very bytes that a document without anything twice is written with, by Go or by Python: most
    are, and need not be read once more.
    """
    raw = raw.rstrip(b"\n")
    try:
        return orjson.dumps(document) == raw or json.dumps(document).encode() == raw
    except (TypeError, RecursionError):
        return False


def decode_yaml(raw: bytes) -> tuple[Any, Spelling]:
    """The first document of some YAML. Programs send JSON as such, which needs no YAML to be read.

    Raises:
        ValueError: it is none.
    """
    if raw.startswith(b"{"):
        try:
            document, spelling = decode_json(raw)
        except ValueError:
            pass
        else:
            if not spelling.twice:
                return document, spelling
    from liqolab.kube.api import yaml_bodies

    try:
        document, twice = yaml_bodies.load(raw)
    except yaml_bodies.YamlError as error:
        raise ValueError(str(error).removeprefix(yaml_bodies.CONVERTING)) from None
    return document, Spelling(tuple(twice), yaml=True)


class _Pairs(list[tuple[str, Any]]):
    """An object of a document, as it is spelled."""


def spelling_of(raw: bytes) -> Spelling:
    """What a JSON document spells twice; it has been read before."""
    found = False

    def keep(pairs: list[tuple[str, Any]]) -> _Pairs:
        nonlocal found
        found = found or len({name for name, _ in pairs}) < len(pairs)
        return _Pairs(pairs)

    document = json.loads(raw.decode("utf-8", "replace"), object_pairs_hook=keep)
    if not found:
        return CLEAN
    places: dict[str, int] = {}
    twice: list[str] = []
    for place, path in enumerate(_paths_of(document, "")):
        if path not in places:
            places[path] = place
        elif (text := f'duplicate field "{path}"') not in places:
            twice.append(text)
            places[text] = place
    return Spelling(tuple(twice), places)


def _paths_of(value: Any, path: str) -> Iterator[str]:
    """Every field in the order in which a decoder meets it; what is in a field that is spelled again counts once."""
    if isinstance(value, _Pairs):
        prefix = f"{path}." if path else ""
        seen: set[str] = set()
        for name, item in value:
            yield prefix + name
            if name not in seen:
                yield from _paths_of(item, prefix + name)
            seen.add(name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths_of(item, f"{path}[{index}]")


def check_kind(obj: Any, spec: KindSpec) -> Object:
    """The decoded body, if it is an object of `spec` (one that says nothing of its kind is).

    Raises:
        ApiError: it is something else.
    """
    resource = spec.resource
    if not isinstance(obj, dict):
        raise _unrecognized(resource.kind, f"json: cannot unmarshal {json_errors.kind_of(obj)}", b"")
    given = obj.get("kind") or "", obj.get("apiVersion") or ""
    kind, version = given[0] or resource.kind, given[1] or ("" if spec.custom and given[0] else resource.api_version)
    if kind == resource.kind and version == resource.api_version:
        obj["kind"], obj["apiVersion"] = kind, version
        return obj
    if spec.custom and version != resource.api_version:
        raise _other_version(version, resource.api_version)
    if not spec.custom:
        raise _other_kind(kind, version, spec)
    name = (obj.get("metadata") or {}).get("name", "")
    error = FieldError("kind", "FieldValueInvalid", f'Invalid value: "{kind}": must be {resource.kind}')
    raise invalid(replace(spec.resource, kind=str(kind)), name, schemas.of_another_kind(spec, obj, error))


def _other_version(version: str, expected: str) -> ApiError:
    text = f"the API version in the data ({version}) does not match the expected API version ({expected})"
    return bad_request(text)


def _other_kind(kind: str, version: str, spec: KindSpec) -> ApiError:
    """A document of some kind where a built-in one is expected: the text depends on whether the server knows it."""
    resource = spec.resource
    group, _, short = version.rpartition("/")
    why = unregistered(kind, version)
    if not why and kind == resource.kind and group == resource.group:
        return _other_version(version, resource.api_version)
    if not why:
        package = resource.group.partition(".")[0] or "core"
        why = f"converting ({short}.{kind}) to ({package}.{resource.kind}): unknown conversion"
    return bad_request(f'{kind} in version "{short}" cannot be handled as a {resource.kind}: {why}')


def unregistered(kind: str, version: str) -> str:
    """What a real server says of a kind that it has never heard of; empty for one of the built-in kinds."""
    group, _, short = version.rpartition("/")
    return "" if definitions.name_of_kind(group, short, kind) else no_kind(kind, version)


def no_kind(kind: str, version: str) -> str:
    """That a kind is not among those that are expected."""
    return f'no kind "{kind}" is registered for version "{version}" in scheme "{_SCHEME}"'


def unfit_patch(shown: Any, why: str) -> ApiError:
    """422: what a patch leaves is no object of the kind.

    Args:
        shown: the patched object; for a strategic merge patch the patch as Go prints it.
        why: the decoder's words.
    """
    value = (
        shown
        if isinstance(shown, str)
        else json.dumps(shown, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    )
    return invalid(Resource("", "", "", "", False), "", [invalid_value("patch", value, why)])


def strict_error(spec: KindSpec, kind: str, problems: list[str], spelling: Spelling) -> ApiError:
    """The 400 of ``fieldValidation=Strict``.

    Args:
        spec: the kind of the URL.
        kind: what was sent, if not an object of it.
        problems: what is wrong with the fields.
        spelling: tells how the decoder reports them.
    """
    version = spec.resource.version if not kind or kind == spec.resource.kind else "v1"
    kind = kind or spec.resource.kind
    text = strict_text(problems, spelling)
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {text}')


def strict_text(problems: list[str], spelling: Spelling) -> str:
    """All problems in one sentence; a YAML decoder's come first and as one."""
    lines = [text for text in problems if spelling.yaml and text in spelling.twice]
    shown = ["\n  ".join(["yaml: unmarshal errors:", *lines])] if lines else []
    return "strict decoding error: " + ", ".join([*shown, *(text for text in problems if text not in lines)])
