"""Cells that several kinds share: ages, selectors, the containers of a template, short lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.spec import Column, Printer

NONE = "<none>"
UNKNOWN = "<unknown>"
UNSET = "<unset>"

NAME = Column("Name", format="name")
AGE = Column("Age")
CONTAINERS = Column("Containers", priority=1)
IMAGES = Column("Images", priority=1)
SELECTOR = Column("Selector", priority=1)


def integer(name: str, priority: int = 0) -> Column:
    return Column(name, type="integer", priority=priority)


def wide(name: str) -> Column:
    return Column(name, priority=1)


def columns(*names: str) -> Sequence[Column]:
    """Plain string columns after the name."""
    return (NAME, *(Column(name) for name in names))


def name(obj: Object) -> str:
    return str(obj["metadata"].get("name", ""))


def elapsed(since: str | None, now: float) -> str:
    """How long ago a timestamp was, as people read it."""
    if not since:
        return UNKNOWN
    return timestamps.human_duration(now - timestamps.parse(since).timestamp())


def age(obj: Object, now: float) -> str:
    return elapsed(obj["metadata"].get("creationTimestamp"), now)


def created_at(obj: Object, now: float) -> list[Any]:
    return [name(obj), obj["metadata"].get("creationTimestamp")]


CREATED_AT = Printer((NAME, Column("Created At", type="date")), created_at)
"""Kinds without columns of their own."""


def counted(column: str, count: Callable[[Object], int], *, type: str = "string") -> Printer:
    """Name, one number, age."""

    def cells(obj: Object, now: float) -> list[Any]:
        return [name(obj), count(obj), age(obj, now)]

    return Printer((NAME, Column(column, type=type), AGE), cells)


def _scale(obj: Object, now: float) -> list[Any]:
    return [name(obj), *(obj[part].get("replicas") or 0 for part in ("spec", "status")), age(obj, now)]


_AVAILABLE = "replicas is the actual number of observed instances of the scaled object."
SCALE = Printer(
    (
        Column("Name"),
        Column("Desired", "integer", description="replicas is the desired number of instances for the scaled object."),
        Column("Available", "integer", description=_AVAILABLE),
        AGE,
    ),
    _scale,
)


def join_some(items: Iterable[str], limit: int = 3) -> str:
    """The first `limit` items, and how many there are besides."""
    listed = list(items)
    text = ",".join(listed[:limit])
    more = len(listed) - limit
    return f"{text} + {more} more..." if more > 0 else text


def labels(mapping: Object | None, empty: str = NONE) -> str:
    return ",".join(f"{key}={mapping[key]}" for key in sorted(mapping)) if mapping else empty


_OPERATORS = {"In": "in", "NotIn": "notin"}


def label_selector(selector: Object | None) -> str:
    """A ``metav1.LabelSelector`` as ``a=b,c in (x,y),!d``; ``<none>`` selects everything or nothing."""
    if selector is None:
        return NONE
    parts = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        key, operator = expression["key"], expression["operator"]
        if operator in _OPERATORS:
            values = ",".join(sorted(expression.get("values") or []))
            parts.append((key, f"{key} {_OPERATORS[operator]} ({values})"))
        else:
            parts.append((key, f"!{key}" if operator == "DoesNotExist" else key))
    return ",".join(text for _, text in sorted(parts, key=lambda part: part[0])) or NONE


def containers(template_spec: Object) -> list[str]:
    """Names and images of the containers, one cell each."""
    listed = template_spec.get("containers") or []
    return [",".join(c.get("name", "") for c in listed), ",".join(c.get("image", "") for c in listed)]


def template_cells(obj: Object) -> list[str]:
    """Containers, Images and Selector of a workload."""
    spec = obj.get("spec") or {}
    template = (spec.get("template") or {}).get("spec") or {}
    return [*containers(template), label_selector(spec.get("selector"))]
