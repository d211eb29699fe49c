"""Rollouts, step by step: the sizes, conditions and events that a real controller manager produced."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DEPLOYMENTS, PODS, REPLICA_SETS
from liqolab.apimachinery.resources import Object, Resource
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")

REVISION = "deployment.kubernetes.io/revision"


def deployment(replicas: Any, image: Any = "x:1", **spec: Any) -> Any:
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "x", "image": image}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "d"}}, "template": template, **spec}
    return {"metadata": {"name": "d"}, "spec": spec}


def counts(item: Object, *fields: Any) -> Any:
    return tuple(item.get("status", {}).get(field, 0) for field in fields)


def is_complete(item: Object) -> Any:
    replicas = item["spec"]["replicas"]
    seen = meta.generation(item) == item.get("status", {}).get("observedGeneration")
    fields = ("replicas", "updatedReplicas", "availableReplicas")
    done = (meta.find_condition(item, "Progressing") or {}).get("reason") == "NewReplicaSetAvailable"
    return seen and done and counts(item, *fields) == (replicas,) * 3


def image_patch(image: Any) -> Any:
    return {"spec": {"template": {"spec": {"containers": [{"name": "x", "image": image}]}}}}


async def states(lab: Lab, resource: Resource, namespace: str, collected: Any) -> None:
    async for item in lab.follow(resource, namespace):
        collected.append(item)


async def test_a_rollout_takes_the_steps_of_the_real_one(lab: Lab, namespace: str) -> None:
    """Four replicas, 25 %/25 %; pods become ready one after the other."""
    await lab.client.create(DEPLOYMENTS, deployment(4), namespace)
    seen: list[Any] = []
    async with lab.kubelet(namespace, ready=4) as kubelet:
        await lab.until(DEPLOYMENTS, namespace, is_complete)
        watching = asyncio.create_task(states(lab, DEPLOYMENTS, namespace, seen))
        await lab.client.patch(DEPLOYMENTS, "d", image_patch("x:2"), namespace, type="strategic")
        for ready in range(1, 5):
            # Old pods leave and new ones come until only readiness can bring the rollout on.
            await lab.until(DEPLOYMENTS, namespace, lambda d, r=ready: _waits_for(d, r))
            kubelet.permit()
        await lab.until(DEPLOYMENTS, namespace, lambda d: meta.generation(d) == 2 and is_complete(d))
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    old, new = sorted((await lab.client.list(REPLICA_SETS, namespace)).items, key=lambda r: r["spec"]["replicas"])
    events = [
        message.replace(meta.name(old), "OLD").replace(meta.name(new), "NEW")
        for message in await lab.events(namespace, "ScalingReplicaSet")
    ]
    assert events == [
        "Scaled up replica set OLD from 0 to 4",
        "Scaled up replica set NEW from 0 to 1",
        "Scaled down replica set OLD from 4 to 3",
        "Scaled up replica set NEW from 1 to 2",
        "Scaled down replica set OLD from 3 to 2",
        "Scaled up replica set NEW from 2 to 3",
        "Scaled down replica set OLD from 2 to 1",
        "Scaled up replica set NEW from 3 to 4",
        "Scaled down replica set OLD from 1 to 0",
    ]
    reasons = [meta.find_condition(item, "Progressing")["reason"] for item in seen]
    changes = [reason for index, reason in enumerate(reasons) if index == 0 or reasons[index - 1] != reason]
    assert changes == [
        "NewReplicaSetAvailable",
        "NewReplicaSetCreated",
        "ReplicaSetUpdated",
        "NewReplicaSetAvailable",
    ]
    assert all(meta.find_condition(item, "Available")["status"] == "True" for item in seen), "3 of 4 are enough"
    assert meta.annotations(seen[-1])[REVISION] == meta.annotations(new)[REVISION] == "2"
    assert meta.annotations(new)["deployment.kubernetes.io/max-replicas"] == "5"
    assert old["status"] == {"replicas": 0, "observedGeneration": meta.generation(old)}


def _waits_for(item: Object, ready: Any) -> Any:
    """The state of the rollout in which the `ready`-th new pod is the next thing to happen."""
    sizes = {1: (5, 2, 3), 2: (5, 3, 3), 3: (5, 4, 3), 4: (4, 4, 3)}
    expected = sizes[ready]
    return meta.generation(item) == 2 and counts(item, "replicas", "updatedReplicas", "availableReplicas") == expected


async def test_the_first_status_of_a_deployment(lab: Lab, namespace: str) -> None:
    await lab.client.create(DEPLOYMENTS, deployment(2), namespace)
    item = await lab.until(DEPLOYMENTS, namespace, lambda d: counts(d, "replicas") == (2,))
    assert counts(item, "observedGeneration", "updatedReplicas", "unavailableReplicas") == (1, 2, 2)
    assert "readyReplicas" not in item["status"], "zeros are left out"
    [replica_set] = (await lab.client.list(REPLICA_SETS, namespace)).items
    name = meta.name(replica_set)
    progressing, available = (meta.find_condition(item, kind) for kind in ("Progressing", "Available"))
    assert progressing["message"] == f'ReplicaSet "{name}" is progressing.'
    assert available["reason"] == "MinimumReplicasUnavailable"
    assert available["message"] == "Deployment does not have minimum availability."
    assert name == f"d-{meta.labels(replica_set)['pod-template-hash']}"
    pods = (await lab.client.list(PODS, namespace)).items
    assert all(meta.name(pod).startswith(f"{name}-") and len(meta.name(pod)) == len(name) + 6 for pod in pods)


async def test_rolling_back_revives_the_old_replica_set_under_a_new_number(lab: Lab, namespace: str) -> None:
    await lab.client.create(DEPLOYMENTS, deployment(1), namespace)
    async with lab.kubelet(namespace):
        first = await lab.until(REPLICA_SETS, namespace, lambda r: r["spec"]["replicas"] == 1)
        for generation, image in enumerate(("x:2", "x:1"), start=2):
            await lab.client.patch(DEPLOYMENTS, "d", image_patch(image), namespace, type="strategic")
            await lab.until(DEPLOYMENTS, namespace, lambda d, g=generation: meta.generation(d) == g and is_complete(d))
    again = await lab.client.get(REPLICA_SETS, meta.name(first), namespace)
    assert again["spec"]["replicas"] == 1
    assert meta.annotations(again)[REVISION] == "3"
    assert meta.annotations(again)["deployment.kubernetes.io/revision-history"] == "1"


async def test_recreate_starts_new_pods_only_when_all_old_ones_are_gone(lab: Lab, namespace: str) -> None:
    await lab.client.create(DEPLOYMENTS, deployment(2, strategy={"type": "Recreate"}), namespace)
    async with lab.kubelet(namespace):
        await lab.until(DEPLOYMENTS, namespace, is_complete)
        pods = (await lab.client.list(PODS, namespace)).items
        for pod in pods:
            finalizers = {"metadata": {"finalizers": ["tests.liqo.io/hold"]}}
            await lab.client.patch(PODS, meta.name(pod), finalizers, namespace)
        await lab.client.patch(DEPLOYMENTS, "d", image_patch("x:2"), namespace, type="strategic")
        for pod in pods:
            await lab.until(PODS, namespace, lambda p, old=pod: meta.uid(p) == meta.uid(old) and meta.is_deleting(p))
        assert len((await lab.client.list(REPLICA_SETS, namespace)).items) == 1
        for pod in pods:
            await lab.client.patch(PODS, meta.name(pod), {"metadata": {"finalizers": None}}, namespace)
        await lab.until(DEPLOYMENTS, namespace, lambda d: meta.generation(d) == 2 and is_complete(d))


async def test_a_paused_deployment_scales_but_does_not_roll(lab: Lab, namespace: str) -> None:
    await lab.client.create(DEPLOYMENTS, deployment(1), namespace)
    async with lab.kubelet(namespace):
        await lab.until(DEPLOYMENTS, namespace, is_complete)
        patch = image_patch("x:2")
        patch["spec"] |= {"paused": True, "replicas": 3}
        await lab.client.patch(DEPLOYMENTS, "d", patch, namespace, type="strategic")
        await lab.until(DEPLOYMENTS, namespace, lambda d: counts(d, "availableReplicas") == (3,))
        paused = await lab.client.get(DEPLOYMENTS, "d", namespace)
        assert meta.find_condition(paused, "Progressing")["message"] == "Deployment is paused"
        assert len((await lab.client.list(REPLICA_SETS, namespace)).items) == 1
        await lab.client.patch(DEPLOYMENTS, "d", {"spec": {"paused": False}}, namespace)
        await lab.until(DEPLOYMENTS, namespace, lambda d: meta.generation(d) == 3 and is_complete(d))


async def test_resizing_in_the_midst_of_a_rollout_keeps_the_shares(lab: Lab, namespace: str) -> None:
    """Ten old pods and two new ones that never become ready, scaled from 10 to 30."""
    strategy = {"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}
    await lab.client.create(DEPLOYMENTS, deployment(10, strategy=strategy), namespace)
    async with lab.kubelet(namespace, ready=10):
        await lab.until(DEPLOYMENTS, namespace, is_complete)
        await lab.client.patch(DEPLOYMENTS, "d", image_patch("x:2"), namespace, type="strategic")
        # Eight old pods are the least that must stay available; five new ones fill up the surge.
        await lab.until(DEPLOYMENTS, namespace, lambda d: counts(d, "replicas", "updatedReplicas") == (13, 5))
        await lab.client.patch(DEPLOYMENTS, "d", {"spec": {"replicas": 30}}, namespace)
        await lab.until(DEPLOYMENTS, namespace, lambda d: counts(d, "replicas", "updatedReplicas") == (33, 13))


async def test_a_replica_set_that_the_server_refuses_shows_in_the_deployment(lab: Lab, namespace: str) -> None:
    """A quota forbids the pods; the failure travels up to the deployment's conditions and down into events."""
    from liqolab.apimachinery.builtin import RESOURCE_QUOTAS

    await lab.client.create(RESOURCE_QUOTAS, {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "0"}}}, namespace)
    await lab.client.create(DEPLOYMENTS, deployment(1), namespace)
    failed = await lab.until(DEPLOYMENTS, namespace, lambda d: meta.find_condition(d, "ReplicaFailure"))
    condition = meta.find_condition(failed, "ReplicaFailure")
    assert condition["reason"] == "FailedCreate"
    assert "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0" in condition["message"]


async def test_old_replica_sets_beyond_the_limit_are_deleted(lab: Lab, namespace: str) -> None:
    await lab.client.create(DEPLOYMENTS, deployment(1, revisionHistoryLimit=1), namespace)
    async with lab.kubelet(namespace):
        await lab.until(DEPLOYMENTS, namespace, is_complete)
        first = (await lab.client.list(REPLICA_SETS, namespace)).items[0]
        for generation, image in enumerate(("x:2", "x:3"), start=2):
            await lab.client.patch(DEPLOYMENTS, "d", image_patch(image), namespace, type="strategic")
            await lab.until(DEPLOYMENTS, namespace, lambda d, g=generation: meta.generation(d) == g and is_complete(d))
        await lab.until_gone(REPLICA_SETS, meta.name(first), namespace)
    left = (await lab.client.list(REPLICA_SETS, namespace)).items
    assert sorted(meta.annotations(item)[REVISION] for item in left) == ["2", "3"]


async def test_a_rollout_without_progress_is_reported_when_its_deadline_passes(lab: Lab, namespace: str) -> None:
    await lab.client.create(DEPLOYMENTS, deployment(1, progressDeadlineSeconds=1), namespace)
    late = await lab.until(
        DEPLOYMENTS, namespace, lambda d: (meta.find_condition(d, "Progressing") or {}).get("status") == "False"
    )
    condition = meta.find_condition(late, "Progressing")
    assert condition["reason"] == "ProgressDeadlineExceeded"
    assert condition["message"].endswith("has timed out progressing.")
