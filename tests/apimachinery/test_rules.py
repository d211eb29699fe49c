"""Names, timestamps, JSONPath and metadata: the small rules."""

from __future__ import annotations

import pytest

from liqolab.apimachinery import meta, names, timestamps
from liqolab.apimachinery.builtin import DEPLOYMENTS
from liqolab.apimachinery.jsonpath import JsonPath, JsonPathError


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (312, "5m12s"),
        (600, "10m"),
        (179 * 60, "179m"),
        (180 * 60, "3h"),
        (5 * 3600 + 60, "5h1m"),
        (47 * 3600, "47h"),
        (3 * 86400 + 3700, "3d1h"),
        (100 * 86400, "100d"),
        (800 * 86400, "2y70d"),
        (3650 * 86400, "10y"),
    ],
)
def test_human_duration(seconds: float, text: str) -> None:
    assert timestamps.human_duration(seconds) == text


def test_timestamps_come_back() -> None:
    assert timestamps.format_time(timestamps.parse("2026-11-22T17:02:16+01:00")) == "2026-11-22T16:02:16Z"
    assert timestamps.format_micro(timestamps.parse("2026-11-22T16:02:16.123456Z")) == "2026-11-22T16:02:16.123456Z"
    with pytest.raises(ValueError, match="no time zone"):
        timestamps.parse("2026-11-22T16:02:16")


def test_names() -> None:
    assert names.dns1123_label("liqo-demo") == []
    assert names.dns1123_label("Liqo_Demo")[0].startswith("a lowercase RFC 1123 label must consist of")
    assert names.dns1123_label("a.b") == ["must not contain dots"]
    assert names.dns1123_label("a" * 64) == ["must be no more than 63 characters"]
    assert names.dns1123_subdomain("a.b-c") == []
    assert names.dns1123_subdomain("a..b")[0].endswith(
        r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    )
    assert names.dns1035_label("1a")[0].startswith("a DNS-1035 label must consist of")
    assert names.qualified_name("topology.liqo.io/region") == []
    assert names.qualified_name("/x") == ["prefix part must be non-empty"]
    assert names.qualified_name("a b")[0].startswith("name part must consist of alphanumeric characters")
    assert names.qualified_name("a/b/c")[0].endswith("(e.g. 'example.com/MyName')")
    assert names.label_value("") == []
    assert names.label_value("a b")[0].startswith("a valid label must be an empty string")
    assert names.config_map_key("a/b")[0].startswith("a valid config key must consist of")
    assert names.config_map_key("..x") == ["must not start with '..'"]


def test_generated_names_fit() -> None:
    name = names.generate("x" * 70)
    assert len(name) == 63
    assert set(name[58:]) <= set(names.SUFFIX_ALPHABET)


POD = {
    "metadata": {"name": "p", "labels": {"liqo.io/remote-cluster-id": "id"}},
    "spec": {"arr": [{"k": "x", "n": 1}, {"k": "y", "n": 2}], "numbers": [1, 2, 3]},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".metadata.name", ["p"]),
        ("metadata.name", ["p"]),
        ("{$.metadata.name}", ["p"]),
        (r".metadata.labels.liqo\.io/remote-cluster-id", ["id"]),
        (r".metadata.labels['liqo\.io/remote-cluster-id']", ["id"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type == 'Other')].status", ["False"]),
        (".status.conditions[?(@.missing)].status", []),
        (".spec.arr[?(@.n>1)].k", ["y"]),
        (".spec.arr[*].k", ["x", "y"]),
        (".spec.numbers[-1:]", [3]),
        (".spec.numbers[-1]", [3]),
        (".spec.numbers[0:2]", [1, 2]),
        (".spec.numbers[0,2]", [1, 3]),
        (".spec.numbers[9]", []),
        ("..k", ["x", "y"]),
        (".nothing.here", []),
    ],
)
def test_jsonpath_finds(path: str, expected: list[object]) -> None:
    assert JsonPath(path).find(POD) == expected


def test_jsonpath_templates() -> None:
    template = '{range .status.conditions[*]}{.type}={.status}{"\\n"}{end}{.spec.arr[0]}'
    assert JsonPath(template).render(POD) == 'Ready=True\nOther=False\n{"k":"x","n":1}'
    for broken in ("{.a", "{range .a[*]}", ".a[", ".a[?(@.b"):
        with pytest.raises(JsonPathError):
            JsonPath(broken)


def test_conditions_keep_their_transition_time_while_the_status_stays() -> None:
    old = [{"type": "Ready", "status": "True", "lastTransitionTime": "2020-01-01T00:00:00Z"}, {"type": "X"}]
    same = meta.set_condition(old, {"type": "Ready", "status": "True", "reason": "New"})
    assert [row["type"] for row in same] == ["Ready", "X"]
    assert same[0] == {**old[0], "reason": "New"}
    changed = meta.set_condition(old, {"type": "Ready", "status": "False"})
    assert changed[0]["lastTransitionTime"] > old[0]["lastTransitionTime"]
    assert meta.set_condition(None, {"type": "A", "status": "True"})[0]["lastTransitionTime"]
    assert meta.pod_is_ready({"status": {"conditions": same}})


def test_owners_and_finalizers() -> None:
    owner = {"metadata": {"name": "web", "uid": "u1"}}
    reference = meta.owner_reference(owner, DEPLOYMENTS)
    assert reference == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "web",
        "uid": "u1",
        "controller": True,
        "blockOwnerDeletion": True,
    }
    child = {"metadata": {"ownerReferences": [{"uid": "u0"}, reference]}}
    assert meta.controller_of(child) == reference
    assert meta.is_controlled_by(child, owner)
    held = meta.with_finalizer(owner, "liqo.io/a")
    assert meta.has_finalizer(held, "liqo.io/a")
    assert "finalizers" not in owner["metadata"]
    assert meta.without_finalizer(held, "liqo.io/a")["metadata"]["finalizers"] == []


def test_get_path_never_fails() -> None:
    assert meta.get_path(POD, "spec", "arr", 1, "k") == "y"
    assert meta.get_path(POD, "spec", "arr", 5, "k", default="-") == "-"
    assert meta.get_path(POD, "metadata", "name", "deeper", default=0) == 0
    assert meta.get_path(None, "x") is None
