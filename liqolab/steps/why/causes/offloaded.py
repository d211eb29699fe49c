"""Pods on virtual nodes: what holds them up may be in the provider's cluster, or between the two."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, PODS
from liqolab.apimachinery.resources import Object
from liqolab.steps.failing.evidence_kinds import SHADOW_PODS
from liqolab.steps.why.causes import policy
from liqolab.steps.why.causes.engine import Case, Finding, Place
from liqolab.steps.why.causes.owners import workload_name

_REFUSED = ("OffloadingBackOff", "OffloadingAborted")


def node_gone(case: Case) -> Finding | None:
    """A pod that is bound to a node which no longer exists."""
    node = _node_name(case.object)
    if not node or meta.pod_is_terminal(case.object):
        return None
    if case.evidence.get(case.cluster, NODES, node) is not None:
        return None
    who = workload_name(case.evidence, case.cluster, case.object)
    return Finding(f'{who} is not running: it was assigned to node "{node}", which no longer exists')


def held_up_in_provider(case: Case) -> Finding | None:
    """A pod on a virtual node that does not run: because of its twin in the provider, or of the provider itself."""
    pod = case.object
    node = case.evidence.get(case.cluster, NODES, _node_name(pod)) if _node_name(pod) else None
    if node is None or not policy.is_virtual(node) or meta.pod_is_terminal(pod):
        return None
    who = workload_name(case.evidence, case.cluster, pod)
    provider = policy.provider_of(case.evidence, case.cluster, node)
    where = f'{who} is assigned to node "{meta.name(node)}", which stands for cluster "{provider}"'
    if provider and case.evidence.source.has(provider) and case.evidence.silence(provider) is not None:
        return Finding(where, Place(provider, PODS, case.name, case.namespace))
    if meta.pod_is_ready(pod):
        return None
    if refused := _refusal(pod):
        offloading = policy.of_namespace(case.evidence, case.cluster, case.namespace)
        if offloading is None:
            return Finding(
                f'{who} is assigned to node "{meta.name(node)}", which stands for another cluster, and namespace '
                f'"{case.namespace}" is not offloaded'
            )
        return Finding(f'{who} is refused by virtual node "{meta.name(node)}": {refused}')
    if not meta.condition_is_true(node, "Ready"):
        return Finding(f'{who} is assigned to node "{meta.name(node)}"', case.place(NODES, node))
    return _twin(case, who, provider)


def _twin(case: Case, who: str, provider: str) -> Finding | None:
    """The same pod in the provider's cluster, with what ails it there."""
    offloading = policy.of_namespace(case.evidence, case.cluster, case.namespace)
    if not provider or not case.evidence.source.has(provider) or offloading is None:
        return None
    space = offloading.remote_namespace or case.namespace
    shadow = case.evidence.get(provider, SHADOW_PODS, case.name, space)
    twin = case.evidence.get(provider, PODS, case.name, space)
    if shadow is None and twin is None:
        return None
    text = f'{who} is offloaded to cluster "{provider}", and is not Ready there'
    return Finding(text, Place(provider, PODS, case.name, space))


def _refusal(pod: Object) -> str:
    """What the virtual kubelet said when it did not take the pod."""
    status = pod.get("status") or {}
    rows = [(row.get("state") or {}).get("waiting") or {} for row in status.get("containerStatuses") or ()]
    for row in [*rows, status]:
        if row.get("reason") in _REFUSED:
            return str(row.get("message") or row["reason"])
    return ""


def _node_name(pod: Object) -> str:
    return str(meta.get_path(pod, "spec", "nodeName", default=""))
