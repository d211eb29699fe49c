"""Namespaces that are not in the clusters where somebody looks for them."""

from __future__ import annotations

import contextlib

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, NODES
from liqolab.steps.failing.evidence import Evidence, SilentError
from liqolab.steps.failing.evidence_kinds import FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS
from liqolab.steps.why.causes import phrases, policy
from liqolab.steps.why.causes.engine import Case, Finding, Place
from liqolab.steps.why.causes.policy import Policy

_MANAGED = "liqo.io/managed-by-namespace-map"


def no_cluster_selected(case: Case) -> Finding | None:
    """A selector that no virtual node fulfils."""
    if meta.get_path(case.object, "status", "offloadingPhase") != "NoClusterSelected":
        return None
    offloading = Policy(case.object)
    nodes = [node for node in case.evidence.list(case.cluster, NODES) if policy.is_virtual(node)]
    if any(offloading.selects(node) for node in nodes):
        return None
    title = f'namespace "{case.namespace}" is offloaded to no cluster'
    if not nodes:
        return Finding(f'{title}: cluster "{case.cluster}" has no virtual node, so nobody is peered with it')
    seen = phrases.labels_seen(nodes, offloading.keys)
    return Finding(f"{title}: it asks for {offloading.wording}; the virtual nodes have {seen}")


def remote_conflict(case: Case) -> Finding | None:
    """A provider that has a namespace of that name of its own."""
    if meta.get_path(case.object, "status", "offloadingPhase") not in ("SomeFailed", "AllFailed"):
        return None
    offloading = Policy(case.object)
    for node in case.evidence.list(case.cluster, NODES):
        if not policy.is_virtual(node) or not offloading.selects(node):
            continue
        provider = policy.provider_of(case.evidence, case.cluster, node)
        if not provider or not case.evidence.source.has(provider):
            continue
        remote = offloading.remote_namespace or case.namespace
        there = case.evidence.get(provider, NAMESPACES, remote)
        if there is not None and _MANAGED not in meta.annotations(there):
            return Finding(
                f'namespace "{case.namespace}" cannot be offloaded to cluster "{provider}": it has a namespace '
                f'"{remote}" of its own'
            )
    return None


def namespace_not_offloaded(evidence: Evidence, place: Place) -> Finding | None:
    """A namespace that another cluster has, and whose policy keeps it out of this one."""
    if place.resource != NAMESPACES or not place.name:
        return None
    others = [cluster for cluster in evidence.clusters if cluster != place.cluster]
    # A cluster that is peered with this one says more than one that only has a namespace of that name.
    for look in (_kept_out, _not_peered):
        for cluster in others:
            with contextlib.suppress(SilentError):
                if found := look(evidence, cluster, place):
                    return found
    return None


def _is_home(evidence: Evidence, cluster: str, place: Place) -> bool:
    """Whether a cluster has the namespace as its own."""
    found = evidence.get(cluster, NAMESPACES, place.name)
    return found is not None and _MANAGED not in meta.annotations(found)


def _is_peered(evidence: Evidence, cluster: str, place: Place) -> bool:
    return any(
        place.cluster in (meta.get_path(peer, "spec", "clusterIdentity", "clusterName"), meta.name(peer))
        for peer in evidence.list(cluster, FOREIGN_CLUSTERS)
    )


def _not_peered(evidence: Evidence, cluster: str, place: Place) -> Finding | None:
    if not _is_home(evidence, cluster, place) or _is_peered(evidence, cluster, place):
        return None
    here = f'namespace "{place.name}" is not in cluster "{place.cluster}"'
    return Finding(f'{here}: cluster "{cluster}" has it, and is not peered with "{place.cluster}"')


def _kept_out(evidence: Evidence, cluster: str, place: Place) -> Finding | None:
    if not _is_home(evidence, cluster, place) or not _is_peered(evidence, cluster, place):
        return None
    offloading = policy.of_namespace(evidence, cluster, place.name)
    here = f'namespace "{place.name}" is not in cluster "{place.cluster}"'
    if offloading is None:
        return Finding(f'{here}: cluster "{cluster}" has it, and it is not offloaded (it has no NamespaceOffloading)')
    node = policy.node_of(evidence, cluster, place.cluster)
    if node is not None and not offloading.selects(node):
        has = phrases.labels_seen([node], offloading.keys)
        return Finding(
            f'{here}: cluster "{cluster}" offloads it to {_where(offloading)}, and "{place.cluster}" has {has}'
        )
    if offloading.remote_namespace not in ("", place.name):
        return Finding(f'{here}: cluster "{cluster}" offloads it there under the name "{offloading.remote_namespace}"')
    if offloading.object.get("status", {}).get("offloadingPhase") == "Ready":
        return None
    return Finding(here, Place(cluster, NAMESPACE_OFFLOADINGS, policy.OFFLOADING, place.name))


def _where(offloading: Policy) -> str:
    return phrases.terms(term.get("matchExpressions") or [] for term in offloading.terms)
