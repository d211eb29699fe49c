"""A node's own word on a pod that was assigned to it.

The scheduler's choice passes as a rule; a pod that names its node itself, or a node that changed meanwhile, does not
always. The rules are the scheduler's plugins, so that both reason alike.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import untolerated_taint
from liqolab.kube.node import texts
from liqolab.kube.scheduler.framework import Plugin
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.plugins.node_affinity import NodeAffinity
from liqolab.kube.scheduler.plugins.node_name import NodeName
from liqolab.kube.scheduler.plugins.node_ports import NodePorts
from liqolab.kube.scheduler.plugins.node_resources_fit import shortages
from liqolab.kube.scheduler.snapshot import Snapshot

_PREDICATES: tuple[type[Plugin], ...] = (NodeName, NodeAffinity, NodePorts)


def refusal(pod: Object, node: Object, others: Iterable[Object]) -> tuple[str, str] | None:
    """(reason, message) of the failed status that the pod gets, or None when the node takes it.

    Args:
        pod: the newcomer.
        node: this node.
        others: the pods that it already runs.
    """
    newcomer, info = PodInfo(pod), NodeInfo(node, (PodInfo(other) for other in others))
    if not info.allocatable:
        return None
    for resource, wanted, used, capacity in shortages(newcomer, info):
        why = texts.OUT_OF.format(resource=resource, requested=wanted, used=used, capacity=capacity)
        return f"OutOf{resource}", texts.REJECTED.format(why=why)
    cluster = Snapshot({info.name: info})
    for predicate in _PREDICATES:
        verdict = predicate(newcomer, cluster).filter(info)
        if verdict is not None:
            return _failed(predicate.name, verdict.reasons[0])
    if untolerated_taint(pod, node, ("NoExecute",)) is not None:
        return _failed("TaintToleration", "node had taints that the pod doesn't tolerate")
    return None


def _failed(name: str, why: str) -> tuple[str, str]:
    return name, texts.REJECTED.format(why=texts.PREDICATE_FAILED.format(name=name, why=why))
