"""Who else belongs to an object: its owners, what it manages, and its twins in other clusters.

Events and logs that explain a failure are seldom the object's own: a deployment is silent, its replica set complains,
its pod cannot start, and the pod's twin in another cluster has the log.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DEPLOYMENTS, NODES, PODS, REPLICA_SETS, SERVICES
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.apimachinery.selectors import LabelSelector, SelectorError
from liqolab.steps.failing.evidence import Evidence, SilentError
from liqolab.steps.failing.evidence_kinds import SHADOW_PODS
from liqolab.steps.why.causes import owners, policy
from liqolab.steps.why.causes.engine import Place

_MOST_PODS = 3


@dataclass(frozen=True)
class Relative:
    """One object of one cluster."""

    cluster: str
    resource: Resource
    object: Object


def family(evidence: Evidence, place: Place) -> list[Relative]:
    """The objects at a place, their owners, the pods they manage (those in trouble first) and those pods' twins."""
    found: list[Relative] = []
    for item in _present(evidence, place):
        found += _relations(evidence, place.cluster, place.resource, item)
    unique: dict[tuple[str, str], Relative] = {}
    for relative in found:
        unique.setdefault((relative.cluster, meta.uid(relative.object)), relative)
    return list(unique.values())


def pods(relatives: list[Relative]) -> list[Relative]:
    return [relative for relative in relatives if relative.resource == PODS]


def _present(evidence: Evidence, place: Place) -> Objects:
    with contextlib.suppress(SilentError, SelectorError):
        if place.name:
            item = evidence.get(place.cluster, place.resource, place.name, place.namespace)
            return [item] if item is not None else []
        selector = LabelSelector.parse(place.labels)
        items = evidence.list(place.cluster, place.resource, place.namespace)
        return _worst([item for item in items if selector.matches(meta.labels(item))])
    return []


def _relations(evidence: Evidence, cluster: str, resource: Resource, item: Object) -> list[Relative]:
    found = [Relative(cluster, resource, item)]
    with contextlib.suppress(SilentError):
        found += [Relative(cluster, owner.resource, owner.object) for owner in owners.owners(evidence, cluster, item)]
        if resource == DEPLOYMENTS:
            found += [Relative(cluster, REPLICA_SETS, each) for each in _makers(evidence, cluster, item)]
        managed = [item] if resource == PODS else _pods_of(evidence, cluster, resource, item)
        for pod in _worst(managed):
            found.append(Relative(cluster, PODS, pod))
            found += _twins(evidence, cluster, pod)
    return found


def _makers(evidence: Evidence, cluster: str, deployment: Object) -> Objects:
    sets = owners.children(evidence, cluster, deployment, REPLICA_SETS)
    return [each for each in sets if meta.get_path(each, "spec", "replicas", default=0)]


def _pods_of(evidence: Evidence, cluster: str, resource: Resource, item: Object) -> Objects:
    if resource == SERVICES:
        selector = LabelSelector.from_labels(meta.get_path(item, "spec", "selector", default={}))
        pods = evidence.list(cluster, PODS, meta.namespace(item))
        return [pod for pod in pods if selector.matches(meta.labels(pod))]
    if resource.kind in owners.CONTROLLERS:
        return owners.pods_of(evidence, cluster, resource, item)
    return []


def _twins(evidence: Evidence, cluster: str, pod: Object) -> list[Relative]:
    """The same pod in the provider's cluster, where the pod is on a virtual node."""
    with contextlib.suppress(SilentError):
        name = meta.get_path(pod, "spec", "nodeName", default="")
        node = evidence.get(cluster, NODES, name) if name else None
        if node is None or not policy.is_virtual(node):
            return []
        provider = policy.provider_of(evidence, cluster, node)
        offloading = policy.of_namespace(evidence, cluster, meta.namespace(pod))
        if not provider or offloading is None or not evidence.source.has(provider):
            return []
        space = offloading.remote_namespace or meta.namespace(pod)
        kinds = (
            (PODS, evidence.get(provider, PODS, meta.name(pod), space)),
            (SHADOW_PODS, evidence.get(provider, SHADOW_PODS, meta.name(pod), space)),
        )
        return [Relative(provider, resource, item) for resource, item in kinds if item is not None]
    return []


def _worst(items: Objects) -> Objects:
    """The few that are least well."""
    return sorted(items, key=meta.pod_is_ready)[:_MOST_PODS]
