"""``uninstall`` refuses while peerings and offloaded namespaces are left, and waits for those that are ending."""

from __future__ import annotations

import asyncio

from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS


async def foreign_cluster(admin, name, **status):
    body = {
        "apiVersion": "discovery.liqo.io/v1alpha1",
        "kind": "ForeignCluster",
        "metadata": {"name": name},
        "spec": {"foreignAuthUrl": "https://172.18.0.3:31234"},
    }
    await admin.create(FOREIGN_CLUSTERS, body)
    conditions = [{"type": each, "status": value} for each, value in status.items()]
    await set_conditions(admin, name, conditions)


async def set_conditions(admin, name, conditions):
    body = {"status": {"peeringConditions": conditions}}
    await admin.patch(FOREIGN_CLUSTERS, name, body, subresource="status")


async def test_all_obstacles_are_named(liqoctl, cluster, admin, namespace, cleared):
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


async def test_network_of_an_ended_peering_is_waited_for(liqoctl, cluster, admin):
    ended = {"OutgoingPeering": "None", "IncomingPeering": "Disconnecting"}
    await foreign_cluster(admin, "venice", **ended, NetworkStatus="Established")
    running = asyncio.create_task(liqoctl("uninstall", kubeconfig=cluster))
    await set_conditions(admin, "venice", [{"type": "NetworkStatus", "status": "Established"}])
    await admin.delete(FOREIGN_CLUSTERS, "venice")
    finished = await running
    assert (finished.code, finished.outcomes[0]) == (0, "INFO: Pre-uninstall checks passed")
