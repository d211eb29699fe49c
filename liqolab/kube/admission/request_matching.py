"""Which requests webhooks and policies are about: rules, selectors, and versions of a kind that count as the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from liqolab.apimachinery.resources import Object, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.admission.plugin import Attributes
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.store import Store

_EXEMPT_GROUP = "admissionregistration.k8s.io"


def is_exempt(attributes: Attributes) -> bool:
    """Whether a request is about webhooks or policies: a broken one could keep itself from being repaired."""
    return attributes.spec.resource.group == _EXEMPT_GROUP


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the requests that it speaks of."""

    operations: frozenset[str]
    groups: frozenset[str]
    versions: frozenset[str]
    resources: tuple[tuple[str, str], ...]
    scope: str
    names: frozenset[str]

    @staticmethod
    def of(rule: Object) -> Rule:
        pairs = tuple((text.partition("/")[0], text.partition("/")[2]) for text in rule.get("resources") or ())

        def values(key: str) -> frozenset[str]:
            return frozenset(rule.get(key) or ())

        return Rule(
            values("operations"),
            values("apiGroups"),
            values("apiVersions"),
            pairs,
            rule.get("scope") or "*",
            values("resourceNames"),
        )

    def matches(self, attributes: Attributes, resource: Resource) -> bool:
        """Whether it speaks of a request, addressed as `resource`."""
        if not _has(self.operations, attributes.operation):
            return False
        if not (_has(self.groups, resource.group) and _has(self.versions, resource.version)):
            return False
        if self.names and attributes.name not in self.names:
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
class Scope:
    """What a webhook or policy is about.

    Attributes:
        rules: the requests that it is about.
        excluded: of those, the ones that it is not about.
        namespace_selector, object_selector: labels that are asked for.
        equivalent: whether another version of a kind counts as the same.
    """

    rules: tuple[Rule, ...]
    excluded: tuple[Rule, ...]
    namespace_selector: LabelSelector
    object_selector: LabelSelector
    equivalent: bool

    @staticmethod
    def of(owner: Object, rules: Iterable[Object]) -> Scope:
        """The scope of a webhook, or of the ``MatchResources`` of a policy."""
        return Scope(
            tuple(map(Rule.of, rules)),
            tuple(map(Rule.of, owner.get("excludeResourceRules") or ())),
            LabelSelector.from_object(owner.get("namespaceSelector") or {}),
            LabelSelector.from_object(owner.get("objectSelector") or {}),
            owner.get("matchPolicy", "Equivalent") == "Equivalent",
        )


class RequestMatcher:
    """Compares requests with scopes.

    Args:
        store: where the namespaces are.
        registry: knows the other versions of a kind.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    def version_for(self, scope: Scope, attributes: Attributes) -> KindSpec | None:
        """The kind of a request in the version that a rule speaks of; None when none does."""
        if any(rule.matches(attributes, attributes.spec.resource) for rule in scope.excluded):
            return None
        found = self._version(scope, attributes)
        return found if found is not None and self._selected(scope, attributes) else None

    def _version(self, scope: Scope, attributes: Attributes) -> KindSpec | None:
        own = attributes.spec
        if any(rule.matches(attributes, own.resource) for rule in scope.rules):
            return own
        if not scope.equivalent or attributes.subresource:
            return None
        for other in self._registry:
            same = (other.resource.group, other.resource.plural) == (own.resource.group, own.resource.plural)
            if same and other is not own and any(rule.matches(attributes, other.resource) for rule in scope.rules):
                return other
        return None

    def _selected(self, scope: Scope, attributes: Attributes) -> bool:
        if not scope.namespace_selector.empty:
            labels = self._namespace_labels(attributes)
            if labels is not None and not scope.namespace_selector.matches(labels):
                return False
        if scope.object_selector.empty:
            return True
        states = (attributes.object, attributes.old_object)
        return any(
            scope.object_selector.matches((state.get("metadata") or {}).get("labels") or {})
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
