"""Peerings between running clusters, seen through their APIs: how they come about, what they grant, how they end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import EVENTS, NODES, ROLE_BINDINGS, SECRETS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.quantity import Quantity
from liqolab.controller.http import HttpClient
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import (
    FOREIGN_CLUSTERS,
    IPAM_STORAGES,
    NAMESPACE_MAPS,
    NETWORK_CONFIGS,
    RESOURCE_OFFERS,
    RESOURCE_REQUESTS,
    TUNNEL_ENDPOINTS,
)
from liqolab.liqo.identity import secrets

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("peering")]

EXCHANGED = (RESOURCE_REQUESTS, RESOURCE_OFFERS, NETWORK_CONFIGS, TUNNEL_ENDPOINTS)


async def roles(cluster: Any, namespace: str) -> set[str]:
    found = await cluster.client.list(ROLE_BINDINGS, namespace)
    return {item["roleRef"]["name"] for item in found.items}


def reasons(foreign_cluster: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["type"]: (each["reason"], each["message"]) for each in foreign_cluster["status"]["peeringConditions"]}


async def test_a_peering_is_visible_on_both_sides(venice: Any, naples: Any) -> None:
    fc = await venice.peered_with(naples)
    tenant = await venice.tenant(naples)
    assert fc["status"]["tenantNamespace"] == {"local": tenant, "remote": await naples.tenant(venice)}
    assert reasons(fc) == {
        "ProcessForeignClusterStatus": ("ForeignClusterProcessable", "This ForeignCluster seems to be processable"),
        "AuthenticationStatus": (
            "IdentityAccepted",
            "The Identity has been correctly accepted by the remote cluster",
        ),
        "OutgoingPeering": (
            "ResourceRequestAccepted",
            f"The ResourceRequest has been accepted by the remote cluster in the Tenant Namespace {tenant}",
        ),
        "IncomingPeering": ("NoResourceRequest", f"No ResourceRequest found in the Tenant Namespace {tenant}"),
        "NetworkStatus": (
            "TunnelEndpointAvailable",
            f"The TunnelEndpoint has been successfully found in the Tenant Namespace {tenant} and it is connected",
        ),
    }
    mirrored = await naples.until_conditions(
        "venice",
        OutgoingPeering="None",
        IncomingPeering="Established",
        NetworkStatus="Established",
        AuthenticationStatus="Established",
    )
    assert meta.labels(mirrored)[names.LABEL_DISCOVERY_TYPE] == "IncomingPeering"
    assert await roles(venice, tenant) == {"liqo-remote-peering-basic", "liqo-remote-peering-outgoing"}
    assert await roles(naples, await naples.tenant(venice)) == {
        "liqo-remote-peering-basic",
        "liqo-remote-peering-incoming",
    }


async def test_an_offer_is_a_share_of_what_is_free_with_the_clusters_labels(venice: Any, naples: Any) -> None:
    await venice.peered_with(naples)
    offer = await venice.client.get(RESOURCE_OFFERS, "naples", await venice.tenant(naples))
    assert offer["spec"]["clusterId"] == await naples.identity()
    assert offer["spec"]["labels"]["topology.liqo.io/region"] == "south"
    hard = offer["spec"]["resourceQuota"]["hard"]
    assert Quantity.parse(hard["cpu"]) > Quantity.of(0)
    assert hard["pods"] == "99", "90 % of 110"
    assert offer["status"] == {"phase": "Accepted", "virtualKubeletStatus": "Created"}


async def test_addresses_are_remapped_as_in_the_lesson(venice: Any, florence: Any, naples: Any) -> None:
    for provider in (florence, naples):
        await venice.unpeered_from(provider)
    seen = []
    for provider in (florence, naples):
        await venice.peered_with(provider)
        name = names.unique_name(provider.name, await provider.identity())
        tep = await venice.client.get(TUNNEL_ENDPOINTS, name, await venice.tenant(provider))
        spec = tep["spec"]
        seen.append((spec["remotePodCIDR"], spec["remoteNATPodCIDR"], spec["remoteNATExternalCIDR"]))
        assert (spec["localNATPodCIDR"], spec["localNATExternalCIDR"]) == ("10.202.0.0/16", "10.203.0.0/16")
    assert seen == [
        ("10.200.0.0/16", "10.202.0.0/16", "10.203.0.0/16"),
        ("10.200.0.0/16", "10.204.0.0/16", "10.205.0.0/16"),
    ]
    await venice.unpeered_from(florence)
    storage = await venice.client.get(IPAM_STORAGES, names.IPAM_STORAGE)
    assert set(storage["spec"]["clusterSubnets"]) == {await naples.identity()}


async def test_unpeering_leaves_nothing_but_the_identity_and_peering_again_works(venice: Any, naples: Any) -> None:
    await venice.peered_with(naples)
    await venice.peered_with(naples)
    await venice.unpeered_from(naples)
    fc = await venice.client.get(FOREIGN_CLUSTERS, "naples")
    tenant = await venice.tenant(naples)
    assert reasons(fc)["OutgoingPeering"] == (
        "NoResourceRequest",
        f"No ResourceRequest found in the Tenant Namespace {tenant}",
    )
    assert reasons(fc)["NetworkStatus"][0] == "TunnelEndpointNotFound"
    for cluster, namespace in ((venice, tenant), (naples, await naples.tenant(venice))):
        for resource in EXCHANGED:
            assert (await cluster.client.list(resource, namespace)).items == [], resource
        assert await roles(cluster, namespace) == {"liqo-remote-peering-basic"}
    await venice.peered_with(naples)


async def test_what_a_peer_may_do_is_what_its_tenant_namespace_grants(venice: Any, naples: Any) -> None:
    await venice.peered_with(naples)
    found = await venice.client.list(SECRETS, await venice.tenant(naples), labels=secrets.SELECTOR)
    identity = secrets.read(found.items[0])
    async with HttpClient(identity.access) as intruder:
        await intruder.list(NAMESPACE_MAPS, identity.remote_namespace)
        for resource, namespace in ((SECRETS, identity.remote_namespace), (NAMESPACE_MAPS, "liqo"), (SECRETS, None)):
            with pytest.raises(ApiError, match="forbidden"):
                await intruder.list(resource, namespace)
        with pytest.raises(ApiError, match="forbidden"):
            body = {"status": {"offerState": "Created"}}
            await intruder.patch(RESOURCE_REQUESTS, "venice", body, identity.remote_namespace, subresource="status")


async def test_a_provider_can_refuse_and_change_its_mind(venice: Any, naples: Any) -> None:
    await venice.peered_with(naples)
    await naples.client.patch(FOREIGN_CLUSTERS, "venice", {"spec": {"incomingPeeringEnabled": "No"}})
    fc = await venice.until_conditions("naples", OutgoingPeering="Pending", NetworkStatus="None")
    assert reasons(fc)["OutgoingPeering"][0] == "ResourceRequestPending"
    await naples.until_conditions("venice", IncomingPeering="Pending", NetworkStatus="None")
    assert "liqo-remote-peering-incoming" not in await roles(naples, await naples.tenant(venice))
    await naples.client.patch(FOREIGN_CLUSTERS, "venice", {"spec": {"incomingPeeringEnabled": "Auto"}})
    await venice.until_conditions("naples", OutgoingPeering="Established", NetworkStatus="Established")


async def test_offers_wait_for_somebody_to_accept_them_where_nobody_else_may(venice: Any, naples: Any) -> None:
    extra = "controllerManager.pod.extraArgs"
    await asyncio.to_thread(
        venice.process.liqoctl, "install", "kind", "--set", f"{extra}={{--offer-disable-auto-accept}}"
    )
    try:
        await venice.unpeered_from(naples)
        await venice.peer_with(naples)
        tenant, waiting = await venice.tenant(naples), {"phase": "ManualActionRequired", "virtualKubeletStatus": "None"}
        await venice.until(RESOURCE_OFFERS, lambda found: [each.get("status") for each in found] == [waiting], 60)
        fc = await venice.until_conditions("naples", OutgoingPeering="Pending", NetworkStatus="Established")
        assert reasons(fc)["OutgoingPeering"][0] == "KubeletPending"
        assert "waits for somebody to accept it" in reasons(fc)["OutgoingPeering"][1]
        # The provider sees it, too, and nothing runs here.
        await naples.until(RESOURCE_OFFERS, lambda found: [each.get("status") for each in found] == [waiting])
        told = await venice.until(EVENTS, lambda found: any(each["reason"] == "ManualActionRequired" for each in found))
        said = next(each["message"] for each in told if each["reason"] == "ManualActionRequired")
        await _decide(venice, tenant, said.partition("-p '")[2].partition("'")[0])
        await venice.until_conditions("naples", OutgoingPeering="Established")
        await venice.until(NODES, lambda found: "liqo-naples" in map(meta.name, found))
        await _decide(venice, tenant, '{"status":{"phase":"Refused"}}')
        refused = {"phase": "Refused", "virtualKubeletStatus": "None"}
        await venice.until(RESOURCE_OFFERS, lambda found: [each.get("status") for each in found] == [refused])
        await venice.until(NODES, lambda found: "liqo-naples" not in map(meta.name, found))
        fc = await venice.until_conditions("naples", OutgoingPeering="Pending")
        assert "was refused" in reasons(fc)["OutgoingPeering"][1]
        # Refused is not for ever, and what is accepted can be taken back by the provider as ever.
        await _decide(venice, tenant, '{"status":{"phase":"Accepted"}}')
        await venice.until_conditions("naples", OutgoingPeering="Established")
        await naples.client.patch(FOREIGN_CLUSTERS, "venice", {"spec": {"incomingPeeringEnabled": "No"}})
        fc = await venice.until_conditions("naples", OutgoingPeering="Pending", NetworkStatus="None")
        assert reasons(fc)["OutgoingPeering"][0] == "ResourceRequestPending"
        await venice.until(RESOURCE_OFFERS, lambda found: not found)
    finally:
        await asyncio.to_thread(venice.process.liqoctl, "install", "kind", "--set", f"{extra}={{}}")
        await venice.unpeered_from(naples)


async def _decide(cluster: Any, tenant: str, patch: str) -> None:
    """What a person does about the one offer in a tenant namespace."""
    (offer,) = (await cluster.client.list(RESOURCE_OFFERS, tenant)).items
    await cluster.client.patch(RESOURCE_OFFERS, meta.name(offer), json.loads(patch), tenant, subresource="status")


async def test_both_directions_at_once_and_each_for_itself(venice: Any, florence: Any) -> None:
    both = {texts.OUTGOING_PEERING: "Established", texts.INCOMING_PEERING: "Established"}
    await venice.peered_with(florence)
    await florence.peered_with(venice)
    await venice.until_conditions("florence", **both)
    await venice.client.patch(FOREIGN_CLUSTERS, "florence", {"spec": {"outgoingPeeringEnabled": "No"}})
    await venice.until_conditions(
        "florence", OutgoingPeering="None", IncomingPeering="Established", NetworkStatus="Established"
    )
    assert "liqo-remote-peering-outgoing" not in await roles(venice, await venice.tenant(florence))
    await florence.client.patch(FOREIGN_CLUSTERS, "venice", {"spec": {"outgoingPeeringEnabled": "No"}})
    await venice.until_conditions("florence", IncomingPeering="None", NetworkStatus="None")


async def test_a_killed_provider_is_noticed_and_all_converges_when_it_is_back(
    venice: Any, naples: Any, restart: Any
) -> None:
    await venice.peered_with(naples)
    naples.process.kill()
    fc = await venice.until_conditions("naples", NetworkStatus="Pending", OutgoingPeering="Established")
    assert reasons(fc)["NetworkStatus"][0] == "TunnelEndpointConnecting"
    await venice.client.patch(FOREIGN_CLUSTERS, "naples", {"spec": {"outgoingPeeringEnabled": "No"}})
    await venice.until_conditions("naples", OutgoingPeering="Disconnecting")
    restart(naples)
    await venice.until_conditions("naples", OutgoingPeering="None", NetworkStatus="None")
    await naples.until(FOREIGN_CLUSTERS, lambda found: "venice" not in map(meta.name, found))


async def test_replicas_that_are_tampered_with_are_restored(venice: Any, naples: Any) -> None:
    await venice.peered_with(naples)
    name, tenant = names.unique_name("naples", await naples.identity()), await naples.tenant(venice)
    original = await venice.client.get(NETWORK_CONFIGS, name, await venice.tenant(naples))
    await naples.client.patch(NETWORK_CONFIGS, name, {"spec": {"podCIDR": "10.0.0.0/8"}}, tenant)
    await naples.until(
        NETWORK_CONFIGS,
        lambda found: any(item["spec"] == original["spec"] for item in found if meta.name(item) == name),
    )
    doomed = await naples.client.get(NETWORK_CONFIGS, name, tenant)
    await naples.client.delete(NETWORK_CONFIGS, name, tenant)
    await naples.until(
        NETWORK_CONFIGS,
        lambda found: any(meta.name(item) == name and meta.uid(item) != meta.uid(doomed) for item in found),
    )
    await venice.until_conditions("naples", NetworkStatus="Established")


async def test_foreign_clusters_that_cannot_be_processed_say_why(venice: Any, naples: Any) -> None:
    own = {"clusterID": await venice.identity(), "clusterName": "venice"}
    spec = {"clusterIdentity": own, "foreignAuthUrl": "https://127.0.0.1:9"}
    await venice.client.create(FOREIGN_CLUSTERS, FOREIGN_CLUSTERS.manifest("mirror", spec=spec))
    fc = await venice.until_conditions("mirror", ProcessForeignClusterStatus="Error")
    assert json.loads(json.dumps(reasons(fc)["ProcessForeignClusterStatus"])) == [
        "LocalCluster",
        "This cluster has the same clusterID of the local cluster",
    ]
    await venice.client.delete(FOREIGN_CLUSTERS, "mirror")

    await venice.peered_with(naples)
    other = {"clusterID": await naples.identity(), "clusterName": "naples"}
    spec = {"clusterIdentity": other, "foreignAuthUrl": "https://127.0.0.1:9"}
    await venice.client.create(FOREIGN_CLUSTERS, FOREIGN_CLUSTERS.manifest("zwin", spec=spec))
    fc = await venice.until_conditions("zwin", ProcessForeignClusterStatus="Error")
    assert reasons(fc)["ProcessForeignClusterStatus"] == (
        "ClusterIDRepetition",
        "The same clusterID is already present in another ForeignCluster (naples)",
    )
    await venice.client.delete(FOREIGN_CLUSTERS, "zwin")


async def test_an_unreachable_authentication_service_is_reported(venice: Any) -> None:
    identity = {"clusterID": "11111111-2222-3333-4444-555555555555", "clusterName": "atlantis"}
    spec = {"clusterIdentity": identity, "foreignAuthUrl": "https://127.0.0.1:9", "outgoingPeeringEnabled": "Yes"}
    await venice.client.create(FOREIGN_CLUSTERS, FOREIGN_CLUSTERS.manifest("atlantis", spec=spec))
    fc = await venice.until_conditions("atlantis", AuthenticationStatus="Error", OutgoingPeering="None")
    assert reasons(fc)["AuthenticationStatus"] == (
        "AuthNotReachable",
        "The remote authentication service is not reachable",
    )
    await venice.client.delete(FOREIGN_CLUSTERS, "atlantis")
