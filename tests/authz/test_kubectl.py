"""The commands about access that people type, with real kubectl."""

from __future__ import annotations

import uuid
from typing import Any


def test_can_i(kubectl: Any) -> None:
    namespace = f"k-{uuid.uuid4().hex[:8]}"
    account = f"system:serviceaccount:{namespace}:robot"
    kubectl("create", "namespace", namespace)
    try:
        kubectl("create", "serviceaccount", "robot", "-n", namespace)
        assert kubectl("auth", "can-i", "delete", "pods", "-n", namespace) == "yes\n"
        denied = kubectl("auth", "can-i", "list", "pods", "-n", namespace, "--as", account, code=1)
        assert denied.startswith("no")
        who = f"--serviceaccount={namespace}:robot"
        kubectl("create", "rolebinding", "viewers", "--clusterrole=view", who, "-n", namespace)
        assert kubectl("auth", "can-i", "list", "pods", "-n", namespace, "--as", account) == "yes\n"
        assert kubectl("auth", "can-i", "get", "secrets", "-n", namespace, "--as", account, code=1).startswith("no")
        refused = kubectl("get", "nodes", "--as", account, code=1)
        assert refused == (
            f'Error from server (Forbidden): nodes is forbidden: User "{account}" cannot list resource "nodes" in API '
            'group "" at the cluster scope\n'
        )
        listed = kubectl("auth", "can-i", "--list", "-n", namespace, "--as", account)
        assert "selfsubjectaccessreviews.authorization.k8s.io" in listed
    finally:
        kubectl("delete", "namespace", namespace, "--wait=false")


def test_columns_of_access(kubectl: Any) -> None:
    name = f"k-{uuid.uuid4().hex[:8]}"
    kubectl("create", "clusterrolebinding", name, "--clusterrole=view", "--user=ann", "--group=dev")
    try:
        head, row = kubectl("get", "clusterrolebinding", name, "-o", "wide").splitlines()
        assert head.split() == ["NAME", "ROLE", "AGE", "USERS", "GROUPS", "SERVICEACCOUNTS"]
        assert row.split()[:2] == [name, "ClusterRole/view"]
        assert row.split()[3:] == ["ann", "dev"]
    finally:
        kubectl("delete", "clusterrolebinding", name)
