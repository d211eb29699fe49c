"""What counts against a quota: scopes, counts, classes; in the status, and when something more is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PODS, SERVICES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUOTAS = Resource("", "v1", "resourcequotas", "ResourceQuota")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
SOME = {"requests": {"cpu": "250m", "memory": "10Mi"}}


def pod(name: str, resources: Object | None = None, **spec: Any) -> Object:
    container = {"name": "x", "image": "x", "resources": resources or {}}
    return {"metadata": {"name": name}, "spec": {"containers": [container]} | spec}


def claim(name: str, storage: str = "1Gi", **spec: Any) -> Object:
    wish = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    return {"metadata": {"name": name}, "spec": wish | spec}


PODS_MADE = [
    pod("plain"),
    pod("busy", SOME),
    pod("brief", activeDeadlineSeconds=600),
    pod("brief-and-busy", SOME, activeDeadlineSeconds=600),
    pod("dear", priorityClassName="system-node-critical"),
    pod("early", SOME, initContainers=[{"name": "i", "image": "x", "resources": {"requests": {"cpu": "1"}}}]),
]

USED: list[tuple[Object, Object]] = [
    ({"hard": {"pods": "9", "count/pods": "9"}}, {"pods": "6", "count/pods": "6"}),
    ({"hard": {"pods": "9"}, "scopes": ["Terminating"]}, {"pods": "2"}),
    ({"hard": {"pods": "9", "cpu": "9"}, "scopes": ["NotTerminating"]}, {"pods": "4", "cpu": "1250m"}),
    ({"hard": {"pods": "9"}, "scopes": ["BestEffort"]}, {"pods": "3"}),
    ({"hard": {"requests.cpu": "9"}, "scopes": ["NotBestEffort"]}, {"requests.cpu": "1500m"}),
    ({"hard": {"pods": "9"}, "scopes": ["NotBestEffort", "Terminating"]}, {"pods": "1"}),
    ({"hard": {"pods": "9"}, "scopes": ["PriorityClass"]}, {"pods": "1"}),
    (
        {
            "hard": {"pods": "9"},
            "scopeSelector": {
                "matchExpressions": [
                    {"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]}
                ]
            },
        },
        {"pods": "1"},
    ),
    (
        {
            "hard": {"pods": "9"},
            "scopeSelector": {
                "matchExpressions": [
                    {"scopeName": "PriorityClass", "operator": "NotIn", "values": ["system-node-critical"]},
                    {"scopeName": "BestEffort", "operator": "Exists"},
                ]
            },
        },
        {"pods": "2"},
    ),
    (
        {"hard": {"count/deployments.apps": "2", "services.nodeports": "9", "services": "9"}},
        {"count/deployments.apps": "1", "services.nodeports": "2", "services": "1"},
    ),
    (
        {
            "hard": {
                "requests.storage": "9Gi",
                "gold.storageclass.storage.k8s.io/requests.storage": "9Gi",
                "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "9",
                "persistentvolumeclaims": "9",
            }
        },
        {
            "requests.storage": "3Gi",
            "gold.storageclass.storage.k8s.io/requests.storage": "2Gi",
            "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
            "persistentvolumeclaims": "2",
        },
    ),
]


async def test_the_status_of_every_kind_of_quota(lab: Lab, namespace: str) -> None:
    for body in PODS_MADE:
        await lab.client.create(PODS, body, namespace)
    ports = [{"name": "a", "port": 1}, {"name": "b", "port": 2}]
    await lab.client.create(
        SERVICES, {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": ports}}, namespace
    )
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod("")["spec"]}
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    await lab.client.create(DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": spec}, namespace)
    await lab.client.create(PERSISTENT_VOLUME_CLAIMS, claim("plain"), namespace)
    await lab.client.create(PERSISTENT_VOLUME_CLAIMS, claim("gold", "2Gi", storageClassName="gold"), namespace)
    names = []
    for index, (quota, _) in enumerate(USED):
        names.append(f"q{index}")
        await lab.client.create(QUOTAS, {"metadata": {"name": names[-1]}, "spec": quota}, namespace)
    for name, (_, used) in zip(names, USED, strict=True):
        await lab.until(
            QUOTAS,
            namespace,
            lambda q, n=name, u=used: q["metadata"]["name"] == n and q.get("status", {}).get("used") == u,
        )


async def refused(lab: Lab, resource: Resource, body: Object, namespace: str) -> str:
    with pytest.raises(ApiError) as error:
        await lab.client.create(resource, body, namespace)
    assert error.value.code == 403
    return error.value.message


async def test_only_what_is_in_scope_is_refused(lab: Lab, namespace: str) -> None:
    spec = {"hard": {"pods": "1"}, "scopes": ["Terminating"]}
    await lab.client.create(QUOTAS, {"metadata": {"name": "brief"}, "spec": spec}, namespace)
    await lab.client.create(PODS, pod("first", activeDeadlineSeconds=600), namespace)
    for name in ("a", "b"):
        await lab.client.create(PODS, pod(name), namespace)
    limits = "exceeded quota: brief, requested: pods=1, used: pods=1, limited: pods=1"
    assert limits in await refused(lab, PODS, pod("second", activeDeadlineSeconds=600), namespace)
    with pytest.raises(ApiError) as entering:
        await lab.client.patch(PODS, "a", {"spec": {"activeDeadlineSeconds": 5}}, namespace)
    assert limits in entering.value.message


async def test_what_grows_is_counted_by_its_growth(lab: Lab, namespace: str) -> None:
    hard = {"services.nodeports": "1", "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "0"}
    await lab.client.create(QUOTAS, {"metadata": {"name": "room"}, "spec": {"hard": hard}}, namespace)
    ports = [{"name": "a", "port": 1}]
    spec = {"type": "NodePort", "ports": ports}
    await lab.client.create(SERVICES, {"metadata": {"name": "s"}, "spec": spec}, namespace)
    grown = {"spec": {"ports": [*ports, {"name": "b", "port": 2}, {"name": "c", "port": 3}]}}
    with pytest.raises(ApiError) as growing:
        await lab.client.patch(SERVICES, "s", grown, namespace)
    wanted = "requested: services.nodeports=2, used: services.nodeports=1, limited: services.nodeports=1"
    assert wanted in growing.value.message
    name = "gold.storageclass.storage.k8s.io/persistentvolumeclaims"
    told = await refused(lab, PERSISTENT_VOLUME_CLAIMS, claim("g", storageClassName="gold"), namespace)
    assert f"requested: {name}=1, used: {name}=0, limited: {name}=0" in told


async def test_containers_must_say_what_a_quota_limits(lab: Lab, namespace: str) -> None:
    hard = {"requests.cpu": "2", "limits.memory": "1Gi", "requests.ephemeral-storage": "1Gi"}
    await lab.client.create(QUOTAS, {"metadata": {"name": "q"}, "spec": {"hard": hard}}, namespace)
    body = pod("p", SOME, initContainers=[{"name": "a", "image": "x"}])
    told = await refused(lab, PODS, body, namespace)
    assert told.endswith("failed quota: q: must specify limits.memory for: a,x; requests.cpu for: a")


async def test_a_quota_that_makes_no_sense_is_refused_with_every_reason(lab: Lab, namespace: str) -> None:
    spec = {
        "hard": {"cpu": "-1", "foo": "1", "pods": "1.5"},
        "scopes": ["BestEffort", "NotBestEffort", "Odd"],
    }
    with pytest.raises(ApiError) as error:
        await lab.client.create(QUOTAS, {"metadata": {"name": "q1"}, "spec": spec}, namespace)
    shown = 'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: '
    assert error.value.message == (
        'ResourceQuota "q1" is invalid: ['
        'spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0, '
        'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified, '
        'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota, '
        'spec.hard[pods]: Invalid value: "1500m": must be an integer, '
        f"{shown}unsupported scope applied to resource, {shown}unsupported scope, {shown}conflicting scopes]"
    )
