"""Aggregated cluster roles: ``admin``, ``edit`` and ``view`` take in the rules of every role that carries their label.

This is how a CustomResourceDefinition's author grants ordinary users access to it without touching built-in roles.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CLUSTER_ROLES
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.manager import Controller, Manager

_AGGREGATING = "aggregating"


class RoleAggregation:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._roles = manager.informer(CLUSTER_ROLES)
        self._roles.add_indexer(_AGGREGATING, lambda role: ("yes",) if role.get("aggregationRule") else ())
        controller = Controller("clusterrole-aggregation-controller", self._reconcile)
        manager.add(controller.watches(self._roles, self._aggregates))

    def _aggregates(self, role: Object) -> Iterable[str]:
        """Every role that aggregates `role`, and itself when it aggregates others."""
        for candidate in self._roles.by_index(_AGGREGATING, "yes"):
            selectors = _selectors(candidate)
            if selectors and (
                meta.name(candidate) == meta.name(role)
                or any(selector.matches(meta.labels(role)) for selector in selectors)
            ):
                yield meta.name(candidate)

    async def _reconcile(self, name: str) -> None:
        role = self._roles.get(name)
        if role is None or not (selectors := _selectors(role)):
            return
        rules = self._collected(name, selectors)
        if rules != (role.get("rules") or []):
            await self._client.update(CLUSTER_ROLES, {**role, "rules": rules})

    def _collected(self, name: str, selectors: list[LabelSelector]) -> Objects:
        """The rules of all selected roles, each once, in the order of selectors and role names."""
        rules: Objects = []
        for selector in selectors:
            for role in sorted(self._roles.list(selector=selector), key=meta.name):
                if meta.name(role) != name:
                    rules += [rule for rule in role.get("rules") or [] if rule not in rules]
        return rules


def _selectors(role: Object) -> list[LabelSelector]:
    rule = role.get("aggregationRule") or {}
    return [LabelSelector.from_object(entry) for entry in rule.get("clusterRoleSelectors") or []]
