"""Conversion webhooks: one object, stored in one version and served in two."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api_server import Api

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MERGE = "application/merge-patch+json"
FIELDS = [{"jsonPath": ".spec.hostPort"}]


def convert(review: dict[str, Any]) -> dict[str, Any]:
    """``spec.host`` and ``spec.port`` of v1 are ``spec.hostPort`` of v2."""
    wanted = review["desiredAPIVersion"]
    objects = json.loads(json.dumps(review["objects"]))
    for obj in objects:
        if wanted.endswith("v2"):
            obj["spec"] = {"hostPort": f"{obj['spec']['host']}:{obj['spec']['port']}"}
        else:
            host, _, port = obj["spec"]["hostPort"].partition(":")
            obj["spec"] = {"host": host, "port": port}
        obj["apiVersion"] = wanted
        obj["metadata"]["labels"] = {"converted": "yes"}
        obj["metadata"]["generation"] = 77
    return {"uid": review["uid"], "result": {"status": "Success"}, "convertedObjects": objects}


def version(name: str, properties: dict[str, Any], *, storage: bool) -> dict[str, Any]:
    spec = {"type": "object", "properties": properties}
    status = {"type": "object", "properties": {"replicas": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": spec, "status": status}}
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema}}


@pytest.fixture
async def group(api: Api, webhook: Any) -> AsyncIterator[str]:
    """A group in which Places are stored as v1 and served as v2 as well."""
    webhook.convert = convert
    text = {"type": "string"}
    group = f"c{uuid.uuid4().hex[:8]}.ex.io"
    old, new = {"host": text, "port": text}, {"hostPort": {**text, "maxLength": 20}}
    client = {"url": f"https://localhost:{webhook.port}/convert", "caBundle": webhook.ca_bundle}
    conversion = {
        "strategy": "Webhook",
        "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": client},
    }
    body = {
        "group": group,
        "scope": "Namespaced",
        "names": {"plural": "places", "kind": "Place"},
        "conversion": conversion,
        "versions": [
            version("v1", old, storage=True),
            version("v2", new, storage=False) | {"selectableFields": FIELDS},
        ],
    }
    await api("POST", DEFINITIONS, {"metadata": {"name": f"places.{group}"}, "spec": body}, code=201)
    yield group
    webhook.convert = convert
    await api("DELETE", f"{DEFINITIONS}/places.{group}")


def paths(group: str, namespace: str) -> tuple[str, str]:
    first, second = (f"/apis/{group}/{name}/namespaces/{namespace}/places" for name in ("v1", "v2"))
    return first, second


def place(path: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A Place, for the path that it is posted to."""
    _, _, group, version, *_ = path.split("/")
    return {"apiVersion": f"{group}/{version}", "kind": "Place", "metadata": {"name": name}, "spec": spec}


async def test_each_version_reads_as_its_own(api: Api, webhook: Any, group: str, namespace: str) -> None:
    v1, v2 = paths(group, namespace)
    await api("POST", v1, place(v1, "a", {"host": "h", "port": "1"}), code=201)
    assert webhook.requests == []
    found = await api("GET", f"{v2}/a", code=200)
    assert (found["apiVersion"], found["spec"]) == (f"{group}/v2", {"hostPort": "h:1"})
    assert found["metadata"]["labels"] == {"converted": "yes"}
    assert found["metadata"]["generation"] == 1
    made = await api("POST", v2, place(v2, "b", {"hostPort": "i:2"}), code=201)
    assert made["spec"] == {"hostPort": "i:2"}
    assert (await api("GET", f"{v1}/b", code=200))["spec"] == {"host": "i", "port": "2"}
    changed = await api("PATCH", f"{v2}/a", {"spec": {"hostPort": "h:9"}}, type=MERGE, code=200)
    assert changed["spec"] == {"hostPort": "h:9"}
    listed = await api("GET", v1, code=200)
    assert [item["spec"]["port"] for item in listed["items"]] == ["9", "2"]
    listed = await api("GET", v2, code=200)
    assert [item["spec"]["hostPort"] for item in listed["items"]] == ["h:9", "i:2"]
    events = [event async for event in api.lines(f"{v2}?watch=1&timeoutSeconds=1&resourceVersion=0")]
    assert {event["object"]["apiVersion"] for event in events} == {f"{group}/v2"}
    gone = await api("DELETE", f"{v2}/a", code=200)
    assert gone["status"] == "Success"


async def test_a_watch_sees_what_an_object_was_and_is_in_its_own_version(api: Api, group: str, namespace: str) -> None:
    v1, v2 = paths(group, namespace)
    now = (await api("GET", v1, code=200))["metadata"]["resourceVersion"]
    for name in ("a", "b"):
        await api("POST", v1, place(v1, name, {"host": "h", "port": "1"}), code=201)
    await api("PATCH", f"{v1}/a", {"spec": {"port": "9"}}, type=MERGE, code=200)
    await api("DELETE", f"{v1}/b", code=200)
    query = f"watch=1&timeoutSeconds=1&resourceVersion={now}&fieldSelector=spec.hostPort%3Dh:1"
    events = [event async for event in api.lines(f"{v2}?{query}")]
    seen = [(event["type"], event["object"]["metadata"]["name"]) for event in events]
    assert seen == [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a"), ("DELETED", "b")]
    assert {event["object"]["spec"]["hostPort"] for event in events} == {"h:1"}


async def test_a_conversion_that_fails_is_told(api: Api, webhook: Any, group: str, namespace: str) -> None:
    v1, v2 = paths(group, namespace)
    await api("POST", v1, place(v1, "a", {"host": "h", "port": "1"}), code=201)
    head = f"conversion webhook for {group}/v1, Kind=Place"
    webhook.convert = lambda review: {"uid": review["uid"], "result": {"status": "Failed", "message": "not today"}}
    for path in (f"{v2}/a", v2):
        assert (await api("GET", path, code=500))["message"] == f"{head} failed: not today"
    answer = await api("POST", v2, place(v2, "b", {"hostPort": "i:2"}), code=500)
    assert answer["message"] == f"conversion webhook for {group}/v2, Kind=Place failed: not today"
    await api("GET", f"{v1}/b", code=404)
    webhook.convert = lambda review: {**convert(review), "convertedObjects": []}
    assert (await api("GET", f"{v2}/a", code=500))["message"] == f"{head} returned 0 objects, expected 1"
    webhook.convert = lambda review: {**convert(review), "convertedObjects": review["objects"]}
    text = f"returned invalid object at index 0: invalid groupVersion (expected {group}/v2, received {group}/v1)"
    assert (await api("GET", f"{v2}/a", code=500))["message"] == f"{head} {text}"
    events = [event async for event in api.lines(f"{v2}?watch=1&timeoutSeconds=5")]
    assert [event["type"] for event in events] == ["ERROR"]


async def test_a_definition_goes_although_nothing_can_be_converted(
    api: Api, webhook: Any, group: str, namespace: str
) -> None:
    v1, _ = paths(group, namespace)
    await api("POST", v1, place(v1, "a", {"host": "h", "port": "1"}), code=201)
    webhook.convert = lambda review: {"uid": review["uid"], "result": {"status": "Failed"}}
    live = await api("GET", f"{DEFINITIONS}/places.{group}", code=200)
    await api("DELETE", f"{DEFINITIONS}/places.{group}", code=200)
    query = f"watch=1&timeoutSeconds=10&resourceVersion={live['metadata']['resourceVersion']}"
    seen = []
    async for event in api.lines(f"{DEFINITIONS}?{query}&fieldSelector=metadata.name%3Dplaces.{group}"):
        seen.append(event["type"])
        if seen[-1] == "DELETED":
            break
    assert seen[-1] == "DELETED"
