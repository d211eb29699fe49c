"""Cuts the schema data that liqolab ships (`liqolab/kube/schema/data/`) out of what upstream publishes.

Four files come out, each a compressed JSON document:

- ``definitions.json.xz``: the OpenAPI v2 definitions of the stable API groups, with their ``x-kubernetes-…`` extensions
  and without descriptions, and which fields Go leaves out when they are empty: what the API server needs on every
  request.
- ``descriptions.json.xz``: the descriptions, kept apart because only OpenAPI documents (``kubectl explain``) need them.
- ``messages.json.xz``: field numbers, names and types of the protobuf messages, read from the struct tags of the Go
  types (only they say which fields are pointers, that is, which zero values mean something).
- ``written.json.xz``: the fields that JSON never lacks, because their Go type is a plain struct or they are not left
  out when they are empty; who owns which field depends on it.

Sources: the PyPI package ``kubernetes-validate`` (Apache-2.0) and the Go modules ``k8s.io/api``,
``k8s.io/apimachinery``, ``k8s.io/apiextensions-apiserver`` and ``k8s.io/kube-aggregator`` (Apache-2.0; each by its name
in one folder, as ``go mod download`` or the Debian packages ``golang-k8s-…-dev`` have them).

    python tools/build_schema.py --go DIR/k8s.io [--go OTHER/k8s.io]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import lzma
import sys
from pathlib import Path
from typing import Any

from go_types import PLAIN, GoPackages

VERSION = "v1.34.0"
OUT = Path(__file__).parents[1] / "liqolab/kube/schema/data"

API_PACKAGES = tuple(
    f"api/{group}"
    for group in (
        "core/v1",
        "apps/v1",
        "batch/v1",
        "rbac/v1",
        "authentication/v1",
        "authorization/v1",
        "coordination/v1",
        "discovery/v1",
        "events/v1",
        "policy/v1",
        "networking/v1",
        "autoscaling/v1",
        "autoscaling/v2",
        "certificates/v1",
        "admissionregistration/v1",
        "scheduling/v1",
        "storage/v1",
        "node/v1",
        "flowcontrol/v1",
        "resource/v1",
    )
)
OLDER_PACKAGES = {
    # Versions that went out of service, and the one that took their place: most of their messages are the same.
    "api/autoscaling/v2beta1": "api/autoscaling/v2",
    "api/autoscaling/v2beta2": "api/autoscaling/v2",
    "api/batch/v1beta1": "api/batch/v1",
    "api/coordination/v1beta1": "api/coordination/v1",
    "api/discovery/v1beta1": "api/discovery/v1",
    "api/events/v1beta1": "api/events/v1",
    "api/flowcontrol/v1beta1": "api/flowcontrol/v1",
    "api/flowcontrol/v1beta2": "api/flowcontrol/v1",
    "api/flowcontrol/v1beta3": "api/flowcontrol/v1",
    "api/node/v1beta1": "api/node/v1",
    "api/policy/v1beta1": "api/policy/v1",
    "api/rbac/v1beta1": "api/rbac/v1",
    "api/scheduling/v1beta1": "api/scheduling/v1",
    "api/storage/v1beta1": "api/storage/v1",
}
META_PACKAGE = "apimachinery/pkg/apis/meta/v1"
EXTENSION_PACKAGES = (
    "apiextensions-apiserver/pkg/apis/apiextensions/v1",
    "kube-aggregator/pkg/apis/apiregistration/v1",
)

GROUP_SUFFIXES = {
    "rbac": "rbac.authorization.k8s.io",
    "authentication": "authentication.k8s.io",
    "authorization": "authorization.k8s.io",
    "coordination": "coordination.k8s.io",
    "discovery": "discovery.k8s.io",
    "events": "events.k8s.io",
    "networking": "networking.k8s.io",
    "certificates": "certificates.k8s.io",
    "admissionregistration": "admissionregistration.k8s.io",
    "scheduling": "scheduling.k8s.io",
    "storage": "storage.k8s.io",
    "node": "node.k8s.io",
    "flowcontrol": "flowcontrol.apiserver.k8s.io",
    "resource": "resource.k8s.io",
    "apiextensions": "apiextensions.k8s.io",
    "apiregistration": "apiregistration.k8s.io",
    "core": "",
}


def definition_prefix(package: str) -> str:
    """``api/apps/v1`` → ``io.k8s.api.apps.v1.``."""
    return "io.k8s." + package.replace("/", ".") + "."


# --- OpenAPI definitions --------------------------------------------------------------------------------------------


def load_definitions() -> dict[str, Any]:
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        sys.exit("kubernetes-validate is not installed: pip install kubernetes-validate")
    folder = Path(spec.origin).parent / "kubernetes-json-schema" / f"{VERSION}-local"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_text())["$defs"]
    return definitions


SCALARS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
}


def normalise(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Back from JSON Schema, as the package has it, to OpenAPI v2 as the API server publishes it."""
    if name in SCALARS:
        return dict(SCALARS[name])
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "type":
            result[key] = value if isinstance(value, str) else value[0]
        elif key == "$ref":
            result[key] = value.replace("#/$defs/", "#/definitions/")
        elif key == "properties":
            result[key] = {field: normalise("", sub) for field, sub in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            result[key] = normalise("", value)
        elif key not in ("enum", "x-kubernetes-unions"):
            result[key] = value
    return result


def references(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        found = {schema["$ref"].removeprefix("#/definitions/")} if isinstance(schema.get("$ref"), str) else set()
        return found.union(*(references(value) for value in schema.values()))
    return set()


def wanted_definitions(everything: dict[str, Any]) -> dict[str, Any]:
    prefixes = [definition_prefix(package) for package in (*API_PACKAGES, META_PACKAGE, *EXTENSION_PACKAGES)]
    names = {name for name in everything if any(name.startswith(prefix) for prefix in prefixes)}
    names.add("io.k8s.apimachinery.pkg.version.Info")
    kept: dict[str, Any] = {}
    while names:
        name = names.pop()
        kept[name] = normalise(name, everything[name])
        names |= references(kept[name]) - kept.keys()
    return dict(sorted({**kept, **METRICS}.items()))


def metrics_kind(kind: str, usage: dict[str, Any]) -> dict[str, Any]:
    meta = "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1."
    common = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"$ref": meta + "ObjectMeta"},
        "timestamp": {"$ref": meta + "Time"},
        "window": {"type": "string"},
    }
    return {
        "type": "object",
        "required": ["timestamp", "window", *usage],
        "properties": {**common, **usage},
        "x-kubernetes-group-version-kind": [{"group": "metrics.k8s.io", "version": "v1beta1", "kind": kind}],
    }


_METRICS = "io.k8s.metrics.pkg.apis.metrics.v1beta1."
_USAGE = {
    "type": "object",
    "additionalProperties": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
}
METRICS: dict[str, Any] = {
    # Served by an add-on on real clusters, hence not among upstream's definitions.
    _METRICS + "NodeMetrics": metrics_kind("NodeMetrics", {"usage": _USAGE}),
    _METRICS + "PodMetrics": metrics_kind(
        "PodMetrics",
        {"containers": {"type": "array", "items": {"$ref": f"#/definitions/{_METRICS}ContainerMetrics"}}},
    ),
    _METRICS + "ContainerMetrics": {
        "type": "object",
        "required": ["name", "usage"],
        "properties": {"name": {"type": "string"}, "usage": _USAGE},
    },
}


def split_descriptions(definitions: dict[str, Any]) -> dict[str, list[Any]]:
    """Take the descriptions out of `definitions`: name → [its own, {field: text}]."""
    return {
        name: [
            schema.pop("description", ""),
            {field: sub.pop("description", "") for field, sub in schema.get("properties", {}).items()},
        ]
        for name, schema in definitions.items()
    }


# --- protobuf messages ----------------------------------------------------------------------------------------------


def kinds_of(package: str, structs: list[str]) -> dict[str, str]:
    """``apps/v1/Deployment`` → message name, for every struct of an API package."""
    *_, group, version = package.split("/")
    prefix = GROUP_SUFFIXES.get(group, group)
    api_version = f"{prefix}/{version}" if prefix else version
    return {f"{api_version}/{name}": f"{package}.{name}" for name in structs}


def build_messages(roots: list[Path]) -> tuple[dict[str, str], dict[str, Any]]:
    """``apps/v1/Deployment`` → message, and message → its fields."""
    packages = GoPackages(roots)
    kinds: dict[str, str] = {}
    for package in (*API_PACKAGES, *OLDER_PACKAGES, *EXTENSION_PACKAGES):
        kinds |= kinds_of(package, packages.kinds(package))
    for name in ("DeleteOptions", "Status", "PartialObjectMetadata"):
        kinds[f"v1/{name}"] = f"{META_PACKAGE}.{name}"
    messages: dict[str, Any] = {}
    todo = list(kinds.values())
    while todo:
        name = todo.pop()
        if name in messages:
            continue
        fields, used = packages.message(name)
        messages[name] = fields
        todo += used
    twins = twins_of(messages)
    kept = {name: renamed(fields, twins) for name, fields in messages.items() if name not in twins}
    return {kind: twins.get(name, name) for kind, name in sorted(kinds.items())}, dict(sorted(kept.items()))


def renamed(fields: list[list[Any]], names: dict[str, str]) -> list[list[Any]]:
    return [[number, name, names.get(kind, kind), *rest] for number, name, kind, *rest in fields]


def twins_of(messages: dict[str, Any]) -> dict[str, str]:
    """Messages of older versions → the same of the newer one; those that differ, be it far below, are not there."""
    twins: dict[str, str] = {}
    for name in messages:
        package, _, struct = name.rpartition(".")
        newer = f"{OLDER_PACKAGES.get(package, '')}.{struct}"
        if newer in messages:
            twins[name] = newer
    while different := [name for name, newer in twins.items() if renamed(messages[name], twins) != messages[newer]]:
        for name in different:
            del twins[name]
    return twins


OLDER_SHAPES = (
    # Kinds of older versions that have other fields than the newer ones.
    "api/autoscaling/v2beta1.HorizontalPodAutoscaler",
    "api/discovery/v1beta1.EndpointSlice",
    "api/flowcontrol/v1beta1.PriorityLevelConfiguration",
    "api/flowcontrol/v1beta2.PriorityLevelConfiguration",
)
SCHEMAS: dict[str, dict[str, Any]] = {
    "s": {"type": "string"},
    "t": {"type": "boolean"},
    "i": {"type": "integer", "format": "int32"},
    "quantity": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
    "time": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time"},
}


def older_definitions(messages: dict[str, Any]) -> dict[str, Any]:
    """Definitions of what upstream publishes no more, worked out from the Go types: without descriptions."""
    found: dict[str, Any] = {}
    todo = list(OLDER_SHAPES)
    while todo:
        name = todo.pop()
        definition = definition_of(name)
        if definition in found or name.rpartition(".")[0] not in OLDER_PACKAGES:
            continue
        properties = {field: schema_of(kind, shape) for _, field, kind, shape, _ in messages[name]}
        todo += [kind for _, _, kind, *_ in messages[name] if kind in messages]
        found[definition] = {"type": "object", "properties": properties}
        if name in OLDER_SHAPES:
            _, group, rest = name.split("/")
            version, _, kind = rest.partition(".")
            rows = [{"group": GROUP_SUFFIXES.get(group, group), "kind": kind, "version": version}]
            named = {"apiVersion": SCHEMAS["s"], "kind": SCHEMAS["s"]}
            found[definition] |= {"properties": named | properties, "x-kubernetes-group-version-kind": rows}
    return found


def definition_of(message: str) -> str:
    """``api/apps/v1.Deployment`` → ``io.k8s.api.apps.v1.Deployment``."""
    return "io.k8s." + message.replace("/", ".")


def schema_of(kind: str, shape: str) -> dict[str, Any]:
    one = SCHEMAS.get(kind) or {"$ref": f"#/definitions/{definition_of(kind)}"}
    if shape == "r":
        return {"type": "array", "items": one}
    return {"type": "object", "additionalProperties": one} if shape == "m" else dict(one)


def struct_name(definition: str) -> str:
    """The Go struct of a definition: ``io.k8s.api.apps.v1.Deployment`` → ``api/apps/v1.Deployment``."""
    package, _, name = definition.removeprefix("io.k8s.").rpartition(".")
    return package.replace(".", "/") + "." + name


def flat_fields(messages: dict[str, Any], name: str) -> list[list[Any]]:
    """The fields of a message as JSON has them: those of embedded structs are its own."""
    rows: list[list[Any]] = []
    for row in messages.get(name, ()):
        rows += [row] if row[1] else flat_fields(messages, row[2])
    return rows


def omitted_fields(definitions: dict[str, Any], messages: dict[str, Any]) -> dict[str, list[str]]:
    """Definition → the fields that JSON lacks when they are empty; Go always writes structs, so these are not among
    them.
    """
    found = {
        name: [row[1] for row in flat_fields(messages, struct_name(name)) if not row[4] and (row[3] or row[2] in PLAIN)]
        for name in definitions
    }
    return {name: fields for name, fields in found.items() if fields}


def always_written(packages: GoPackages, definitions: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Definition → its fields that JSON never lacks, and whether they are structs (1) or zero when nobody has filled
    them (0); for kinds and for the structs in them.
    """
    names = [name for name, schema in definitions.items() if schema.get("x-kubernetes-group-version-kind")]
    found: dict[str, dict[str, int]] = {}
    while names:
        name = names.pop()
        struct = struct_name(name)
        if name in found or name not in definitions or not packages.has_struct(struct):
            continue
        properties = definitions[name].get("properties", {})
        found[name] = {
            field: int(is_struct) for field, is_struct in packages.written_fields(struct).items() if field in properties
        }
        refs = [properties[field]["$ref"] for field, is_struct in found[name].items() if is_struct]
        names += [ref.removeprefix("#/definitions/") for ref in refs]
    return dict(sorted((name, fields) for name, fields in found.items() if fields))


def write(name: str, content: Any) -> None:
    raw = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    packed = lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)
    (OUT / name).write_bytes(packed)
    print(f"{name}: {len(raw):,} bytes, {len(packed):,} packed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--go", action="append", type=Path, required=True, help="folder that holds api, apimachinery …")
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    definitions = wanted_definitions(load_definitions())
    kinds, messages = build_messages(arguments.go)
    definitions |= older_definitions(messages)
    write("descriptions.json.xz", split_descriptions(definitions))
    omitted = omitted_fields(definitions, messages)
    write("definitions.json.xz", {"definitions": definitions, "omitted": omitted})
    # Each message is text of its own, so that a process parses the few that it meets.
    rows = {name: json.dumps(fields, separators=(",", ":")) for name, fields in messages.items()}
    write("messages.json.xz", {"kinds": kinds, "messages": rows})
    write("written.json.xz", always_written(GoPackages(arguments.go), definitions))


if __name__ == "__main__":
    main()
