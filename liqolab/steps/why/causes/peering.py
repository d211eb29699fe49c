"""Peerings that are not established: the first of their phases that did not come about, and why."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, PODS
from liqolab.apimachinery.resources import Object
from liqolab.steps.why.causes.engine import Case, Finding, Place

_LIQO = "liqo"
_GATEWAY = "liqo-gateway"
_AUTH = "liqo-auth"
_CONTROLLER = "liqo-controller-manager"
_REFUSALS = ("Denied", "EmptyDenied")
_ESTABLISHED = "Established"


def peer_down(case: Case) -> Finding | None:
    """A peer whose API server does not answer."""
    peer = _peer(case)
    if not case.evidence.source.has(peer) or case.evidence.silence(peer) is None:
        return None
    return Finding(f'the peering with "{peer}" rests on its API server', Place(peer, NAMESPACES, ""))


def authentication(case: Case) -> Finding | None:
    """The peer refused, or could not be asked."""
    condition = _condition(case.object, "AuthenticationStatus")
    status, message = condition.get("status", ""), str(condition.get("message", ""))
    title = f'cluster "{case.cluster}" is not peered with "{_peer(case)}"'
    if status in _REFUSALS:
        why = "it got no token" if status == "EmptyDenied" else message.rpartition("cluster: ")[2] or message
        return Finding(f'{title}: "{_peer(case)}" refuses to authenticate it: {why}')
    if status != "Error" and condition.get("reason") != "AuthNotReachable":
        return None
    url = meta.get_path(case.object, "spec", "foreignAuthUrl", default="?")
    component = _broken(case, _peer(case), _AUTH)
    text = f"{title}: its authentication service at {url} is not reachable"
    return Finding(text, component)


def identity(case: Case) -> Finding | None:
    """A ForeignCluster that contradicts others, or itself."""
    condition = _condition(case.object, "ProcessForeignClusterStatus")
    if condition.get("status") != "Error":
        return None
    return Finding(f'foreigncluster "{case.name}" cannot be processed: {condition.get("message", "")}')


def outgoing(case: Case) -> Finding | None:
    """The peering was not asked for, or the peer has not offered anything."""
    condition = _condition(case.object, "OutgoingPeering")
    if condition.get("status") == _ESTABLISHED or is_incoming_only(case.object):
        return None
    title = f'cluster "{case.cluster}" is not peered with "{_peer(case)}"'
    wanted = meta.get_path(case.object, "spec", "outgoingPeeringEnabled")
    if wanted == "No":
        return Finding(f"{title}: its ForeignCluster asks for no outgoing peering (outgoingPeeringEnabled: No)")
    if condition.get("status") == "Pending":
        for cluster in (_peer(case), case.cluster):
            if component := _broken(case, cluster, _CONTROLLER):
                return Finding(f"{title}: {_CONTROLLER} does not run in cluster {cluster}", component)
    return None


def is_incoming_only(peer: Object) -> bool:
    """Whether the peering goes the other way only, which is nobody's trouble but who wanted both."""
    outgoing = _condition(peer, "OutgoingPeering").get("status", "None")
    return outgoing == "None" and _condition(peer, "IncomingPeering").get("status") == _ESTABLISHED


def network(case: Case) -> Finding | None:
    """No tunnel."""
    condition = _condition(case.object, "NetworkStatus")
    if condition.get("status") == _ESTABLISHED:
        return None
    title = f'there is no network between "{case.cluster}" and "{_peer(case)}"'
    if meta.get_path(case.object, "spec", "networkingEnabled") == "No":
        return Finding(f"{title}: networkingEnabled is No")
    for cluster in (case.cluster, _peer(case)):
        if component := _broken(case, cluster, _GATEWAY):
            return Finding(f'{title}: the gateway of "{cluster}" does not run', component)
        if _has_none(case, cluster, _GATEWAY):
            return Finding(f'{title}: no gateway runs in cluster "{cluster}" (namespace liqo has no pod {_GATEWAY}-…)')
    return None


def _peer(case: Case) -> str:
    return str(meta.get_path(case.object, "spec", "clusterIdentity", "clusterName", default="") or case.name)


def _condition(item: Object, type: str) -> Object:
    return meta.find_condition(meta.get_path(item, "status", "peeringConditions", default=[]), type) or {}


def _component(case: Case, cluster: str, name: str) -> list[Object] | None:
    """The pods of one of Liqo's components; None where the cluster cannot be looked into."""
    if not case.evidence.source.has(cluster):
        return None
    pods = case.evidence.list(cluster, PODS, _LIQO)
    return [pod for pod in pods if meta.name(pod).startswith(f"{name}-") and not meta.is_deleting(pod)]


def _broken(case: Case, cluster: str, name: str) -> Place | None:
    pods = _component(case, cluster, name) or []
    broken = next((pod for pod in pods if not meta.pod_is_ready(pod)), None)
    return Place(cluster, PODS, meta.name(broken), _LIQO) if broken is not None else None


def _has_none(case: Case, cluster: str, name: str) -> bool:
    """Whether Liqo is there and this component is not."""
    return _component(case, cluster, name) == [] and bool(_component(case, cluster, _LIQO))
