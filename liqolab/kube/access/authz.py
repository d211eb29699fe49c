"""What is asked before anything happens: may this user do that?

There is one type to ask, and it answers every question that decides about rights: whoever holds an `Authorizer` can
ask, so that no check is ever left out because the one who stood there had no answer to it. RBAC answers from the roles
and bindings as they are stored at the moment of the question.

The group ``system:masters`` may do everything, whatever the stored objects say: it is how an administrator repairs a
cluster whose bindings are broken. Everybody else needs a rule; nothing is ever denied by one.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Protocol

from liqolab.apimachinery.errors import ApiError, forbidden, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.access.rbac_rules import EVERYTHING, Request, Rule
from liqolab.kube.store.derived import Followed
from liqolab.kube.store.store import Store

MASTERS: Final = "system:masters"
AUTHENTICATED: Final = "system:authenticated"
UNAUTHENTICATED: Final = "system:unauthenticated"
SERVICE_ACCOUNT_PREFIX: Final = "system:serviceaccount:"


@dataclass(frozen=True)
class User:
    """An authenticated identity.

    Attributes:
        name: user name (``system:serviceaccount:ns:name`` for service accounts, the CN of a client certificate).
        groups: group names, ``system:authenticated`` or ``system:unauthenticated`` among them.
        uid: identity that outlives the name; often empty.
        extra: further claims, for instance the credential's id.
    """

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def info(self) -> Object:
        """``authentication.k8s.io/v1 UserInfo``."""
        info: Object = {"username": self.name}
        if self.uid:
            info["uid"] = self.uid
        if self.groups:
            info["groups"] = list(self.groups)
        if self.extra:
            info["extra"] = {key: list(values) for key, values in self.extra.items()}
        return info


ANONYMOUS: Final = User("system:anonymous", (UNAUTHENTICATED,))
"""No credential at all; RBAC decides what that may do."""


def component(name: str) -> User:
    """The identity of a control-plane part that runs inside the cluster's own process."""
    return User(f"system:{name}", (MASTERS, AUTHENTICATED))


_SIGNERS = Resource("certificates.k8s.io", "v1", "signers", "Signer", False)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request, and why.

    Attributes:
        allowed: whether it may go on.
        reason: for people; names the binding that allowed it, or what was broken on the way.
    """

    allowed: bool
    reason: str = ""


class Authorizer(Protocol):
    """Decides who may do what. An implementation answers three questions; the rest follows from them."""

    @abstractmethod
    def decide(self, user: User, request: Request) -> Decision:
        """Whether a request may pass, with the reason for either answer."""

    @abstractmethod
    def rules_for(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that holds for a user in a namespace."""

    @abstractmethod
    def role_rules(self, kind: str, name: str, namespace: str) -> tuple[Rule, ...] | None:
        """The rules of a role, if it exists."""

    def check(self, user: User, request: Request) -> None:
        """Let a request pass.

        Raises:
            ApiError: 403, with the text that names what was missing.
        """
        decision = self.decide(user, request)
        if not decision.allowed:
            raise _refusal(user, request, decision.reason)

    def may_use_signer(self, user: User, verb: str, signer: str) -> bool:
        """Whether a user may ``approve`` or ``sign`` certificates for a signer, by its name or for its domain."""
        domain = signer.partition("/")[0]
        return any(self.decide(user, Request(verb, _SIGNERS, name=name)).allowed for name in (signer, f"{domain}/*"))


def _refusal(user: User, request: Request, reason: str) -> ApiError:
    """The 403 of a request that nothing allows."""
    tail = f": {reason}" if reason else ""
    if request.resource is None:
        text = f'forbidden: User "{user.name}" cannot {request.verb} path "{request.path}"{tail}'
        return status_error(403, "Forbidden", text, {})
    where = f'in the namespace "{request.namespace}"' if request.namespace else "at the cluster scope"
    why = (
        f'User "{user.name}" cannot {request.verb} resource "{request.full_resource}" '
        f'in API group "{request.resource.group}" {where}{tail}'
    )
    return forbidden(request.resource, request.name, why)


_GROUP: Final = "rbac.authorization.k8s.io"
_ROLES: Final = f"roles.{_GROUP}"
_CLUSTER_ROLES: Final = f"clusterroles.{_GROUP}"
_BINDINGS: Final = f"rolebindings.{_GROUP}"
_CLUSTER_BINDINGS: Final = f"clusterrolebindings.{_GROUP}"


_Scope = tuple[str, str]
"""Who, and in which namespace; in all of them when it is empty."""


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
    """Grants by whom they are for and where, and compiled rules by role; kept up as roles and bindings change."""

    def __init__(self) -> None:
        self._users: dict[_Scope, list[_Grant]] = {}
        self._groups: dict[_Scope, list[_Grant]] = {}
        self._rules: dict[tuple[str, str], tuple[Rule, ...]] = {}

    def change(self, collection: str, before: Object | None, after: Object | None) -> None:
        """Take in that a role or a binding is another one now."""
        if collection in (_CLUSTER_ROLES, _ROLES):
            self._change_role(before, after)
            return
        for table, scope, grant in self._grants(before):
            table[scope].remove(grant)
            if not table[scope]:
                del table[scope]
        for table, scope, grant in self._grants(after):
            insort(table.setdefault(scope, []), grant, key=attrgetter("binding"))

    def _change_role(self, before: Object | None, after: Object | None) -> None:
        metadata = ((after or before) or {})["metadata"]
        key = metadata.get("namespace", ""), metadata["name"]
        if after is None:
            self._rules.pop(key, None)
        else:
            self._rules[key] = tuple(Rule.of(rule) for rule in after.get("rules") or ())

    def _grants(self, binding: Object | None) -> Iterator[tuple[dict[_Scope, list[_Grant]], _Scope, _Grant]]:
        if binding is None:
            return
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
            yield table, (key, namespace), grant

    def grants(self, user: User, namespace: str) -> Iterator[_Grant]:
        """Everything that holds for a user in a namespace (empty: cluster-wide only)."""
        for place in dict.fromkeys(("", namespace)):
            yield from self._users.get((user.name, place), ())
            for group in user.groups:
                yield from self._groups.get((group, place), ())

    def rules(self, grant: _Grant) -> tuple[Rule, ...] | None:
        """The rules of the role that a binding refers to; None when it does not exist."""
        return self.role_rules(grant.role_kind, grant.role_name, grant.namespace)

    def role_rules(self, kind: str, name: str, namespace: str) -> tuple[Rule, ...] | None:
        return self._rules.get(("" if kind == "ClusterRole" else namespace, name))


class RbacAuthorizer(Authorizer):
    """Answers for one cluster. Cheap: the bindings are indexed by subject, and the index follows the store."""

    def __init__(self, store: Store) -> None:
        collections = (_CLUSTER_ROLES, _ROLES, _CLUSTER_BINDINGS, _BINDINGS)
        self._index = Followed(store, collections, _Index, _Index.change)

    def decide(self, user: User, request: Request) -> Decision:
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
        index = self._index.value()
        rules = [rule for grant in index.grants(user, namespace) for rule in index.rules(grant) or ()]
        if MASTERS in user.groups:
            rules += map(Rule.of, EVERYTHING)
        return list(dict.fromkeys(rules))

    def role_rules(self, kind: str, name: str, namespace: str) -> tuple[Rule, ...] | None:
        return self._index.value().role_rules(kind, name, namespace)


def _aggregate(texts: Iterable[str]) -> str:
    unique = list(dict.fromkeys(texts))
    return unique[0] if len(unique) == 1 else "[" + ", ".join(unique) + "]"
