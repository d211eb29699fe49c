"""Binding, eviction, scale, finalize, ephemeral containers: what they change and what they refuse."""

from __future__ import annotations

from typing import Any

MERGE = "application/merge-patch+json"


async def waiting_pod(api: Any, namespace: str, name: str = "p", **fields: Any) -> dict[str, Any]:
    """A pod that no scheduler looks at."""
    spec = {"containers": [{"name": "c", "image": "nginx"}], "schedulerName": "nobody"}
    body = {"metadata": {"name": name, **fields}, "spec": spec}
    pod: dict[str, Any] = await api("POST", f"/api/v1/namespaces/{namespace}/pods", body, code=201)
    return pod


def binding(name: str = "p", node: str = "far-away") -> dict[str, Any]:
    return {"metadata": {"name": name, "annotations": {"who": "me"}}, "target": {"kind": "Node", "name": node}}


async def test_binding_gives_a_pod_its_node_once(api: Any, namespace: str) -> None:
    await waiting_pod(api, namespace)
    path = f"/api/v1/namespaces/{namespace}/pods/p"
    answer = await api("POST", f"{path}/binding", binding("other"), code=400)
    assert answer["message"] == "name in URL does not match name in Binding object"
    assert (await api("POST", f"{path}/binding", binding(), code=201))["status"] == "Success"
    pod = await api("GET", path, code=200)
    assert pod["spec"]["nodeName"] == "far-away"
    assert pod["metadata"]["annotations"] == {"who": "me"}
    assert [(row["type"], row["status"]) for row in pod["status"]["conditions"]] == [("PodScheduled", "True")]
    answer = await api("POST", f"{path}/binding", binding(node="else"), code=409)
    assert answer["message"] == (
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "far-away"'
    )


async def test_a_node_cannot_be_set_in_any_other_way(api: Any, namespace: str) -> None:
    await waiting_pod(api, namespace)
    path = f"/api/v1/namespaces/{namespace}/pods/p"
    answer = await api("PATCH", path, {"spec": {"nodeName": "x"}}, type=MERGE, code=422)
    assert answer["message"].startswith('Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other')
    change = {"spec": {"nodeName": "x"}, "status": {"phase": "Pending", "message": "hi"}}
    pod = await api("PATCH", f"{path}/status", change, type=MERGE, code=200)
    assert "nodeName" not in pod["spec"]
    await api("POST", f"/api/v1/namespaces/{namespace}/bindings", binding(), code=201)


async def test_a_pod_keeps_its_tolerations(api: Any, namespace: str) -> None:
    pod = await waiting_pod(api, namespace)
    path = f"/api/v1/namespaces/{namespace}/pods/p"
    had = pod["spec"]["tolerations"]
    more = [*had, {"key": "a", "operator": "Exists"}]
    changed = await api("PATCH", path, {"spec": {"tolerations": more}}, type=MERGE, code=200)
    assert changed["spec"]["tolerations"] == more
    answer = await api("PATCH", path, {"spec": {"tolerations": had}}, type=MERGE, code=422)
    assert answer["details"]["causes"][0]["message"] == (
        "Forbidden: existing toleration can not be modified except its tolerationSeconds"
    )


async def test_deletion_of_a_pod_without_a_node_is_immediate(api: Any, namespace: str) -> None:
    await waiting_pod(api, namespace)
    path = f"/api/v1/namespaces/{namespace}/pods/p"
    assert (await api("DELETE", path, code=200))["kind"] == "Pod"
    await api("GET", path, code=404)
    await waiting_pod(api, namespace)
    await api("POST", f"{path}/binding", binding(), code=201)
    going = await api("DELETE", path, code=200)
    assert going["metadata"]["deletionGracePeriodSeconds"] == 30
    await api("GET", path, code=200)
    await api("DELETE", path, {"gracePeriodSeconds": 0}, code=200)
    await api("GET", path, code=404)


async def test_a_budget_blocks_evictions(api: Any, namespace: str) -> None:
    budgets = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "x"}}}
    await waiting_pod(api, namespace, labels={"app": "x"})
    pod = f"/api/v1/namespaces/{namespace}/pods/p"
    await api("POST", f"{pod}/binding", binding(), code=201)
    running = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    await api("PATCH", f"{pod}/status", running, type=MERGE, code=200)
    await api("POST", budgets, {"metadata": {"name": "pdb"}, "spec": spec}, code=201)
    eviction = {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": "p"}}
    answer = await api("POST", f"{pod}/eviction", eviction, code=429)
    assert answer["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    assert answer["reason"] == "TooManyRequests"
    assert answer["details"]["causes"][0]["reason"] == "DisruptionBudget"
    await api("GET", pod, code=200)
    await api("DELETE", f"{budgets}/pdb", code=200)
    done = await api("POST", f"{pod}/eviction", {**eviction, "apiVersion": "policy/v1beta1"}, code=201)
    assert done["status"] == "Success"
    assert (await api("GET", pod, code=200))["metadata"]["deletionTimestamp"]


async def test_scale_is_the_same_for_all(api: Any, namespace: str) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template, "paused": True}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    await api("POST", path, {"metadata": {"name": "d"}, "spec": spec}, code=201)
    scale = await api("GET", f"{path}/d/scale", code=200)
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert scale["spec"] == {}
    assert scale["status"] == {"replicas": 0, "selector": "a=b"}
    answer = await api("PATCH", f"{path}/d/scale", {"spec": {"replicas": -1}}, type=MERGE, code=422)
    assert answer["message"] == (
        'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'
    )
    before = (await api("GET", f"{path}/d", code=200))["metadata"]["generation"]
    scale = await api("PUT", f"{path}/d/scale", {**scale, "metadata": {"name": "d"}, "spec": {"replicas": 2}}, code=200)
    assert scale["spec"] == {"replicas": 2}
    after = await api("GET", f"{path}/d", code=200)
    assert (after["spec"]["replicas"], after["metadata"]["generation"]) == (2, before + 1)
    stale = {"metadata": {"name": "d", "resourceVersion": "1"}, "spec": {"replicas": 3}}
    await api("PUT", f"{path}/d/scale", stale, code=409)


async def test_finalize_lets_a_namespace_go(api: Any) -> None:
    name = "stuck-namespace"
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": name}}, code=201)
    held = {"metadata": {"name": "held", "finalizers": ["example.com/never"]}}
    await api("POST", f"/api/v1/namespaces/{name}/configmaps", held, code=201)
    going = await api("DELETE", f"/api/v1/namespaces/{name}", code=200)
    assert going["status"]["phase"] == "Terminating"
    answer = await api("POST", f"/api/v1/namespaces/{name}/configmaps", {"metadata": {"name": "late"}}, code=403)
    assert answer["message"] == (
        f'configmaps "late" is forbidden: unable to create new content in namespace {name} because it is being '
        "terminated"
    )
    assert answer["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    empty = {"metadata": {"name": name}, "spec": {"finalizers": []}}
    await api("PUT", f"/api/v1/namespaces/{name}/finalize", empty, code=200)
    await api("GET", f"/api/v1/namespaces/{name}", code=404)
    release = [{"op": "remove", "path": "/metadata/finalizers"}]
    path = f"/api/v1/namespaces/{name}/configmaps/held"
    await api("PATCH", path, release, type="application/json-patch+json")


async def test_ephemeral_containers_are_only_added(api: Any, namespace: str) -> None:
    await waiting_pod(api, namespace)
    path = f"/api/v1/namespaces/{namespace}/pods/p/ephemeralcontainers"
    debugger = {"name": "debugger", "image": "busybox"}
    change = {"spec": {"ephemeralContainers": [debugger]}}
    strategic = "application/strategic-merge-patch+json"
    pod = await api("PATCH", path, change, type=strategic, code=200)
    assert [row["name"] for row in pod["spec"]["ephemeralContainers"]] == ["debugger"]
    removed = {"spec": {"ephemeralContainers": None}}
    await api("PATCH", path, removed, type=MERGE, code=422)
