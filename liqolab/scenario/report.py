"""What `liqolab run` shows: live progress, and a summary with one line a step.

On a terminal the running sentence is shown in place; elsewhere every line is printed once and stays. Meaning is never
in colour alone: each line begins with a word.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.status import Status as Spinner
from rich.table import Table

from liqolab.gherkin_tree import Scenario
from liqolab.report.html.words import plural
from liqolab.report.record import SUCCESS, Status
from liqolab.scenario.runner import ScenarioResult, StepResult
from liqolab.steps.text import StepText

_STYLES: dict[Status, str] = {
    "passed": "green",
    "failed": "bold red",
    "undefined": "bold magenta",
    "ambiguous": "bold magenta",
    "pending": "bold yellow",
    "skipped": "dim",
}
_WIDTH = 100


class ConsoleReporter:
    """A `Reporter` that prints."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        """`verbose` prints every sentence, not only those that fail."""
        self._console = console
        self._verbose = verbose
        self._spinner: Spinner | None = None

    def scenario_started(self, scenario: Scenario) -> None:
        self._console.print(f"[bold]{escape(scenario.name)}[/bold]")
        if self._console.is_terminal:
            self._spinner = self._console.status("")
            self._spinner.start()

    def step_started(self, step: StepText) -> None:
        if self._spinner is not None:
            self._spinner.update(escape(f"{step.keyword} {step.text}"[:_WIDTH]))

    def step_ended(self, result: StepResult) -> None:
        if result.status == "passed" and not self._verbose:
            return
        self._line(result.status, result.seconds, result.record.sentence)
        self._text(result.record.explanation)

    def scenario_ended(self, result: ScenarioResult) -> None:
        self.close()
        for hook in result.record.hooks:
            if hook.status not in SUCCESS:
                self._line(hook.status, hook.seconds, f"({hook.name})")
                self._text(hook.message)
        self._line(result.status, result.seconds, f"{plural(result.checks, 'check')} held")

    def tell(self, text: str) -> None:
        """Print what goes on between scenarios."""
        self._console.print(f"  {escape(text)}", soft_wrap=True)

    def close(self) -> None:
        """Leave the terminal as it was, whatever happened."""
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def _line(self, status: Status, seconds: float, text: str) -> None:
        style = _STYLES[status]
        self._console.print(f"  [{style}]{status:<9}[/{style}] {seconds:6.2f}s  {escape(text)}", soft_wrap=True)

    def _text(self, text: str) -> None:
        for line in text.splitlines():
            self._console.print(f"            {escape(line)}", soft_wrap=True)


def print_problems(console: Console, problems: Sequence[StepResult]) -> None:
    """Steps that nobody can run, each with its place and what may have been meant."""
    for result in problems:
        style = _STYLES[result.status]
        place = escape(result.step.location)
        console.print(
            f"[{style}]{result.status:<9}[/{style}] {place}  {escape(result.record.sentence)}", soft_wrap=True
        )
        for line in result.error.splitlines():
            console.print(f"          {escape(line)}", soft_wrap=True)
    console.print(f"\nNothing was run: {plural(len(problems), 'step')} cannot be. See: liqolab steps search WORDS")


def print_summary(console: Console, results: Sequence[ScenarioResult], seconds: float, noun: str = "step") -> None:
    """One line a scenario, which a lesson calls its steps: what was done, what was checked, how long."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in (noun.upper(), "STATUS", "COMMANDS", "CHECKS", "TIME"):
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
    console.print(f"\n{passed} of {len(results)} {noun}s passed, {checks} checks held, {seconds:.1f}s in all")
