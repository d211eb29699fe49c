"""The OpenAPI definitions of built-in kinds: one compressed file, read when a definition is first asked for.

They drive everything that is said about fields without naming them: type checks, unknown fields, merge keys of
strategic patches, field ownership, OpenAPI documents. Descriptions are three quarters of the text and of no use on a
request's path, so they live in a file of their own and are not kept in memory.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from liqolab.apimachinery.resources import Object

DATA = Path(__file__).parent / "data"

QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"

REFERENCE_PREFIX = "#/definitions/"


def read_data(name: str) -> Any:
    """The content of one of the shipped data files (see ``tools/build_schema.py``)."""
    return orjson.loads(lzma.decompress((DATA / name).read_bytes()))


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = read_data("definitions.json.xz")
    return data


def all_definitions() -> Mapping[str, Object]:
    """Every definition by name, without descriptions. Shared: do not change."""
    definitions: Mapping[str, Object] = _data()["definitions"]
    return definitions


def omitted_when_empty(name: str) -> frozenset[str]:
    """The fields of a definition that a real server does not write when they are empty, false or zero."""
    return frozenset(_data()["omitted"].get(name, ()))


@cache
def _always_written() -> Mapping[str, Mapping[str, int]]:
    written: Mapping[str, Mapping[str, int]] = read_data("written.json.xz")
    return written


def always_written(name: str) -> Mapping[str, int]:
    """The fields of a definition that JSON never lacks: 1 for an object with what is in it, 0 for what is zero until
    somebody fills it.
    """
    return _always_written().get(name, {})


def definition(name: str) -> Object:
    """The OpenAPI v2 definition called `name` (``io.k8s.api.core.v1.Pod``), without descriptions.

    Raises:
        KeyError: there is none.
    """
    return all_definitions()[name]


def descriptions() -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """Definition name → (its description, field → description). Half a megabyte: use it and let it go."""
    found: Mapping[str, tuple[str, Mapping[str, str]]] = read_data("descriptions.json.xz")
    return found


def published() -> Mapping[str, Object]:
    """Definition name → what a real server publishes of it besides: defaults, allowed values, unions. Use it and let it
    go (see ``tools/build_published.py``).
    """
    found: Mapping[str, Object] = read_data("published.json.xz")
    return found


def reference(schema: Mapping[str, Any]) -> str:
    """The name of the definition that a schema refers to, or an empty string."""
    target: str = schema.get("$ref", "")
    return target.removeprefix(REFERENCE_PREFIX)


def resolve(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, or the definition that it refers to."""
    name = reference(schema)
    return all_definitions()[name] if name else schema


@cache
def _by_kind() -> Mapping[tuple[str, str, str], str]:
    return {
        (row["group"], row["version"], row["kind"]): name
        for name, schema in all_definitions().items()
        for row in schema.get("x-kubernetes-group-version-kind", ())
    }


def name_of_kind(group: str, version: str, kind: str) -> str:
    """The definition of a kind, or an empty string."""
    return _by_kind().get((group, version, kind), "")


def referenced(schema: Any) -> Iterator[str]:
    """The names of the definitions that a schema refers to directly."""
    if isinstance(schema, dict):
        if isinstance(target := schema.get("$ref"), str):
            yield target.removeprefix(REFERENCE_PREFIX)
        for value in schema.values():
            yield from referenced(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from referenced(value)
