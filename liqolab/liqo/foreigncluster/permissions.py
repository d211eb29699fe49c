"""What a peer may do in its tenant namespace, following the phase of the peering.

A right that belongs to a direction is taken back only when the direction has ended *and* nothing that the peer
replicated here is left: the peer needs the right to clean up after itself. A peer whose use of this cluster is not
allowed any more loses the right at once, and what it replicated here is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import ROLE_BINDINGS
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.liqo.gen05 import names
from liqolab.liqo.identity import tenancy

_ALL = (names.PEERING_BASIC_ROLE, names.PEERING_INCOMING_ROLE, names.PEERING_OUTGOING_ROLE)


@dataclass(frozen=True, slots=True)
class Permissions:
    """The ClusterRoles that a peer is to have: always the basic one, and one for each active direction."""

    incoming: bool
    outgoing: bool

    @classmethod
    def held(cls, bindings: Iterable[Object]) -> Permissions:
        """What the RoleBindings of a tenant namespace grant."""
        present = {meta.name(binding) for binding in bindings}
        return cls(
            incoming=names.tenant_role_binding(names.PEERING_INCOMING_ROLE) in present,
            outgoing=names.tenant_role_binding(names.PEERING_OUTGOING_ROLE) in present,
        )

    def roles(self) -> list[str]:
        """Names of ClusterRoles."""
        roles = [names.PEERING_BASIC_ROLE]
        if self.incoming:
            roles.append(names.PEERING_INCOMING_ROLE)
        if self.outgoing:
            roles.append(names.PEERING_OUTGOING_ROLE)
        return roles


async def enforce(
    client: Client, known: Iterable[Object], namespace: str, cluster_id: str, permissions: Permissions
) -> None:
    """Make the role bindings of a tenant namespace those of `permissions`.

    Args:
        client: of this cluster.
        known: the RoleBindings of the namespace.
        namespace: the tenant namespace.
        cluster_id: the peer.
        permissions: what it is to have.
    """
    present = {meta.name(binding) for binding in known}
    wanted = permissions.roles()
    for role in _ALL:
        binding = names.tenant_role_binding(role)
        if role in wanted and binding not in present:
            await tenancy.bind(client, namespace, cluster_id, role)
        elif role not in wanted and binding in present:
            await client.remove(ROLE_BINDINGS, binding, namespace)


async def expel(client: Client, replicas: Iterable[tuple[Resource, Object]]) -> None:
    """Delete what a peer replicated here and may not keep."""
    for resource, item in replicas:
        await client.remove(resource, meta.name(item), meta.namespace(item))
