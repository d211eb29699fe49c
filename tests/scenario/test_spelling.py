"""Words that cannot have been meant are told from those that clusters may know, before anything runs."""

from __future__ import annotations

import pytest

from liqolab.gherkin_tree import parse
from liqolab.scenario.spelling import clusters_of, misspelt
from liqolab.steps.vocabulary import REGISTRY

CLUSTERS = frozenset({"milan", "rome"})


def said(text: str, clusters: frozenset[str] | None = CLUSTERS) -> list[tuple[str, str]]:
    step, arguments = REGISTRY.find(text)
    return [(word.category, word.message) for word in misspelt(step, arguments, clusters)]


def test_a_sentence_with_three_slips_has_three_findings() -> None:
    assert said('nod "x" in cluster "millan" is Reddy') == [
        ("kind", 'no kind is called "nod"; did you mean: node'),
        ("state", 'no object is ever "Reddy"; did you mean: Ready'),
        ("cluster", 'there is no cluster "millan" in this scenario; did you mean: milan'),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        'node "x" in cluster "milan" is Ready',
        'Node "x" in cluster "milan" is Ready',
        'deploy "x" in cluster "milan" is Available within 10s',
        # Kinds and conditions of people's own, some of them rather like those that everybody has.
        'jobset "x" in cluster "milan" is Suspended',
        'endpoint "x" in cluster "milan" exists',
        'podgroup.scheduling.x-k8s.io "x" in cluster "milan" is Unready',
        'clusterqueue "x" in cluster "milan" is Inactive',
        'gateway "x" in cluster "milan" is Programmed',
        # That it is not there is what this sentence is about.
        'cluster "millan" does not exist',
    ],
)
def test_what_a_cluster_may_know_is_not_doubted(sentence: str) -> None:
    assert said(sentence) == []


def test_every_cluster_of_a_sentence_is_looked_at() -> None:
    assert [category for category, _ in said('I peer cluster "rom" with cluster "milano"')] == ["cluster", "cluster"]
    assert said('I peer cluster "rom" with cluster "milano"', None) == []


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ("Given a playground with clusters:\n  | name |\n  | a |\n  | b |", {"a", "b"}),
        ('Given a playground from scenario "offloading-with-policies"', {"venice", "florence", "naples"}),
        ('Given a playground from scenario "nonsense"', None),
        ('When I run "kind create cluster --name c"', None),
        ('Then node "x" in cluster "milan" is Ready', CLUSTERS),
    ],
)
def test_which_clusters_a_scenario_has(steps: str, wanted: set[str] | None) -> None:
    scenario = parse(f"Feature: F\n\n  Scenario: S\n    {steps}\n", "f.feature").scenarios[0]
    assert clusters_of(scenario.steps, REGISTRY, CLUSTERS) == wanted
