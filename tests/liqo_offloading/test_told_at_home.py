"""What goes wrong on a provider is told at home, where whoever wants the object looks: conditions and events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CONFIG_MAPS,
    EVENTS,
    INGRESSES,
    NAMESPACES,
    PODS,
    SECRETS,
    SERVICES,
)
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.waiting import wait_for
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS
from tests.liqo_offloading.conftest import SOUTH, Cluster, Lab

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("offloading")]

QUOTAS = Resource("", "v1", "resourcequotas", "ResourceQuota")
LIMITS = Resource("", "v1", "limitranges", "LimitRange")
IN_THE_SOUTH: dict[str, Any] = {"nodeSelector": {"topology.liqo.io/region": "south"}}


async def event(cluster: Cluster, holds: Callable[[Object], bool]) -> Object:
    """The first event in the test's namespace of which `holds` is true."""
    found: list[Object] = []

    def done(store: dict[tuple[str, str], Object]) -> bool:
        found[:] = [item for item in store.values() if holds(item)]
        return bool(found)

    await wait_for(cluster.client, EVENTS, done, cluster.namespace, seconds=60)
    return found[0]


async def failure(cluster: Cluster, kind: str, name: str, words: str) -> Object:
    """The event that tells of a reflection that failed."""

    def holds(item: Object) -> bool:
        about = item["involvedObject"]
        told = (about["kind"], about["name"], item["reason"], item["type"])
        return told == (kind, name, "FailedReflection", "Warning") and words in item["message"]

    return await event(cluster, holds)


async def quota(naples: Cluster, **hard: int) -> Callable[[], Any]:
    body = QUOTAS.manifest("q", naples.namespace, spec={"hard": {key: str(value) for key, value in hard.items()}})
    await naples.client.create(QUOTAS, body)
    await naples.until(QUOTAS, "q", lambda item: bool(meta.get_path(item, "status", "hard")))
    return lambda: naples.client.delete(QUOTAS, "q", naples.namespace)


async def limits(naples: Cluster) -> Callable[[], Any]:
    spec = {"limits": [{"type": "Container", "max": {"memory": "1Mi"}}]}
    await naples.client.create(LIMITS, LIMITS.manifest("l", naples.namespace, spec=spec))
    return lambda: naples.client.delete(LIMITS, "l", naples.namespace)


async def pod_security(naples: Cluster) -> Callable[[], Any]:
    key = "pod-security.kubernetes.io/enforce"
    await naples.client.patch(NAMESPACES, naples.namespace, {"metadata": {"labels": {key: "restricted"}}})
    return lambda: naples.client.patch(NAMESPACES, naples.namespace, {"metadata": {"labels": {key: None}}})


async def in_the_way(naples: Cluster) -> Callable[[], Any]:
    await naples.pod("app")
    return lambda: naples.client.delete(PODS, "app", naples.namespace, grace_seconds=0)


@pytest.mark.parametrize(
    ("forbid", "words"),
    [
        (lambda naples: quota(naples, pods=0), "exceeded quota: q"),
        (limits, "maximum memory usage per Container is 1Mi"),
        (pod_security, 'violates PodSecurity "restricted:latest"'),
        (in_the_way, 'pods "app" already exists'),
    ],
    ids=["quota", "limit range", "pod security", "a pod in the way"],
)
async def test_a_pod_that_the_provider_refuses_waits_with_the_reason(lab: Lab, forbid: Any, words: str) -> None:
    await lab.offload()
    relent = await forbid(lab.naples)
    container = {"name": "c", "image": "nginx", "resources": {"limits": {"memory": "2Mi"}}}
    await lab.venice.pod("app", containers=[container], **IN_THE_SOUTH)

    pod = await lab.venice.until(PODS, "app", lambda item: words in item["status"].get("message", ""))
    assert (pod["status"]["phase"], pod["status"]["reason"]) == ("Pending", "OffloadingBackOff")
    for kind in ("Ready", "ContainersReady"):
        told = meta.find_condition(pod["status"]["conditions"], kind)
        assert told is not None
        assert (told["status"], told["reason"]) == ("False", "OffloadingBackOff")
        assert words in told["message"]
    assert meta.condition_is_true(pod, "PodScheduled")
    said = await failure(lab.venice, "Pod", "app", words)
    assert said["message"].startswith('Error reflecting object to cluster "naples": ')

    await relent()
    pod = await lab.venice.running("app")
    assert "reason" not in pod["status"]
    assert "message" not in pod["status"]


async def test_whatever_is_reflected_says_why_it_is_not(lab: Lab) -> None:
    await lab.offload()
    counted = {"services": 0, "count/configmaps": 1, "count/secrets": 0, "count/ingresses.networking.k8s.io": 0}
    await lab.naples.until(CONFIG_MAPS, "kube-root-ca.crt", lambda _: True)
    await quota(lab.naples, **counted)
    port = {"port": 80}
    rule = {
        "http": {
            "paths": [
                {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "x", "port": {"number": 80}}}}
            ]
        }
    }
    wanted: list[tuple[Resource, Object]] = [
        (SERVICES, {"spec": {"selector": {"app": "x"}, "ports": [port]}}),
        (CONFIG_MAPS, {"data": {"a": "b"}}),
        (SECRETS, {"data": {}}),
        (INGRESSES, {"spec": {"rules": [rule]}}),
    ]
    for resource, content in wanted:
        await lab.venice.client.create(resource, resource.manifest("x", lab.venice.namespace, **content))
    async with asyncio.TaskGroup() as group:
        for resource, _ in wanted:
            group.create_task(failure(lab.venice, resource.kind, "x", "exceeded quota: q"))


async def test_what_the_providers_kubelet_says_about_a_pod_is_told_at_home(lab: Lab) -> None:
    await lab.offload()
    await lab.venice.pod("app", **IN_THE_SOUTH)

    def started(item: Object) -> bool:
        return bool(item["involvedObject"]["name"] == "app" and item["reason"] == "Started")

    there, here = await event(lab.naples, started), await event(lab.venice, started)
    assert here["message"] == there["message"]
    assert here["source"] == {"component": "kubelet (naples)", "host": "liqo-naples"}
    assert here["involvedObject"]["uid"] == meta.uid(await lab.venice.running("app"))
    shown = await asyncio.to_thread(lab.venice.kubectl, "describe", "pod", "app")
    assert "kubelet (naples)" in shown.stdout, shown.stdout
    # Who begins anew tells nothing twice.
    await lab.kill_and_restart(lab.venice)
    await lab.venice.deploy("after", **IN_THE_SOUTH)
    found = (await lab.venice.client.list(EVENTS, lab.venice.namespace)).items
    assert len([item for item in found if started(item)]) == 1


async def test_a_name_that_is_too_long_for_the_provider_is_explained(lab: Lab) -> None:
    long = f"{lab.venice.namespace}-{'n' * 44}"
    await lab.venice.client.create(NAMESPACES, NAMESPACES.manifest(long))
    try:
        spec = {"clusterSelector": {"nodeSelectorTerms": [{"matchExpressions": [SOUTH]}]}}
        await lab.venice.client.create(
            NAMESPACE_OFFLOADINGS, NAMESPACE_OFFLOADINGS.manifest("offloading", long, spec=spec)
        )
        failed = await lab.venice.until(
            NAMESPACE_OFFLOADINGS,
            "offloading",
            lambda item: meta.get_path(item, "status", "offloadingPhase") == "AllFailed",
            namespace=long,
        )
        ready = _ready(failed)
        assert (ready["status"], ready["reason"]) == ("False", "CreationLoopBackOff")
        name = failed["status"]["remoteNamespaceName"]
        assert (
            f'would be called "{name}" there: {len(name)} characters, of which a name may have 63' in ready["message"]
        )
        assert "EnforceSameName" in ready["message"]
        there = Cluster(lab.venice.process, lab.venice.client, long)
        told = await event(there, lambda item: item["reason"] == "CreationLoopBackOff")
        assert (told["type"], told["involvedObject"]["kind"]) == ("Warning", "NamespaceOffloading")
        assert "EnforceSameName" in told["message"]
        said = await asyncio.to_thread(lab.venice.process.liqoctl, "unoffload", "namespace", long)
        assert "Unoffloading completed successfully" in said
    finally:
        await lab.venice.client.delete(NAMESPACES, long)


async def test_a_namespace_that_is_somebody_elses_there_is_explained_until_it_is_not(lab: Lab) -> None:
    await lab.naples.client.create(NAMESPACES, NAMESPACES.manifest(lab.venice.namespace))
    failing = asyncio.create_task(lab.offload())
    await lab.offloading_is("AllFailed")
    offloading = await lab.venice.until(
        NAMESPACE_OFFLOADINGS, "offloading", lambda item: "already exists" in _ready(item).get("message", "")
    )
    assert "it is not managed by NamespaceMap" in _ready(offloading)["message"]
    await event(lab.venice, lambda item: "already exists and it is not managed" in item["message"])
    await lab.naples.client.delete(NAMESPACES, lab.venice.namespace)
    assert _ready(await failing)["status"] == "True"


def _ready(offloading: Object) -> Object:
    """What the one selected cluster says."""
    rows = [row for of_map in offloading["status"]["remoteNamespacesConditions"].values() for row in of_map]
    return next((row for row in rows if row["type"] == "Ready"), {})
