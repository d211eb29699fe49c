"""What an offloading policy adds to a pod: one toleration and one required node affinity. Pure functions.

The imposed terms and the product with the pod's own terms follow Liqo 0.5 to the order of their expressions, because
people read them in ``kubectl get pod -o yaml`` to understand why a pod went where it went.
"""

from __future__ import annotations

from copy import deepcopy

from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.names import LABEL_TYPE, TYPE_VIRTUAL_NODE, not_allowed_toleration
from liqolab.liqo.gen05.texts import (
    POD_STRATEGY_UNKNOWN,
    STRATEGY_LOCAL,
    STRATEGY_LOCAL_AND_REMOTE,
    STRATEGY_REMOTE,
)

_VIRTUAL: Object = {"key": LABEL_TYPE, "operator": "In", "values": [TYPE_VIRTUAL_NODE]}
_PHYSICAL: Object = {"key": LABEL_TYPE, "operator": "NotIn", "values": [TYPE_VIRTUAL_NODE]}


class UnknownStrategyError(ValueError):
    """A podOffloadingStrategy that this generation does not know."""

    def __init__(self, strategy: str) -> None:
        super().__init__(POD_STRATEGY_UNKNOWN.format(strategy=strategy))


def imposed_terms(strategy: str, selector: Object | None) -> list[Object]:
    """The node selector terms that a NamespaceOffloading imposes; none at all means that nothing is imposed.

    Raises:
        UnknownStrategyError: the strategy is none of Local, Remote, LocalAndRemote.
    """
    chosen = list((selector or {}).get("nodeSelectorTerms") or [])
    if strategy == STRATEGY_LOCAL:
        return []
    if strategy == STRATEGY_LOCAL_AND_REMOTE:
        return [*chosen, _term([_PHYSICAL])] if chosen else []
    if strategy == STRATEGY_REMOTE:
        return [_joined(term, _term([_VIRTUAL])) for term in chosen] if chosen else [_term([_VIRTUAL])]
    raise UnknownStrategyError(strategy)


def merge_terms(own: list[Object], imposed: list[Object]) -> list[Object]:
    """Every own term and-ed with every imposed one, own terms in the outer loop."""
    if not own:
        return imposed
    return [_joined(mine, theirs) for mine in own for theirs in imposed]


def tolerates_virtual_nodes(strategy: str) -> bool:
    """Whether pods under `strategy` get the toleration of virtual nodes."""
    return strategy in (STRATEGY_REMOTE, STRATEGY_LOCAL_AND_REMOTE)


def pod_patch(pod: Object, strategy: str, selector: Object | None) -> list[Object]:
    """The JSON patch that puts `pod` under the policy; empty when there is nothing to do.

    Raises:
        UnknownStrategyError: see `imposed_terms`.
    """
    imposed = imposed_terms(strategy, selector)
    spec = pod.get("spec") or {}
    operations: list[Object] = []
    if tolerates_virtual_nodes(strategy):
        if spec.get("tolerations"):
            operations.append({"op": "add", "path": "/spec/tolerations/-", "value": not_allowed_toleration()})
        else:
            operations.append({"op": "add", "path": "/spec/tolerations", "value": [not_allowed_toleration()]})
    if imposed:
        operations.append({"op": "add", "path": "/spec/affinity", "value": _affinity(spec, imposed)})
    return operations


def _affinity(spec: Object, imposed: list[Object]) -> Object:
    affinity: Object = deepcopy(spec.get("affinity") or {})
    node_affinity: Object = affinity.get("nodeAffinity") or {}
    required: Object = node_affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms = merge_terms(required.get("nodeSelectorTerms") or [], imposed)
    node_affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": terms}
    affinity["nodeAffinity"] = node_affinity
    return affinity


def _term(expressions: list[Object]) -> Object:
    return {"matchExpressions": expressions}


def _joined(first: Object, second: Object) -> Object:
    """Both terms at once. An empty term matches no node, so neither does its conjunction with anything."""
    if not _requirements(first) or not _requirements(second):
        return {}
    both: Object = {}
    for field in ("matchExpressions", "matchFields"):
        parts = [*(first.get(field) or []), *(second.get(field) or [])]
        if parts:
            both[field] = parts
    return both


def _requirements(term: Object) -> bool:
    return bool(term.get("matchExpressions") or term.get("matchFields"))
