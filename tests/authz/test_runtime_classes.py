"""Pods that name a RuntimeClass: its overhead, where they may run, and what is refused."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

CLASSES = "/apis/node.k8s.io/v1/runtimeclasses"


def pod(name: str = "p", **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "nginx", "resources": {"requests": {"cpu": "100m", "memory": "1Mi"}}}
    return {"metadata": {"name": name}, "spec": {"containers": [container], "schedulerName": "nobody", **spec}}


@pytest.fixture
async def make(api: Any) -> AsyncIterator[Any]:
    """Creates a class of these fields; returns its name."""
    made: list[str] = []

    async def create(**fields: Any) -> str:
        name = f"class-{uuid.uuid4().hex[:8]}"
        await api("POST", CLASSES, {"metadata": {"name": name}, "handler": "runc", **fields}, code=201)
        made.append(name)
        return name

    yield create
    for name in made:
        await api("DELETE", f"{CLASSES}/{name}")


async def test_a_class_gives_its_pods_overhead_and_a_place(api: Any, namespace: str, make: Any) -> None:
    tolerations = [{"key": "kata", "operator": "Exists", "effect": "NoSchedule"}]
    placed = {"nodeSelector": {"kata": "yes", "disk": "ssd"}, "tolerations": tolerations}
    name = await make(overhead={"podFixed": {"cpu": "0.25", "memory": "120Mi"}}, scheduling=placed)
    own = [
        {"key": "kata", "operator": "Equal", "value": "x", "effect": "NoSchedule"},
        {"key": "a", "operator": "Exists"},
    ]
    body = pod(runtimeClassName=name, nodeSelector={"disk": "ssd"}, tolerations=own)
    spec = (await api("POST", f"/api/v1/namespaces/{namespace}/pods", body, code=201))["spec"]
    assert spec["overhead"] == {"cpu": "250m", "memory": "120Mi"}
    assert spec["nodeSelector"] == {"disk": "ssd", "kata": "yes"}
    assert [row for row in spec["tolerations"] if "tolerationSeconds" not in row] == [own[1], *tolerations]


async def test_quota_counts_the_overhead(api: Any, namespace: str, make: Any) -> None:
    base = f"/api/v1/namespaces/{namespace}"
    name = await make(overhead={"podFixed": {"cpu": "300m"}})
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"requests.cpu": "500m"}}}
    await api("POST", f"{base}/resourcequotas", quota, code=201)
    await api("POST", f"{base}/pods", pod("one", runtimeClassName=name), code=201)
    answer = await api("POST", f"{base}/pods", pod("two", runtimeClassName=name), code=403)
    assert answer["message"] == (
        'pods "two" is forbidden: exceeded quota: q, requested: requests.cpu=400m, used: requests.cpu=400m, '
        "limited: requests.cpu=500m"
    )


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"runtimeClassName": "nope"}, 'pod rejected: RuntimeClass "nope" not found'),
    ({"overhead": {"cpu": "1"}}, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"),
    (
        {"runtimeClassName": "CLASS", "overhead": {"cpu": "1"}},
        "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ),
    (
        {"runtimeClassName": "CLASS", "nodeSelector": {"kata": "no"}},
        "conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no",
    ),
]


@pytest.mark.parametrize(("spec", "text"), REFUSED, ids=["missing", "by hand", "another", "elsewhere"])
async def test_what_is_refused(api: Any, namespace: str, make: Any, spec: Any, text: Any) -> None:
    name = await make(overhead={"podFixed": {"cpu": "250m"}}, scheduling={"nodeSelector": {"kata": "yes"}})
    body = pod(**{key: name if value == "CLASS" else value for key, value in spec.items()})
    answer = await api("POST", f"/api/v1/namespaces/{namespace}/pods", body, code=403)
    assert answer["message"] == f'pods "p" is forbidden: {text}'


async def test_the_same_overhead_by_hand_is_fine_and_a_deleted_class_is_none(
    api: Any, namespace: str, make: Any
) -> None:
    base = f"/api/v1/namespaces/{namespace}/pods"
    name = await make(overhead={"podFixed": {"cpu": "250m"}})
    await api("POST", base, pod("one", runtimeClassName=name, overhead={"cpu": "0.25"}), code=201)
    await api("DELETE", f"{CLASSES}/{name}", code=200)
    labelled = {"metadata": {"labels": {"still": "there"}}}
    await api("PATCH", f"{base}/one", labelled, type="application/merge-patch+json", code=200)
    answer = await api("POST", base, pod("two", runtimeClassName=name), code=403)
    assert answer["message"] == f'pods "two" is forbidden: pod rejected: RuntimeClass "{name}" not found'


async def test_a_class_is_checked(api: Any, make: Any) -> None:
    bad = {"metadata": {"name": "bad"}, "handler": "Not a label", "overhead": {"podFixed": {"cpu": "-1"}}}
    answer = await api("POST", CLASSES, bad, code=422)
    assert [cause["field"] for cause in answer["details"]["causes"]] == ["handler", "overhead.limits[cpu]"]
    name = await make()
    patch = {"handler": "other"}
    answer = await api("PATCH", f"{CLASSES}/{name}", patch, type="application/merge-patch+json", code=422)
    assert answer["details"]["causes"][0]["message"] == 'Invalid value: "other": field is immutable'
