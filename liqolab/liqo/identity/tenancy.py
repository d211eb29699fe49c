"""The tenant namespace of a peer, and what the peer may do in it.

Everything that two clusters exchange lives in one namespace on each side. The peer's user is bound to ClusterRoles in
that namespace only, phase by phase, so what a peer can touch here is what these bindings say.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, ROLE_BINDINGS
from liqolab.apimachinery.errors import existing_ok, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.texts import TENANT_NAMESPACE_TAKEN


def namespace_object(cluster_name: str, cluster_id: str) -> Object:
    """The tenant namespace of a peer."""
    return NAMESPACES.manifest(
        names.tenant_namespace(cluster_name, cluster_id),
        labels={names.LABEL_CLUSTER_ID: cluster_id, names.LABEL_TENANT_NAMESPACE: "true"},
    )


def role_binding(namespace: str, cluster_id: str, cluster_role: str) -> Object:
    """The binding that grants a peer a ClusterRole within its tenant namespace."""
    return ROLE_BINDINGS.manifest(
        names.tenant_role_binding(cluster_role),
        namespace,
        labels={names.LABEL_CLUSTER_ID: cluster_id},
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": cluster_role},
        subjects=[{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": cluster_id}],
    )


async def ensure_namespace(client: Client, cluster_name: str, cluster_id: str) -> str:
    """Make sure that the peer has a tenant namespace, and return its name.

    A peer that was renamed keeps the namespace it has: it is found by the peer's ID. A namespace that has the name but
    was not made for this peer is not used: somebody else may have rights in it, and it is to hold keys.

    Raises:
        ApiError: conflict, because such a namespace is in the way, or the peer's own one is still being deleted.
    """
    found = await client.list(
        NAMESPACES, labels=f"{names.LABEL_CLUSTER_ID}={cluster_id},{names.LABEL_TENANT_NAMESPACE}"
    )
    for namespace in found.items:
        if not meta.is_deleting(namespace):
            return meta.name(namespace)
    wanted = namespace_object(cluster_name, cluster_id)
    created = await ensure(client, NAMESPACES, wanted)
    own = wanted["metadata"]["labels"].items() <= meta.labels(created).items()
    if not own or meta.is_deleting(created):
        raise status_error(409, "Conflict", TENANT_NAMESPACE_TAKEN.format(namespace=meta.name(created)))
    return meta.name(created)


async def bind(client: Client, namespace: str, cluster_id: str, cluster_role: str) -> None:
    """Grant a peer a ClusterRole in its tenant namespace; harmless when it has it."""
    await ensure(client, ROLE_BINDINGS, role_binding(namespace, cluster_id, cluster_role))


async def ensure(client: Client, resource: Resource, body: Object) -> Object:
    """Create an object unless it exists; either way return the one that exists afterwards."""
    metadata = body["metadata"]
    with existing_ok:
        return await client.create(resource, body)
    return await client.get(resource, metadata["name"], metadata.get("namespace"))
