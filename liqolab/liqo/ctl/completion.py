"""Shell completion: the script that a shell loads, and the suggestions it asks this program for."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from liqolab.commandline.commands import Command
from liqolab.liqo.ctl.commands import Invocation

_BASH: Final = """\
# bash completion for {program}
_{function}() {{
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <("${{COMP_WORDS[0]}}" __complete "${{COMP_WORDS[@]:1:COMP_CWORD}}" 2>/dev/null)
}}
complete -o default -F _{function} {program}
"""
_SHELLS: Final = {"bash": _BASH, "zsh": "autoload -U +X bashcompinit && bashcompinit\n" + _BASH}
_PATIENCE_SECONDS: Final = 2.0


def script(invocation: Invocation) -> int:
    """Print the script for a shell."""
    shell = invocation.arguments[0]
    if shell not in _SHELLS:
        known = ", ".join(_SHELLS)
        sys.stderr.write(f'Error: no completion for "{shell}"; there is one for {known}\n')
        return 1
    program = invocation.program.rsplit("/", 1)[-1]
    function = "".join(character if character.isalnum() else "_" for character in program)
    invocation.printer.write(_SHELLS[shell].format(program=program, function=f"{function}_complete"))
    return 0


def suggest(words: list[str]) -> int:
    """Print what the last of `words` could become, one suggestion a line. Never fails."""
    *before, word = words or [""]
    for suggestion in sorted(_suggestions(before, word)):
        sys.stdout.write(f"{suggestion}\n")
    return 0


def _suggestions(before: list[str], word: str) -> set[str]:
    from liqolab.commandline.parsing import flags_of
    from liqolab.liqo.ctl.tree import ROOT

    path, arguments = _position(ROOT, before)
    own, inherited = flags_of(path)
    flags = {f"--{flag.name}": flag for flag in (*own, *inherited) if not flag.hidden}
    previous = flags.get(before[-1]) if before else None
    if previous and previous.takes_value:
        return {choice for choice in previous.choices if choice.startswith(word)}
    if word.startswith("-"):
        return {name for name in flags if name.startswith(word)}
    command = path[-1]
    found = {each.name for each in command.commands if not each.hidden} if not arguments else set()
    if len(arguments) < len(command.arguments):
        found |= _names(command.arguments[len(arguments)], before)
    return {each for each in found if each.startswith(word)}


def _position(root: Command, before: list[str]) -> tuple[tuple[Command, ...], list[str]]:
    from liqolab.commandline.parsing import descend

    path, rest = descend(root, before)
    return path, [word for word in rest if not word.startswith("-")]


def _names(argument: str, before: list[str]) -> set[str]:
    """Names from the cluster that the line so far speaks of."""
    if argument == "SHELL":
        return set(_SHELLS)
    try:
        return asyncio.run(_read_names(argument, before))
    except Exception:  # a completion that fails suggests nothing
        return set()


async def _read_names(argument: str, before: list[str]) -> set[str]:
    from liqolab.apimachinery.builtin import NAMESPACES
    from liqolab.controller.kubeconfig import load
    from liqolab.controller.short_lived import ShortLivedClient
    from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS

    given = dict(zip(before, [*before[1:], ""], strict=True))
    resource = NAMESPACES if argument == "NAMESPACE" else FOREIGN_CLUSTERS
    async with asyncio.timeout(_PATIENCE_SECONDS):
        access = load(given.get("--kubeconfig"), given.get("--context"))
        async with ShortLivedClient(access, user_agent="liqoctl") as client:
            return {each["metadata"]["name"] for each in (await client.list(resource)).items}
