"""Replica sets, daemon sets, stateful sets, jobs."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CONTROLLER_REVISIONS,
    DAEMON_SETS,
    JOBS,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    STATEFUL_SETS,
)
from liqolab.apimachinery.resources import Object
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")


def template(app: Any, **spec: Any) -> Any:
    containers = {"containers": [{"name": "x", "image": "x:1"}]}
    return {"metadata": {"labels": {"app": app}}, "spec": containers | spec}


def workload(name: str, replicas: Any = None, **spec: Any) -> Any:
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template(name)} | spec
    return {"metadata": {"name": name}, "spec": spec | ({} if replicas is None else {"replicas": replicas})}


def status(field: Any, value: Any) -> Any:
    return lambda item: item.get("status", {}).get(field, 0) == value


async def pods_of(lab: Lab, namespace: str) -> Any:
    items = (await lab.client.list(PODS, namespace)).items
    return {meta.name(item): item for item in items}


async def test_replica_sets_adopt_release_and_replace(lab: Lab, namespace: str) -> None:
    lonely = {"metadata": {"name": "lonely", "labels": {"app": "r"}}, "spec": template("r")["spec"]}
    await lab.client.create(PODS, lonely, namespace)
    async with lab.kubelet(namespace) as kubelet:
        await lab.client.create(REPLICA_SETS, workload("r", 2), namespace)
        await lab.until(REPLICA_SETS, namespace, status("readyReplicas", 2))
        pods = await pods_of(lab, namespace)
        assert len(pods) == 2 and meta.controller_of(pods["lonely"])["name"] == "r", "adopted, not duplicated"

        await lab.client.patch(PODS, "lonely", {"metadata": {"labels": {"app": "debug"}}}, namespace)
        released = await lab.until(PODS, namespace, lambda p: meta.name(p) == "lonely" and not meta.owner_references(p))
        assert not meta.is_deleting(released)
        await lab.until(PODS, namespace, lambda p: meta.name(p) not in pods and meta.pod_is_ready(p))

        # A pod that failed is replaced and stays for inspection.
        [failed] = [name for name in pods if name != "lonely"]
        await kubelet.report(failed, "Failed")
        known = set(await pods_of(lab, namespace)) | set(pods)
        await lab.until(PODS, namespace, lambda p: meta.name(p) not in known and meta.pod_is_ready(p))
        assert failed in await pods_of(lab, namespace)


async def test_scaling_down_takes_the_cheapest_pods_first(lab: Lab, namespace: str) -> None:
    await lab.client.create(REPLICA_SETS, workload("r", 4), namespace)
    async with lab.kubelet(namespace, ready=3):
        await lab.until(REPLICA_SETS, namespace, status("readyReplicas", 3))
        pods = await pods_of(lab, namespace)
        [unready] = [name for name, pod in pods.items() if not meta.pod_is_ready(pod)]
        cheap, *_ = dear = [name for name in pods if name != unready]
        cost = {"metadata": {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "-5"}}}
        await lab.client.patch(PODS, cheap, cost, namespace)
        await lab.client.patch(REPLICA_SETS, "r", {"spec": {"replicas": 2}}, namespace)
        for name in (unready, cheap):
            await lab.until_gone(PODS, name, namespace)
    assert sorted(await pods_of(lab, namespace)) == sorted(set(dear) - {cheap})
    deleted = [f"Deleted pod: {name}" for name in (unready, cheap)]
    assert sorted(await lab.events(namespace, "SuccessfulDelete")) == sorted(deleted)


async def test_a_refused_pod_is_tried_once_not_a_hundred_times(lab: Lab, namespace: str) -> None:
    """Slow start: the first refusal ends the attempt, with one event and one condition."""
    body = workload("r", 100, template=template("r", serviceAccountName="nobody"))
    await lab.client.create(REPLICA_SETS, body, namespace)
    failed = await lab.until(REPLICA_SETS, namespace, lambda r: meta.find_condition(r, "ReplicaFailure"))
    condition = meta.find_condition(failed, "ReplicaFailure")
    assert condition["reason"] == "FailedCreate" and 'serviceaccount "nobody" not found' in condition["message"]
    for message in await lab.events(namespace, "FailedCreate"):
        assert message.startswith("Error creating: pods ")


async def test_replication_controllers_do_the_same(lab: Lab, namespace: str) -> None:
    body = workload("rc", 2)
    body["spec"]["selector"] = {"app": "rc"}
    await lab.client.create(REPLICATION_CONTROLLERS, body, namespace)
    async with lab.kubelet(namespace):
        await lab.until(REPLICATION_CONTROLLERS, namespace, status("availableReplicas", 2))


async def test_daemon_pods_run_on_every_node_but_virtual_ones(lab: Lab, namespace: str) -> None:
    taint = {"key": "virtual-node.liqo.io/not-allowed", "value": "true", "effect": "NoExecute"}
    await lab.node(f"{namespace}-a")
    await lab.node(f"{namespace}-b", unschedulable=True)
    await lab.node(f"{namespace}-virtual", taints=[taint])
    nodes = {f"{namespace}-a", f"{namespace}-b"}
    await lab.client.create(DAEMON_SETS, workload("ds"), namespace)

    def target(pod: Object) -> Any:
        affinity = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        return affinity["nodeSelectorTerms"][0]["matchFields"][0]["values"][0]

    reached = set()
    async for pod in lab.follow(PODS, namespace):
        reached.add(target(pod))
        if reached >= nodes:
            break
    assert {name for name in reached if name.startswith(namespace)} == nodes
    [revision] = (await lab.client.list(CONTROLLER_REVISIONS, namespace)).items
    assert meta.name(revision) == f"ds-{meta.labels(pod)['controller-revision-hash']}"
    keys = {entry["key"] for entry in pod["spec"]["tolerations"]}
    assert {"node.kubernetes.io/unschedulable", "node.kubernetes.io/unreachable"} <= keys
    await lab.client.delete(DAEMON_SETS, "ds", namespace)
    for name in (f"{namespace}-a", f"{namespace}-b", f"{namespace}-virtual"):
        await lab.client.delete(NODES, name)


async def test_stateful_pods_come_and_go_in_order(lab: Lab, namespace: str) -> None:
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    claim["spec"]["resources"] = {"requests": {"storage": "1Gi"}}
    body = workload("web", 3, serviceName="web", volumeClaimTemplates=[claim])
    await lab.client.create(STATEFUL_SETS, body, namespace)
    async with lab.kubelet(namespace, ready=0) as kubelet:
        for ordinal in range(3):
            await lab.until(PODS, namespace, lambda p, o=ordinal: meta.name(p) == f"web-{o}")
            assert len(await pods_of(lab, namespace)) == ordinal + 1, "the next waits until this one is ready"
            kubelet.permit()
        await lab.until(STATEFUL_SETS, namespace, status("readyReplicas", 3))
        pod = (await pods_of(lab, namespace))["web-1"]
        assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("web-1", "web")
        assert meta.labels(pod)["apps.kubernetes.io/pod-index"] == "1"
        assert pod["spec"]["volumes"][0] == {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-1"}}
        assert "create Claim data-web-0 Pod web-0 in StatefulSet web success" in await lab.events(namespace)

        kubelet.permit(9)
        image = {"spec": {"template": {"spec": {"containers": [{"name": "x", "image": "x:2"}]}}}}
        await lab.client.patch(STATEFUL_SETS, "web", image, namespace, type="strategic")
        done = await lab.until(STATEFUL_SETS, namespace, lambda s: meta.generation(s) == 2 and _is_updated(s))
        pods = await pods_of(lab, namespace)
        revisions = {meta.labels(pod)["controller-revision-hash"] for pod in pods.values()}
        assert revisions == {done["status"]["currentRevision"]}

        await lab.client.patch(STATEFUL_SETS, "web", {"spec": {"replicas": 1}}, namespace)
        await lab.until(STATEFUL_SETS, namespace, status("replicas", 1))
    assert set(await pods_of(lab, namespace)) == {"web-0"}
    assert len((await lab.client.list(PERSISTENT_VOLUME_CLAIMS, namespace)).items) == 3, "storage outlives pods"
    assert (await lab.events(namespace, "SuccessfulDelete"))[-2:] == [
        "delete Pod web-2 in StatefulSet web successful",
        "delete Pod web-1 in StatefulSet web successful",
    ]


def _is_updated(item: Object) -> Any:
    state = item["status"]
    fresh = state.get("observedGeneration") == meta.generation(item)
    return fresh and state["currentRevision"] == state["updateRevision"] and state.get("updatedReplicas") == 3


async def test_a_job_counts_every_pod_once(lab: Lab, namespace: str) -> None:
    spec = {"completions": 3, "parallelism": 2, "template": template("j", restartPolicy="Never")}
    await lab.client.create(JOBS, {"metadata": {"name": "j"}, "spec": spec}, namespace)
    finished = set()
    async with lab.kubelet(namespace) as kubelet:
        async for pod in lab.follow(PODS, namespace):
            if meta.pod_is_ready(pod) and meta.name(pod) not in finished:
                finished.add(meta.name(pod))
                await kubelet.report(meta.name(pod), "Succeeded")
                # Its record may vanish: it was counted.
                await lab.client.delete(PODS, meta.name(pod), namespace)
            if len(finished) == 3:
                break
        job = await lab.until(JOBS, namespace, lambda j: meta.condition_is_true(j, "Complete"))
    state = job["status"]
    assert (state["succeeded"], state.get("active", 0), state.get("failed", 0)) == (3, 0, 0)
    assert state["uncountedTerminatedPods"] == {} and state["completionTime"]
    assert [row["type"] for row in state["conditions"]] == ["SuccessCriteriaMet", "Complete"]
    assert {(row["reason"], row["message"]) for row in state["conditions"]} == {
        ("CompletionsReached", "Reached expected number of succeeded pods")
    }
    assert await lab.events(namespace, "Completed") == ["Job completed"]


async def test_a_job_gives_up_after_its_back_off_limit(lab: Lab, namespace: str) -> None:
    spec = {"backoffLimit": 0, "template": template("j", restartPolicy="Never")}
    await lab.client.create(JOBS, {"metadata": {"name": "j"}, "spec": spec}, namespace)
    async with lab.kubelet(namespace) as kubelet:
        pod = await lab.until(PODS, namespace, meta.pod_is_ready)
        await kubelet.report(meta.name(pod), "Failed")
        job = await lab.until(JOBS, namespace, lambda j: meta.condition_is_true(j, "Failed"))
    condition = meta.find_condition(job, "Failed")
    assert condition["reason"] == "BackoffLimitExceeded"
    assert condition["message"] == "Job has reached the specified backoff limit"
    assert job["status"]["failed"] == 1


async def test_indexed_jobs_run_every_index_and_suspended_ones_none(lab: Lab, namespace: str) -> None:
    spec = {"completions": 3, "parallelism": 3, "completionMode": "Indexed", "suspend": True}
    spec["template"] = template("j", restartPolicy="Never")
    await lab.client.create(JOBS, {"metadata": {"name": "j"}, "spec": spec}, namespace)
    suspended = await lab.until(JOBS, namespace, lambda j: meta.condition_is_true(j, "Suspended"))
    assert "startTime" not in suspended["status"] and not await pods_of(lab, namespace)
    async with lab.kubelet(namespace) as kubelet:
        await lab.client.patch(JOBS, "j", {"spec": {"suspend": False}}, namespace)
        done = set()
        async for pod in lab.follow(PODS, namespace):
            if meta.pod_is_ready(pod) and meta.name(pod) not in done:
                done.add(meta.name(pod))
                assert {"name": "JOB_COMPLETION_INDEX", "value": meta.name(pod).split("-")[1]} in pod["spec"][
                    "containers"
                ][0]["env"]
                await kubelet.report(meta.name(pod), "Succeeded")
            if len(done) == 3:
                break
        job = await lab.until(JOBS, namespace, lambda j: meta.condition_is_true(j, "Complete"))
    assert job["status"]["completedIndexes"] == "0-2"


async def test_deleting_a_job_frees_its_pods(lab: Lab, namespace: str) -> None:
    spec = {"template": template("j", restartPolicy="Never")}
    await lab.client.create(JOBS, {"metadata": {"name": "j"}, "spec": spec}, namespace)
    async with lab.kubelet(namespace):
        pod = await lab.until(PODS, namespace, meta.pod_is_ready)
        assert meta.finalizers(pod) == ["batch.kubernetes.io/job-tracking"]
        await lab.client.delete(JOBS, "j", namespace, propagation="Background")
        await lab.until_gone(PODS, meta.name(pod), namespace)
