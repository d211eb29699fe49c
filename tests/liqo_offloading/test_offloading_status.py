"""Conditions and phases of a NamespaceOffloading, for every combination of NamespaceMaps that means something."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.liqo.gen05.texts import OFFLOADING, Dialect
from liqolab.liqo.offloading.phases import offloading_phase, remote_conditions
from liqolab.liqo.offloading.selector import InvalidSelectorError, selects, validate

EARLIER, NOW = "2022-05-05T15:08:33Z", "2022-05-05T15:08:43Z"


def namespace_map(name: str = "naples-7881be", *, desired: Any = True, phase: Any = None) -> Any:
    return {
        "metadata": {"name": name},
        "spec": {"desiredMapping": {"liqo-demo": "liqo-demo"}} if desired else {},
        "status": {"currentMapping": {"liqo-demo": {"phase": phase}}} if phase else {},
    }


def conditions(*maps: Any, before: Any = None, deleting: Any = False, dialect: Any = Dialect.SEED) -> Any:
    return remote_conditions("liqo-demo", maps, before or {}, OFFLOADING[dialect], NOW, deleting=deleting)


def test_the_seeds_status() -> None:
    florence = namespace_map("florence-539f8b", desired=False)
    naples = namespace_map(phase="Accepted")
    assert conditions(florence, naples) == {
        "florence-539f8b": [
            {
                "lastTransitionTime": NOW,
                "message": "You have not selected this cluster through ClusterSelector fields",
                "reason": "ClusterNotSelected",
                "status": "False",
                "type": "OffloadingRequired",
            }
        ],
        "naples-7881be": [
            {
                "lastTransitionTime": NOW,
                "message": "The remote cluster has been selected through the ClusterSelector field",
                "reason": "ClusterSelected",
                "status": "True",
                "type": "OffloadingRequired",
            },
            {
                "lastTransitionTime": NOW,
                "message": "Namespace correctly offloaded on this cluster",
                "reason": "RemoteNamespaceCreated",
                "status": "True",
                "type": "Ready",
            },
        ],
    }


@pytest.mark.parametrize(
    ("phase", "status", "reason"),
    [
        (None, "False", "Creating"),
        ("Accepted", "True", "NamespaceCreated"),
        ("CreationLoopBackOff", "False", "CreationLoopBackOff"),
        ("Terminating", "False", "Terminating"),
    ],
)
def test_ready_follows_the_mapping(phase: Any, status: Any, reason: Any) -> None:
    ready = conditions(namespace_map(phase=phase), dialect=Dialect.RELEASE)["naples-7881be"][1]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", status, reason)


def test_a_condition_that_says_the_same_is_kept() -> None:
    first = conditions(namespace_map())["naples-7881be"]
    before = {"naples-7881be": [{**row, "lastTransitionTime": EARLIER} for row in first]}
    required, ready = conditions(namespace_map(phase="Accepted"), before=before)["naples-7881be"]
    assert (required["lastTransitionTime"], ready["lastTransitionTime"]) == (EARLIER, NOW)


def test_the_last_word_about_a_deselected_cluster_stays_until_the_offloading_goes() -> None:
    before = conditions(namespace_map(phase="Terminating"))
    gone = namespace_map(desired=False)
    assert [row["reason"] for row in conditions(gone, before=before)["naples-7881be"]] == [
        "ClusterNotSelected",
        "Terminating",
    ]
    assert conditions(gone, before=before, deleting=True) == {}
    assert "naples-7881be" in conditions(namespace_map(desired=False, phase="Terminating"), deleting=True)


@pytest.mark.parametrize(
    ("maps", "phase"),
    [
        ([], "NoClusterSelected"),
        ([(False, None)], "NoClusterSelected"),
        ([(True, None)], "InProgress"),
        ([(True, "Accepted")], "Ready"),
        ([(True, "Accepted"), (False, None)], "Ready"),
        ([(True, "Accepted"), (False, "Accepted")], "InProgress"),
        ([(True, None), (False, "Accepted")], "InProgress"),
        ([(True, "Accepted"), (True, None)], "InProgress"),
        ([(True, "CreationLoopBackOff")], "AllFailed"),
        ([(True, "CreationLoopBackOff"), (True, "Accepted")], "SomeFailed"),
        ([(True, "CreationLoopBackOff"), (True, None)], "SomeFailed"),
    ],
)
def test_phase(maps: Any, phase: Any) -> None:
    built = [namespace_map(str(index), desired=desired, phase=value) for index, (desired, value) in enumerate(maps)]
    assert offloading_phase("liqo-demo", built, deleting=False) == phase
    assert offloading_phase("liqo-demo", built, deleting=True) == "Terminating"


def test_the_absent_selector_selects_everything_and_an_empty_term_nothing() -> None:
    node = {"metadata": {"name": "liqo-naples", "labels": {"topology.liqo.io/region": "south"}}}
    assert selects(None, node)
    assert selects({"nodeSelectorTerms": []}, node)
    assert not selects({"nodeSelectorTerms": [{}]}, node)


@pytest.mark.parametrize(
    ("requirement", "complaint"),
    [
        ({"key": "a", "operator": "Is", "values": ["b"]}, "not a valid selector operator"),
        ({"key": "a", "operator": "In"}, r"Invalid value: \[\]string\{\}: .*values set can't be empty"),
        (
            {"key": "a", "operator": "Exists", "values": ["b"]},
            r'\[\]string\{"b"\}: values set must be empty for exists',
        ),
        ({"key": "a", "operator": "Gt", "values": ["b"]}, r'values\[0\]: Invalid value: "b": .* must be an integer'),
        ({"key": "a", "operator": "Lt", "values": ["1", "2"]}, r'\[\]string\{"1", "2"\}: .* exactly one value'),
    ],
)
def test_invalid_selectors_are_named(requirement: Any, complaint: Any) -> None:
    with pytest.raises(InvalidSelectorError, match=complaint) as caught:
        validate({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}, requirement]}]})
    assert str(caught.value).startswith("nodeSelectorTerms[0].matchExpressions[1].")
