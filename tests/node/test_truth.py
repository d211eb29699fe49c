"""What others write into a status that the node owns does not stay: the node says again what is true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DEPLOYMENTS, ENDPOINTS, NODES, PODS, SERVICES
from tests.node.conftest import is_ready

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]

_LIES: list[Object] = [
    {"conditions": [{"type": "Ready", "status": "False"}]},
    {"conditions": [{"type": "ContainersReady", "status": "False", "reason": "Invented"}]},
    {"phase": "Pending"},
    {"reason": "Invented", "message": "by a person"},
    {"podIPs": [{"$patch": "replace"}, {"ip": "10.1.2.3"}], "podIP": "10.1.2.3"},
    {"containerStatuses": []},
]


def said(pod: Object) -> Object:
    """The status without the moments of transitions."""
    rows = sorted((row["type"], row["status"], row.get("reason")) for row in pod["status"]["conditions"])
    return {**pod["status"], "conditions": rows}


def available(deployment: Object) -> bool:
    return bool(deployment["status"].get("availableReplicas") == 1)


def served(endpoints: Object) -> bool:
    return bool((endpoints.get("subsets") or [{}])[0].get("addresses"))


def advertised(node: Object) -> bool:
    return bool(node["status"]["allocatable"].get("example.com/dongle") == "4")


@pytest.mark.parametrize("lie", _LIES, ids=[",".join(lie) for lie in _LIES])
async def test_a_lie_about_a_running_pod_is_put_right(lab: Any, lie: Object) -> None:
    await lab.pod("x")
    truth = await lab.ready("x")
    told = await lab.client.patch(PODS, "x", {"status": lie}, lab.namespace, subresource="status", type="strategic")
    assert said(told) != said(truth)
    await lab.until("x", lambda pod: said(pod) == said(truth))


async def test_conditions_of_others_stay(lab: Any) -> None:
    await lab.pod("x")
    await lab.ready("x")
    rows = [{"type": "example.com/mine", "status": "True"}, {"type": "Ready", "status": "False"}]
    await lab.client.patch(
        PODS, "x", {"status": {"conditions": rows}}, lab.namespace, subresource="status", type="strategic"
    )
    pod = await lab.ready("x")
    assert meta.condition_is_true(pod, "example.com/mine")


async def test_a_pod_that_is_declared_over_is_stopped(lab: Any) -> None:
    await lab.pod("x")
    await lab.ready("x")
    await lab.client.patch(PODS, "x", {"status": {"phase": "Failed"}}, lab.namespace, subresource="status")
    pod = (await lab.until("x", lambda pod: "terminated" in pod["status"]["containerStatuses"][0]["state"]))[-1]
    assert pod["status"]["phase"] == "Failed"
    assert not is_ready(pod)


async def test_a_node_that_was_given_up_while_it_slept_comes_back_with_all_that_runs_on_it(lab: Any) -> None:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    await lab.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec})
    await lab.create(SERVICES, {"metadata": {"name": "web"}, "spec": {"selector": labels, "ports": [{"port": 80}]}})
    await lab.until("web", available, DEPLOYMENTS)
    before = (await lab.until("web", served, ENDPOINTS))[-1]
    node = (await lab.client.list(NODES)).items[0]
    # What the node lifecycle controller writes when no heartbeat has come.
    rows = [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]
    await lab.client.patch(
        NODES, meta.name(node), {"status": {"conditions": rows}}, subresource="status", type="strategic"
    )
    seen = await lab.until("web", lambda item: served(item) and item != before, ENDPOINTS)
    assert any(not served(item) for item in seen)
    await lab.until("web", available, DEPLOYMENTS)


async def test_what_others_advertise_on_a_node_stays_and_what_is_wrong_about_it_does_not(lab: Any) -> None:
    node = (await lab.client.list(NODES)).items[0]
    body = {"status": {"capacity": {"example.com/dongle": "4", "cpu": "1"}}}
    await lab.client.patch(NODES, meta.name(node), body, subresource="status")
    status = (await replace(lab, namespace=None).until(meta.name(node), advertised, NODES))[-1]["status"]
    assert status["capacity"] == status["allocatable"] == node["status"]["capacity"] | {"example.com/dongle": "4"}
    gone = {"status": {"capacity": {"example.com/dongle": None}, "allocatable": {"example.com/dongle": None}}}
    await lab.client.patch(NODES, meta.name(node), gone, subresource="status")
