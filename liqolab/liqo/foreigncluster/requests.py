"""The ResourceRequest that this cluster sends to a peer: its creation and its orderly withdrawal.

Withdrawing is a conversation: the request is marked as withdrawn, the peer withdraws its offer, this cluster empties
and removes the virtual node, the peer deletes the offer and says so on the request, and only then is it deleted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now
from liqolab.controller.client import Client
from liqolab.liqo.auth.protocol import ClusterIdentity
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, RESOURCE_REQUESTS
from liqolab.liqo.identity import tenancy


def request_object(
    local: ClusterIdentity, foreign_cluster: Object, peer_id: str, namespace: str, auth_url: str
) -> Object:
    """The ResourceRequest that asks the peer for resources and tells it where to authenticate in return."""
    return RESOURCE_REQUESTS.manifest(
        local.cluster_name,
        namespace,
        labels={names.LABEL_REPLICATION: "true", names.LABEL_REMOTE_ID: peer_id},
        owners=[meta.owner_reference(foreign_cluster, FOREIGN_CLUSTERS)],
        spec={"clusterIdentity": local.to_object(), "authUrl": auth_url},
    )


async def peer(
    client: Client, request: Object | None, offer: Object | None, make: Callable[[], Awaitable[Object]]
) -> None:
    """Ask for resources; a request that is still being withdrawn is first brought to its end."""
    if request is None:
        await tenancy.ensure(client, RESOURCE_REQUESTS, await make())
    elif meta.get_path(request, "spec", "withdrawalTimestamp"):
        await unpeer(client, request, offer)


async def unpeer(client: Client, request: Object | None, offer: Object | None) -> None:
    """Take the next step of the withdrawal.

    Args:
        client: of this cluster.
        request: this cluster's own ResourceRequest.
        offer: the peer's answer to it, if it is still here.
    """
    if request is None or meta.is_deleting(request):
        return
    answered = meta.get_path(request, "status", "offerState") == texts.OFFER_STATE_CREATED
    finished = bool(meta.get_path(request, "status", "offerWithdrawalTimestamp"))
    name, namespace = meta.name(request), meta.namespace(request)
    if offer is None and (finished or not answered):
        await client.remove(RESOURCE_REQUESTS, name, namespace)
    elif not meta.get_path(request, "spec", "withdrawalTimestamp"):
        await client.patch(RESOURCE_REQUESTS, name, {"spec": {"withdrawalTimestamp": now()}}, namespace)
