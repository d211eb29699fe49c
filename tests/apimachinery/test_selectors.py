"""Selectors: what they match, and what is said about bad ones."""

from __future__ import annotations

import pytest

from liqolab.apimachinery.selectors import (
    FieldSelector,
    LabelSelector,
    SelectorError,
    node_affinity_matches,
    node_selector_matches,
    tolerates,
    untolerated_taint,
)

LABELS = {"a": "b", "n": "5", "region": "south", "empty": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("a=b", True),
        ("a==b", True),
        ("a!=b", False),
        ("missing!=b", True),
        ("a in (x, b)", True),
        ("missing notin (x)", True),
        ("a notin (b)", False),
        ("a,!missing", True),
        ("!a", False),
        ("n>4", True),
        ("n>5", False),
        ("n<6", True),
        ("a>1", False),
        ("empty=", True),
        ("a=", False),
        ("empty in ()", True),
        ("a= b , region=south", True),
        ("in in (in)", False),
    ],
)
def test_label_selector_matches(text: str, expected: bool) -> None:
    assert LabelSelector.parse(text).matches(LABELS) is expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        # Recorded from an API server.
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("x in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
        ("a in (x,", "unable to parse requirement: found '', expected: ',', or identifier"),
        ("a=(", "unable to parse requirement: found '(', expected: identifier"),
    ],
)
def test_bad_label_selectors(text: str, error: str) -> None:
    with pytest.raises(SelectorError) as caught:
        LabelSelector.parse(text)
    assert str(caught.value) == error


def test_bad_keys_and_values_are_named() -> None:
    with pytest.raises(
        SelectorError, match=r'^unable to parse requirement: <nil>: Invalid value: "a@": name part must'
    ):
        LabelSelector.parse("a@=b")
    with pytest.raises(SelectorError, match=r'values\[0\]\[a\]: Invalid value: "b@": a valid label must be'):
        LabelSelector.parse("a=b@")


def test_label_selector_prints_sorted_and_parses_again() -> None:
    text = "c notin (z,y),b>3,a in (x),!d,e,f!=g"
    printed = str(LabelSelector.parse(text))
    assert printed == "a in (x),b>3,c notin (y,z),!d,e,f!=g"
    assert str(LabelSelector.parse(printed)) == printed


def test_selector_objects() -> None:
    selector = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "n", "operator": "In", "values": ["5", "6"]}]}
    assert LabelSelector.from_object(selector).matches(LABELS)
    assert str(LabelSelector.from_object(selector)) == "a=b,n in (5,6)"
    assert LabelSelector.from_object({}).matches({})
    assert not LabelSelector.from_object(None).matches({})
    with pytest.raises(SelectorError, match='"Near" is not a valid label selector operator'):
        LabelSelector.from_object({"matchExpressions": [{"key": "a", "operator": "Near"}]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metadata.name=a", True),
        ("metadata.name==a,status.phase!=Running", True),
        ("metadata.name!=a", False),
        ("x=y\\,z", True),
        (",", True),
    ],
)
def test_field_selector_matches(text: str, expected: bool) -> None:
    fields = {"metadata.name": "a", "status.phase": "Pending", "x": "y,z"}
    assert FieldSelector.parse(text).matches(lambda field: fields[field]) is expected


def test_field_selector_errors_and_exact_value() -> None:
    with pytest.raises(SelectorError, match=r"invalid selector: 'metadata\.name'; can't understand"):
        FieldSelector.parse("metadata.name")
    assert FieldSelector.parse("metadata.name=a,b!=c").exact("metadata.name") == "a"
    assert FieldSelector.parse("metadata.name!=a").exact("metadata.name") is None


def node(name: str = "n1", **labels: str) -> dict[str, object]:
    return {"metadata": {"name": name, "labels": labels}}


def expression(key: str, operator: str, *values: str) -> dict[str, object]:
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([], False),
        ([{}], False),
        ([{"matchExpressions": []}, {"matchExpressions": [expression("region", "In", "south")]}], True),
        ([{"matchExpressions": [expression("region", "In", "south"), expression("type", "Exists")]}], False),
        ([{"matchExpressions": [expression("type", "NotIn", "virtual-node")]}], True),
        ([{"matchExpressions": [expression("type", "DoesNotExist")]}], True),
        ([{"matchExpressions": [expression("n", "Gt", "4"), expression("n", "Lt", "6")]}], True),
        ([{"matchExpressions": [expression("n", "Gt", "5")]}], False),
        ([{"matchExpressions": [expression("n", "Gt", "abc")]}], False),
        ([{"matchExpressions": [expression("region", "Gt", "1")]}], False),
        ([{"matchFields": [expression("metadata.name", "In", "n1")]}], True),
        ([{"matchFields": [expression("metadata.name", "NotIn", "n1")]}], False),
    ],
)
def test_node_selector_terms(terms: list[object], expected: bool) -> None:
    assert node_selector_matches({"nodeSelectorTerms": terms}, node(region="south", n="5")) is expected


def test_node_selector_and_affinity_must_both_hold() -> None:
    required = {"nodeSelectorTerms": [{"matchExpressions": [expression("type", "NotIn", "virtual-node")]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    pod = {"spec": {"nodeSelector": {"region": "south"}, "affinity": affinity}}
    assert node_affinity_matches(pod, node(region="south"))
    assert not node_affinity_matches(pod, node(region="south", type="virtual-node"))
    assert not node_affinity_matches(pod, node(region="center"))
    assert node_affinity_matches({"spec": {}}, node())


TAINT = {"key": "virtual-node.liqo.io/not-allowed", "value": "true", "effect": "NoExecute"}


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"key": TAINT["key"], "operator": "Exists", "effect": "NoExecute"}, True),
        ({"key": TAINT["key"], "value": "true"}, True),
        ({"key": TAINT["key"], "value": "false"}, False),
        ({"key": TAINT["key"], "operator": "Exists", "effect": "NoSchedule"}, False),
        ({"operator": "Exists"}, True),
        ({"operator": "Equal", "value": "true"}, False),
    ],
)
def test_tolerations(toleration: dict[str, str], expected: bool) -> None:
    assert tolerates([toleration], TAINT) is expected


def test_untolerated_taint_is_the_first_with_such_an_effect() -> None:
    taints = [{"key": "x", "effect": "PreferNoSchedule"}, {"key": "y", "effect": "NoSchedule"}, TAINT]
    tainted = {"spec": {"taints": taints}}
    pod = {"spec": {"tolerations": [{"key": "y", "operator": "Exists"}]}}
    assert untolerated_taint(pod, tainted, ("NoSchedule", "NoExecute")) == TAINT
    assert untolerated_taint(pod, tainted, ("NoSchedule",)) is None
