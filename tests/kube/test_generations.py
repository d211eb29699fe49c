"""metadata.generation: what moves it, kind by kind, as the strategies of a real server have it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_server import Api
from tests.kube.test_server_side_apply import MERGE, deployment, pod_template

GATED: dict[str, Any] = {"schedulingGates": [{"name": "a/b"}], "containers": [{"name": "c", "image": "x"}]}
LABEL, NOTE = {"metadata": {"labels": {"a": "b"}}}, {"metadata": {"annotations": {"a": "b"}}}
SLICE: dict[str, Any] = {"addressType": "IPv4", "endpoints": [], "ports": []}


@pytest.mark.parametrize(
    ("root", "plural", "body", "steps"),
    [
        ("/api/v1", "pods", {"spec": GATED}, [(LABEL, 1), (NOTE, 1), ({"spec": {"activeDeadlineSeconds": 9}}, 2)]),
        ("/apis/apps/v1", "deployments", deployment(), [(LABEL, 1), (NOTE, 2), ({"spec": {"replicas": 1}}, 3)]),
        ("/apis/discovery.k8s.io/v1", "endpointslices", SLICE, [(NOTE, 1), (LABEL, 2)]),
        (
            "/api/v1",
            "podtemplates",
            pod_template(),
            [(LABEL, 1), ({"template": {"metadata": {"labels": {"a": "b"}}}}, 2)],
        ),
        ("/api/v1", "configmaps", {}, [({"data": {"a": "b"}}, None)]),
    ],
)
async def test_what_moves_it(
    api: Api, namespace: str, root: str, plural: str, body: dict[str, Any], steps: list[tuple[Any, Any]]
) -> None:
    path = f"{root}/namespaces/{namespace}/{plural}"
    made = await api("POST", path, {**body, "metadata": {"name": "x"}}, code=201)
    assert made["metadata"].get("generation") == (1 if steps[0][1] else None)
    for change, expected in steps:
        changed = await api("PATCH", f"{path}/x", change, type=MERGE, code=200)
        assert changed["metadata"].get("generation") == expected, change


async def test_a_priority_class_stays_at_its_first(api: Api, namespace: str) -> None:
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    await api("POST", path, {"metadata": {"name": namespace}, "value": 7}, code=201)
    changed = await api("PATCH", f"{path}/{namespace}", {"description": "new"}, type=MERGE, code=200)
    assert (changed["description"], changed["metadata"]["generation"]) == ("new", 1)
    await api("DELETE", f"{path}/{namespace}", code=200)


async def test_an_ephemeral_container_and_a_deletion_move_it(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"
    metadata = {"name": "x", "finalizers": ["a.b/c"]}
    await api("POST", path, {"metadata": metadata, "spec": GATED}, code=201)
    debug = {"spec": {"ephemeralContainers": [{"name": "d", "image": "x"}]}}
    grown = await api("PATCH", f"{path}/x/ephemeralcontainers", debug, type=MERGE, code=200)
    assert grown["metadata"]["generation"] == 2
    going = await api("DELETE", f"{path}/x", code=200)
    assert going["metadata"]["generation"] == 3
    await api("PATCH", f"{path}/x", {"metadata": {"finalizers": None}}, type=MERGE, code=200)


async def test_a_status_says_which_generation_it_is_about(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"
    await api(
        "POST", path, {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}, code=201
    )
    async for event in api.lines(f"{path}?watch=1&fieldSelector=metadata.name=x&timeoutSeconds=20"):
        status = event["object"].get("status") or {}
        if status.get("containerStatuses"):
            break
    assert status["observedGeneration"] == 1
    assert {row["observedGeneration"] for row in status["conditions"] if row["type"] != "PodScheduled"} == {1}
    body = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    kept = await api("PATCH", f"{path}/x/status", body, type="application/strategic-merge-patch+json", code=200)
    assert next(row for row in kept["status"]["conditions"] if row["type"] == "Ready")["observedGeneration"] == 1
