"""What an unpeering waits for, in words, and how to get out of it when the other cluster never answers.

Upstream's command waits without a word until its time is up. The objects of the peering tell how far it has come.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, PODS
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.liqo.gen05 import messages, names, texts
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, RESOURCE_OFFERS, RESOURCE_REQUESTS

_SHOWN: Final = 5
"""Pods that are named."""


async def explained(client: Client, name: str) -> list[str]:
    """What the unpeering from the ForeignCluster `name` waits for, and what can be done about it."""
    foreign = await client.find(FOREIGN_CLUSTERS, name)
    if foreign is None:
        return []
    identity = meta.get_path(foreign, "spec", "clusterIdentity", default={})
    peer_id, peer = str(identity.get("clusterID", "")), str(identity.get("clusterName", name))
    tenant = str(meta.get_path(foreign, "status", "tenantNamespace", "local", default=""))
    if not peer_id or not tenant:
        return []
    offer = await _first(client, RESOURCE_OFFERS, tenant, f"{names.LABEL_ORIGIN_ID}={peer_id}")
    if offer is not None and (meta.is_deleting(offer) or meta.get_path(offer, "spec", "withdrawalTimestamp")):
        return await _leaving(client, peer_id, peer)
    request = await _first(client, RESOURCE_REQUESTS, tenant, f"{names.LABEL_REMOTE_ID}={peer_id}")
    if request is None:
        return []
    wanted = messages.UNPEER_AWAITS_OFFER if offer is not None else messages.UNPEER_AWAITS_END
    lines = [wanted.format(name=peer)]
    network = _network(foreign)
    if network.get("status") != texts.ESTABLISHED:
        lines.append(messages.UNPEER_PEER_AWAY.format(name=peer, status=network.get("status", texts.NONE)))
    return [*lines, messages.UNPEER_GOES_ON.format(name=peer), messages.UNPEER_WAY_OUT.format(name=name)]


async def _leaving(client: Client, peer_id: str, peer: str) -> list[str]:
    """The other cluster has done its part: what is left here."""
    selector = f"{names.LABEL_TYPE}={names.TYPE_VIRTUAL_NODE},{names.LABEL_REMOTE_CLUSTER_ID}={peer_id}"
    nodes = (await client.list(NODES, labels=selector)).items
    if not nodes:
        return [messages.UNPEER_AWAITS_KUBELET.format(name=peer)]
    node = meta.name(nodes[0])
    pods = sorted(map(meta.key, (await client.list(PODS, fields=f"spec.nodeName={node}")).items))
    if not pods:
        return [messages.UNPEER_AWAITS_NODE.format(node=node)]
    shown = ", ".join(pods[:_SHOWN]) + (", …" if len(pods) > _SHOWN else "")
    return [messages.UNPEER_AWAITS_PODS.format(node=node, pods=shown), messages.UNPEER_PODS_HINT]


async def _first(client: Client, resource: Resource, namespace: str, labels: str) -> Object | None:
    return next(iter((await client.list(resource, namespace, labels=labels)).items), None)


def _network(foreign: Object) -> Object:
    rows = meta.get_path(foreign, "status", "peeringConditions", default=[])
    return next((row for row in rows if row["type"] == texts.NETWORK_STATUS), {})
