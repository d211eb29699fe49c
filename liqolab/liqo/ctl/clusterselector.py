"""Turns label selectors (``-l``) into the node selector of a NamespaceOffloading."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector, Requirement, SelectorError
from liqolab.liqo.ctl.failures import CommandError


def node_selector(selectors: Sequence[str]) -> Object:
    """One term for each selector; terms are alternatives, the requirements of one selector all hold.

    Equalities come last in a term, as upstream orders them.

    Raises:
        CommandError: a selector does not parse.
    """
    return {"nodeSelectorTerms": [{"matchExpressions": _expressions(text)} for text in selectors if text.strip()]}


def _expressions(text: str) -> list[Object]:
    try:
        requirements = LabelSelector.parse(text).requirements
    except SelectorError as error:
        raise CommandError(f'error: the selector "{text}" does not parse: {error}') from None
    for requirement in requirements:
        if requirement.operator in ("Gt", "Lt"):
            raise CommandError(f'error: the selector "{text}" compares numbers, which label selectors cannot')
    equalities = [each for each in requirements if _is_equality(each)]
    others = [each for each in requirements if not _is_equality(each)]
    return [_expression(each) for each in (*others, *equalities)]


def _is_equality(requirement: Requirement) -> bool:
    return requirement.text in ("=", "==")


def _expression(requirement: Requirement) -> Object:
    expression: Object = {"key": requirement.key, "operator": requirement.operator}
    if requirement.operator in ("In", "NotIn"):
        expression["values"] = sorted(requirement.values)
    return expression
