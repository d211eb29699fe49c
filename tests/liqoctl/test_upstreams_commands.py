"""Commands and flags of upstream's ``liqoctl`` 0.5.4 against ours.

``data/upstream-0.5.4.json`` is what upstream's program says of itself, command by command: how it is used, whether it
runs, and each flag's shorthand, type (pflag's word), default and marks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liqolab.commandline import commands as readers
from liqolab.commandline.commands import Command, Flag
from liqolab.liqo.ctl import tree_install
from liqolab.liqo.ctl.tree import ROOT

UPSTREAM: dict[str, Any] = json.loads((Path(__file__).parent / "data/upstream-0.5.4.json").read_text())

TYPES: dict[Any, str] = {
    readers.boolean: "bool",
    readers.duration: "duration",
    readers.pairs: "stringMap",
    readers.cidrs: "cidrList",
    readers.settings: "stringSlice",
    tree_install.percentage: "percentage",
}
NOTHING = {"stringArray": "[]", "stringSlice": "[]", "bool": "false"}

MORE_IS_SAID = {
    "liqoctl peer": "peer cluster-name [flags]",
    "liqoctl unpeer": "unpeer cluster-name [flags]",
    "liqoctl move volume": "move volume pvc-name [flags]",
}
"""Upstream's help does not show the argument that these need."""


def walk(path: tuple[Command, ...]) -> Iterator[tuple[Command, ...]]:
    yield path
    for below in path[-1].commands:
        yield from walk((*path, below))


OURS = {" ".join(command.name for command in path): path for path in walk((ROOT,))}


def described(flag: Flag, *, inherited: bool) -> list[str]:
    kind = TYPES.get(flag.read, "stringArray" if flag.repeated else "string")
    default = str(flag.default) if flag.default and not flag.repeated else NOTHING.get(kind, "")
    marks = [("required", flag.required), ("hidden", flag.hidden), ("inherited", inherited)]
    return [flag.short, kind, default, *(mark for mark, set_ in marks if set_)]


def test_the_commands_are_upstreams() -> None:
    assert sorted(OURS) == sorted(UPSTREAM)


@pytest.mark.parametrize("name", sorted(UPSTREAM))
def test_a_command_is_upstreams(name: str) -> None:
    theirs, path = UPSTREAM[name], OURS[name]
    command = path[-1]
    flags = {flag.name: described(flag, inherited=False) for flag in command.flags}
    flags |= {flag.name: described(flag, inherited=True) for flag in command.inherited}
    assert flags == theirs["flags"]
    assert list(command.aliases) == theirs.get("aliases", [])
    assert command.hidden == theirs.get("hidden", False)
    if name == "liqoctl help":
        return
    assert bool(command.run) == theirs["runs"]
    if command.run:
        usage = " ".join([*name.split()[1:], *command.arguments, "[flags]"])
        expected = MORE_IS_SAID.get(name) or theirs["usage"].removeprefix("liqoctl ")
        assert usage.removesuffix(" [flags]") == expected.removesuffix(" [flags]")
