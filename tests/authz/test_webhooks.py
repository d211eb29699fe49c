"""Webhooks: the way in which a cluster's owner enforces a policy, and that there is no way around it."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.careless import careless_server

MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
Install = Callable[..., Awaitable[str]]


def pod(name: str = "p", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "nginx"}], **spec}}


def revision_of(obj: dict[str, Any]) -> str:
    return str(obj["metadata"]["resourceVersion"])


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    encoded = base64.b64encode(json.dumps(operations).encode()).decode()
    return {"allowed": True, "patchType": "JSONPatch", "patch": encoded}


@pytest.fixture
async def install(api: Any, webhook: Any, namespace: str) -> AsyncIterator[Install]:
    """Installs a configuration for the test's namespace and takes it away again."""
    installed: list[str] = []

    async def create(path: str, **fields: Any) -> str:
        name = f"hook-{uuid.uuid4().hex[:8]}"
        await api("POST", path, webhook.configuration(name, namespace, **fields), code=201)
        installed.append(f"{path}/{name}")
        return installed[-1]

    yield create
    for path in installed:
        await api("DELETE", path)


async def test_denial_comes_with_the_webhooks_words(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    await install(VALIDATING)
    webhook.respond = lambda request: {"allowed": False, "status": {"message": "not here", "code": 418}}
    answer = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=418)
    assert answer["message"] == 'admission webhook "policy.example.com" denied the request: not here'
    assert "reason" not in answer
    webhook.respond = lambda request: {"allowed": False}
    answer = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=400)
    assert answer["message"] == 'admission webhook "policy.example.com" denied the request without explanation'


async def test_a_pod_with_a_node_still_goes_through_the_webhook(
    api: Any, webhook: Any, namespace: str, install: Install
) -> None:
    await install(VALIDATING)
    webhook.respond = lambda request: {
        "allowed": "nodeName" not in request["object"]["spec"],
        "status": {"message": "no"},
    }
    await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(nodeName="anywhere"), code=400)
    await api("GET", f"/api/v1/namespaces/{namespace}/pods/p", code=404)
    body = {"kind": "Pod", "apiVersion": "v1", **pod(nodeName="anywhere")}
    path = f"/api/v1/namespaces/{namespace}/pods/p?fieldManager=me"
    await api("PATCH", path, body, type="application/apply-patch+yaml", code=400)


async def test_mutation_is_stored_defaulted_and_seen_by_validators(
    api: Any, webhook: Any, namespace: str, install: Install
) -> None:
    sidecar = {"op": "add", "path": "/spec/containers/-", "value": {"name": "sidecar", "image": "busybox"}}
    seen: list[int] = []

    def respond(request: dict[str, Any]) -> dict[str, Any]:
        containers = request["object"]["spec"]["containers"]
        seen.append(len(containers))
        return patch(sidecar) if len(containers) == 1 else {"allowed": True}

    webhook.respond = respond
    await install(MUTATING)
    await install(VALIDATING)
    created = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=201)
    assert seen == [1, 2]
    added = created["spec"]["containers"][1]
    assert added["terminationMessagePath"] == "/dev/termination-log"
    assert added["volumeMounts"][0]["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"


async def test_a_webhook_that_asked_to_sees_what_later_ones_changed(
    api: Any, webhook: Any, namespace: str, install: Install
) -> None:
    """The first one is asked again, because the second one changed the object after it."""
    labelled: list[dict[str, str]] = []

    def respond(request: dict[str, Any]) -> dict[str, Any]:
        labels = request["object"]["metadata"].get("labels") or {}
        labelled.append(labels)
        if not labels and len(labelled) == 2:
            return patch({"op": "add", "path": "/metadata/labels", "value": {"late": "yes"}})
        return {"allowed": True}

    webhook.respond = respond
    rule = {"operations": ["CREATE"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["pods"], "scope": "*"}
    base = webhook.configuration("x", namespace)["webhooks"][0]
    first = {**base, "name": "a.example.com", "rules": [rule], "reinvocationPolicy": "IfNeeded"}
    second = {**base, "name": "b.example.com", "rules": [rule]}
    name = f"hook-{uuid.uuid4().hex[:8]}"
    await api("POST", MUTATING, {"metadata": {"name": name}, "webhooks": [first, second]}, code=201)
    try:
        await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=201)
    finally:
        await api("DELETE", f"{MUTATING}/{name}", code=200)
    assert labelled == [{}, {}, {"late": "yes"}]


async def test_server_fields_are_not_the_webhooks(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    await install(MUTATING)
    webhook.respond = lambda request: patch(
        {"op": "replace", "path": "/metadata/namespace", "value": "kube-system"},
        {"op": "add", "path": "/metadata/uid", "value": "forged"},
    )
    created = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=201)
    assert created["metadata"]["namespace"] == namespace
    assert created["metadata"]["uid"] != "forged"


async def test_the_review_says_who_wants_what(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    rule = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["pods", "pods/*"]}
    await install(VALIDATING, rules=[rule])
    await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(schedulerName="nobody"), code=201)
    target = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "elsewhere"}}
    await api("POST", f"/api/v1/namespaces/{namespace}/pods/p/binding", target, code=201)
    await api("DELETE", f"/api/v1/namespaces/{namespace}/pods/p", {"gracePeriodSeconds": 0}, code=200)
    create, bind, delete = webhook.requests
    assert create["operation"] == "CREATE"
    assert create["userInfo"]["groups"] == ["system:masters", "system:authenticated"]
    assert create["kind"] == create["requestKind"] == {"group": "", "version": "v1", "kind": "Pod"}
    assert create["object"]["spec"]["serviceAccountName"] == "default"
    assert create["oldObject"] is None
    assert (bind["subResource"], bind["kind"]["kind"]) == ("binding", "Binding")
    assert bind["object"]["target"]["name"] == "elsewhere"
    assert (delete["operation"], delete["object"]) == ("DELETE", None)
    assert delete["oldObject"]["metadata"]["name"] == "p"


async def test_connections_are_kept(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    await install(VALIDATING)
    for index in range(5):
        await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(f"p{index}"), code=201)
    assert len(webhook.requests) == 5
    assert webhook.connections == 1


async def test_unreachable_webhook_fails_closed_unless_told_otherwise(
    api: Any, webhook: Any, namespace: str, install: Install
) -> None:
    config = await install(VALIDATING)
    await webhook.stop()
    answer = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=500)
    start = (
        'Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: '
        f'Post "https://localhost:{webhook.port}/check?timeout=10s": '
    )
    assert answer["message"].startswith(start), answer["message"]
    assert answer["reason"] == "InternalError"
    change = [{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]
    await api("PATCH", config, change, type="application/json-patch+json", code=200)
    await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=201)
    await webhook.start()


async def test_missing_service_is_named(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    service = {"name": "gone", "namespace": namespace, "path": "/x"}
    await install(VALIDATING, clientConfig={"service": service})
    answer = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=500)
    assert answer["message"].endswith(
        f'Post "https://gone.{namespace}.svc:443/x?timeout=10s": service "gone" not found'
    )


async def test_slow_webhook_is_given_up(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    webhook.hold = asyncio.Event()
    await install(VALIDATING, timeoutSeconds=1)
    answer = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=500)
    webhook.hold.set()
    assert answer["message"].endswith('?timeout=1s": context deadline exceeded')


async def test_untrusted_certificate_is_refused(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    await install(VALIDATING, clientConfig={"url": f"https://localhost:{webhook.port}/check"})
    answer = await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=500)
    assert "x509: certificate signed by unknown authority" in answer["message"]
    assert not webhook.requests


async def test_a_certificate_is_judged_as_go_does(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    """Whatever Python thinks of it: from 3.13 on it demands that a certificate names the key which signed it."""
    webhook.show(*careless_server("localhost"))
    await install(VALIDATING)
    await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=201)
    assert len(webhook.requests) == 1


async def test_dry_run_asks_only_harmless_webhooks(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    await install(VALIDATING)
    await api("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod(), code=201)
    assert [request["dryRun"] for request in webhook.requests] == [True]
    assert webhook.requests[0]["options"]["dryRun"] == ["All"]


async def test_warnings_reach_the_client(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    await install(VALIDATING)
    webhook.respond = lambda request: {"allowed": True, "warnings": ["mind the gap"]}
    await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod(), code=201)
    assert api.headers.getall("Warning") == ['299 - "mind the gap"']


async def test_selectors_choose(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    await install(VALIDATING, objectSelector={"matchLabels": {"guarded": "yes"}})
    webhook.respond = lambda request: {"allowed": False}
    await api("POST", f"/api/v1/namespaces/{namespace}/pods", pod("free"), code=201)
    guarded = pod("guarded")
    guarded["metadata"]["labels"] = {"guarded": "yes"}
    await api("POST", f"/api/v1/namespaces/{namespace}/pods", guarded, code=400)


async def test_a_broken_webhook_cannot_keep_itself_from_being_repaired(
    api: Any, webhook: Any, namespace: str, install: Install
) -> None:
    everything = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}
    config = await install(
        VALIDATING,
        rules=[{**everything, "resources": ["validatingwebhookconfigurations"]}],
        namespaceSelector={},
    )
    webhook.respond = lambda request: {"allowed": False}
    await api("DELETE", config, code=200)
    assert not webhook.requests


async def test_connections_into_a_pod_are_asked_about(api: Any, webhook: Any, namespace: str, install: Install) -> None:
    rule = {"operations": ["CONNECT"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/exec"]}
    await install(VALIDATING, rules=[rule])
    webhook.respond = lambda request: {"allowed": False, "status": {"message": "look, do not touch", "code": 403}}
    path = f"/api/v1/namespaces/{namespace}/pods/p/exec?command=rm&command=-r&container=c&stdin=true"
    assert "look, do not touch" in (await api("POST", path, code=403))["message"]
    asked = webhook.requests[-1]
    assert (asked["operation"], asked["subResource"], asked["kind"]["kind"]) == ("CONNECT", "exec", "PodExecOptions")
    assert (asked["name"], asked["oldObject"], asked["options"]) == ("p", None, None)
    wanted = {"stdin": True, "container": "c", "command": ["rm", "-r"]}
    assert asked["object"] == {"kind": "PodExecOptions", "apiVersion": "v1", **wanted}


async def test_nothing_is_left_behind_by_a_create_that_outlasts_its_kind(
    api: Any, webhook: Any, namespace: str, install: Install
) -> None:
    group = f"g{uuid.uuid4().hex[:8]}.ex.io"
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"openAPIV3Schema": {"type": "object"}}
    spec = {
        "group": group,
        "names": {"plural": "foos", "kind": "Foo"},
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    definition = {"metadata": {"name": f"foos.{group}"}, "spec": spec}
    await api("POST", definitions, definition, code=201)
    rule = {"operations": ["CREATE"], "apiGroups": [group], "apiVersions": ["v1"], "resources": ["foos"]}
    await install(VALIDATING, rules=[rule])
    webhook.hold = asyncio.Event()
    foos = f"/apis/{group}/v1/namespaces/{namespace}/foos"
    foo = {"apiVersion": f"{group}/v1", "kind": "Foo", "metadata": {"name": "x"}}
    creating = asyncio.create_task(api("POST", foos, foo))
    await webhook.asked_by(creating)
    leaving = await api("DELETE", f"{definitions}/foos.{group}", code=200)
    query = f"fieldSelector=metadata.name%3Dfoos.{group}&resourceVersion={revision_of(leaving)}"
    seen = []
    async for event in api.lines(f"{definitions}?watch=1&timeoutSeconds=8&{query}"):
        seen.append(event["type"])
        if seen[-1] == "DELETED":
            break
    assert seen[-1:] == ["DELETED"], "the definition does not wait for what is being created"
    webhook.hold.set()
    assert (await creating)["code"] == 404
    await api("POST", definitions, definition, code=201)
    assert (await api("GET", foos, code=200))["items"] == []
    await api("DELETE", f"{definitions}/foos.{group}", code=200)
