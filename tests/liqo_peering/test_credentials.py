"""Every credential that crosses clusters, and what somebody tries with it who has stolen it.

Venice uses Naples and Florence, and Naples uses Venice; so a peer's identity has all the roles that one can have.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CLUSTER_ROLE_BINDINGS,
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DEPLOYMENTS,
    LEASES,
    MUTATING_WEBHOOKS,
    NAMESPACES,
    NODES,
    PODS,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
)
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Call
from liqolab.controller.http import HttpClient
from liqolab.controller.kubeconfig import Access
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import (
    FOREIGN_CLUSTERS,
    IPAM_STORAGES,
    NAMESPACE_MAPS,
    NAMESPACE_OFFLOADINGS,
    NETWORK_CONFIGS,
    RESOURCE_OFFERS,
    RESOURCE_REQUESTS,
    SHADOW_PODS,
    TUNNEL_ENDPOINTS,
)
from liqolab.liqo.identity import secrets

pytestmark = [pytest.mark.embedded]

SPACE = "lent"
OWN, LENT, LIQO, OTHER, SYSTEM, EVERYWHERE = "{own}", "{lent}", "liqo", "{other}", "kube-system", None
READS = ("get", "list", "watch")
WRITES = ("create", "update", "patch", "delete", "deletecollection")
FORBIDDEN: list[tuple[tuple[str, ...], Resource, str | None, str]] = [
    *(
        (READS + WRITES, resource, place, "")
        for place in (LIQO, OTHER, SYSTEM, "default", EVERYWHERE)
        for resource in (SECRETS, CONFIG_MAPS, PODS, SERVICES, SHADOW_PODS, DEPLOYMENTS, ROLE_BINDINGS)
    ),
    *(
        (READS + WRITES, resource, place, "")
        for place in (OTHER, LIQO, EVERYWHERE)
        for resource in (RESOURCE_REQUESTS, RESOURCE_OFFERS, NETWORK_CONFIGS, NAMESPACE_MAPS, TUNNEL_ENDPOINTS)
    ),
    *((READS + WRITES, resource, OWN, "") for resource in (SECRETS, CONFIG_MAPS, PODS, SERVICE_ACCOUNTS, DEPLOYMENTS)),
    *((READS + WRITES, resource, OWN, "") for resource in (TUNNEL_ENDPOINTS, NAMESPACE_OFFLOADINGS, SHADOW_PODS)),
    *((WRITES, resource, place, "") for place in (OWN, LENT) for resource in (ROLES, ROLE_BINDINGS, LEASES)),
    *(
        (("update", "patch"), resource, OWN, "status")
        for resource in (RESOURCE_REQUESTS, RESOURCE_OFFERS, NETWORK_CONFIGS, NAMESPACE_MAPS)
    ),
    (WRITES, PODS, LENT, ""),
    (("update", "patch"), PODS, LENT, "status"),
    (("create",), PODS, LENT, "eviction"),
    (("create",), PODS, LENT, "binding"),
    (("update", "patch"), PODS, LENT, "ephemeralcontainers"),
    (READS + WRITES, SERVICE_ACCOUNTS, LENT, ""),
    (("create",), SERVICE_ACCOUNTS, LENT, "token"),
    (("create",), SERVICE_ACCOUNTS, OWN, "token"),
    (("create",), SERVICE_ACCOUNTS, LIQO, "token"),
    (("impersonate",), SERVICE_ACCOUNTS, LIQO, ""),
    (WRITES, NAMESPACES, EVERYWHERE, ""),
    (READS + WRITES, NODES, EVERYWHERE, ""),
    (("get", "create"), NODES, EVERYWHERE, "proxy"),
    (READS + WRITES, CLUSTER_ROLE_BINDINGS, EVERYWHERE, ""),
    (READS + WRITES, FOREIGN_CLUSTERS, EVERYWHERE, ""),
    (READS + WRITES, IPAM_STORAGES, EVERYWHERE, ""),
    (WRITES, CUSTOM_RESOURCE_DEFINITIONS, EVERYWHERE, ""),
    (WRITES, MUTATING_WEBHOOKS, EVERYWHERE, ""),
]
"""Verbs, kind, where, and subresource of what no identity of a peer may do."""


@dataclasses.dataclass
class Stolen:
    """A peer's identity in a cluster, in bad hands."""

    client: HttpClient
    own: str
    lent: str
    other: str

    def place(self, pattern: str | None) -> str | None:
        return pattern and pattern.format(own=self.own, lent=self.lent, other=self.other)


@pytest.fixture
async def peered(venice: Any, naples: Any, florence: Any) -> None:
    """Venice uses the other two and has offloaded a namespace to both; Naples uses Venice."""
    await venice.peered_with(florence)
    await venice.peered_with(naples)
    await naples.peered_with(venice)
    if await venice.client.find(NAMESPACES, SPACE) is None:
        await venice.client.create(NAMESPACES, {"metadata": {"name": SPACE}})
        command = ("offload", "namespace", SPACE, "--namespace-mapping-strategy", "EnforceSameName")
        await asyncio.to_thread(venice.process.liqoctl, *command)


@asynccontextmanager
async def stolen(thief: Any, victim: Any, other: Any) -> AsyncIterator[Stolen]:
    """The identity that `thief` has in `victim`, which has another peer, too."""
    found = await thief.client.list(SECRETS, await thief.tenant(victim), labels=secrets.SELECTOR)
    identity = secrets.read(found.items[0])
    async with HttpClient(identity.access) as client:
        yield Stolen(client, identity.remote_namespace, SPACE, await victim.tenant(other))


@pytest.mark.parametrize("direction", ["consumer in provider", "provider in consumer"])
async def test_an_identity_reaches_nothing_beyond_its_grant(
    peered: None, venice: Any, naples: Any, florence: Any, direction: str
) -> None:
    pair = (venice, naples, venice) if direction == "consumer in provider" else (naples, venice, florence)
    async with stolen(*pair) as peer:
        allowed = []
        for verbs, resource, pattern, subresource in FORBIDDEN:
            if pattern == OTHER and direction == "consumer in provider":
                continue  # its own peer is the only one that Naples has
            for verb in verbs:
                if await may(peer.client, verb, resource, peer.place(pattern), subresource):
                    allowed.append((verb, resource.plural, subresource, pattern))
        assert allowed == []
        for resource, namespace in ((SECRETS, LIQO), (SECRETS, None), (PODS, SYSTEM), (NODES, None)):
            with pytest.raises(ApiError, match="forbidden"):
                await peer.client.list(resource, namespace)
        for path in ("/metrics", "/debug/pprof/", "/logs/"):
            with pytest.raises(ApiError, match="forbidden"):
                await peer.client.raw(path)


async def may(client: HttpClient, verb: str, resource: Resource, namespace: str | None, subresource: str) -> bool:
    """What the API server says of itself; that it keeps to that is tested elsewhere."""
    attributes = {
        "verb": verb,
        "group": resource.group,
        "resource": resource.plural,
        "subresource": subresource,
        "namespace": namespace or "",
    }
    review = Resource("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False)
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": review.kind, "spec": {"resourceAttributes": attributes}}
    answer = await client.answer(Call("create", review, body=body))
    return bool(answer["status"]["allowed"])


async def test_a_map_cannot_ask_for_a_namespace_that_exists(peered: None, venice: Any, naples: Any) -> None:
    targets = ["kube-system", "liqo", "default", await naples.tenant(venice)]
    async with stolen(venice, naples, venice) as peer:
        labels = {names.LABEL_REPLICATION: "false", names.LABEL_REMOTE_CLUSTER_ID: await naples.identity()}
        mapping = {f"wish-{number}": target for number, target in enumerate(targets)}
        wish = NAMESPACE_MAPS.manifest("wish", peer.own, labels=labels, spec={"desiredMapping": mapping})
        await peer.client.create(NAMESPACE_MAPS, wish)
        try:

            def refused(found: list[Object]) -> bool:
                item = next((each for each in found if meta.name(each) == "wish"), None)
                current = meta.get_path(item or {}, "status", "currentMapping", default={})
                return len(current) == len(targets) and all(entry["phase"] != "Accepted" for entry in current.values())

            await naples.until(NAMESPACE_MAPS, refused)
            for target in targets:
                assert not await may(peer.client, "list", SECRETS, target, ""), target
        finally:
            await peer.client.delete(NAMESPACE_MAPS, "wish", peer.own)
        assert await naples.client.find(NAMESPACES, "liqo") is not None


async def test_a_map_in_ones_own_tenant_is_not_another_peers(
    peered: None, venice: Any, naples: Any, florence: Any
) -> None:
    """Else a peer that may write maps would learn what is offloaded to others, and keep it from getting there."""
    async with stolen(naples, venice, florence) as peer:
        labels = {
            names.LABEL_REPLICATION: "true",
            names.LABEL_REMOTE_ID: await florence.identity(),
            names.LABEL_REMOTE_CLUSTER_ID: await florence.identity(),
        }
        await peer.client.create(NAMESPACE_MAPS, NAMESPACE_MAPS.manifest("bait", peer.own, labels=labels, spec={}))
        try:
            await venice.client.create(NAMESPACES, {"metadata": {"name": "private"}})
            await asyncio.to_thread(
                venice.process.liqoctl, "offload", "namespace", "private", "--namespace-mapping-strategy",
                "EnforceSameName", "--selector", "topology.liqo.io/region=center",
            )  # fmt: skip
            await florence.until(NAMESPACES, lambda found: "private" in map(meta.name, found))
            bait = await venice.client.get(NAMESPACE_MAPS, "bait", peer.own)
            assert not (bait.get("spec") or {}).get("desiredMapping")
        finally:
            await asyncio.to_thread(venice.process.liqoctl, "unoffload", "namespace", "private")
            await venice.client.delete(NAMESPACES, "private")
            await peer.client.delete(NAMESPACE_MAPS, "bait", peer.own)


async def test_what_is_replicated_to_others_comes_from_their_tenant_namespace(
    peered: None, venice: Any, naples: Any, florence: Any
) -> None:
    """A peer's object that says it is to go to somebody else goes nowhere."""
    async with stolen(naples, venice, florence) as peer:
        labels = {names.LABEL_REPLICATION: "true", names.LABEL_REMOTE_ID: await florence.identity()}
        known = (await peer.client.list(RESOURCE_REQUESTS, peer.own)).items
        spec = next(item["spec"] for item in known)
        await peer.client.create(
            RESOURCE_REQUESTS, RESOURCE_REQUESTS.manifest("smuggled", peer.own, labels=labels, spec=spec)
        )
        # What is made behind it in the right place has arrived, so it would have, too.
        await venice.client.create(NAMESPACES, {"metadata": {"name": "marker"}})
        try:
            await asyncio.to_thread(
                venice.process.liqoctl, "offload", "namespace", "marker", "--namespace-mapping-strategy",
                "EnforceSameName",
            )  # fmt: skip
            await florence.until(NAMESPACES, lambda found: "marker" in map(meta.name, found))
            found = await florence.client.list(RESOURCE_REQUESTS)
            assert "smuggled" not in map(meta.name, found.items)
        finally:
            await asyncio.to_thread(venice.process.liqoctl, "unoffload", "namespace", "marker")
            await venice.client.delete(NAMESPACES, "marker")
            await peer.client.delete(RESOURCE_REQUESTS, "smuggled", peer.own)


async def test_the_token_that_peers_a_cluster_opens_no_api_server(peered: None, venice: Any, naples: Any) -> None:
    found = await naples.client.list(SECRETS, await naples.tenant(venice), labels=secrets.SELECTOR)
    known = secrets.read(found.items[0]).access
    access = Access(known.server, ca=known.ca, token=await venice.token())
    async with HttpClient(access) as client:
        with pytest.raises(ApiError) as refused:
            await client.list(PODS, "default")
    assert refused.value.code == 401


async def test_an_identity_of_one_cluster_is_nobody_in_another(
    peered: None, venice: Any, naples: Any, florence: Any
) -> None:
    found = await venice.client.list(SECRETS, await venice.tenant(naples), labels=secrets.SELECTOR)
    identity = secrets.read(found.items[0])
    other = await venice.client.list(SECRETS, await venice.tenant(florence), labels=secrets.SELECTOR)
    there = secrets.read(other.items[0]).access
    access = dataclasses.replace(identity.access, server=there.server, ca=there.ca)
    async with HttpClient(access) as client:
        with pytest.raises((ApiError, OSError)) as refused:
            await client.list(PODS, "default")
    if isinstance(refused.value, ApiError):
        assert refused.value.code in (401, 403)


async def test_a_token_that_is_asked_for_in_a_lent_namespace_may_nothing(
    peered: None, venice: Any, naples: Any
) -> None:
    """Whoever may write Secrets gets a token of any account of that namespace: the default one, which has no rights."""
    async with stolen(venice, naples, venice) as peer:
        await naples.until(NAMESPACES, lambda found: SPACE in map(meta.name, found))
        body = SECRETS.manifest("wish", SPACE, annotations={"kubernetes.io/service-account.name": "default"}) | {
            "type": "kubernetes.io/service-account-token"
        }
        await peer.client.create(SECRETS, body)
        try:

            def filled(found: list[Object]) -> bool:
                return any(meta.name(item) == "wish" and "token" in (item.get("data") or {}) for item in found)

            found = await naples.until(SECRETS, filled)
            secret = next(item for item in found if meta.name(item) == "wish")
            token = base64.b64decode(secret["data"]["token"]).decode()
            access = Access(peer.client.access.server, ca=peer.client.access.ca, token=token)
            async with HttpClient(access) as client:
                for resource, place in ((SECRETS, SPACE), (SECRETS, "liqo"), (PODS, SPACE), (NODES, None)):
                    with pytest.raises(ApiError, match="forbidden"):
                        await client.list(resource, place)
        finally:
            await peer.client.delete(SECRETS, "wish", SPACE)
