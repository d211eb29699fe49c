"""Who may do what, over HTTP: RBAC, its texts, impersonation, and that nobody grants himself what he does not have."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

RBAC = "/apis/rbac.authorization.k8s.io/v1"


def as_user(name: str, *groups: str) -> dict[str, str]:
    headers = {"Impersonate-User": name}
    return {**headers, "Impersonate-Group": groups[0]} if groups else headers


async def grant(api: Any, namespace: str, user: str, *rules: dict[str, Any]) -> None:
    """A role with `rules` in a namespace, bound to a user."""
    role = {"metadata": {"name": user}, "rules": list(rules)}
    await api("POST", f"{RBAC}/namespaces/{namespace}/roles", role, code=201)
    subject = {"kind": "User", "name": user}
    binding = {"metadata": {"name": user}, "subjects": [subject], "roleRef": {"kind": "Role", "name": user}}
    await api("POST", f"{RBAC}/namespaces/{namespace}/rolebindings", binding, code=201)


def rule(groups: str, resources: str, verbs: str) -> dict[str, Any]:
    return {"apiGroups": groups.split(","), "resources": resources.split(), "verbs": verbs.split()}


@pytest.fixture
def user() -> str:
    return f"user-{uuid.uuid4().hex[:8]}"


IN_NAMESPACE = 'in the namespace "{ns}"'
CLUSTER = "at the cluster scope"
CASES = [
    ("GET /api/v1/namespaces/{ns}/pods", "pods", "list pods", "", IN_NAMESPACE),
    ("GET /api/v1/nodes", "nodes", "list nodes", "", CLUSTER),
    ("GET /api/v1/namespaces/{ns}/pods/p", 'pods "p"', "get pods", "", IN_NAMESPACE),
    ("GET /api/v1/namespaces/{ns}/pods/p/log", 'pods "p"', "get pods/log", "", IN_NAMESPACE),
    ("POST /api/v1/namespaces/{ns}/pods/p/eviction", 'pods "p"', "create pods/eviction", "", IN_NAMESPACE),
    ("GET /api/v1/namespaces/{ns}", 'namespaces "{ns}"', "get namespaces", "", IN_NAMESPACE),
    (
        "PUT /apis/apps/v1/namespaces/{ns}/deployments/d",
        'deployments.apps "d"',
        "update deployments",
        "apps",
        IN_NAMESPACE,
    ),
    ("DELETE /api/v1/namespaces/{ns}/secrets", "secrets", "deletecollection secrets", "", IN_NAMESPACE),
]


@pytest.mark.parametrize(("request_line", "subject", "action", "group", "where"), CASES)
async def test_forbidden_texts(
    api: Any, namespace: str, user: str, request_line: str, subject: str, action: str, group: str, where: str
) -> None:
    method, path = request_line.format(ns=namespace).split()
    verb, resource = action.split()
    body: dict[str, Any] | None = {} if method in ("POST", "PUT") else None
    answer = await api(method, path, body, headers=as_user(user), code=403)
    assert answer["message"] == (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{resource}" in API group "{group}" {where}'
    ).format(ns=namespace)
    assert answer["reason"] == "Forbidden"
    named, _, name = subject.format(ns=namespace).partition(" ")
    details = {"kind": named.partition(".")[0]}
    details |= {"name": name.strip('"')} if name else {}
    assert answer["details"] == (details | {"group": group} if group else details)


async def test_paths_are_forbidden_too(api: Any, user: str) -> None:
    answer = await api("GET", "/metrics", headers=as_user(user), code=403)
    assert answer["message"] == f'forbidden: User "{user}" cannot get path "/metrics"'
    assert answer["details"] == {}


async def test_rules_grant_exactly_what_they_say(api: Any, namespace: str, user: str) -> None:
    named = {**rule("", "secrets", "get"), "resourceNames": ["mine"]}
    await grant(api, namespace, user, rule("", "configmaps", "get list"), rule("", "pods/*", "get"), named)
    path, headers = f"/api/v1/namespaces/{namespace}", as_user(user)
    await api("GET", f"{path}/configmaps", headers=headers, code=200)
    await api("GET", f"{path}/configmaps/none", headers=headers, code=404)
    await api("POST", f"{path}/configmaps", {"metadata": {"name": "x"}}, headers=headers, code=403)
    await api("GET", f"{path}/configmaps?watch=1&timeoutSeconds=1", headers=headers, code=403)
    await api("GET", "/api/v1/namespaces/default/configmaps", headers=headers, code=403)
    await api("GET", f"{path}/pods/p/log", headers=headers, code=403)
    await api("GET", f"{path}/secrets/mine", headers=headers, code=404)
    await api("GET", f"{path}/secrets/other", headers=headers, code=403)
    await api("GET", f"{path}/secrets", headers=headers, code=403)


async def test_a_right_ends_with_its_binding(api: Any, namespace: str, user: str) -> None:
    await grant(api, namespace, user, rule("", "configmaps", "list"))
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    await api("GET", path, headers=as_user(user), code=200)
    await api("DELETE", f"{RBAC}/namespaces/{namespace}/rolebindings/{user}", code=200)
    await api("GET", path, headers=as_user(user), code=403)


async def test_a_binding_to_a_missing_role_says_so(api: Any, namespace: str, user: str) -> None:
    binding = {
        "metadata": {"name": "b"},
        "subjects": [{"kind": "User", "name": user}],
        "roleRef": {"kind": "Role", "name": "gone"},
    }
    await api("POST", f"{RBAC}/namespaces/{namespace}/rolebindings", binding, code=201)
    answer = await api("GET", f"/api/v1/namespaces/{namespace}/pods", headers=as_user(user), code=403)
    assert answer["message"].endswith(': RBAC: role.rbac.authorization.k8s.io "gone" not found')


async def test_nobody_grants_what_he_does_not_have(api: Any, namespace: str, user: str) -> None:
    manage = rule("rbac.authorization.k8s.io", "roles rolebindings", "create get update patch")
    await grant(api, namespace, user, manage, rule("", "configmaps", "get list"))
    roles, headers = f"{RBAC}/namespaces/{namespace}/roles", as_user(user, "dev")
    modest = {"metadata": {"name": "modest"}, "rules": [rule("", "configmaps", "get")]}
    await api("POST", roles, modest, headers=headers, code=201)
    greedy = {"metadata": {"name": "greedy"}, "rules": [rule("", "configmaps secrets", "get list")]}
    answer = await api("POST", roles, greedy, headers=headers, code=403)
    assert answer["message"] == (
        f'roles.rbac.authorization.k8s.io "greedy" is forbidden: user "{user}" '
        '(groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}'
    )
    grown = [{"op": "add", "path": "/rules/-", "value": rule("*", "*", "*")}]
    await api("PATCH", f"{roles}/modest", grown, type="application/json-patch+json", headers=headers, code=403)
    mighty = {
        "metadata": {"name": "mighty"},
        "subjects": [{"kind": "User", "name": user}],
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
    }
    bindings = f"{RBAC}/namespaces/{namespace}/rolebindings"
    await api("POST", bindings, mighty, headers=headers, code=403)
    await api("GET", f"{bindings}/mighty", code=404)


async def test_role_reference_is_for_ever(api: Any, namespace: str, user: str) -> None:
    await grant(api, namespace, user, rule("", "configmaps", "list"))
    change = {"roleRef": {"name": "other"}}
    path = f"{RBAC}/namespaces/{namespace}/rolebindings/{user}"
    answer = await api("PATCH", path, change, type="application/merge-patch+json", code=422)
    assert answer["message"].endswith(
        'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: '
        "cannot change roleRef"
    )


async def test_impersonation_needs_the_right_to_it(api: Any, namespace: str, user: str) -> None:
    """Somebody who is not an administrator, and whose only credential is a token, cannot become one."""
    token = (await api("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token", {}, code=201))["status"]
    headers = {"Authorization": f"Bearer {token['token']}", "Impersonate-User": "boss"}
    answer = await api("GET", "/api/v1/nodes", headers=headers, tls=api.anonymous_tls, code=403)
    assert answer["message"] == (
        f'users "boss" is forbidden: User "system:serviceaccount:{namespace}:default" cannot impersonate resource '
        '"users" in API group "" at the cluster scope'
    )
    headers["Impersonate-Group"] = "system:masters"
    await api("GET", "/api/v1/nodes", headers=headers, tls=api.anonymous_tls, code=403)


async def test_reviews_answer_for_the_asker_and_for_others(api: Any, namespace: str, user: str) -> None:
    await grant(api, namespace, user, rule("", "configmaps", "get"))
    about = {"namespace": namespace, "verb": "get", "resource": "configmaps"}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    mine = await api("POST", path, {"spec": {"resourceAttributes": about}}, headers=as_user(user), code=201)
    assert mine["status"] == {
        "allowed": True,
        "reason": f'RBAC: allowed by RoleBinding "{user}/{namespace}" of Role "{user}" to User "{user}"',
    }
    asked = {"spec": {"user": user, "resourceAttributes": {**about, "verb": "delete"}}}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    assert (await api("POST", path, asked, code=201))["status"] == {"allowed": False}
    await api("POST", path, asked, headers=as_user(user), code=403)
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    rules = await api("POST", path, {"spec": {"namespace": namespace}}, headers=as_user(user), code=201)
    assert {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]} in rules["status"]["resourceRules"]
    assert rules["status"]["incomplete"] is False


async def test_anonymous_sees_the_doorbell_only(api: Any) -> None:
    tls = api.anonymous_tls
    await api("GET", "/healthz", tls=tls, code=200)
    await api("GET", "/version", tls=tls, code=200)
    answer = await api("GET", "/api/v1/pods", tls=tls, code=403)
    assert answer["message"].startswith('pods is forbidden: User "system:anonymous" cannot list resource "pods"')
    await api("GET", "/apis", tls=tls, code=403)


async def test_a_bad_token_is_not_anonymous(api: Any) -> None:
    headers = {"Authorization": "Bearer abc"}
    answer = await api("GET", "/healthz", headers=headers, tls=api.anonymous_tls, code=401)
    assert answer == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Unauthorized",
        "reason": "Unauthorized",
        "code": 401,
    }
