"""Things that are not where they were looked for: wrong place, wrong name, wrong labels, or nobody made them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, NODES, PODS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import LabelSelector, SelectorError
from liqolab.steps.failing.evidence import Evidence, SilentError
from liqolab.steps.failing.evidence_kinds import FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS
from liqolab.steps.why.causes import phrases
from liqolab.steps.why.causes.engine import Finding, Place, titled
from liqolab.steps.why.causes.offloading import namespace_not_offloaded
from liqolab.steps.why.causes.owners import CONTROLLERS
from liqolab.steps.why.causes.policy import OFFLOADING

_NEAR = 0.6
_SYSTEM = ("kubernetes.io", "k8s.io")
_GENERATED = ("pod-template-hash", "controller-revision-hash", "pod-template-generation")
_VIRTUAL_PREFIX = "liqo-"


def namespace_missing(evidence: Evidence, place: Place) -> Finding | None:
    """The namespace itself is not there."""
    if not place.resource.namespaced or not place.namespace:
        return None
    if evidence.get(place.cluster, NAMESPACES, place.namespace) is not None:
        return None
    what = titled(place.resource, place.name) if place.name else f"{place.resource.kind.lower()}s"
    text = f'{what} cannot be there: cluster "{place.cluster}" has no namespace "{place.namespace}"'
    following = Place(place.cluster, NAMESPACES, place.namespace)
    return Finding(text, following if _has_more_to_say(evidence, following) else None)


def _has_more_to_say(evidence: Evidence, place: Place) -> bool:
    return namespace_not_offloaded(evidence, place) is not None or elsewhere(evidence, place) is not None


def not_offloaded(evidence: Evidence, place: Place) -> Finding | None:
    """The one object that makes a namespace an offloaded one."""
    if place.resource != NAMESPACE_OFFLOADINGS or place.name != OFFLOADING:
        return None
    return Finding(f'namespace "{place.namespace}" of cluster "{place.cluster}" is not offloaded')


def maker_in_trouble(evidence: Evidence, place: Place) -> Finding | None:
    """Pods that a workload should have made."""
    if place.resource != PODS or not place.labels or not place.namespace:
        return None
    selector = _selector(place.labels)
    if selector is None or _matching(evidence.list(place.cluster, PODS, place.namespace), selector):
        return None
    for resource in CONTROLLERS.values():
        for workload in evidence.list(place.cluster, resource, place.namespace):
            labels = meta.get_path(workload, "spec", "template", "metadata", "labels", default={})
            if meta.controller_of(workload) or not selector.matches(labels):
                continue
            if meta.get_path(workload, "spec", "replicas") == 0:
                return Finding(f"{titled(resource, meta.name(workload))} is scaled to 0, so it has no pods")
            text = f"{titled(resource, meta.name(workload))} has made no pod that matches {place.labels}"
            return Finding(text, Place(place.cluster, resource, meta.name(workload), place.namespace))
    return None


def matching_pod_in_trouble(evidence: Evidence, place: Place) -> Finding | None:
    """Pods that a selector finds, and of which none is well: the first one's trouble."""
    if place.resource != PODS or place.name:
        return None
    pods = matching(evidence, place)
    living = [pod for pod in pods if not meta.is_deleting(pod)]
    waiting = [pod for pod in living if not meta.pod_is_ready(pod) and not meta.pod_is_terminal(pod)]
    failed = [pod for pod in living if meta.get_path(pod, "status", "phase") == "Failed"]
    chosen = next(iter([*waiting, *failed]), None)
    if chosen is None:
        return None
    well = len(living) - len(waiting) - len(failed)
    which = f"matching {place.labels}" if place.labels else f'in namespace "{place.namespace}"'
    text = f"only {well} of {phrases.counted(len(living), 'pod')} {which} ready" if well else f"no pod {which} is ready"
    return Finding(text, Place(place.cluster, PODS, meta.name(chosen), meta.namespace(chosen)))


def selector_matches_nothing(evidence: Evidence, place: Place) -> Finding | None:
    """Objects are there, and none has the labels."""
    nearest = nearest_labels(evidence, place)
    return Finding(nearest) if nearest else None


def nearest_labels(evidence: Evidence, place: Place) -> str:
    """``3 pods in liqo-demo, none with app=south; labels seen: …``; empty when the selector matches something."""
    selector = _selector(place.labels) if place.labels else None
    if selector is None:
        return ""
    items = evidence.list(place.cluster, place.resource, place.namespace)
    if _matching(items, selector):
        return ""
    noun = place.resource.kind.lower()
    where = f'namespace "{place.namespace}" of ' if place.namespace else ""
    if not items:
        return f'{where}cluster "{place.cluster}" has no {noun}s at all'
    keys = [requirement.key for requirement in selector.requirements]
    seen = phrases.labels_seen(items, keys)
    if seen == "none":
        seen = phrases.labels_seen(items, _own_labels(items))
    there = f'{where}cluster "{place.cluster}" has {phrases.counted(len(items), noun)}'
    return f"{there}, none with {place.labels}; labels seen: {seen}"


def _own_labels(items: Objects) -> list[str]:
    """Labels that people give: those of Kubernetes itself are on everything and tell nothing."""
    keys = dict.fromkeys(key for item in items for key in meta.labels(item))
    own = [key for key in keys if not key.partition("/")[0].endswith(_SYSTEM) and key not in _GENERATED]
    return own or ["-"]


def elsewhere(evidence: Evidence, place: Place) -> Finding | None:
    """The same name in another namespace, or in another cluster."""
    if not place.name:
        return None
    what = titled(place.resource, place.name)
    where = f'namespace "{place.namespace}" of ' if place.namespace else ""
    here = f'{what} is not in {where}cluster "{place.cluster}"'
    if place.namespace:
        items = evidence.list(place.cluster, place.resource)
        spaces = [meta.namespace(item) for item in items if meta.name(item) == place.name]
        if spaces:
            return Finding(f"{here}; it is in namespace {phrases.quoted(spaces)}")
    others = [cluster for cluster in evidence.clusters if cluster != place.cluster and _is_in(evidence, cluster, place)]
    return Finding(f"{here}; it is in cluster {phrases.quoted(others)}") if others else None


def _is_in(evidence: Evidence, cluster: str, place: Place) -> bool:
    try:
        return evidence.get(cluster, place.resource, place.name, place.namespace) is not None
    except SilentError:
        return False


def misspelt(evidence: Evidence, place: Place) -> Finding | None:
    """A name that is nearly one that exists."""
    if not place.name:
        return None
    items = evidence.list(place.cluster, place.resource, place.namespace)
    near = difflib.get_close_matches(place.name, _names(items), 1, _NEAR)
    if not near:
        return None
    where = f'namespace "{place.namespace}" of ' if place.namespace else ""
    return Finding(
        f'{where}cluster "{place.cluster}" has no {titled(place.resource, place.name)}; the nearest is "{near[0]}"'
    )


def _names(items: Iterable[Object]) -> list[str]:
    return [meta.name(item) for item in items]


def not_peered(evidence: Evidence, place: Place) -> Finding | None:
    """A ForeignCluster or virtual node of a cluster that nobody has peered, or not successfully."""
    if place.resource == NODES and place.name.startswith(_VIRTUAL_PREFIX):
        peer = place.name.removeprefix(_VIRTUAL_PREFIX)
    elif place.resource == FOREIGN_CLUSTERS:
        peer = place.name
    else:
        return None
    if not peer or not evidence.source.has(peer):
        return None
    if evidence.get(place.cluster, FOREIGN_CLUSTERS, peer) is not None:
        text = f'cluster "{place.cluster}" has no {titled(place.resource, place.name)} yet'
        return Finding(text, Place(place.cluster, FOREIGN_CLUSTERS, peer)) if place.resource == NODES else None
    return Finding(f'cluster "{place.cluster}" is not peered with "{peer}": it has no ForeignCluster of that name')


def matching(evidence: Evidence, place: Place) -> Objects:
    """The objects that a place without a name speaks of; none where its selector cannot be understood.

    Raises:
        SilentError: the cluster does not say.
    """
    selector = _selector(place.labels)
    return _matching(evidence.list(place.cluster, place.resource, place.namespace), selector) if selector else []


def _selector(labels: str) -> LabelSelector | None:
    try:
        return LabelSelector.parse(labels)
    except SelectorError:
        return None


def _matching(items: Objects, selector: LabelSelector) -> Objects:
    return [item for item in items if selector.matches(meta.labels(item))]
