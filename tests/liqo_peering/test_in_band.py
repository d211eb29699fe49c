"""Peering in-band: a provider of which nothing but the gateway can be reached, joined through the tunnel alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, NODES, SECRETS, SERVICES
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, IPAM_STORAGES, NAT_MAPPINGS, NETWORK_CONFIGS, RESOURCE_OFFERS
from liqolab.liqo.identity import secrets
from tests.liqo_peering.test_away import PATIENCE, liqoctl, ready

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("peering")]

SELECTED = f"{names.LABEL_LOCAL_IDENTITY}=true"


def between(venice: Any, naples: Any) -> tuple[str, ...]:
    return ("--remote-kubeconfig", str(naples.process.kubeconfig), "--timeout", f"{PATIENCE}s")


@pytest.fixture
async def hidden(venice: Any, naples: Any) -> AsyncIterator[Any]:
    """Naples, whose authentication service is exposed to nobody; both clusters are strangers before and afterwards."""
    await venice.unpeered_from(naples)
    before = (await naples.client.get(SERVICES, names.AUTH, "liqo"))["spec"]
    await naples.client.patch(SERVICES, names.AUTH, {"spec": {"type": "ClusterIP"}}, "liqo")
    yield naples
    await liqoctl(venice.process.kubeconfig, "unpeer", "in-band", *between(venice, naples))
    ports = {"spec": {"type": before["type"], "ports": before["ports"]}}
    await naples.client.patch(SERVICES, names.AUTH, ports, "liqo")


async def identity_of(cluster: Any, other: Any) -> secrets.Identity:
    found = await cluster.client.list(SECRETS, await cluster.tenant(other), labels=SELECTED)
    return secrets.read(found.items[0])


async def test_all_traffic_flows_through_the_tunnel_until_both_forget_each_other(venice: Any, hidden: Any) -> None:
    naples = hidden
    code, said = await liqoctl(venice.process.kubeconfig, "peer", "in-band", *between(venice, naples))
    assert code == 0, said
    for line in (
        "INFO: cluster identity correctly retrieved",
        f'INFO: tenant namespace "{await venice.tenant(naples)}" created for remote cluster "naples"',
        'INFO: network configuration status correctly reflected from cluster "naples"',
        'INFO: foreign cluster for remote cluster "naples" correctly configured',
        'INFO: Network established to the remote cluster "venice"',
        'INFO: Outgoing peering activated to the remote cluster "naples"',
        'INFO: Node created for remote cluster "naples"',
    ):
        assert line in said, said

    # Naples is spelt in networks of the tunnel, its API server is reached through its proxy.
    spec = (await venice.client.get(FOREIGN_CLUSTERS, "naples"))["spec"]
    assert (spec["outgoingPeeringEnabled"], spec["networkingEnabled"]) == ("Yes", "No")
    storage = (await venice.client.get(IPAM_STORAGES, names.IPAM_STORAGE))["spec"]
    external = storage["clusterSubnets"][await naples.identity()]["remoteExternalCIDR"].removesuffix(".0.0/16")
    assert spec["foreignAuthUrl"].startswith(f"https://{external}.")
    assert spec["foreignProxyUrl"].startswith(f"http://{external}.")
    assert (await identity_of(venice, naples)).proxy_url == spec["foreignProxyUrl"]
    reverse = (await naples.client.get(FOREIGN_CLUSTERS, "venice"))["spec"]
    assert reverse["outgoingPeeringEnabled"] == "No"

    # One direction may end and come back; the tunnel stays all the while.
    code, said = await liqoctl(venice.process.kubeconfig, "unpeer", "naples")
    assert code == 0, said
    await venice.until_conditions("naples", OutgoingPeering="None", NetworkStatus="Established")
    code, said = await liqoctl(venice.process.kubeconfig, "peer", "naples")
    assert code == 0, said
    # Again, the other way round as well.
    code, said = await liqoctl(
        venice.process.kubeconfig, "peer", "in-band", *between(venice, naples), "--bidirectional"
    )
    assert code == 0, said
    for cluster, node in ((venice, "liqo-naples"), (naples, "liqo-venice")):
        await cluster.until(
            NODES, lambda found, name=node: any(meta.name(each) == name and ready(each) for each in found)
        )

    code, said = await liqoctl(venice.process.kubeconfig, "unpeer", "in-band", *between(venice, naples))
    assert code == 0, said
    assert said.count("foreigncluster deleted for remote cluster") == 2
    for cluster in (venice, naples):
        for kind in (FOREIGN_CLUSTERS, NETWORK_CONFIGS, RESOURCE_OFFERS, NAT_MAPPINGS):
            await cluster.until(kind, lambda found: not found)
        await cluster.until(
            NAMESPACES, lambda found: not [each for each in found if meta.name(each).startswith("liqo-t")]
        )
        storage = (await cluster.client.get(IPAM_STORAGES, names.IPAM_STORAGE))["spec"]
        assert (storage["clusterSubnets"], storage["endpointMappings"]) == ({}, {})
    # Twice is once, with warnings.
    code, said = await liqoctl(venice.process.kubeconfig, "unpeer", "in-band", *between(venice, naples))
    assert (code, said.count("WARN: it seems that the foreign cluster")) == (0, 4), said


@pytest.fixture
async def peered(venice: Any, naples: Any) -> AsyncIterator[None]:
    """Venice offloads to Naples, out-of-band, and both know of it."""
    await venice.peered_with(naples)
    await naples.until_conditions("venice", IncomingPeering="Established")
    yield
    await venice.unpeered_from(naples)


@pytest.mark.usefixtures("peered")
async def test_one_tunnel_is_not_kept_in_both_ways(venice: Any, naples: Any) -> None:
    code, said = await liqoctl(venice.process.kubeconfig, "peer", "in-band", *between(venice, naples))
    assert code == 1
    assert 'ERRO: cluster "venice" is peered out-of-band with "naples" already (outgoing Established' in said
    code, said = await liqoctl(naples.process.kubeconfig, "peer", "in-band", *between(naples, venice))
    assert code == 1
    assert 'ERRO: cluster "naples" is peered out-of-band with "venice" already (outgoing None' in said
    await venice.until_conditions("naples", OutgoingPeering="Established", NetworkStatus="Established")


async def test_two_clusters_are_needed(venice: Any, naples: Any) -> None:
    mine = str(venice.process.kubeconfig)
    code, said = await liqoctl(venice.process.kubeconfig, "peer", "in-band", "--remote-kubeconfig", mine)
    assert (code, said) == (1, "ERRO: local and remote clusters must be different\n")
    code, said = await liqoctl(
        venice.process.kubeconfig, "unpeer", "in-band", "--remote-kubeconfig", mine, "--remote-context", "nowhere"
    )
    assert code == 1
    assert "nowhere" in said
