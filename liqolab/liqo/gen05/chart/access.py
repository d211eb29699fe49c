"""Who may do what: a service account for every component, and the rules in ``rbac/*.yaml`` as roles and bindings.

A file holds up to two lists of rules: ``cluster`` becomes a ClusterRole (bound everywhere), ``namespaced`` a Role in
Liqo's own namespace. Roles for peers and virtual kubelets are only defined here; who needs one binds it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from liqolab.apimachinery.builtin import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES, SERVICE_ACCOUNTS
from liqolab.apimachinery.resources import Object, Resource
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.chart import labels

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FOLDER: Final = Path(__file__).parent / "rbac"
_RBAC_GROUP: Final = ROLES.group

UNBOUND_ROLES: Final = {
    names.VIRTUAL_KUBELET_LOCAL_ROLE: "",
    names.VIRTUAL_KUBELET_REMOTE_ROLE: "",
    names.PEERING_BASIC_ROLE: "basic",
    names.PEERING_INCOMING_ROLE: "incoming",
    names.PEERING_OUTGOING_ROLE: "outgoing",
}
"""ClusterRoles that Liqo's controllers bind while peerings come and go → the phase in which a peer has one."""


def rules(name: str) -> dict[str, list[Object]]:
    """The lists of rules of a component or role: ``cluster`` and ``namespaced``."""
    file = _FOLDER / f"{name.removeprefix('liqo-')}.yaml"
    document: Any = yaml.load(file.read_text(), Loader=_LOADER)  # noqa: S506 - a safe loader
    return {scope: document.get(scope) or [] for scope in ("cluster", "namespaced")}


def grants(component: str, namespace: str) -> list[Object]:
    """The service account of a component with all that it may do."""
    found = rules(component)
    objects: list[Object] = [SERVICE_ACCOUNTS.manifest(component, namespace, labels=labels.whole(component))]
    if found["cluster"]:
        objects += [
            _role(CLUSTER_ROLES, component, None, found["cluster"]),
            _binding(CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, component, namespace, None),
        ]
    if found["namespaced"]:
        objects += [
            _role(ROLES, component, namespace, found["namespaced"]),
            _binding(ROLE_BINDINGS, ROLES, component, namespace, namespace),
        ]
    return objects


def unbound_roles() -> list[Object]:
    """The `UNBOUND_ROLES`."""
    roles = []
    for name, phase in UNBOUND_ROLES.items():
        role = _role(CLUSTER_ROLES, name, None, rules(name)["cluster"])
        if phase:
            role["metadata"]["labels"] |= {names.LABEL_PEERING_PERMISSIONS: phase}
        roles.append(role)
    return roles


def _role(resource: Resource, name: str, namespace: str | None, rules: list[Object]) -> Object:
    return _object(resource, name, namespace) | {"rules": rules}


def _binding(resource: Resource, role: Resource, name: str, account_namespace: str, namespace: str | None) -> Object:
    return _object(resource, name, namespace) | {
        "roleRef": {"apiGroup": _RBAC_GROUP, "kind": role.kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": account_namespace}],
    }


def _object(resource: Resource, name: str, namespace: str | None) -> Object:
    return resource.manifest(name, namespace, labels=labels.whole(name))
