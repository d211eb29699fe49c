"""Sentences about commands typed into the lesson's bash.

Where a cluster is named (or one is in use), ``KUBECONFIG`` is that cluster's for the command alone. Otherwise commands
find what the bash has, as a learner's own do. An ending such as `within 10s` limits how long a command may take.
"""

from __future__ import annotations

import re

from liqolab.process import Completed
from liqolab.shelltext.reader import split
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference, Failure
from liqolab.steps.keeping import make_own_namespace
from liqolab.steps.lab import Lab
from liqolab.steps.registry import then, when
from liqolab.steps.timing import Timing

_COMMAND_SECONDS = 300.0
_ENTRY = re.compile(r"( *(?:- )?)[^\s:]+:(?: |$)")
"""A line of YAML that begins an entry of a mapping; how far it is indented."""


@when("I run[ in cluster {cluster}]:", types_commands="until one fails")
def run_script(lab: Lab, docstring: str, timing: Timing, cluster: str | None = None) -> None:
    """Type the commands of the docstring; the first that fails ends the step, as a learner would stop there."""
    for command in split(docstring):
        completed = _run(lab, command, cluster, timing)
        if completed.code != 0:
            raise _failed(f"$ {_first_line(command)}: exit code {completed.code}", completed)


@when("I run {command}[ in cluster {cluster}]", types_commands="whatever comes")
def run_command(lab: Lab, command: str, timing: Timing, cluster: str | None = None) -> None:
    """Type one command, whatever its exit code: the sentences that follow judge it."""
    _run(lab, command, cluster, timing)


@when("I try[ in cluster {cluster}]:", types_commands="whatever comes")
def try_script(lab: Lab, docstring: str, timing: Timing, cluster: str | None = None) -> None:
    """Type the commands of the docstring at once, whatever their exit code: the sentences that follow judge it."""
    _run(lab, docstring, cluster, timing)


@then("the command succeeds", judges_output=True)
def command_succeeds(lab: Lab) -> None:
    """Holds when the last command ended with exit code 0."""
    last = _last(lab)
    if last.code != 0:
        raise _failed(
            f"the command failed with exit code {last.code}", last, Difference("exit code", "0", str(last.code))
        )


@then("the command fails[ with exit code {code:int}]", judges_output=True)
def command_fails(lab: Lab, code: int | None) -> None:
    """Holds when the last command ended with that exit code; with any but 0 where none is said."""
    last = _last(lab)
    if last.code == 0 or code not in (None, last.code):
        wanted = "another than 0" if code is None else str(code)
        raise _failed(f"the exit code is {last.code}", last, Difference("exit code", wanted, str(last.code)))


@then("the command is rejected with {text}", judges_output=True)
def command_is_rejected(lab: Lab, text: str) -> None:
    """Holds when the last command failed and its output contains the text, such as `NotFound` or `Forbidden`."""
    last = _last(lab)
    if last.code == 0:
        raise _failed(
            "the command was not rejected: it succeeded", last, Difference("exit code", "another than 0", "0")
        )
    if text not in last.output:
        raise _failed(f'the command failed, but not with "{text}"', last)


@then("the output contains {text}", judges_output=True)
def output_contains(lab: Lab, text: str) -> None:
    """Holds when the text is a part of what the last command printed."""
    if text not in lab.output():
        raise _failed(f'"{text}" is not in the output', _last(lab))


@then("the output does not contain {text}", judges_output=True, negative=True)
def output_does_not_contain(lab: Lab, text: str) -> None:
    """Holds when the last command has ended and the text is no part of what it printed."""
    if text in lab.output():
        raise _failed(f'"{text}" is in the output', _last(lab))


@then("the output contains:", judges_output=True)
def output_contains_lines(lab: Lab, docstring: str) -> None:
    """Holds when each line of the docstring, blanks around it aside, is a part of some line of the output; a text that
    kubectl folds in YAML is one line.
    """
    printed = lab.output()
    unfolded = _unfolded(printed)
    lines = [line.strip() for line in docstring.splitlines() if line.strip()]
    missing = [line for line in lines if line not in printed and line not in unfolded]
    if missing:
        raise _failed("not in the output: " + " | ".join(missing), _last(lab))


def _unfolded(output: str) -> str:
    """YAML whose long plain texts are in one line each: what is indented below ``key: text`` goes on with the text."""
    lines: list[str] = []
    for line in output.splitlines():
        text = line.lstrip()
        above = lines[-1] if lines else ""
        begins = _ENTRY.match(above)
        has_text = begins is not None and above[begins.end() :].strip()
        deeper = begins is not None and len(line) - len(text) > len(begins[1])
        if has_text and deeper and text and not _ENTRY.match(line):
            lines[-1] = f"{above} {text}"
        else:
            lines.append(line)
    return "\n".join(lines)


@then("the output matches:", judges_output=True)
def output_matches(lab: Lab, docstring: str) -> None:
    """Holds when the docstring is a regular expression for the whole output, blanks at line ends aside."""
    output = "\n".join(line.rstrip() for line in lab.output().strip().splitlines())
    try:
        found = re.fullmatch(docstring.strip(), output)
    except re.error as error:
        raise CheckFailedError(f"the text block is not a regular expression: {error}") from None
    if found is None:
        mismatch = _failed("the output is not of the form of the text block", _last(lab))
        mismatch.failure.expected, mismatch.failure.actual = docstring.strip(), output
        raise mismatch


@then("the output is a table with:", judges_output=True)
def output_is_table(lab: Lab, datatable: list[list[str]]) -> None:
    """Holds when each row is found in the table that kubectl printed, by column name.

    A cell between slashes is a regular expression for the whole cell. Columns and rows that are not named are no harm.
    """
    header, *expected = datatable
    lines = [line for line in lab.output().splitlines() if line.strip()]
    if not lines:
        raise _failed("the output is empty", _last(lab))
    actual = parse_table(lines)
    if unknown := [name for name in header if actual and name not in actual[0]]:
        raise _failed(f"the output has no column {', '.join(unknown)}", _last(lab))
    for row in expected:
        wanted = dict(zip(header, row, strict=True))
        if not any(_row_holds(wanted, found) for found in actual):
            raise _failed(f"no row has {', '.join(f'{name} {cell}' for name, cell in wanted.items())}", _last(lab))


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


def _run(lab: Lab, command: str, cluster: str | None, timing: Timing) -> Completed:
    limit = timing.seconds if timing != Timing() else _COMMAND_SECONDS
    here = cluster or lab.default_cluster
    if here and lab.own_namespace and lab.own_namespace in command:
        make_own_namespace(lab, lab.cluster(here))
    completed = lab.run(command, limit, cluster=here) if here else lab.run(command, limit)
    if completed.timed_out:
        raise _failed(f"$ {_first_line(command)}: still running after {limit:g}s; interrupted", completed)
    return completed


def _first_line(command: str) -> str:
    first, *more = command.strip().splitlines() or [""]
    return f"{first} …" if more else first


def _last(lab: Lab) -> Completed:
    lab.output()
    assert lab.last is not None
    return lab.last


def _failed(summary: str, completed: Completed, *differences: Difference) -> CheckFailedError:
    return CheckFailedError(
        Failure(summary, differences=list(differences), output=completed.output, code=completed.code)
    )
