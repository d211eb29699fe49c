"""A trial for people: what goes on while it runs, and afterwards what became of checks and sabotages, and who survived.

While it runs, a terminal has one line in place; elsewhere there is a line for each thing that was done.
"""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from liqolab.author.sabotage.operators import OPERATORS
from liqolab.author.trial.outcome import SabotageTrial, Trial
from liqolab.author.trial.run import Listener

_WIDTH = 100


class ConsoleListener(Listener):
    """Prints to a console; survivors stay to be seen on a terminal, too."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def __enter__(self) -> ConsoleListener:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def doing(self, text: str) -> None:
        if self._status is not None:
            self._status.update(escape(text[:_WIDTH]))
        else:
            self._console.print(escape(text), soft_wrap=True)

    def sabotaged(self, trial: SabotageTrial, number: int, total: int) -> None:
        if self._status is None or trial.verdict == "survived":
            line = f"{trial.verdict:<9}{trial.seconds:6.1f}s  {trial.step}: {trial.operator}: {trial.what}"
            self._console.print(escape(line), soft_wrap=True)


def print_trial(console: Console, trial: Trial) -> None:
    """Everything that an author needs to see; what is wrong comes last."""
    _print_steps(console, trial)
    if trial.sabotages:
        _print_sabotages(console, trial)
    _print_left(console, trial)
    problems = trial.problems()
    console.print()
    for problem in problems:
        first, *rest = problem.splitlines()
        console.print(f"[bold red]PROBLEM[/bold red]  {escape(first)}", soft_wrap=True)
        for line in rest:
            console.print(f"         {escape(line)}", soft_wrap=True)
    noticed = f", {trial.rate:.1%} of {len(trial.sabotages)} sabotages noticed" if trial.sabotages else ""
    passed = sum(step.passed for step in trial.steps)
    console.print(f"{passed} of {len(trial.steps)} steps passed both ways{noticed}, {trial.seconds:.0f}s in all")


def _print_steps(console: Console, trial: Trial) -> None:
    table = _table("STEP", "BOTH WAYS", "CHECKS>", "RED BEFORE>", "IDLE BEFORE>", "GREEN AFTER>", "TIME>")
    for step in trial.steps:
        table.add_row(
            escape(step.title),
            "[green]passed[/green]" if step.passed else "[bold red]failed[/bold red]",
            str(len(step.checks)),
            str(step.red_before),
            str(len(step.idle_before)),
            str(sum(check.passed is True for check in step.checks)),
            f"{step.seconds:.2f}s",
        )
    console.print(table)
    idle = [(step.id, sentence) for step in trial.steps for sentence in step.idle_before]
    if idle:
        console.print("\nIdle before (these hold already when the step begins):")
        for step_id, sentence in idle:
            console.print(f"  {escape(step_id)}: {escape(sentence)}", soft_wrap=True)


def _print_sabotages(console: Console, trial: Trial) -> None:
    console.print()
    table = _table("SABOTAGE", "TRIED>", "CAUGHT>", "REFUSED>", "SURVIVED>", "EXPLAINED>", "NOTICED>")
    for operator in [*OPERATORS, ""]:
        entries = [entry for entry in trial.sabotages if operator in ("", entry.operator)]
        if entries:
            table.add_row(operator or "all", *_counts(entries))
    console.print(table)
    _print_survivors(console, trial)
    confirmed = [entry for entry in trial.sabotages if entry.confirmed is not None]
    if confirmed:
        held = sum(entry.confirmed is True for entry in confirmed)
        console.print(f"\nWith full patience: {held} of {len(confirmed)} tried again were noticed again")
    for entry in trial.stale:
        console.print(f"No longer needed in sabotage.yaml: {escape(entry)}", soft_wrap=True)


def _print_survivors(console: Console, trial: Trial) -> None:
    if not trial.survivors:
        return
    console.print("\nSurvivors:")
    for entry in trial.survivors:
        console.print(f"  {escape(entry.step)}: {entry.operator}: {escape(entry.what)}", soft_wrap=True)
        console.print(f"    {escape(entry.explained) or 'not explained'}", soft_wrap=True)


def _print_left(console: Console, trial: Trial) -> None:
    if trial.left_clusters:
        console.print(f"\nStill running after the last step: {', '.join(trial.left_clusters)}")
    if trial.left_files:
        files = escape(", ".join(trial.left_files))
        console.print(f"\nIn the working folder after the last step: {files}", soft_wrap=True)


def _counts(entries: list[SabotageTrial]) -> list[str]:
    survived = [entry for entry in entries if entry.verdict == "survived"]
    explained = sum(bool(entry.explained) for entry in survived)
    numbers = [sum(entry.verdict == verdict for entry in entries) for verdict in ("caught", "refused", "survived")]
    rate = 1 - len(survived) / len(entries)
    return [str(len(entries)), *map(str, numbers), str(explained), f"{rate:.1%}"]


def _table(*columns: str) -> Table:
    """A table without lines; a column whose name ends in > has its cells on the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.removesuffix(">"), justify="right" if column.endswith(">") else "left", no_wrap=True)
    return table
