"""The conditions of a ForeignCluster as functions of what lies in its tenant namespace.

Both directions of a peering are judged by the same pair of objects, a ResourceRequest and the ResourceOffer that
answers it; only who authored them differs.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.texts import ConditionText


def find_local(objects: Iterable[Object], peer_id: str) -> Object | None:
    """The object that this cluster authored for the peer, if there is one."""
    return next((item for item in objects if is_local(item, peer_id)), None)


def find_replica(objects: Iterable[Object], peer_id: str) -> Object | None:
    """The object that the peer authored and replicated to this cluster, if there is one."""
    return next((item for item in objects if is_replica(item, peer_id)), None)


def is_local(item: Object, peer_id: str) -> bool:
    labels = meta.labels(item)
    return labels.get(names.LABEL_REPLICATION) == "true" and labels.get(names.LABEL_REMOTE_ID) == peer_id


def is_replica(item: Object, peer_id: str) -> bool:
    labels = meta.labels(item)
    return labels.get(names.LABEL_REPLICATED) == "true" and labels.get(names.LABEL_ORIGIN_ID) == peer_id


def peering(request: Object | None, offer: Object | None, namespace: str) -> ConditionText:
    """The state of one direction, given its ResourceRequest and ResourceOffer."""
    if request is None:
        return texts.NO_RESOURCE_REQUEST.about(namespace=namespace)
    state = meta.get_path(request, "status", "offerState", default=texts.OFFER_STATE_NONE)
    withdrawn = meta.get_path(request, "spec", "withdrawalTimestamp") or meta.get_path(
        request, "status", "offerWithdrawalTimestamp"
    )
    if meta.is_deleting(request) or (withdrawn and state == texts.OFFER_STATE_CREATED):
        return texts.RESOURCE_REQUEST_DELETING.about(namespace=namespace)
    if state != texts.OFFER_STATE_CREATED or offer is None:
        return texts.RESOURCE_REQUEST_PENDING.about(namespace=namespace)
    if meta.get_path(offer, "status", "virtualKubeletStatus") != texts.KUBELET_CREATED:
        return texts.OFFER_NOT_ACCEPTED.get(meta.get_path(offer, "status", "phase"), texts.KUBELET_PENDING)
    return texts.RESOURCE_REQUEST_ACCEPTED.about(namespace=namespace)


def network(endpoint: Object | None, namespace: str) -> ConditionText:
    """The state of the tunnel, given its TunnelEndpoint."""
    if endpoint is None:
        return texts.TUNNEL_ENDPOINT_NOT_FOUND.about(namespace=namespace)
    connection = meta.get_path(endpoint, "status", "connection", default={})
    status = connection.get("status", texts.TUNNEL_CONNECTING)
    if status == texts.TUNNEL_CONNECTED:
        return texts.TUNNEL_ENDPOINT_AVAILABLE.about(namespace=namespace)
    if status == texts.TUNNEL_ERROR:
        return texts.TUNNEL_ENDPOINT_ERROR.about(error=connection.get("statusMessage", ""))
    return texts.TUNNEL_ENDPOINT_CONNECTING.about(namespace=namespace)


def condition_of(foreign_cluster: Object, type: str) -> Object | None:
    """A condition of a ForeignCluster, once it was written."""
    conditions: Objects = meta.get_path(foreign_cluster, "status", "peeringConditions", default=[])
    return meta.find_condition(conditions, type)


def status_of(foreign_cluster: Object, type: str) -> str:
    """The status of a condition, ``None`` before the first one was written."""
    found = condition_of(foreign_cluster, type)
    return str(found["status"]) if found else texts.NONE


def with_condition(conditions: Objects, type: str, text: ConditionText) -> Objects:
    """The list with one condition set; its transition time changes with its status only."""
    condition = {"type": type, "status": text.status, "reason": text.reason, "message": text.message}
    return meta.set_condition(conditions, condition)
