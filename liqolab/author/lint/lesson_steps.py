"""The steps of a lesson as its feature has them: what is typed, and how much is checked."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.author.lint.feature_file import FeatureFile, Section


@dataclass(frozen=True, slots=True)
class ScriptedStep:
    """One step.

    Attributes:
        commands: what is typed: text blocks and commands in sentences, in order.
        goals: what a learner sees as one task: a check of the clusters, or all that is said of one command's output.
        checks: the sentences that check.
    """

    commands: tuple[str, ...]
    goals: int
    checks: int


def scripted_steps(feature: FeatureFile | None) -> dict[str, ScriptedStep]:
    """The steps of a feature by id."""
    if feature is None:
        return {}
    return {name: _step(scenario) for scenario in feature.scenarios for name in scenario.step_ids}


def _step(scenario: Section) -> ScriptedStep:
    commands: list[str] = []
    goals = checks = 0
    judged = -1
    for step in scenario.steps:
        sentence = step.sentences[0]
        if step.kind == "when":
            typed = sentence.arguments.get("command") if sentence.step is not None else None
            commands.append(step.docstring if step.docstring is not None else str(typed or step.text))
        elif step.kind == "then":
            checks += 1
            of_output = sentence.step is not None and sentence.step.judges_output
            # All that is said about the output of one command is one goal.
            goals += 0 if of_output and judged == len(commands) else 1
            judged = len(commands) if of_output else -1
    return ScriptedStep(tuple(commands), goals, checks)


def flat(command: str) -> str:
    """A command on one line, with single blanks."""
    return " ".join(command.replace("\\\n", " ").split())
