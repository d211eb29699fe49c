"""Every command line that the documentation shows is one that its program takes; nothing is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from liqolab.cli import liqolab
from liqolab.commandline.parsing import parse
from liqolab.liqo.ctl.tree import ROOT as LIQOCTL
from liqolab.playground.kind.tree import ROOT as KIND
from liqolab.scenario.library import LESSONS_VARIABLE
from liqolab.shelltext.reader import read
from liqolab.shelltext.words import walk

ROOT = Path(__file__).parents[2]

_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^\$ ((?:.*\\\n)*.*)", re.MULTILINE)


def _take_click(group: click.Command, words: list[str]) -> None:
    """Parse without running; raises for what the program would refuse."""
    command = group
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        below = command.get_command(click.Context(command), words[0])
        assert below is not None, f"there is no command {words[0]}"
        command, words = below, words[1:]
    command.make_context(command.name, list(words))


PROGRAMS: dict[str, Callable[[list[str]], object]] = {
    "liqolab": lambda words: _take_click(liqolab, words),
    "kind": lambda words: parse(KIND, words),
    "liqoctl": lambda words: parse(LIQOCTL, words),
}


def _command_lines() -> Iterator[str]:
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]):
        for block in _CONSOLE.findall(page.read_text()):
            for typed in _TYPED.findall(block):
                yield from _commands(typed)


def _commands(typed: str) -> Iterator[str]:
    """The programs' own command lines in what was typed, pipes and substitutions taken apart."""
    for command in walk(read(typed).script):
        if command.program in PROGRAMS:
            yield shlex.join(word.text for word in command.words)


LINES = sorted(set(_command_lines()))


@pytest.mark.parametrize("line", LINES)
def test_the_program_takes_the_line(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where lessons are is settled while a command line is read.
    monkeypatch.setenv(LESSONS_VARIABLE, "")
    program, *words = shlex.split(line)
    PROGRAMS[program](words)


def test_lines_of_every_program_are_found() -> None:
    assert {line.split()[0] for line in LINES} == set(PROGRAMS)
