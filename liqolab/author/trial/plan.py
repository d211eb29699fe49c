"""A lesson's step as a sequence of parts: what is typed, and what is checked afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from liqolab.author.sabotage.block import Surroundings
from liqolab.gherkin_tree import Scenario
from liqolab.scenario.lesson import Lesson
from liqolab.scenario.places import place_of
from liqolab.shelltext.reader import split
from liqolab.steps.registry import Registry, Step
from liqolab.steps.suggestions import look_up
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY

Kind = Literal["typed", "action", "check"]

_LARGEST_FILE = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """One sentence of a step.

    Attributes:
        index: its place in the scenario.
        kind: ``typed`` commands, another ``action``, or a ``check``.
        step: what the sentence means.
        commands: what is typed, one command an element; empty for the other kinds.
        stops: whether a command that fails ends the part, as it does in a text block.
    """

    index: int
    kind: Kind
    text: StepText
    step: Step
    commands: tuple[str, ...] = ()
    stops: bool = False

    @property
    def judges_output(self) -> bool:
        """Whether the check is about what the command before it printed."""
        return self.step.judges_output

    @property
    def sentence(self) -> str:
        """The step as it is written, without its text block."""
        return f"{self.text.keyword} {self.text.text}"


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step of a lesson."""

    id: str
    title: str
    parts: tuple[Part, ...]

    @property
    def checks(self) -> list[Part]:
        return [part for part in self.parts if part.kind == "check"]


def plan(lesson: Lesson, registry: Registry = REGISTRY) -> list[StepPlan]:
    """The lesson's steps in order.

    Raises:
        UndefinedStepError, AmbiguousStepError: a sentence means nothing, or several things.
    """
    return [_step(scenario, registry) for scenario in lesson.feature.scenarios]


def surroundings(lesson: Lesson) -> Surroundings:
    """What a learner of the lesson could mix up."""
    labels: dict[str, tuple[str, ...]] = {}
    for cluster in lesson.clusters:
        for key, value in cluster.liqo_labels.items():
            labels[key] = (*labels.get(key, ()), value)
    return Surroundings(
        kubeconfigs={cluster.name: lesson.kubeconfig_name(cluster.name) for cluster in lesson.clusters},
        labels=labels,
        files=_manifests(lesson),
    )


def _step(scenario: Scenario, registry: Registry) -> StepPlan:
    parts = []
    for index, text in enumerate(scenario.steps):
        if place_of(text.text):
            continue
        found, arguments = look_up(registry, text.text)
        parts.append(_part(index, text, found, arguments))
    return StepPlan(scenario.step, scenario.name, tuple(parts))


def _part(index: int, text: StepText, found: Step, arguments: dict[str, object]) -> Part:
    if found.role == "then":
        return Part(index, "check", text, found)
    # Sentences that run elsewhere than in the lesson's own bash name a cluster, and are played as they are.
    if found.types_commands and arguments.get("cluster") is None:
        typed = arguments.get("command")
        commands = (typed,) if isinstance(typed, str) else tuple(split(text.docstring or ""))
        return Part(index, "typed", text, found, commands, stops=found.types_commands == "until one fails")
    return Part(index, "action", text, found)


def _manifests(lesson: Lesson) -> dict[str, str]:
    texts = {}
    for file in sorted(lesson.files.rglob("*")):
        if file.suffix in (".yaml", ".yml", ".json") and file.is_file() and file.stat().st_size < _LARGEST_FILE:
            texts[str(file.relative_to(lesson.files))] = file.read_text(encoding="utf-8")
    return texts
