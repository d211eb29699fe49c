"""What is wrong with a document that somebody applies, in the words of structured-merge-diff.

Its messages print values as Go does, internal types included; clients show them as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from liqolab.apimachinery.golang import plain, syntax, type_name
from liqolab.kube.fields.shapes import ListShape, MapShape, Shape, StepError
from liqolab.kube.fields.trees import shown_step

_EXPECTED = {
    "numeric": "numeric (int or float), got {type}",
    "string": "string, got &value.valueUnstructured{{Value:{syntax}}}",
    "boolean": "boolean, got &{{{plain}}}",
    "untyped": "any scalar, got &{{{plain}}}",
}


def problems(obj: Any, shape: Shape) -> str:
    """Everything that is wrong with a document as one text; empty when it is fine."""
    found = list(_problems(obj, shape, ""))
    if len(found) == 1:
        return found[0]
    return "\n".join(["errors:", *(f"  {text}" for text in found)]) if found else ""


def _at(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def _problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if value is None:
        return
    kind = shape.kind_of(value)
    if kind == "map" and shape.map is not None:
        if isinstance(value, dict):
            yield from _of_map(value, shape.map, path)
        else:
            yield _at(path, f"expected map, got &{{{plain(value)}}}")
    elif kind == "list" and shape.list is not None:
        if isinstance(value, list):
            yield from _of_list(value, shape.list, path)
        else:
            yield _at(path, f"expected list, got &{{{plain(value)}}}")
    elif not _fits(value, shape.scalar):
        text = _EXPECTED[shape.scalar].format(type=type_name(value), syntax=syntax(value), plain=plain(value))
        yield _at(path, f"expected {text}")


def _of_map(value: Mapping[str, Any], shape: MapShape, path: str) -> Iterator[str]:
    for name, inner in value.items():
        below = shape.field(name)
        if below is None:
            # The real one does not look at the rest of such an object either.
            yield _at(f"{path}.{name}", "field not declared in schema")
            return
        yield from _problems(inner, below, f"{path}.{name}")


def _of_list(value: list[Any], shape: ListShape, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, item in enumerate(value):
        if shape.atomic:
            yield from _problems(item, shape.item, f"{path}[{index}]")
            continue
        try:
            step = shape.step(item)
        except StepError as error:
            yield _at(path, f"element {index}: {error}")
            return
        if step in seen:
            yield _at(path, f"duplicate entries for key {shown_step(step)}")
        seen.add(step)
        yield from _problems(item, shape.item, path + shown_step(step))


def _fits(value: Any, scalar: str) -> bool:
    if scalar == "string":
        return isinstance(value, str)
    if scalar == "boolean":
        return isinstance(value, bool)
    if scalar == "numeric":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, (str, int, float, bool))
