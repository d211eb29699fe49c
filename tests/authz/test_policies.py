"""Validating admission policies and match conditions: rules in CEL, with the answers of a real API server 1.34."""

from __future__ import annotations

import copy
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.api_server import Api

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
POLICIES, BINDINGS = f"{ADMISSION}/validatingadmissionpolicies", f"{ADMISSION}/validatingadmissionpolicybindings"
VALIDATING = f"{ADMISSION}/validatingwebhookconfigurations"
RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "policies.json").read_text())
MAP = {"metadata": {"name": "bad"}, "data": {"k": "v"}}


def selecting(namespace: str) -> dict[str, Any]:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}


async def test_requests_are_answered_as_a_real_server_answers_them(api: Api, namespace: str) -> None:
    cases = RECORDED["requests"]
    assert len(cases) > 25
    differing: dict[str, Any] = {}
    for case in cases:
        policy, binding = copy.deepcopy(case["policy"]), case["binding"]
        name = policy["metadata"]["name"]
        policy["spec"]["matchConstraints"]["namespaceSelector"] = selecting(namespace)
        await api("POST", POLICIES, policy, code=201)
        await api("POST", BINDINGS, binding, code=201)
        body = await api("POST", f"/api/v1/namespaces/{namespace}/configmaps?dryRun=All", MAP)
        refused = [body["message"], body["reason"], body["details"]] if api.status >= 400 else []
        found = [api.status, *refused], api.headers.getall("Warning", [])
        wanted = json.loads(json.dumps(case["answer"]).replace("vapcmp", namespace)), case["warnings"]
        if found != wanted:
            differing[name] = (wanted, found)
        await api("DELETE", f"{BINDINGS}/{name}", code=200)
        await api("DELETE", f"{POLICIES}/{name}", code=200)
    assert differing == {}


async def test_mistakes_in_policies_are_told_as_a_real_server_tells_them(api: Api) -> None:
    cases = RECORDED["definitions"]
    assert len(cases) > 20
    differing: dict[str, Any] = {}
    for case in cases:
        path = POLICIES if case["definition"]["kind"] == "ValidatingAdmissionPolicy" else BINDINGS
        body = await api("POST", f"{path}?dryRun=All", case["definition"])
        rows = body["details"]["causes"] if api.status >= 400 else []
        causes = [[row["field"], row["reason"], row["message"]] for row in rows]
        if [api.status, causes or body.get("spec")] != [case["code"], case["causes"]]:
            differing[json.dumps(case["definition"]["spec"])] = (case["causes"], causes)
    assert differing == {}


async def test_params_come_from_objects(api: Api, namespace: str) -> None:
    name = f"params-{uuid.uuid4().hex[:8]}"
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["secrets"]}
    spec = {
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "matchConstraints": {"resourceRules": [rule], "namespaceSelector": selecting(namespace)},
        "validations": [
            {
                "expression": "object.metadata.name.startsWith(params.data.prefix)",
                "messageExpression": "'must start with ' + params.data.prefix",
            }
        ],
    }
    await api("POST", POLICIES, {"metadata": {"name": name}, "spec": spec}, code=201)
    ref = {"selector": {"matchLabels": {"use": "me"}}, "parameterNotFoundAction": "Deny"}
    binding = {"policyName": name, "paramRef": ref, "validationActions": ["Deny"]}
    await api("POST", BINDINGS, {"metadata": {"name": name}, "spec": binding}, code=201)
    secrets, secret = f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "a-b"}}
    answer = await api("POST", secrets, secret, code=422)
    assert "no params found for policy binding with `Deny` parameterNotFoundAction" in answer["message"]
    for prefix in ("a", "a-"):
        labelled = {"metadata": {"name": f"p{len(prefix)}", "labels": {"use": "me"}}, "data": {"prefix": prefix}}
        await api("POST", maps, labelled, code=201)
    await api("POST", secrets, secret, code=201)
    answer = await api("POST", secrets, {"metadata": {"name": "ab"}}, code=422)
    assert answer["message"].endswith("denied request: must start with a-")
    await api("DELETE", f"{POLICIES}/{name}", code=200)
    await api("DELETE", f"{BINDINGS}/{name}", code=200)


async def test_the_status_says_what_can_never_work(api: Api) -> None:
    name = f"typed-{uuid.uuid4().hex[:8]}"
    rule = {"apiGroups": ["", "apps"], "apiVersions": ["v1"], "operations": ["CREATE"]}
    spec = {
        "matchConstraints": {"resourceRules": [{**rule, "resources": ["pods", "deployments"]}]},
        "validations": [{"expression": "object.spec.replicas > 1"}],
    }
    await api("POST", POLICIES, {"metadata": {"name": name}, "spec": spec}, code=201)
    async for event in api.lines(f"{POLICIES}?watch=1&fieldSelector=metadata.name%3D{name}&timeoutSeconds=20"):
        if status := event["object"].get("status"):
            break
    text = "ERROR: <input>:1:12: undefined field 'replicas'\n | object.spec.replicas > 1\n | ...........^\n"
    warning = {"fieldRef": "spec.validations[0].expression", "warning": f"/v1, Kind=Pod: {text}"}
    assert status == {"observedGeneration": 1, "typeChecking": {"expressionWarnings": [warning]}}
    await api("DELETE", f"{POLICIES}/{name}", code=200)


@pytest.mark.parametrize(
    ("expression", "policy", "code"),
    [
        ("object.metadata.name == 'bad'", "Fail", 400),
        ("object.metadata.name == 'good'", "Fail", 201),
        ("object.nope == 1", "Ignore", 201),
        ("object.nope == 1", "Fail", 403),
        ("!authorizer.requestResource.check('bypass').allowed()", "Fail", 201),
    ],
)
async def test_match_conditions_spare_webhooks(
    api: Api, webhook: Any, namespace: str, expression: str, policy: str, code: int
) -> None:
    name = f"hook-{uuid.uuid4().hex[:8]}"
    conditions = [{"name": "c", "expression": expression}]
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
    fields = {"rules": [rule], "matchConditions": conditions, "failurePolicy": policy}
    await api("POST", VALIDATING, webhook.configuration(name, namespace, **fields), code=201)
    webhook.respond = lambda request: {"allowed": False}
    answer = await api("POST", f"/api/v1/namespaces/{namespace}/configmaps", MAP, code=code)
    if code == 403:
        assert answer["message"] == (
            "configmaps \"bad\" is forbidden: expression 'object.nope == 1' resulted in error: no such key: nope"
        )
    await api("DELETE", f"{VALIDATING}/{name}", code=200)
