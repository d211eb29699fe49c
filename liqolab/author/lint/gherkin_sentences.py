"""Rules about sentences: that the vocabulary knows them, and that they stand where they mean what they seem to mean."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liqolab.author.lint.feature_file import FeatureFile, Sentence, feature_rule, step_ids
from liqolab.author.lint.marked import MarkedError, compose_all
from liqolab.author.lint.rule import Spot, example
from liqolab.scenario.places import place_of, steps_of
from liqolab.steps.execute import misfits
from liqolab.steps.registry import AmbiguousStepError
from liqolab.steps.suggestions import suggest
from liqolab.steps.timing import WORDS, TimingError, split_timing

_BARE_NUMBER = re.compile(r"\b(within|for|entro|per) (\d+(?:\.\d+)?(?: ?(?:seconds?|secs?|minutes?|secondi|minuti))?)$")
_RUN, _TABLE = 'When I run "kubectl get nodes"', "Then the output is a table with:"
_DEFAULT_CLUSTER = "I am using cluster"


@feature_rule(
    "step-undefined",
    what="Every sentence is one of the vocabulary.",
    why="A run stops there with the scenario half played.",
    bad=example('Then cluster "venice" does not exits'),
    good=example('Then cluster "venice" does not exist'),
)
def step_undefined(feature: FeatureFile) -> Iterator[Spot]:
    for step, sentence in feature.sentences():
        if sentence.error is None or isinstance(sentence.error, AmbiguousStepError):
            continue
        if _time_problem(sentence.text.text):
            continue
        near = suggest(feature.registry, sentence.text.text, 1)
        meant = f"; did you mean: {near[0]}" if near else "; liqolab steps search finds sentences"
        yield Spot(step.line, step.text_column, f"no sentence of the vocabulary says this{meant}")


@feature_rule(
    "step-ambiguous",
    what="Every sentence is claimed by one function only.",
    why="Which of them runs would be a matter of luck.",
)
def step_ambiguous(feature: FeatureFile) -> Iterator[Spot]:
    for step, sentence in feature.sentences():
        if isinstance(sentence.error, AmbiguousStepError):
            yield Spot(step.line, step.text_column, str(sentence.error))


@feature_rule(
    "step-argument",
    what="A sentence has the text block or the table that it takes, and none that it does not take.",
    why="A run refuses it; what is not taken would be ignored by a reader's hope only.",
    bad=example("When I run:", "Then the command succeeds"),
    good=example("When I run:", '  """', "  kubectl get nodes", '  """', "Then the command succeeds"),
)
def step_argument(feature: FeatureFile) -> Iterator[Spot]:
    for step, sentence in feature.sentences():
        if sentence.step is not None and (misfit := misfits(sentence.step, sentence.text)):
            yield Spot(step.line, step.text_column, misfit.partition(": ")[0])


@feature_rule(
    "step-role",
    what="Actions stand behind When, checks behind Then.",
    why="Reports count what stands behind Then as checks, and lessons make their lights of them.",
    bad=example('When cluster "venice" does not exist', 'Then I run "kubectl get nodes"'),
    good=example('When I run "kubectl get nodes"', "Then the command succeeds"),
)
def step_role(feature: FeatureFile) -> Iterator[Spot]:
    for step, sentence in feature.sentences():
        if sentence.step is None:
            continue
        if step.kind == "then" and sentence.step.role != "then":
            yield Spot(step.line, step.column, "this is an action behind Then: write it behind When")
        elif step.kind == "when" and sentence.step.role == "then":
            yield Spot(step.line, step.column, "this is a check behind When: write it behind Then")


@feature_rule(
    "cluster-missing",
    what="A sentence about objects names its cluster, unless a default one is set.",
    why="With several clusters it could be about any of them, and a run refuses it.",
    bad=example('Then namespace "a" exists'),
    good=example('Given I am using cluster "venice"', 'Then namespace "a" exists'),
)
def cluster_missing(feature: FeatureFile) -> Iterator[Spot]:
    for section in feature.sections:
        has_default = any(_sets_default(feature.said(step)) for step in section.above)
        for step in section.steps:
            has_default = has_default or _sets_default(feature.said(step))
            if not has_default and any(_names_no_cluster(sentence) for sentence in feature.said(step)):
                message = f'in which cluster? End it in "in cluster ...", or begin with "{_DEFAULT_CLUSTER} ..."'
                yield Spot(step.line, step.text_column, message)


@feature_rule(
    "time-without-unit",
    what="A time has a unit.",
    why="`within 60` is no time, so the sentence is no sentence; durations are written as 60s, 500ms or 1m30s.",
    bad=example('Then namespace "a" exists in cluster "venice" within 60'),
    good=example('Then namespace "a" exists in cluster "venice" within 60s'),
)
def time_without_unit(feature: FeatureFile) -> Iterator[Spot]:
    for step, sentence in feature.sentences():
        found = _BARE_NUMBER.search(sentence.text.text) if sentence.step is None else None
        if found is not None:
            seconds = found.group(2).split()[0].rstrip("abcdefghijklmnopqrstuvwxyz")
            message = f'"{found.group(2)}" is no time: write {seconds}s'
            yield Spot(step.line, step.text_column + found.start(2), message)


@feature_rule(
    "never-without-time",
    what='"never" says for how long.',
    why="Nothing can be watched for ever.",
    bad=example('Then namespace "a" never exists in cluster "venice"'),
    good=example('Then namespace "a" never exists in cluster "venice" within 10s'),
)
def never_without_time(feature: FeatureFile) -> Iterator[Spot]:
    for step, sentence in feature.sentences():
        if sentence.step is None and (problem := _never_problem(sentence.text.text)):
            yield Spot(step.line, step.text_column, problem)


@feature_rule(
    "shape-not-yaml",
    what='The text block of a sentence that ends in "matches:" is YAML.',
    why="A run fails there, whatever the cluster says.",
    bad=example('Then namespace "a" in cluster "venice" matches:', '  """', "  metadata: {name: a", '  """'),
    good=example('Then namespace "a" in cluster "venice" matches:', '  """', "  metadata: {name: a}", '  """'),
)
def shape_not_yaml(feature: FeatureFile) -> Iterator[Spot]:
    for step, sentence in feature.sentences():
        entry, text, block = sentence.step, sentence.text.docstring, step.block
        if (
            entry is None
            or entry.judges_output
            or text is None
            or block is None
            or not entry.sentence.endswith("matches:")
        ):
            continue
        try:
            if len(compose_all(text)) > 1:
                yield Spot(block.line + 1, step.column + 2, "this is more than one document")
        except MarkedError as error:
            yield Spot(block.line + error.spot.line, step.column + 2, f"this is {error.spot.message}")


@feature_rule(
    "pattern-invalid",
    what="What stands between slashes is a regular expression.",
    why="A run fails there, whatever the output says.",
    bad=example(
        'When I run "kubectl get nodes"', "Then the output is a table with:", "  | NAME     |", "  | /liqo-(/ |"
    ),
    good=example(
        'When I run "kubectl get nodes"', "Then the output is a table with:", "  | NAME      |", "  | /liqo-.*/ |"
    ),
)
def pattern_invalid(feature: FeatureFile) -> Iterator[Spot]:
    for _, step in feature.steps():
        for cell in (cell for row in step.table for cell in row.cells):
            value = cell.value
            if len(value) > 2 and value[0] == value[-1] == "/":
                try:
                    re.compile(value[1:-1])
                except re.error as error:
                    yield Spot(cell.line, cell.column, f"{value} is no regular expression: {error.msg}")


@feature_rule(
    "position-unknown",
    what='"the lesson has reached" names a step that the feature has; outside of lessons, one that a lesson has.',
    why="Nobody could get there.",
    bad='Feature: F\n\n  @step:peer\n  Scenario: S\n    Given the lesson has reached "provison"\n'
    '    Then cluster "venice" does not exist\n',
    good='Feature: F\n\n  @step:peer\n  Scenario: A\n    Then cluster "venice" does not exist\n\n'
    '  @step:b\n  Scenario: B\n    Given the lesson has reached "peer"\n    Then cluster "venice" does not exist\n',
)
def position_unknown(feature: FeatureFile) -> Iterator[Spot]:
    known = {step for scenario in feature.scenarios for step in step_ids(scenario)}
    for step, sentence in feature.sentences():
        place = place_of(sentence.text.text)
        if place is None or place.step in (known or steps_of(place)):
            continue
        lesson = f'the lesson "{place.lesson}" has no' if place.lesson else "no lesson has a"
        outside = f'{lesson} step "{place.step}"'
        message = f"no scenario of this feature is tagged @step:{place.step}" if known else outside
        yield Spot(step.line, step.text_column, message)


def _sets_default(sentences: list[Sentence]) -> bool:
    return any(
        sentence.step is not None and sentence.step.sentence.startswith(_DEFAULT_CLUSTER) for sentence in sentences
    )


def _names_no_cluster(sentence: Sentence) -> bool:
    entry = sentence.step
    if entry is None or "cluster" not in entry.placeholders or "[" not in entry.sentence:
        return False
    # Commands without a cluster run in the lesson's own bash, wherever that points.
    return entry.role == "then" and "cluster" in sentence.arguments and sentence.arguments["cluster"] is None


def _never_problem(text: str) -> str:
    for language in WORDS:
        try:
            split_timing(text, language)
        except TimingError as error:
            return str(error)
    return ""


def _time_problem(text: str) -> bool:
    """Whether another rule says what is wrong with the sentence: its time."""
    return bool(_BARE_NUMBER.search(text) or _never_problem(text))
