"""What the webhook adds to a pod, as tables, and the one property that matters: it can only narrow."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from liqolab.apimachinery.patches import apply_json_patch
from liqolab.apimachinery.selectors import node_affinity_matches, node_selector_matches, tolerates
from liqolab.liqo.gen05.names import not_allowed_taint
from liqolab.liqo.webhook.policy import UnknownStrategyError, imposed_terms, pod_patch


def row(key: Any, operator: Any, *values: Any) -> Any:
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})


def term(*rows: Any) -> Any:
    return {"matchExpressions": list(rows)}


REGION = "topology.liqo.io/region"
SOUTH, CENTER = row(REGION, "In", "south"), row(REGION, "In", "center")
VIRTUAL, PHYSICAL = row("liqo.io/type", "In", "virtual-node"), row("liqo.io/type", "NotIn", "virtual-node")
TOLERATION = {"key": "virtual-node.liqo.io/not-allowed", "operator": "Exists", "effect": "NoExecute"}


def pod(*terms: Any, **spec: Any) -> Any:
    spec = {"containers": [{"name": "c", "image": "i"}], **spec}
    if terms:
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
        spec["affinity"] = {"nodeAffinity": required}
    return {"metadata": {"name": "p"}, "spec": spec}


def selector(*terms: Any) -> Any:
    return {"nodeSelectorTerms": list(terms)}


def mutated(item: Any, strategy: Any, chosen: Any) -> Any:
    return apply_json_patch(item, pod_patch(item, strategy, chosen))


def required(item: Any) -> Any:
    affinity = item["spec"].get("affinity", {}).get("nodeAffinity", {})
    return affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms")


@pytest.mark.parametrize(
    ("strategy", "chosen", "imposed"),
    [
        ("Local", None, []),
        ("Local", selector(term(SOUTH)), []),
        ("LocalAndRemote", None, []),
        ("LocalAndRemote", {"nodeSelectorTerms": []}, []),
        ("LocalAndRemote", selector(term(SOUTH)), [term(SOUTH), term(PHYSICAL)]),
        ("LocalAndRemote", selector(term(SOUTH), term(CENTER)), [term(SOUTH), term(CENTER), term(PHYSICAL)]),
        ("Remote", None, [term(VIRTUAL)]),
        ("Remote", selector(term(SOUTH), term(CENTER)), [term(SOUTH, VIRTUAL), term(CENTER, VIRTUAL)]),
        ("Remote", selector({}), [{}]),
    ],
)
def test_imposed_terms(strategy: Any, chosen: Any, imposed: Any) -> None:
    assert imposed_terms(strategy, chosen) == imposed


def test_unknown_strategy_is_an_error() -> None:
    with pytest.raises(UnknownStrategyError, match="PodOffloadingStrategyType 'Elsewhere' not recognized"):
        imposed_terms("Elsewhere", None)


def test_the_tutorials_pods() -> None:
    chosen = selector(term(SOUTH))
    south = mutated(pod(term(SOUTH)), "LocalAndRemote", chosen)
    assert required(south) == [term(SOUTH, SOUTH), term(SOUTH, PHYSICAL)]
    assert south["spec"]["tolerations"] == [TOLERATION]
    center = mutated(pod(term(CENTER)), "LocalAndRemote", chosen)
    assert required(center) == [term(CENTER, SOUTH), term(CENTER, PHYSICAL)]
    plain = mutated(pod(), "LocalAndRemote", chosen)
    assert required(plain) == [term(SOUTH), term(PHYSICAL)]


def test_the_rest_of_the_pod_is_left_alone() -> None:
    own = {"key": "a", "operator": "Exists"}
    before = pod(tolerations=[own], nodeSelector={"a": "b"}, nodeName="liqo-florence")
    before["spec"]["affinity"] = {"podAffinity": {"x": 1}, "nodeAffinity": {"preferredDuringScheduling": [1]}}
    after = mutated(before, "Remote", selector(term(SOUTH)))
    assert after["spec"]["tolerations"] == [own, TOLERATION]
    assert after["spec"]["affinity"]["podAffinity"] == {"x": 1}
    assert after["spec"]["affinity"]["nodeAffinity"]["preferredDuringScheduling"] == [1]
    assert (after["spec"]["nodeSelector"], after["spec"]["nodeName"]) == ({"a": "b"}, "liqo-florence")
    assert pod_patch(before, "Local", selector(term(SOUTH))) == []


FIELD = {"matchFields": [row("metadata.name", "In", "liqo-florence")]}
OWN = [
    (),
    (term(CENTER),),
    (term(SOUTH), term(PHYSICAL)),
    (term(row(REGION, "Exists")),),
    (term(row(REGION, "DoesNotExist")),),
    (FIELD,),
    ({},),
    ({}, term(CENTER)),
]
CHOSEN = [None, selector(term(SOUTH)), selector(term(SOUTH), FIELD), selector({}), selector({}, term(CENTER))]
NODES = [
    {"metadata": {"name": "venice", "labels": {}}},
    {"metadata": {"name": "liqo-naples", "labels": {REGION: "south", "liqo.io/type": "virtual-node"}}},
    {"metadata": {"name": "liqo-florence", "labels": {REGION: "center", "liqo.io/type": "virtual-node"}}},
]


@pytest.mark.parametrize("strategy", ["LocalAndRemote", "Remote"])
def test_a_pod_may_go_exactly_where_both_it_and_the_policy_want(strategy: Any) -> None:
    for own, chosen, node in product(OWN, CHOSEN, NODES):
        before = pod(*own)
        imposed = imposed_terms(strategy, chosen)
        allowed = not imposed or node_selector_matches(selector(*imposed), node)
        expected = node_affinity_matches(before, node) and allowed
        after = mutated(before, strategy, chosen)
        assert node_affinity_matches(after, node) == expected, (own, chosen, node["metadata"]["name"])
        assert tolerates(after["spec"]["tolerations"], not_allowed_taint())
