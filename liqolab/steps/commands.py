"""Sentences about commands typed into the lesson's bash."""

from __future__ import annotations

import re

from liqolab.steps.failure import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.registry import then, when
from liqolab.steps.timing import Timing

_COMMAND_SECONDS = 300.0


@when("I run:")
def run_script(lab: Lab, docstring: str, timing: Timing) -> None:
    """Type the commands of the docstring; each line that fails ends the step, as a learner would stop there."""
    limit = timing.seconds if timing != Timing() else _COMMAND_SECONDS
    for command in split_commands(docstring):
        completed = lab.run(command, limit)
        if completed.timed_out:
            raise CheckFailedError(f"$ {command}\n{completed.output}\nstill running after {limit:g}s; interrupted")
        if completed.code != 0:
            raise CheckFailedError(f"$ {command}\n{completed.output}\nexit code {completed.code}")


@when("I run {command}")
def run_command(lab: Lab, command: str, timing: Timing) -> None:
    """Type one command, whatever its exit code: the sentences that follow judge it."""
    limit = timing.seconds if timing != Timing() else _COMMAND_SECONDS
    if lab.run(command, limit).timed_out:
        raise CheckFailedError(f"$ {command}\n{lab.output()}\nstill running after {limit:g}s; interrupted")


@when("I try:")
def try_script(lab: Lab, docstring: str) -> None:
    """Type the commands of the docstring at once, whatever their exit code."""
    lab.run(docstring, _COMMAND_SECONDS)


@then("the command succeeds", judges_output=True)
def command_succeeds(lab: Lab) -> None:
    output = lab.output()
    if lab.last is None or lab.last.code != 0:
        raise CheckFailedError(f"exit code {lab.last.code if lab.last else '?'}:\n{output}")


@then("the command fails with exit code {code:int}", judges_output=True)
def command_fails(lab: Lab, code: int) -> None:
    output = lab.output()
    if lab.last is None or lab.last.code != code:
        raise CheckFailedError(f"expected exit code {code}, was {lab.last.code if lab.last else '?'}:\n{output}")


@then("the output contains {text}", judges_output=True)
def output_contains(lab: Lab, text: str) -> None:
    if text not in lab.output():
        raise CheckFailedError(f'"{text}" is not in the output:\n{lab.output()}')


@then("the output contains:", judges_output=True)
def output_contains_lines(lab: Lab, docstring: str) -> None:
    """Each line of the docstring, as it stands, is part of some line of the output."""
    missing = [line for line in docstring.splitlines() if line.strip() and line.strip() not in lab.output()]
    if missing:
        raise CheckFailedError("not in the output: " + " | ".join(missing) + f"\n{lab.output()}")


@then("the output matches:", judges_output=True)
def output_matches(lab: Lab, docstring: str) -> None:
    """The docstring is a regular expression for the whole output, blanks at line ends aside."""
    output = "\n".join(line.rstrip() for line in lab.output().strip().splitlines())
    if re.fullmatch(docstring.strip(), output) is None:
        raise CheckFailedError(f"the output is not of the form\n{docstring.strip()}\nbut\n{output}")


@then("the output is a table with:", judges_output=True)
def output_is_table(lab: Lab, datatable: list[list[str]]) -> None:
    """Rows of a table that kubectl printed, by column name; a cell between slashes is a regular expression."""
    header, *expected = datatable
    lines = [line for line in lab.output().splitlines() if line.strip()]
    if not lines:
        raise CheckFailedError("the output is empty")
    actual = parse_table(lines)
    for row in expected:
        wanted = dict(zip(header, row, strict=True))
        if not any(_row_holds(wanted, found) for found in actual):
            shown = "\n".join(lines)
            raise CheckFailedError(f"no row has {wanted} in\n{shown}")


def split_commands(text: str) -> list[str]:
    """The commands of a docstring: one a line, where a trailing backslash or an open here-document continues it."""
    commands: list[str] = []
    pending: list[str] = []
    until = ""
    for line in text.splitlines():
        pending.append(line)
        if until:
            if line.strip() != until:
                continue
            until = ""
        elif opened := re.search(r"<<-?\s*['\"]?(\w+)['\"]?", line):
            until = opened.group(1)
            continue
        elif line.endswith("\\"):
            continue
        command = "\n".join(pending)
        pending = []
        if command.strip() and not command.lstrip().startswith("#"):
            commands.append(command)
    if any(line.strip() for line in pending):
        commands.append("\n".join(pending))
    return commands


def parse_table(lines: list[str]) -> list[dict[str, str]]:
    """Rows of a kubectl table as maps from column name to cell; columns are found by where their names begin."""
    columns = [(found.group(), found.start()) for found in re.finditer(r"\S+(?: \S+)*", lines[0])]
    rows = []
    for line in lines[1:]:
        starts = [start for _, start in columns] + [len(line) + 1]
        rows.append({name: line[start:end].strip() for (name, start), end in zip(columns, starts[1:], strict=True)})
    return rows


def _row_holds(wanted: dict[str, str], found: dict[str, str]) -> bool:
    for name, cell in wanted.items():
        value = found.get(name)
        if value is None:
            return False
        if len(cell) > 2 and cell[0] == cell[-1] == "/":
            if re.fullmatch(cell[1:-1], value) is None:
                return False
        elif cell != value:
            return False
    return True
