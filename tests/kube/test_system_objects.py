"""What belongs to the system: what of it may not be deleted, what comes back, and what the next start mends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CONFIG_MAPS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    FLOW_SCHEMAS,
    LEASES,
    NAMESPACES,
    PRIORITY_CLASSES,
    ROLES,
    SERVICE_ACCOUNTS,
    SERVICES,
)
from liqolab.apimachinery.errors import ApiError
from liqolab.controller.client import Client
from liqolab.kube.node import registration
from tests.clusters import in_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 20.0
AUTO_UPDATE = "rbac.authorization.kubernetes.io/autoupdate"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A cluster that nobody else suffers from; its node beats so often that a test can wait for it."""
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(registration, "_HEARTBEAT_SECONDS", 0.2)
    async with in_process(tmp_path_factory.mktemp("system") / "system") as (_, made):
        yield made
    monkeypatch.undo()


async def until(client: Client, resource: Any, namespace: Any, wanted: Any) -> Any:
    """The first object, present or to come, that is as `wanted`."""
    async with asyncio.timeout(PATIENCE):
        listed = await client.list(resource, namespace)
        for item in listed.items:
            if wanted(item):
                return item
        async for event in client.watch(resource, namespace, resource_version=listed.resource_version):
            if event.type != "DELETED" and wanted(event.object):
                return event.object
    raise AssertionError("the watch ended")


RETURNING = [
    (SERVICES, "default", "kubernetes"),
    (ENDPOINTS, "default", "kubernetes"),
    (ENDPOINT_SLICES, "default", "kubernetes"),
    (CONFIG_MAPS, "kube-public", "kube-root-ca.crt"),
    (CONFIG_MAPS, "kube-system", "extension-apiserver-authentication"),
    (FLOW_SCHEMAS, None, "exempt"),
    (SERVICE_ACCOUNTS, "default", "default"),
    (LEASES, "kube-node-lease", "system-control-plane"),
    (NAMESPACES, None, "kube-node-lease"),
]


@pytest.mark.parametrize(("resource", "namespace", "name"), RETURNING, ids=lambda part: getattr(part, "plural", part))
async def test_what_the_system_needs_comes_back(client: Client, resource: Any, namespace: Any, name: Any) -> None:
    before = await client.get(resource, name, namespace)
    await client.delete(resource, name, namespace)
    after = await until(client, resource, namespace, lambda o: meta.name(o) == name and meta.uid(o) != meta.uid(before))
    for field in ("data", "subsets", "endpoints", "ports"):
        assert after.get(field) == before.get(field)
    assert (after.get("spec") or {}).get("clusterIP") == (before.get("spec") or {}).get("clusterIP")


async def test_where_the_service_leads_is_the_systems(client: Client) -> None:
    before = await client.get(ENDPOINTS, "kubernetes", "default")
    foreign = [{"addresses": [{"ip": "192.0.2.7"}], "ports": [{"name": "https", "port": 1, "protocol": "TCP"}]}]
    await client.patch(ENDPOINTS, "kubernetes", {"subsets": foreign}, "default")
    await until(client, ENDPOINTS, "default", lambda o: o.get("subsets") == before["subsets"])
    slices = await client.get(ENDPOINT_SLICES, "kubernetes", "default")
    await client.patch(ENDPOINT_SLICES, "kubernetes", {"endpoints": []}, "default")
    await until(client, ENDPOINT_SLICES, "default", lambda o: o["endpoints"] == slices["endpoints"])


async def test_the_service_itself_may_be_changed(client: Client) -> None:
    changed = await client.patch(SERVICES, "kubernetes", {"metadata": {"labels": {"mine": "yes"}}}, "default")
    await client.delete(ENDPOINTS, "kubernetes", "default")
    await until(client, ENDPOINTS, "default", lambda o: meta.name(o) == "kubernetes")
    assert await client.get(SERVICES, "kubernetes", "default") == changed


SYSTEM_CLASS = (
    'priorityclasses.scheduling.k8s.io "{}" is forbidden: this is a system priority class and cannot be deleted'
)
REFUSED = [
    *(
        (NAMESPACES, name, f'namespaces "{name}" is forbidden: this namespace may not be deleted')
        for name in ("default", "kube-system", "kube-public")
    ),
    *(
        (PRIORITY_CLASSES, name, SYSTEM_CLASS.format(name))
        for name in ("system-cluster-critical", "system-node-critical")
    ),
]


@pytest.mark.parametrize(("resource", "name", "text"), REFUSED, ids=[row[1] for row in REFUSED])
async def test_what_may_not_be_deleted(client: Client, resource: Any, name: Any, text: Any) -> None:
    with pytest.raises(ApiError) as caught:
        await client.delete(resource, name)
    assert (caught.value.code, caught.value.message) == (403, text)


async def test_a_system_class_keeps_its_value_and_there_is_one_default(client: Client) -> None:
    with pytest.raises(ApiError) as caught:
        await client.patch(PRIORITY_CLASSES, "system-node-critical", {"value": 7})
    assert caught.value.code == 422
    await client.create(PRIORITY_CLASSES, {"metadata": {"name": "first"}, "value": 1, "globalDefault": True})
    with pytest.raises(ApiError) as caught:
        await client.create(PRIORITY_CLASSES, {"metadata": {"name": "second"}, "value": 1, "globalDefault": True})
    text = "PriorityClass first is already marked as default. Only one default can exist"
    assert (caught.value.code, caught.value.message) == (
        403,
        f'priorityclasses.scheduling.k8s.io "second" is forbidden: {text}',
    )
    await client.patch(PRIORITY_CLASSES, "first", {"description": "still the default"})


async def test_a_start_mends_roles_and_bindings(tmp_path: Path) -> None:
    folder = tmp_path / "roles"
    async with in_process(folder, control_plane=False) as (_, client):
        roles = {name: await client.get(CLUSTER_ROLES, name) for name in ("view", "system:discovery", "system:node")}
        await client.delete(CLUSTER_ROLES, "view")
        mine = {"apiGroups": ["mine.io"], "resources": ["things"], "verbs": ["get"]}
        node_rules = roles["system:node"]["rules"]
        await client.update(CLUSTER_ROLES, {**roles["system:node"], "rules": [mine, *node_rules[1:]]})
        protected = {**roles["system:discovery"], "rules": []}
        protected["metadata"] = {**protected["metadata"], "annotations": {AUTO_UPDATE: "false"}}
        await client.update(CLUSTER_ROLES, protected)
        reader = "extension-apiserver-authentication-reader"
        await client.delete(ROLES, reader, "kube-system")
        basic = await client.get(CLUSTER_ROLE_BINDINGS, "system:basic-user")
        await client.update(CLUSTER_ROLE_BINDINGS, {**basic, "subjects": []})
        await client.delete(CLUSTER_ROLE_BINDINGS, "system:monitoring")
        other = CLUSTER_ROLE_BINDINGS.manifest("system:monitoring", subjects=[], roleRef={**basic["roleRef"]})
        await client.create(CLUSTER_ROLE_BINDINGS, other)
        assert await client.find(CLUSTER_ROLES, "view") is None
    async with in_process(folder, control_plane=False) as (_, client):
        assert (await client.get(CLUSTER_ROLES, "view"))["rules"] == roles["view"]["rules"]
        mended = (await client.get(CLUSTER_ROLES, "system:node"))["rules"]
        gone = node_rules[0]
        assert mended[: len(node_rules)] == [mine, *node_rules[1:]]
        assert {"apiGroups": gone["apiGroups"], "resources": gone["resources"], "verbs": gone["verbs"]} in mended
        assert not (await client.get(CLUSTER_ROLES, "system:discovery")).get("rules")
        assert await client.get(ROLES, reader, "kube-system")
        assert (await client.get(CLUSTER_ROLE_BINDINGS, "system:basic-user"))["subjects"] == basic["subjects"]
        monitoring = await client.get(CLUSTER_ROLE_BINDINGS, "system:monitoring")
        assert monitoring["roleRef"]["name"] == "system:monitoring"
