"""Strange requests, made by chance: what nobody would think of writing down, and what somebody will type one day.

A body starts as one that holds, and is changed at a few places that the kind's schema knows: optional fields come in,
values go to their bounds and beyond, elements come twice, types are wrong. The same seed makes the same requests.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Schema = dict[str, Any]

_TEXTS: Final = (
    *("", "a", "x-1", "A", "a.b", "-a", "a_b", "a b", "a" * 64, "a" * 254, "1", "0", "-1", "100%", "101%", "50%"),
    *("a/b", "A/B", "/a", "../a", "/", ".", "10.0.0.1", "10.0.0.0/8", "010.0.0.1", "::1", "fe80::/64", "1Gi", "1.5"),
    *("-1Gi", "100m", "1e3", "abc", "1.5Ki", "TCP", "tcp", "Always", "None", "example.com/a", "kubernetes.io/a"),
    *("http://a.b", "https://a.b/c", "2020-01-01T00:00:00Z", "yesterday", "* * * * *", "$(A)", "é"),
)
_NUMBERS: Final = (
    0,
    1,
    -1,
    2,
    80,
    100,
    101,
    443,
    1000,
    30000,
    65535,
    65536,
    600,
    3600,
    86400,
    100000,
    2**31 - 1,
    2**31,
    -(2**31),
)
_WRONG: Final[tuple[Any, ...]] = ("text", 7, 1.5, True, None, [], {}, ["a"], {"a": "b"}, [1], [{}], 2**63)
_DEPTH: Final = 3


@dataclass(frozen=True)
class Schemas:
    """The definitions of an OpenAPI 3 document."""

    definitions: dict[str, Schema]

    def resolved(self, schema: Schema) -> Schema:
        """What a reference refers to."""
        for inner in schema.get("allOf", ()):
            schema = schema | inner
        name = schema.get("$ref", "").rpartition("/")[2]
        return self.resolved(self.definitions[name]) if name else schema

    def child(self, schema: Schema, step: str | int) -> Schema:
        """The schema of a field, an element or a value of a map; empty for one that is not known."""
        schema = self.resolved(schema)
        if isinstance(step, int):
            found = schema.get("items", {})
        else:
            found = schema.get("properties", {}).get(step) or schema.get("additionalProperties") or {}
        return self.resolved(found) if isinstance(found, dict) else {}


class Strange:
    """Makes bodies strange, by chance."""

    def __init__(self, chance: random.Random, schemas: Schemas) -> None:
        self._chance = chance
        self._schemas = schemas

    def body(self, body: dict[str, Any], schema: Schema) -> dict[str, Any]:
        """A copy of `body`, changed at one to three places; its name and kind stay."""
        changed = copy.deepcopy(body)
        for _ in range(self._chance.choice((1, 1, 1, 2, 2, 3))):
            self._change(changed, schema)
        return changed

    def _change(self, body: dict[str, Any], schema: Schema) -> None:
        places = [place for place in _places(body, schema, self._schemas, ()) if _is_free(place[2])]
        container, known, path = self._chance.choice(places)
        ways = [
            self._add,
            self._add,
            self._add,
            self._replace,
            self._replace,
            self._take_away,
            self._mistype,
            self._twice,
        ]
        self._chance.choice(ways)(container, known, path)

    def _add(self, container: Any, schema: Schema, path: tuple[str | int, ...]) -> None:
        if isinstance(container, list):
            container.append(self.value(self._schemas.child(schema, 0), ""))
            return
        fields = sorted(
            name for name in schema.get("properties", ()) if name not in container and _is_free((*path, name))
        )
        if fields and self._chance.random() < 0.96:
            name = self._chance.choice(fields)
            container[name] = self.value(self._schemas.child(schema, name), name)
        elif "additionalProperties" in schema:
            container[self._chance.choice(_TEXTS)] = self.value(self._schemas.child(schema, "a"), "")
        else:
            container["unknown"] = 1

    def _replace(self, container: Any, schema: Schema, path: tuple[str | int, ...]) -> None:
        if (step := self._step(container, path)) is not None:
            container[step] = self.value(self._schemas.child(schema, step), str(step))

    def _take_away(self, container: Any, _: Schema, path: tuple[str | int, ...]) -> None:
        if (step := self._step(container, path)) is not None:
            del container[step]

    def _mistype(self, container: Any, _: Schema, path: tuple[str | int, ...]) -> None:
        if (step := self._step(container, path)) is not None:
            container[step] = copy.deepcopy(self._chance.choice(_WRONG))

    def _twice(self, container: Any, schema: Schema, path: tuple[str | int, ...]) -> None:
        if isinstance(container, list) and container:
            container.append(copy.deepcopy(self._chance.choice(container)))
        else:
            self._replace(container, schema, path)

    def _step(self, container: Any, path: tuple[str | int, ...]) -> Any:
        steps = list(range(len(container))) if isinstance(container, list) else sorted(container)
        free = [step for step in steps if _is_free((*path, step))]
        return self._chance.choice(free) if free else None

    def value(self, schema: Schema, name: str, depth: int = 0) -> Any:
        """Something that the schema allows in form, if perhaps not in substance."""
        chance = self._chance
        kind = schema.get("type")
        if "enum" in schema and chance.random() < 0.8:
            return chance.choice(schema["enum"])
        if kind == "integer":
            return chance.choice(_NUMBERS)
        if kind == "number":
            return chance.choice((*_NUMBERS, 1.5))
        if kind == "boolean":
            return chance.random() < 0.7
        if kind == "array":
            count = chance.choice((0, 1, 1, 1, 2)) if depth < _DEPTH else 0
            return [self.value(self._schemas.child(schema, 0), name, depth + 1) for _ in range(count)]
        if kind == "object" or "properties" in schema:
            return self._object(schema, depth)
        if schema.get("oneOf"):
            return chance.choice((*_TEXTS, *_NUMBERS))
        return chance.choice(_TEXTS)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        chance = self._chance
        properties = schema.get("properties")
        if properties is None:
            inner = self._schemas.child(schema, "a")
            count = chance.choice((0, 1, 1, 2)) if depth < _DEPTH else 0
            return {chance.choice(_TEXTS): self.value(inner, "", depth + 1) for _ in range(count)}
        wanted = [name for name in schema.get("required", ()) if chance.random() < 0.9]
        if depth < _DEPTH:
            others = sorted(properties.keys() - set(wanted))
            wanted += chance.sample(others, min(len(others), chance.choice((0, 1, 1, 2, 3))))
        return {name: self.value(self._schemas.child(schema, name), name, depth + 1) for name in wanted}


def _is_free(path: tuple[str | int, ...]) -> bool:
    """Not what the server needs in order to know what the request is about, and not what it writes itself."""
    if not path:
        return True
    if path[0] in ("apiVersion", "kind", "status"):
        return False
    if path[0] == "metadata" and len(path) > 1:
        return path[1] in ("labels", "annotations", "finalizers", "ownerReferences")
    return path != ("metadata",)


def _places(
    value: Any, schema: Schema, schemas: Schemas, path: tuple[str | int, ...]
) -> Iterator[tuple[Any, Schema, tuple[str | int, ...]]]:
    """Every container of a body, with its schema and its path."""
    if isinstance(value, dict):
        yield value, schema, path
        for key, inner in value.items():
            yield from _places(inner, schemas.child(schema, key), schemas, (*path, key))
    elif isinstance(value, list):
        yield value, schema, path
        for index, inner in enumerate(value):
            yield from _places(inner, schemas.child(schema, index), schemas, (*path, index))
