"""What keeps Liqo from being uninstalled: peerings and offloaded namespaces, and which of them are just ending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.waiting import Store, wait_for
from liqolab.liqo.gen05 import texts
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS

_OVER = ("", texts.NONE)


@dataclass(slots=True)
class Obstacles:
    """Names of clusters and namespaces, by what is to be disabled.

    Attributes:
        leaving: whether all of them are on their way out, so that waiting a little is all it takes.
        versions: resourceVersions of everything that was looked at.
    """

    outgoing: set[str] = field(default_factory=set)
    incoming: set[str] = field(default_factory=set)
    networking: set[str] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)
    leaving: bool = True
    versions: dict[tuple[Resource, str, str], str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.outgoing or self.incoming or self.networking or self.namespaces)

    async def changed(self, client: Client, seconds: float) -> None:
        """Return when anything that was looked at has changed. Raises TimeoutError."""
        waits = [
            asyncio.ensure_future(wait_for(client, resource, self._differs(resource), seconds=seconds))
            for resource in (FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS)
        ]
        try:
            finished, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for each in finished:
                each.result()
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _differs(self, resource: Resource) -> Callable[[Store], bool]:
        seen = {key: version for key, version in self.versions.items() if key[0] == resource}

        def differs(store: Store) -> bool:
            return seen != {
                (resource, *key): each["metadata"].get("resourceVersion", "") for key, each in store.items()
            }

        return differs


async def find_obstacles(client: Client) -> Obstacles:
    """Look at all ForeignClusters and NamespaceOffloadings; kinds that do not exist have no objects."""
    found = Obstacles()
    clusters, offloadings = await asyncio.gather(
        _objects(client, FOREIGN_CLUSTERS, found), _objects(client, NAMESPACE_OFFLOADINGS, found)
    )
    for cluster in clusters:
        _look_at_cluster(cluster, found)
    for offloading in offloadings:
        found.namespaces.add(offloading["metadata"]["namespace"])
        found.leaving &= "deletionTimestamp" in offloading["metadata"]
    return found


def _look_at_cluster(cluster: Object, found: Obstacles) -> None:
    name = cluster["metadata"]["name"]
    rows = (cluster.get("status") or {}).get("peeringConditions") or []
    status = {row["type"]: row.get("status", "") for row in rows}
    outgoing, incoming = (status.get(each, "") for each in (texts.OUTGOING_PEERING, texts.INCOMING_PEERING))
    if outgoing not in _OVER:
        found.outgoing.add(name)
        found.leaving &= outgoing == texts.DISCONNECTING
    if incoming not in _OVER:
        found.incoming.add(name)
        found.leaving &= incoming == texts.DISCONNECTING
    if status.get(texts.NETWORK_STATUS) == texts.ESTABLISHED:
        # Without a peering in either direction the tunnel is about to be taken down.
        found.networking.add(name)


async def _objects(client: Client, resource: Resource, found: Obstacles) -> list[Object]:
    try:
        listed = await client.list(resource)
    except ApiError as error:
        if error.not_found:
            return []
        raise
    for each in listed.items:
        metadata = each["metadata"]
        key = (resource, metadata.get("namespace", ""), metadata["name"])
        found.versions[key] = metadata.get("resourceVersion", "")
    return listed.items
