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
        COMPREPLY+=("${{line%%$'\\t'*}}")
    done < <("${{COMP_WORDS[0]}}" {ask} "${{COMP_WORDS[@]:1:COMP_CWORD}}" 2>/dev/null)
}}
complete -o default -F _{function} {program}
"""
_ZSH: Final = """\
#compdef {program}
# zsh completion for {program}
_{function}() {{
    local -a found
    local line
    while IFS= read -r line; do
        found+=("${{line//$'\\t'/:}}")
    done < <("${{words[1]}}" {ask} "${{(@)words[2,CURRENT]}}" 2>/dev/null)
    (( ${{#found}} )) && _describe '{program}' found || _files
}}
if [ "$funcstack[1]" = "_{function}" ]; then
    _{function}
else
    compdef _{function} {program}
fi
"""
_FISH: Final = """\
# fish completion for {program}
function __{function}
    set -l words (commandline -opc) (commandline -ct)
    $words[1] {ask} $words[2..-1] 2>/dev/null
end
complete -c {program} -f -a '(__{function})'
"""
_POWERSHELL: Final = """\
# powershell completion for {program}
Register-ArgumentCompleter -Native -CommandName '{program}' -ScriptBlock {{
    param($word, $line, $position)
    $given = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object {{ "$_" }})
    if ($word -eq '') {{ $given += '""' }}
    & '{program}' {ask} @given 2>$null | ForEach-Object {{
        $name, $about = $_ -split "`t", 2
        if (-not $about) {{ $about = $name }}
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $about)
    }}
}}
"""
_SHELLS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "powershell": _POWERSHELL}
COMPLETE: Final = "__complete"
COMPLETE_NAMES: Final = "__completeNoDesc"
"""The hidden commands that the scripts ask, called as cobra calls them."""
_PATIENCE_SECONDS: Final = 2.0
_ARGUMENTS: Final = {
    ("peer",): "clusters",
    ("unpeer",): "clusters",
    ("unpeer", "out-of-band"): "clusters",
    ("offload", "namespace"): "namespaces",
    ("unoffload", "namespace"): "offloaded",
    ("move", "volume"): "claims",
}
"""Command → whose names its argument may be."""


def script(invocation: Invocation) -> int:
    """Print the script for a shell."""
    program = invocation.program.rsplit("/", 1)[-1]
    function = "".join(character if character.isalnum() else "_" for character in program)
    ask = COMPLETE_NAMES if invocation.option("no-descriptions") else COMPLETE
    text = _SHELLS[invocation.command.name]
    invocation.printer.write(text.format(program=program, function=f"{function}_complete", ask=ask))
    return 0


def suggest(words: list[str], *, described: bool) -> int:
    """Print what the last of `words` could become, one suggestion a line, what it means behind a tab. Never fails."""
    *before, word = words or [""]
    for suggestion, about in sorted(_suggestions(before, word).items()):
        sys.stdout.write(f"{suggestion}\t{about}\n" if described and about else f"{suggestion}\n")
    return 0


def _suggestions(before: list[str], word: str) -> dict[str, str]:
    """Suggestion → what it means."""
    from liqolab.commandline.parsing import flags_of
    from liqolab.liqo.ctl.tree import ROOT

    path, arguments = _position(ROOT, before)
    own, inherited = flags_of(path)
    flags = {f"--{flag.name}": flag for flag in (*own, *path[-1].inherited, *inherited) if not flag.hidden}
    previous = flags.get(before[-1]) if before else None
    command = path[-1]
    if previous and previous.takes_value:
        found = dict.fromkeys(previous.choices or _values_of(previous.name, before), "")
    elif word.startswith("-"):
        found = {name: flag.help for name, flag in flags.items()}
    else:
        found = {each.name: each.short for each in command.commands if not each.hidden} if not arguments else {}
        if len(arguments) < len(command.arguments):
            found |= dict.fromkeys(_names(_ARGUMENTS.get(tuple(each.name for each in path[1:]), ""), before), "")
    return {name: about for name, about in found.items() if name.startswith(word)}


def _position(root: Command, before: list[str]) -> tuple[tuple[Command, ...], list[str]]:
    from liqolab.commandline.parsing import descend

    path, rest = descend(root, before)
    return path, [word for word in rest if not word.startswith("-")]


def _values_of(flag: str, before: list[str]) -> set[str]:
    return _names({"namespace": "namespaces", "target-node": "nodes"}.get(flag, ""), before)


def _names(of: str, before: list[str]) -> set[str]:
    """Names from the cluster that the line so far speaks of."""
    try:
        return asyncio.run(_read_names(of, before)) if of else set()
    except Exception:  # a completion that fails suggests nothing
        return set()


async def _read_names(of: str, before: list[str]) -> set[str]:
    from liqolab.apimachinery.builtin import NAMESPACES, NODES, PERSISTENT_VOLUME_CLAIMS
    from liqolab.controller.kubeconfig import load
    from liqolab.controller.short_lived import ShortLivedClient
    from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS

    given = dict(zip(before, [*before[1:], ""], strict=True))
    resource = {
        "namespaces": NAMESPACES,
        "offloaded": NAMESPACE_OFFLOADINGS,
        "clusters": FOREIGN_CLUSTERS,
        "nodes": NODES,
        "claims": PERSISTENT_VOLUME_CLAIMS,
    }[of]
    async with asyncio.timeout(_PATIENCE_SECONDS):
        access = load(given.get("--kubeconfig"), given.get("--context"))
        where = (given.get("--namespace") or given.get("-n") or access.namespace) if of == "claims" else None
        async with ShortLivedClient(access, user_agent="liqoctl") as client:
            field = "namespace" if of == "offloaded" else "name"
            return {each["metadata"][field] for each in (await client.list(resource, where)).items}
