"""Every step of every scenario, before the first one runs: it has to have exactly one meaning.

What is wrong is told all at once, a line each, as ``file:line: what``; a run in which something is wrong ends before it
begins. Definitions that nothing uses are told, too: a sentence that was changed in the feature alone leaves one behind.
A dry run prints the meanings instead, as a plan of what each step would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from _pytest._io import TerminalWriter

from liqolab.gherkin_tree import FeatureStep
from liqolab.report.collecting import identify
from liqolab.report.record import Match, ScenarioRecord, Status, StepRecord
from liqolab.scenario.feature import unplayed
from liqolab.scenario.places import place_of
from liqolab.scenario.spelling import clusters_of, misspelt
from liqolab.steps.failing.redaction import presentable
from liqolab.steps.registry import REGISTRY, Registry, Step, UndefinedStepError
from liqolab.steps.suggestions import look_up
from liqolab.testing.definitions import Definition, Definitions, of_step
from liqolab.testing.plan import Plan, plan_of, refusal
from liqolab.testing.vocabulary import claims


@dataclass(frozen=True, slots=True)
class Problem:
    """A step that cannot be run, or a definition that nothing uses; `status` is what a report says of the step."""

    file: str
    line: int
    text: str
    status: Status = "undefined"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass(slots=True)
class Meaning:
    """What a step means: definitions that claim it (one, when all is well), and what is wrong otherwise."""

    step: FeatureStep
    definitions: list[Definition] = field(default_factory=list)
    problem: Problem | None = None


class Checker:
    """Finds out what steps mean; remembers, for each place from which one looks, what is seen from there."""

    def __init__(self, given: Callable[[Plan], frozenset[str] | None]) -> None:
        """`given` tells which clusters a scenario has that does not say so itself; None where nobody can tell."""
        self._given = given
        self._seen: dict[object, Definitions] = {}
        self._used: set[object] = set()

    def definitions(self, item: pytest.Item) -> Definitions:
        """What a test sees; the same for all tests of one collector."""
        found = self._seen.get(item.parent)
        if found is None:
            found = self._seen[item.parent] = Definitions(item)
        return found

    def meanings(self, item: pytest.Item) -> list[Meaning]:
        """What each step of a test's scenario means."""
        plan = plan_of(item)
        if plan is None:
            return []
        visible = self.definitions(item)
        clusters = clusters_of(plan.scenario.steps, REGISTRY, self._given(plan))
        return [self._meaning(step, visible, clusters) for step in plan.scenario.steps]

    def problems(self, items: Iterable[pytest.Item]) -> list[Problem]:
        """What is wrong in the scenarios of these tests, in order; each line of a file once."""
        found: dict[tuple[str, int, str], Problem] = {}
        for item in items:
            if (refused := refusal(item)) is not None:
                file, text = refused
                found.setdefault((file, 0, text), Problem(file, 1, text))
            for meaning in self.meanings(item):
                if meaning.problem is not None:
                    problem = meaning.problem
                    found.setdefault((problem.file, problem.line, problem.text), problem)
        return sorted(found.values(), key=lambda problem: (problem.file, problem.line))

    def unused(self, folders: Sequence[Path]) -> list[Problem]:
        """Definitions in these folders that no step asked for so far means."""
        written = {_identity(each): each for visible in self._seen.values() for each in visible if each.own}
        written |= {_identity(each): each for step in REGISTRY if (each := of_step(step)).own}
        found = []
        for identity, definition in written.items():
            inside = any(definition.file.is_relative_to(folder) for folder in folders)
            if identity not in self._used and inside:
                file, _, line = definition.place.rpartition(":")
                found.append(Problem(file, int(line), f"no step uses this definition: {definition.sentence}"))
        return sorted(found, key=lambda problem: (problem.file, problem.line))

    def _meaning(self, step: FeatureStep, visible: Definitions, clusters: frozenset[str] | None) -> Meaning:
        meaning = Meaning(step, visible.matching(step))
        self._used.update(map(_identity, meaning.definitions))
        if place_of(step.text) and not meaning.definitions:
            return meaning
        if len(meaning.definitions) == 1:
            misfit = meaning.definitions[0].misfits(step)
            if misfit or (misfit := _misspelt(meaning.definitions[0], step, clusters)):
                meaning.problem = Problem(step.path, step.line, misfit)
        elif meaning.definitions:
            claimed = "".join(f"\n    {each.place}: {each.sentence}" for each in meaning.definitions)
            text = f"{len(meaning.definitions)} definitions claim: {step.text}{claimed}"
            meaning.problem = Problem(step.path, step.line, text, "ambiguous")
        else:
            meaning.problem = Problem(step.path, step.line, _undefined(step, visible))
        return meaning


def planned_record(plan: Plan, meanings: Sequence[Meaning]) -> ScenarioRecord:
    """The record of a scenario that does not run, because something is wrong in it or elsewhere."""
    record = unplayed(plan.scenario)
    for step, meaning in zip(record.steps, meanings, strict=True):
        step.matches = matches(meaning)
        if meaning.problem is not None:
            step.status, step.message = meaning.problem.status, presentable(meaning.problem.text)
    return record


def matches(meaning: Meaning) -> list[Match]:
    """The definitions of a step as a report names them."""
    found: list[Match] = []
    for definition in meaning.definitions:
        if definition.step is None:
            found.append(Match(definition.sentence, definition.place))
        else:
            found += _sentence_match(definition.step, meaning.step)
    return found


class _One(Registry):
    """A vocabulary of one sentence: to ask what it makes of a step, without asking all the others."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self._steps = [step]


def _sentence_match(sentence: Step, step: FeatureStep) -> list[Match]:
    record = StepRecord(step.keyword, step.text, step.line)
    identify(record, step, _One(sentence))
    return record.matches


def _misspelt(definition: Definition, step: FeatureStep, clusters: frozenset[str] | None) -> str:
    """What in a sentence of the vocabulary cannot have been meant."""
    arguments = definition.step.match(step.text) if definition.step is not None else None
    if definition.step is None or arguments is None:
        return ""
    return "\n    ".join(word.message for word in misspelt(definition.step, arguments, clusters))


def _undefined(step: FeatureStep, visible: Definitions) -> str:
    """Why nothing claims a step, and what may have been meant."""
    import difflib

    for keyword, definition in visible.elsewhere(step):
        said = f"this is said with {keyword}, and here it stands behind {step.kind.capitalize()}: {step.text}"
        return f"{said}\n    {definition.place}: {definition.sentence}"
    own = sorted({each.sentence for each in visible if each.own})
    near = difflib.get_close_matches(step.text, own, 1, 0.75)
    if near:
        return f"no step is defined for: {step.text}\n    did you mean: {near[0]}"
    try:
        look_up(REGISTRY, step.text)
    except UndefinedStepError as error:
        return str(error).replace("\n", "\n    ")
    except LookupError:
        pass
    return f"no step is defined for: {step.text}"


def _identity(definition: Definition) -> object:
    return (definition.place, definition.sentence)


def needs_clusters(meanings: Iterable[Meaning]) -> bool:
    """Whether some step of a scenario works with clusters."""
    for meaning in meanings:
        if claims(meaning.step.text) or place_of(meaning.step.text):
            return True
        if any("lab" in each.arguments for each in meaning.definitions):
            return True
    return False


def print_plan(scenarios: Iterable[tuple[Plan, Sequence[Meaning]]], writer: TerminalWriter) -> None:
    """Print scenarios in order, a line a step; steps that mean nothing begin with what is wrong."""
    counted = steps = 0
    writer.line()
    for plan, meanings in scenarios:
        counted += 1
        writer.line(f"{plan.feature.uri}:{plan.scenario.row or plan.scenario.line}  {plan.scenario.name}", bold=True)
        for meaning in meanings:
            steps += 1
            step = meaning.step
            said = f"{step.keyword} {step.text}"
            if meaning.problem is None:
                writer.line(f"  {step.line:>4}  {said}  ->  {_where(meaning)}")
            else:
                writer.line(f"  {step.line:>4}  {said}  ->  {meaning.problem.status}: {meaning.problem.text}", red=True)
    writer.line(f"\n{counted} scenarios, {steps} steps; nothing was run")


def _where(meaning: Meaning) -> str:
    if meaning.definitions:
        return ", ".join(definition.place for definition in meaning.definitions)
    return "the lesson's player" if place_of(meaning.step.text) else "nothing"
