"""The roles, bindings and priority classes of the system, and what the start of an API server does about them.

A real one looks at them when it starts, and then never again: what a role allows too little is added (what it allows
beyond that is its administrator's), a binding that binds another role is made anew, and whatever carries
``rbac.authorization.kubernetes.io/autoupdate: "false"`` is left alone. Source:
``k8s.io/component-helpers/auth/rbac/reconciliation``.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import builtin, meta
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.kube.access import rbac_bootstrap
from liqolab.kube.access.rbac_rules import Rule, lacking
from liqolab.kube.store.store import Store
from liqolab.kube.system.owned import Owned, ensure, with_entries, write

AUTO_UPDATE: Final = "rbac.authorization.kubernetes.io/autoupdate"


def _is_protected(obj: Object) -> bool:
    return meta.annotations(obj).get(AUTO_UPDATE) == "false"


def mend_role(present: Object, wanted: Object) -> Object | None:
    """The present role with every rule, label and annotation that it lacks."""
    if _is_protected(present):
        return None
    fields: Object = {}
    rules, required = present.get("rules") or [], wanted.get("rules") or []
    # Taking rules apart costs, and nearly always they are what they were.
    if rules != required and (missing := lacking([Rule.of(rule) for rule in rules], required)):
        fields["rules"] = [*rules, *missing]
    fields |= _aggregation(present, wanted)
    metadata = with_entries(present["metadata"], wanted["metadata"], "annotations", "labels")
    return {**present, **fields, "metadata": metadata} if fields or metadata is not present["metadata"] else None


def _aggregation(present: Object, wanted: Object) -> Object:
    """The ``aggregationRule`` to set, if it is to change at all."""
    key, selectors = "aggregationRule", "clusterRoleSelectors"
    if key not in wanted:
        return {key: None} if present.get(key) else {}
    held = (present.get(key) or {}).get(selectors) or []
    missing = [selector for selector in wanted[key][selectors] if selector not in held]
    return {key: {**(present.get(key) or {}), selectors: [*held, *missing]}} if missing else {}


def mend_binding(present: Object, wanted: Object) -> Object | None:
    """The present binding with every subject, label and annotation that it lacks."""
    if _is_protected(present):
        return None
    held = present.get("subjects") or []
    missing = [subject for subject in wanted["subjects"] if subject not in held]
    metadata = with_entries(present["metadata"], wanted["metadata"], "annotations", "labels")
    if not missing and metadata is present["metadata"]:
        return None
    return {**present, "subjects": [*held, *missing], "metadata": metadata}


def owned() -> list[Owned]:
    """All of them; bindings last."""
    return [
        *(Owned(builtin.PRIORITY_CLASSES, row, counted=True) for row in rbac_bootstrap.priority_classes()),
        *(Owned(builtin.CLUSTER_ROLES, role, mend_role) for role in rbac_bootstrap.cluster_roles()),
        *(Owned(builtin.ROLES, role, mend_role) for role in rbac_bootstrap.namespaced_roles()),
        *(Owned(builtin.CLUSTER_ROLE_BINDINGS, row, mend_binding) for row in rbac_bootstrap.cluster_role_bindings()),
        *(Owned(builtin.ROLE_BINDINGS, row, mend_binding) for row in rbac_bootstrap.namespaced_role_bindings()),
    ]


_BINDINGS: Final[tuple[Resource, ...]] = (builtin.CLUSTER_ROLE_BINDINGS, builtin.ROLE_BINDINGS)


async def install(client: Client, store: Store) -> None:
    """Create and mend them all, as the start of an API server does.

    Raises:
        ApiError: the server refused.
    """
    for row in owned():
        if not write(store, row):
            if row.resource in _BINDINGS:
                await _drop_misled(client, row)
            await ensure(client, row)


async def _drop_misled(client: Client, row: Owned) -> None:
    """Delete a binding of another role than it should bind: which one cannot be changed."""
    resource, namespace, name = row.key
    present = await client.find(resource, name, namespace or None)
    if present is None or _is_protected(present) or present.get("roleRef") == row.wanted["roleRef"]:
        return
    with missing_ok:
        await client.delete(resource, name, namespace or None, uid=meta.uid(present))
