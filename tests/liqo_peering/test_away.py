"""The other cluster is away while a peering is to end: what the command says, the way out, and what is left."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DEPLOYMENTS, NAMESPACES, NODES, PODS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.resources import (
    FOREIGN_CLUSTERS,
    NAMESPACE_MAPS,
    NETWORK_CONFIGS,
    RESOURCE_OFFERS,
    RESOURCE_REQUESTS,
    SHADOW_PODS,
    TUNNEL_ENDPOINTS,
)
from liqolab.playground.embedded import process_id

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("peering")]

PATIENCE = 90


async def liqoctl(kubeconfig: Path, *words: str) -> tuple[int, str]:
    """Exit code, and what was printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "liqolab.liqo.ctl",
        *words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"KUBECONFIG": str(kubeconfig)},
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.fixture
async def offloaded(venice: Any, naples: Any, restart: Callable[[Any], None]) -> AsyncIterator[str]:
    """A namespace of venice whose one pod runs in naples; both are as they were afterwards."""
    await venice.peered_with(naples)
    await venice.until(NODES, lambda found: any(meta.name(node) == "liqo-naples" and ready(node) for node in found))
    await venice.client.create(NAMESPACES, NAMESPACES.manifest("away"))
    strategy = ("--pod-offloading-strategy", "Remote")
    code, said = await liqoctl(venice.process.kubeconfig, "offload", "namespace", "away", *strategy)
    assert code == 0, said
    labels = {"app": "away"}
    pod = {"containers": [{"name": "web", "image": "nginx"}], "terminationGracePeriodSeconds": 0}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    await venice.client.create(DEPLOYMENTS, DEPLOYMENTS.manifest("web", "away", spec=spec))
    await venice.until(PODS, lambda found: any(meta.pod_is_ready(pod) for pod in of(found, "away")), PATIENCE)
    yield "away"
    if process_id(naples.process.folder) is None:
        await asyncio.to_thread(restart, naples)
    await venice.client.remove(NAMESPACES, "away")
    await venice.until(NAMESPACES, lambda found: "away" not in map(meta.name, found), PATIENCE)
    await venice.unpeered_from(naples)


def ready(node: Object) -> bool:
    return meta.condition_is_true(node, "Ready")


def of(found: list[Object], namespace: str) -> list[Object]:
    return [item for item in found if meta.namespace(item) == namespace]


async def test_unpeering_says_what_it_waits_for_and_the_way_out_leads_out(
    venice: Any, naples: Any, offloaded: str, restart: Callable[[Any], None]
) -> None:
    naples.process.kill()
    code, said = await liqoctl(venice.process.kubeconfig, "unpeer", "naples", "--timeout", "15s")
    assert code == 1
    assert 'Failed disabling outgoing peering to the remote cluster "naples": timed out' in said
    # Once while it waits, and once at the end.
    assert said.count('INFO: Waiting for cluster "naples" to withdraw its offer of resources') == 2, said
    assert 'The tunnel to cluster "naples" is not up (NetworkStatus is Pending): it seems to be away' in said
    assert 'Once "naples" answers, the unpeering goes on and ends by itself' in said
    assert said.rstrip().endswith("kubectl delete foreigncluster naples")

    await venice.client.delete(FOREIGN_CLUSTERS, "naples")
    await venice.until(NODES, lambda found: "liqo-naples" not in map(meta.name, found), PATIENCE)
    for kind in (RESOURCE_REQUESTS, RESOURCE_OFFERS, NAMESPACE_MAPS, TUNNEL_ENDPOINTS):
        await venice.until(kind, lambda found: not found, PATIENCE)
    # The Deployment's new pod waits for another cluster; nothing is left on the one that is away.
    await venice.until(PODS, lambda found: all(not pod["spec"].get("nodeName") for pod in of(found, offloaded)))

    await asyncio.to_thread(restart, naples)
    for kind in (RESOURCE_REQUESTS, RESOURCE_OFFERS, NAMESPACE_MAPS, SHADOW_PODS, NETWORK_CONFIGS, FOREIGN_CLUSTERS):
        await naples.until(kind, lambda found: not found, PATIENCE)
    await naples.until(NAMESPACES, lambda found: not [each for each in found if meta.name(each).startswith("away")])
    await venice.until(NETWORK_CONFIGS, lambda found: not found, PATIENCE)

    await venice.peered_with(naples)
    await venice.until(PODS, lambda found: any(meta.pod_is_ready(pod) for pod in of(found, offloaded)), PATIENCE)


async def test_an_unpeering_that_was_left_alone_ends_when_the_other_cluster_is_back(
    venice: Any, naples: Any, offloaded: str, restart: Callable[[Any], None]
) -> None:
    naples.process.kill()
    code, said = await liqoctl(venice.process.kubeconfig, "unpeer", "naples", "--timeout", "2s")
    assert code == 1, said
    await asyncio.to_thread(restart, naples)
    await venice.until_conditions("naples", OutgoingPeering="None", NetworkStatus="None")
    await naples.until(FOREIGN_CLUSTERS, lambda found: not found, PATIENCE)
    code, said = await liqoctl(venice.process.kubeconfig, "unpeer", "naples")
    assert code == 0, said


async def test_a_foreign_cluster_deleted_by_hand_ends_the_peering_on_both_sides(
    venice: Any, naples: Any, offloaded: str
) -> None:
    await venice.client.delete(FOREIGN_CLUSTERS, "naples")
    await venice.until(NODES, lambda found: "liqo-naples" not in map(meta.name, found), PATIENCE)
    for cluster in (venice, naples):
        for kind in (RESOURCE_REQUESTS, RESOURCE_OFFERS, NAMESPACE_MAPS, NETWORK_CONFIGS, FOREIGN_CLUSTERS):
            await cluster.until(kind, lambda found: not found, PATIENCE)
    await naples.until(NAMESPACES, lambda found: not [each for each in found if meta.name(each).startswith("away")])
