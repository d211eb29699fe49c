"""Why something is as it is: from what is seen to the root, where the clusters' own words prove it.

One module a family of troubles, one function a shape; `_ENGINE` is the table of them all. Terminals, reports and the
map ask the same question here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from liqolab.apimachinery import meta
from liqolab.steps.failing.evidence import Evidence, SilentError
from liqolab.steps.failing.failure import Target
from liqolab.steps.failing.redaction import presentable
from liqolab.steps.lab import Lab
from liqolab.steps.why.causes import (
    absence,
    clusters,
    containers,
    deletion,
    kinds,
    nodes,
    offloaded,
    offloading,
    peering,
    placement,
    presence,
    services,
    volumes,
    workloads,
)
from liqolab.steps.why.causes import wishes as wishing
from liqolab.steps.why.causes.commands import explain_output
from liqolab.steps.why.causes.engine import Engine, Place
from liqolab.steps.why.lab_source import LabSource

_POD_RULES = (
    offloaded.node_gone,
    offloaded.held_up_in_provider,
    placement.unscheduled,
    containers.evicted,
    containers.image_not_pulled,
    containers.configuration_missing,
    containers.volume_missing,
    containers.probe_failed,
    containers.crashed,
)
_WORKLOAD_RULES = (workloads.pods_refused, workloads.paused, workloads.pods_not_ready)

_ENGINE = Engine(
    rules={
        "": (deletion.terminating_namespace, deletion.held_by_finalizer),
        "Pod": _POD_RULES,
        "Node": (nodes.provider_down, nodes.virtual_node_not_ready, nodes.node_not_ready, nodes.cordoned),
        "Service": (services.no_endpoints,),
        "Endpoints": (services.of_service,),
        "PersistentVolumeClaim": (volumes.unbound,),
        "ForeignCluster": (
            peering.peer_down,
            peering.identity,
            peering.authentication,
            peering.outgoing,
            peering.network,
        ),
        "NamespaceOffloading": (offloading.no_cluster_selected, offloading.remote_conflict),
        **dict.fromkeys(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"), _WORKLOAD_RULES),
    },
    absences=(
        absence.namespace_missing,
        absence.matching_pod_in_trouble,
        absence.maker_in_trouble,
        absence.not_peered,
        absence.not_offloaded,
        offloading.namespace_not_offloaded,
        absence.elsewhere,
        absence.misspelt,
        absence.selector_matches_nothing,
    ),
    silence=clusters.unreachable,
)

_KEEPERS = Engine(
    rules={
        "": (
            deletion.terminating_namespace,
            deletion.held_by_finalizer,
            presence.kept_by_offloading,
            presence.kept_by_owner,
        )
    },
    absences=(),
    silence=clusters.unreachable,
)
"""For checks that want something not to be."""

_LONGEST = 1_000

_ABSENT = replace(_ENGINE, absences=[rule for rule in _ENGINE.absences if rule is not absence.matching_pod_in_trouble])
"""For checks that only want something to be there."""

Scope = Literal["everything", "existence", "wishes", "keepers"]
"""Where to look for a cause: everywhere; only for why something is not there; only in what the sentence asks for beyond
its target, since what is written in a spec is nobody's trouble; or only for what keeps something there.
"""

__all__ = ["Scope", "explain", "explain_failure", "explain_output", "explain_silence", "explain_with"]


def explain(lab: Lab, target: Target) -> list[str]:
    """A chain of sentences from what is seen to its root cause; empty when nothing known is wrong. Never raises."""
    try:
        with contextlib.closing(LabSource(lab)) as source:
            return explain_with(Evidence(source), target)
    except Exception:
        # Whoever asks why something is wrong must not be answered with another error.
        return []


def explain_with(evidence: Evidence, target: Target) -> list[str]:
    """As `explain`, from evidence that is at hand."""
    return _chain(evidence, target, lambda place: _ENGINE.chain(evidence, place))


def explain_failure(evidence: Evidence, target: Target, wishes: Mapping[str, Any], scope: Scope) -> list[str]:
    """Why a check did not hold: what is wrong with its target, or why what else it asked for is not so.

    Args:
        evidence: what the clusters say.
        target: what the check is about.
        wishes: the arguments of its sentence, by name.
        scope: what can be a cause at all.
    """

    def look(place: Place) -> list[str]:
        if scope == "keepers":
            return _KEEPERS.chain(evidence, _one_of(evidence, place))
        if wishing.is_about_peer(place, wishes) and (found := wishing.explain_peer(_ENGINE, evidence, place, wishes)):
            return found
        if scope == "existence" and (found := _missing(evidence, place)):
            return found
        if scope == "everything" and (found := _ENGINE.chain(evidence, place)):
            return found
        with contextlib.suppress(SilentError):
            return wishing.explain_wish(_ENGINE, evidence, place, wishes)
        return []

    return _chain(evidence, target, look)


def _missing(evidence: Evidence, place: Place) -> list[str]:
    """Why something is not there; how well it is, if it is there, is another question."""
    with contextlib.suppress(SilentError):
        if not place.name or evidence.get(place.cluster, place.resource, place.name, place.namespace) is None:
            return _ABSENT.chain(evidence, place)
    return []


def _one_of(evidence: Evidence, place: Place) -> Place:
    """The first object that a selector finds, where no name says which."""
    with contextlib.suppress(SilentError):
        items = [] if place.name else absence.matching(evidence, place)
        if items:
            return Place(place.cluster, place.resource, meta.name(items[0]), meta.namespace(items[0]) or None)
    return place


def explain_silence(evidence: Evidence, names: Iterable[str]) -> list[str]:
    """That one of the named clusters does not answer; empty when they all do."""
    for name in names:
        if name and evidence.source.has(name) and (silence := evidence.silence(name)):
            return [clusters.unreachable(silence)]
    return []


def _chain(evidence: Evidence, target: Target, look: Callable[[Place], list[str]]) -> list[str]:
    silence = evidence.silence(target.cluster)
    if silence is not None:
        return [clusters.unreachable(silence)]
    try:
        resource = evidence.resource(target.cluster, target.kind)
        if resource is None:
            return kinds.unknown(evidence, target)
    except SilentError:
        return []
    namespace = target.namespace if resource.namespaced else None
    place = Place(target.cluster, resource, target.name, namespace, target.labels)
    return [presentable(text, _LONGEST) for text in look(place)]
