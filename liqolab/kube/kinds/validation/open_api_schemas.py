"""What the schema of a CustomResourceDefinition may say besides being structural: supported fields, list and map types,
defaults that it would accept itself, and rules (``x-kubernetes-validations``) that compile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from liqolab.apimachinery.errors import FieldError
from liqolab.kube.kinds.field_errors import forbidden_field, invalid_value, not_supported, required
from liqolab.kube.kinds.validation.structural_schemas import structural_errors
from liqolab.kube.schema.structural import Structural
from liqolab.kube.schema.validation import has_rules

Schema = Mapping[str, Any]

_TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED: Final = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_UNIQUE: Final = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
_ALLOWED_AT_ROOT: Final = (
    "description",
    "type",
    "format",
    "title",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "required",
    "items",
    "properties",
    "externalDocs",
    "example",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
)
_NESTED: Final = ("allOf", "oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a schema stands: what that forbids.

    Attributes:
        no_defaults: why no defaults are allowed; empty when they are.
        in_metadata: it describes an object's metadata.
    """

    no_defaults: str = ""
    in_metadata: bool = False


def schema_errors(schema: Schema, path: str, *, has_status: bool) -> list[FieldError]:
    """All that is wrong with the schema of a version.

    Args:
        schema: ``openAPIV3Schema``.
        path: where it stands.
        has_status: whether the version has the subresource, which sets the root's form.
    """
    errors = list(_root_errors(schema, path, has_status))
    supported = not _has_unsupported(schema)
    structural = structural_errors(schema, path) if supported else []
    if supported and not structural:
        structural = list(_default_errors(schema, path, resource=True))
    errors += structural
    plain = list(_plain(schema, path, _Place(), root=True))
    errors += plain
    if not structural and not plain and has_rules(schema):
        # The language of rules is a fifth of a cluster's memory and start: only who writes one pays for it.
        from liqolab.kube.kinds.validation.schema_rules import rule_errors

        errors += rule_errors(schema, path)
    return errors


_UNSTRUCTURED: Final = ("id", "$schema", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions")


def _has_unsupported(schema: Schema) -> bool:
    """Whether a schema uses what has no structural form; only that is told then."""
    if any(schema.get(field) for field in _UNSTRUCTURED) or isinstance(schema.get("items"), list):
        return True
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        return True
    return any(_has_unsupported(sub) for sub, _, _ in _children(schema, "", _Place(), root=False))


def _root_errors(schema: Schema, path: str, has_status: bool) -> Iterator[FieldError]:
    if has_status:
        kind = schema.get("type")
        if kind and kind != "object":
            text = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
            yield invalid_value(f"{path}.type", kind, text)
        elif any(value and field not in _ALLOWED_AT_ROOT for field, value in schema.items()):
            shown = " ".join(map(_go_name, _ALLOWED_AT_ROOT))
            text = f"only [{shown}] fields are allowed at the root of the schema if the status subresource is enabled"
            yield invalid_value(path, dict(schema), text)
    if schema.get("nullable"):
        yield forbidden_field(f"{path}.nullable", "nullable cannot be true at the root")


def _go_name(field: str) -> str:
    name = field.replace("x-kubernetes-", "x-")
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


def _children(schema: Schema, path: str, place: _Place, *, root: bool) -> Iterator[tuple[Schema, str, _Place]]:
    """The schemas inside of one, with their paths and places."""
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping):
        below = place
        if place.in_metadata:
            below = replace(place, no_defaults="inside additionalProperties applying to object metadata")
        yield additional, f"{path}.additionalProperties", below
    for name, sub in sorted((schema.get("properties") or {}).items()):
        below = place
        if (root or schema.get("x-kubernetes-embedded-resource")) and name in ("metadata", "kind", "apiVersion"):
            below = replace(below, in_metadata=True)
            if root:
                below = replace(below, no_defaults=f"in top-level {name}")
        yield sub, f"{path}.properties[{name}]", below
    if isinstance(schema.get("not"), Mapping):
        yield schema["not"], f"{path}.not", place
    for field in _NESTED:
        for index, row in enumerate(schema.get(field) or ()):
            yield row, f"{path}.{field}[{index}]", place
    if isinstance(schema.get("items"), Mapping):
        yield schema["items"], f"{path}.items", place


def _plain(schema: Schema, path: str, place: _Place, *, root: bool = False) -> Iterator[FieldError]:
    yield from _standard(schema, path, place)
    if schema.get("uniqueItems"):
        yield forbidden_field(f"{path}.uniqueItems", _UNIQUE)
    additional = schema.get("additionalProperties")
    if schema.get("properties") and additional is not None and additional is not True:
        text = "additionalProperties and properties are mutual exclusive"
        yield forbidden_field(f"{path}.additionalProperties", text)
    for sub, where, below in _children(schema, path, place, root=root):
        yield from _plain(sub, where, below)
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        yield invalid_value(f"{path}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined")
    yield from _typed(schema, path, "map", "object", ("atomic", "granular"))
    yield from _typed(schema, path, "list", "array", ("atomic", "set", "map"))
    yield from _list_keys(schema, path)
    if schema.get("x-kubernetes-validations"):
        from liqolab.kube.kinds.validation.schema_rules import form_errors

        yield from form_errors(schema, path)


def _standard(schema: Schema, path: str, place: _Place) -> Iterator[FieldError]:
    kind = schema.get("type")
    if kind and kind not in (*_TYPES, "null"):
        yield not_supported(f"{path}.type", kind, _TYPES)
    if schema.get("default") is not None and place.no_defaults:
        yield forbidden_field(f"{path}.default", f"must not be set {place.no_defaults}")
    for field in _UNSUPPORTED:
        if schema.get(field):
            yield forbidden_field(f"{path}.{field}", f"{field} is not supported")
    if kind == "null":
        yield not_supported(f"{path}.type", kind, _TYPES)
        yield forbidden_field(f"{path}.type", "type cannot be set to null, use nullable as an alternative")
    if isinstance(schema.get("items"), list):
        yield forbidden_field(f"{path}.items", "items must be a schema object and not an array")
    if place.in_metadata and schema.get("x-kubernetes-embedded-resource"):
        text = "must not be used inside of resource meta"
        yield forbidden_field(f"{path}.x-kubernetes-embedded-resource", text)


def _typed(schema: Schema, path: str, what: str, kind: str, allowed: tuple[str, ...]) -> Iterator[FieldError]:
    """``x-kubernetes-map-type`` and ``x-kubernetes-list-type``."""
    field = f"x-kubernetes-{what}-type"
    given, own = schema.get(field), schema.get("type")
    if given is None:
        return
    if own != kind:
        text = f"must be {kind} if {field} is specified"
        yield invalid_value(f"{path}.type", own, text) if own else required(f"{path}.type", text)
    elif what == "list" and given == "set":
        yield from _set_items(schema.get("items"), f"{path}.items")
    if given not in allowed:
        yield not_supported(f"{path}.{field}", given, allowed)


def _set_items(items: Any, path: str) -> Iterator[FieldError]:
    text = "must be atomic as item of a list with x-kubernetes-list-type=set"
    if not isinstance(items, Mapping):
        return
    list_type = items.get("x-kubernetes-list-type")
    if items.get("type") == "array" and list_type not in (None, "atomic"):
        yield invalid_value(f"{path}.x-kubernetes-list-type", list_type, text)
    if items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        yield invalid_value(f"{path}.x-kubernetes-map-type", list_type, text)


def _list_keys(schema: Schema, path: str) -> Iterator[FieldError]:
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    items = schema.get("items")
    where = f"{path}.x-kubernetes-list-map-keys"
    if keys and kind != "map":
        text = "must be map if x-kubernetes-list-map-keys is non-empty"
        list_type = f"{path}.x-kubernetes-list-type"
        yield required(list_type, text) if kind is None else invalid_value(list_type, kind, text)
    if kind == "map":
        if not keys:
            yield required(where, "must not be empty if x-kubernetes-list-type is map")
        if items is None:
            yield required(f"{path}.items", "must have a schema if x-kubernetes-list-type is map")
        if isinstance(items, Mapping):
            yield from _map_items(items, keys, path)
    if kind in ("set", "map") and isinstance(items, Mapping):
        if items.get("nullable"):
            text = f"cannot be nullable when x-kubernetes-list-type is {kind}"
            yield forbidden_field(f"{path}.items.nullable", text)
        if kind == "map":
            yield from _key_properties(items, keys, path)


def _map_items(items: Schema, keys: list[str], path: str) -> Iterator[FieldError]:
    kind = items.get("type") or ""
    if kind != "object":
        text = "must be object if parent array's x-kubernetes-list-type is map"
        yield invalid_value(f"{path}.items.type", kind, text)
        return
    properties, where = items.get("properties") or {}, f"{path}.x-kubernetes-list-map-keys"
    seen: set[str] = set()
    for key in keys:
        if key not in properties:
            yield invalid_value(where, keys, "entries must all be names of item properties")
        elif properties[key].get("type") in ("array", "object"):
            text = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            yield invalid_value(f"{path}.items.properties[{key}].type", kind, text)
        if key in seen:
            yield invalid_value(where, keys, "must not contain duplicate entries")
        seen.add(key)


def _key_properties(items: Schema, keys: list[str], path: str) -> Iterator[FieldError]:
    properties, needed = items.get("properties") or {}, items.get("required") or ()
    for key in keys:
        if key not in properties:
            continue
        where, head = f"{path}.items.properties[{key}]", "this property is in x-kubernetes-list-map-keys, so it"
        if key not in needed and properties[key].get("default") is None:
            yield required(f"{where}.default", f"{head} must have a default or be a required property")
        if properties[key].get("nullable"):
            yield forbidden_field(f"{where}.nullable", f"{head} cannot be nullable")


def _default_errors(schema: Schema, path: str, *, resource: bool = False) -> Iterator[FieldError]:
    """Defaults must be values that their own schema accepts as they are."""
    default = schema.get("default")
    if default is not None:
        where = f"{path}.default"
        has_unknown, errors = Structural(schema).check_default(default, where)
        if has_unknown:
            yield invalid_value(where, default, "must not have unknown fields")
        yield from errors
    for sub, below, _ in _children(schema, path, _Place(), root=resource):
        if ".metadata" not in below:
            yield from _default_errors(sub, below)
