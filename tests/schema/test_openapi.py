"""The OpenAPI documents: complete, consistent with each other, and kept until the kinds change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from liqolab.apimachinery.resources import Resource
from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.openapi.documents import OpenApi

SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"x-kubernetes-int-or-string": True, "type": "string"},
                "maybe": {"type": "string", "nullable": True},
                "raw": {"x-kubernetes-preserve-unknown-fields": True},
            },
        }
    },
}
FOO = KindSpec(
    Resource("ex.io", "v1", "foos", "Foo"), "foo", crd_version={"name": "v1", "schema": {"openAPIV3Schema": SCHEMA}}
)
META = "io.k8s.apimachinery.pkg.apis.meta.v1."


@pytest.fixture(scope="module")
def registry() -> Registry:
    registry = Registry(BUILTIN)
    registry.set_custom("ex.io", "foos", [FOO])
    return registry


@pytest.fixture(scope="module")
def openapi(registry: Registry) -> OpenApi:
    return OpenApi(registry, "v1.34.0")


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_v2_refers_to_nothing_that_is_missing(openapi: OpenApi) -> None:
    document = json.loads(openapi.v2_json().body)
    assert {name.removeprefix("#/definitions/") for name in references(document)} <= document["definitions"].keys()
    spec = document["definitions"]["io.ex.v1.Foo"]["properties"]["spec"]["properties"]
    assert spec == {
        "size": {"x-kubernetes-int-or-string": True},
        "maybe": {},
        "raw": {"x-kubernetes-preserve-unknown-fields": True},
    }


def test_v3_documents_stand_alone(openapi: OpenApi) -> None:
    index = json.loads(openapi.v3_index().body)["paths"]
    assert {"api/v1", "apis/apps/v1", "apis/ex.io/v1"} <= index.keys()
    for path, entry in index.items():
        made = openapi.v3_document(path)
        assert made is not None
        assert entry["serverRelativeURL"] == f"/openapi/v3/{path}?hash={made.digest}"
        document = json.loads(made.body)
        schemas = document["components"]["schemas"]
        assert {name.removeprefix("#/components/schemas/") for name in references(document)} <= schemas.keys()
    assert openapi.v3_document("apis/nobody.io/v1") is None


def test_kubectl_finds_what_it_looks_for(openapi: OpenApi) -> None:
    made = openapi.v3_document("apis/apps/v1")
    assert made is not None
    document = json.loads(made.body)
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    gvk = {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert patch["x-kubernetes-group-version-kind"] == gvk
    assert {"dryRun", "fieldManager", "fieldValidation", "force"} <= {row["name"] for row in patch["parameters"]}
    deployment = document["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"]
    assert deployment["x-kubernetes-group-version-kind"] == [gvk]
    spec = deployment["properties"]["spec"]
    assert spec["description"]
    assert spec["allOf"] == [{"$ref": "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec"}]
    quantity = document["components"]["schemas"]["io.k8s.apimachinery.pkg.api.resource.Quantity"]
    assert quantity["oneOf"] == [{"type": "string"}, {"type": "number"}]


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The embedded messages and texts of a protobuf message."""

    def number(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = data[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value, at

    at = 0
    while at < len(data):
        tag, at = number(at)
        size, at = number(at)
        if tag & 7 == 2:
            yield tag >> 3, data[at : at + size]
            at += size


def test_v2_protobuf_says_the_same_as_json(openapi: OpenApi) -> None:
    document = json.loads(openapi.v2_json().body)
    paths: set[str] = set()
    definitions: dict[str, bytes] = {}
    for part, content in fields(openapi.v2_protobuf().body):
        for _, entry in fields(content) if part in (8, 9) else ():
            name, value = (row for _, row in fields(entry))
            if part == 8:
                paths.add(name.decode())
            else:
                definitions[name.decode()] = value
    assert paths == document["paths"].keys()
    assert definitions.keys() == document["definitions"].keys()
    container = dict(fields(definitions["io.k8s.api.core.v1.Container"]))
    texts = [row.decode() for number, row in fields(container[25]) for row in [dict(fields(row))[1]]]
    assert texts == list(document["definitions"]["io.k8s.api.core.v1.Container"]["properties"])


def test_documents_are_kept_until_the_kinds_change() -> None:
    registry = Registry(BUILTIN)
    openapi = OpenApi(registry, "v1.34.0")
    apps, index = openapi.v3_document("apis/apps/v1"), openapi.v3_index()
    assert openapi.v3_index() is index
    registry.set_custom("ex.io", "foos", [FOO])
    assert openapi.v3_index().digest != index.digest
    assert openapi.v3_document("apis/apps/v1") is apps
    foo = openapi.v3_document("apis/ex.io/v1")
    registry.set_custom("ex.io", "foos", [])
    assert foo is not None
    assert openapi.v3_document("apis/ex.io/v1") is None
