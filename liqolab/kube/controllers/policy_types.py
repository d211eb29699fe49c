"""Checks the expressions of validating admission policies against the kinds that they are about, and says in their
status what can never work. A policy works the same whatever is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CUSTOM_RESOURCE_DEFINITIONS, VALIDATING_POLICIES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.schema import definitions

if TYPE_CHECKING:
    from liqolab.kube.cel.types import Type

_MOST_KINDS: Final = 10
"""More kinds than that are not checked, as upstream."""

_DEEPEST: Final = 14
"""Levels of a kind's fields that have types; a few kinds contain themselves."""

_Kind = tuple[str, str, str]
"""Group, version and kind; sorts as warnings are ordered."""


class PolicyTypes:
    """Keeps ``status.typeChecking`` of policies."""

    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._policies = manager.informer(VALIDATING_POLICIES)
        manager.add(Controller("validatingadmissionpolicy-status", self._reconcile).watches(self._policies))

    async def _reconcile(self, name: str) -> None:
        policy = self._policies.get(name)
        if policy is None:
            return
        generation = policy["metadata"].get("generation") or 0
        status = policy.get("status") or {}
        if generation <= (status.get("observedGeneration") or 0):
            return
        warnings = list(_warnings(policy["spec"], await self._types(policy["spec"])))
        checked: Object = {"expressionWarnings": warnings} if warnings else {}
        status = {**status, "observedGeneration": generation, "typeChecking": checked}
        await self._client.update(VALIDATING_POLICIES, {**policy, "status": status}, subresource="status")

    async def _types(self, spec: Object) -> dict[_Kind, Type]:
        found: dict[_Kind, Type] = {}
        for group, version, plural in _resources(spec):
            if len(found) >= _MOST_KINDS:
                break
            kind, found_type = await self._type(group, version, plural)
            if found_type is not None:
                found[(group, version, kind)] = found_type
        return dict(sorted(found.items()))

    async def _type(self, group: str, version: str, plural: str) -> tuple[str, Type | None]:
        from liqolab.kube.cel.schemas import declared_type

        for row in BUILTIN:
            if (row.resource.group, row.resource.version, row.resource.plural) == (group, version, plural):
                schema = _expanded(definitions.definition(row.definition), _DEEPEST) if row.definition else {}
                return row.resource.kind, declared_type(schema, resource=False, name=row.resource.kind)
        try:
            definition = await self._client.get(CUSTOM_RESOURCE_DEFINITIONS, f"{plural}.{group}")
        except ApiError:
            return "", None
        kind = definition["spec"]["names"]["kind"]
        for row in definition["spec"].get("versions") or ():
            if row.get("name") == version and (schema := meta.get_path(row, "schema", "openAPIV3Schema")):
                return kind, declared_type(schema, resource=True, name=kind)
        return kind, None


def _resources(spec: Object) -> Iterator[tuple[str, str, str]]:
    """The resources that a policy names; wildcards name none."""
    for rule in (spec.get("matchConstraints") or {}).get("resourceRules") or ():
        groups, versions = rule.get("apiGroups") or [], rule.get("apiVersions") or []
        if any("*" in text for text in (*groups, *versions)):
            continue
        plurals = [text for text in rule.get("resources") or () if "*" not in text and "/" not in text]
        yield from product(sorted(groups), sorted(versions), sorted(plurals))


def _expanded(schema: Mapping[str, Any], levels: int) -> Object:
    """A definition with what it refers to in place, down to some level."""
    name = definitions.reference(schema)
    if name == definitions.INT_OR_STRING:
        return {"x-kubernetes-int-or-string": True}
    found = dict(definitions.resolve(schema))
    if levels == 0:
        return {}
    if "properties" in found:
        found["properties"] = {key: _expanded(below, levels - 1) for key, below in found["properties"].items()}
        found.setdefault("type", "object")
    for field in ("items", "additionalProperties"):
        if isinstance(found.get(field), Mapping):
            found[field] = _expanded(found[field], levels - 1)
    return found


def _warnings(spec: Object, kinds: Mapping[_Kind, Type]) -> Iterator[Object]:
    for index, row in enumerate(spec.get("validations") or ()):
        for field in ("expression", "messageExpression"):
            if not row.get(field):
                continue
            texts = [text for kind, of in kinds.items() if (text := _problem(spec, row[field], kind, of))]
            if texts:
                path = f"spec.validations[{index}].{field}"
                yield {"fieldRef": path, "warning": "\n".join(texts)}


def _problem(spec: Object, source: str, kind: _Kind, type: Type) -> str:
    """What is wrong with an expression when ``object`` is of a kind; empty when nothing is."""
    from liqolab.kube.cel.errors import CompileError, InstantiationError
    from liqolab.kube.cel.requests import Expressions
    from liqolab.kube.cel.types import DYN

    expressions = Expressions(params=spec.get("paramKind") is not None)
    for row in spec.get("variables") or ():
        try:
            expressions.declare(row["name"], expressions.compile(row["expression"], object_type=type).type)
        except (CompileError, InstantiationError):
            expressions.declare(row["name"], DYN)
    try:
        expressions.compile(source, object_type=type)
    except (CompileError, InstantiationError) as error:
        group, version, name = kind
        return f"{group}/{version}, Kind={name}: {error}\n"
    return ""
