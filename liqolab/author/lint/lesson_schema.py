"""Rules about lesson.yaml: which keys there are, of what type, and that steps and feature go together."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.lint.feature_file import step_ids
from liqolab.author.lint.lesson_folder import LessonFolder, lesson_rule
from liqolab.author.lint.rule import Spot
from liqolab.scenario.lesson_schema import HINT_KINDS, LESSON, problems


@lesson_rule(
    "lesson-schema",
    what="lesson.yaml has the keys of a lesson, each of its type, and no others.",
    why="A key that is misspelt or missing is an error when the lesson is opened, in front of a learner.",
    bad="steps:\n  - id: peer\n    titel: Peer the clusters\n",
    good="steps:\n  - id: peer\n    title: Peer the clusters\n",
)
def lesson_schema(lesson: LessonFolder) -> Iterator[Spot]:
    if lesson.document is None:
        return
    for problem in problems(lesson.document.plain(), LESSON):
        entry = lesson.document.at(problem.path)
        value = entry.get(problem.name) or entry
        place = entry.keys[problem.name] if problem.known else (value.line, value.column)
        yield Spot(*place, problem.message)


@lesson_rule(
    "kubeconfig-pattern",
    what="`kubeconfig` has the mark {cluster} once, and no other mark.",
    why="It is the name of a file for each cluster; without the mark all clusters share one.",
    bad="kubeconfig: kubeconfig.yaml\n",
    good="kubeconfig: kubeconfig_{cluster}\n",
)
def kubeconfig_pattern(lesson: LessonFolder) -> Iterator[Spot]:
    entry = lesson.top.text("kubeconfig")
    if entry is None:
        return
    if entry.value.count("{cluster}") != 1 or set("{}") & set(entry.value.replace("{cluster}", "")):
        yield Spot(entry.line, entry.column, "the name of a file with {cluster} where the cluster's name belongs")


@lesson_rule(
    "step-duplicate",
    what="No two steps have the same id, and no two clusters the same name.",
    why="Prose, progress and snapshots are found by them.",
    bad="steps:\n  - {id: peer, title: Peer}\n  - {id: peer, title: Peer again}\n",
    good="steps:\n  - {id: peer, title: Peer}\n  - {id: unpeer, title: Unpeer}\n",
)
def step_duplicate(lesson: LessonFolder) -> Iterator[Spot]:
    for list_name, key in (("steps", "id"), ("clusters", "name")):
        seen: set[object] = set()
        for entry in lesson.top.listed(list_name):
            named = entry.text(key)
            if named is None:
                continue
            if named.value in seen:
                yield Spot(named.line, named.column, f'"{named.value}" is there already')
            seen.add(named.value)


@lesson_rule(
    "step-scenario",
    what="Steps and the feature's tags @step: go together, one to one and in the same order.",
    why="The feature is the truth of a step: without a scenario there is nothing to type and nothing to check.",
    bad="steps:\n  - id: peering        # the feature says @step:peer\n    title: Peer the clusters\n",
    good="steps:\n  - id: peer\n    title: Peer the clusters\n",
)
def step_scenario(lesson: LessonFolder) -> Iterator[Spot]:
    feature = lesson.feature
    if feature is None:
        return
    tagged = list(dict.fromkeys(step for scenario in feature.scenarios for step in step_ids(scenario)))
    declared = [step for step, _ in lesson.steps]
    for step, entry in lesson.steps:
        place = entry.get("id") or entry
        if step not in tagged:
            yield Spot(place.line, place.column, f"the feature has no scenario tagged @step:{step}")
    if "steps" not in lesson.top.keys:
        return
    line, column = lesson.top.keys["steps"]
    for step in tagged:
        if step not in declared:
            yield Spot(line, column, f"the feature has a scenario tagged @step:{step}, and there is no such step")
    if sorted(tagged) == sorted(declared) and tagged != declared:
        yield Spot(line, column, f"the feature has the steps in another order: {', '.join(tagged)}")


@lesson_rule(
    "hint-missing",
    severity="warning",
    what="Every step has a hint of each kind: one that nudges, one that explains, and one that says what to type.",
    why="A learner who is stuck should get a little help before getting all of it.",
    bad="hints:\n  nudge: A cluster tells others how to peer with it.\n",
    good="hints:\n  nudge: A cluster tells others how to peer with it.\n"
    "  concept: A peering goes one way; who lends resources hands out a token.\n"
    "  command: Let each cluster generate the command, and run both in Venice.\n",
)
def hint_missing(lesson: LessonFolder) -> Iterator[Spot]:
    for step, entry in lesson.steps:
        hints = entry.get("hints")
        place = entry.keys.get("hints") or (entry.line, entry.column)
        missing = [kind for kind in HINT_KINDS if hints is None or hints.get(kind) is None]
        if missing:
            yield Spot(*place, f'step "{step}" has no hint of the kind {" and ".join(missing)}')
