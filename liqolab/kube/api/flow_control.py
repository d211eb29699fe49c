"""Which flow schema and priority level a request falls under: two headers of its answer say so, as on a real server.

Nothing waits here, however many requests there are. The schemas are looked through once for each sort of request and
remembered until one of them changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import FLOW_SCHEMAS, PRIORITY_LEVELS
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import User
from liqolab.kube.store.store import Store

SCHEMA: Final = "X-Kubernetes-Pf-Flowschema-Uid"
LEVEL: Final = "X-Kubernetes-Pf-Prioritylevel-Uid"

_ACCOUNT: Final = "system:serviceaccount:"
_REMEMBERED: Final = 1000


class Sort(NamedTuple):
    """What of a request decides; of one that is not for a resource, `path` and the method in `verb` alone."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    path: str = ""


class FlowControl:
    """Finds the flow of requests.

    Args:
        store: has the schemas and levels.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._state = (-1, -1)
        self._schemas: list[Object] = []
        self._levels: Mapping[str, str] = {}
        self._known: dict[tuple[Any, ...], dict[str, str]] = {}

    def headers(self, user: User, sort: Sort) -> dict[str, str]:
        """The headers for a request."""
        self._refresh()
        key = (user.name, *user.groups, sort)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._find(user, sort)
        return found

    def _refresh(self) -> None:
        names = FLOW_SCHEMAS.group_resource, PRIORITY_LEVELS.group_resource
        state = (self._store.changed(names[0]), self._store.changed(names[1]))
        if state == self._state:
            return
        schemas, levels = ([record.object for record in self._store.list(name)] for name in names)
        self._schemas = sorted(schemas, key=lambda row: (row["spec"].get("matchingPrecedence", 0), meta.name(row)))
        self._levels = {meta.name(row): meta.uid(row) for row in levels}
        self._state = state
        self._known.clear()

    def _find(self, user: User, sort: Sort) -> dict[str, str]:
        for schema in self._schemas:
            if any(_fits(rule, user, sort) for rule in schema["spec"].get("rules") or ()):
                level = schema["spec"]["priorityLevelConfiguration"]["name"]
                return {SCHEMA: meta.uid(schema), LEVEL: self._levels.get(level, "")}
        return {}


def _fits(rule: Object, user: User, sort: Sort) -> bool:
    if not any(_is(subject, user) for subject in rule.get("subjects") or ()):
        return False
    if sort.path:
        return any(_fits_path(row, sort) for row in rule.get("nonResourceRules") or ())
    return any(_fits_resource(row, sort) for row in rule.get("resourceRules") or ())


def _is(subject: Object, user: User) -> bool:
    kind = subject.get("kind")
    if kind == "User":
        return subject["user"]["name"] in ("*", user.name)
    if kind == "Group":
        wanted = subject["group"]["name"]
        return wanted == "*" or wanted in user.groups
    account = subject.get("serviceAccount") or {}
    prefix = f"{_ACCOUNT}{account.get('namespace')}:"
    return user.name.startswith(prefix) if account.get("name") == "*" else user.name == prefix + account.get("name", "")


def _among(value: str, allowed: Iterable[str] | None) -> bool:
    listed = allowed or ()
    return value in listed or "*" in listed


def _fits_path(row: Object, sort: Sort) -> bool:
    if not _among(sort.verb, row.get("verbs")):
        return False
    return any(
        pattern in ("*", sort.path) or (pattern.endswith("/*") and sort.path.startswith(pattern[:-1]))
        for pattern in row.get("nonResourceURLs") or ()
    )


def _fits_resource(row: Object, sort: Sort) -> bool:
    fields = (sort.verb, "verbs"), (sort.group, "apiGroups"), (sort.resource, "resources")
    if not all(_among(value, row.get(field)) for value, field in fields):
        return False
    return _among(sort.namespace, row.get("namespaces")) if sort.namespace else bool(row.get("clusterScope"))
