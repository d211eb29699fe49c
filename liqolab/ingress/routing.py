"""Which backend a request goes to: hosts and paths of Ingresses, in the order in which ingress-nginx tries them.

A host that is named comes before a wildcard, and that before rules without a host. Among the paths of a host an exact
one comes first, then the longest. Built anew, from the Ingresses alone, for the first request after one has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object

_ANNOTATION: Final = "nginx.ingress.kubernetes.io/"
ANY_HOST: Final = ""


@dataclass(frozen=True, slots=True)
class Backend:
    """A Service's port, by number or by name."""

    namespace: str
    service: str
    port: int | str

    @property
    def label(self) -> str:
        """How nginx's access log calls it."""
        return f"{self.namespace}-{self.service}-{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """One path of a host.

    Attributes:
        pattern: what the path of a request matches.
        rewrite: what it becomes, with ``$1`` for what the pattern caught; empty to leave it.
    """

    path: str
    exact: bool
    pattern: re.Pattern[str]
    backend: Backend
    rewrite: str = ""

    def target(self, path: str) -> str:
        """The path that the backend is asked for."""
        if not self.rewrite:
            return path
        found = self.pattern.match(path)
        groups = found.groups() if found else ()
        return re.sub(r"\$(\d)", lambda ref: _group(groups, int(ref[1])), self.rewrite)


@dataclass(slots=True)
class Host:
    """What is known of a host."""

    routes: list[Route] = field(default_factory=list)
    default: Backend | None = None
    secret: tuple[str, str] | None = None
    redirects: bool = False


@dataclass(slots=True)
class Table:
    """All hosts, the one without a name among them."""

    hosts: dict[str, Host] = field(default_factory=dict)

    @staticmethod
    def of(ingresses: Iterable[Object]) -> Table:
        """The table of all Ingresses that a controller serves; of two that want the same, the older one gets it."""
        table = Table()
        for ingress in sorted(ingresses, key=lambda each: each["metadata"].get("creationTimestamp") or ""):
            table._add(ingress)
        for host in table.hosts.values():
            host.routes.sort(key=lambda route: (not route.exact, -len(route.path)))
        return table

    def host(self, name: str) -> Host | None:
        """What serves a host."""
        wildcard = f"*.{name.partition('.')[2]}"
        return self.hosts.get(name) or self.hosts.get(wildcard) or self.hosts.get(ANY_HOST)

    def route(self, host: str, path: str) -> Route | Backend | None:
        """Where a request goes: a route, or a backend for what no route takes; None if nothing takes it."""
        found = self.host(host)
        if found is not None:
            for route in found.routes:
                if route.pattern.match(path):
                    return route
            if found.default is not None:
                return found.default
        anywhere = self.hosts.get(ANY_HOST)
        return anywhere.default if anywhere is not None else None

    def _add(self, ingress: Object) -> None:
        spec, namespace = ingress.get("spec") or {}, meta.namespace(ingress)
        default = _backend(spec.get("defaultBackend"), namespace)
        if default is not None and not spec.get("rules"):
            self._host(ANY_HOST).default = self._host(ANY_HOST).default or default
        for rule in spec.get("rules") or ():
            host = self._host(rule.get("host") or ANY_HOST)
            host.default = host.default or default
            taken = {(route.path, route.exact) for route in host.routes}
            host.routes += [route for route in _routes(rule, ingress) if (route.path, route.exact) not in taken]
        redirects = meta.annotations(ingress).get(f"{_ANNOTATION}ssl-redirect", "true") == "true"
        for entry in spec.get("tls") or ():
            for name in entry.get("hosts") or [ANY_HOST]:
                host = self._host(name)
                host.redirects = host.redirects or redirects
                if entry.get("secretName"):
                    host.secret = host.secret or (namespace, entry["secretName"])
        if meta.annotations(ingress).get(f"{_ANNOTATION}force-ssl-redirect") == "true":
            for rule in spec.get("rules") or ():
                self._host(rule.get("host") or ANY_HOST).redirects = True

    def _host(self, name: str) -> Host:
        return self.hosts.setdefault(name.lower(), Host())


def _routes(rule: Object, ingress: Object) -> Iterator[Route]:
    notes = meta.annotations(ingress)
    rewrite = notes.get(f"{_ANNOTATION}rewrite-target", "")
    regular = bool(rewrite) or notes.get(f"{_ANNOTATION}use-regex") == "true"
    for row in (rule.get("http") or {}).get("paths") or ():
        backend = _backend(row.get("backend"), meta.namespace(ingress))
        if backend is None:
            continue
        path, kind = row.get("path") or "/", row.get("pathType")
        exact = kind == "Exact" and not regular
        yield Route(path, exact, _pattern(path, kind, regular), backend, rewrite)


def _pattern(path: str, kind: str | None, regular: bool) -> re.Pattern[str]:
    try:
        if regular:
            return re.compile(path, re.IGNORECASE)
    except re.error:
        # nginx would not start with it, and goes on without.
        return re.compile(r"(?!)")
    if kind == "Exact":
        return re.compile(re.escape(path) + r"\Z")
    if kind == "Prefix":
        return re.compile(re.escape(path.rstrip("/")) + r"(?:/|\Z)")
    return re.compile(re.escape(path))


def _backend(entry: Object | None, namespace: str) -> Backend | None:
    service = (entry or {}).get("service")
    if not service:
        return None
    port = service.get("port") or {}
    return Backend(namespace, service["name"], port.get("number") or port.get("name") or 80)


def _group(groups: tuple[str | None, ...], number: int) -> str:
    return (groups[number - 1] or "") if 0 < number <= len(groups) else ""
