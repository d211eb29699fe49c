"""Reads what a learner types, as far as one must to tell which cluster it is for and which command was meant.

This is no shell: bash runs the text, and this only looks at it. What it does not understand it leaves out, and nobody
is told anything about that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from liqolab.shelltext.kubectl import CLUSTER_FLAGS, KINDS, NICKNAMES, flags, positions
from liqolab.shelltext.reader import read
from liqolab.shelltext.words import Command, walk

_PROGRAMS_WITH_KUBECONFIG = frozenset(["kubectl", "liqoctl", "helm", "k9s"])
_SHELLS = frozenset(["bash", "sh"])
_SET_VARIABLES = frozenset(["", "export", "declare", "local"])
_CONTEXT_PREFIX = "kind-"


@dataclass(frozen=True, slots=True)
class Simple:
    """One command of a line: a program with its words and flags.

    Attributes:
        positional: words that are no flags, kinds by one of their names.
        flags: by long name without dashes; switches are "true".
        environment: variables that it sees, as far as they are known.
        fed_by: the command before it in a pipe.
    """

    program: str
    positional: tuple[str, ...]
    flags: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)
    fed_by: Simple | None = None

    @property
    def verbs(self) -> tuple[str, ...]:
        """What it does, without to what: the first two words."""
        return self.positional[:2]

    @property
    def bare(self) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
        """All that it says except about the cluster; equal for the same command."""
        flags = tuple(sorted((name, value) for name, value in self.flags.items() if name not in CLUSTER_FLAGS))
        return self.program, self.positional, flags

    @property
    def kubeconfig(self) -> str | None:
        """The kubeconfig file it reads; None for a program that reads none, "" where none is set."""
        if self.program in _PROGRAMS_WITH_KUBECONFIG or (self.program in _SHELLS and self.fed_by is not None):
            chosen = self.flags.get("kubeconfig") or self.environment.get("KUBECONFIG", "")
            return chosen.split(":")[0]
        return None

    @property
    def context(self) -> str:
        """The context it asks for; empty for the current one."""
        return self.flags.get("context", "") if self.kubeconfig is not None else ""


def cluster_of_context(context: str) -> str:
    """The cluster that KinD's name of a context stands for; empty for other contexts."""
    return context.removeprefix(_CONTEXT_PREFIX) if context.startswith(_CONTEXT_PREFIX) else ""


def simple_commands(text: str, environment: Mapping[str, str]) -> tuple[list[Simple], dict[str, str]]:
    """The commands of a text, in order, and the environment after them."""
    known = dict(environment)
    found: dict[Command, Simple] = {}
    for command in walk(read(text).script):
        own = dict(known)
        for word in command.assignments:
            name, _, value = word.expanded(own).partition("=")
            own[name] = value
        if command.program in _SET_VARIABLES:
            known = own
        elif command.program == "unset":
            for word in command.arguments:
                known.pop(word.text, None)
        else:
            fed_by = found.get(command.fed_by) if command.fed_by is not None else None
            found[command] = _simple(command, own, fed_by)
    return list(found.values()), known


def _simple(command: Command, own: dict[str, str], fed_by: Simple | None) -> Simple:
    said: dict[str, str] = {}
    for flag in flags(command):
        value = flag.value.expanded(own) if flag.value is not None else "true"
        if flag.value is flag.word:
            # What is before the value is the flag's own name, in which nothing is filled in.
            value = value[len(flag.name) :].removeprefix("=")
        said[flag.long] = value
    words = [word.expanded(own) for word in positions(command)]
    kinds = tuple(KINDS.get(word) or NICKNAMES.get(word, word) for word in words)
    return Simple(command.words[0].expanded(own).rpartition("/")[2], kinds, said, own, fed_by)
