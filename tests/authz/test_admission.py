"""What the cluster adds to objects and refuses on its own: accounts, priorities, quotas, service addresses."""

from __future__ import annotations

import asyncio
import ipaddress
import uuid
from typing import Any

MERGE = "application/merge-patch+json"


def pod(name: str = "p", **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "nginx"}
    return {"metadata": {"name": name}, "spec": {"containers": [container], "schedulerName": "nobody", **spec}}


def service(name: str = "s", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


async def test_pods_run_as_somebody(api: Any, namespace: str) -> None:
    created = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=201)
    spec = created["spec"]
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "default"
    (volume,) = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    assert volume["projected"]["sources"][0] == {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}
    assert spec["containers"][0]["volumeMounts"] == [
        {
            "name": volume["name"],
            "readOnly": True,
            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        }
    ]
    assert spec["priority"] == 0
    assert spec["preemptionPolicy"] == "PreemptLowerPriority"
    assert {row["key"]: row["tolerationSeconds"] for row in spec["tolerations"]} == {
        "node.kubernetes.io/not-ready": 300,
        "node.kubernetes.io/unreachable": 300,
    }
    assert created["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


async def test_a_pod_may_go_without_a_token(api: Any, namespace: str) -> None:
    body = pod(automountServiceAccountToken=False)
    created = await api("POST", f"/api/v1/namespaces/{namespace}/pods", body, code=201)
    assert "volumes" not in created["spec"]


async def test_missing_account_class_and_forged_priority(api: Any, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"
    answer = await api("POST", path, pod(serviceAccountName="nobody"), code=403)
    assert answer["message"] == (
        f'pods "p" is forbidden: error looking up service account {namespace}/nobody: serviceaccount "nobody" not found'
    )
    answer = await api("POST", path, pod(priorityClassName="nope"), code=403)
    assert answer["message"] == 'pods "p" is forbidden: no PriorityClass with name nope was found'
    answer = await api("POST", path, pod(priority=5), code=403)
    assert answer["message"] == (
        'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission '
        "controller computed 0 from the given PriorityClass name"
    )
    created = await api("POST", path, pod(priorityClassName="system-node-critical"), code=201)
    assert created["spec"]["priority"] == 2000001000


async def test_the_first_pod_of_a_namespace_waits_for_its_account(api: Any) -> None:
    name = f"quick-{uuid.uuid4().hex[:6]}"
    _, created = await asyncio.gather(
        api("POST", "/api/v1/namespaces", {"metadata": {"name": name}}),
        _when_there(api, name),
    )
    assert created["spec"]["serviceAccountName"] == "default"
    await api("DELETE", f"/api/v1/namespaces/{name}", code=200)


async def _when_there(api: Any, namespace: str) -> Any:
    async for event in api.lines("/api/v1/namespaces?watch=1&timeoutSeconds=20"):
        if event["object"]["metadata"]["name"] == namespace:
            return await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=201)
    raise AssertionError("the namespace never came")


async def test_creation_needs_a_namespace(api: Any) -> None:
    answer = await api("POST", "/api/v1/namespaces/nonexist/configmaps", {"metadata": {"name": "x"}}, code=404)
    assert answer["message"] == 'namespaces "nonexist" not found'
    answer = await api("DELETE", "/api/v1/namespaces/kube-system", code=403)
    assert answer["message"] == 'namespaces "kube-system" is forbidden: this namespace may not be deleted'


async def test_quota_counts_and_limits_fill_in(api: Any, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    limit = {"type": "Container", "max": {"cpu": "2"}, "default": {"cpu": "1"}, "defaultRequest": {"cpu": "100m"}}
    await api("POST", f"{path}/limitranges", {"metadata": {"name": "l"}, "spec": {"limits": [limit]}}, code=201)
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "1", "services.nodeports": "0"}}}
    await api("POST", f"{path}/resourcequotas", quota, code=201)
    created = await api("POST", f"{path}/pods", pod("a"), code=201)
    assert created["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "1"}, "requests": {"cpu": "100m"}}
    assert created["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu request for container c; cpu limit for container c"
    )
    assert created["status"]["qosClass"] == "Burstable"
    answer = await api("POST", f"{path}/pods", pod("b"), code=403)
    assert answer["message"] == (
        'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    )
    greedy = pod("b")
    greedy["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "3"}}
    answer = await api("POST", f"{path}/pods", greedy, code=403)
    assert answer["message"] == 'pods "b" is forbidden: maximum cpu usage per Container is 2, but limit is 3'
    await api("POST", f"{path}/services", service(type="NodePort"), code=403)


async def test_services_get_an_address_of_their_own(api: Any, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    first = (await api("POST", path, service("a"), code=201))["spec"]
    assert ipaddress.ip_address(first["clusterIP"]) in ipaddress.ip_network("10.80.0.0/12")
    assert first["clusterIPs"] == [first["clusterIP"]]
    answer = await api("POST", path, service("b", clusterIP=first["clusterIP"]), code=422)
    assert answer["details"]["causes"][0]["message"].endswith("provided IP is already allocated")
    answer = await api("POST", path, service("b", clusterIP="1.2.3.4"), code=422)
    assert answer["message"].endswith("the provided network does not match the current range")
    answer = await api("PATCH", f"{path}/a", {"spec": {"clusterIP": "10.80.1.1"}}, type=MERGE, code=422)
    assert answer["message"] == (
        'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["10.80.1.1"]: may not change once set'
    )
    headless = (await api("POST", path, service("h", clusterIP="None"), code=201))["spec"]
    assert (headless["clusterIP"], headless["clusterIPs"]) == ("None", ["None"])
    await api("DELETE", f"{path}/a", code=200)
    await api("POST", path, service("b", clusterIP=first["clusterIP"]), code=201)


async def test_a_service_keeps_what_it_was_given(api: Any, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    made = await api("POST", path, service(type="NodePort"), code=201)
    port = made["spec"]["ports"][0]["nodePort"]
    assert 30000 <= port <= 32767
    again = await api("PUT", f"{path}/s", service(type="NodePort"), code=200)
    assert again["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    assert again["spec"]["ports"][0]["nodePort"] == port
    taken = service("t", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    answer = await api("POST", path, taken, code=422)
    assert answer["details"]["causes"][0]["message"] == f"Invalid value: {port}: provided port is already allocated"
    plain = await api("PATCH", f"{path}/s", {"spec": {"type": "ClusterIP"}}, type=MERGE, code=200)
    assert "nodePort" not in plain["spec"]["ports"][0]
    named = {"spec": {"type": "ExternalName", "externalName": "example.com", "clusterIP": None, "clusterIPs": None}}
    external = await api("PATCH", f"{path}/s", named, type=MERGE, code=200)
    assert not {"clusterIP", "clusterIPs", "ipFamilies"} & external["spec"].keys()


async def test_many_services_at_once_never_share(api: Any, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    made = await asyncio.gather(*(api("POST", path, service(f"s{n}", type="NodePort")) for n in range(20)))
    assert len({row["spec"]["clusterIP"] for row in made}) == 20
    assert len({row["spec"]["ports"][0]["nodePort"] for row in made}) == 20


async def test_a_new_node_takes_no_pods_yet(api: Any) -> None:
    name = f"node-{uuid.uuid4().hex[:6]}"
    node = await api("POST", "/api/v1/nodes", {"metadata": {"name": name}}, code=201)
    await api("DELETE", f"/api/v1/nodes/{name}", code=200)
    assert node["spec"]["taints"] == [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]
