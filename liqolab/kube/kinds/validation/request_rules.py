"""Rules that say which requests a webhook or policy is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import duplicate, invalid_value, not_supported, required
from liqolab.kube.kinds.validation.labels import validate_label_selector

_OPERATIONS: Final = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES: Final = ("*", "Cluster", "Namespaced")
MATCH_POLICIES: Final = ("Equivalent", "Exact")

_ALONE: Final = {"operations": "operations", "apiGroups": "API groups", "apiVersions": "API versions"}
"""Fields in which ``*`` makes everything else pointless, and what error texts call their values."""


def choice(value: Any, path: str, options: tuple[str, ...]) -> list[FieldError]:
    """An error if a value that is there is none of the options."""
    return [] if value is None or value in options else [not_supported(path, value, options)]


def rule_errors(rule: Object, path: str) -> list[FieldError]:
    """What is wrong with one rule."""
    errors: list[FieldError] = []
    for index, operation in enumerate(rule.get("operations") or []):
        errors += choice(operation, f"{path}.operations[{index}]", _OPERATIONS)
    for field in ("operations", "apiGroups", "apiVersions"):
        values = rule.get(field) or []
        if not values:
            errors.append(required(f"{path}.{field}"))
        elif "*" in values and len(values) > 1:
            text = f"if '*' is present, must not specify other {_ALONE[field]}"
            errors.append(invalid_value(f"{path}.{field}", values, text))
    for index, version in enumerate(rule.get("apiVersions") or []):
        if not version:
            errors.append(required(f"{path}.apiVersions[{index}]"))
    errors += _resources(rule.get("resources") or [], f"{path}.resources")
    return errors + choice(rule.get("scope", "*"), f"{path}.scope", _SCOPES)


def _resources(resources: list[str], path: str) -> Iterator[FieldError]:
    if not resources:
        yield required(path)
    whole: set[str] = set()
    everywhere: set[str] = set()
    plain = False
    for index, text in enumerate(resources):
        where, (plural, slash, below) = f"{path}[{index}]", text.partition("/")
        if not text:
            yield required(where)
            continue
        if not slash:
            plain = text != "*"
            continue
        if plural in whole:
            yield invalid_value(where, text, f"if '{plural}/*' is present, must not specify {text}")
        if below in everywhere:
            yield invalid_value(where, text, f"if '*/{below}' is present, must not specify {text}")
        whole |= {plural} if below == "*" else set()
        everywhere |= {below} if plural == "*" else set()
    if len(resources) > 1 and "*/*" in resources:
        yield invalid_value(path, resources, "if '*/*' is present, must not specify other resources")
    if "*" in resources and plain:
        text = "if '*' is present, must not specify other resources without subresources"
        yield invalid_value(path, resources, text)


def match_resources_errors(resources: Object, path: str) -> Iterator[FieldError]:
    """What is wrong with the ``MatchResources`` of a policy or binding."""
    yield from choice(resources.get("matchPolicy"), f"{path}.matchPolicy", MATCH_POLICIES)
    for field in ("namespaceSelector", "objectSelector"):
        yield from validate_label_selector(resources.get(field) or {}, f"{path}.{field}")
    for field in ("resourceRules", "excludeResourceRules"):
        for index, rule in enumerate(resources.get(field) or ()):
            where, names = f"{path}.{field}[{index}]", rule.get("resourceNames") or []
            for position, name in enumerate(names):
                if name in names[:position]:
                    yield duplicate(f"{where}.resourceNames[{position}]", name)
            yield from rule_errors(rule, where)
