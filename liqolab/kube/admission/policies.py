"""Validating admission policies: what a policy says, to whom its bindings apply it, and what becomes of a refusal.

A policy is compiled when it or one of its neighbours has changed, and the next request comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.access.authz import Authorizer
from liqolab.kube.admission.conditions import (
    Compiled,
    ConditionError,
    Conditions,
    RequestVariables,
    compile_stored,
)
from liqolab.kube.admission.plugin import Attributes, refuse
from liqolab.kube.admission.request_matching import RequestMatcher, Scope, is_exempt
from liqolab.kube.cel.budget import PER_OBJECT, Meter
from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.requests import VARIABLES, Expressions
from liqolab.kube.cel.types import DYN
from liqolab.kube.cel.values import type_name
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.store import Store

_CODES: Final = {"Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}
_MOST_MESSAGE: Final = 5 * 1024
_NO_PARAMS: Final = "no params found for policy binding with `Deny` parameterNotFoundAction"
_CLUSTER_WIDE: Final = "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
_NO_NAMESPACE: Final = "paramRef.namespace must not be provided for a cluster-scoped `paramKind`"


class _ConfigurationError(Exception):
    """A policy or binding does not work as it is set up."""


@dataclass(frozen=True, slots=True)
class _Denial:
    """One thing that a policy has against a request."""

    message: str
    reason: str = "Invalid"


@dataclass(frozen=True, slots=True)
class _Validation:
    """One validation of a policy, compiled."""

    row: Object
    expression: Compiled
    message: Compiled | None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, compiled, with the bindings that put it to work."""

    name: str
    fails_closed: bool
    scope: Scope
    param_kind: Object | None
    conditions: Conditions
    variables: tuple[tuple[str, Compiled], ...]
    validations: tuple[_Validation, ...]
    annotations: tuple[tuple[str, Compiled], ...]
    bindings: tuple[tuple[Object, Scope], ...]

    @staticmethod
    def of(policy: Object, bindings: Sequence[Object]) -> Policy:
        spec = policy["spec"]
        kind = spec.get("paramKind")
        expressions = Expressions(params=kind is not None)
        variables = []
        for row in spec.get("variables") or ():
            compiled = compile_stored(expressions, row["expression"])
            variables.append((row["name"], compiled))
            expressions.declare(row["name"], compiled.program.type if compiled.program is not None else DYN)
        constraints = spec.get("matchConstraints") or {}
        return Policy(
            name=policy["metadata"]["name"],
            fails_closed=spec.get("failurePolicy", "Fail") == "Fail",
            scope=Scope.of(constraints, constraints.get("resourceRules") or ()),
            param_kind=kind,
            conditions=Conditions.of(spec.get("matchConditions") or (), params=kind is not None),
            variables=tuple(variables),
            validations=tuple(_validation(row, expressions) for row in spec.get("validations") or ()),
            annotations=tuple(
                (row["key"], compile_stored(expressions, row["valueExpression"].strip()))
                for row in spec.get("auditAnnotations") or ()
            ),
            bindings=tuple((binding, _binding_scope(binding, constraints)) for binding in bindings),
        )


def _validation(row: Object, expressions: Expressions) -> _Validation:
    message = row.get("messageExpression")
    return _Validation(
        row,
        compile_stored(expressions, row["expression"]),
        compile_stored(expressions, message, authorizer=False) if message else None,
    )


def _binding_scope(binding: Object, constraints: Object) -> Scope:
    """A binding narrows its policy; one without rules takes over the policy's."""
    own = binding["spec"].get("matchResources") or {}
    return Scope.of(own, own.get("resourceRules") or constraints.get("resourceRules") or ())


def compile_policies(policies: Sequence[Object], bindings: Sequence[Object]) -> tuple[Policy, ...]:
    """The policies that are bound, by name."""
    bound: dict[str, list[Object]] = {}
    for binding in sorted(bindings, key=lambda row: row["metadata"]["name"]):
        bound.setdefault(binding["spec"].get("policyName", ""), []).append(binding)
    ordered = sorted(policies, key=lambda row: row["metadata"]["name"])
    return tuple(Policy.of(row, bound[name]) for row in ordered if (name := row["metadata"]["name"]) in bound)


class PolicyEvaluator:
    """Holds requests against policies.

    Args:
        store: where params and namespaces are.
        registry: the kinds.
        authorizer: answers what expressions ask.
    """

    def __init__(self, store: Store, registry: Registry, authorizer: Authorizer) -> None:
        self._store = store
        self._registry = registry
        self._matcher = RequestMatcher(store, registry)
        self._variables = RequestVariables(authorizer, self._namespace)

    def _namespace(self, name: str) -> Object | None:
        record = self._store.get("namespaces", "", name)
        return record.object if record is not None else None

    def validate(self, policies: Sequence[Policy], attributes: Attributes) -> None:
        """Let a request pass.

        Raises:
            ApiError: a policy denies it.
        """
        if is_exempt(attributes):
            return
        denials: list[tuple[str, _Denial]] = []
        for policy in policies:
            spec = self._matcher.version_for(policy.scope, attributes)
            if spec is not None:
                denials += self._apply(policy, spec, attributes)
        if denials:
            raise _refusal(attributes, *denials[0])

    def _apply(self, policy: Policy, spec: KindSpec, attributes: Attributes) -> Iterator[tuple[str, _Denial]]:
        """What a policy denies, with the words that name it."""
        head = f"ValidatingAdmissionPolicy '{policy.name}'"
        try:
            params_of = self._param_spec(policy)
        except _ConfigurationError as error:
            if policy.fails_closed:
                yield head, _Denial(f"failed to configure policy: {error}")
            return
        for binding, scope in policy.bindings:
            if self._matcher.version_for(scope, attributes) is None:
                continue
            name, actions = binding["metadata"]["name"], binding["spec"].get("validationActions") or ()
            where = f"{head} with binding '{name}'"
            try:
                params = list(self._params(params_of, binding, attributes))
            except _ConfigurationError as error:
                if policy.fails_closed:
                    yield where, _Denial(f"failed to configure binding: {error}")
                continue
            for param in params:
                run = _Run(policy, self._variables.of(attributes, spec, with_namespace=True), param)
                for denial in run.denials():
                    if "Warn" in actions:
                        text = f"Validation failed for {head} with binding '{name}': {denial.message}"
                        attributes.warnings.append(text)
                    if "Deny" in actions:
                        yield where, denial
                for problem in run.annotation_problems():
                    yield where, _Denial(problem)

    # ------------------------------------------------------------------ params

    def _param_spec(self, policy: Policy) -> KindSpec | None:
        wanted = policy.param_kind
        if wanted is None:
            return None
        version, kind = wanted.get("apiVersion", ""), wanted.get("kind", "")
        for spec in self._registry:
            if spec.resource.api_version == version and spec.resource.kind == kind:
                return spec
        raise _ConfigurationError(f"failed to find resource referenced by paramKind: '{version}, Kind={kind}'")

    def _params(self, spec: KindSpec | None, binding: Object, attributes: Attributes) -> Iterator[Any]:
        ref = binding["spec"].get("paramRef")
        if spec is None or ref is None:
            yield None
            return
        namespace = ref.get("namespace") or ""
        if not spec.resource.namespaced:
            if namespace:
                raise _ConfigurationError(_NO_NAMESPACE)
        else:
            namespace = namespace or attributes.namespace
            if not namespace:
                raise _ConfigurationError(_CLUSTER_WIDE)
        found = self._found(spec, namespace, ref)
        if not found and ref.get("parameterNotFoundAction") == "Deny":
            raise _ConfigurationError(_NO_PARAMS)
        yield from found

    def _found(self, spec: KindSpec, namespace: str, ref: Object) -> list[Object]:
        collection = (spec.storage or spec.resource).group_resource
        if ref.get("name"):
            record = self._store.get(collection, namespace, ref["name"])
            return [record.object] if record is not None else []
        selector = LabelSelector.from_object(ref.get("selector"))
        listed = [record.object for record in self._store.list(collection, namespace)]
        return [obj for obj in listed if selector.matches(obj["metadata"].get("labels") or {})]


class _Run:
    """One policy, one request, one param."""

    def __init__(self, policy: Policy, variables: Object, param: Any) -> None:
        self._policy = policy
        self._values = {**variables, "params": param}
        self._meter = Meter(PER_OBJECT)
        self._values[VARIABLES] = _LazyVariables(policy.variables, self._values)
        self._applies = False

    def denials(self) -> Iterator[_Denial]:
        """What the validations have against the request."""
        try:
            self._applies = self._policy.conditions.hold(self._values)
        except ConditionError as error:
            if self._policy.fails_closed:
                yield _Denial(str(error))
            return
        if not self._applies:
            return
        for validation in self._policy.validations:
            try:
                holds = validation.expression.value(self._values, self._meter)
            except ConditionError as error:
                if self._policy.fails_closed:
                    yield _Denial(str(error))
                continue
            if holds is not True:
                yield _Denial(self._message(validation), validation.row.get("reason") or "Invalid")

    def _message(self, validation: _Validation) -> str:
        text = ""
        if validation.message is not None:
            try:
                text = str(validation.message.value(self._values, self._meter)).strip()
            except ConditionError:
                text = ""
            if len(text.encode()) > _MOST_MESSAGE or "\n" in text:
                text = ""
        own = str(validation.row.get("message") or "").strip()
        return text or own or f"failed expression: {validation.row['expression'].strip()}"

    def annotation_problems(self) -> Iterator[str]:
        """What is wrong with the values of audit annotations; there is no audit log that they could go to."""
        if not self._applies:
            return
        meter = Meter(PER_OBJECT)
        for _, expression in self._policy.annotations:
            try:
                value = expression.value(self._values, meter)
            except ConditionError as error:
                if self._policy.fails_closed:
                    yield str(error)
                continue
            if value is not None and not isinstance(value, str):
                yield (
                    f"valueExpression '{expression.source}' resulted in unsupported return type: {type_name(value)}. "
                    "Return type must be either string or null."
                )


class _LazyVariables(dict[str, Any]):
    """``variables``: each is worked out when it is first used, by expressions that may use those before it."""

    def __init__(self, rows: Sequence[tuple[str, Compiled]], values: Object) -> None:
        super().__init__()
        self._rows = dict(rows)
        self._variables = values
        self._meter = Meter(PER_OBJECT)

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self._rows:
            return default
        if key not in self:
            program = self._rows[key].program
            if program is None:
                raise EvaluationError(f'composited variable "{key}" fails to compile: {self._rows[key].problem}')
            try:
                self[key] = program.run(self._variables, self._meter)
            except EvaluationError as error:
                raise EvaluationError(f'composited variable "{key}" fails to evaluate: {error}') from None
        return self[key]


def _refusal(attributes: Attributes, where: str, denial: _Denial) -> ApiError:
    """As an admission plugin refuses, but with the code of the reason."""
    message = f"{where} denied request: {denial.message}"
    error = refuse(attributes, message)
    error.status["reason"] = denial.reason
    error.status["code"] = _CODES.get(denial.reason, 422)
    error.status["details"] = {**(error.status.get("details") or {}), "causes": [{"message": message}]}
    return error
