"""Objects over plain HTTP: what a client sends, what it gets back, and the exact words of a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_server import Api

MERGE = "application/merge-patch+json"


def config_map(name: str, **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **fields.pop("metadata", {})}, **fields}


async def test_an_object_gets_its_identity_from_the_server(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    body = config_map("a", metadata={"uid": "mine", "generation": 7, "creationTimestamp": "1999-01-01T00:00:00Z"})
    made = await api("POST", path, {**body, "data": {"x": "y"}}, code=201)
    assert (made["kind"], made["apiVersion"]) == ("ConfigMap", "v1")
    metadata = made["metadata"]
    given = ["name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"]
    assert list(metadata) == given
    assert metadata["generation"] == 7, "a kind that counts none keeps what it is given"
    assert metadata["uid"] != "mine" and metadata["creationTimestamp"] > "2020"
    assert await api("GET", f"{path}/a", code=200) == made


async def test_generate_name(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    made = await api("POST", path, {"metadata": {"generateName": "gen-"}}, code=201)
    prefix, suffix = made["metadata"]["name"].split("-")
    assert prefix == "gen" and len(suffix) == 5 and set(suffix) <= set("bcdfghjklmnpqrstvwxz2456789")


async def test_revisions_grow_and_stale_writes_are_refused(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    first = await api("POST", path.rpartition("/")[0], config_map("a"), code=201)
    second = await api("PUT", path, {**first, "data": {"k": "v"}}, code=200)
    assert int(second["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
    refused = await api("PUT", path, {**first, "data": {"k": "w"}}, code=409)
    assert refused == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your '
        "changes to the latest version and try again",
        "reason": "Conflict",
        "details": {"name": "a", "kind": "configmaps"},
        "code": 409,
    }
    unconditional = await api("PUT", path, config_map("a", data={"k": "u"}), code=200)
    assert unconditional["data"] == {"k": "u"}
    assert unconditional["metadata"]["uid"] == first["metadata"]["uid"]


async def test_a_write_that_changes_nothing_has_no_revision(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    made = await api("POST", path.rpartition("/")[0], config_map("a", data={"k": "v"}), code=201)
    again = await api("PATCH", path, {"data": {"k": "v"}}, type=MERGE, code=200)
    assert again == made


async def test_generation_counts_changes_of_the_spec(api: Api, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    body = {"metadata": {"name": "d"}, "spec": {"paused": True, "replicas": 0, "selector": {"matchLabels": {"a": "b"}}}}
    body["spec"]["template"] = template
    made = await api("POST", path, body, code=201)
    labelled = await api("PATCH", f"{path}/d", {"metadata": {"labels": {"x": "y"}}}, type=MERGE, code=200)
    scaled = await api("PATCH", f"{path}/d", {"spec": {"replicas": 2}}, type=MERGE, code=200)
    status = await api("PATCH", f"{path}/d/status", {"status": {"replicas": 1}, "spec": {"replicas": 9}}, type=MERGE)
    assert [obj["metadata"]["generation"] for obj in (made, labelled, scaled, status)] == [1, 1, 2, 2]
    assert status["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "message"),
    [
        ("GET", "/api/v1/namespaces/default/pods/nope", None, 404, 'pods "nope" not found'),
        ("DELETE", "/apis/apps/v1/namespaces/default/deployments/x", None, 404, 'deployments.apps "x" not found'),
        ("GET", "/api/v1/namespaces/default/foos", None, 404, "the server could not find the requested resource"),
        ("POST", "/api/v1/namespaces", config_map("default"), 409, 'namespaces "default" already exists'),
        ("POST", "/api/v1/namespaces/none/configmaps", config_map("x"), 404, 'namespaces "none" not found'),
        (
            "POST",
            "/api/v1/namespaces/default/configmaps",
            config_map("x", metadata={"namespace": "other"}),
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            "POST",
            "/api/v1/namespaces/default/configmaps",
            {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "x"}},
            400,
            'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): '
            "unknown conversion",
        ),
        (
            "POST",
            "/api/v1/namespaces/default/configmaps",
            '{"metadata":{"name":"x"',
            400,
            "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse "
            'error: unexpected end of JSON input ({"metadata":{"name":"x")',
        ),
        (
            "POST",
            "/api/v1/namespaces/default/configmaps",
            {"metadata": {}},
            422,
            'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
        ),
        (
            "POST",
            "/api/v1/namespaces/default/configmaps",
            config_map("x", metadata={"resourceVersion": "1"}),
            500,
            "resourceVersion should not be set on objects to be created",
        ),
        (
            "PUT",
            "/api/v1/namespaces/default",
            config_map("other"),
            400,
            "the name of the object (other) does not match the name on the URL (default)",
        ),
        (
            "POST",
            "/api/v1/namespaces/default/configmaps?dryRun=Foo",
            config_map("x"),
            422,
            'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Foo"]: supported values: "All"',
        ),
        (
            "DELETE",
            "/api/v1/namespaces/default",
            None,
            403,
            'namespaces "default" is forbidden: this namespace may not be deleted',
        ),
        (
            "POST",
            "/api/v1/namespaces/default/pods",
            {"metadata": {"name": "x"}, "spec": {"containers": []}},
            422,
            'Pod "x" is invalid: spec.containers: Required value',
        ),
        (
            "PATCH",
            "/api/v1/namespaces/default",
            {},
            415,
            "415: Unsupported Media Type",
        ),
        (
            "POST",
            "/api/v1/pods",
            config_map("x"),
            405,
            "the server does not allow this method on the requested resource",
        ),
        (
            "GET",
            "/api/v1/pods?labelSelector=a%20in%20b",
            None,
            400,
            "unable to parse requirement: found 'b' expected: '('",
        ),
        ("GET", "/api/v1/pods?fieldSelector=spec.foo%3Dx", None, 400, "field label not supported: spec.foo"),
        (
            "GET",
            "/apis/apps/v1/deployments?fieldSelector=spec.replicas%3D1",
            None,
            400,
            '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        (
            "GET",
            "/api/v1/configmaps?watch=1&resourceVersion=abc",
            None,
            500,
            'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        ),
        (
            "GET",
            "/api/v1/configmaps?sendInitialEvents=true",
            None,
            422,
            'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for '
            "list",
        ),
        (
            "GET",
            "/api/v1/configmaps?resourceVersionMatch=Exact",
            None,
            422,
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden '
            "unless resourceVersion is provided",
        ),
        (
            "DELETE",
            "/api/v1/namespaces/default/configmaps/x?propagationPolicy=Bad",
            None,
            422,
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Bad": supported values: '
            '"Foreground", "Background", "Orphan", "nil"',
        ),
    ],
)
async def test_refusals(api: Api, method: str, path: str, body: Any, code: int, message: str) -> None:
    status = await api(method, path, body, code=code)
    assert status["kind"] == "Status" and status["code"] == code
    assert status["message"] == message


async def test_a_resource_version_from_the_future(api: Api) -> None:
    status = await api("GET", "/api/v1/pods?resourceVersion=99999999", code=504)
    assert status["message"].startswith("Timeout: Too large resource version: 99999999, current: ")
    assert status["details"]["causes"] == [
        {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    ]
    assert api.headers["Retry-After"] == "1"


async def test_unknown_groups_and_unacceptable_types(api: Api) -> None:
    assert await api("GET", "/apis/nope/v1", code=404) == "404 page not found\n"
    status = await api("GET", "/api/v1/pods", accept="application/xml", code=406)
    assert status["reason"] == "NotAcceptable"
    status = await api("POST", "/api/v1/namespaces", "name", type="text/plain", code=415)
    assert status["reason"] == "UnsupportedMediaType"


async def test_unknown_and_doubled_fields(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    body = '{"metadata":{"name":"w"},"daata":{"a":"b"},"data":{"k":"1"},"data":{"k":"2"}}'
    made = await api("POST", path, body, code=201)
    assert made["data"] == {"k": "2"} and "daata" not in made
    warned = api.headers.getall("Warning")
    assert sorted(warned) == ['299 - "duplicate field \\"data\\""', '299 - "unknown field \\"daata\\""']
    status = await api("POST", f"{path}?fieldValidation=Strict", config_map("s", daata={}), code=400)
    assert status["message"] == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "daata"'
    )
    await api("POST", f"{path}?fieldValidation=Ignore", config_map("i", daata={}), code=201)
    assert "Warning" not in api.headers


async def test_a_dry_run_says_what_would_be_and_does_nothing(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    would = await api("POST", f"{path}?dryRun=All", config_map("a"), code=201)
    assert would["metadata"]["uid"] and "resourceVersion" not in would["metadata"]
    await api("GET", f"{path}/a", code=404)
    await api("POST", path, config_map("a"), code=201)
    await api("DELETE", f"{path}/a?dryRun=All", code=200)
    await api("PATCH", f"{path}/a?dryRun=All", {"data": {"x": "y"}}, type=MERGE, code=200)
    assert "data" not in await api("GET", f"{path}/a", code=200)


async def test_deletion_answers_with_a_status_or_the_object(api: Api, namespace: str) -> None:
    base = f"/api/v1/namespaces/{namespace}"
    made = await api("POST", f"{base}/configmaps", config_map("a"), code=201)
    status = await api("DELETE", f"{base}/configmaps/a", code=200)
    details = {"name": "a", "kind": "configmaps", "uid": made["metadata"]["uid"]}
    assert (status["status"], status["details"]) == ("Success", details)
    await api("POST", f"{base}/serviceaccounts", config_map("robot"), code=201)
    assert (await api("DELETE", f"{base}/serviceaccounts/robot", code=200))["kind"] == "ServiceAccount"


async def test_a_finalizer_holds_an_object(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    await api("POST", path, config_map("a", metadata={"finalizers": ["ex.io/f"]}), code=201)
    marked = await api("DELETE", f"{path}/a", code=200)
    assert marked["metadata"]["deletionTimestamp"] and marked["metadata"]["deletionGracePeriodSeconds"] == 0
    again = await api("DELETE", f"{path}/a", code=200)
    assert again == marked
    more = {"metadata": {"finalizers": ["ex.io/f", "ex.io/g"]}}
    status = await api("PATCH", f"{path}/a", more, type=MERGE, code=422)
    assert status["message"] == (
        'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is '
        'being deleted, found new finalizers []string{"ex.io/g"}'
    )
    last = await api("PATCH", f"{path}/a", {"metadata": {"finalizers": None}}, type=MERGE, code=200)
    assert "finalizers" not in last["metadata"]
    await api("GET", f"{path}/a", code=404)


async def test_preconditions_of_a_deletion(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    made = await api("POST", path, config_map("a"), code=201)
    uid = made["metadata"]["uid"]
    status = await api("DELETE", f"{path}/a", {"preconditions": {"uid": "nope"}}, code=409)
    assert status["message"] == (
        f'Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (nope) does not match the UID in '
        f"record ({uid}). The object might have been deleted and then recreated"
    )
    await api("DELETE", f"{path}/a", {"preconditions": {"uid": uid}}, code=200)


async def test_propagation_is_written_down_for_the_garbage_collector(api: Api, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/controllerrevisions"
    await api(
        "POST", path, {**config_map("r", metadata={"finalizers": ["ex.io/keep"]}), "revision": 1, "data": {}}, code=201
    )
    marked = await api("DELETE", f"{path}/r", {"propagationPolicy": "Orphan"}, code=200)
    assert marked["metadata"]["finalizers"][0] == "ex.io/keep"
    assert "orphan" in marked["metadata"]["finalizers"]
    await api("PATCH", f"{path}/r", {"metadata": {"finalizers": None}}, type=MERGE, code=200)


async def test_a_collection_is_deleted_by_selector(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for name, color in (("a", "red"), ("b", "blue"), ("c", "red")):
        await api("POST", path, config_map(name, metadata={"labels": {"color": color}}), code=201)
    deleted = await api("DELETE", f"{path}?labelSelector=color%3Dred", code=200)
    assert deleted["kind"] == "ConfigMapList"
    assert [item["metadata"]["name"] for item in deleted["items"]] == ["a", "c"]
    left = await api("GET", f"{path}?labelSelector=color", code=200)
    assert [item["metadata"]["name"] for item in left["items"]] == ["b"]


async def test_yaml_in_and_out(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    await api("POST", path, "metadata:\n  name: y\ndata:\n  a: b\n", type="application/yaml", code=201)
    text = await api("GET", f"{path}/y", accept="application/yaml", code=200)
    assert text.startswith("apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\n")


async def test_a_body_too_large_is_refused(api: Api, namespace: str) -> None:
    body = config_map("big", data={"k": "x" * (3 * 1024 * 1024)})
    status = await api("POST", f"/api/v1/namespaces/{namespace}/configmaps", body, code=413)
    assert status["reason"] == "RequestEntityTooLarge"


async def test_who_nobody_knows_may_nearly_nothing(api: Api) -> None:
    status = await api("GET", "/api/v1/pods", tls=api.anonymous_tls, code=403)
    assert status["message"] == (
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope'
    )
    bad = {"Authorization": "Bearer nonsense"}
    assert (await api("GET", "/api/v1/pods", tls=api.anonymous_tls, headers=bad, code=401))["reason"] == "Unauthorized"
    assert await api("GET", "/healthz", tls=api.anonymous_tls, code=200) == "ok"


async def test_events_are_one_storage_with_two_faces(api: Api, namespace: str) -> None:
    core, new = f"/api/v1/namespaces/{namespace}/events", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
    event = {
        "metadata": {"name": "e", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": namespace},
        "reason": "Tested",
        "message": "hello",
        "type": "Normal",
    }
    made = await api("POST", core, event, code=201)
    seen = await api("GET", f"{new}/e", code=200)
    assert (seen["apiVersion"], seen["note"], seen["regarding"]["name"]) == ("events.k8s.io/v1", "hello", "p")
    assert seen["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    listed = await api("GET", f"{new}?fieldSelector=regarding.name%3Dp", code=200)
    assert listed["kind"] == "EventList" and len(listed["items"]) == 1


async def test_nulls_in_lists_are_the_empty_values_that_go_makes_of_them(api: Api, namespace: str) -> None:
    metadata = {"name": "nulls", "finalizers": [None], "ownerReferences": [None]}
    body = {"metadata": metadata, "spec": {"containers": [None]}}
    status = await api("POST", f"/api/v1/namespaces/{namespace}/pods", body, code=422)
    fields = {cause["field"] for cause in status["details"]["causes"]}
    assert {"metadata.ownerReferences.uid", "metadata.finalizers", "spec.containers[0].name"} <= fields


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": {"user": [], "resourceAttributes": "pods"}}),
        ("/apis/authentication.k8s.io/v1/tokenreviews", {"metadata": [], "spec": {"token": "x"}}),
        ("/api/v1/namespaces/default/bindings", {"metadata": {"name": {}}, "target": 1}),
        ("/api/v1/namespaces/default/pods/none/eviction", {"metadata": 1}),
        ("/api/v1/namespaces/default/serviceaccounts/default/token", {"spec": {"expirationSeconds": "long"}}),
    ],
)
async def test_posted_documents_of_the_wrong_shape_are_the_clients_fault(api: Api, path: str, body: Any) -> None:
    assert "cannot be handled as a" in (await api("POST", path, body, code=400))["message"]


async def test_required_fields_are_missed_once(api: Api, namespace: str) -> None:
    status = await api(
        "POST", f"/api/v1/namespaces/{namespace}/pods", {"metadata": {"name": "p"}, "spec": {}}, code=422
    )
    assert status["message"] == 'Pod "p" is invalid: spec.containers: Required value'
