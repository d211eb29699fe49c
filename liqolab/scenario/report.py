"""What `liqolab run` shows: live progress, and a summary with one line a step.

On a terminal the running sentence is shown in place; elsewhere every line is printed once and stays. Meaning is never
in colour alone: each line begins with a word.
"""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from liqolab.scenario.feature import Scenario
from liqolab.scenario.runner import ScenarioResult, StepResult
from liqolab.steps.text import StepText

_STYLES = {"passed": "green", "failed": "bold red", "undefined": "bold magenta", "skipped": "dim"}
_WIDTH = 100


class ConsoleReporter:
    """A `Reporter` that prints."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        """`verbose` prints every sentence, not only those that fail."""
        self._console = console
        self._verbose = verbose
        self._status: Status | None = None

    def scenario_started(self, scenario: Scenario) -> None:
        self._console.print(f"[bold]{escape(scenario.name)}[/bold]")
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()

    def step_started(self, step: StepText) -> None:
        if self._status is not None:
            self._status.update(f"{step.keyword} {escape(step.text)}"[:_WIDTH])

    def step_ended(self, result: StepResult) -> None:
        style = _STYLES[result.status]
        if result.status == "passed" and not self._verbose:
            return
        sentence = f"{result.step.keyword} {result.step.text}"
        self._console.print(
            f"  [{style}]{result.status:<9}[/{style}] {result.seconds:6.2f}s  {escape(sentence)}", soft_wrap=True
        )
        for line in result.error.splitlines():
            self._console.print(f"            {escape(line)}", soft_wrap=True)

    def scenario_ended(self, result: ScenarioResult) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        style = _STYLES[result.status]
        checks = f"{result.checks} check{'s' if result.checks != 1 else ''}"
        self._console.print(f"  [{style}]{result.status:<9}[/{style}] {result.seconds:6.2f}s  {checks} held")

    def close(self) -> None:
        """Leave the terminal as it was, whatever happened."""
        if self._status is not None:
            self._status.stop()


def print_summary(console: Console, results: list[ScenarioResult], seconds: float) -> None:
    """One line a step of the lesson: what was done, what was checked, how long."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("STEP", "STATUS", "COMMANDS", "CHECKS", "TIME"):
        table.add_column(column, justify="right" if column in ("COMMANDS", "CHECKS", "TIME") else "left")
    for result in results:
        style = _STYLES[result.status]
        done = sum(1 for step in result.steps if step.step.kind == "when" and step.status == "passed")
        table.add_row(
            escape(result.scenario.name),
            f"[{style}]{result.status}[/{style}]",
            str(done),
            str(result.checks),
            f"{result.seconds:.2f}s",
        )
    console.print()
    console.print(table)
    passed = sum(1 for result in results if result.status == "passed")
    checks = sum(result.checks for result in results)
    console.print(f"\n{passed} of {len(results)} steps passed, {checks} checks held, {seconds:.1f}s in all")
