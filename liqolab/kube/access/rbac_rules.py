"""RBAC rules: what one allows, and whether a set of them covers another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery.resources import Object, Resource

ALL = "*"

EVERYTHING: Final[tuple[Object, ...]] = (
    {"apiGroups": [ALL], "resources": [ALL], "verbs": [ALL]},
    {"nonResourceURLs": [ALL], "verbs": [ALL]},
)
"""The rules that allow all there is: every resource, every path."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to do: something to a resource, or to a path that is none.

    Attributes:
        verb: lower-case.
        resource: None for a path.
        namespace, name, subresource: empty when they do not apply.
        path: the URL path, when there is no resource.
    """

    verb: str
    resource: Resource | None = None
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    path: str = ""

    @staticmethod
    def of(verb: str, resource: Resource, namespace: str, name: str, subresource: str = "") -> Request:
        """A request for a resource; one for a namespace happens *in* it, so that roles there can grant it."""
        if not namespace and (resource.group, resource.plural) == ("", "namespaces"):
            namespace = name
        return Request(verb, resource, namespace, name, subresource)

    @property
    def full_resource(self) -> str:
        """The resource as rules spell it: ``pods`` or ``pods/log``."""
        plural = self.resource.plural if self.resource else ""
        return f"{plural}/{self.subresource}" if self.subresource else plural


@dataclass(frozen=True, slots=True)
class Rule:
    """A ``PolicyRule``, ready to be asked."""

    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    names: frozenset[str]
    paths: tuple[str, ...]

    @staticmethod
    def of(rule: Object) -> Rule:
        def values(key: str) -> frozenset[str]:
            return frozenset(rule.get(key) or ())

        paths = tuple(rule.get("nonResourceURLs") or ())
        return Rule(values("verbs"), values("apiGroups"), values("resources"), values("resourceNames"), paths)

    def allows(self, request: Request) -> bool:
        """Whether the rule allows a request. ``pods/*`` is no wildcard, ``*/scale`` is one."""
        if ALL not in self.verbs and request.verb not in self.verbs:
            return False
        if request.resource is None:
            return any(_path_matches(pattern, request.path) for pattern in self.paths)
        return (
            (ALL in self.groups or request.resource.group in self.groups)
            and self._names_resource(request)
            and (not self.names or request.name in self.names)
        )

    def _names_resource(self, request: Request) -> bool:
        resources = self.resources
        if ALL in resources or request.full_resource in resources:
            return True
        return bool(request.subresource) and f"*/{request.subresource}" in resources


def _path_matches(pattern: str, path: str) -> bool:
    if pattern in (ALL, path):
        return True
    return pattern.endswith("*") and path.startswith(pattern.rstrip("*"))


def _smallest(rule: Rule) -> Iterator[Request]:
    """The smallest things that a rule can allow, as requests for them."""
    for verb in rule.verbs:
        for path in rule.paths:
            yield Request(verb, path=path)
        for group in rule.groups:
            for text in rule.resources:
                plural, _, subresource = text.partition("/")
                for name in rule.names or ("",):
                    yield Request(verb, Resource(group, "", plural, "", False), "", name, subresource)


def uncovered(owned: Sequence[Rule], wanted: Iterable[Rule]) -> list[str]:
    """What `wanted` allows and `owned` does not, each as the API server prints it; sorted."""
    requests = {request for rule in wanted for request in _smallest(rule)}
    missing = [request for request in requests if not any(rule.allows(request) for rule in owned)]
    verbs: dict[tuple[str, str, str, str], list[str]] = {}
    for request in sorted(missing, key=lambda request: (_about(request), request.verb)):
        verbs.setdefault(_about(request), []).append(request.verb)
    return [_print(*about, found) for about, found in verbs.items()]


def lacking(owned: Sequence[Rule], wanted: Iterable[Object]) -> list[Object]:
    """The rules to add to `owned` so that they allow what `wanted` allows: for one verb and one resource each."""
    missing: list[Object] = []
    for rule in wanted:
        for request in _smallest(Rule.of(rule)):
            if any(held.allows(request) for held in owned):
                continue
            smallest = _as_rule(request)
            if smallest not in missing:
                missing.append(smallest)
    return sorted(missing, key=str)


def _as_rule(request: Request) -> Object:
    if request.resource is None:
        return {"nonResourceURLs": [request.path], "verbs": [request.verb]}
    rule: Object = {
        "apiGroups": [request.resource.group],
        "resources": [request.full_resource],
        "verbs": [request.verb],
    }
    return rule | ({"resourceNames": [request.name]} if request.name else {})


def _about(request: Request) -> tuple[str, str, str, str]:
    group = request.resource.group if request.resource is not None else ""
    return group, request.full_resource, request.name, request.path


def _print(group: str, resource: str, name: str, path: str, verbs: list[str]) -> str:
    def quoted(label: str, values: list[str]) -> str:
        return f"{label}:[" + " ".join(f'"{value}"' for value in values) + "]"

    if path:
        parts = [quoted("NonResourceURLs", [path])]
    else:
        parts = [quoted("APIGroups", [group]), quoted("Resources", [resource])]
        if name:
            parts.append(quoted("ResourceNames", [name]))
    return "{" + ", ".join([*parts, quoted("Verbs", verbs)]) + "}"
