"""RBAC: who may do what, read from the roles and bindings as they are stored at the moment of the question.

The group ``system:masters`` may do everything, whatever the stored objects say: it is how an administrator repairs a
cluster whose bindings are broken. Everybody else needs a rule; nothing is ever denied by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import Authorizer, Decision
from liqolab.kube.access.rbac_rules import Request, Rule
from liqolab.kube.access.user import MASTERS, SERVICE_ACCOUNT_PREFIX, User
from liqolab.kube.store.derived import Derived
from liqolab.kube.store.store import Store

_GROUP: Final = "rbac.authorization.k8s.io"
_ROLES: Final = f"roles.{_GROUP}"
_CLUSTER_ROLES: Final = f"clusterroles.{_GROUP}"
_BINDINGS: Final = f"rolebindings.{_GROUP}"
_CLUSTER_BINDINGS: Final = f"clusterrolebindings.{_GROUP}"


@dataclass(frozen=True, slots=True)
class _Grant:
    """One subject's share of a binding."""

    binding: str
    namespace: str
    role_kind: str
    role_name: str
    subject: str

    def reason(self) -> str:
        kind = "RoleBinding" if self.namespace else "ClusterRoleBinding"
        name = f"{self.binding}/{self.namespace}" if self.namespace else self.binding
        return f'RBAC: allowed by {kind} "{name}" of {self.role_kind} "{self.role_name}" to {self.subject}'


class _Index:
    """Grants by whom they are for, and compiled rules by role."""

    def __init__(self, objects: Mapping[str, list[Object]]) -> None:
        self._users: dict[str, list[_Grant]] = {}
        self._groups: dict[str, list[_Grant]] = {}
        self._rules: dict[tuple[str, str], tuple[Rule, ...]] = {}
        for role in (*objects[_CLUSTER_ROLES], *objects[_ROLES]):
            metadata = role["metadata"]
            rules = tuple(Rule.of(rule) for rule in role.get("rules") or ())
            self._rules[(metadata.get("namespace", ""), metadata["name"])] = rules
        for binding in (*objects[_CLUSTER_BINDINGS], *objects[_BINDINGS]):
            self._add(binding)

    def _add(self, binding: Object) -> None:
        metadata, ref = binding["metadata"], binding.get("roleRef") or {}
        namespace = metadata.get("namespace", "")
        for subject in binding.get("subjects") or ():
            kind, name = subject.get("kind", ""), subject.get("name", "")
            shown = f'{kind} "{name}"'
            table, key = (self._groups, name) if kind == "Group" else (self._users, name)
            if kind == "ServiceAccount":
                home = subject.get("namespace") or namespace
                key, shown = f"{SERVICE_ACCOUNT_PREFIX}{home}:{name}", f'{kind} "{name}/{home}"'
            grant = _Grant(metadata["name"], namespace, ref.get("kind", ""), ref.get("name", ""), shown)
            table.setdefault(key, []).append(grant)

    def grants(self, user: User, namespace: str) -> Iterator[_Grant]:
        """Everything that holds for a user in a namespace (empty: cluster-wide only)."""
        found = [*self._users.get(user.name, ())]
        for group in user.groups:
            found += self._groups.get(group, ())
        yield from (grant for grant in found if not grant.namespace)
        if namespace:
            yield from (grant for grant in found if grant.namespace == namespace)

    def rules(self, grant: _Grant) -> tuple[Rule, ...] | None:
        """The rules of the role that a binding refers to; None when it does not exist."""
        return self.role_rules(grant.role_kind, grant.role_name, grant.namespace)

    def role_rules(self, kind: str, name: str, namespace: str) -> tuple[Rule, ...] | None:
        return self._rules.get(("" if kind == "ClusterRole" else namespace, name))


class RbacAuthorizer(Authorizer):
    """Answers for one cluster. Cheap: the bindings are indexed by subject, and the index follows the store."""

    def __init__(self, store: Store) -> None:
        self._index = Derived(store, (_CLUSTER_ROLES, _ROLES, _CLUSTER_BINDINGS, _BINDINGS), _Index)

    def decide(self, user: User, request: Request) -> Decision:
        """Whether a request may pass, with the reason for either answer."""
        if MASTERS in user.groups:
            return Decision(True)
        index = self._index.value()
        missing: list[str] = []
        namespace = request.namespace if request.resource is not None else ""
        for grant in index.grants(user, namespace):
            rules = index.rules(grant)
            if rules is None:
                missing.append(f'{grant.role_kind.lower()}.{_GROUP} "{grant.role_name}" not found')
            elif any(rule.allows(request) for rule in rules):
                return Decision(True, grant.reason())
        return Decision(False, f"RBAC: {_aggregate(missing)}" if missing else "")

    def rules_for(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that holds for a user in a namespace."""
        index = self._index.value()
        rules = [rule for grant in index.grants(user, namespace) for rule in index.rules(grant) or ()]
        if MASTERS in user.groups:
            rules += [Rule.of(_EVERYTHING), Rule.of(_EVERY_PATH)]
        return list(dict.fromkeys(rules))

    def role_rules(self, kind: str, name: str, namespace: str) -> tuple[Rule, ...] | None:
        """The rules of a role, if it exists."""
        return self._index.value().role_rules(kind, name, namespace)


_EVERYTHING: Object = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_EVERY_PATH: Object = {"verbs": ["*"], "nonResourceURLs": ["*"]}


def _aggregate(texts: Iterable[str]) -> str:
    unique = list(dict.fromkeys(texts))
    return unique[0] if len(unique) == 1 else "[" + ", ".join(unique) + "]"
