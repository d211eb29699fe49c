"""The plan, printed: what each step of each scenario would do, and where that is defined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from liqolab.testing.checking import Meaning
from liqolab.testing.plan import Plan
from liqolab.testing.sentences import REACHED


class Writer(Protocol):
    """Somewhere to print."""

    def line(self, s: str = "", **markup: bool) -> None: ...


def print_plan(scenarios: Iterable[tuple[Plan, Sequence[Meaning]]], writer: Writer) -> None:
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
    return "the lesson's player" if REACHED.fullmatch(meaning.step.text) else "nothing"
