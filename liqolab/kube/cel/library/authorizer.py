"""May somebody do something? ``authorizer.group('apps').resource('deployments').check('create').allowed()``.

Who decides is handed in with the variable ``authorizer``; this module only spells out the question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.functions import declare
from liqolab.kube.cel.values import Opaque

_PREFIX: Final = "kubernetes.authorization."
_AUTHORIZER, _PATH, _GROUP = f"{_PREFIX}Authorizer", f"{_PREFIX}PathCheck", f"{_PREFIX}GroupCheck"
_RESOURCE, _DECISION = f"{_PREFIX}ResourceCheck", f"{_PREFIX}Decision"
AUTHORIZER, RESOURCE_CHECK = _AUTHORIZER, _RESOURCE

_CHECK_COST: Final = 350_000
"""A question to the authorizer, which upstream may ask over the network; three to an expression."""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to do: `user` is a service account's (namespace, name), or None for who sent the request."""

    verb: str
    user: tuple[str, str] | None = None
    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


Decide = Callable[[Question], tuple[bool, str]]
"""Whether it is allowed, and why."""


@dataclass(frozen=True, slots=True)
class AuthorizerValue(Opaque):
    """The variable ``authorizer``."""

    decide: Decide
    user: tuple[str, str] | None = None
    type_name = _AUTHORIZER


@dataclass(frozen=True, slots=True)
class PathCheck(Opaque):
    """``authorizer.path('/healthz')``."""

    decide: Decide
    question: Question
    type_name = _PATH


@dataclass(frozen=True, slots=True)
class GroupCheck(Opaque):
    """``authorizer.group('apps')``."""

    decide: Decide
    question: Question
    type_name = _GROUP


@dataclass(frozen=True, slots=True)
class ResourceCheck(Opaque):
    """``authorizer.group('apps').resource('deployments')``."""

    decide: Decide
    question: Question
    type_name = _RESOURCE


@dataclass(frozen=True, slots=True)
class Decision(Opaque):
    """The answer."""

    allowed: bool
    reason: str
    type_name = _DECISION


@declare(f"{_AUTHORIZER}:path(string) -> {_PATH}")
def path(value: AuthorizerValue, text: str) -> PathCheck:
    if not text.strip():
        raise EvaluationError("path must not be empty")
    return PathCheck(value.decide, Question("", user=value.user, path=text))


@declare(f"{_AUTHORIZER}:group(string) -> {_GROUP}")
def group(value: AuthorizerValue, name: str) -> GroupCheck:
    return GroupCheck(value.decide, Question("", user=value.user, group=name))


@declare(f"{_AUTHORIZER}:serviceAccount(string, string) -> {_AUTHORIZER}")
def service_account(value: AuthorizerValue, namespace: str, name: str) -> AuthorizerValue:
    return replace(value, user=(namespace, name))


@declare(f"{_GROUP}:resource(string) -> {_RESOURCE}")
def resource(value: GroupCheck, name: str) -> ResourceCheck:
    if not name.strip():
        raise EvaluationError("resource must not be empty")
    return ResourceCheck(value.decide, replace(value.question, resource=name))


def _field(field: str) -> None:
    @declare(f"{_RESOURCE}:{field}(string) -> {_RESOURCE}")
    def with_field(value: ResourceCheck, text: str) -> ResourceCheck:
        return replace(value, question=replace(value.question, **dict[str, Any]({field: text})))


for _name in ("subresource", "namespace", "name"):
    _field(_name)
declare(f"{_RESOURCE}:fieldSelector(string) -> {_RESOURCE}", f"{_RESOURCE}:labelSelector(string) -> {_RESOURCE}")(
    lambda value, _: value
)


def _check_cost(_: object) -> int:
    return _CHECK_COST


@declare(f"{_PATH}:check(string) -> {_DECISION}", f"{_RESOURCE}:check(string) -> {_DECISION}", cost=_check_cost)
def check(value: PathCheck | ResourceCheck, verb: str) -> Decision:
    return Decision(*value.decide(replace(value.question, verb=verb)))


declare(f"{_DECISION}:allowed() -> bool")(lambda decision: decision.allowed)
declare(f"{_DECISION}:reason() -> string")(lambda decision: decision.reason)
declare(f"{_DECISION}:errored() -> bool")(lambda _: False)
declare(f"{_DECISION}:error() -> string")(lambda _: "")
