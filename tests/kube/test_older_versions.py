"""What a cluster that calls itself v1.23.6 serves beside the newest versions, and how objects look in each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from liqolab.kube.kinds import older
from liqolab.kube.schema import protobuf
from tests.api_server import Api
from tests.clusters import LESSON_VERSION, ClusterProcess, order, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

MERGE = "application/merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
HOME = "namespaces/default"
BUDGETS, SLICES = f"{HOME}/poddisruptionbudgets", f"{HOME}/endpointslices"


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    process = order(tmp_path_factory.mktemp("older") / "lesson", version=LESSON_VERSION)
    with serving(process):
        yield process


@pytest_asyncio.fixture(loop_scope="module")
async def api(lesson: ClusterProcess) -> AsyncIterator[Api]:
    client = Api(lesson.kubeconfig)
    yield client
    await client.session.close()


V1_23 = {
    "autoscaling": ["v2", "v1", "v2beta2", "v2beta1"],
    "batch": ["v1", "v1beta1"],
    "discovery.k8s.io": ["v1", "v1beta1"],
    "events.k8s.io": ["v1", "v1beta1"],
    "flowcontrol.apiserver.k8s.io": ["v1", "v1beta2", "v1beta1"],
    "node.k8s.io": ["v1", "v1beta1"],
    "policy": ["v1", "v1beta1"],
    "storage.k8s.io": ["v1", "v1beta1"],
}


async def test_the_versions_of_1_23_are_served(api: Api) -> None:
    groups = (await api("GET", "/apis", code=200))["groups"]
    found = {row["name"]: [version["version"] for version in row["versions"]] for row in groups}
    assert {name: versions for name, versions in found.items() if name in V1_23 or len(versions) > 1} == V1_23


@pytest.mark.parametrize(
    ("version", "group_version", "there"),
    [
        ("v1.20.7", "rbac.authorization.k8s.io/v1beta1", True),
        ("v1.22.0", "rbac.authorization.k8s.io/v1beta1", False),
        ("v1.22.17", "flowcontrol.apiserver.k8s.io/v1beta2", False),
        ("v1.24.17", "policy/v1beta1", True),
        ("v1.25.0", "policy/v1beta1", False),
        ("v1.25.0", "autoscaling/v2beta2", True),
        ("v1.31.2", "flowcontrol.apiserver.k8s.io/v1beta3", True),
        ("v1.32.0", "flowcontrol.apiserver.k8s.io/v1beta3", False),
    ],
)
async def test_a_version_is_served_for_as_long_as_it_was(version: Any, group_version: Any, there: Any) -> None:
    assert (group_version in {spec.resource.api_version for spec in older.served(version)}) is there


WARNINGS = {
    f"policy/v1beta1/{BUDGETS}": "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; "
    "use policy/v1 PodDisruptionBudget",
    f"events.k8s.io/v1beta1/{HOME}/events": "events.k8s.io/v1beta1 Event is deprecated in v1.22+, "
    "unavailable in v1.25+",
    f"policy/v1/{BUDGETS}": None,
    f"v1/{HOME}/endpoints": None,
    "flowcontrol.apiserver.k8s.io/v1beta2/flowschemas": None,
}


@pytest.mark.parametrize(("path", "text"), WARNINGS.items())
async def test_who_uses_one_is_warned_once_it_is_deprecated(api: Api, path: Any, text: Any) -> None:
    expected = text and f'299 - "{text}"'
    path = f"/api/{path}" if path.startswith("v1/") else f"/apis/{path}"
    await api("GET", path, code=200)
    assert api.headers.get("Warning") == expected
    await api("GET", f"{path}/nope", code=404)
    assert api.headers.get("Warning") == expected
    async with api.session.get(f"{api.server}{path}?watch=1", ssl=api.tls) as answer:
        assert answer.headers.get("Warning") == expected


async def test_an_object_is_the_same_in_every_version(api: Api) -> None:
    body = {"metadata": {"name": "same"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}}
    made = await api("POST", f"/apis/policy/v1beta1/{BUDGETS}", body, code=201)
    assert (made["apiVersion"], made["kind"]) == ("policy/v1beta1", "PodDisruptionBudget")
    newest = await api("GET", f"/apis/policy/v1/{BUDGETS}/same", code=200)
    assert newest == {**made, "apiVersion": "policy/v1"} | {"status": newest["status"], "metadata": newest["metadata"]}
    assert newest["metadata"]["uid"] == made["metadata"]["uid"]
    changed = {**newest, "spec": {**newest["spec"], "minAvailable": 3}}
    newer = await api("PUT", f"/apis/policy/v1/{BUDGETS}/same", changed, code=200)
    written = [(row["apiVersion"], row["operation"]) for row in newer["metadata"]["managedFields"]]
    assert ("policy/v1beta1", "Update") in written
    patched = await api("PATCH", f"/apis/policy/v1beta1/{BUDGETS}/same", {"spec": {"minAvailable": 2}}, type=MERGE)
    assert (await api("GET", f"/apis/policy/v1/{BUDGETS}/same"))["spec"] == patched["spec"]
    listed = await api("GET", f"/apis/policy/v1beta1/{BUDGETS}", code=200)
    assert listed["apiVersion"] == "policy/v1beta1"
    await api("DELETE", f"/apis/policy/v1beta1/{BUDGETS}/same", code=200)
    await api("GET", f"/apis/policy/v1/{BUDGETS}/same", code=404)


ENDPOINT = {
    "addresses": ["192.0.2.1"],
    "conditions": {},
    "nodeName": "n",
    "topology": {"topology.kubernetes.io/zone": "z", "kubernetes.io/hostname": "n", "x": "y"},
}
NEWER_ENDPOINT = {
    "addresses": ["192.0.2.1"],
    "conditions": {},
    "nodeName": "n",
    "zone": "z",
    "deprecatedTopology": {"x": "y"},
}
METRICS = [
    {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 50}},
    {"type": "Pods", "pods": {"metricName": "q", "targetAverageValue": "10"}},
    {
        "type": "Object",
        "object": {
            "metricName": "o",
            "targetValue": "3",
            "target": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "i"},
        },
    },
    {
        "type": "External",
        "external": {"metricName": "x", "metricSelector": {"matchLabels": {"a": "b"}}, "targetValue": "30"},
    },
]
NEWER_METRICS = [
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}},
    {"type": "Pods", "pods": {"metric": {"name": "q"}, "target": {"type": "AverageValue", "averageValue": "10"}}},
    {
        "type": "Object",
        "object": {
            "metric": {"name": "o"},
            "target": {"type": "Value", "value": "3"},
            "describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "i"},
        },
    },
    {
        "type": "External",
        "external": {
            "metric": {"name": "x", "selector": {"matchLabels": {"a": "b"}}},
            "target": {"type": "Value", "value": "30"},
        },
    },
]
SCALED = {
    "maxReplicas": 3,
    "minReplicas": 1,
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
}
REJECT = {"lendablePercent": 0, "limitResponse": {"type": "Reject"}}
EVENT = {
    "action": "A",
    "eventTime": "2026-01-01T00:00:00.000000Z",
    "note": "n",
    "reason": "R",
    "regarding": {"kind": "Pod", "namespace": "default"},
    "reportingController": "x.io/c",
    "reportingInstance": "c",
    "type": "Normal",
}
NEVER = {
    "matchExpressions": [{"key": "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match", "operator": "Exists"}]
}

SHAPES: list[tuple[str, str, str, dict[str, Any], dict[str, Any]]] = [
    (
        f"discovery.k8s.io/v1beta1/{SLICES}",
        "discovery.k8s.io/v1",
        "endpoint slice",
        {"addressType": "IPv4", "endpoints": [ENDPOINT], "ports": []},
        {"addressType": "IPv4", "endpoints": [NEWER_ENDPOINT], "ports": []},
    ),
    (
        f"autoscaling/v2beta1/{HOME}/horizontalpodautoscalers",
        "autoscaling/v2",
        "autoscaler",
        {"spec": {**SCALED, "metrics": METRICS}},
        {"spec": {**SCALED, "metrics": NEWER_METRICS}},
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1beta1/prioritylevelconfigurations",
        "flowcontrol.apiserver.k8s.io/v1",
        "priority level",
        {"spec": {"type": "Limited", "limited": {"assuredConcurrencyShares": 7, **REJECT}}},
        {"spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": 7, **REJECT}}},
    ),
    (
        f"policy/v1beta1/{BUDGETS}",
        "policy/v1",
        "budget",
        {"spec": {"minAvailable": 1, "selector": {}}},
        {"spec": {"minAvailable": 1, "selector": NEVER}},
    ),
    (
        f"events.k8s.io/v1beta1/{HOME}/events",
        "events.k8s.io/v1",
        "event",
        EVENT,
        EVENT,
    ),
]


@pytest.mark.parametrize(
    ("path", "newest", "body", "converted"),
    [(path, newest, body, converted) for path, newest, _, body, converted in SHAPES],
    ids=[row[2] for row in SHAPES],
)
async def test_fields_are_converted(api: Api, path: Any, newest: Any, body: Any, converted: Any) -> None:
    await api("POST", f"/apis/{path}", {"metadata": {"name": "shape"}, **body}, code=201)
    assert "Warning" in api.headers
    _, _, plural = path.split("/", 2)
    older_form = await api("GET", f"/apis/{path}/shape", code=200)
    assert {key: older_form[key] for key in body} == body
    newer_form = await api("GET", f"/apis/{newest}/{plural}/shape", code=200)
    assert {key: newer_form[key] for key in converted} == converted
    changed = await api("PUT", f"/apis/{newest}/{plural}/shape", newer_form, code=200)
    assert changed["metadata"]["resourceVersion"] == newer_form["metadata"]["resourceVersion"]
    table = await api("GET", f"/apis/{path}/shape", accept=TABLE, code=200)
    other = await api("GET", f"/apis/{newest}/{plural}/shape", accept=TABLE, code=200)
    ages = {index for index, column in enumerate(table["columnDefinitions"]) if column["name"] in ("Age", "Last Seen")}
    cells, others = (
        [cell for index, cell in enumerate(answer["rows"][0]["cells"]) if index not in ages]
        for answer in (table, other)
    )
    assert cells == others
    await api("DELETE", f"/apis/{path}/shape", code=200)


async def test_defaults_are_those_of_the_version(api: Api) -> None:
    path = f"/apis/autoscaling/v2beta1/{HOME}/horizontalpodautoscalers"
    made = await api("POST", path, {"metadata": {"name": "bare"}, "spec": SCALED}, code=201)
    assert made["spec"]["metrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 80}}
    ]
    path = "/apis/flowcontrol.apiserver.k8s.io/v1beta2/prioritylevelconfigurations"
    limited = {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}}
    made = await api("POST", path, {"metadata": {"name": "bare"}, "spec": limited}, code=201)
    assert made["spec"]["limited"]["assuredConcurrencyShares"] == 30
    brief = {"metadata": {"name": "brief"}, "regarding": {"kind": "Pod", "namespace": "default"}, "note": "n"}
    await api("POST", f"/apis/events.k8s.io/v1beta1/{HOME}/events", brief, code=201)
    labelled = {"metadata": {"labels": {"a": "b"}}}
    await api("PATCH", f"{path}/catch-all", labelled, type=MERGE, code=200)


async def test_unknown_fields_are_those_of_the_version(api: Api) -> None:
    body = {"metadata": {"name": "odd"}, "addressType": "IPv4", "ports": [], "endpoints": [NEWER_ENDPOINT]}
    answer = await api("POST", f"/apis/discovery.k8s.io/v1beta1/{SLICES}?fieldValidation=Strict", body, code=400)
    assert 'unknown field "endpoints[0].zone"' in answer["message"]


async def test_openapi_knows_the_versions(api: Api) -> None:
    definitions = (await api("GET", "/openapi/v2", code=200))["definitions"]
    for kind in ("policy.v1beta1.PodDisruptionBudget", "discovery.v1beta1.EndpointSlice", "batch.v1beta1.CronJob"):
        group, version, name = kind.split(".")
        (row,) = definitions[f"io.k8s.api.{kind}"]["x-kubernetes-group-version-kind"]
        assert (row["group"].partition(".")[0], row["version"], row["kind"]) == (group, version, name)
    document = await api("GET", "/openapi/v3/apis/policy/v1beta1", code=200)
    assert "io.k8s.api.policy.v1beta1.PodDisruptionBudget" in document["components"]["schemas"]
    assert "io.k8s.api.policy.v1.PodDisruptionBudgetSpec" in document["components"]["schemas"]


def field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


@pytest.mark.parametrize(
    ("api_version", "kind", "content", "decoded"),
    [
        ("policy/v1beta1", "PodDisruptionBudget", field(2, field(1, b"\x10\x01")), {"spec": {"minAvailable": 1}}),
        ("discovery.k8s.io/v1beta1", "EndpointSlice", field(4, b"IPv4"), {"addressType": "IPv4"}),
        (
            "flowcontrol.apiserver.k8s.io/v1beta1",
            "PriorityLevelConfiguration",
            field(2, field(1, b"Limited") + field(2, b"\x08\x07")),
            {"spec": {"type": "Limited", "limited": {"assuredConcurrencyShares": 7}}},
        ),
    ],
)
async def test_protobuf_of_the_versions_is_read(api_version: Any, kind: Any, content: Any, decoded: Any) -> None:
    head = field(1, field(1, api_version.encode()) + field(2, kind.encode()))
    found = protobuf.decode(protobuf.MAGIC + head + field(2, field(1, field(1, b"n")) + content))
    assert found == {"apiVersion": api_version, "kind": kind, "metadata": {"name": "n"}, **decoded}
