"""How objects are taken apart into fields: for each place its `Shape`, made from the OpenAPI schema when a place is
first looked at, because no object has more than a few of the places that its kind allows.

Maps are granular unless their schema calls them atomic; lists are one field unless they are sets or maps by key. Where
nothing is known, maps are granular and lists atomic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from liqolab.apimachinery.resources import Object
from liqolab.kube.fields.trees import encoded
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.schema import definitions

_RAW_EXTENSION: Final = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_CORE: Final = "io.k8s.api.core.v1."
_DEFAULT_KEYS: Final[Mapping[str, Mapping[str, Any]]] = {
    _CORE + "ContainerPort": {"protocol": "TCP"},
    _CORE + "ServicePort": {"protocol": "TCP"},
    _CORE + "LocalObjectReference": {"name": ""},
}
"""Keys of built-in lists that may be left out; custom schemas say so themselves."""

_ZEROS: Final[Mapping[str | None, Any]] = {"string": "", "integer": 0, "boolean": False}


_PLAIN: Final = re.compile(r"[\w./-]*", re.ASCII).fullmatch
"""Whether a text is the same in JSON: names are, and most keys are names."""


class StepError(ValueError):
    """An item of a list that its schema gives no identity."""


class ListShape:
    """How a list is taken apart.

    Attributes:
        atomic: it is one field.
        keys: what its items are told apart by; without them it is a set of scalars.
    """

    __slots__ = ("_defaults", "_item", "_items", "_preserve", "atomic", "keys")

    def __init__(self, schema: Mapping[str, Any], preserve: bool) -> None:
        kind, strategy = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-patch-strategy")
        self.keys: tuple[str, ...] = ()
        self.atomic = False
        if kind == "map":
            self.keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
        elif kind is None and strategy in ("merge", "merge,retainKeys"):
            key = schema.get("x-kubernetes-patch-merge-key")
            self.keys = (key,) if key else ()
        else:
            self.atomic = kind != "set"
        self._items = schema.get("items")
        self._preserve = preserve
        self._item: Shape | None = None
        self._defaults: Object | None = None

    @property
    def item(self) -> Shape:
        if self._item is None:
            self._item = _reference(self._items, self._preserve) if self._items else UNTYPED
        return self._item

    def step(self, item: Any) -> str:
        """The step to an item.

        Raises:
            StepError: it has no identity; with the text of a real server.
        """
        if self.keys:
            return self._key_step(item)
        if isinstance(item, dict):
            raise StepError("associative list without keys has an element that's a map type")
        if isinstance(item, list):
            raise StepError("not supported: associative list with lists as elements")
        if item is None:
            raise StepError("associative list without keys has an element that's an explicit null")
        return "v:" + encoded(item)

    def _key_step(self, item: Any) -> str:
        if item is None:
            raise StepError("associative list with keys may not have a null element")
        if not isinstance(item, dict):
            raise StepError("associative list with keys may not have non-map elements")
        if len(self.keys) == 1 and isinstance(only := item.get(self.keys[0]), str) and _PLAIN(only):
            return f'k:{{"{self.keys[0]}":"{only}"}}'
        values = {key: item[key] for key in self.keys if key in item}
        if len(values) < len(self.keys):
            values = {key: item.get(key, self._default(key)) for key in self.keys}
            values = {key: value for key, value in values.items() if key in item or value is not None}
        if not values:
            names = " ".join(f'"{key}"' for key in self.keys)
            raise StepError(
                f"associative list with keys has an element that omits all key fields [{names}] (and doesn't have "
                "default values for any key fields)"
            )
        return "k:" + encoded(dict(sorted(values.items())) if len(values) > 1 else values)

    def _default(self, key: str) -> Any:
        """The value of a key that is left out."""
        if self._defaults is None:
            name = definitions.reference(self._items or {})
            schema = definitions.definition(name) if name else self._items or {}
            properties = schema.get("properties") or {}
            self._defaults = {name: row["default"] for name, row in properties.items() if "default" in row}
            if name:
                # In Go a field that is required and left out has the zero of its type.
                zeros: Object = {
                    field: _ZEROS.get(properties[field].get("type")) for field in schema.get("required") or ()
                }
                self._defaults = {**zeros, **_DEFAULT_KEYS.get(name, {})}
        return self._defaults.get(key)


class MapShape:
    """How an object is taken apart.

    Attributes:
        atomic: it is one field.
    """

    __slots__ = ("_element", "_fields", "_preserve", "_properties", "atomic")

    def __init__(self, schema: Mapping[str, Any], preserve: bool, *, atomic: bool | None = None) -> None:
        self.atomic = schema.get("x-kubernetes-map-type") == "atomic" if atomic is None else atomic
        self._properties: Mapping[str, Any] = schema.get("properties") or {}
        self._preserve = preserve
        self._fields: dict[str, Shape] = {}
        more = schema.get("additionalProperties")
        self._element: Mapping[str, Any] | None = None
        if isinstance(more, dict):
            self._element = more
        elif more is True or (more is None and (preserve or not self._properties)):
            self._element = _ANYTHING

    def names(self, name: str) -> bool:
        """Whether a field stands in the schema by its name."""
        return name in self._properties

    def field(self, name: str) -> Shape | None:
        """The shape of a field; None where the schema does not have it."""
        found = self._fields.get(name)
        if found is not None:
            return found
        schema = self._properties.get(name)
        if schema is not None:
            self._fields[name] = found = _reference(schema, self._preserve)
            return found
        if self._element is None:
            return None
        found = self._fields.get("")
        if found is None:
            self._fields[""] = found = _reference(self._element, self._preserve)
        return found


class Shape:
    """What may stand in a place: a scalar, a list, a map, or any of several.

    Attributes:
        scalar: ``numeric``, ``string``, ``boolean``, ``untyped``, or empty.
        list, map: how those are taken apart, where they may stand.
    """

    __slots__ = ("list", "map", "scalar")

    def __init__(self, scalar: str = "", list: ListShape | None = None, map: MapShape | None = None) -> None:
        self.scalar = scalar
        self.list = list
        self.map = map

    def kind_of(self, value: Any) -> str:
        """Which of them a value is: ``map``, ``list`` or ``scalar``; a null is whatever the place holds first."""
        if value is not None:
            if isinstance(value, dict):
                if self.map is not None:
                    return "map"
            elif isinstance(value, list):
                if self.list is not None:
                    return "list"
            elif self.scalar:
                return "scalar"
        return "map" if self.map is not None else "scalar" if self.scalar else "list"


_ANYTHING: Final[Mapping[str, Any]] = {}
_ATOMIC: Final[Mapping[str, Any]] = {"x-kubernetes-map-type": "atomic"}

UNTYPED: Final = Shape("untyped", ListShape(_ANYTHING, False), MapShape(_ATOMIC, False))
"""Anything, and one field whatever it is."""

ANYTHING: Final = Shape("untyped", ListShape(_ANYTHING, False), MapShape(_ANYTHING, False))
"""Anything, with maps taken apart."""

_SCALARS: Final[Mapping[str, str]] = {"integer": "numeric", "number": "numeric", "boolean": "boolean"}


def _shape(schema: Mapping[str, Any], preserve: bool) -> Shape:
    if schema is _ANYTHING:
        return ANYTHING
    preserve = preserve or schema.get("x-kubernetes-preserve-unknown-fields") is True
    if schema.get("x-kubernetes-embedded-resource"):
        schema = _with_metadata(schema)
    kind = schema.get("type")
    if kind == "object":
        return Shape(map=MapShape(schema, preserve))
    if kind == "array":
        return Shape(list=ListShape(schema, preserve))
    if kind == "string":
        return Shape("string" if schema.get("format", "") in ("", "byte") else "untyped")
    if kind is not None:
        return Shape(_SCALARS[kind])
    return Shape("untyped", ListShape(schema, preserve), MapShape(schema, preserve))


def _reference(schema: Mapping[str, Any], preserve: bool) -> Shape:
    """The shape of a schema that may be nothing but the name of a definition."""
    parts: Sequence[Mapping[str, Any]] = schema.get("allOf") or ()
    name = definitions.reference(schema) or (definitions.reference(parts[0]) if len(parts) == 1 else "")
    if not name:
        return _shape(schema, preserve)
    relation = schema.get("x-kubernetes-map-type")
    found = _named(name)
    if relation is None or found.map is None:
        return found
    return Shape(map=MapShape(definitions.definition(name), False, atomic=relation == "atomic"))


@cache
def _named(name: str) -> Shape:
    if name == definitions.QUANTITY:
        return Shape("untyped")
    return UNTYPED if name == _RAW_EXTENSION else _shape(definitions.definition(name), False)


def _with_metadata(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    own: Object = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"$ref": definitions.REFERENCE_PREFIX + definitions.OBJECT_META},
    }
    return {**schema, "properties": {**(schema.get("properties") or {}), **own}}


_OF_CUSTOM: Final[dict[int, tuple[KindSpec, Shape]]] = {}


def shape_of(spec: KindSpec) -> Shape:
    """The shape of a whole object."""
    if not spec.custom:
        return _named(spec.definition) if spec.definition else ANYTHING
    known = _OF_CUSTOM.get(id(spec))
    if known is None or known[0] is not spec:
        schema = spec.strategy.schema
        shape = _shape(_with_metadata(schema.schema), False) if schema is not None else ANYTHING
        _OF_CUSTOM[id(spec)] = known = (spec, shape)
    return known[1]


@cache
def _written(definition: str) -> Mapping[str, Any]:
    properties = definitions.definition(definition).get("properties", {}) if definition else {}
    return {
        field: _written(definitions.reference(properties[field]))
        if is_struct
        else _ZEROS.get(properties[field].get("type"))
        for field, is_struct in definitions.always_written(definition).items()
    }


def blank(spec: KindSpec) -> Mapping[str, Any]:
    """The object that a new one of its kind is compared with: what of it nobody needs to write. Frozen."""
    return _written(spec.definition) if not spec.custom else {"metadata": {}}
