"""What a sentence wanted beyond the object that it is about: a node, a label, another cluster, a service.

An object may be well and yet not be what was asked for: a pod that runs, but at home. The wish itself says where to
look then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, NODES, PODS, SERVICES
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector, SelectorError, node_affinity_matches
from liqolab.steps.failing.evidence import Evidence
from liqolab.steps.failing.evidence_kinds import FOREIGN_CLUSTERS
from liqolab.steps.why.causes import peering, phrases, policy
from liqolab.steps.why.causes.engine import Engine, Place
from liqolab.steps.why.causes.owners import workload_name

Wishes = Mapping[str, Any]
"""The arguments of the sentence, by name: ``node``, ``label``, ``other``, ``service`` …"""

_Wish = Callable[[Engine, Evidence, Place, Wishes], list[str]]


def explain_wish(engine: Engine, evidence: Evidence, place: Place, wishes: Wishes) -> list[str]:
    """Why a wish did not come true; empty when no reason is certain.

    Raises:
        SilentError: a cluster does not say.
    """
    for wish in _WISHES:
        if found := wish(engine, evidence, place, wishes):
            return found
    return []


def _node(engine: Engine, evidence: Evidence, place: Place, wishes: Wishes) -> list[str]:
    """A pod is to run on a certain node."""
    name = wishes.get("node")
    if not name or place.resource != PODS:
        return []
    node = evidence.get(place.cluster, NODES, name)
    if node is None:
        return engine.chain(evidence, Place(place.cluster, NODES, name))
    return [reason] if (reason := _not_on(evidence, place, node)) else []


def _provider(engine: Engine, evidence: Evidence, place: Place, wishes: Wishes) -> list[str]:
    """Pods are to run in another cluster."""
    other, cluster = wishes.get("other"), wishes.get("cluster")
    if not other or not cluster or place.resource != PODS:
        return []
    node = policy.node_of(evidence, cluster, other)
    if node is None:
        return engine.chain(evidence, Place(cluster, FOREIGN_CLUSTERS, other))
    home = Place(cluster, PODS, place.name, place.namespace, place.labels)
    if reason := _not_on(evidence, home, node):
        return [reason]
    return engine.chain(evidence, home)


def _offloaded(engine: Engine, evidence: Evidence, place: Place, wishes: Wishes) -> list[str]:
    """A namespace, or something in it, is to be in another cluster."""
    other, namespace = wishes.get("other"), wishes.get("namespace") or place.namespace
    if not other or not namespace or evidence.silence(other) is not None:
        return engine.chain(evidence, Place(other, NAMESPACES, "")) if other and namespace else []
    return engine.chain(evidence, Place(other, NAMESPACES, namespace))


def is_about_peer(place: Place, wishes: Wishes) -> bool:
    """Whether the target is the node that stands for another cluster: it is chosen by labels that nobody knows."""
    return place.resource == NODES and not place.name and bool(wishes.get("other"))


def explain_peer(engine: Engine, evidence: Evidence, place: Place, wishes: Wishes) -> list[str]:
    """The peering with another cluster that the sentence names."""
    other = wishes.get("other")
    peer = evidence.get(place.cluster, FOREIGN_CLUSTERS, other) if other else None
    if peer is not None and peering.is_incoming_only(peer):
        return [f'only "{other}" is peered with "{place.cluster}": the other direction was not asked for']
    return engine.chain(evidence, Place(place.cluster, FOREIGN_CLUSTERS, other)) if other else []


def _service(engine: Engine, evidence: Evidence, place: Place, wishes: Wishes) -> list[str]:
    """A service is to be reached: ``web``, ``web.liqo-demo:80``."""
    name, _, rest = str(wishes.get("service") or "").partition(":")[0].partition(".")
    namespace = rest.partition(".")[0] or place.namespace
    return engine.chain(evidence, Place(place.cluster, SERVICES, name, namespace)) if name else []


def _label(engine: Engine, evidence: Evidence, place: Place, wishes: Wishes) -> list[str]:
    """A node is to have a label."""
    key, _, value = str(wishes.get("label") or "").partition("=")
    node = evidence.get(place.cluster, NODES, place.name) if key and place.resource == NODES else None
    if node is None or meta.labels(node).get(key) == value:
        return []
    others = [meta.name(item) for item in evidence.list(place.cluster, NODES) if meta.labels(item).get(key) == value]
    short = phrases.key_of(key)
    has = f"has {short}={meta.labels(node)[key]}" if key in meta.labels(node) else f"has no label {key}"
    where = f"{short}={value} is on node {phrases.quoted(others)}" if others else f"no node has {key}={value}"
    return [f'node "{place.name}" {has}; {where}']


def _not_on(evidence: Evidence, place: Place, node: Object) -> str:
    """Why a pod may not run on a node; empty when nothing forbids it."""
    pod = _pod(evidence, place)
    namespace = place.namespace or ""
    offloading = policy.of_namespace(evidence, place.cluster, namespace)
    if policy.is_virtual(node) and offloading is None:
        return f'pods of namespace "{namespace}" stay at home: it is not offloaded (it has no NamespaceOffloading)'
    if policy.is_virtual(node) and offloading is not None and offloading.strategy == "Local":
        return f'pods of namespace "{namespace}" stay at home: its pod offloading strategy is Local'
    name = meta.name(node)
    if offloading is not None and not offloading.allows(node):
        has = phrases.labels_seen([node], offloading.keys)
        return f'namespace "{namespace}" allows {offloading.wording}; node "{name}" has {has}'
    if pod is not None and not node_affinity_matches(pod, node):
        who = workload_name(evidence, place.cluster, pod)
        return f'{who} requires labels that node "{name}" does not have'
    if pod is not None and meta.get_path(node, "spec", "unschedulable") and _elsewhere(pod, node):
        return f'node "{name}" is cordoned: it takes no new pods'
    return ""


def _elsewhere(pod: Object, node: Object) -> bool:
    return bool(meta.get_path(pod, "spec", "nodeName") != meta.name(node))


def _pod(evidence: Evidence, place: Place) -> Object | None:
    if place.name:
        return evidence.get(place.cluster, PODS, place.name, place.namespace)
    try:
        selector = LabelSelector.parse(place.labels)
    except SelectorError:
        return None
    pods = evidence.list(place.cluster, PODS, place.namespace)
    return next((pod for pod in pods if selector.matches(meta.labels(pod)) and not meta.is_deleting(pod)), None)


_WISHES: tuple[_Wish, ...] = (_node, _provider, _offloaded, explain_peer, _service, _label)
