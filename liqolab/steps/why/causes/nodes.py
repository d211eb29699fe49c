"""Nodes that are not Ready or take no pods."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, PODS
from liqolab.steps.failing.evidence_kinds import FOREIGN_CLUSTERS
from liqolab.steps.why.causes import policy
from liqolab.steps.why.causes.engine import Case, Finding, Place

_KUBELET = "virtual-kubelet"


def provider_down(case: Case) -> Finding | None:
    """A virtual node whose cluster does not answer."""
    if not policy.is_virtual(case.object):
        return None
    provider = policy.provider_of(case.evidence, case.cluster, case.object)
    if provider and case.evidence.source.has(provider) and case.evidence.silence(provider) is not None:
        return Finding(f'{case.title} stands for cluster "{provider}"', Place(provider, NODES, ""))
    return None


def virtual_node_not_ready(case: Case) -> Finding | None:
    """A virtual node without a virtual kubelet, or without a network to its cluster."""
    if not policy.is_virtual(case.object) or meta.condition_is_true(case.object, "Ready"):
        return None
    provider = policy.provider_of(case.evidence, case.cluster, case.object)
    peer = _peer(case, provider)
    if peer is None:
        return Finding(f"{case.title} is not Ready: no ForeignCluster is left that it could stand for")
    tenant = meta.get_path(peer, "status", "tenantNamespace", "local", default="")
    kubelets = [pod for pod in case.evidence.list(case.cluster, PODS, tenant) if meta.name(pod).startswith(_KUBELET)]
    if tenant and not kubelets:
        return Finding(f'{case.title} is not Ready: no virtual kubelet runs in namespace "{tenant}"')
    for pod in kubelets:
        if not meta.pod_is_ready(pod):
            return Finding(f"{case.title} is not Ready: its virtual kubelet does not run", case.place(PODS, pod))
    if meta.condition_is_true(case.object, "NetworkUnavailable"):
        text = f'{case.title} is not Ready: there is no network to cluster "{provider}"'
        return Finding(text, Place(case.cluster, FOREIGN_CLUSTERS, meta.name(peer)))
    return None


def node_not_ready(case: Case) -> Finding | None:
    """A node that is not Ready, in its own words."""
    condition = meta.find_condition(case.object, "Ready")
    if condition is None or condition.get("status") == "True":
        return None
    if policy.is_virtual(case.object) and condition.get("reason") != "NodeStatusUnknown":
        return None
    said = condition.get("message") or condition.get("reason") or "it does not say why"
    return Finding(f"{case.title} is not Ready: {said}")


def cordoned(case: Case) -> Finding | None:
    """A node that was told to take no more pods."""
    if meta.get_path(case.object, "spec", "unschedulable"):
        return Finding(f"{case.title} is cordoned: it takes no new pods")
    return None


def _peer(case: Case, provider: str) -> dict[str, object] | None:
    peers = case.evidence.list(case.cluster, FOREIGN_CLUSTERS)
    return next(
        (
            item
            for item in peers
            if provider and provider in (meta.get_path(item, "spec", "clusterIdentity", "clusterName"), meta.name(item))
        ),
        None,
    )
