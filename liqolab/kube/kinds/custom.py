"""CustomResourceDefinitions as kinds: each served version becomes a `KindSpec` and takes the road of built-in kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.jsonpath import JsonPath, JsonPathError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds.registry import version_rank
from liqolab.kube.kinds.spec import Column, KindSpec, Printer, Strategy, Subresource
from liqolab.kube.kinds.strategies.common import METADATA, carry
from liqolab.kube.schema.structural import Structural

NAME_COLUMN: Final = Column(
    "Name",
    format="name",
    description=(
        "Name must be unique within a namespace. Is required when creating resources, although some resources may "
        "allow a client to request the generation of an appropriate name automatically. Name is primarily intended for "
        "creation idempotence and configuration definition. Cannot be updated. More info: "
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
    ),
)
_AGE: Final = {
    "name": "Age",
    "type": "date",
    "jsonPath": ".metadata.creationTimestamp",
    "description": "CreationTimestamp is a timestamp representing the server time when this object was created.",
}
_READ_WRITE: Final = ("get", "patch", "update")
_SERVER_OWNED: Final = ("metadata", "status", "apiVersion", "kind")


class CustomStrategy(Strategy):
    """Custom objects: the schema says all there is to say; status is apart when the definition says so.

    Attributes:
        schema: the structural schema of the version; None when it has none.
        terminating: the definition is being deleted, and its objects before it: no new ones, please.
    """

    allow_unconditional_update = False

    def __init__(self, schema: Structural | None, *, has_status: bool) -> None:
        self.schema = schema
        self.terminating = False
        self._has_status = has_status

    def prepare_create(self, obj: Object) -> None:
        if self._has_status:
            obj.pop("status", None)

    def prepare_update(self, new: Object, old: Object) -> None:
        if self._has_status:
            carry(new, old, "status")

    def prepare_status_update(self, new: Object, old: Object) -> None:
        for field in {*new, *old} - set(_SERVER_OWNED):
            carry(new, old, field)
        for field in METADATA:
            carry(new["metadata"], old["metadata"], field)

    def validate_create(self, obj: Object) -> list[FieldError]:
        return []


def served_kinds(definition: Object, revision: int) -> list[KindSpec]:
    """The kinds that a definition declares, one for each served version, under its accepted names.

    Args:
        definition: the CustomResourceDefinition.
        revision: of the store, from which on objects are written under it.
    """
    spec = definition["spec"]
    names = (definition.get("status") or {}).get("acceptedNames") or spec["names"]
    versions = spec.get("versions") or []
    storage = next((version["name"] for version in versions if version.get("storage")), "")
    kinds = [_kind(spec, names, version, storage, revision) for version in versions if version.get("served")]
    if len(versions) == 1:
        return kinds
    home = next((_structural(version) for version in versions if version.get("storage")), None)
    return [kind if kind.storage is None else replace(kind, home=home) for kind in kinds]


def _structural(version: Object) -> Structural | None:
    schema = meta.get_path(version, "schema", "openAPIV3Schema")
    return Structural(schema) if schema else None


def _kind(spec: Object, names: Object, version: Object, storage: str, revision: int) -> KindSpec:
    namespaced = spec.get("scope") == "Namespaced"

    def resource(name: str) -> Resource:
        return Resource(spec["group"], name, names["plural"], names["kind"], namespaced)

    declared, conversion = version.get("subresources") or {}, spec.get("conversion") or {}
    schema = _structural(version)
    strategy = CustomStrategy(schema, has_status="status" in declared)
    return KindSpec(
        resource=resource(version["name"]),
        singular=names.get("singular") or names["kind"].lower(),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=_subresources(declared),
        printer=_printer(version.get("additionalPrinterColumns") or [_AGE]),
        strategy=strategy,
        selectable=_selectable(version.get("selectableFields") or ()),
        crd_version=version,
        storage=None if version["name"] == storage else resource(storage),
        conversion=conversion.get("webhook") if conversion.get("strategy") == "Webhook" else None,
        settled=revision if schema else -1,
        list_kind=names.get("listKind") or f"{names['kind']}List",
        deprecation=_deprecation(spec, names, version),
    )


def _deprecation(spec: Object, names: Object, version: Object) -> str:
    """The text in the version, or one that names the newest version to use instead."""
    if not version.get("deprecated"):
        return ""
    if text := version.get("deprecationWarning"):
        return str(text)
    text = f"{spec['group']}/{version['name']} {names['kind']} is deprecated"
    ranked = sorted(
        (row["name"] for row in spec.get("versions") or [] if row.get("served") and not row.get("deprecated")),
        key=version_rank,
    )
    if ranked and version_rank(ranked[0]) < version_rank(version["name"]):
        text += f"; use {spec['group']}/{ranked[0]} {names['kind']}"
    return text


def _subresources(declared: Object) -> tuple[Subresource, ...]:
    rows = []
    if "status" in declared:
        rows.append(Subresource("status", _READ_WRITE))
    if "scale" in declared:
        rows.append(Subresource("scale", _READ_WRITE, "Scale", "autoscaling", "v1"))
    return tuple(rows)


def _selectable(rows: Sequence[Object]) -> dict[str, Callable[[Object], str]]:
    def getter(path: JsonPath) -> Callable[[Object], str]:
        def get(obj: Object) -> str:
            found = path.find(obj)
            value = found[0] if found else ""
            return str(value).lower() if isinstance(value, bool) else str(value)

        return get

    return {row["jsonPath"].lstrip("."): getter(JsonPath(row["jsonPath"])) for row in rows}


def _printer(rows: Sequence[Object]) -> Printer:
    columns = [NAME_COLUMN]
    readers: list[tuple[JsonPath | None, str]] = []
    for row in rows:
        path, kind = row.get("jsonPath", ""), row.get("type", "string")
        default = f"Custom resource definition column (in JSONPath format): {path}"
        columns.append(
            Column(row["name"], kind, row.get("format", ""), row.get("description") or default, row.get("priority", 0))
        )
        readers.append((_parse(path), kind))

    def cells(obj: Object, now: float) -> list[Any]:
        return [obj["metadata"]["name"], *(_cell(path, kind, obj, now) for path, kind in readers)]

    return Printer(columns, cells)


def _parse(path: str) -> JsonPath | None:
    try:
        return JsonPath(path)
    except JsonPathError:
        return None


def _cell(path: JsonPath | None, kind: str, obj: Object, now: float) -> Any:
    """The first value at `path`, as the column's type prints it; None when there is none."""
    found = path.find(obj) if path is not None else []
    if not found or found[0] is None:
        return None
    value = found[0]
    if kind == "date":
        return _age(value, now)
    if kind == "string":
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if kind == "integer" else value


def _age(value: Any, now: float = 0.0) -> str:
    try:
        moment = timestamps.parse(str(value)).timestamp()
    except ValueError:
        return "<invalid>"
    return timestamps.human_duration((now or clock.time()) - moment)
