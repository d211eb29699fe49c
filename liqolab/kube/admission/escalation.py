"""Nobody grants what he does not have: the rule that keeps RBAC from being its own back door."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.errors import not_found
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import Authorizer
from liqolab.kube.access.rbac_rules import Request, Rule, uncovered
from liqolab.kube.access.user import MASTERS, User
from liqolab.kube.admission.attributes import Attributes
from liqolab.kube.admission.plugin import Plugin, concerns, refuse

_ROLES = (resources.ROLES, resources.CLUSTER_ROLES)
_BINDINGS = (resources.ROLE_BINDINGS, resources.CLUSTER_ROLE_BINDINGS)


class Escalation(Plugin):
    """Checks new and changed roles and bindings against what their author may do.

    Args:
        authorizer: knows what the author may do.
    """

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def validate(self, attributes: Attributes) -> None:
        if attributes.operation not in ("CREATE", "UPDATE") or MASTERS in attributes.user.groups:
            return
        if any(concerns(attributes, resource) for resource in _ROLES):
            self._check_role(attributes)
        elif any(concerns(attributes, resource) for resource in _BINDINGS):
            self._check_binding(attributes)

    def _check_role(self, attributes: Attributes) -> None:
        obj, old = attributes.object or {}, attributes.old_object or {}
        if old and obj.get("rules") == old.get("rules") and obj.get("aggregationRule") == old.get("aggregationRule"):
            return
        own = attributes.spec.resource
        if self._may(attributes, Request("escalate", own, attributes.namespace, attributes.name)):
            return
        if obj.get("aggregationRule"):
            # What a selector will find one day cannot be checked today, so the author must have everything.
            self._confirm(attributes, [Rule.of({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})])
        self._confirm(attributes, [Rule.of(rule) for rule in obj.get("rules") or ()])

    def _check_binding(self, attributes: Attributes) -> None:
        obj, old = attributes.object or {}, attributes.old_object or {}
        if old and obj.get("subjects") == old.get("subjects"):
            return
        ref: Object = obj.get("roleRef") or {}
        kind, name = ref.get("kind", ""), ref.get("name", "")
        role = resources.CLUSTER_ROLES if kind == "ClusterRole" else resources.ROLES
        if self._may(attributes, Request("bind", role, attributes.namespace, name)):
            return
        rules = self._authorizer.role_rules(kind, name, attributes.namespace)
        if rules is None:
            raise not_found(role, name)
        self._confirm(attributes, rules)

    def _may(self, attributes: Attributes, request: Request) -> bool:
        return self._authorizer.decide(attributes.user, request).allowed

    def _confirm(self, attributes: Attributes, wanted: Sequence[Rule]) -> None:
        owned = self._authorizer.rules_for(attributes.user, attributes.namespace)
        missing = uncovered(owned, wanted)
        if missing:
            why = f"{_describe(attributes.user)} is attempting to grant RBAC permissions not currently held:\n"
            raise refuse(attributes, why + "\n".join(missing))


def _describe(user: User) -> str:
    groups = " ".join(f'"{group}"' for group in user.groups)
    return f'user "{user.name}" (groups=[{groups}])'
