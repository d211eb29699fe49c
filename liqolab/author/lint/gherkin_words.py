"""Rules about the words that sentences leave open: kinds, states and clusters that cannot have been meant."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.lint.feature_file import FeatureFile, feature_rule
from liqolab.author.lint.rule import Spot, example
from liqolab.scenario.spelling import Category, clusters_of, misspelt

_MILAN = ("Given a playground with clusters:", "  | name  |", "  | milan |")


@feature_rule(
    "kind-misspelt",
    what="No kind is nearly one that every cluster knows.",
    why="The check would fail after its whole patience, and say that the cluster knows no such kind.",
    bad=example('Then nod "a" in cluster "venice" is Ready'),
    good=example('Then node "a" in cluster "venice" is Ready'),
)
def kind_misspelt(feature: FeatureFile) -> Iterator[Spot]:
    return _misspelt(feature, "kind")


@feature_rule(
    "state-misspelt",
    what="No state is nearly one of those that objects are in.",
    why="No object is ever in it, so the check could only fail, or hold of everything behind a not.",
    bad=example('Then node "a" in cluster "venice" is Reddy'),
    good=example('Then node "a" in cluster "venice" is Ready'),
)
def state_misspelt(feature: FeatureFile) -> Iterator[Spot]:
    return _misspelt(feature, "state")


@feature_rule(
    "cluster-unknown",
    what="A scenario that says which clusters it has names no others.",
    why="There would be no such cluster when it runs.",
    bad=example(*_MILAN, 'Then node "a" in cluster "millan" is Ready'),
    good=example(*_MILAN, 'Then node "a" in cluster "milan" is Ready'),
)
def cluster_unknown(feature: FeatureFile) -> Iterator[Spot]:
    return _misspelt(feature, "cluster")


def _misspelt(feature: FeatureFile, category: Category) -> Iterator[Spot]:
    written = {step.line: step for _, step in feature.steps()}
    found = dict.fromkeys(
        (text.line, word)
        for scenario in feature.played
        for clusters in [clusters_of(scenario.steps, feature.registry)]
        for text in scenario.steps
        for sentence in feature.said(written[text.line])
        if sentence.step is not None
        for word in misspelt(sentence.step, sentence.arguments, clusters)
        if word.category == category
    )
    for line, word in found:
        step = written[line]
        yield Spot(line, step.text_column + max(step.text.find(word.word), 0), word.message)
