"""Which webhook is asked about which request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.plugin import Attributes
from liqolab.kube.admission.request_matching import RequestMatcher, Scope, is_exempt
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.store import Store

if TYPE_CHECKING:
    from liqolab.kube.admission.conditions import Conditions


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook, compiled.

    Attributes:
        configuration: name of the configuration object.
        name: its own name, which error texts give.
        mutating: whether it may change the object.
        scope: what it is asked about.
        conditions: its ``matchConditions``.
        client: ``clientConfig``.
        fails_closed: whether a request is refused when the webhook cannot be asked.
        timeout: seconds.
        harmless: whether it may be asked about a dry run.
        reinvoke: whether it wants to see what later webhooks changed.
    """

    configuration: str
    name: str
    mutating: bool
    scope: Scope
    conditions: Conditions | None
    client: Object
    fails_closed: bool
    timeout: int
    harmless: bool
    reinvoke: bool

    @staticmethod
    def of(configuration: str, webhook: Object, *, mutating: bool) -> Webhook:
        return Webhook(
            configuration=configuration,
            name=webhook["name"],
            mutating=mutating,
            scope=Scope.of(webhook, webhook.get("rules") or ()),
            conditions=_conditions(webhook.get("matchConditions")),
            client=webhook["clientConfig"],
            fails_closed=webhook.get("failurePolicy", "Fail") == "Fail",
            timeout=int(webhook.get("timeoutSeconds") or 10),
            harmless=webhook.get("sideEffects") in ("None", "NoneOnDryRun"),
            reinvoke=webhook.get("reinvocationPolicy") == "IfNeeded",
        )


def _conditions(rows: list[Object] | None) -> Conditions | None:
    if not rows:
        return None
    from liqolab.kube.admission.conditions import Conditions

    return Conditions.of(rows)


def compile_webhooks(configurations: Iterable[Object], *, mutating: bool) -> tuple[Webhook, ...]:
    """All webhooks in the order in which they are asked: by the configuration's name, then as listed."""
    return tuple(
        Webhook.of(configuration["metadata"]["name"], webhook, mutating=mutating)
        for configuration in sorted(configurations, key=lambda row: row["metadata"]["name"])
        for webhook in configuration.get("webhooks") or ()
    )


@dataclass(frozen=True, slots=True)
class Match:
    """A webhook that is to be asked, and the kind in the version that it knows."""

    webhook: Webhook
    spec: KindSpec


class Matcher:
    """Finds the webhooks of a request.

    Args:
        store: where the namespaces are.
        registry: knows the other versions of a kind.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self._requests = RequestMatcher(store, registry)

    def matching(self, webhooks: Iterable[Webhook], attributes: Attributes) -> Iterator[Match]:
        """Those of `webhooks` that are to be asked, in order; decided when the iterator gets there."""
        if is_exempt(attributes):
            return
        for webhook in webhooks:
            spec = self._requests.version_for(webhook.scope, attributes)
            if spec is not None:
                yield Match(webhook, spec)
