"""The door to validating admission policies: a cluster that has none asks two counters and imports nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from liqolab.apimachinery.builtin import VALIDATING_POLICIES, VALIDATING_POLICY_BINDINGS
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import Authorizer
from liqolab.kube.admission.plugin import Attributes
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.store.derived import Derived
from liqolab.kube.store.store import Store

if TYPE_CHECKING:
    from liqolab.kube.admission.policies import Policy, PolicyEvaluator

_POLICIES: Final = VALIDATING_POLICIES.group_resource
_BINDINGS: Final = VALIDATING_POLICY_BINDINGS.group_resource


class ValidatingPolicies:
    """All policies of a cluster.

    Args:
        store: its objects.
        registry: its kinds.
        authorizer: answers what expressions ask.
    """

    def __init__(self, store: Store, registry: Registry, authorizer: Authorizer) -> None:
        self._context = (store, registry, authorizer)
        self._policies = Derived(store, (_POLICIES, _BINDINGS), _compile)
        self._evaluator: PolicyEvaluator | None = None

    def validate(self, attributes: Attributes) -> None:
        """Let a request pass.

        Raises:
            ApiError: a policy denies it.
        """
        policies = self._policies.value()
        if not policies:
            return
        if self._evaluator is None:
            from liqolab.kube.admission.policies import PolicyEvaluator

            self._evaluator = PolicyEvaluator(*self._context)
        self._evaluator.validate(policies, attributes)


def _compile(found: dict[str, list[Object]]) -> tuple[Policy, ...]:
    if not found[_POLICIES] or not found[_BINDINGS]:
        return ()
    from liqolab.kube.admission.policies import compile_policies

    return compile_policies(found[_POLICIES], found[_BINDINGS])
