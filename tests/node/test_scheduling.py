"""Scheduling as clients see it: conditions, events, preemption, in a cluster with one node."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery.builtin import EVENTS_V1, NODES, PODS, PRIORITY_CLASSES

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]
NOT_HELPFUL = "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."


def scheduled(pod: Object) -> Object:
    rows = pod["status"].get("conditions") or ()
    return next((row for row in rows if row["type"] == "PodScheduled"), {})


def refused(pod: Object) -> bool:
    return scheduled(pod).get("reason") == "Unschedulable"


def bound(pod: Object) -> bool:
    return bool(pod["spec"].get("nodeName"))


async def events(lab: Any, reason: str) -> list[Object]:
    items = (await lab.client.list(EVENTS_V1, lab.namespace)).items
    return [event for event in items if event.get("reason") == reason]


async def test_a_pod_that_fits_nowhere_says_why_and_goes_as_soon_as_it_fits(lab: Any, eventually: Any) -> None:
    await lab.pod("picky", nodeSelector={"wanted": lab.namespace})
    pod = (await lab.until("picky", refused))[-1]
    message = f"0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. {NOT_HELPFUL}"
    assert scheduled(pod)["message"] == message

    async def failed() -> list[Object]:
        return await events(lab, "FailedScheduling")

    event = (await eventually(failed))[0]
    assert (event["type"], event["action"], event["note"]) == ("Warning", "Scheduling", message)
    assert (event["reportingController"], event["regarding"]["name"]) == ("default-scheduler", "picky")
    assert event["eventTime"]
    labels = {"metadata": {"labels": {"wanted": lab.namespace}}}
    await lab.client.patch(NODES, "venice-control-plane", labels)
    await lab.until("picky", bound)

    async def placed() -> list[Object]:
        return await events(lab, "Scheduled")

    note = f"Successfully assigned {lab.namespace}/picky to venice-control-plane"
    assert [event["note"] for event in await eventually(placed)] == [note]


async def test_gates_and_other_schedulers_hold_a_pod_back(lab: Any) -> None:
    await lab.pod("gated", schedulingGates=[{"name": "lab/gate"}])
    await lab.pod("foreign", schedulerName="another")
    await lab.pod("plain")
    await lab.until("plain", bound)
    for name in ("gated", "foreign"):
        assert not bound(await lab.client.get(PODS, name, lab.namespace))
    gates = [{"op": "remove", "path": "/spec/schedulingGates"}]
    await lab.client.patch(PODS, "gated", gates, lab.namespace, type="json")
    await lab.until("gated", bound)


async def test_important_pods_make_room_for_themselves(lab: Any) -> None:
    high = f"high-{lab.namespace}"
    await lab.client.create(PRIORITY_CLASSES, {"metadata": {"name": high}, "value": 1000})
    most = {"resources": {"requests": {"memory": "12Gi"}}}
    await lab.pod("small", most)
    await lab.ready("small")
    await lab.pod("equal", most)
    equal = (await lab.until("equal", refused))[-1]
    assert scheduled(equal)["message"] == (
        "0/1 nodes are available: 1 Insufficient memory. "
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    )
    await lab.client.delete(PODS, "equal", lab.namespace)
    await lab.pod("great", most, priorityClassName=high)
    gone = (await lab.until("small", lambda pod: pod.get("gone", False)))[-1]
    rows = {row["type"]: row for row in gone["status"]["conditions"]}
    assert rows["DisruptionTarget"]["reason"] == "PreemptionByScheduler"
    await lab.until("great", bound)
    await lab.client.delete(PODS, "great", lab.namespace)
    await lab.client.delete(PRIORITY_CLASSES, high)
