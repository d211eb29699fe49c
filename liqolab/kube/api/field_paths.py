"""Fields of an object as paths, by the rules of its schema: what server-side apply counts as one field.

Maps are taken apart field by field unless their schema calls them atomic; lists are one field unless they are sets or
maps by key. A path is a tuple of steps in the spelling of ``FieldsV1``: ``f:<name>``, ``k:{"name":"c"}`` for an item of
a list that is a map, ``v:<value>`` for a member of a set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.schema import definitions

Path = tuple[str, ...]

UNTRACKED: Final = frozenset(
    (
        ("f:apiVersion",),
        ("f:kind",),
        *(
            ("f:metadata", f"f:{name}")
            for name in (
                "name",
                "namespace",
                "uid",
                "resourceVersion",
                "generation",
                "creationTimestamp",
                "managedFields",
                "selfLink",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
            )
        ),
    )
)
"""Fields that nobody owns."""

_DEFAULT_KEYS: Final[Mapping[str, Any]] = {"protocol": "TCP"}
"""Values of list keys that may be left out."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one place of an object is taken apart.

    Attributes:
        schema: the OpenAPI schema of the place; empty where nothing is known (then maps are granular, lists atomic).
    """

    schema: Mapping[str, Any]

    @staticmethod
    def of(spec: KindSpec) -> Shape:
        """The shape of a whole object."""
        if not spec.custom:
            return Shape({"$ref": definitions.REFERENCE_PREFIX + spec.definition})
        found = dict(spec.strategy.schema.schema if spec.strategy.schema is not None else {})
        metadata = {"$ref": definitions.REFERENCE_PREFIX + definitions.OBJECT_META}
        return Shape({**found, "properties": {**(found.get("properties") or {}), "metadata": metadata}})

    def _resolved(self) -> Mapping[str, Any]:
        name = definitions.reference(self.schema)
        if not name:
            for part in self.schema.get("allOf") or ():
                name = name or definitions.reference(part)
        return {**definitions.definition(name), **self.schema} if name else self.schema

    @property
    def atomic_map(self) -> bool:
        resolved = self._resolved()
        return resolved.get("x-kubernetes-map-type") == "atomic" or resolved.get("type") not in (None, "object")

    @property
    def list_keys(self) -> list[str] | None:
        """The keys of a list that is a map; None for every other."""
        if self.schema.get("x-kubernetes-list-type") == "map":
            return list(self.schema.get("x-kubernetes-list-map-keys") or ())
        return None

    @property
    def is_set(self) -> bool:
        return self.schema.get("x-kubernetes-list-type") == "set"

    def field(self, name: str) -> Shape:
        resolved = self._resolved()
        found = (resolved.get("properties") or {}).get(name)
        if found is None:
            more = resolved.get("additionalProperties")
            found = more if isinstance(more, dict) else {}
        return Shape(found)

    def item(self) -> Shape:
        return Shape(self._resolved().get("items") or {})


def key_step(item: Any, keys: Iterable[str]) -> str:
    """The step to an item of a list that is a map."""
    values = {key: item.get(key, _DEFAULT_KEYS.get(key)) for key in sorted(keys)} if isinstance(item, dict) else {}
    return "k:" + orjson.dumps(values).decode()


def value_step(value: Any) -> str:
    return "v:" + orjson.dumps(value).decode()


def leaves(obj: Any, shape: Shape) -> dict[Path, Any]:
    """Every field of an object that can have an owner, with its value."""
    found: dict[Path, Any] = {}
    _collect(obj, shape, (), found)
    return found


def _collect(value: Any, shape: Shape, path: Path, found: dict[Path, Any]) -> None:
    if path in UNTRACKED:
        return
    if isinstance(value, dict) and value and not shape.atomic_map:
        for name, inner in value.items():
            _collect(inner, shape.field(name), (*path, f"f:{name}"), found)
        return
    if isinstance(value, list) and value:
        keys = shape.list_keys
        if keys is not None:
            for item in value:
                step = (*path, key_step(item, keys))
                found[step] = None
                _collect(item, shape.item(), step, found)
            return
        if shape.is_set:
            found.update({(*path, value_step(item)): item for item in value})
            return
    if path:
        found[path] = value


def merge(live: Any, applied: Any, shape: Shape) -> Any:
    """`live` with everything that `applied` says. Neither is changed; parts are shared."""
    if isinstance(applied, dict) and isinstance(live, dict) and not shape.atomic_map:
        merged = dict(live)
        for name, value in applied.items():
            merged[name] = merge(live.get(name), value, shape.field(name))
        return merged
    if isinstance(applied, list) and isinstance(live, list):
        keys = shape.list_keys
        if keys is not None:
            return _merge_items(live, applied, keys, shape)
        if shape.is_set:
            return live + [item for item in applied if item not in live]
    return applied


def _merge_items(live: list[Any], applied: list[Any], keys: list[str], shape: Shape) -> list[Any]:
    wanted = {key_step(item, keys): item for item in applied}
    merged = [
        merge(item, wanted.pop(step), shape.item()) if (step := key_step(item, keys)) in wanted else item
        for item in live
    ]
    return merged + list(wanted.values())


def remove(obj: Any, path: Path, shape: Shape) -> None:
    """Take a field out of `obj`, in place, and whatever container it leaves empty."""
    step, rest = path[0], path[1:]
    if isinstance(obj, dict):
        name = step[2:]
        if name not in obj:
            return
        if rest:
            remove(obj[name], rest, shape.field(name))
        if not rest or obj[name] in ({}, []):
            del obj[name]
    elif isinstance(obj, list):
        _remove_item(obj, step, rest, shape)


def _remove_item(items: list[Any], step: str, rest: Path, shape: Shape) -> None:
    keys = shape.list_keys or ()
    for index, item in enumerate(items):
        if step == (value_step(item) if step.startswith("v:") else key_step(item, keys)):
            if rest:
                remove(item, rest, shape.item())
            else:
                del items[index]
            return


def to_fields(paths: Iterable[Path]) -> Object:
    """Paths as ``FieldsV1``."""
    tree: Object = {}
    for path in sorted(paths):
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        if path[-1].startswith("k:"):
            node["."] = {}
    return tree


def from_fields(tree: Mapping[str, Any], prefix: Path = ()) -> set[Path]:
    """The paths in a ``FieldsV1``."""
    found: set[Path] = set()
    for step, below in tree.items():
        if step == ".":
            found.add(prefix)
        elif below:
            found |= from_fields(below, (*prefix, step))
        else:
            found.add((*prefix, step))
    return found


def shown(path: Path) -> str:
    """A path as conflicts print it: ``.spec.containers[name="c"].image``."""
    text = ""
    for step in path:
        kind, body = step[:2], step[2:]
        if kind == "f:":
            text += f".{body}"
        elif kind == "k:":
            keys = orjson.loads(body)
            text += "[" + ",".join(f"{key}={orjson.dumps(value).decode()}" for key, value in keys.items()) + "]"
        else:
            text += f"[={body}]"
    return text
