"""Which webhook is asked about which request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from liqolab.apimachinery.resources import Object, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.admission.plugin import Attributes
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.store import Store

_EXEMPT_GROUP = "admissionregistration.k8s.io"


@dataclass(frozen=True, slots=True)
class Rule:
    """One of a webhook's rules."""

    operations: frozenset[str]
    groups: frozenset[str]
    versions: frozenset[str]
    resources: tuple[tuple[str, str], ...]
    scope: str

    @staticmethod
    def of(rule: Object) -> Rule:
        pairs = tuple((text.partition("/")[0], text.partition("/")[2]) for text in rule.get("resources") or ())

        def values(key: str) -> frozenset[str]:
            return frozenset(rule.get(key) or ())

        return Rule(values("operations"), values("apiGroups"), values("apiVersions"), pairs, rule.get("scope") or "*")

    def matches(self, attributes: Attributes, resource: Resource) -> bool:
        """Whether it speaks of a request, addressed as `resource`."""
        if not _has(self.operations, attributes.operation):
            return False
        if not (_has(self.groups, resource.group) and _has(self.versions, resource.version)):
            return False
        # A namespace is its own namespace's, but counts as an object of the cluster.
        inside = bool(attributes.namespace) and resource.namespaced
        if self.scope != "*" and (self.scope == "Namespaced") is not inside:
            return False
        return any(
            plural in ("*", resource.plural) and below in ("*", attributes.subresource)
            for plural, below in self.resources
        )


def _has(values: frozenset[str], value: str) -> bool:
    return "*" in values or value in values


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook, compiled.

    Attributes:
        configuration: name of the configuration object.
        name: its own name, which error texts give.
        mutating: whether it may change the object.
        rules, namespace_selector, object_selector: what it is asked about.
        equivalent: whether another version of a kind counts as the same.
        client: ``clientConfig``.
        fails_closed: whether a request is refused when the webhook cannot be asked.
        timeout: seconds.
        harmless: whether it may be asked about a dry run.
        reinvoke: whether it wants to see what later webhooks changed.
    """

    configuration: str
    name: str
    mutating: bool
    rules: tuple[Rule, ...]
    namespace_selector: LabelSelector
    object_selector: LabelSelector
    equivalent: bool
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
            rules=tuple(Rule.of(rule) for rule in webhook.get("rules") or ()),
            namespace_selector=LabelSelector.from_object(webhook.get("namespaceSelector") or {}),
            object_selector=LabelSelector.from_object(webhook.get("objectSelector") or {}),
            equivalent=webhook.get("matchPolicy", "Equivalent") == "Equivalent",
            client=webhook["clientConfig"],
            fails_closed=webhook.get("failurePolicy", "Fail") == "Fail",
            timeout=int(webhook.get("timeoutSeconds") or 10),
            harmless=webhook.get("sideEffects") in ("None", "NoneOnDryRun"),
            reinvoke=webhook.get("reinvocationPolicy") == "IfNeeded",
        )


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
        self._store = store
        self._registry = registry

    def matching(self, webhooks: Iterable[Webhook], attributes: Attributes) -> Iterator[Match]:
        """Those of `webhooks` that are to be asked, in order; decided when the iterator gets there."""
        if attributes.spec.resource.group == _EXEMPT_GROUP:
            return  # else a broken configuration could keep itself from being repaired
        for webhook in webhooks:
            spec = self._version_for(webhook, attributes)
            if spec is not None and self._selected(webhook, attributes):
                yield Match(webhook, spec)

    def _version_for(self, webhook: Webhook, attributes: Attributes) -> KindSpec | None:
        own = attributes.spec
        if any(rule.matches(attributes, own.resource) for rule in webhook.rules):
            return own
        if not webhook.equivalent or attributes.subresource:
            return None
        for other in self._registry:
            same = (other.resource.group, other.resource.plural) == (own.resource.group, own.resource.plural)
            if same and other is not own and any(rule.matches(attributes, other.resource) for rule in webhook.rules):
                return other
        return None

    def _selected(self, webhook: Webhook, attributes: Attributes) -> bool:
        if not webhook.namespace_selector.empty:
            labels = self._namespace_labels(attributes)
            if labels is not None and not webhook.namespace_selector.matches(labels):
                return False
        if webhook.object_selector.empty:
            return True
        states = (attributes.object, attributes.old_object)
        return any(
            webhook.object_selector.matches((state.get("metadata") or {}).get("labels") or {})
            for state in states
            if state is not None
        )

    def _namespace_labels(self, attributes: Attributes) -> dict[str, str] | None:
        """Labels of the request's namespace; None when it is about an object of the cluster."""
        own = attributes.spec.resource
        about_namespace = (own.group, own.plural) == ("", "namespaces")
        if about_namespace and not attributes.subresource and attributes.object is not None:
            return attributes.object["metadata"].get("labels") or {}
        name = attributes.name if about_namespace else attributes.namespace
        if not name or not (about_namespace or own.namespaced):
            return None
        record = self._store.get("namespaces", "", name)
        return (record.object["metadata"].get("labels") or {}) if record is not None else {}


def in_version(obj: Object | None, own: KindSpec, other: KindSpec) -> Object | None:
    """An object of `own` as the version `other` of the same kind shows it."""
    if obj is None or own is other:
        return obj
    stored = own.to_storage(obj) if own.to_storage is not None else obj
    if other.from_storage is not None:
        return other.from_storage(stored)
    return {**stored, "apiVersion": other.resource.api_version}


def kind_below(attributes: Attributes, spec: KindSpec) -> Resource:
    """The resource with the kind of what is in the request: a Scale below a Deployment is a Scale."""
    row = spec.subresource(attributes.subresource) if attributes.subresource else None
    if row is None or not row.kind or attributes.subresource == "status":
        return spec.resource
    if row.group or row.version:
        return replace(spec.resource, group=row.group, version=row.version, kind=row.kind)
    return replace(spec.resource, kind=row.kind)
