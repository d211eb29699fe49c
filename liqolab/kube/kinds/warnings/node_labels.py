"""Labels of nodes that were replaced, wherever something chooses nodes by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.resources import Object

DEPRECATED: Final[Mapping[str, str]] = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}


def expression_warnings(path: str, expressions: list[Object] | None) -> Iterator[str]:
    """Requirements that name a replaced label."""
    for index, expression in enumerate(expressions or ()):
        key = expression.get("key", "")
        if key in DEPRECATED:
            yield f"{path}[{index}].key: {key} is {DEPRECATED[key]}"


def term_warnings(path: str, term: Object, *, values: bool = False) -> Iterator[str]:
    """A term of a node selector.

    Args:
        path: where it stands.
        term: what it asks of nodes.
        values: whether values are looked at as well: those of preferences are not validated.
    """
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        at = f"{path}.matchExpressions[{index}]"
        key = expression.get("key", "")
        if key in DEPRECATED:
            yield f"{at}.key: {key} is {DEPRECATED[key]}"
        for number, value in enumerate(expression.get("values") or () if values else ()):
            for problem in names.label_value(value):
                yield f"{at}.values[{number}]: {value} is invalid, {problem}"


def node_affinity_warnings(path: str, affinity: Object) -> Iterator[str]:
    """What a pod asks of its node, and what it prefers."""
    when = "DuringSchedulingIgnoredDuringExecution"
    required = (affinity.get(f"required{when}") or {}).get("nodeSelectorTerms") or ()
    for index, term in enumerate(required):
        yield from term_warnings(f"{path}.required{when}.nodeSelectorTerms[{index}]", term)
    for index, preferred in enumerate(affinity.get(f"preferred{when}") or ()):
        at = f"{path}.preferred{when}[{index}].preference"
        yield from term_warnings(at, preferred.get("preference") or {}, values=True)


def selector_warnings(path: str, selector: Object | None) -> Iterator[str]:
    """A label selector for nodes."""
    if selector is None:
        return
    yield from expression_warnings(f"{path}.matchExpressions", selector.get("matchExpressions"))
    for key in sorted(selector.get("matchLabels") or {}):
        if key in DEPRECATED:
            yield f"{path}.matchLabels.{key}: {DEPRECATED[key]}"
