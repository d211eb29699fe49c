"""Whom an object belongs to, and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    PODS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    STATEFUL_SETS,
)
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.steps.failing.evidence import Evidence

CONTROLLERS = {
    resource.kind: resource
    for resource in (DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, JOBS, CRON_JOBS, REPLICATION_CONTROLLERS)
}
"""Kinds that make pods, directly or through one another."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Something that manages another object."""

    resource: Resource
    object: Object


def owners(evidence: Evidence, cluster: str, item: Object) -> list[Owner]:
    """The managing owners of an object, the nearest first: ReplicaSet, Deployment.

    Raises:
        SilentError: the cluster does not say.
    """
    found: list[Owner] = []
    reference = meta.controller_of(item)
    while reference is not None and len(found) < len(CONTROLLERS):
        resource = CONTROLLERS.get(reference["kind"])
        owner = evidence.get(cluster, resource, reference["name"], meta.namespace(item)) if resource else None
        if resource is None or owner is None or meta.uid(owner) != reference.get("uid"):
            break
        found.append(Owner(resource, owner))
        reference = meta.controller_of(owner)
    return found


def children(evidence: Evidence, cluster: str, owner: Object, resource: Resource) -> Objects:
    """The objects of a kind that `owner` manages directly.

    Raises:
        SilentError: the cluster does not say.
    """
    items = evidence.list(cluster, resource, meta.namespace(owner))
    return [item for item in items if meta.is_controlled_by(item, owner)]


def pods_of(evidence: Evidence, cluster: str, resource: Resource, owner: Object) -> Objects:
    """The pods that a workload manages, through what lies between; those of the newest template first.

    Raises:
        SilentError: the cluster does not say.
    """
    if resource == PODS:
        return [owner]
    between = {DEPLOYMENTS: REPLICA_SETS, CRON_JOBS: JOBS}.get(resource)
    if between is None:
        return children(evidence, cluster, owner, PODS)
    makers = sorted(children(evidence, cluster, owner, between), key=_revision, reverse=True)
    return [pod for maker in makers for pod in children(evidence, cluster, maker, PODS)]


def workload_name(evidence: Evidence, cluster: str, pod: Object) -> str:
    """What people call a pod's workload: its deployment's name; its own where it has none.

    Raises:
        SilentError: the cluster does not say.
    """
    found = owners(evidence, cluster, pod)
    return meta.name(found[-1].object) if found else meta.name(pod)


def template_of(evidence: Evidence, cluster: str, pod: Object) -> Object | None:
    """The pod as it was asked for, before admission changed it; None where nobody knows.

    Raises:
        SilentError: the cluster does not say.
    """
    found = owners(evidence, cluster, pod)
    template: Object | None = meta.get_path(found[0].object, "spec", "template") if found else None
    return template


def _revision(item: Object) -> tuple[int, str]:
    text = meta.annotations(item).get("deployment.kubernetes.io/revision", "0")
    return int(text) if text.isdecimal() else 0, meta.get_path(item, "metadata", "creationTimestamp", default="")
