"""RBAC rules: what one allows, and whether a set of them covers another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from liqolab.apimachinery.resources import Object, Resource

ALL = "*"


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


@dataclass(frozen=True, slots=True, order=True)
class _Atom:
    """The smallest thing that a rule can allow."""

    group: str = ""
    resource: str = ""
    name: str = ""
    path: str = ""
    verb: str = ""


def _atoms(rule: Rule) -> Iterator[_Atom]:
    for verb in rule.verbs:
        for path in rule.paths:
            yield _Atom(path=path, verb=verb)
        for group in rule.groups:
            for resource in rule.resources:
                for name in rule.names or ("",):
                    yield _Atom(group, resource, name, verb=verb)


def _covers(owned: Rule, wanted: _Atom) -> bool:
    if ALL not in owned.verbs and wanted.verb not in owned.verbs:
        return False
    if wanted.path:
        return any(_path_matches(pattern, wanted.path) for pattern in owned.paths)
    if ALL not in owned.groups and wanted.group not in owned.groups:
        return False
    if owned.names and wanted.name not in owned.names:
        return False
    _, slash, subresource = wanted.resource.partition("/")
    return (
        ALL in owned.resources
        or wanted.resource in owned.resources
        or (bool(slash) and f"*/{subresource}" in owned.resources)
    )


def uncovered(owned: Sequence[Rule], wanted: Iterable[Rule]) -> list[str]:
    """What `wanted` allows and `owned` does not, each as the API server prints it; sorted."""
    atoms = {atom for rule in wanted for atom in _atoms(rule)}
    left = sorted(atom for atom in atoms if not any(_covers(rule, atom) for rule in owned))
    verbs: dict[tuple[str, str, str, str], list[str]] = {}
    for atom in left:
        verbs.setdefault((atom.group, atom.resource, atom.name, atom.path), []).append(atom.verb)
    return [_print(*key, found) for key, found in verbs.items()]


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
