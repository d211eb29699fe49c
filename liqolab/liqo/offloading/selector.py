"""Which virtual nodes a NamespaceOffloading selects, and whether its selector says anything at all.

Matching is Kubernetes' own (`apimachinery.selectors`); only the absent selector means more here than there: it selects
every cluster, where an empty *term* still selects none.
"""

from __future__ import annotations

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import node_selector_matches

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")


class InvalidSelectorError(ValueError):
    """A cluster selector that Kubernetes would refuse in a pod; the text names the field and the rule it breaks."""


def selects(selector: Object | None, node: Object) -> bool:
    """Whether `selector` (a core/v1 NodeSelector) picks the virtual node."""
    return not (selector or {}).get("nodeSelectorTerms") or node_selector_matches(selector or {}, node)


def validate(selector: Object | None) -> None:
    """Check every requirement of every term.

    Raises:
        InvalidSelectorError: the first requirement that is wrong.
    """
    for index, term in enumerate((selector or {}).get("nodeSelectorTerms") or ()):
        for field in ("matchExpressions", "matchFields"):
            for place, requirement in enumerate(term.get(field) or ()):
                problem = _problem(requirement)
                if problem:
                    raise InvalidSelectorError(f"nodeSelectorTerms[{index}].{field}[{place}]{problem}")


def _problem(requirement: Object) -> str:
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if operator not in _OPERATORS:
        return f'.operator: Invalid value: "{operator}": not a valid selector operator'
    if operator in ("In", "NotIn") and not values:
        return ".values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't be empty"
    if operator in ("Exists", "DoesNotExist") and values:
        return f".values: Invalid value: {_go(values)}: values set must be empty for exists and does not exist"
    if operator in ("Gt", "Lt"):
        if len(values) != 1:
            return f".values: Invalid value: {_go(values)}: for 'Gt', 'Lt' operators, exactly one value is required"
        if not values[0].removeprefix("-").isdecimal():
            return f".values[0]: Invalid value: \"{values[0]}\": for 'Gt', 'Lt' operators, the value must be an integer"
    return ""


def _go(values: list[str]) -> str:
    """A list of texts as Kubernetes' own validation shows it."""
    return f"[]string{{{', '.join(orjson.dumps(value).decode() for value in values)}}}"
