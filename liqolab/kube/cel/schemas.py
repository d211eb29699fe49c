"""The types of data that a structural schema describes.

What the schema leaves open (``x-kubernetes-preserve-unknown-fields``) has no type and cannot be named in expressions;
of the metadata of an object only its name and generateName can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from liqolab.kube.cel import types
from liqolab.kube.cel.escaping import NAMEABLE, escape
from liqolab.kube.cel.types import Field, Type

_STRINGS: Final = {
    "byte": types.BYTES,
    "duration": types.DURATION,
    "date": types.TIMESTAMP,
    "date-time": types.TIMESTAMP,
}
_SCALARS: Final = {"boolean": types.BOOL, "number": types.DOUBLE, "integer": types.INT}
_STRING: Final[Mapping[str, Any]] = {"type": "string"}
_METADATA: Final[Mapping[str, Any]] = {"type": "object", "properties": {"name": _STRING, "generateName": _STRING}}
_ROOT: Final[Mapping[str, Any]] = {"kind": _STRING, "apiVersion": _STRING, "metadata": _METADATA}

SELF: Final = "selfType"


def declared_type(schema: Mapping[str, Any], *, resource: bool, name: str = SELF) -> Type | None:
    """The type of a place in an object; None when expressions cannot look there.

    Args:
        schema: of that place.
        resource: whether it is a whole object, whose kind and name can be asked for whatever its schema says.
        name: what the types of objects are called after.
    """
    if schema.get("x-kubernetes-int-or-string"):
        return types.DYN
    kind = "object" if resource else schema.get("type")
    if kind == "string":
        return _STRINGS.get(schema.get("format", ""), types.STRING)
    if kind == "array":
        return _list(schema, name)
    if kind == "object":
        additional = schema.get("additionalProperties")
        if isinstance(additional, Mapping) and not resource:
            value = declared_type(additional, resource=_embedded(additional), name=f"{name}.@elem")
            return types.map_of(types.STRING, value) if value is not None else None
        return _object(schema, resource, name)
    return _SCALARS.get(kind or "")


def _embedded(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("x-kubernetes-embedded-resource"))


def _list(schema: Mapping[str, Any], name: str) -> Type | None:
    items = schema.get("items")
    if not isinstance(items, Mapping):
        return None
    element = declared_type(items, resource=_embedded(items), name=f"{name}.@idx")
    if element is None:
        return None
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    return Type("list", (element,), list_type=schema.get("x-kubernetes-list-type", ""), list_keys=keys)


def _object(schema: Mapping[str, Any], resource: bool, name: str) -> Type:
    properties: dict[str, Any] = {**(schema.get("properties") or {}), **(_ROOT if resource else {})}
    fields: dict[str, Field] = {}
    for key, below in properties.items():
        escaped = escape(key)
        if escaped is None:
            continue
        found = declared_type(below, resource=_embedded(below), name=f"{name}.{escaped}")
        if found is not None:
            fields[escaped] = Field(found, key)
            if key in NAMEABLE:
                fields[key] = fields[escaped]
    return Type("object", name=name, fields=fields)
