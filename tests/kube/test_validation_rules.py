"""``x-kubernetes-validations``: rules of a definition, as those who write objects meet them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api_server import Api

MERGE = "application/merge-patch+json"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
TEXT = {"type": "string", "maxLength": 20}

PROPERTIES: dict[str, Any] = {
    "min": {"type": "integer"},
    "max": {"type": "integer"},
    "fixed": {**TEXT, "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "is set once"}]},
    "short": {**TEXT, "x-kubernetes-validations": [{"rule": "size(self) < 5"}]},
    "until": {"type": "string", "format": "date-time"},
    "odd-name": TEXT,
    "ports": {
        "type": "array",
        "maxItems": 5,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "items": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": TEXT, "port": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "!has(oldSelf.port) || self.port >= oldSelf.port"}],
        },
    },
    "labels": {
        "type": "object",
        "maxProperties": 5,
        "additionalProperties": {**TEXT, "x-kubernetes-validations": [{"rule": "self != 'bad'"}]},
    },
    "once": {
        "type": "object",
        "properties": {"a": TEXT},
        "x-kubernetes-validations": [
            {"rule": "!oldSelf.hasValue() || oldSelf.value().a == self.a", "optionalOldSelf": True, "message": "kept"}
        ],
    },
}
RULES: list[dict[str, Any]] = [
    {
        "rule": "!has(self.min) || !has(self.max) || self.min <= self.max",
        "messageExpression": "'%d is more than %d'.format([self.min, self.max])",
        "reason": "FieldValueForbidden",
        "fieldPath": ".max",
    },
    {"rule": "!has(self.until) || self.until > timestamp('2024-01-01T00:00:00Z')", "message": "  is over "},
    {"rule": "!has(self.odd__dash__name) || self.odd__dash__name != 'x'", "reason": "FieldValueDuplicate"},
]


def definition(group: str, spec: dict[str, Any], **root: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"spec": spec}, **root}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "ruled", "kind": "Ruled"}
    body = {"group": group, "names": names, "scope": "Namespaced", "versions": [version]}
    return {"metadata": {"name": f"ruled.{group}"}, "spec": body}


@pytest.fixture
async def group(api: Api) -> AsyncIterator[str]:
    name = f"r{uuid.uuid4().hex[:8]}.ex.io"
    spec = {"type": "object", "properties": PROPERTIES, "x-kubernetes-validations": RULES}
    named = {"x-kubernetes-validations": [{"rule": "self.metadata.name.startsWith('r')"}]}
    await api("POST", DEFINITIONS, definition(name, spec, **named), code=201)
    yield name
    await api("DELETE", f"{DEFINITIONS}/ruled.{name}")


@pytest.fixture
def path(group: str, namespace: str) -> str:
    return f"/apis/{group}/v1/namespaces/{namespace}/ruled"


def ruled(path: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """An object, for the path that it is posted to."""
    return {"apiVersion": path.split("/")[2] + "/v1", "kind": "Ruled", "metadata": {"name": name}, "spec": spec}


def causes(answer: Any) -> list[tuple[str, str, str]]:
    return [(row["field"], row["reason"], row["message"]) for row in answer["details"]["causes"]]


INVALID = "FieldValueInvalid"


@pytest.mark.parametrize(
    ("name", "spec", "expected"),
    [
        ("r", {"min": 2, "max": 1}, [("spec.max", "FieldValueForbidden", "Forbidden: 2 is more than 1")]),
        ("r", {"until": "2020-01-01T00:00:00Z"}, [("spec", INVALID, 'Invalid value: "object": is over')]),
        ("r", {"odd-name": "x"}, [("spec", "FieldValueDuplicate", 'Duplicate value: "object"')]),
        ("r", {"short": "toolong"}, [("spec.short", INVALID, 'Invalid value: "string": failed rule: size(self) < 5')]),
        (
            "r",
            {"labels": {"a": "ok", "b": "bad"}},
            [("spec.labels[b]", INVALID, "Invalid value: \"string\": failed rule: self != 'bad'")],
        ),
        (
            "x",
            {},
            [("<nil>", INVALID, "Invalid value: \"object\": failed rule: self.metadata.name.startsWith('r')")],
        ),
    ],
)
async def test_a_broken_rule_refuses_the_object(api: Api, path: str, name: str, spec: Any, expected: Any) -> None:
    answer = await api("POST", path, ruled(path, name, spec), code=422)
    assert causes(answer) == expected


async def test_rules_wait_until_the_object_is_valid_otherwise(api: Api, path: str) -> None:
    answer = await api("POST", path, ruled(path, "r", {"min": "x", "short": "toolong"}), code=422)
    assert [field for field, _, _ in causes(answer)] == ["spec.min", "<nil>"]


async def test_rules_compare_with_what_was_before(api: Api, path: str) -> None:
    ports = [{"name": "a", "port": 2}, {"name": "b", "port": 2}]
    spec = {"fixed": "a", "ports": ports, "once": {"a": "1"}}
    await api("POST", path, ruled(path, "r", spec), code=201)
    later = {"fixed": "b", "ports": [{"name": "b", "port": 1}, {"name": "c", "port": 1}], "once": {"a": "2"}}
    answer = await api("PATCH", f"{path}/r", {"spec": later}, type=MERGE, code=422)
    assert sorted(field for field, _, _ in causes(answer)) == ["spec.fixed", "spec.once", "spec.ports[0]"]


async def test_what_was_wrong_before_may_stay(api: Api, group: str, path: str) -> None:
    await api("POST", path, ruled(path, "r", {"labels": {"a": "later"}, "min": 1}), code=201)
    changed = {**PROPERTIES, "labels": {**PROPERTIES["labels"], "additionalProperties": {**TEXT, "maxLength": 3}}}
    changed["min"] = {"type": "integer", "x-kubernetes-validations": [{"rule": "self > 1", "message": "too small"}]}
    live = await api("GET", f"{DEFINITIONS}/ruled.{group}", code=200)
    live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] = changed
    await api("PUT", f"{DEFINITIONS}/ruled.{group}", live, code=200)
    await api("PATCH", f"{path}/r", {"spec": {"max": 3}}, type=MERGE, code=200)
    assert api.headers.getall("Warning") == ['299 - "spec.min: Invalid value: \\"integer\\": too small"']
    answer = await api("PATCH", f"{path}/r", {"spec": {"min": 0, "labels": {"b": "later"}}}, type=MERGE, code=422)
    assert causes(answer)[0][0] == "spec.labels.b"


async def test_a_hostile_rule_does_not_stop_the_cluster(api: Api, namespace: str) -> None:
    group = f"h{uuid.uuid4().hex[:8]}.ex.io"
    loops = "self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))"
    items = {"type": "array", "items": {"type": "integer"}, "maxItems": 30}
    spec = {"type": "object", "properties": {"items": {**items, "x-kubernetes-validations": [{"rule": loops}]}}}
    await api("POST", DEFINITIONS, definition(group, spec), code=201)
    path = f"/apis/{group}/v1/namespaces/{namespace}/ruled"
    body = ruled(path, "r", {"items": list(range(30))})
    answer, _ = await asyncio.gather(api("POST", path, body, code=422), api("GET", "/version", code=200))
    assert "no further validation rules will be run due to call cost exceeds limit" in causes(answer)[0][2]
    await api("DELETE", f"{DEFINITIONS}/ruled.{group}")


async def test_rules_that_do_not_compile_are_refused_with_the_definition(api: Api) -> None:
    spec = {"type": "object", "properties": {"a": TEXT}, "x-kubernetes-validations": [{"rule": "self.b == 'x'"}]}
    answer = await api("POST", DEFINITIONS, definition("z.ex.io", spec), code=422)
    [(field, _, message)] = causes(answer)
    assert field == "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    assert message.endswith("compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 'x'\n | ....^")
