"""Volumes of class ``liqo`` are made where the first pod that uses them runs; later pods follow their data."""

from __future__ import annotations

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    EVENTS,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    RESOURCE_QUOTAS,
    STATEFUL_SETS,
    STORAGE_CLASSES,
)
from liqolab.apimachinery.resources import Object
from tests.liqo_offloading.conftest import Cluster, Lab

STORAGE = "liqo-storage"


def claiming(name: str, node: str, script: str = "sleep 3600") -> Object:
    """The spec of a pod that mounts a claim at /data, on one node."""
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return following(name, script) | {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
    }


def following(name: str, script: str = "sleep 3600") -> Object:
    """The spec of a pod that mounts a claim at /data, wherever that is."""
    container = {
        "name": "c",
        "image": "busybox",
        "command": ["sh", "-c", script],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    return {
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": name}}],
    }


async def claim(cluster: Cluster, name: str, **spec: object) -> Object:
    body = PERSISTENT_VOLUME_CLAIMS.manifest(
        name,
        cluster.namespace,
        spec={
            "storageClassName": "liqo",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "25Mi"}},
            **spec,
        },
    )
    return await cluster.client.create(PERSISTENT_VOLUME_CLAIMS, body, cluster.namespace)


def is_bound(item: Object) -> bool:
    return bool(meta.get_path(item, "status", "phase") == "Bound")


async def bound(cluster: Cluster, name: str) -> tuple[Object, Object]:
    """A claim and its volume."""
    found = await cluster.until(PERSISTENT_VOLUME_CLAIMS, name, is_bound)
    return found, await cluster.client.get(PERSISTENT_VOLUMES, found["spec"]["volumeName"])


async def told(cluster: Cluster, name: str, reason: str, part: str = "") -> Object:
    """An event about a claim."""

    def holds(event: Object) -> bool:
        about = event["involvedObject"]
        is_it = (about.get("kind"), about.get("name"), event["reason"]) == ("PersistentVolumeClaim", name, reason)
        return is_it and part in event["message"]

    return await cluster.until(EVENTS, "", holds)


async def test_the_class_waits_for_its_first_consumer_and_has_a_namespace_of_its_own(lab: Lab) -> None:
    found = await lab.venice.client.get(STORAGE_CLASSES, "liqo")
    assert found["provisioner"] == "liqo.io/storage"
    assert found["volumeBindingMode"] == "WaitForFirstConsumer"
    namespace = await lab.venice.client.get(NAMESPACES, STORAGE)
    assert meta.labels(namespace)["liqo.io/storage-provisioner"] == "true"
    node = await lab.venice.client.get(NODES, "liqo-naples")
    assert meta.labels(node)["storage.liqo.io/available"] == "true"


async def test_at_home_a_claim_of_the_default_class_stands_behind_it(lab: Lab) -> None:
    await lab.offload()
    made = await claim(lab.venice, "data")
    await lab.venice.pod("writer", **claiming("data", "venice-control-plane", "echo kept > /data/file; sleep 3600"))
    await lab.venice.running("writer")

    _, volume = await bound(lab.venice, "data")
    assert meta.name(volume) == f"pvc-{meta.uid(made)}"
    assert meta.annotations(volume)["pv.kubernetes.io/provisioned-by"] == "liqo.io/storage"
    twin = await lab.venice.client.get(PERSISTENT_VOLUME_CLAIMS, meta.uid(made), STORAGE)
    assert twin["spec"]["storageClassName"] == "standard"
    assert meta.labels(twin)["storage.liqo.io/virtual-pvc-name"] == "data"
    real = await lab.venice.client.get(PERSISTENT_VOLUMES, twin["spec"]["volumeName"])
    assert volume["spec"]["hostPath"] == real["spec"]["hostPath"]
    await told(lab.venice, "data", "ProvisioningSucceeded")
    assert not await lab.naples.exists(PERSISTENT_VOLUME_CLAIMS, "data")

    await lab.venice.client.delete(PODS, "writer", lab.venice.namespace)
    await lab.venice.until_gone(PODS, "writer")
    await lab.venice.pod("reader", **following("data"))
    await lab.venice.running("reader")
    assert lab.venice.kubectl("exec", "reader", "--", "cat", "/data/file").stdout == "kept\n"

    await lab.venice.client.delete(PODS, "reader", lab.venice.namespace)
    await lab.venice.client.delete(PERSISTENT_VOLUME_CLAIMS, "data", lab.venice.namespace)
    for item in (volume, real):
        await lab.venice.until_gone(PERSISTENT_VOLUMES, meta.name(item))


async def test_on_a_provider_the_data_is_in_a_claim_of_the_same_name(lab: Lab) -> None:
    await lab.offload()
    await claim(lab.venice, "data")
    await lab.venice.pod("writer", **claiming("data", "liqo-naples", "echo kept > /data/file; sleep 3600"))
    await lab.venice.running("writer")

    _, volume = await bound(lab.venice, "data")
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    (expression,) = term["matchExpressions"]
    assert expression == {"key": "kubernetes.io/hostname", "operator": "In", "values": ["liqo-naples"]}
    remote, far = await bound(lab.naples, "data")
    assert remote["spec"]["storageClassName"] == "standard"
    await told(lab.venice, "data", "SuccessfulReflection")

    await lab.venice.client.delete(PODS, "writer", lab.venice.namespace)
    await lab.venice.until_gone(PODS, "writer")
    await lab.venice.pod("reader", **following("data"))
    reader = await lab.venice.running("reader")
    assert reader["spec"]["nodeName"] == "liqo-naples"
    assert lab.venice.kubectl("exec", "reader", "--", "cat", "/data/file").stdout == "kept\n"

    await lab.venice.client.delete(PODS, "reader", lab.venice.namespace)
    await lab.venice.client.delete(PERSISTENT_VOLUME_CLAIMS, "data", lab.venice.namespace)
    await lab.naples.until_gone(PERSISTENT_VOLUME_CLAIMS, "data")
    await lab.naples.until_gone(PERSISTENT_VOLUMES, meta.name(far))
    await lab.venice.until_gone(PERSISTENT_VOLUMES, meta.name(volume))
    await lab.venice.until_gone(PERSISTENT_VOLUME_CLAIMS, "data")


@pytest.mark.parametrize("node", ["venice-control-plane", "liqo-naples"])
async def test_a_pod_waits_for_the_node_that_has_its_data(lab: Lab, node: str) -> None:
    await lab.offload()
    await claim(lab.venice, "data")
    await lab.venice.pod("first", **claiming("data", node, "echo kept > /data/file; sleep 3600"))
    await lab.venice.running("first")
    await lab.venice.client.delete(PODS, "first", lab.venice.namespace)
    await lab.venice.until_gone(PODS, "first")

    assert lab.venice.kubectl("cordon", node).returncode == 0
    try:
        await lab.venice.pod("second", **following("data"))

        def refused(pod: Object) -> bool:
            why = (meta.find_condition(pod, "PodScheduled") or {}).get("message") or ""
            return "unschedulable" in why and "node affinity" in why

        await lab.venice.until(PODS, "second", refused)
    finally:
        assert lab.venice.kubectl("uncordon", node).returncode == 0
    second = await lab.venice.running("second")
    assert second["spec"]["nodeName"] == node
    assert lab.venice.kubectl("exec", "second", "--", "cat", "/data/file").stdout == "kept\n"


async def test_what_a_provider_refuses_is_told_at_home(lab: Lab) -> None:
    await lab.offload()
    await claim(lab.venice, "foreign")
    await claim(lab.venice, "refused")
    await lab.naples.until(NAMESPACES, lab.venice.namespace, bool)
    await claim(lab.naples, "foreign", storageClassName="standard")
    await lab.venice.pod("foreign", **claiming("foreign", "liqo-naples"))
    await told(lab.venice, "foreign", "ProvisioningFailed", 'in cluster "naples": remote object already exists')
    quota = RESOURCE_QUOTAS.manifest("none", lab.venice.namespace, spec={"hard": {"persistentvolumeclaims": "1"}})
    await lab.naples.client.create(RESOURCE_QUOTAS, quota, lab.venice.namespace)
    await lab.naples.until(RESOURCE_QUOTAS, "none", lambda item: bool(meta.get_path(item, "status", "used")))
    await lab.venice.pod("refused", **claiming("refused", "liqo-naples"))
    await told(lab.venice, "refused", "ProvisioningFailed", "exceeded quota: none")

    await lab.naples.client.delete(RESOURCE_QUOTAS, "none", lab.venice.namespace)
    await lab.venice.running("refused")


async def test_a_pod_gives_up_a_claim_that_goes_before_it_is_bound(lab: Lab) -> None:
    await lab.offload()
    body = STORAGE_CLASSES.manifest(
        f"{lab.venice.namespace}-slow", provisioner="example.com/nobody", volumeBindingMode="WaitForFirstConsumer"
    )
    await lab.venice.client.create(STORAGE_CLASSES, body)
    await claim(lab.venice, "data", storageClassName=meta.name(body))
    await lab.venice.pod("waiting", **following("data"))
    selected = "volume.kubernetes.io/selected-node"
    await lab.venice.until(PERSISTENT_VOLUME_CLAIMS, "data", lambda item: selected in meta.annotations(item))
    await lab.venice.client.patch(
        PERSISTENT_VOLUME_CLAIMS, "data", {"metadata": {"annotations": {selected: None}}}, lab.venice.namespace
    )

    def failed(pod: Object) -> bool:
        why = (meta.find_condition(pod, "PodScheduled") or {}).get("message") or ""
        return 'provisioning failed for PVC "data"' in why

    await lab.venice.until(PODS, "waiting", failed)
    await lab.venice.client.delete(STORAGE_CLASSES, meta.name(body))


async def test_what_a_provider_loses_is_told_at_home(lab: Lab) -> None:
    await lab.offload()
    await claim(lab.venice, "data")
    await lab.venice.pod("writer", **claiming("data", "liqo-naples"))
    await lab.venice.running("writer")
    await lab.venice.client.delete(PODS, "writer", lab.venice.namespace)
    await lab.venice.until_gone(PODS, "writer")
    await lab.naples.until_gone(PODS, "writer")
    await lab.naples.client.delete(PERSISTENT_VOLUME_CLAIMS, "data", lab.venice.namespace)
    await told(lab.venice, "data", "RemoteClaimLost", 'in cluster "naples"')


async def test_a_set_with_replicas_on_both_sides_keeps_what_each_has_written(lab: Lab) -> None:
    await lab.offload()
    script = "hostname >> /data/who; sleep 3600"
    spread = {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": "kubernetes.io/hostname"}
        ]
    }
    spec = {**following("data", script), "affinity": {"podAntiAffinity": spread}, "terminationGracePeriodSeconds": 1}
    del spec["volumes"]
    template = {"metadata": {"name": "data"}, "spec": {
        "storageClassName": "liqo", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "25Mi"}},
    }}  # fmt: skip
    body = STATEFUL_SETS.manifest(
        "db",
        lab.venice.namespace,
        spec={
            "serviceName": "db",
            "replicas": 2,
            "selector": {"matchLabels": {"app": "db"}},
            "template": {"metadata": {"labels": {"app": "db"}}, "spec": spec},
            "volumeClaimTemplates": [template],
        },
    )
    await lab.venice.client.create(STATEFUL_SETS, body, lab.venice.namespace)
    before = {name: await lab.venice.running(name) for name in ("db-0", "db-1")}
    where = {name: pod["spec"]["nodeName"] for name, pod in before.items()}
    assert set(where.values()) == {"venice-control-plane", "liqo-naples"}

    await lab.kill_and_restart(lab.naples)
    for name, pod in before.items():
        await lab.venice.client.delete(PODS, name, lab.venice.namespace)

        def is_new(item: Object, old: str = meta.uid(pod)) -> bool:
            return meta.uid(item) != old and meta.pod_is_ready(item)

        again = await lab.venice.until(PODS, name, is_new)
        assert again["spec"]["nodeName"] == where[name]
        lines = lab.venice.kubectl("exec", name, "--", "cat", "/data/who").stdout.splitlines()
        assert set(lines) == {name}
        assert len(lines) >= 2
