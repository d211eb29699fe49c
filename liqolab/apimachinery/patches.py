"""Patches that need no schema: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396).

Where the library of a real API server is laxer than the RFC, so are we: a field that is replaced or copied need not be
there, and a value that is left out is null.

All functions return new documents and leave their arguments alone, deeply: objects from stores and caches are shared,
and what comes out of a patch is changed further (defaulting, admission).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.resources import Object

MAX_OPERATIONS = 10_000
"""Most operations that one JSON Patch may have."""


class PatchError(ValueError):
    """A patch that cannot be applied to the document.

    Attributes:
        code: the HTTP status of the API server's answer; most faults in a strategic merge patch are its 500.
    """

    def __init__(self, text: str, code: int = 500) -> None:
        super().__init__(text)
        self.code = code


class PatchTestError(PatchError):
    """A ``test`` operation that did not hold."""


def apply_json_patch(document: Any, operations: Iterable[Mapping[str, Any]]) -> Any:
    """`document` after all operations.

    Raises:
        PatchError: if an operation is malformed or does not apply; `PatchTestError` if a ``test`` fails.
    """
    if not isinstance(operations, list):
        raise PatchError("a JSON patch is a list of operations")
    if len(operations) > MAX_OPERATIONS:
        text = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}"
        raise PatchError(text)
    root = [deep_copy(document)]
    for operation in operations:
        if not isinstance(operation, dict):
            raise PatchError("an operation of a JSON patch is an object")
        handler = _HANDLERS.get(operation.get("op", ""))
        if handler is None:
            raise PatchError(f"unexpected kind of operation: {operation.get('op')!r}")
        handler(root, operation)
    return root[0]


def _pointer(operation: Mapping[str, Any], field: str) -> list[str]:
    text = operation.get(field)
    if not isinstance(text, str):
        raise PatchError(f"{operation.get('op')} operation: missing {field}")
    if text and not text.startswith("/"):
        raise PatchError(f"{operation.get('op')} operation: {text!r} is not a JSON pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _value(operation: Mapping[str, Any]) -> Any:
    return deep_copy(operation.get("value"))


def _parent(root: list[Any], path: list[str]) -> tuple[Any, Any]:
    """The container that a pointer ends in, and the key or index within it; the document itself is ``root[0]``."""
    container: Any = root
    key: Any = 0
    for part in path:
        container = _child(container, key, part)
        key = part
    if isinstance(container, list) and container is not root:
        key = -1 if key == "-" else _index(key)
    elif not isinstance(container, dict | list):
        raise PatchError(f"{'/'.join(['', *path])}: the parent is neither an object nor a list")
    return container, key


def _child(container: Any, key: Any, wanted: str) -> Any:
    if isinstance(container, dict) and key in container:
        return container[key]
    if isinstance(container, list):
        index = key if isinstance(key, int) else _index(key)
        if 0 <= index < len(container):
            return container[index]
    raise PatchError(f"cannot reach {wanted!r}: there is no {key!r}")


def _index(text: str) -> int:
    if not text.isdecimal() or (len(text) > 1 and text[0] == "0"):
        raise PatchError(f"{text!r} is not an index")
    return int(text)


def _get(root: list[Any], path: list[str]) -> Any:
    container, key = _parent(root, path)
    if isinstance(container, list) and not 0 <= key < len(container):
        raise PatchError(f"{'/'.join(['', *path])}: there is no such element")
    if isinstance(container, dict) and key not in container:
        raise PatchError(f"{'/'.join(['', *path])}: there is no such field")
    return container[key]


def _put(root: list[Any], path: list[str], value: Any) -> None:
    container, key = _parent(root, path)
    if container is root or isinstance(container, dict):
        container[key] = value
    elif path[-1] == "-":
        container.append(value)
    elif key <= len(container):
        container.insert(key, value)
    else:
        raise PatchError(f"{'/'.join(['', *path])}: the list has {len(container)} elements")


def _take(root: list[Any], path: list[str]) -> Any:
    value = _get(root, path)
    container, key = _parent(root, path)
    if container is root:
        raise PatchError("the whole document cannot be removed")
    del container[key]
    return value


def _add(root: list[Any], operation: Mapping[str, Any]) -> None:
    _put(root, _pointer(operation, "path"), _value(operation))


def _remove(root: list[Any], operation: Mapping[str, Any]) -> None:
    _take(root, _pointer(operation, "path"))


def _replace(root: list[Any], operation: Mapping[str, Any]) -> None:
    path, value = _pointer(operation, "path"), _value(operation)
    container, key = _parent(root, path)
    if not isinstance(container, dict):
        _get(root, path)
    container[key] = value


def _move(root: list[Any], operation: Mapping[str, Any]) -> None:
    source, target = _pointer(operation, "from"), _pointer(operation, "path")
    if len(target) > len(source) and target[: len(source)] == source:
        raise PatchError("an element cannot be moved into itself")
    _put(root, target, _take(root, source))


def _copy(root: list[Any], operation: Mapping[str, Any]) -> None:
    source = _pointer(operation, "from")
    container, key = _parent(root, source)
    found = container.get(key) if isinstance(container, dict) else _get(root, source)
    _put(root, _pointer(operation, "path"), deep_copy(found))


def _test(root: list[Any], operation: Mapping[str, Any]) -> None:
    path = _pointer(operation, "path")
    expected = operation.get("value")
    try:
        found = _get(root, path)
    except PatchError:
        # A test for null holds for a field that is not there, as in the library that Kubernetes uses.
        if expected is None:
            return
        raise
    if not json_equal(found, expected):
        raise PatchTestError(f"testing value {operation.get('path')} failed")


_HANDLERS: dict[str, Callable[[list[Any], Mapping[str, Any]], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def json_equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(json_equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    return bool(left == right)


def apply_merge_patch(document: Any, patch: Any) -> Any:
    """`document` with the fields of `patch` set, and those that are null in it removed."""
    if not isinstance(patch, dict):
        return deep_copy(patch)
    return _merge(deep_copy(document) if isinstance(document, dict) else {}, patch)


def _merge(target: Object, patch: Mapping[str, Any]) -> Object:
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            current = target.get(key)
            target[key] = _merge(current if isinstance(current, dict) else {}, value)
        else:
            target[key] = deep_copy(value)
    return target


def diff_merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> Object:
    """The merge patch that turns `old` into `new`; empty when they are equal.

    Fields that are null in `new` cannot be told from absent ones, by the nature of merge patches.
    """
    patch: Object = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key not in old:
            patch[key] = deep_copy(value)
            continue
        before = old[key]
        if isinstance(value, dict) and isinstance(before, dict):
            if changes := diff_merge(before, value):
                patch[key] = changes
        elif not json_equal(value, before):
            patch[key] = deep_copy(value)
    return patch
