"""Structural schemas: what a CustomResourceDefinition's schema does to objects, namely prune, default and validate.

A schema is compiled once into nodes, one for each place in the object that it says something about. The three
operations are walks over the object along those nodes; where an object has nothing, nothing is done, so their cost
follows the size of the object and not that of the schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.resources import Object
from liqolab.kube.schema import definitions
from liqolab.kube.schema.builtin import TypeMismatchError, cannot_be_handled, conform
from liqolab.kube.schema.validation import Validator

_ROOT_FIELDS = frozenset(("apiVersion", "kind", "metadata"))
"""Fields of every object, at the root and in embedded resources; never pruned."""


class _Node:
    """The part of a schema that pruning and defaulting need.

    Attributes:
        fields: nodes of the declared properties.
        values: node of the values of a map (``additionalProperties``); None when the schema declares no map.
        items: node of the elements of a list.
        open: whether undeclared fields are kept.
        embedded: whether the value is a whole Kubernetes object.
        nullable: whether null is a value.
        defaults: property → its default.
    """

    __slots__ = ("defaults", "embedded", "fields", "free_map", "items", "nullable", "open", "values")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        self.fields = {name: _Node(sub) for name, sub in properties.items()}
        additional = schema.get("additionalProperties")
        self.values = _Node(additional) if isinstance(additional, dict) else None
        self.free_map = additional is True
        self.items = _Node(schema["items"]) if isinstance(schema.get("items"), dict) else None
        self.open = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
        self.embedded = bool(schema.get("x-kubernetes-embedded-resource"))
        self.nullable = bool(schema.get("nullable"))
        self.defaults = {name: sub["default"] for name, sub in properties.items() if sub.get("default") is not None}


class Structural:
    """The compiled schema of one version of a custom kind.

    Args:
        schema: ``spec.versions[].schema.openAPIV3Schema``.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self._root = _Node(schema)
        self._has_embedded = _has_embedded(self._root)
        self._validator = Validator(schema)

    def prune(self, obj: Object) -> list[str]:
        """Remove the fields that the schema does not declare, in place.

        Returns:
            Their paths (``spec.zzz``), sorted.

        Raises:
            ApiError: 400, if metadata, which no schema describes, cannot be decoded.
        """
        removed: list[str] = []
        try:
            _prune(obj, self._root, "", removed, True)
        except TypeMismatchError as error:
            raise cannot_be_handled(obj, error) from None
        return sorted(removed)

    def default(self, obj: Object, *, keep_nulls: bool = False) -> None:
        """Fill in defaults, in place. A null where none is allowed counts as absent, unless `keep_nulls` leaves those
        without a default to the validation.
        """
        _default(obj, self._root, keep_nulls)

    def validate(
        self, obj: Object, old: Object | None, warnings: list[str], besides: Iterable[FieldError], *, only_status: bool
    ) -> list[FieldError]:
        """What is wrong with a pruned and defaulted object; see `Validator`."""
        return self._validator.validate(obj, old, warnings, besides, only_status=only_status)

    def complete(self, errors: list[FieldError], obj: Object) -> list[FieldError]:
        """The errors found so far in a new object, and what is wrong with it whatever its fields are."""
        return self._validator.complete(errors, obj, None, [])

    def embedded(self, obj: Object) -> Iterator[tuple[str, Object]]:
        """The whole objects inside of one, with their paths."""
        return _embedded(obj, self._root, "") if self._has_embedded else iter(())

    def check_default(self, value: Any, where: str) -> tuple[bool, list[FieldError]]:
        """Whether a default of this schema has fields that it does not declare, and what else is wrong with it.

        Args:
            value: the default.
            where: its path in the definition, as errors give it.
        """
        removed: list[str] = []
        _prune(deep_copy(value), self._root, "", removed, self._root.embedded)
        return bool(removed), self._validator.check(value, where)


def _has_embedded(node: _Node) -> bool:
    below = [*node.fields.values(), *(sub for sub in (node.values, node.items) if sub is not None)]
    return node.embedded or any(map(_has_embedded, below))


def _embedded(value: Any, node: _Node, path: str) -> Iterator[tuple[str, Object]]:
    if isinstance(value, dict):
        if node.embedded:
            yield path, value
        for field, below in value.items():
            if (child := node.fields.get(field)) is not None:
                yield from _embedded(below, child, f"{path}.{field}" if path else field)
            elif node.values is not None:
                yield from _embedded(below, node.values, f"{path}[{field}]")
    elif isinstance(value, list) and node.items is not None:
        for index, item in enumerate(value):
            yield from _embedded(item, node.items, f"{path}[{index}]")


def _prune(value: Any, node: _Node | None, path: str, removed: list[str], resource: bool = False) -> None:
    if isinstance(value, dict):
        _prune_object(value, node, path, removed, resource or (node is not None and node.embedded))
    elif isinstance(value, list):
        items = node.items if node is not None else None
        if items is None and node is not None and node.open:
            return
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                _prune(item, items, f"{path}[{index}]", removed)


def _prune_object(value: Object, node: _Node | None, path: str, removed: list[str], resource: bool) -> None:
    prefix = f"{path}." if path else ""
    for field in list(value):
        below = value[field]
        if resource and field in _ROOT_FIELDS:
            if field == "metadata" and isinstance(below, dict):
                removed += _prune_metadata(below, prefix + field)
            continue
        child = None if node is None else node.fields.get(field, node.values)
        if child is not None:
            if isinstance(below, dict | list):
                _prune(below, child, prefix + field, removed)
        elif node is None or not (node.open or node.free_map):
            removed.append(prefix + field)
            del value[field]


def _prune_metadata(metadata: Object, path: str) -> list[str]:
    return [f"{path}.{field}" for field in conform(definitions.OBJECT_META, metadata)]


def _default(value: Any, node: _Node, keep_nulls: bool) -> None:
    if isinstance(value, dict):
        for field, default in node.defaults.items():
            if field not in value or (value[field] is None and not node.fields[field].nullable):
                value[field] = deep_copy(default)
        for field in list(value):
            child = node.fields.get(field) or node.values
            if child is None:
                continue
            below = value[field]
            if below is None:
                if not child.nullable and not keep_nulls:
                    del value[field]
            elif isinstance(below, dict | list):
                _default(below, child, keep_nulls)
    elif isinstance(value, list) and node.items is not None:
        for item in value:
            if isinstance(item, dict | list):
                _default(item, node.items, keep_nulls)
