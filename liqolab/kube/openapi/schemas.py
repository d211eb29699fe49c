"""The schemas of OpenAPI documents, in both versions: built-in definitions with descriptions, and those of CRDs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.schema import definitions

_GVK: Final = "x-kubernetes-group-version-kind"
_API_VERSION: Final = {
    "type": "string",
    "description": "APIVersion defines the versioned schema of this representation of an object.",
}
_KIND: Final = {"type": "string", "description": "Kind is the REST resource that this object represents."}
_METADATA: Final = {
    "$ref": definitions.REFERENCE_PREFIX + definitions.OBJECT_META,
    "description": "Standard object's metadata.",
}
_LIST_METADATA: Final = {
    "$ref": definitions.REFERENCE_PREFIX + definitions.LIST_META,
    "description": "Standard list metadata.",
}


def definition_name(spec: KindSpec) -> str:
    """The name of a kind's definition; for custom kinds the group's parts reversed, the version and the kind."""
    if spec.definition:
        return spec.published or spec.definition
    resource = spec.resource
    return ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])


def list_definition_name(spec: KindSpec) -> str:
    """The name of the definition of a kind's lists."""
    list_kind = spec.list_kind or spec.resource.kind + "List"
    return definition_name(spec).rpartition(".")[0] + "." + list_kind


def _kind_rows(resource: Resource, kind: str) -> list[Object]:
    return [{"group": resource.group, "kind": kind, "version": resource.version}]


def declared_schemas(spec: KindSpec) -> dict[str, Object]:
    """The schemas (v3 form of CRDs) that a kind brings along because no built-in definition exists."""
    resource = spec.resource
    name, list_name = definition_name(spec), list_definition_name(spec)
    known = definitions.all_definitions()
    found: dict[str, Object] = {}
    if name not in known:
        found[name] = _as_published(spec) if spec.definition else _object_schema(spec)
    if list_name not in known and "list" in spec.verbs:
        found[list_name] = {
            "type": "object",
            "description": f"{resource.kind}List is a list of {resource.kind}",
            "required": ["items"],
            "properties": {
                "apiVersion": _API_VERSION,
                "items": {
                    "type": "array",
                    "description": f"List of {resource.plural}.",
                    "items": {"$ref": definitions.REFERENCE_PREFIX + name},
                },
                "kind": _KIND,
                "metadata": _LIST_METADATA,
            },
            _GVK: _kind_rows(resource, spec.list_kind or resource.kind + "List"),
        }
    return found


def _as_published(spec: KindSpec) -> Object:
    """The definition that describes an older version of a kind, under the names of that version."""
    (schema,) = described([spec.definition]).values()
    return {**schema, _GVK: _kind_rows(spec.resource, spec.resource.kind)}


def _object_schema(spec: KindSpec) -> Object:
    declared: Mapping[str, Any] = ((spec.crd_version or {}).get("schema") or {}).get("openAPIV3Schema") or {}
    if not declared:
        declared = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    common = {"apiVersion": _API_VERSION, "kind": _KIND, "metadata": _METADATA}
    return {
        **declared,
        "properties": {**(declared.get("properties") or {}), **common},
        _GVK: _kind_rows(spec.resource, spec.resource.kind),
    }


def closure(names: Iterable[str]) -> list[str]:
    """The built-in definitions called `names`, and all that they refer to; sorted."""
    known = definitions.all_definitions()
    todo, found = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name in found or name not in known:
            continue
        found.add(name)
        todo.extend(definitions.referenced(known[name]))
    return sorted(found)


def described(names: Iterable[str], *, defaults: bool = False) -> dict[str, Object]:
    """Built-in definitions with their descriptions put back in, and with the values that their fields may have; in v3
    documents defaults are told as well.
    """
    texts, published = definitions.descriptions(), definitions.published()
    result: dict[str, Object] = {}
    for name in names:
        schema = _completed(definitions.definition(name), published.get(name) or {}, defaults=defaults)
        own, fields = texts.get(name, ("", {}))
        if properties := schema.get("properties"):
            schema["properties"] = {
                field: {**sub, "description": fields[field]} if fields.get(field) else sub
                for field, sub in properties.items()
            }
        result[name] = {"description": own, **schema} if own else schema
    return result


def _completed(schema: Object, added: Object, *, defaults: bool) -> Object:
    """A schema with what is added to it and to the schemas inside of it."""
    found = dict(schema)
    for key, value in added.items():
        if key == "properties":
            own = found.get(key) or {}
            found[key] = {
                name: _completed(sub, value[name], defaults=defaults) if name in value else sub
                for name, sub in own.items()
            }
        elif isinstance(value, dict) and key != "default":
            if isinstance(found.get(key), dict):
                found[key] = _completed(found[key], value, defaults=defaults)
        elif key != "default" or defaults:
            found[key] = value
    return found


_V3_SCALARS: Final[Mapping[str, Object]] = {
    definitions.QUANTITY: {"oneOf": [{"type": "string"}, {"type": "number"}]},
    definitions.INT_OR_STRING: {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
}


def as_v3(name: str, schema: Object) -> Object:
    """A v2 definition in v3 form: scalars that are two things say so, and a reference has no siblings."""
    if name in _V3_SCALARS:
        kept = {"description": schema["description"]} if "description" in schema else {}
        return {**kept, **_V3_SCALARS[name]}
    converted: Object = _references_v3(schema)
    return converted


def _references_v3(value: Any) -> Any:
    if isinstance(value, list):
        return [_references_v3(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _references_v3(item) for key, item in value.items() if key != "$ref"}
    target = value.get("$ref")
    if not isinstance(target, str):
        return {**result, "$ref": _references_v3(target)} if "$ref" in value else result
    reference = {"$ref": target.replace(definitions.REFERENCE_PREFIX, "#/components/schemas/")}
    return {**result, "allOf": [reference]} if result else reference


_NOT_IN_V2: Final = frozenset(("nullable", "oneOf", "anyOf", "allOf", "not", "x-kubernetes-validations"))


def as_v2(schema: Mapping[str, Any]) -> Object:
    """The schema of a custom kind in v2 form: less exact, so that clients that validate with it refuse nothing that is
    valid. A kind that keeps whatever it is given says nothing but that it is an object.
    """
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return {"type": "object", _GVK: schema[_GVK]}
    return _as_v2(schema)


def _as_v2(schema: Mapping[str, Any]) -> Object:
    result = {key: value for key, value in schema.items() if key not in _NOT_IN_V2}
    if (
        schema.get("nullable")
        or schema.get("x-kubernetes-int-or-string")
        or schema.get("x-kubernetes-preserve-unknown-fields")
    ):
        for key in ("type", "items", "properties", "additionalProperties", "required"):
            result.pop(key, None)
    if "properties" in result:
        result["properties"] = {field: _as_v2(sub) for field, sub in result["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(result.get(key), dict):
            result[key] = _as_v2(result[key])
    return result
