"""``uninstall`` refuses while peerings and offloaded namespaces are left, and waits for those that are ending."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from liqolab.apimachinery.builtin import NAMESPACES
from liqolab.controller.http import HttpClient
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, NAMESPACE_MAPS, NAMESPACE_OFFLOADINGS
from tests.liqoctl.conftest import Liqoctl


async def foreign_cluster(admin: HttpClient, name: Any, **status: Any) -> None:
    body = {
        "apiVersion": "discovery.liqo.io/v1alpha1",
        "kind": "ForeignCluster",
        "metadata": {"name": name},
        "spec": {"foreignAuthUrl": "https://172.18.0.3:31234"},
    }
    await admin.create(FOREIGN_CLUSTERS, body)
    conditions = [{"type": each, "status": value} for each, value in status.items()]
    await set_conditions(admin, name, conditions)


async def set_conditions(admin: HttpClient, name: Any, conditions: Any) -> None:
    body = {"status": {"peeringConditions": conditions}}
    await admin.patch(FOREIGN_CLUSTERS, name, body, subresource="status")


async def test_all_obstacles_are_named(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, namespace: str, cleared: str
) -> None:
    await foreign_cluster(admin, "florence", OutgoingPeering="Established", NetworkStatus="Established")
    await foreign_cluster(admin, "naples", OutgoingPeering="None", IncomingPeering="Established")
    await admin.create(
        NAMESPACE_OFFLOADINGS,
        {
            "apiVersion": "offloading.liqo.io/v1alpha1",
            "kind": "NamespaceOffloading",
            "metadata": {"name": "offloading", "namespace": namespace},
            "spec": {"clusterSelector": {"nodeSelectorTerms": []}},
        },
    )
    finished = await liqoctl("uninstall", "--purge", kubeconfig=cluster)
    assert finished.code == 1
    assert finished.out == (
        f"Running pre-uninstall checks\n{cleared}ERRO: Pre-uninstall checks failed: you should:\n"
        "\ndisable outgoing peering for clusters:\n- florence\n"
        "\ndisable incoming peering for clusters:\n- naples\n"
        "\ndisable networking for clusters:\n- florence\n"
        f"\ndisable offloading for namespaces:\n- {namespace}\n"
    )


async def test_network_of_an_ended_peering_is_waited_for(liqoctl: Liqoctl, cluster: Path, admin: HttpClient) -> None:
    ended = {"OutgoingPeering": "None", "IncomingPeering": "Disconnecting"}
    await foreign_cluster(admin, "venice", **ended, NetworkStatus="Established")
    running = asyncio.create_task(liqoctl("uninstall", kubeconfig=cluster))
    await set_conditions(admin, "venice", [{"type": "NetworkStatus", "status": "Established"}])
    await admin.delete(FOREIGN_CLUSTERS, "venice")
    finished = await running
    assert (finished.code, finished.outcomes[0]) == (0, "INFO: Pre-uninstall checks passed")


async def test_purge_frees_objects_that_wait_for_a_controller(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient
) -> None:
    tenant = {"name": "liqo-tenant-x", "labels": {"discovery.liqo.io/tenant-namespace": "true"}}
    await admin.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": tenant})
    namespace_map = {
        "apiVersion": "virtualkubelet.liqo.io/v1alpha1",
        "kind": "NamespaceMap",
        "metadata": {
            "name": "naples-7881be",
            "namespace": "liqo-tenant-x",
            "finalizers": ["namespacemap-controller.liqo.io/finalizer"],
        },
    }
    await admin.create(NAMESPACE_MAPS, namespace_map)
    finished = await liqoctl("uninstall", "--purge", kubeconfig=cluster)
    assert (finished.code, finished.outcomes[2:]) == (0, ["INFO: Liqo CRDs purged", "INFO: Liqo namespaces deleted"])
    assert not {"liqo", "liqo-tenant-x"} & {each["metadata"]["name"] for each in (await admin.list(NAMESPACES)).items}
    # Once more: there is nothing left, and that is no error.
    finished = await liqoctl("uninstall", "--purge", kubeconfig=cluster)
    assert (finished.code, len(finished.outcomes)) == (0, 4)
