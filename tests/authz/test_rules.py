"""RBAC rules by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery.resources import Resource
from liqolab.kube.access.rbac_rules import Request, Rule, uncovered

PODS = Resource("", "v1", "pods", "Pod")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")


def rule(groups: str, resources: str, verbs: str, *names: str) -> Rule:
    return Rule.of(
        {
            "apiGroups": groups.split(","),
            "resources": resources.split(),
            "verbs": verbs.split(),
            "resourceNames": list(names),
        }
    )


CASES: list[tuple[Rule, Request, bool]] = [
    (rule("", "pods", "get"), Request("get", PODS), True),
    (rule("", "pods", "get"), Request("list", PODS), False),
    (rule("apps", "pods", "get"), Request("get", PODS), False),
    (rule("*", "*", "*"), Request("escalate", DEPLOYMENTS, "n", "x", "scale"), True),
    (rule("", "pods", "get"), Request("get", PODS, subresource="log"), False),
    (rule("", "pods/log", "get"), Request("get", PODS, subresource="log"), True),
    (rule("", "pods/*", "get"), Request("get", PODS, subresource="log"), False),
    (rule("*", "*/scale", "get"), Request("get", DEPLOYMENTS, subresource="scale"), True),
    (rule("*", "*/scale", "get"), Request("get", DEPLOYMENTS), False),
    (rule("", "pods", "get", "a"), Request("get", PODS, "n", "a"), True),
    (rule("", "pods", "get", "a"), Request("get", PODS, "n", "b"), False),
    (rule("", "pods", "list", "a"), Request("list", PODS, "n"), False),
]


@pytest.mark.parametrize(("given", "request_", "allowed"), CASES)
def test_rules(given: Rule, request_: Request, allowed: bool) -> None:
    assert given.allows(request_) is allowed


@pytest.mark.parametrize(
    ("pattern", "path", "allowed"),
    [
        ("/healthz", "/healthz", True),
        ("/healthz/*", "/healthz/ping", True),
        ("/api/*", "/api", False),
        ("*", "/x", True),
    ],
)
def test_paths(pattern: str, path: str, allowed: bool) -> None:
    given = Rule.of({"nonResourceURLs": [pattern], "verbs": ["get"]})
    assert given.allows(Request("get", path=path)) is allowed
    assert not given.allows(Request("get", PODS))


def test_what_is_not_covered() -> None:
    owned = [rule("", "pods", "get list"), rule("", "secrets", "get", "mine")]
    assert uncovered(owned, [rule("", "pods", "get list")]) == []
    assert uncovered(owned, [rule("", "secrets", "get", "mine")]) == []
    assert uncovered(owned, [rule("", "secrets", "get")]) == ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}']
    assert uncovered(owned, [rule("*", "*", "*")]) == ['{APIGroups:["*"], Resources:["*"], Verbs:["*"]}']
    assert uncovered([rule("*", "*", "*")], [rule("a", "b/c", "d")]) == []
    paths: dict[str, Any] = {"nonResourceURLs": ["/x"], "verbs": ["get"]}
    assert uncovered([rule("*", "*", "*")], [Rule.of(paths)]) == ['{NonResourceURLs:["/x"], Verbs:["get"]}']
