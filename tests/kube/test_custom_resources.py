"""CustomResourceDefinitions: names, schemas, columns, subresources, and their end."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api_server import Api

MERGE = "application/merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def definition(group: Any, **fields: Any) -> Any:
    properties = {
        "name": {"type": "string", "maxLength": 8},
        "n": {"type": "integer", "default": 2, "maximum": 5},
        "mode": {"type": "string", "enum": ["A", "B"]},
    }
    spec = {"type": "object", "required": ["name"], "properties": properties}
    status = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}},
        "additionalPrinterColumns": [
            {"name": "Number", "type": "integer", "jsonPath": ".spec.n"},
            {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
            {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        ],
        "selectableFields": [{"jsonPath": ".spec.mode"}],
    }
    names = {"plural": "foos", "kind": "Foo", "shortNames": ["fo"], "categories": ["all"]}
    body = {"group": group, "names": names, "scope": "Namespaced", "versions": [version], **fields}
    return {"metadata": {"name": f"{body['names']['plural']}.{group}"}, "spec": body}


@pytest.fixture
async def group(api: Api) -> AsyncIterator[Any]:
    """A group of the test's own in which Foos are served."""
    group = f"g{uuid.uuid4().hex[:8]}.ex.io"
    await api("POST", DEFINITIONS, definition(group), code=201)
    yield group
    await api("DELETE", f"{DEFINITIONS}/foos.{group}")


@pytest.fixture
def foos(group: Any, namespace: str) -> str:
    return f"/apis/{group}/v1/namespaces/{namespace}/foos"


def foo(foos: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A Foo, for the path that it is posted to."""
    return {"apiVersion": foos.split("/")[2] + "/v1", "kind": "Foo", "metadata": {"name": name}, "spec": spec}


async def test_a_definition_is_established_before_the_next_request(api: Api, group: Any) -> None:
    status = (await api("GET", f"{DEFINITIONS}/foos.{group}", code=200))["status"]
    assert [(row["type"], row["status"], row["reason"], row["message"]) for row in status["conditions"]] == [
        ("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
        ("Established", "True", "InitialNamesAccepted", "the initial names have been accepted"),
    ]
    assert status["acceptedNames"] == {
        "plural": "foos",
        "singular": "foo",
        "shortNames": ["fo"],
        "kind": "Foo",
        "listKind": "FooList",
        "categories": ["all"],
    }
    assert status["storedVersions"] == ["v1"]
    listed = await api("GET", f"/apis/{group}/v1", code=200)
    assert [row["name"] for row in listed["resources"]] == ["foos", "foos/status"]
    assert listed["resources"][0]["verbs"][:3] == ["delete", "deletecollection", "get"]
    service = await api("GET", f"/apis/apiregistration.k8s.io/v1/apiservices/v1.{group}", code=200)
    assert service["status"]["conditions"][0]["reason"] == "Local"


async def test_names_may_be_taken(api: Api, group: Any) -> None:
    clash = definition(group, names={"plural": "bars", "kind": "Foo"})
    await api("POST", DEFINITIONS, clash, code=201)
    status = (await api("GET", f"{DEFINITIONS}/bars.{group}", code=200))["status"]
    assert [(row["type"], row["reason"], row["message"]) for row in status["conditions"]] == [
        ("NamesAccepted", "ListKindConflict", '"FooList" is already in use'),
        ("Established", "NotAccepted", "not all names are accepted"),
    ]
    await api("GET", f"/apis/{group}/v1/bars", code=404)
    await api("DELETE", f"{DEFINITIONS}/bars.{group}", code=200)


async def test_objects_are_pruned_and_defaulted(api: Api, foos: Any) -> None:
    body = foo(foos, "a", {"name": "x", "zzz": 1}) | {"status": {"ready": True}}
    made = await api("POST", foos, body, code=201)
    assert made["spec"] == {"name": "x", "n": 2}
    assert "status" not in made
    assert api.headers["Warning"] == '299 - "unknown field \\"spec.zzz\\""'
    assert made["metadata"]["generation"] == 1


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ({}, "spec.name: Required value"),
        ({"name": 5}, 'spec.name: Invalid value: "integer": spec.name in body must be of type string: "integer"'),
        ({"name": "ABCDEFGHIJ"}, "spec.name: Too long: may not be more than 8 bytes"),
        ({"name": "a", "n": 9}, "spec.n: Invalid value: 9: spec.n in body should be less than or equal to 5"),
        ({"name": "a", "mode": "Z"}, 'spec.mode: Unsupported value: "Z": supported values: "A", "B"'),
    ],
)
async def test_the_schema_speaks(api: Api, group: Any, foos: Any, spec: Any, error: Any) -> None:
    status = await api("POST", foos, foo(foos, "t", spec), code=422)
    assert status["message"] == f'Foo.{group} "t" is invalid: {error}'


async def test_updates_need_a_revision_and_the_right_kind(api: Api, group: Any, foos: Any) -> None:
    made = await api("POST", foos, foo(foos, "a", {"name": "x"}), code=201)
    blind = foo(foos, "a", {"name": "y"})
    status = await api("PUT", f"{foos}/a", blind, code=422)
    assert status["message"] == (
        f'foos.{group} "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update'
    )
    status = await api("POST", foos, {**made, "kind": "Bar"}, code=422)
    assert status["message"] == f'Bar.{group} "a" is invalid: kind: Invalid value: "Bar": must be Foo'
    status = await api("POST", foos, {**made, "apiVersion": "v1"}, code=400)
    assert "the API version in the data (v1) does not match the expected API version" in status["message"]
    patch = "application/strategic-merge-patch+json"
    assert (await api("PATCH", f"{foos}/a", {}, type=patch, code=415))["reason"] == "UnsupportedMediaType"


async def test_status_and_spec_keep_apart(api: Api, foos: Any) -> None:
    await api("POST", foos, foo(foos, "a", {"name": "x"}), code=201)
    both = {"spec": {"n": 5}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    status = await api("PATCH", f"{foos}/a/status", both, type=MERGE, code=200)
    assert (status["spec"]["n"], status["metadata"]["generation"]) == (2, 1)
    spec = await api("PATCH", f"{foos}/a", {"spec": {"n": 4}, "status": {"conditions": []}}, type=MERGE, code=200)
    assert spec["status"] == status["status"] and spec["metadata"]["generation"] == 2
    table = await api("GET", foos, accept=TABLE, code=200)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Number", "Ready", "Age"]
    assert table["rows"][0]["cells"][:3] == ["a", 4, "True"]
    described = table["columnDefinitions"][1]["description"]
    assert described == "Custom resource definition column (in JSONPath format): .spec.n"


async def test_selectable_fields(api: Api, foos: Any) -> None:
    for name, mode in (("a", "A"), ("b", "B")):
        await api("POST", foos, foo(foos, name, {"name": "x", "mode": mode}), code=201)
    found = await api("GET", f"{foos}?fieldSelector=spec.mode%3DB", code=200)
    assert [item["metadata"]["name"] for item in found["items"]] == ["b"]
    assert found["items"][0]["kind"] == "Foo", "items of custom lists say what they are"
    status = await api("GET", f"{foos}?fieldSelector=spec.n%3D2", code=400)
    assert status["message"] == "field label not supported: spec.n"


async def test_another_version_of_the_same_objects(api: Api, group: Any, foos: Any) -> None:
    await api("POST", foos, foo(foos, "a", {"name": "x"}), code=201)
    path = f"{DEFINITIONS}/foos.{group}"
    current = await api("GET", path, code=200)
    first = current["spec"]["versions"][0]
    second = {**first, "name": "v2", "storage": False}
    await api("PATCH", path, {"spec": {"versions": [first, second]}}, type=MERGE, code=200)
    seen = await api("GET", f"{foos.replace('/v1/', '/v2/')}/a", code=200)
    assert seen["apiVersion"] == f"{group}/v2"
    assert (await api("GET", f"{foos}/a", code=200))["apiVersion"] == f"{group}/v1"
    versions = (await api("GET", f"/apis/{group}", code=200))["versions"]
    assert [row["version"] for row in versions] == ["v2", "v1"]


async def test_objects_go_before_their_definition(api: Api, group: Any, foos: Any) -> None:
    held = foo(foos, "a", {"name": "x"}) | {"metadata": {"name": "a", "finalizers": ["ex.io/hold"]}}
    await api("POST", foos, held, code=201)
    stream = api.lines(f"{foos}?watch=1&timeoutSeconds=30")
    assert (await anext(stream))["type"] == "ADDED"
    path = f"{DEFINITIONS}/foos.{group}"
    terminating = await api("DELETE", path, code=200)
    assert terminating["metadata"]["deletionTimestamp"]
    marked = await anext(stream)
    assert marked["object"]["metadata"]["deletionTimestamp"]
    status = await api("POST", foos, foo(foos, "b", {"name": "x"}), code=405)
    assert status["message"] == "create not allowed while custom resource definition is terminating"
    watch = api.lines(f"{DEFINITIONS}?watch=1&fieldSelector=metadata.name%3Dfoos.{group}&timeoutSeconds=30")
    assert (await anext(watch))["type"] == "ADDED"
    await api("PATCH", f"{foos}/a", {"metadata": {"finalizers": None}}, type=MERGE, code=200)
    async with asyncio.timeout(10):
        async for event in watch:
            if event["type"] == "DELETED":
                break
    reasons = [row["reason"] for row in event["object"]["status"]["conditions"] if row["type"] == "Terminating"]
    assert reasons == ["InstanceDeletionCompleted"]
    assert [event["type"] async for event in stream] == ["DELETED"], "the watch ends with its kind"
    await api("GET", foos, code=404)
    assert await api("GET", f"/apis/{group}", code=404) == "404 page not found\n"


async def test_what_a_schema_gains_shows_on_what_is_older(api: Api, group: Any, foos: str) -> None:
    await api("POST", foos, foo(foos, "old", {"name": "a", "mode": "A"}), code=201)
    live = await api("GET", f"{DEFINITIONS}/foos.{group}", code=200)
    spec = live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["color"] = {"type": "string", "default": "green"}
    del spec["properties"]["mode"]
    live["spec"]["versions"][0].pop("selectableFields")
    before = await api("GET", foos, code=200)
    await api("PUT", f"{DEFINITIONS}/foos.{group}", live, code=200)
    wanted = {"name": "a", "n": 2, "color": "green"}
    assert (await api("GET", f"{foos}/old", code=200))["spec"] == wanted
    assert [item["spec"] for item in (await api("GET", foos, code=200))["items"]] == [wanted]
    query = f"watch=1&timeoutSeconds=1&resourceVersion={int(before['metadata']['resourceVersion']) - 1}"
    assert [event["object"]["spec"] async for event in api.lines(f"{foos}?watch=1&timeoutSeconds=1")] == [wanted]
    assert [event["object"]["spec"] async for event in api.lines(f"{foos}?{query}")] == [wanted]
    table = await api("GET", f"{foos}?includeObject=Object", accept=TABLE, code=200)
    assert table["rows"][0]["object"]["spec"] == wanted
    patched = await api("PATCH", f"{foos}/old", {"spec": {"n": 3}}, type=MERGE, code=200)
    assert patched["spec"] == {**wanted, "n": 3}


JSON_TWICE = (
    '{{"apiVersion":"{group}/v1","kind":"Foo","metadata":{{"name":"t"}},"spec":{{"name":"a","name":"b"}},"x":1,"x":2}}'
)
YAML_TWICE = 'apiVersion: {group}/v1\nkind: Foo\nmetadata:\n  name: t\nspec:\n  name: "a"\n  name: "b"\n'


@pytest.mark.parametrize(
    ("body", "type", "problems", "strict"),
    [
        (
            JSON_TWICE,
            "application/json",
            ['duplicate field \\"spec.name\\"', 'duplicate field \\"x\\"', 'unknown field \\"x\\"'],
            'duplicate field "spec.name", duplicate field "x", unknown field "x"',
        ),
        (
            YAML_TWICE,
            "application/yaml",
            ['line 7: key \\"name\\" already set in map'],
            'yaml: unmarshal errors:\n  line 7: key "name" already set in map',
        ),
    ],
)
async def test_what_is_spelt_twice_is_told(
    api: Api, group: Any, foos: str, body: str, type: str, problems: list[str], strict: str
) -> None:
    text = body.format(group=group)
    await api("POST", f"{foos}?dryRun=All&fieldValidation=Warn", text, type=type, code=201)
    assert api.headers.getall("Warning") == [f'299 - "{problem}"' for problem in problems]
    answer = await api("POST", f"{foos}?dryRun=All&fieldValidation=Strict", text, type=type, code=400)
    head = 'Foo in version "v1" cannot be handled as a Foo: strict decoding error: '
    assert answer["message"] == head + strict


async def test_a_strict_patch_is_refused_with_what_it_made(api: Api, foos: str) -> None:
    await api("POST", foos, foo(foos, "t", {"name": "a"}), code=201)
    query = f"{foos}/t?fieldValidation=Strict"
    answer = await api("PATCH", query, '{"spec":{"n":1,"n":2,"zzz":1}}', type=MERGE, code=422)
    [cause] = answer["details"]["causes"]
    assert cause["field"] == "patch"
    assert '\\"zzz\\":1' in cause["message"]
    tail = ': strict decoding error: duplicate field "spec.n", unknown field "spec.zzz"'
    assert cause["message"].endswith(tail)
    operations = '[{"op":"add","path":"/spec/n","value":1,"value":2}]'
    answer = await api("PATCH", query, operations, type="application/json-patch+json", code=422)
    assert answer["message"].endswith('strict decoding error: json patch duplicate field "[0].value"')
