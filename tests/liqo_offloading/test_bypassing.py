"""What somebody who may only write pods can try against the policy of a namespace, and where it ends."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DAEMON_SETS, NAMESPACES, PODS, SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.resources import NAMESPACE_MAPS, SHADOW_PODS
from tests.liqo_offloading.conftest import Lab

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("offloading")]

EVERYTHING = {"operator": "Exists"}
CENTER = {"key": "topology.liqo.io/region", "operator": "In", "values": ["center"]}
FLORENCE = {"key": "metadata.name", "operator": "In", "values": ["liqo-florence"]}
LABEL = "liqo.io/scheduling-enabled"


def required(*terms: Object) -> Object:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def is_stuck(pod: Object) -> bool:
    """The scheduler or the virtual kubelet has said no."""
    scheduled = meta.find_condition(pod, "PodScheduled") or {}
    refused = meta.get_path(pod, "status", "reason") == "OffloadingBackOff"
    return bool(pod["status"]["phase"] == "Pending" and (refused or scheduled.get("reason") == "Unschedulable"))


@pytest.mark.parametrize(
    "spec",
    [
        {"affinity": required({"matchExpressions": [CENTER]})},
        {"affinity": required({"matchFields": [FLORENCE]}), "tolerations": [EVERYTHING]},
        {"nodeSelector": {"topology.liqo.io/region": "center"}, "tolerations": [EVERYTHING]},
        {"nodeName": "liqo-florence"},
        {"nodeName": "liqo-florence", "tolerations": [EVERYTHING]},
    ],
    ids=["affinity", "field", "selector", "node name", "node name and toleration"],
)
async def test_no_pod_reaches_a_cluster_that_is_not_selected(lab: Lab, spec: Any) -> None:
    await lab.offload()
    await lab.venice.pod("thief", **spec)
    await lab.venice.until(PODS, "thief", is_stuck)
    assert not await lab.florence.exists(NAMESPACES, lab.venice.namespace)
    assert not await lab.naples.exists(PODS, "thief")


async def test_a_pod_of_a_namespace_that_is_not_offloaded_is_not_taken(lab: Lab) -> None:
    await lab.venice.pod("thief", nodeName="liqo-naples", tolerations=[EVERYTHING])
    pod = await lab.venice.until(PODS, "thief", is_stuck)
    assert pod["status"]["reason"] == "OffloadingBackOff"
    assert "is not offloaded to cluster" in pod["status"]["message"]
    assert not await lab.naples.exists(NAMESPACES, lab.venice.namespace)
    await lab.venice.client.delete(PODS, "thief", lab.venice.namespace)
    await lab.venice.until_gone(PODS, "thief")


async def test_without_its_toleration_a_pod_is_evicted_from_a_virtual_node(lab: Lab) -> None:
    await lab.venice.pod("thief", nodeName="liqo-naples")
    await lab.venice.until_gone(PODS, "thief")


async def test_local_pods_stay_local_although_the_namespace_is_mapped(lab: Lab) -> None:
    await lab.offload("Local")
    assert await lab.naples.exists(NAMESPACES, lab.venice.namespace)
    await lab.venice.pod("thief", nodeName="liqo-naples", tolerations=[EVERYTHING])
    pod = await lab.venice.until(PODS, "thief", is_stuck)
    assert "PodOffloadingStrategy Local" in pod["status"]["message"]
    assert not await lab.naples.exists(PODS, "thief")
    await lab.change(podOffloadingStrategy="LocalAndRemote")
    await lab.venice.running("thief")


async def test_a_namespace_that_only_the_map_speaks_of_stays_at_home(lab: Lab) -> None:
    """What a provider would have to write into its tenant namespace to get at it."""
    tenants = (await lab.venice.client.list(NAMESPACE_MAPS, labels="liqo.io/replication=true")).items
    wished = next(item for item in tenants if meta.name(item).startswith("naples-"))
    name, tenant = meta.name(wished), meta.namespace(wished)
    secret = {"metadata": {"name": "loot"}, "stringData": {"a": "b"}}
    await lab.venice.client.create(SECRETS, secret, lab.venice.namespace)
    wish = {"spec": {"desiredMapping": {lab.venice.namespace: lab.venice.namespace}}}
    await lab.venice.client.patch(NAMESPACE_MAPS, name, wish, tenant)

    def forgotten(item: Object) -> bool:
        mentioned = {**item["spec"].get("desiredMapping", {}), **item.get("status", {}).get("currentMapping", {})}
        return lab.venice.namespace not in mentioned

    await lab.venice.until(NAMESPACE_MAPS, name, forgotten, namespace=tenant)
    assert not await lab.naples.exists(SECRETS, "loot")


async def test_a_shadow_pod_gets_neither_the_hosts_network_nor_an_account_nor_a_node(lab: Lab) -> None:
    await lab.offload()
    containers = [{"name": "c", "image": "nginx"}]
    asked = {"hostNetwork": True, "nodeName": "nowhere", "serviceAccountName": "admin", "containers": containers}
    shadow = SHADOW_PODS.manifest("thief", spec={"pod": asked})
    await lab.naples.client.create(SHADOW_PODS, shadow, lab.venice.namespace)
    spec = (await lab.naples.running("thief"))["spec"]
    assert not spec.get("hostNetwork")
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("default", False)


async def test_the_namespaces_label_cannot_be_taken_off_or_left_behind(lab: Lab) -> None:
    def labelled(item: Object) -> bool:
        return meta.labels(item).get(LABEL) == "true"

    await lab.offload()
    name = lab.venice.namespace
    await lab.venice.client.patch(NAMESPACES, name, {"metadata": {"labels": {LABEL: None}}})
    await lab.venice.until(NAMESPACES, name, labelled)
    await lab.change(podOffloadingStrategy="Local")
    await lab.venice.until(NAMESPACES, name, lambda item: not labelled(item))


async def test_a_daemon_set_runs_where_the_policy_allows_and_settles(lab: Lab) -> None:
    await lab.offload()
    body = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": {
                "metadata": {"labels": {"app": "agent"}},
                "spec": {"tolerations": [EVERYTHING], "containers": [{"name": "c", "image": "nginx"}]},
            },
        },
    }
    await lab.venice.client.create(DAEMON_SETS, body, lab.venice.namespace)
    await lab.venice.until(DAEMON_SETS, "agent", lambda item: meta.get_path(item, "status", "numberReady") == 2)
    pods = (await lab.venice.client.list(PODS, lab.venice.namespace)).items
    ready = {pod["spec"]["nodeName"] for pod in pods if meta.pod_is_ready(pod)}
    assert ready == {"venice-control-plane", "liqo-naples"}
    assert not await lab.florence.exists(NAMESPACES, lab.venice.namespace)
