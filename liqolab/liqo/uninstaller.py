"""Program uninstaller, which upstream's chart runs before it is removed: ends all peerings, then forgets the peers."""

from __future__ import annotations

from liqolab.controller.client import Client
from liqolab.controller.http import HttpClient
from liqolab.controller.waiting import Store, wait_for
from liqolab.liqo.gen05 import texts
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS
from liqolab.program import Container

_ENDED = ("", texts.NONE)
_NO = {"spec": {"outgoingPeeringEnabled": "No", "incomingPeeringEnabled": "No"}}


async def run(container: Container) -> None:
    """Return when no peer is left.

    Raises:
        ApiError, OSError: the cluster refuses, or is gone.
    """
    async with HttpClient.in_cluster(container) as client:
        peers = [each["metadata"]["name"] for each in (await client.list(FOREIGN_CLUSTERS)).items]
        for name in peers:
            container.log(f"ending the peering with {name}")
            await client.patch(FOREIGN_CLUSTERS, name, _NO)
        await wait_for(client, FOREIGN_CLUSTERS, _over)
        await _forget(client, peers)
        container.log("no peering is left")


def _over(store: Store) -> bool:
    """Whether no peering is left, in either direction."""
    ends = (texts.OUTGOING_PEERING, texts.INCOMING_PEERING)
    return all(
        row.get("status", "") in _ENDED
        for cluster in store.values()
        for row in (cluster.get("status") or {}).get("peeringConditions") or ()
        if row["type"] in ends
    )


async def _forget(client: Client, peers: list[str]) -> None:
    for name in peers:
        await client.remove(FOREIGN_CLUSTERS, name)
    await wait_for(client, FOREIGN_CLUSTERS, lambda store: not store)
