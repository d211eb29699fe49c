"""Admission, in order: what the cluster adds and forbids, what webhooks add, then what anybody still has against it."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.controller.dialing import Dial
from liqolab.kube.access.authz import Authorizer
from liqolab.kube.admission.addresses import ServiceAddresses
from liqolab.kube.admission.defaults import (
    DefaultClasses,
    DefaultTolerations,
    Priority,
    Quality,
    ServiceAccounts,
    TaintNewNodes,
)
from liqolab.kube.admission.guards import (
    CertificateRequests,
    ClaimResize,
    Escalation,
    NamespaceLifecycle,
    PriorityClasses,
)
from liqolab.kube.admission.limits import LimitRanger
from liqolab.kube.admission.plugin import Attributes, Plugin
from liqolab.kube.admission.pod_security import PodSecurity
from liqolab.kube.admission.quota import ResourceQuota
from liqolab.kube.admission.runtime_class import RuntimeClasses
from liqolab.kube.admission.validating_policies import ValidatingPolicies
from liqolab.kube.admission.webhook_calls import WebhookCaller
from liqolab.kube.admission.webhooks import Webhooks
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.store.store import Store


class AdmissionChain:
    """All plugins of one cluster.

    Args:
        store: the cluster's objects.
        registry: its kinds.
        authorizer: its RBAC.
        service_cidr: network of the cluster addresses of services.
        dial: opens connections to webhooks; see `WebhookCaller`.
    """

    def __init__(
        self, store: Store, registry: Registry, authorizer: Authorizer, *, service_cidr: str, dial: Dial
    ) -> None:
        self._plugins: Sequence[Plugin] = (
            NamespaceLifecycle(store),
            LimitRanger(store),
            ServiceAccounts(store),
            TaintNewNodes(),
            PodSecurity(store),
            Priority(store),
            PriorityClasses(store),
            ClaimResize(store),
            DefaultTolerations(),
            DefaultClasses(store),
            RuntimeClasses(store),
            CertificateRequests(authorizer),
            Escalation(authorizer),
        )
        # These come after the webhooks: they count and hand out what a request has become by then.
        self._last: Sequence[Plugin] = (Quality(), ResourceQuota(store), ServiceAddresses(store, service_cidr))
        self.caller = WebhookCaller(dial, store)
        self._webhooks = Webhooks(store, registry, self.caller, authorizer)
        self._policies = ValidatingPolicies(store, registry, authorizer)

    async def close(self) -> None:
        """Drop the connections to webhooks."""
        await self.caller.close()

    async def admit(self, attributes: Attributes) -> None:
        """Change ``attributes.object``, perhaps by putting another in its place.

        Raises:
            ApiError: the request is refused.
        """
        for plugin in self._plugins:
            await plugin.admit(attributes)
        if await self._webhooks.mutate(attributes):
            for plugin in self._plugins:
                await plugin.admit(attributes)
            await self._webhooks.mutate_again(attributes)
        for plugin in self._last:
            await plugin.admit(attributes)

    async def validate(self, attributes: Attributes) -> None:
        """Ask everybody about the final object. Policies and webhooks come first: nothing waits after the built-in
        plugins, so what those find is still true when the object is stored.

        Raises:
            ApiError: the request is refused.
        """
        self._policies.validate(attributes)
        await self._webhooks.validate(attributes)
        for plugin in (*self._plugins, *self._last):
            plugin.validate(attributes)
