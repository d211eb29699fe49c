"""The kinds that few people create: all of 1.34's are served as by a real one; and what may stand in them.

``data/discovery.json`` has the resource lists of a real 1.34.4, in the order of its groups.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api_server import Api

REAL: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "data/discovery.json").read_text())
MAY_BE_MISSING = {
    "pods/resize",
    "validatingadmissionpolicies",
    "validatingadmissionpolicies/status",
    "validatingadmissionpolicybindings",
}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
MERGE = "application/merge-patch+json"


async def test_groups_and_their_order(api: Api) -> None:
    groups = (await api("GET", "/apis", code=200))["groups"]
    served = [row["groupVersion"] for group in groups for row in group["versions"]]
    builtin = [name for name in served if name in REAL]
    assert ["v1", *builtin] == list(REAL)


@pytest.mark.parametrize("group_version", REAL)
async def test_resources_are_listed_as_by_a_real_server(api: Api, group_version: Any) -> None:
    path = f"/apis/{group_version}" if "/" in group_version else "/api/v1"
    rows = (await api("GET", path, code=200))["resources"]
    missing = MAY_BE_MISSING - {row["name"] for row in rows}
    assert rows == [row for row in REAL[group_version] if row["name"] not in missing]


STORAGE, DEVICES = "/apis/storage.k8s.io/v1", "/apis/resource.k8s.io/v1"
ATTRIBUTES = {"driverName": "d.io", "parameters": {"iops": "5"}}
CAPACITY = {"storageClassName": "fast", "capacity": "10Gi", "nodeTopology": {"matchLabels": {"zone": "a"}}}
REQUEST = {"name": "gpu", "exactly": {"deviceClassName": "gpus"}}
CLAIM = {"devices": {"requests": [REQUEST]}}
SLICE = {"driver": "d.io", "nodeName": "n", "pool": {"name": "n", "generation": 1, "resourceSliceCount": 1}}

SOUND: list[tuple[str, dict[str, Any], list[str], list[Any]]] = [
    (f"{STORAGE}/volumeattributesclasses", ATTRIBUTES, ["DriverName", "Age"], ["d.io"]),
    (
        f"{STORAGE}/namespaces/default/csistoragecapacities",
        CAPACITY,
        ["Created At"],
        [],
    ),
    (f"{DEVICES}/deviceclasses", {"spec": {}}, ["Age"], []),
    (f"{DEVICES}/namespaces/default/resourceclaims", {"spec": CLAIM}, ["State", "Age"], ["pending"]),
    (f"{DEVICES}/namespaces/default/resourceclaimtemplates", {"spec": {"spec": CLAIM}}, ["Age"], []),
    (f"{DEVICES}/resourceslices", {"spec": SLICE}, ["Node", "Driver", "Pool", "Age"], ["n", "d.io", "n"]),
]


@pytest.mark.parametrize(("path", "body", "columns", "cells"), SOUND, ids=[row[0].rpartition("/")[2] for row in SOUND])
async def test_objects_and_their_columns(api: Api, path: Any, body: Any, columns: Any, cells: Any) -> None:
    await api("POST", path, {"metadata": {"name": "sound"}, **body}, code=201)
    table = await api("GET", f"{path}/sound", accept=TABLE, code=200)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", *columns]
    assert table["rows"][0]["cells"][: 1 + len(cells)] == ["sound", *cells]
    explained = await api("DELETE", f"{path}/sound", code=200)
    assert (explained.get("kind") == "Status") == path.endswith("csistoragecapacities")


async def test_a_claim_is_completed(api: Api) -> None:
    path = f"{DEVICES}/namespaces/default/resourceclaims"
    claim = await api("POST", path, {"metadata": {"name": "c"}, "spec": CLAIM, "status": {"reservedFor": []}}, code=201)
    assert claim["spec"]["devices"]["requests"][0]["exactly"] == {
        "deviceClassName": "gpus",
        "allocationMode": "ExactCount",
        "count": 1,
    }
    assert claim["status"] == {}
    await api("DELETE", f"{path}/c", code=200)


PLACE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
ONE_OF = "exactly one of `exactly` or `firstAvailable` is required"
AT = "spec.devices.requests[0]"
WRONG: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        f"{STORAGE}/volumeattributesclasses",
        {},
        ["driverName: Required value", "parameters: Required value: must contain at least one key/value pair"],
    ),
    (
        f"{DEVICES}/namespaces/default/resourceclaims",
        {"spec": {"devices": {"requests": [{"name": "a", "exactly": {"allocationMode": "Some"}}, {"name": "a"}]}}},
        [
            f"{AT}.exactly.deviceClassName: Required value",
            f'{AT}.exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"',
            f"spec.devices.requests[1]: Required value: {ONE_OF}",
            'spec.devices.requests[1].name: Duplicate value: "a"',
        ],
    ),
    (
        f"{DEVICES}/resourceslices",
        {"spec": {"driver": "d.io", "pool": {"name": "p"}, "nodeName": "n", "allNodes": True}},
        [
            "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
            f'spec: Invalid value: "{{`nodeName`, `allNodes`}}": {PLACE}, but multiple fields are set',
        ],
    ),
]


@pytest.mark.parametrize(("path", "body", "errors"), WRONG, ids=[row[0].rpartition("/")[2] for row in WRONG])
async def test_what_is_refused(api: Api, path: Any, body: Any, errors: Any) -> None:
    answer = await api("POST", path, {"metadata": {"name": "wrong"}, **body}, code=422)
    assert [f"{row['field']}: {row['message']}" for row in answer["details"]["causes"]] == errors


async def test_an_attributes_class_stays_while_a_claim_names_it(api: Api) -> None:
    path, claims = f"{STORAGE}/volumeattributesclasses", "/api/v1/namespaces/default/persistentvolumeclaims"
    await api("POST", path, {"metadata": {"name": "used"}, **ATTRIBUTES}, code=201)
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "none",
        "volumeAttributesClassName": "used",
    }
    await api("POST", claims, {"metadata": {"name": "user"}, "spec": spec}, code=201)
    marked = await api("DELETE", f"{path}/used", code=200)
    assert marked["metadata"]["finalizers"] == ["kubernetes.io/vac-protection"]
    since = marked["metadata"]["resourceVersion"]
    await api("DELETE", f"{claims}/user", code=200)
    stream = api.lines(f"{path}?watch=1&resourceVersion={since}&fieldSelector=metadata.name=used&timeoutSeconds=20")
    assert [event["type"] async for event in _until_deleted(stream)][-1] == "DELETED"


async def _until_deleted(stream: Any) -> Any:
    async for event in stream:
        yield event
        if event["type"] == "DELETED":
            return


async def test_what_never_changes(api: Api) -> None:
    path = f"{STORAGE}/volumeattributesclasses"
    await api("POST", path, {"metadata": {"name": "fixed"}, **ATTRIBUTES}, code=201)
    answer = await api("PATCH", f"{path}/fixed", {"driverName": "e.io"}, type=MERGE, code=422)
    assert answer["details"]["causes"][0]["message"] == "Forbidden: updates to driverName are forbidden."
    await api("DELETE", f"{path}/fixed", code=200)


async def test_component_statuses(api: Api) -> None:
    listed = await api("GET", "/api/v1/componentstatuses", code=200)
    assert api.headers["Warning"] == '299 - "v1 ComponentStatus is deprecated in v1.19+"'
    assert listed["items"] == [
        {"metadata": {"name": name}, "conditions": [{"type": "Healthy", "status": "True", "message": "ok"}]}
        for name in ("controller-manager", "etcd-0", "scheduler")
    ]
    table = await api("GET", "/api/v1/componentstatuses", accept=TABLE, code=200)
    assert table["rows"][1]["cells"] == ["etcd-0", "Healthy", "ok", ""]
    await api("DELETE", "/api/v1/componentstatuses/etcd-0", code=405)
    assert "Warning" not in api.headers
