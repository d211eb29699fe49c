"""Server-side apply and who owns which field, in the cases that a real control plane 1.34.4 has answered the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.api_server import Api

MERGE, STRATEGIC, APPLY = (
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
Object = dict[str, Any]


def config_map(name: str = "x", **fields: Any) -> Object:
    metadata = {"name": name, **fields.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **fields}


def pod_template(pod: Object | None = None, container: Object | None = None) -> Object:
    """A kind that nobody acts upon, with everything in it that a pod has."""
    spec = {"containers": [{"name": "c", "image": "x", **(container or {})}], **(pod or {})}
    return {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": {"spec": spec}}


def service(*ports: int) -> Object:
    rows = [{"port": port, "name": f"p{port}"} for port in ports]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": rows}}


def deployment(replicas: int | None = 0) -> Object:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template, "paused": True}
    counted = {} if replicas is None else {"replicas": replicas}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {**counted, **spec}}


class Place:
    """One object of a namespace, written in every way."""

    def __init__(self, api: Api, namespace: str, document: Object) -> None:
        group, _, version = document["apiVersion"].rpartition("/")
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        self.api = api
        self.collection = f"{root}/namespaces/{namespace}/{document['kind'].lower()}s"
        self.path = f"{self.collection}/{document['metadata']['name']}"

    async def apply(self, document: Object, manager: str = "one", query: str = "", code: int | None = None) -> Any:
        return await self.api("PATCH", f"{self.path}?fieldManager={manager}{query}", document, type=APPLY, code=code)

    async def merge(self, body: Object, query: str = "", below: str = "", agent: str = "agent/1") -> Any:
        headers = {"User-Agent": agent}
        return await self.api("PATCH", f"{self.path}{below}{query}", body, type=MERGE, code=200, headers=headers)


def owners(obj: Object) -> dict[str, Object]:
    return {row["manager"]: row["fieldsV1"] for row in obj["metadata"].get("managedFields", ())}


def at(obj: Any, *path: str | int) -> Any:
    for step in path:
        obj = obj.get(step) if isinstance(obj, dict) else obj[step]
    return obj


_POD, _CONTAINER = ("template", "spec"), ("template", "spec", "containers", 0)
FILLED_LATER: list[tuple[Any, ...]] = [
    ((), "object", "data", {}, {"a": "1"}),
    ((), "object", "data", None, {"a": "1"}),
    (("metadata",), "metadata", "labels", {}, {"a": "b"}),
    (("metadata",), "metadata", "annotations", {}, {"a": "b"}),
    (("metadata",), "metadata", "finalizers", [], ["a.b/c"]),
    (_CONTAINER, "container", "resources", {}, {"limits": {"cpu": "1"}}),
    (_CONTAINER, "container", "securityContext", {}, {"runAsUser": 1}),
    (_CONTAINER, "container", "securityContext", None, {"capabilities": {}}),
    (_CONTAINER, "container", "env", [], [{"name": "A", "value": "1"}]),
    (_CONTAINER, "container", "env", [{"name": "A"}], [{"name": "A", "value": "1"}]),
    (_CONTAINER, "container", "ports", [], [{"containerPort": 80, "protocol": "TCP"}]),
    (_CONTAINER, "container", "args", [], ["a"]),
    (_CONTAINER, "container", "command", None, ["a"]),
    (_POD, "pod", "securityContext", {}, {"runAsUser": 1}),
    (_POD, "pod", "nodeSelector", {}, {"a": "b"}),
    (_POD, "pod", "tolerations", [], [{"key": "a"}]),
    (_POD, "pod", "volumes", [], [{"name": "v", "emptyDir": {}}]),
    (_POD, "pod", "volumes", [{"name": "v", "emptyDir": {}}], [{"name": "v", "emptyDir": {"medium": "Memory"}}]),
    (_POD, "pod", "imagePullSecrets", [], [{"name": "a"}]),
]
"""Where, how to write it there, the field, and its two values."""


@pytest.mark.parametrize(("where", "kind", "field", "empty", "full"), FILLED_LATER)
async def test_what_was_empty_before_can_be_filled_and_emptied_again(
    api: Api, namespace: str, where: tuple[Any, ...], kind: str, field: str, empty: Any, full: Any
) -> None:
    def document(value: Any) -> Object:
        if kind in ("pod", "container"):
            return pod_template(**{kind: {field: value}})
        return config_map(**({"metadata": {field: value}} if kind == "metadata" else {field: value}))

    place = Place(api, namespace, document(empty))
    for value in (empty, full, empty, full, full):
        applied = await place.apply(document(value))
        assert api.status in (200, 201), applied
        expected = value or at(applied, *where, field) or None
        assert (at(applied, *where, field) or None) == (expected if value else None)
    await api("PATCH", place.path, {"metadata": {"finalizers": None}}, type=MERGE)


@pytest.mark.parametrize(
    ("live", "applied", "merged"),
    [
        ([2], [1, 2], [1, 2]),
        ([1, 2, 3], [3, 1], [2, 3, 1]),
        ([1, 2, 3], [3, 4, 1], [2, 3, 4, 1]),
        ([1, 2], [3, 2], [1, 3, 2]),
        ([1, 2, 3, 4], [4, 9, 2], [1, 3, 4, 9, 2]),
        ([1, 2, 3, 4], [8, 3, 9, 2, 7], [1, 8, 3, 4, 9, 2, 7]),
        ([5, 1, 6, 2], [2, 1], [5, 6, 2, 1]),
    ],
)
async def test_a_merged_list_is_in_the_order_of_the_one_who_applies(
    api: Api, namespace: str, live: list[int], applied: list[int], merged: list[int]
) -> None:
    place = Place(api, namespace, service())
    await api("POST", place.collection, service(*live), code=201)
    found = await place.apply(service(*applied), query="&force=true")
    assert [row["port"] for row in found["spec"]["ports"]] == merged
    finalizers = [[f"x.y/{number}" for number in numbers] for numbers in (live, applied, merged)]
    await place.merge({"metadata": {"finalizers": finalizers[0]}})
    found = await place.apply({**service(*applied), "metadata": {"name": "x", "finalizers": finalizers[1]}})
    assert found["metadata"]["finalizers"] == finalizers[2]
    await place.merge({"metadata": {"finalizers": None}})


_DUPLICATE = "failed to create typed patch object (/x; {kind}): {where}: duplicate entries for key {key}"
_POD_TEMPLATE, _CONFIG_MAP = "/v1, Kind=PodTemplate", "/v1, Kind=ConfigMap"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            pod_template(container={"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}),
            _DUPLICATE.format(kind=_POD_TEMPLATE, where='.template.spec.containers[name="c"].env', key='[name="A"]'),
        ),
        (
            pod_template(container={"ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}]}),
            _DUPLICATE.format(
                kind=_POD_TEMPLATE,
                where='.template.spec.containers[name="c"].ports',
                key='[containerPort=80,protocol="TCP"]',
            ),
        ),
        (
            config_map(metadata={"finalizers": ["a.b/c", "a.b/c"]}),
            _DUPLICATE.format(kind=_CONFIG_MAP, where=".metadata.finalizers", key='[="a.b/c"]'),
        ),
        (config_map(data=[]), "(/x; /v1, Kind=ConfigMap): .data: expected map, got &{[]}"),
        (
            config_map(data={"a": 1}),
            "(/x; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}",
        ),
        (config_map(immutable="yes"), "(/x; /v1, Kind=ConfigMap): .immutable: expected boolean, got &{yes}"),
        (config_map(zz=1), "(/x; /v1, Kind=ConfigMap): .zz: field not declared in schema"),
        (
            pod_template(pod={"terminationGracePeriodSeconds": "1"}),
            ".template.spec.terminationGracePeriodSeconds: expected numeric (int or float), got string",
        ),
        (pod_template(pod={"tolerations": {}}), ".template.spec.tolerations: expected list, got &{map[]}"),
    ],
)
async def test_what_does_not_fit_the_schema_is_refused(
    api: Api, namespace: str, document: Object, message: str
) -> None:
    status = await Place(api, namespace, document).apply(document, code=500)
    assert status["message"].endswith(message), status["message"]
    assert "reason" not in status


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "invalid object type: /, Kind="),
        ({"apiVersion": "v1"}, "invalid object type: /v1, Kind="),
        ({**config_map(), "apiVersion": "v9"}, "invalid object type: /v9, Kind=ConfigMap"),
        ({**config_map(), "kind": "Secret"}, "invalid object type: /v1, Kind=Secret"),
        (config_map(metadata={"managedFields": []}), "metadata.managedFields must be nil"),
        (
            {"apiVersion": "v1", "kind": "ConfigMap"},
            "the name of the object (x based on URL) was undeterminable: name must be provided",
        ),
        (
            [],
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go "
            "value of type map[string]interface {}",
        ),
        (
            "a: [",
            "error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content",
        ),
    ],
)
async def test_what_is_no_such_object_is_refused(api: Api, namespace: str, body: Any, message: str) -> None:
    status = await Place(api, namespace, config_map()).apply(body, code=400)
    assert status["message"] == message


@pytest.mark.parametrize("manager", ["x" * 129, "a%01"])
async def test_a_managers_name_is_short_and_printable(api: Api, namespace: str, manager: str) -> None:
    status = await Place(api, namespace, config_map()).apply(config_map(), manager, code=422)
    assert status["details"]["causes"][0]["field"] == "fieldManager"


class TestEveryWriteIsTracked:
    async def test_create_update_and_status(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, deployment())
        made = await api("POST", place.collection, deployment(), code=201, headers={"User-Agent": "maker/2 (x)"})
        (entry,) = made["metadata"]["managedFields"]
        assert (entry["manager"], entry["operation"], entry["apiVersion"]) == ("maker", "Update", "apps/v1")
        assert set(entry["fieldsV1"]) == {"f:spec"}, "status is not the creator's"
        assert entry["fieldsV1"]["f:spec"]["f:strategy"]["f:rollingUpdate"]["."] == {}, "defaults are"
        assert "." not in entry["fieldsV1"]["f:spec"], "what is always there is nobody's"
        changed = await place.merge({"spec": {"minReadySeconds": 3}}, "?fieldManager=second")
        assert owners(changed)["second"] == {"f:spec": {"f:minReadySeconds": {}}}
        await place.merge({"status": {"collisionCount": 1}}, below="/status")
        rows = (await api("GET", place.path))["metadata"]["managedFields"]
        assert [row["fieldsV1"] for row in rows if row["manager"] == "agent"] == [
            {"f:status": {"f:collisionCount": {}}}
        ]
        assert {row.get("subresource") for row in rows if "f:status" in row["fieldsV1"]} == {"status"}

    async def test_nothing_changed_is_nothing_written(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, config_map())
        first = await place.apply(config_map(data={"a": "1"}))
        for again in (await place.apply(config_map(data={"a": "1"})), await place.merge({"data": {"a": "1"}})):
            assert again["metadata"] == first["metadata"]

    async def test_the_oldest_of_many_updaters_become_one(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, config_map())
        await api("POST", place.collection, config_map(data={"a": "1"}), code=201)
        for number in range(12):
            found = await place.merge({"data": {f"k{number}": "1"}}, f"?fieldManager=u{number:02}")
        assert len(owners(found)) == 10
        assert set(owners(found)["ancient-changes"]["f:data"]) == {".", "f:a", "f:k0", "f:k1", "f:k2"}

    @pytest.mark.parametrize("rows", [[], [{}]])
    async def test_a_client_can_forget_the_owners(self, api: Api, namespace: str, rows: list[Object]) -> None:
        place = Place(api, namespace, config_map())
        await place.apply(config_map(data={"a": "1"}))
        assert owners(await place.merge({"metadata": {"managedFields": rows}})) == {}
        assert owners(await place.merge({"data": {"a": "2"}})) == {}
        status = await place.apply(config_map(data={"a": "3"}), code=409)
        assert 'conflict with "before-first-apply" using v1: .data.a' in status["message"]

    @pytest.mark.parametrize(
        "rows",
        [
            None,
            [{"manager": "x"}],
            [{"manager": "x", "operation": "Bad", "apiVersion": "v1", "fieldsType": "FieldsV1"}],
            [
                {
                    "manager": "x",
                    "operation": "Update",
                    "apiVersion": "v1",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {"z": 1},
                }
            ],
        ],
    )
    async def test_entries_that_are_none_change_nothing(self, api: Api, namespace: str, rows: Any) -> None:
        place = Place(api, namespace, config_map())
        await place.apply(config_map(data={"a": "1"}))
        assert set(owners(await place.merge({"metadata": {"managedFields": rows}}))) == {"one"}


class TestScale:
    async def test_apply_meets_who_has_scaled(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, deployment())
        await place.apply(deployment(2), code=201)
        await place.merge({"spec": {"replicas": 1}}, below="/scale", agent="kubectl/v1.34.4 (linux/amd64)")
        rows = (await api("GET", place.path))["metadata"]["managedFields"]
        row = next(row for row in rows if row.get("subresource") == "scale")
        assert (row["manager"], row["apiVersion"], row["fieldsV1"]) == (
            *("kubectl", "apps/v1"),
            {"f:spec": {"f:replicas": {}}},
        )
        status = await place.apply(deployment(2), code=409)
        why = 'conflict with "kubectl" with subresource "scale" using apps/v1'
        assert status["message"] == f"Apply failed with 1 conflict: {why}: .spec.replicas"
        assert (await place.apply(deployment(2), query="&force=true"))["spec"]["replicas"] == 2

    async def test_replicas_that_nobody_owns_stay_nobodys(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, deployment())
        await place.apply(deployment(None), code=201)
        await place.merge({"spec": {"replicas": 0}}, below="/scale")
        rows = (await api("GET", place.path))["metadata"]["managedFields"]
        assert "scale" not in {row.get("subresource") for row in rows}


class TestComingFromKubectlsOwnApply:
    ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"

    def annotated(self, data: Mapping[str, str]) -> Object:
        text = json.dumps(config_map(data=dict(data)))
        return config_map(metadata={"annotations": {self.ANNOTATION: text}}, data=dict(data))

    async def test_what_kubectl_has_set_itself_is_not_in_its_way(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, config_map())
        await api("POST", place.collection, self.annotated({"a": "1", "b": "1"}), code=201)
        await place.merge({"data": {"b": "2"}}, "?fieldManager=other")
        status = await place.apply(config_map(data={"a": "2", "b": "3"}), "kubectl", code=409)
        assert status["message"] == 'Apply failed with 1 conflict: conflict with "other" using v1: .data.b'
        applied = await place.apply(config_map(data={"a": "2"}), "kubectl", code=200)
        assert applied["data"] == {"a": "2", "b": "2"}
        kept = applied["metadata"]["annotations"][self.ANNOTATION]
        assert kept == '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"x"}}\n'

    async def test_others_neither_get_by_nor_write_it(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, config_map())
        made = await api("POST", place.collection, self.annotated({"a": "1"}), code=201)
        await place.apply(config_map(data={"a": "2"}), "other", code=409)
        applied = await place.apply(config_map(data={"a": "2"}), "other", "&force=true", code=200)
        assert applied["metadata"]["annotations"] == made["metadata"]["annotations"]


class TestCreate:
    async def test_a_name_that_is_given_is_not_made_up(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, config_map())
        both = config_map(metadata={"generateName": "x-"})
        made = await api("POST", place.collection, both, code=201)
        assert made["metadata"]["name"] == "x"
        for query in ("", "?dryRun=All"):
            status = await api("POST", place.collection + query, both, code=409)
            assert status["message"] == (
                'configmaps "x" already exists, the server was not able to generate a unique name for the object'
            )
            assert status["details"]["retryAfterSeconds"] == 1

    @pytest.mark.parametrize(
        ("kind", "prefix", "problem"),
        [
            ("configmaps", "Bad_", '"Bad_": a lowercase RFC 1123 subdomain must consist of'),
            ("services", "a" * 64, "must be no more than 63 "),
            ("configmaps", "a" * 254, "must be no more than 253 "),
        ],
    )
    async def test_a_prefix_is_checked_as_a_name(
        self, api: Api, namespace: str, kind: str, prefix: str, problem: str
    ) -> None:
        body = {
            "metadata": {"generateName": prefix},
            **({"spec": {"ports": [{"port": 1}]}} if kind == "services" else {}),
        }
        status = await api("POST", f"/api/v1/namespaces/{namespace}/{kind}", body, code=422)
        cause = status["details"]["causes"][0]
        assert cause["field"] == "metadata.generateName"
        assert problem in cause["message"]

    async def test_the_server_gives_identity(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, config_map())
        status = await api("POST", place.collection, config_map(metadata={"resourceVersion": "5"}), code=500)
        assert status["message"] == "resourceVersion should not be set on objects to be created"
        long_ago = {
            "uid": "abc",
            "creationTimestamp": "2020-01-01T00:00:00Z",
            "deletionTimestamp": "2020-01-01T00:00:00Z",
        }
        made = await api("POST", place.collection, config_map(metadata=long_ago), code=201)
        assert not long_ago.items() & made["metadata"].items()
        assert "deletionTimestamp" not in made["metadata"]

    async def test_apply_creates_whatever_revision_is_named(self, api: Api, namespace: str) -> None:
        place = Place(api, namespace, config_map())
        status = await place.apply(config_map(metadata={"uid": "abc"}), code=409)
        assert status["message"].endswith("uid abc, and no existing object was found")
        await place.apply(config_map(metadata={"resourceVersion": "5"}), code=201)
        await place.apply(config_map(metadata={"resourceVersion": "5"}), code=409)
