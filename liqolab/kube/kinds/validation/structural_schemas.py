"""Whether the schema of a CustomResourceDefinition is structural: its shape is told by itself, and what ``allOf``,
``anyOf``, ``oneOf`` and ``not`` add are conditions on values.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from liqolab.apimachinery.errors import FieldError
from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.kinds.field_errors import forbidden_field, invalid_value, required

Schema = Mapping[str, Any]

_INT_OR_STRING: Final = [{"type": "integer"}, {"type": "string"}]
_EMPTY_TYPE: Final = {
    "root": "must not be empty at the root",
    "item": "must not be empty for specified array items",
    "field": "must not be empty for specified object fields",
}
_NOT_NESTED: Final = {
    "type": "must be empty to be structural",
    "additionalProperties": "must be undefined to be structural",
    "default": "must be undefined to be structural",
    "title": "must be empty to be structural",
    "description": "must be empty to be structural",
    "nullable": "must be false to be structural",
    "x-kubernetes-preserve-unknown-fields": "must be false to be structural",
    "x-kubernetes-embedded-resource": "must be false to be structural",
    "x-kubernetes-int-or-string": "must be false to be structural",
    "x-kubernetes-list-map-keys": "must be empty to be structural",
    "x-kubernetes-list-type": "must be undefined to be structural",
    "x-kubernetes-map-type": "must be undefined to be structural",
    "x-kubernetes-validations": "must be empty to be structural",
}
"""Fields that describe shape, and what is said of them inside of conditions."""

_ONLY_NAMES: Final = "must not specify anything other than name and generateName, but metadata is implicitly specified"


def structural_errors(schema: Schema, path: str) -> list[FieldError]:
    """Where a schema is not structural, in the order of the texts."""
    errors = [*_shape(schema, "root", path), *_complete(schema, schema, path, path)]
    return sorted(errors, key=lambda error: f"{error.field}: {error.message}")


def _mapping(value: Any) -> Schema:
    return value if isinstance(value, Mapping) else {}


def _shape(schema: Schema, level: str, path: str) -> Iterator[FieldError]:
    kind, items = schema.get("type") or "", schema.get("items")
    if kind == "array" and not isinstance(items, Mapping):
        yield required(f"{path}.items", "must be specified")
    if isinstance(items, Mapping):
        yield from _shape(items, "item", f"{path}.items")
    for name, below in sorted(_mapping(schema.get("properties")).items()):
        yield from _shape(below, "field", f"{path}.properties[{name}]")
    additional = schema.get("additionalProperties")
    if additional is not None and level == "root":
        yield forbidden_field(f"{path}.additionalProperties", "must not be used at the root")
    if isinstance(additional, Mapping):
        yield from _shape(additional, "field", f"{path}.additionalProperties")
    yield from _extensions(schema, path)
    yield from _conditions(schema, path, nested=False)
    yield from _own_type(schema, level, path)
    yield from _object_fields(schema, level, path)


def _extensions(schema: Schema, path: str) -> Iterator[FieldError]:
    if not schema.get("x-kubernetes-int-or-string"):
        return
    for field in ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"):
        if schema.get(field):
            yield invalid_value(f"{path}.{field}", True, "must be false if x-kubernetes-int-or-string is true")


def _own_type(schema: Schema, level: str, path: str) -> Iterator[FieldError]:
    kind, embedded = schema.get("type") or "", schema.get("x-kubernetes-embedded-resource")
    open_type = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if embedded and kind != "object":
        text = "must be object if x-kubernetes-embedded-resource is true"
        yield invalid_value(f"{path}.type", kind, text) if kind else required(f"{path}.type", text)
    elif not kind and not open_type:
        yield required(f"{path}.type", _EMPTY_TYPE[level])
    if embedded and schema.get("additionalProperties") is not None:
        text = "must not be used if x-kubernetes-embedded-resource is set"
        yield forbidden_field(f"{path}.additionalProperties", text)
    if level == "root" and kind not in ("", "object"):
        yield invalid_value(f"{path}.type", kind, "must be object at the root")


def _object_fields(schema: Schema, level: str, path: str) -> Iterator[FieldError]:
    """What whole objects may say of the fields that every object has."""
    properties, embedded = _mapping(schema.get("properties")), schema.get("x-kubernetes-embedded-resource")
    whole = level == "root" or embedded
    for name in ("kind", "apiVersion"):
        kind = _mapping(properties.get(name)).get("type") or ""
        if whole and name in properties and kind != "string":
            yield invalid_value(f"{path}.properties[{name}].type", kind, "must be string")
    if "metadata" in properties and whole:
        metadata, where = _mapping(properties["metadata"]), f"{path}.properties[metadata]"
        if metadata.get("type") != "object":
            yield invalid_value(f"{where}.type", metadata.get("type") or "", "must be object")
        names = set(_mapping(metadata.get("properties")))
        says = {field for field, value in metadata.items() if value} - {"type", "default", "description", "title"}
        if level == "root" and not (names <= {"name", "generateName"} and says <= {"properties"}):
            yield forbidden_field(where, _ONLY_NAMES)
    if embedded and not schema.get("x-kubernetes-preserve-unknown-fields") and not properties:
        text = (
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        )
        yield required(f"{path}.properties", text)


def _conditions(schema: Schema, path: str, *, nested: bool, skip_any: bool = False) -> Iterator[FieldError]:
    """The conditions of a schema; the two ways of saying "integer or string" are exempt."""
    if not nested:
        skip_any = schema.get("anyOf") == _INT_OR_STRING
    if not skip_any:
        yield from _rows(schema, "anyOf", path)
    for index, row in enumerate(schema.get("allOf") or ()):
        first = index == 0 and not nested and row.get("anyOf") == _INT_OR_STRING
        yield from _nested(row, f"{path}.allOf[{index}]", skip_any=first)
    yield from _rows(schema, "oneOf", path)
    if isinstance(schema.get("not"), Mapping):
        yield from _nested(schema["not"], f"{path}.not")
    if pattern := schema.get("pattern"):
        from liqolab.kube.cel.regexes import compiled

        try:
            compiled(pattern)
        except EvaluationError as error:
            yield invalid_value(f"{path}.pattern", pattern, f"must be a valid regular expression, but isn't: {error}")


def _rows(schema: Schema, field: str, path: str) -> Iterator[FieldError]:
    for index, row in enumerate(schema.get(field) or ()):
        yield from _nested(row, f"{path}.{field}[{index}]")


def _nested(schema: Schema, path: str, *, skip_any: bool = False) -> Iterator[FieldError]:
    yield from _conditions(schema, path, nested=True, skip_any=skip_any)
    if isinstance(schema.get("items"), Mapping):
        yield from _nested(schema["items"], f"{path}.items")
    for name, below in sorted(_mapping(schema.get("properties")).items()):
        yield from _nested(below, f"{path}.properties[{name}]")
    for field, text in _NOT_NESTED.items():
        if schema.get(field) not in (None, "", False, [], {}):
            yield forbidden_field(f"{path}.{field}", text)
    if "metadata" in _mapping(schema.get("properties")):
        yield forbidden_field(f"{path}.properties[metadata]", "must not be specified in a nested context")


def _complete(values: Schema, shape: Schema | None, shape_path: str, path: str) -> Iterator[FieldError]:
    """What conditions speak of must be declared by the shape."""
    rows = [(row, f"{path}.{field}[{i}]") for field in ("allOf", "anyOf", "oneOf") for i, row in _listed(values, field)]
    if isinstance(values.get("not"), Mapping):
        rows.insert(0, (values["not"], f"{path}.not"))
    for row, where in rows:
        yield from _complete_nested(row, shape, shape_path, where)


def _listed(schema: Schema, field: str) -> list[tuple[int, Schema]]:
    return list(enumerate(schema.get(field) or ()))


def _complete_nested(values: Schema, shape: Schema | None, shape_path: str, path: str) -> Iterator[FieldError]:
    if shape is None:
        yield required(shape_path, f"because it is defined in {path}")
        return
    yield from _complete(values, shape, shape_path, path)
    if isinstance(values.get("items"), Mapping):
        items = shape.get("items")
        below = items if isinstance(items, Mapping) else None
        yield from _complete_nested(values["items"], below, f"{shape_path}.items", f"{path}.items")
    declared = _mapping(shape.get("properties"))
    for name, below in sorted(_mapping(values.get("properties")).items()):
        where = f"properties[{name}]"
        yield from _complete_nested(below, declared.get(name), f"{shape_path}.{where}", f"{path}.{where}")
