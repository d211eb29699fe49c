"""Objects go when their owners go; namespaces go when everything in them is gone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    SECRETS,
)
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Resource
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOLD = "tests.liqo.io/hold"


def owned_by(owner: Any, kind: Any = "ConfigMap", block: Any = False, **fields: Any) -> Any:
    reference = {"apiVersion": "v1", "kind": kind, "name": meta.name(owner), "uid": meta.uid(owner)}
    return {"ownerReferences": [reference | ({"blockOwnerDeletion": True} if block else {})], **fields}


async def config_map(lab: Lab, namespace: str, name: str, **metadata: Any) -> Any:
    return await lab.client.create(CONFIG_MAPS, {"metadata": {"name": name, **metadata}}, namespace)


async def release(lab: Lab, namespace: str, name: str) -> None:
    await lab.client.patch(CONFIG_MAPS, name, {"metadata": {"finalizers": None}}, namespace)


async def test_dependents_follow_their_last_owner(lab: Lab, namespace: str) -> None:
    first, second = [await config_map(lab, namespace, name) for name in ("first", "second")]
    both = owned_by(first)["ownerReferences"] + owned_by(second)["ownerReferences"]
    await config_map(lab, namespace, "shared", ownerReferences=both)
    await config_map(lab, namespace, "own", **owned_by(first))
    await lab.client.delete(CONFIG_MAPS, "first", namespace)
    await lab.until_gone(CONFIG_MAPS, "own", namespace)
    shared = await lab.until(
        CONFIG_MAPS, namespace, lambda c: meta.name(c) == "shared" and len(meta.owner_references(c)) == 1
    )
    assert meta.owner_references(shared)[0]["name"] == "second"
    await lab.client.delete(CONFIG_MAPS, "second", namespace)
    await lab.until_gone(CONFIG_MAPS, "shared", namespace)


async def test_an_owner_of_the_same_name_but_another_uid_is_no_owner(lab: Lab, namespace: str) -> None:
    owner = await config_map(lab, namespace, "owner")
    owner = {"metadata": {**owner["metadata"], "uid": "11111111-2222-3333-4444-555555555555"}}
    await config_map(lab, namespace, "child", **owned_by(owner))
    await lab.until_gone(CONFIG_MAPS, "child", namespace)


async def test_an_owner_in_another_namespace_is_no_owner_and_an_event_says_so(lab: Lab, namespace: str) -> None:
    elsewhere = await lab.namespace()
    owner = await config_map(lab, elsewhere, "owner")
    await config_map(lab, namespace, "child", **owned_by(owner))
    await lab.until_gone(CONFIG_MAPS, "child", namespace)
    [message] = await lab.events(namespace, "OwnerRefInvalidNamespace")
    assert message.endswith(f'does not exist in namespace "{namespace}"')


async def test_foreground_deletion_waits_for_blocking_dependents(lab: Lab, namespace: str) -> None:
    owner = await config_map(lab, namespace, "owner")
    await config_map(lab, namespace, "child", **owned_by(owner, block=True, finalizers=[HOLD]))
    await lab.client.delete(CONFIG_MAPS, "owner", namespace, propagation="Foreground")
    await lab.until(CONFIG_MAPS, namespace, lambda c: meta.name(c) == "child" and meta.is_deleting(c))
    waiting = await lab.client.get(CONFIG_MAPS, "owner", namespace)
    assert meta.finalizers(waiting) == ["foregroundDeletion"]
    await release(lab, namespace, "child")
    await lab.until_gone(CONFIG_MAPS, "owner", namespace)


async def test_orphans_live_on(lab: Lab, namespace: str) -> None:
    owner = await config_map(lab, namespace, "owner")
    await config_map(lab, namespace, "child", **owned_by(owner))
    await lab.client.delete(CONFIG_MAPS, "owner", namespace, propagation="Orphan")
    await lab.until_gone(CONFIG_MAPS, "owner", namespace)
    child = await lab.client.get(CONFIG_MAPS, "child", namespace)
    assert not meta.owner_references(child) and not meta.is_deleting(child)


async def test_a_deployment_takes_everything_with_it(lab: Lab, namespace: str) -> None:
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "d"}}, "template": template}
    await lab.client.create(DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": spec}, namespace)
    async with lab.kubelet(namespace):
        await lab.until(DEPLOYMENTS, namespace, lambda d: d.get("status", {}).get("readyReplicas") == 2)
        [replica_set] = (await lab.client.list(REPLICA_SETS, namespace)).items
        pods = (await lab.client.list(PODS, namespace)).items
        await lab.client.delete(DEPLOYMENTS, "d", namespace)
        await lab.until_gone(REPLICA_SETS, meta.name(replica_set), namespace)
        for pod in pods:
            await lab.until_gone(PODS, meta.name(pod), namespace)


async def test_custom_resources_are_covered_as_soon_as_they_exist(lab: Lab, namespace: str) -> None:
    group = f"{namespace}.liqo.io"
    resource = Resource(group, "v1", "things", "Thing")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec = {
        "group": group,
        "scope": "Namespaced",
        "names": {"plural": "things", "kind": "Thing", "singular": "thing", "listKind": "ThingList"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    definition = {"metadata": {"name": f"things.{group}"}, "spec": spec}
    await lab.client.create(CUSTOM_RESOURCE_DEFINITIONS, definition)
    await lab.until(
        CUSTOM_RESOURCE_DEFINITIONS,
        None,
        lambda d: meta.name(d) == f"things.{group}" and meta.condition_is_true(d, "Established"),
    )
    body = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "owner"}}
    owner = await lab.client.create(resource, body, namespace)
    reference = owned_by(owner)["ownerReferences"][0] | {"apiVersion": f"{group}/v1", "kind": "Thing"}
    await config_map(lab, namespace, "child", ownerReferences=[reference])
    body = {**body, "metadata": {"name": "held", "finalizers": [HOLD]}}
    await lab.client.create(resource, body, namespace)
    await lab.client.delete(resource, "owner", namespace)
    await lab.until_gone(CONFIG_MAPS, "child", namespace)

    await lab.client.delete(NAMESPACES, namespace)
    stuck = await lab.until(
        NAMESPACES,
        None,
        lambda n: meta.name(n) == namespace and meta.condition_is_true(n, "NamespaceFinalizersRemaining"),
    )
    condition = meta.find_condition(stuck, "NamespaceContentRemaining")
    assert condition["message"] == f"Some resources are remaining: things.{group} has 1 resource instances"
    await lab.client.patch(resource, "held", {"metadata": {"finalizers": None}}, namespace)
    await lab.until_gone(NAMESPACES, namespace)
    await lab.client.delete(CUSTOM_RESOURCE_DEFINITIONS, f"things.{group}")


async def test_a_namespace_says_what_it_waits_for(lab: Lab, namespace: str) -> None:
    """Pods go first: what they may still need outlives them."""
    await lab.client.create(PODS, pod("held", finalizers=[HOLD]), namespace)
    await config_map(lab, namespace, "needed")
    await lab.client.delete(NAMESPACES, namespace)
    stuck = await lab.until(
        NAMESPACES,
        None,
        lambda n: meta.name(n) == namespace and meta.condition_is_true(n, "NamespaceContentRemaining"),
    )
    assert {row["type"]: (row["status"], row["reason"], row["message"]) for row in stuck["status"]["conditions"]} == {
        "NamespaceDeletionDiscoveryFailure": (
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        "NamespaceDeletionGroupVersionParsingFailure": (
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        "NamespaceDeletionContentFailure": (
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        "NamespaceContentRemaining": (
            "True",
            "SomeResourcesRemain",
            "Some resources are remaining: pods. has 1 resource instances",
        ),
        "NamespaceFinalizersRemaining": (
            "True",
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {HOLD} in 1 resource instances",
        ),
    }
    assert not meta.is_deleting(await lab.client.get(CONFIG_MAPS, "needed", namespace))
    await lab.client.patch(PODS, "held", {"metadata": {"finalizers": None}}, namespace)
    await lab.until_gone(NAMESPACES, namespace)
    with pytest.raises(ApiError):
        await lab.client.get(CONFIG_MAPS, "needed", namespace)


def pod(name: str, **metadata: Any) -> Any:
    return {"metadata": {"name": name, **metadata}, "spec": {"containers": [{"name": "x", "image": "x"}]}}


async def test_every_namespace_gets_its_account_and_the_root_certificate_back(lab: Lab, namespace: str) -> None:
    certificate = await lab.until(CONFIG_MAPS, namespace, lambda c: meta.name(c) == "kube-root-ca.crt")
    assert certificate["data"]["ca.crt"] == lab.ca.decode()
    assert "kubernetes.io/description" in meta.annotations(certificate)
    await lab.client.patch(CONFIG_MAPS, "kube-root-ca.crt", {"data": {"ca.crt": "forged"}}, namespace)
    await lab.until(CONFIG_MAPS, namespace, lambda c: c.get("data") == certificate["data"])
    await lab.client.delete(CONFIG_MAPS, "kube-root-ca.crt", namespace)
    await lab.until(
        CONFIG_MAPS,
        namespace,
        lambda c: meta.name(c) == "kube-root-ca.crt" and meta.uid(c) != meta.uid(certificate),
    )


async def test_many_objects_in_many_namespaces_are_gone_at_once(lab: Lab) -> None:
    spaces = await asyncio.gather(*(lab.namespace() for _ in range(4)))
    for space in spaces:
        for number in range(10):
            await lab.client.create(SECRETS, {"metadata": {"name": f"s{number}"}}, space)
    for space in spaces:
        await lab.client.delete(NAMESPACES, space)
    for space in spaces:
        await lab.until_gone(NAMESPACES, space)
