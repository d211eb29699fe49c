"""Structural schemas: pruning, defaulting and validation, against answers of a real API server."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from liqolab.apimachinery.errors import ApiError
from liqolab.kube.schema.structural import Structural

RECORDED = json.loads((Path(__file__).parent / "data" / "custom_resource_answers.json").read_text())
SCHEMA = Structural(RECORDED["schema"])


def foo(spec: Any, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "ex.io/v1", "kind": "Foo", "metadata": {"name": "t", **metadata}, "spec": copy.deepcopy(spec)}


def causes(schema: Structural, obj: dict[str, Any]) -> list[list[str]]:
    schema.prune(obj)
    schema.default(obj)
    return [
        [error.field, error.reason, error.message] for error in schema.validate(obj, None, [], (), only_status=False)
    ]


def messages(schema: dict[str, Any], spec: Any) -> list[str]:
    return [
        f"{field}: {message}"
        for field, _, message in causes(Structural({"type": "object", "properties": {"spec": schema}}), foo(spec))
    ]


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: json.dumps(case["spec"]))
def test_messages_are_those_of_a_real_server(case: dict[str, Any]) -> None:
    assert causes(SCHEMA, foo(case["spec"])) == case["causes"]


def test_pruning_and_defaulting() -> None:
    obj = foo(
        {"name": "abc", "arr": [{"k": "x", "w": 1}], "zzz": {"a": 1}, "nul": None, "m": None, "raw": {"any": [{}]}}
    )
    obj["extra"] = 1
    assert SCHEMA.prune(obj) == ["extra", "spec.arr[0].w", "spec.zzz"]
    SCHEMA.default(obj)
    assert obj["spec"] == {
        "name": "abc",
        "arr": [{"k": "x", "v": "dv"}],
        "nul": None,
        "m": "A",
        "n": 2,
        "raw": {"any": [{}]},
    }
    assert SCHEMA.validate(obj, None, [], (), only_status=False) == []


def test_nested_defaults_need_their_object() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "string", "default": "x"}}}
    lazy = Structural({"type": "object", "properties": {"a": inner}})
    eager = Structural({"type": "object", "properties": {"a": {**inner, "default": {}}}})
    one: dict[str, Any] = {}
    other: dict[str, Any] = {}
    lazy.default(one)
    eager.default(other)
    assert one == {}
    assert other == {"a": {"b": "x"}}


def test_embedded_resources_and_metadata() -> None:
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True}
    schema = Structural({"type": "object", "properties": {"spec": embedded}})
    obj = foo({"kind": "Pod", "metadata": {"name": "x", "nope": 1}, "spec": {}}, alsoNope=1)
    assert schema.prune(obj) == ["metadata.alsoNope", "spec.metadata.nope", "spec.spec"]
    with pytest.raises(ApiError, match=r"Go struct field ObjectMeta\.labels of type string"):
        schema.prune(foo({}, labels={"a": 1}))


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (
            {"type": "integer", "format": "int32"},
            2**31,
            ['spec: Invalid value: "2147483648": spec in body must be of type int32: "2147483648"'],
        ),
        (
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            0,
            ["spec: Invalid value: 0: spec in body should be greater than 0"],
        ),
        ({"type": "number", "multipleOf": 2}, 3, ["spec: Invalid value: 3: spec in body should be a multiple of 2"]),
        (
            {"type": "string", "minLength": 2},
            "é",
            ['spec: Invalid value: "é": spec in body should be at least 2 chars long'],
        ),
        (
            {"type": "string", "pattern": "^a$"},
            "a\n",
            ["spec: Invalid value: \"a\\n\": spec in body should match '^a$'"],
        ),
        ({"type": "array", "minItems": 1}, [], ["spec: Invalid value: 0: spec in body should have at least 1 items"]),
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"a": 1},
            ['spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"'],
        ),
        ({"enum": [1, 2]}, 3, ['spec: Unsupported value: 3: supported values: "1", "2"']),
        ({"type": "string"}, 1.5, ['spec: Invalid value: "number": spec in body must be of type string: "number"']),
        (
            {"type": "boolean"},
            "true",
            ['spec: Invalid value: "string": spec in body must be of type boolean: "string"'],
        ),
        ({"type": "integer"}, 2.0, []),
        ({"type": "string", "format": "cidr"}, "10.0.0.0/16", []),
        ({"type": "string", "format": "duration"}, "1h30m", []),
        ({"type": "string", "format": "made-up"}, "anything", []),
    ],
)
def test_single_rules(schema: dict[str, Any], value: Any, expected: list[str]) -> None:
    assert messages(schema, value) == expected


def test_combinations() -> None:
    either = {"properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object"}
    assert messages(either, {"a": 1}) == []
    assert messages(either, {"a": 1, "b": 2}) == [
        '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives'
    ]
    assert messages(either, {})[0].endswith("(oneOf). Found none valid")
    assert messages({**either, "oneOf": None, "not": {"required": ["a"]}}, {"a": 1}) == [
        '<nil>: Invalid value: "": "spec" must not validate the schema (not)'
    ]
    int_or_string = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
    assert messages(int_or_string, "50%") == messages(int_or_string, 5) == []
