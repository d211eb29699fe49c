"""CEL over a request: the values of its variables, and whether match conditions hold.

This module is imported with the first policy or match condition of a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.access.authz import AUTHENTICATED, Authorizer, User
from liqolab.kube.access.rbac_rules import Request
from liqolab.kube.admission.plugin import Attributes
from liqolab.kube.admission.request_matching import in_version, kind_below
from liqolab.kube.cel.budget import MATCH_CONDITIONS, Meter
from liqolab.kube.cel.errors import (
    BudgetExceededError,
    CompileError,
    EvaluationError,
    InstantiationError,
)
from liqolab.kube.cel.library.authorizer import AuthorizerValue, Question, ResourceCheck
from liqolab.kube.cel.program import Program
from liqolab.kube.cel.requests import REQUEST_RESOURCE, Expressions
from liqolab.kube.kinds.spec import KindSpec

OUT_OF_BUDGET: Final = "validation failed due to running out of cost budget, no further validation rules will be run"


class ConditionError(Exception):
    """An expression has no value; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression of a stored object: its program, or why there is none."""

    source: str
    program: Program | None
    problem: str = ""

    def value(self, variables: Object, meter: Meter) -> Any:
        """Its value.

        Raises:
            ConditionError: there is none.
        """
        if self.program is None:
            raise ConditionError(f"compilation error: {self.problem}")
        try:
            value = self.program.run(variables, meter)
        except EvaluationError as error:
            meter.end()
            raise ConditionError(f"expression '{self.source}' resulted in error: {error}") from None
        except BudgetExceededError:
            raise ConditionError(OUT_OF_BUDGET) from None
        if not meter.end():
            raise ConditionError(OUT_OF_BUDGET)
        return value


def compile_stored(expressions: Expressions, source: str, *, authorizer: bool = True) -> Compiled:
    """An expression that has been looked at when it was written."""
    try:
        return Compiled(source, expressions.compile(source, authorizer=authorizer))
    except (CompileError, InstantiationError) as error:
        return Compiled(source, None, str(error))


@dataclass(frozen=True, slots=True)
class Conditions:
    """The ``matchConditions`` of a webhook or policy."""

    rows: tuple[tuple[str, Compiled], ...]

    @staticmethod
    def of(rows: Sequence[Object], *, params: bool = False) -> Conditions:
        expressions = Expressions(params=params)
        return Conditions(
            tuple((row.get("name", ""), compile_stored(expressions, str(row["expression"]).strip())) for row in rows)
        )

    def hold(self, variables: Object) -> bool:
        """Whether all of them do. One that does not decides, whatever becomes of the others.

        Raises:
            ConditionError: none says no, but some say nothing.
        """
        meter = Meter(MATCH_CONDITIONS)
        problems: list[str] = []
        for _, condition in self.rows:
            try:
                if condition.value(variables, meter) is False:
                    return False
            except ConditionError as error:
                problems.append(str(error))
        if problems:
            raise ConditionError(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
        return True


class RequestVariables:
    """Makes the variables of requests.

    Args:
        authorizer: answers what expressions ask of ``authorizer``.
        namespace: gives a namespace by its name.
    """

    def __init__(self, authorizer: Authorizer, namespace: Callable[[str], Object | None]) -> None:
        self._authorizer = authorizer
        self._namespace = namespace

    def of(self, attributes: Attributes, spec: KindSpec, *, with_namespace: bool) -> Object:
        """The variables of a request, in the version of its kind that a rule speaks of.

        Args:
            attributes: the request.
            spec: the kind in that version.
            with_namespace: whether ``namespaceObject`` is there (match conditions do not have it).
        """
        own = attributes.spec
        ask = AuthorizerValue(lambda question: self._decide(attributes.user, question))
        return {
            "object": cache(lambda: in_version(attributes.object, own, spec)),
            "oldObject": cache(lambda: in_version(attributes.old_object, own, spec)),
            "request": cache(lambda: _request(attributes, spec)),
            "namespaceObject": cache(lambda: self._namespace_of(attributes) if with_namespace else None),
            "authorizer": ask,
            REQUEST_RESOURCE: ResourceCheck(ask.decide, _question(attributes)),
        }

    def _namespace_of(self, attributes: Attributes) -> Object | None:
        resource = attributes.spec.resource
        if not attributes.namespace or (resource.group, resource.plural) == ("", "namespaces"):
            return None
        found = self._namespace(attributes.namespace)
        if found is None:
            return None
        metadata = {key: value for key, value in found["metadata"].items() if key not in ("managedFields", "uid")}
        return {**found, "metadata": metadata | {"UID": found["metadata"].get("uid", "")}}

    def _decide(self, user: User, question: Question) -> tuple[bool, str]:
        if question.user is not None:
            user = _service_account(*question.user)
        if question.path:
            decision = self._authorizer.decide(user, Request(question.verb, path=question.path))
        else:
            resource = Resource(question.group, "", question.resource, "", bool(question.namespace))
            names = (question.namespace, question.name, question.subresource)
            decision = self._authorizer.decide(user, Request.of(question.verb, resource, *names))
        return decision.allowed, decision.reason


def _service_account(namespace: str, name: str) -> User:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{name}", groups)


def _question(attributes: Attributes) -> Question:
    resource = attributes.spec.resource
    return Question(
        "",
        group=resource.group,
        resource=resource.plural,
        subresource=attributes.subresource,
        namespace=attributes.namespace,
        name=attributes.name,
    )


def _kind(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _resource(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "resource": resource.plural}


def _request(attributes: Attributes, spec: KindSpec) -> Object:
    """``request`` of expressions: an AdmissionRequest without its objects."""
    own = attributes.spec
    request: Object = {
        "kind": _kind(kind_below(attributes, spec)),
        "resource": _resource(spec.resource),
        "requestKind": _kind(kind_below(attributes, own)),
        "requestResource": _resource(own.resource),
        "name": attributes.name,
        "operation": attributes.operation,
        "userInfo": {"username": "", "groups": [], "extra": {}, **attributes.user.info()},
        "dryRun": attributes.dry_run,
        "options": attributes.options or None,
    }
    if attributes.namespace:
        request["namespace"] = attributes.namespace
    if attributes.subresource:
        request["subResource"] = request["requestSubResource"] = attributes.subresource
    return request
