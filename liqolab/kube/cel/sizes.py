"""How large data can be that a structural schema allows: what its lengths say, and else what fits into one request.

A tree beside that of the types, because only estimates of cost look at it.
Source: ``k8s.io/apiserver/pkg/cel/common/schemas.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from liqolab.kube.cel.escaping import escape

REQUEST: Final = 3 * 1024 * 1024
"""Bytes of the largest request."""

_TEXT: Final = REQUEST - 2
_NUMBER, _BOOLEAN, _EMPTY = 1, 4, 2
_FORMATS: Final = {"duration": (32, 3), "date": (12, 12), "date-time": (32, 21)}
"""Format → its longest and its shortest text, with quotation marks."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of one place.

    Attributes:
        most: elements or characters that there can be; 0 of what has none.
        least: bytes of the shortest JSON.
        fields, element, key: the places below it.
    """

    most: int
    least: int
    fields: Mapping[str, Sizes] = field(default_factory=dict)
    element: Sizes | None = None
    key: Sizes | None = None

    def repeated(self) -> int:
        """How often the place can be there in one request, with a comma between two."""
        return REQUEST // (self.least + 1)


_PLAIN_TEXT: Final = Sizes(_TEXT, _EMPTY)
_METADATA: Final = Sizes(0, _EMPTY, {"name": _PLAIN_TEXT, "generateName": _PLAIN_TEXT})


def declared_sizes(schema: Mapping[str, Any], *, resource: bool) -> Sizes | None:
    """The sizes of a place; None where expressions cannot look.

    Args:
        schema: of that place.
        resource: whether it is a whole object.
    """
    if schema.get("x-kubernetes-int-or-string"):
        longest = schema.get("maxLength")
        return Sizes(_TEXT if longest is None else 4 * max(longest, 0), _NUMBER)
    kind = "object" if resource else schema.get("type")
    if kind == "string":
        return _text(schema)
    if kind == "array":
        return _list(schema)
    if kind == "object":
        return _map(schema) if isinstance(schema.get("additionalProperties"), Mapping) else _object(schema, resource)
    plain = {"boolean": _BOOLEAN, "number": _NUMBER, "integer": _NUMBER}
    return Sizes(0, plain[kind]) if kind in plain else None


def _below(schema: Any) -> Sizes | None:
    if not isinstance(schema, Mapping):
        return None
    return declared_sizes(schema, resource=bool(schema.get("x-kubernetes-embedded-resource")))


def _text(schema: Mapping[str, Any]) -> Sizes:
    form, longest = schema.get("format", ""), schema.get("maxLength")
    if form in _FORMATS:
        return Sizes(*_FORMATS[form])
    if longest is not None:
        # A character may take four bytes.
        return Sizes(max(longest, 0) * (1 if form == "byte" else 4), _EMPTY)
    if form != "byte" and (allowed := schema.get("enum")):
        return Sizes(max((len(text.encode()) for text in allowed if isinstance(text, str)), default=0), _EMPTY)
    return _PLAIN_TEXT


def _list(schema: Mapping[str, Any]) -> Sizes | None:
    element, most = _below(schema.get("items")), schema.get("maxItems")
    if element is None:
        return None
    return Sizes((REQUEST - 2) // (element.least + 1) if most is None else max(most, 0), _EMPTY, element=element)


def _map(schema: Mapping[str, Any]) -> Sizes | None:
    element, most = _below(schema["additionalProperties"]), schema.get("maxProperties")
    if element is None:
        return None
    largest = (REQUEST - 2) // (element.least + 6) if most is None else max(most, 0)
    return Sizes(largest, _EMPTY, element=element, key=Sizes(0, _EMPTY))


def _object(schema: Mapping[str, Any], resource: bool) -> Sizes:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    found = {name: _below(sub) for name, sub in properties.items()}
    if resource:
        found |= {"kind": _PLAIN_TEXT, "apiVersion": _PLAIN_TEXT, "metadata": _METADATA}
    needed = [name for name in schema.get("required") or () if (properties.get(name) or {}).get("default") is None]
    least = _EMPTY + sum(len(name) + sizes.least + 4 for name in needed if (sizes := found.get(name)) is not None)
    fields = {escaped: sizes for name, sizes in found.items() if sizes is not None and (escaped := escape(name))}
    return Sizes(0, least, fields)
