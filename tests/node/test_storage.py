"""Claims and volumes: bound, provisioned, reclaimed, protected, and what the scheduler says while they are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    EVENTS,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    STATEFUL_SETS,
    STORAGE_CLASSES,
)
from liqolab.apimachinery.errors import ApiError

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]


def volume(lab: Any, name: str, storage: str = "1Gi", labels: Object | None = None, **spec: Any) -> Object:
    """A volume of the namespace's own class."""
    kept = {"accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"}, "storageClassName": lab.namespace}
    metadata = {"name": f"{lab.namespace}-{name}", "labels": labels or {}}
    return {"metadata": metadata, "spec": kept | {"capacity": {"storage": storage}} | spec}


def claim(lab: Any, name: str = "c", storage: str = "1Gi", **spec: Any) -> Object:
    kept = {"accessModes": ["ReadWriteOnce"], "storageClassName": lab.namespace}
    return {"metadata": {"name": name}, "spec": kept | {"resources": {"requests": {"storage": storage}}} | spec}


def phase(wanted: str) -> Any:
    return lambda item: item["status"].get("phase") == wanted


def uses(name: str) -> list[Object]:
    return [{"name": "v", "persistentVolumeClaim": {"claimName": name}}]


async def make(lab: Any, *volumes: Object) -> None:
    for item in volumes:
        await lab.client.create(PERSISTENT_VOLUMES, item)


async def until_volume(lab: Any, name: str, reached: Any) -> Object:
    found: Object = (await replace(lab, namespace=None).until(f"{lab.namespace}-{name}", reached, PERSISTENT_VOLUMES))[
        -1
    ]
    return found


async def until_claim(lab: Any, reached: Any, name: str = "c") -> Object:
    found: Object = (await lab.until(name, reached, PERSISTENT_VOLUME_CLAIMS))[-1]
    return found


async def until_gone(lab: Any, eventually: Any, *names: str) -> None:
    """Until there are no claims and no volumes of these names."""

    async def look() -> bool:
        claims = (await lab.client.list(PERSISTENT_VOLUME_CLAIMS, lab.namespace)).items
        volumes = (await lab.client.list(PERSISTENT_VOLUMES)).items
        return not {*names} & {*map(meta.name, claims), *map(meta.name, volumes)}

    await eventually(look)


async def said(lab: Any, eventually: Any, name: str, text: str) -> Object:
    """The event about an object that says `text`."""

    async def look() -> Object | None:
        found = await lab.client.list(EVENTS, lab.namespace, fields=f"involvedObject.name={name}")
        return next((item for item in found.items if text in item["message"]), None)

    event: Object = await eventually(look)
    return event


MATCHES: dict[str, tuple[list[tuple[str, str, Object]], Object, str]] = {
    "the smallest": ([("big", "9Gi", {}), ("fit", "2Gi", {}), ("small", "1Gi", {})], {"storage": "2Gi"}, "fit"),
    "the least permissive": (
        [("two", "1Gi", {"accessModes": ["ReadWriteOnce", "ReadOnlyMany"]}), ("one", "3Gi", {})],
        {},
        "one",
    ),
    "access modes": ([("a", "1Gi", {}), ("b", "1Gi", {"accessModes": ["ReadWriteMany"]})], {"many": True}, "b"),
    "mode": ([("a", "1Gi", {}), ("b", "1Gi", {"volumeMode": "Block"})], {"volumeMode": "Block"}, "b"),
    "labels": (
        [("a", "1Gi", {}), ("b", "1Gi", {"labels": {"tier": "fast"}})],
        {"selector": {"matchLabels": {"tier": "fast"}}},
        "b",
    ),
    "class": ([("a", "1Gi", {"storageClassName": "other"}), ("b", "5Gi", {})], {}, "b"),
    "by name": ([("a", "1Gi", {}), ("b", "5Gi", {})], {"named": "b"}, "b"),
}


@pytest.mark.parametrize("case", MATCHES.values(), ids=list(MATCHES))
async def test_a_claim_gets_the_volume_that_suits_it_best(lab: Any, case: Any) -> None:
    rows, wish, winner = case
    await make(lab, *(volume(lab, name, storage, **spec) for name, storage, spec in rows))
    wish = dict(wish)
    if wish.pop("many", False):
        wish["accessModes"] = ["ReadWriteMany"]
    if named := wish.pop("named", ""):
        wish["volumeName"] = f"{lab.namespace}-{named}"
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab, **wish))
    bound = await until_claim(lab, phase("Bound"))
    assert bound["spec"]["volumeName"] == f"{lab.namespace}-{winner}"
    taken = await until_volume(lab, winner, phase("Bound"))
    assert taken["spec"]["claimRef"]["uid"] == meta.uid(bound)
    assert bound["status"]["capacity"] == taken["spec"]["capacity"]
    assert bound["status"]["accessModes"] == taken["spec"]["accessModes"]
    others = [meta.name(item) for item in (await lab.client.list(PERSISTENT_VOLUMES)).items if phase("Bound")(item)]
    assert [name for name in others if name.startswith(lab.namespace)] == [meta.name(taken)]


async def test_a_reserved_volume_waits_for_its_claim(lab: Any) -> None:
    reference = {"namespace": lab.namespace, "name": "c"}
    await make(lab, volume(lab, "v", claimRef=reference))
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab, "other"))
    await until_volume(lab, "v", phase("Available"))
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab))
    await until_claim(lab, phase("Bound"))
    other = await lab.client.get(PERSISTENT_VOLUME_CLAIMS, "other", lab.namespace)
    assert other["status"]["phase"] == "Pending"


REFUSALS: dict[str, tuple[Object, str, str]] = {
    "no class": ({"storageClassName": ""}, "Normal", "no persistent volumes available for this claim and no storage"),
    "unknown class": ({}, "Warning", 'storageclass.storage.k8s.io "NAMESPACE" not found'),
    "too small": ({"storage": "5Gi", "volumeName": "NAMESPACE-v"}, "Warning", "requested PV is too small"),
    "no consumer": ({"storageClassName": None}, "Normal", "waiting for first consumer to be created before binding"),
}


@pytest.mark.parametrize("case", REFUSALS.values(), ids=list(REFUSALS))
async def test_a_claim_that_stays_unbound_says_why(lab: Any, eventually: Any, case: Any) -> None:
    wish, kind, text = case
    wish = {key: value.replace("NAMESPACE", lab.namespace) if value else value for key, value in wish.items()}
    if "volumeName" in wish:
        await make(lab, volume(lab, "v"))
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab, **wish))
    event = await said(lab, eventually, "c", text.replace("NAMESPACE", lab.namespace))
    assert event["type"] == kind
    assert phase("Pending")(await lab.client.get(PERSISTENT_VOLUME_CLAIMS, "c", lab.namespace))


@pytest.mark.parametrize(
    ("spec", "after"),
    [
        ({"persistentVolumeReclaimPolicy": "Retain"}, "Released"),
        ({"persistentVolumeReclaimPolicy": "Delete"}, "Failed"),
        ({"persistentVolumeReclaimPolicy": "Delete", "hostPath": {"path": "/tmp/x"}}, ""),
    ],
    ids=["retain", "delete elsewhere", "delete"],
)
async def test_a_volume_is_reclaimed_as_it_says(lab: Any, spec: Object, after: str) -> None:
    await make(lab, volume(lab, "v", **spec))
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab))
    await until_claim(lab, phase("Bound"))
    await lab.client.delete(PERSISTENT_VOLUME_CLAIMS, "c", lab.namespace)
    left = await until_volume(lab, "v", lambda item: item.get("gone") or (after and phase(after)(item)))
    assert bool(left.get("gone")) == (after == "")
    if after == "Failed":
        assert left["status"]["message"] == "host_path deleter only supports /tmp/.+ but received provided /data"


async def test_what_is_in_use_stays_until_it_is_not(lab: Any, eventually: Any) -> None:
    await make(lab, volume(lab, "v"))
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab))
    await until_claim(lab, phase("Bound"))
    await lab.pod("user", volumes=uses("c"))
    await lab.ready("user")
    await lab.client.delete(PERSISTENT_VOLUMES, f"{lab.namespace}-v")
    await lab.client.delete(PERSISTENT_VOLUME_CLAIMS, "c", lab.namespace)
    for resource, name, place in (
        (PERSISTENT_VOLUME_CLAIMS, "c", lab.namespace),
        (PERSISTENT_VOLUMES, f"{lab.namespace}-v", None),
    ):
        assert meta.is_deleting(await lab.client.get(resource, name, place))
    await lab.client.delete(PODS, "user", lab.namespace)
    await until_gone(lab, eventually, "c", f"{lab.namespace}-v")


async def test_a_claim_whose_volume_is_gone_is_lost(lab: Any, eventually: Any) -> None:
    await make(lab, volume(lab, "v"))
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab))
    await until_claim(lab, phase("Bound"))
    await until_volume(lab, "v", phase("Bound"))
    path = f"{lab.namespace}-v"
    await lab.client.patch(PERSISTENT_VOLUMES, path, {"metadata": {"finalizers": None}})
    await until_volume(lab, "v", meta.finalizers)
    await lab.client.delete(PERSISTENT_VOLUMES, path)
    await lab.client.patch(PERSISTENT_VOLUMES, path, {"metadata": {"finalizers": None}})
    await until_claim(lab, phase("Lost"))
    await said(lab, eventually, "c", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
    await lab.pod("user", volumes=uses("c"))
    await said(lab, eventually, "user", f'persistentvolumeclaim "c" bound to non-existent persistentvolume "{path}"')


@pytest.mark.parametrize("expands", [False, True])
async def test_a_claim_grows_where_its_class_says_that_it_can(lab: Any, expands: bool) -> None:
    body = {"provisioner": "example.com/x", "allowVolumeExpansion": expands}
    await lab.client.create(STORAGE_CLASSES, {"metadata": {"name": lab.namespace}, **body})
    await make(lab, volume(lab, "v"))
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab))
    await until_claim(lab, phase("Bound"))
    grown = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    change = lab.client.patch(PERSISTENT_VOLUME_CLAIMS, "c", grown, lab.namespace)
    if expands:
        assert (await change)["spec"]["resources"]["requests"]["storage"] == "2Gi"
        return
    with pytest.raises(ApiError, match="only dynamically provisioned pvc can be resized and the storageclass that"):
        await change


async def test_pods_wait_for_claims_and_say_for_which(lab: Any, eventually: Any) -> None:
    await lab.pod("early", volumes=uses("c"))
    await said(lab, eventually, "early", 'persistentvolumeclaim "c" not found')
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab))
    await said(lab, eventually, "early", "pod has unbound immediate PersistentVolumeClaims")
    await make(lab, volume(lab, "v"))
    await lab.ready("early")


async def test_local_volumes_choose_the_node(lab: Any, eventually: Any) -> None:
    local = {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}
    await lab.client.create(STORAGE_CLASSES, {"metadata": {"name": lab.namespace}, **local})
    elsewhere, here = (
        {
            "required": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "topology", "operator": "In", "values": v}]}]
            }
        }
        for v in (["south"], ["north"])
    )
    await make(lab, volume(lab, "far", nodeAffinity=elsewhere))
    await lab.create(PERSISTENT_VOLUME_CLAIMS, claim(lab))
    await lab.pod("user", volumes=uses("c"))
    await said(lab, eventually, "user", "1 node(s) didn't find available persistent volumes to bind")
    await make(lab, volume(lab, "near", nodeAffinity=here))
    await lab.ready("user")
    assert (await until_claim(lab, phase("Bound")))["spec"]["volumeName"] == f"{lab.namespace}-near"


async def test_an_ephemeral_volume_lives_as_long_as_its_pod(lab: Any, eventually: Any) -> None:
    wish = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    template = {"metadata": {"labels": {"kept": "yes"}}, "spec": wish}
    await lab.pod("scratch", volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": template}}])
    pod = await lab.ready("scratch")
    made = await until_claim(lab, phase("Bound"), "scratch-v")
    assert meta.is_controlled_by(made, pod)
    assert meta.labels(made) == {"kept": "yes"}
    await lab.client.delete(PODS, "scratch", lab.namespace)
    await until_gone(lab, eventually, "scratch-v")


def stateful(replicas: int, **spec: Any) -> Object:
    wish = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    mounts = [{"name": "www", "mountPath": "/usr/share/nginx/html"}]
    container = {"name": "nginx", "image": "nginx", "volumeMounts": mounts}
    template = {"metadata": {"labels": {"app": "nginx"}}, "spec": {"containers": [container]}}
    body = {
        "replicas": replicas,
        "serviceName": "nginx",
        "selector": {"matchLabels": {"app": "nginx"}},
        "template": template,
        "volumeClaimTemplates": [{"metadata": {"name": "www"}, "spec": wish}],
    }
    return {"metadata": {"name": "web"}, "spec": body | spec}


def has(replicas: int) -> Any:
    return lambda item: (item["status"].get("readyReplicas", 0), item["status"]["replicas"]) == (replicas, replicas)


async def test_stateful_pods_keep_their_storage_when_they_go(lab: Any, eventually: Any) -> None:
    await lab.create(STATEFUL_SETS, stateful(2))
    await lab.until("web", has(2), STATEFUL_SETS)
    pod = await lab.client.get(PODS, "web-1", lab.namespace)
    assert {"name": "www", "persistentVolumeClaim": {"claimName": "www-web-1"}} in pod["spec"]["volumes"]
    made = await until_claim(lab, phase("Bound"), "www-web-1")
    assert (made["spec"]["storageClassName"], meta.owner_references(made)) == ("standard", [])
    await said(lab, eventually, "www-web-1", "Successfully provisioned volume pvc-" + meta.uid(made))
    await lab.client.patch(STATEFUL_SETS, "web", {"spec": {"replicas": 0}}, lab.namespace)
    await lab.until("web", has(0), STATEFUL_SETS)
    await lab.client.patch(STATEFUL_SETS, "web", {"spec": {"replicas": 2}}, lab.namespace)
    await lab.until("web", has(2), STATEFUL_SETS)
    again = await lab.client.get(PERSISTENT_VOLUME_CLAIMS, "www-web-1", lab.namespace)
    assert (meta.uid(again), again["spec"]["volumeName"]) == (meta.uid(made), made["spec"]["volumeName"])


async def test_claims_go_when_the_retention_policy_says_so(lab: Any, eventually: Any) -> None:
    policy = {"whenScaled": "Delete", "whenDeleted": "Delete"}
    await lab.create(STATEFUL_SETS, stateful(2, persistentVolumeClaimRetentionPolicy=policy))
    await lab.until("web", has(2), STATEFUL_SETS)
    kept = await until_claim(lab, meta.owner_references, "www-web-0")
    assert [(row["kind"], row["name"], row["controller"]) for row in meta.owner_references(kept)] == [
        ("StatefulSet", "web", True)
    ]
    volume_of_1 = (await until_claim(lab, phase("Bound"), "www-web-1"))["spec"]["volumeName"]
    await lab.client.patch(STATEFUL_SETS, "web", {"spec": {"replicas": 1}}, lab.namespace)
    await until_gone(lab, eventually, "www-web-1", volume_of_1)
    assert not meta.is_deleting(await lab.client.get(PERSISTENT_VOLUME_CLAIMS, "www-web-0", lab.namespace))
    await lab.client.delete(STATEFUL_SETS, "web", lab.namespace)
    await until_gone(lab, eventually, "www-web-0")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"volumeClaimTemplates": [{"metadata": {"name": "www"}, "spec": {}}]},
            "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
        ),
        ({"volumeClaimTemplates": []}, 'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "www"'),
        ({"podManagementPolicy": "Any"}, "spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or"),
        (
            {"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Keep", "whenDeleted": "Retain"}},
            'RetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Retain", "Delete"',
        ),
    ],
)
async def test_a_stateful_set_that_makes_no_sense_is_refused(lab: Any, spec: Object, text: str) -> None:
    with pytest.raises(ApiError) as refused:
        await lab.create(STATEFUL_SETS, stateful(1, **spec))
    assert text in refused.value.message
