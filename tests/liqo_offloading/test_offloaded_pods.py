"""Offloaded namespaces and pods through their whole life, on real cluster processes."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address
from pathlib import Path
from urllib.request import urlopen

import pexpect
import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CONFIG_MAPS,
    ENDPOINT_SLICES,
    JOBS,
    NAMESPACES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    SERVICES,
)
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS, SHADOW_PODS
from tests.kubectls import Kubectl, kubectls
from tests.liqo_offloading.conftest import Lab

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("offloading")]

IN_THE_SOUTH = {"nodeSelector": {"topology.liqo.io/region": "south"}}


def restarts(pod: Object) -> int:
    return max((row["restartCount"] for row in pod["status"].get("containerStatuses") or ()), default=0)


async def test_a_pod_runs_on_the_provider_and_shows_here(lab: Lab) -> None:
    await lab.offload()
    says = {"name": "c", "image": "busybox", "command": ["sh", "-c", "echo here; sleep 600"]}
    await lab.venice.pod("app", containers=[says], **IN_THE_SOUTH)
    local, remote = await lab.venice.running("app"), await lab.naples.running("app")
    assert (local["spec"]["nodeName"], remote["spec"]["nodeName"]) == ("liqo-naples", "naples-control-plane")
    here, there = (IPv4Address(pod["status"]["podIP"]) for pod in (local, remote))
    assert int(here) & 0xFFFF == int(there) & 0xFFFF
    assert str(here).startswith("10.20") and not str(here).startswith("10.200.")
    assert meta.labels(local)["liqo.io/shadowPod"] == "true"
    assert meta.labels(remote)["liqo.io/managed-by"] == "shadowpod"
    path = PODS.path(lab.venice.namespace, "app", "log")
    own = await lab.naples.client.raw(PODS.path(lab.venice.namespace, "app", "log"))
    assert await lab.venice.client.raw(path) == own != b""

    # The same pod, from here and there, and with kubectl through Venice.
    note = ["exec", "-i", "app", "--", "sh", "-c", "hostname; cat; exit 3"]
    done = lab.venice.kubectl(*note, stdin="typed\n")
    assert (done.returncode, done.stdout) == (3, "app\ntyped\n"), done.stderr

    await lab.venice.client.delete(PODS, "app", lab.venice.namespace)
    await lab.venice.until_gone(PODS, "app")
    assert not await lab.naples.exists(SHADOW_PODS, "app")
    await lab.naples.until_gone(PODS, "app")


async def test_people_at_home_deal_with_a_pod_abroad_as_with_any_other(lab: Lab, tmp_path: Path) -> None:
    """attach, port-forward, logs that are followed, usage and copies, with an old and with a new kubectl."""
    await lab.offload()
    shell = {"name": "c", "image": "busybox", "stdin": True, "tty": True, "command": ["sh"]}
    talks = {"name": "c", "image": "busybox", "command": ["sh", "-c", "echo one; sleep 1; echo two; sleep 600"]}
    await lab.venice.pod("shell", containers=[shell], **IN_THE_SOUTH)
    await lab.venice.pod("talks", containers=[talks], **IN_THE_SOUTH)
    await lab.venice.pod("web", **IN_THE_SOUTH)
    for name in ("shell", "talks", "web"):
        assert (await lab.venice.running(name))["spec"]["nodeName"] == "liqo-naples"
    ends = [path for path, where in kubectls().items() if where in ("1.20", "newest")] or list(kubectls())[:1]
    for number, path in enumerate(ends):
        home = tmp_path / str(number)
        home.mkdir()
        await asyncio.to_thread(_deal_with, Kubectl(path, lab.venice.process.kubeconfig, home), lab.venice.namespace)


def _deal_with(kubectl: Kubectl, namespace: str) -> None:
    here = ("-n", namespace)
    screen = kubectl.terminal(*here, "attach", "-it", "shell")
    screen.send("\r")
    screen.expect_exact("/ # ")
    screen.send("echo I am $HOSTNAME\r")
    screen.expect_exact("I am shell\r\n")
    screen.close()
    screen = kubectl.terminal(*here, "exec", "-it", "shell", "--", "sh")
    screen.expect_exact("/ # ")
    screen.send("exit 4\r")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 4
    used = [line.split()[0] for line in kubectl(*here, "top", "pod", "--no-headers").splitlines()]
    assert sorted(used) == ["shell", "talks", "web"] and "liqo-naples" in kubectl("top", "node")
    screen = kubectl.terminal(*here, "logs", "-f", "talks")
    screen.expect_exact("one\r\ntwo\r\n")
    screen.close()
    with kubectl.forwarding(*here, "port-forward", "pod/web", ":80") as port:
        assert b"Welcome to nginx" in urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
    content = bytes(range(256)) * 300
    (kubectl.home / "up").write_bytes(content)
    kubectl(*here, "cp", str(kubectl.home / "up"), "talks:/tmp/up")
    kubectl(*here, "cp", "talks:/tmp/up", str(kubectl.home / "down"))
    assert (kubectl.home / "down").read_bytes() == content
    # Neither who let go of it nor who left it has ended the shell; by now it would be known.
    restarts = "jsonpath={.status.containerStatuses[0].restartCount}"
    assert kubectl(*here, "get", "pod", "shell", "-o", restarts) == "0"


async def test_what_the_provider_loses_it_gets_again(lab: Lab) -> None:
    await lab.offload()
    await lab.venice.pod("app", **IN_THE_SOUTH)
    first = await lab.naples.running("app")
    await lab.venice.running("app")
    await lab.naples.client.delete(PODS, "app", lab.venice.namespace)
    local = await lab.venice.until(PODS, "app", lambda pod: meta.pod_is_ready(pod) and restarts(pod) == 1)
    assert meta.uid(await lab.naples.running("app")) != meta.uid(first)
    await lab.naples.client.delete(SHADOW_PODS, "app", lab.venice.namespace)
    again = await lab.venice.until(PODS, "app", lambda pod: meta.pod_is_ready(pod) and restarts(pod) == 2)
    assert meta.uid(again) == meta.uid(local)


async def test_finished_work_is_not_done_again(lab: Lab) -> None:
    await lab.offload("Remote")
    container = {"name": "c", "image": "busybox", "command": ["true"]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": {"template": template}}
    await lab.venice.client.create(JOBS, body, lab.venice.namespace)
    await lab.venice.until(JOBS, "job", lambda job: meta.condition_is_true(job, "Complete"))
    (pod,) = (await lab.venice.client.list(PODS, lab.venice.namespace)).items
    annotated = await lab.naples.until(SHADOW_PODS, meta.name(pod), lambda shadow: bool(meta.annotations(shadow)))
    await lab.naples.client.delete(PODS, meta.name(pod), lab.venice.namespace)
    await lab.naples.until_gone(PODS, meta.name(pod))
    patch = {"metadata": {"annotations": {"touched": "true"}}}
    await lab.naples.client.patch(SHADOW_PODS, meta.name(annotated), patch, lab.venice.namespace)
    # Another pod's whole way through the same controllers: had the finished one been made again, it would be there.
    await lab.venice.pod("after")
    await lab.venice.running("after")
    assert not await lab.naples.exists(PODS, meta.name(pod))
    assert (await lab.venice.client.get(PODS, meta.name(pod), lab.venice.namespace))["status"]["phase"] == "Succeeded"


async def test_services_and_their_endpoints_are_reflected_and_kept(lab: Lab) -> None:
    await lab.offload()
    namespace = lab.venice.namespace
    selector = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": selector}
    await lab.venice.client.create(SERVICES, service, namespace)
    await lab.venice.pod("web", nodeName="venice-control-plane")
    local = await lab.venice.running("web")
    await lab.naples.until(SERVICES, "web", lambda item: item["spec"]["selector"] == {"app": "web"})

    def has_local_endpoint(item: Object) -> bool:
        manager = meta.labels(item).get("endpointslice.kubernetes.io/managed-by")
        addresses = [row["addresses"][0] for row in item.get("endpoints") or ()]
        moved = len(addresses) == 1 and addresses[0] != local["status"]["podIP"]
        return manager == "endpointslice.reflection.liqo.io" and moved

    def is_the_providers_own(item: Object) -> bool:
        return meta.labels(item).get("endpointslice.kubernetes.io/managed-by") == "endpointslice-controller.k8s.io"

    await lab.naples.until(ENDPOINT_SLICES, "", has_local_endpoint)
    own = await lab.naples.until(ENDPOINT_SLICES, "", is_the_providers_own)
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1", "b": "2"}}
    await lab.venice.client.create(CONFIG_MAPS, data, namespace)
    await lab.naples.until(CONFIG_MAPS, "settings", lambda item: item["data"] == {"a": "1", "b": "2"})
    await lab.venice.client.patch(CONFIG_MAPS, "settings", {"data": {"a": None, "b": "3"}}, namespace)
    await lab.naples.until(CONFIG_MAPS, "settings", lambda item: item["data"] == {"b": "3"})
    await lab.naples.client.patch(CONFIG_MAPS, "settings", {"data": {"b": "drift"}}, namespace)
    await lab.naples.until(CONFIG_MAPS, "settings", lambda item: item["data"] == {"b": "3"})
    # It carries the labels of the service that was reflected, and is none of the virtual kubelet's business.
    kept = await lab.naples.client.get(ENDPOINT_SLICES, meta.name(own), namespace)
    assert meta.uid(kept) == meta.uid(own)
    await lab.naples.client.delete(SERVICES, "web", namespace)
    await lab.naples.until(SERVICES, "web", lambda item: not meta.is_deleting(item))
    await lab.venice.client.delete(SERVICES, "web", namespace)
    await lab.naples.until_gone(SERVICES, "web")


async def test_unoffloading_aborts_pods_and_removes_the_remote_namespace(lab: Lab) -> None:
    await lab.offload()
    await lab.venice.pod("app", **IN_THE_SOUTH)
    await lab.venice.running("app")
    await lab.venice.client.delete(NAMESPACE_OFFLOADINGS, "offloading", lab.venice.namespace)
    pod = await lab.venice.until(PODS, "app", lambda item: item["status"]["phase"] == "Failed")
    assert pod["status"]["reason"] == "OffloadingAborted"
    await lab.venice.until_gone(NAMESPACE_OFFLOADINGS, "offloading")
    assert not await lab.naples.exists(NAMESPACES, lab.venice.namespace)
    namespace = await lab.venice.client.get(NAMESPACES, lab.venice.namespace)
    assert "liqo.io/scheduling-enabled" not in meta.labels(namespace)


async def test_a_namespace_in_the_way_is_respected_and_its_end_is_noticed(lab: Lab) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": lab.venice.namespace}}
    await lab.naples.client.create(NAMESPACES, body)
    failing = asyncio.create_task(lab.offload())
    status = (await lab.offloading_is("AllFailed"))["status"]
    reasons = [[row["reason"] for row in rows] for rows in status["remoteNamespacesConditions"].values()]
    assert sorted(reasons) == [["ClusterNotSelected"], ["ClusterSelected", "CreationLoopBackOff"]]
    await lab.naples.client.delete(NAMESPACES, lab.venice.namespace)
    await failing


async def test_a_changed_selector_moves_the_namespace(lab: Lab) -> None:
    await lab.offload()
    center = {"key": "topology.liqo.io/region", "operator": "In", "values": ["center"]}
    await lab.change(clusterSelector={"nodeSelectorTerms": [{"matchExpressions": [center]}]})
    await lab.florence.until(NAMESPACES, lab.venice.namespace, lambda item: True)
    await lab.naples.until_gone(NAMESPACES, lab.venice.namespace)
    await lab.offloading_is("Ready")


async def test_a_label_on_the_node_counts_at_once(lab: Lab) -> None:
    tag = f"lab/{lab.venice.namespace}"
    extending = asyncio.create_task(lab.offload("LocalAndRemote", {"key": tag, "operator": "Exists"}))
    await lab.offloading_is("NoClusterSelected")
    await lab.venice.client.patch(NODES, "liqo-florence", {"metadata": {"labels": {tag: "yes"}}})
    await extending
    assert await lab.florence.exists(NAMESPACES, lab.venice.namespace)


async def test_pods_without_a_policy_are_refused_where_the_label_promises_one(lab: Lab) -> None:
    patch = {"metadata": {"labels": {"liqo.io/scheduling-enabled": "true"}}}
    await lab.venice.client.patch(NAMESPACES, lab.venice.namespace, patch)
    with pytest.raises(ApiError) as refused:
        await lab.venice.pod("early")
    denial = 'admission webhook "pod.mutate.liqo.io" denied the request: failed retrieving NamespaceOffloading'
    assert refused.value.message == denial
    await lab.offload()
    await lab.venice.pod("early")


async def test_killed_clusters_come_back_to_the_same_pods(lab: Lab) -> None:
    await lab.offload()
    await lab.venice.pod("app", **IN_THE_SOUTH)
    local, remote = await lab.venice.running("app"), await lab.naples.running("app")
    for victims in ((lab.venice,), (lab.naples,), (lab.venice, lab.naples)):
        await lab.kill_and_restart(*victims)
        # What is created now has to go the whole way again; by then everything else has been looked at, too.
        await lab.venice.deploy(f"after-{'-'.join(victim.process.name for victim in victims)}", **IN_THE_SOUTH)
        assert meta.uid(await lab.venice.running("app")) == meta.uid(local)
        assert meta.uid(await lab.naples.running("app")) == meta.uid(remote)


async def test_a_node_that_is_given_back_moves_its_pods_and_waits_for_their_budgets(lab: Lab) -> None:
    await lab.offload()
    await lab.venice.deploy("guarded", **IN_THE_SOUTH)
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "guarded"}}}
    body = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "guard"}, "spec": spec}
    await lab.venice.client.create(POD_DISRUPTION_BUDGETS, body, lab.venice.namespace)

    def counted(item: Object) -> bool:
        return bool(meta.get_path(item, "status", "currentHealthy") == 1)

    await lab.venice.until(POD_DISRUPTION_BUDGETS, "guard", counted)
    peered = await lab.venice.client.get(FOREIGN_CLUSTERS, "naples")
    try:
        await lab.venice.client.patch(FOREIGN_CLUSTERS, "naples", {"spec": {"outgoingPeeringEnabled": "No"}})
        node = await lab.venice.until(NODES, "liqo-naples", lambda item: item["spec"].get("unschedulable", False))
        assert meta.find_condition(node, "Ready")["status"] == "False"
        (pod,) = (await lab.venice.client.list(PODS, lab.venice.namespace)).items
        assert not meta.is_deleting(pod)
        await lab.venice.client.delete(POD_DISRUPTION_BUDGETS, "guard", lab.venice.namespace)
        await lab.venice.until_gone(NODES, "liqo-naples")
        await lab.naples.until_gone(NAMESPACES, lab.venice.namespace)
    finally:
        spec = {"outgoingPeeringEnabled": peered["spec"]["outgoingPeeringEnabled"]}
        await lab.venice.client.patch(FOREIGN_CLUSTERS, "naples", {"spec": spec})
