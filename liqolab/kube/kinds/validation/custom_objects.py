"""What a real server checks of custom objects beside their schema: that whole objects inside of them say what they
are, and that their Scale can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import invalid_value, required
from liqolab.kube.kinds.metadata import embedded_metadata_errors

_MOST_REPLICAS: Final = 2**31 - 1
_MIXED_CASE: Final = "may have mixed case, but should otherwise match: "
_GO_TYPES: Final = {bool: "bool", int: "int64", float: "float64", str: "string", list: "[]interface {}"}
_GO_MAP: Final = "map[string]interface {}"


class UnreadableError(ValueError):
    """A field of a custom object is not what its path promises; the text is the server's."""


def nested(obj: Object, path: str, wanted: type) -> Any:
    """What stands at a path such as ``.spec.replicas``; None when there is nothing.

    Raises:
        UnreadableError: it is of another type than `wanted` (int or str), or lies below what is no object.
    """
    steps = path.removeprefix(".").split(".")
    value: Any = obj
    for at, step in enumerate(steps):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _unreadable(steps[: at + 1], value, "map[string]interface{}")
        if step not in value:
            return None
        value = value[step]
    if type(value) is not wanted:
        raise _unreadable(steps, value, _GO_TYPES[wanted])
    return value


def _unreadable(steps: list[str], value: Any, wanted: str) -> UnreadableError:
    shown = "<nil>" if value is None else str(value).lower() if isinstance(value, bool) else value
    found = "<nil>" if value is None else _GO_TYPES.get(type(value), _GO_MAP)
    return UnreadableError(f".{'.'.join(steps)} accessor error: {shown} is of the type {found}, expected {wanted}")


def scale_errors(obj: Object, paths: Mapping[str, str], *, only_status: bool) -> Iterator[FieldError]:
    """What keeps the Scale of an object from being read.

    Args:
        obj: the object.
        paths: ``subresources.scale`` of its definition.
        only_status: its status alone is written.
    """
    for field in ("specReplicasPath", "statusReplicasPath")[only_status:]:
        path = paths[field]
        try:
            replicas = nested(obj, path, int) or 0
        except UnreadableError as error:
            yield invalid_value(path, 0, str(error))
            continue
        if replicas < 0:
            yield invalid_value(path, replicas, "should be a non-negative integer")
        elif replicas > _MOST_REPLICAS:
            yield invalid_value(path, replicas, f"should be less than or equal to {_MOST_REPLICAS}")
    if path := paths.get("labelSelectorPath") or "":
        try:
            nested(obj, path, str)
        except UnreadableError as error:
            yield invalid_value(path, "", str(error))


def embedded_errors(obj: Object, path: str) -> Iterator[FieldError]:
    """What is wrong with the head of an object that a schema declares to be a whole one."""
    for field in ("apiVersion", "kind"):
        if field not in obj:
            yield required(f"{path}.{field}")
    for field, value in obj.items():
        where = f"{path}.{field}"
        if field in ("apiVersion", "kind"):
            if not isinstance(value, str):
                yield invalid_value(where, value, "must be a string")
            elif not value:
                yield invalid_value(where, value, "must not be empty")
            elif field == "kind":
                if problems := names.dns1035_label(value.lower()):
                    yield invalid_value(where, value, _MIXED_CASE + ",".join(problems))
            elif value.count("/") > 1:
                yield invalid_value(where, value, f"unexpected GroupVersion string: {value}")
        elif field == "metadata" and isinstance(value, dict):
            yield from embedded_metadata_errors(value, where)
