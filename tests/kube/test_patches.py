"""PATCH in its four languages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_server import Api

JSON, MERGE, STRATEGIC, APPLY = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)


@pytest.fixture
async def deployment(api: Api, namespace: str) -> str:
    """The path of a paused deployment with one container."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"replicas": 0, "paused": True, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    await api("POST", path, {"metadata": {"name": "d"}, "spec": spec}, code=201)
    return f"{path}/d"


def containers(deployment: Any) -> list[str]:
    return [row["name"] for row in deployment["spec"]["template"]["spec"]["containers"]]


async def test_json_patch(api: Api, deployment: Any) -> None:
    patched = await api("PATCH", deployment, [{"op": "replace", "path": "/spec/replicas", "value": 2}], type=JSON)
    assert patched["spec"]["replicas"] == 2
    for operation in ({"op": "remove", "path": "/spec/nope"}, {"op": "test", "path": "/spec/replicas", "value": 9}):
        status = await api("PATCH", deployment, [operation], type=JSON, code=422)
        assert status["message"] == "the server rejected our request due to an error in our request"


async def test_merge_patch_with_null_falls_back_to_the_default(api: Api, deployment: Any) -> None:
    assert (await api("PATCH", deployment, {"spec": {"replicas": None}}, type=MERGE, code=200))["spec"]["replicas"] == 1


async def test_a_merge_patch_may_insist_on_a_revision(api: Api, deployment: Any) -> None:
    status = await api("PATCH", deployment, {"metadata": {"resourceVersion": "1"}}, type=MERGE, code=409)
    assert status["reason"] == "Conflict"


async def test_strategic_patch_merges_by_key_and_order(api: Api, deployment: Any) -> None:
    add = {"$setElementOrder/containers": [{"name": "d"}, {"name": "c"}], "containers": [{"name": "d", "image": "y"}]}
    patched = await api("PATCH", deployment, {"spec": {"template": {"spec": add}}}, type=STRATEGIC, code=200)
    assert containers(patched) == ["d", "c"]
    drop = {"containers": [{"name": "d", "$patch": "delete"}]}
    patched = await api("PATCH", deployment, {"spec": {"template": {"spec": drop}}}, type=STRATEGIC, code=200)
    assert containers(patched) == ["c"]


async def test_identity_cannot_be_patched(api: Api, deployment: Any) -> None:
    status = await api("PATCH", deployment, {"metadata": {"name": "zz"}}, type=MERGE, code=400)
    assert status["message"] == "the name of the object (zz) does not match the name on the URL (d)"
    status = await api("PATCH", deployment, {"metadata": {"uid": "zz"}}, type=MERGE, code=422)
    assert 'metadata.uid: Invalid value: "zz": field is immutable' in status["message"]


@pytest.mark.parametrize(
    ("kind", "body", "code", "message"),
    [
        (
            MERGE,
            "[]",
            400,
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (MERGE, "null", 400, "Invalid JSON Patch"),
        (MERGE, "", 400, "error decoding patch: unexpected end of JSON input"),
        (STRATEGIC, '"x"', 400, "json: cannot unmarshal string into Go value of type map[string]interface {}"),
        (STRATEGIC, '{"$patch": "x"}', 500, "unknown patch type: x in map: map[$patch:x]"),
        (STRATEGIC, '{"$patch": "delete"}', 400, "the name of the object (d based on URL) was undeterminable"),
        (
            JSON,
            "{}",
            400,
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        (
            JSON,
            "[1]",
            400,
            "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
        ),
        (MERGE, '{"spec": {"replicas": "x"}}', 422, "of type int32"),
        (STRATEGIC, '{"spec": {"replicas": "x"}}', 422, '"map[spec:map[replicas:x]]": unrecognized type: int32'),
        (STRATEGIC, '{"spec": {"template": "x"}}', 422, "cannot restore struct from: string"),
        (STRATEGIC, '{"metadata": {"labels": {"a": 1}}}', 422, "cannot convert int64 to string"),
    ],
)
async def test_patches_that_are_none(api: Api, deployment: Any, kind: str, body: str, code: int, message: str) -> None:
    status = await api("PATCH", deployment, body, type=kind, code=code)
    assert message in status["message"]


_C, _D = {"name": "c", "image": "x"}, {"name": "d", "image": "y"}
_UDP = {"containerPort": 80, "protocol": "UDP"}


@pytest.mark.parametrize(
    ("patch", "code", "expected"),
    [
        ({"$setElementOrder/containers": "x"}, 500, "expected a []interface {}, but received a string"),
        ({"$setElementOrder/containers": [{"x": "y"}]}, 500, "map: map[x:y] does not contain declared merge key: name"),
        ({"containers": [{"image": "x"}]}, 500, "map: map[image:x] does not contain declared merge key: name"),
        ({"containers": [{**_C, "$patch": "merge"}]}, 500, "merging lists cannot yet be specified in the patch"),
        ({"containers": [1]}, 500, "list element types are not identical: "),
        ({"containers": [{"$patch": "replace"}, _D]}, 200, ["d"]),
        ({"containers": [_D]}, 200, ["d", "c"]),
        ({"containers": [_D], "$setElementOrder/containers": [{"name": "c"}, {"name": "d"}]}, 200, ["c", "d"]),
        ({"containers": [_D, {**_C, "$patch": "delete"}]}, 200, ["d"]),
        ({"containers": [_C, {"name": "c", "ports": [{"containerPort": 80}, _UDP]}]}, 200, ["c"]),
    ],
)
async def test_directives_of_a_strategic_patch(api: Api, deployment: Any, patch: Any, code: int, expected: Any) -> None:
    found = await api("PATCH", deployment, {"spec": {"template": {"spec": patch}}}, type=STRATEGIC, code=code)
    if code == 200:
        assert containers(found) == expected
    else:
        assert found["message"].startswith(expected) and "reason" not in found


class TestServerSideApply:
    @pytest.fixture
    def apply(self, api: Api, namespace: str) -> Any:
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/ssa"

        async def send(manager: Any, spec: Any, query: Any = "", code: Any = 200) -> Any:
            head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ssa"}}
            body = {**head, "spec": spec}
            return await api("PATCH", f"{path}?fieldManager={manager}{query}", body, type=APPLY, code=code)

        return send

    @staticmethod
    def whole(replicas: Any = 2, image: Any = "x") -> Any:
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
        return {"replicas": replicas, "selector": {"matchLabels": {"a": "b"}}, "template": template}

    async def test_apply_creates_and_remembers(self, apply: Any) -> None:
        made = await apply("m1", self.whole(0), code=201)
        (entry,) = made["metadata"]["managedFields"]
        assert (entry["manager"], entry["operation"], entry["apiVersion"]) == ("m1", "Apply", "apps/v1")
        assert entry["fieldsV1"]["f:spec"]["f:replicas"] == {}
        assert entry["fieldsV1"]["f:spec"]["f:selector"] == {}
        items = entry["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]
        assert items == {'k:{"name":"c"}': {".": {}, "f:image": {}, "f:name": {}}}

    async def test_conflicts_name_owner_and_field(self, apply: Any) -> None:
        await apply("m1", self.whole(0), code=201)
        status = await apply("m2", {"replicas": 3}, code=409)
        assert status["message"] == 'Apply failed with 1 conflict: conflict with "m1": .spec.replicas'
        assert status["details"]["causes"] == [
            {"reason": "FieldManagerConflict", "message": 'conflict with "m1"', "field": ".spec.replicas"}
        ]
        status = await apply("m2", self.whole(3, image="y"), code=409)
        assert status["message"] == (
            'Apply failed with 2 conflicts: conflicts with "m1":\n- .spec.replicas\n'
            '- .spec.template.spec.containers[name="c"].image'
        )

    async def test_a_field_lives_as_long_as_somebody_wants_it(self, apply: Any) -> None:
        await apply("m1", self.whole(0), code=201)
        await apply("m2", {"replicas": 0})
        spec = self.whole()
        del spec["replicas"]
        shared = await apply("m1", spec)
        assert shared["spec"]["replicas"] == 0
        assert (await apply("m2", {}))["spec"]["replicas"] == 1, "nobody wants it: back to the default"

    async def test_force_takes_over_and_updates_own_what_they_change(
        self, api: Api, namespace: str, apply: Any
    ) -> None:
        await apply("m1", self.whole(0), code=201)
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/ssa?fieldManager=upd"
        await api("PATCH", path, {"spec": {"replicas": 1}}, type=MERGE, code=200)
        status = await apply("m1", self.whole(0), code=409)
        assert status["message"] == 'Apply failed with 1 conflict: conflict with "upd" using apps/v1: .spec.replicas'
        forced = await apply("m1", self.whole(0), "&force=true")
        owners = {row["manager"]: row["fieldsV1"].get("f:spec", {}) for row in forced["metadata"]["managedFields"]}
        assert "f:replicas" in owners["m1"] and "f:replicas" not in owners.get("upd", {})

    async def test_apply_is_strict(self, api: Api, namespace: str, apply: Any) -> None:
        status = await apply("m", {"bogus": 1}, code=500)
        assert status["message"] == (
            "failed to create typed patch object (/ssa; apps/v1, Kind=Deployment): .spec.bogus: field not declared in "
            "schema"
        )
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/ssa"
        status = await api("PATCH", path, {}, type=APPLY, code=422)
        assert status["message"] == (
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
        )


async def test_apply_takes_its_name_from_the_url(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}
    status = await api("PATCH", f"{path}/mine?fieldManager=me", body, type=APPLY, code=400)
    assert status["message"] == "the name of the object (other) does not match the name on the URL (mine)"
    await api("GET", f"{path}/other", code=404)
