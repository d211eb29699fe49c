"""JSON Patch and JSON Merge Patch."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from liqolab.apimachinery.patches import PatchError, PatchTestError, apply_json_patch, apply_merge_patch, diff_merge

DOCUMENT = {"a": [1, 2], "m": {"x/y": 1, "t~": 2}, "n": None}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "replace", "path": "/missing", "value": 1}], {"missing": 1}),
        ([{"op": "add", "path": "/x"}, {"op": "copy", "from": "/missing", "path": "/y"}], {"x": None, "y": None}),
        ([{"op": "add", "path": "/a/1", "value": 9}], {"a": [1, 9, 2]}),
        ([{"op": "add", "path": "/a/-", "value": 9}], {"a": [1, 2, 9]}),
        ([{"op": "add", "path": "/new", "value": {"k": []}}], {"new": {"k": []}}),
        ([{"op": "remove", "path": "/m/x~1y"}, {"op": "remove", "path": "/m/t~0"}], {"m": {}}),
        ([{"op": "replace", "path": "/a/0", "value": "z"}], {"a": ["z", 2]}),
        ([{"op": "move", "from": "/a/0", "path": "/m/first"}], {"a": [2], "m": {**DOCUMENT["m"], "first": 1}}),
        ([{"op": "copy", "from": "/a", "path": "/b"}, {"op": "add", "path": "/b/0", "value": 0}], {"b": [0, 1, 2]}),
        ([{"op": "test", "path": "/a", "value": [1, 2]}, {"op": "test", "path": "/missing", "value": None}], {}),
    ],
)
def test_json_patch(operations: list[Any], expected: dict[str, Any]) -> None:
    before = copy.deepcopy(DOCUMENT)
    assert apply_json_patch(DOCUMENT, operations) == {**DOCUMENT, **expected}
    assert before == DOCUMENT


def test_json_patch_may_replace_everything() -> None:
    assert apply_json_patch(DOCUMENT, [{"op": "replace", "path": "", "value": {"z": 1}}]) == {"z": 1}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/missing"},
        {"op": "replace", "path": "/a/7", "value": 1},
        {"op": "add", "path": "/a/7", "value": 1},
        {"op": "add", "path": "/a/01", "value": 1},
        {"op": "add", "path": "/n/x", "value": 1},
        {"op": "add", "path": "nothing", "value": 1},
        {"op": "move", "from": "/m", "path": "/m/x"},
        {"op": "jump", "path": "/a"},
        "remove",
    ],
)
def test_json_patches_that_do_not_apply(operation: Any) -> None:
    with pytest.raises(PatchError):
        apply_json_patch(DOCUMENT, [operation])


def test_json_patch_test_tells_true_from_one() -> None:
    with pytest.raises(PatchTestError):
        apply_json_patch({"a": True}, [{"op": "test", "path": "/a", "value": 1}])


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        # RFC 7396, appendix A.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ],
)
def test_merge_patch(document: Any, patch: Any, expected: Any) -> None:
    assert apply_merge_patch(document, patch) == expected


def test_a_computed_merge_patch_leads_to_the_new_document() -> None:
    chance = random.Random(4)

    def value(depth: int) -> Any:
        kind = chance.randrange(5 if depth else 3)
        if kind == 0:
            return chance.choice([0, 1, True, False, "x", ""])
        if kind in (1, 2):
            return [chance.randrange(3) for _ in range(chance.randrange(3))]
        return {chance.choice("abcd"): value(depth - 1) for _ in range(chance.randrange(4))}

    for _ in range(300):
        old = {key: value(3) for key in "abc" if chance.random() < 0.8}
        new = {key: value(3) for key in "bcd" if chance.random() < 0.8}
        changed = apply_merge_patch(old, diff_merge(old, new))
        assert repr(sorted_deep(changed)) == repr(sorted_deep(new))
        assert diff_merge(new, new) == {}


def sorted_deep(value: Any) -> Any:
    return {key: sorted_deep(value[key]) for key in sorted(value)} if isinstance(value, dict) else value
