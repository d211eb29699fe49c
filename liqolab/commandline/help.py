"""Help texts, laid out as cobra lays them out."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from liqolab.commandline.commands import Command, Flag
from liqolab.commandline.parsing import flags_of

_NAME_WIDTH: Final = 11
"""The least that cobra leaves for names of commands."""


def help_text(path: tuple[Command, ...], program: str, about: str = "") -> str:
    """The help of the last command of a path; `about` is what it begins with, if not the command's own text."""
    command = path[-1]
    name = " ".join([program, *(each.name for each in path[1:])])
    own, inherited = flags_of(path)
    own = [replace(flag, help=f"help for {command.name}") if flag.name == "help" else flag for flag in own]
    parts = [about or command.long or command.short]
    parts.append("Usage:\n" + "\n".join(f"  {line}" for line in _usages(command, name)))
    if command.aliases:
        parts.append(f"Aliases:\n  {', '.join((command.name, *command.aliases))}")
    if command.examples:
        shown = "\n".join("  " + each.format(program=program).replace("\n", "\n  ") for each in command.examples)
        parts.append(f"Examples:\n{shown}")
    visible = [each for each in command.commands if not each.hidden]
    if visible:
        width = max(_NAME_WIDTH, *(len(each.name) for each in visible))
        lines = "\n".join(f"  {each.name:<{width}} {each.short}" for each in visible)
        parts.append(f"Available Commands:\n{lines}")
    # What a command hands down is its own flag too.
    mine = [*own, *command.inherited]
    parts.append("Flags:\n" + _flag_lines(mine))
    handed_down = [flag for flag in inherited if flag not in command.inherited]
    if handed_down:
        parts.append("Global Flags:\n" + _flag_lines(handed_down))
    if visible:
        parts.append(f'Use "{name} [command] --help" for more information about a command.')
    return "\n\n".join(parts) + "\n"


def _usages(command: Command, name: str) -> list[str]:
    lines = []
    if command.run:
        lines.append(" ".join(part for part in (name, *command.arguments, command.usage, "[flags]") if part))
    if command.commands:
        lines.append(f"{name} [command]")
    return lines


def _flag_lines(flags: list[Flag]) -> str:
    rows = []
    for flag in sorted((each for each in flags if not each.hidden), key=lambda each: each.name):
        short = f"-{flag.short}, " if flag.short else "    "
        rows.append((f"{short}--{flag.name} {flag.shown}".rstrip(), flag.help + _default(flag)))
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"  {left:<{width}}   {right}" for left, right in rows)


def _default(flag: Flag) -> str:
    if flag.required:
        return " (required)"
    if not flag.default or flag.repeated or not flag.takes_value:
        return ""
    return f' (default "{flag.default}")' if flag.shown == "string" else f" (default {flag.default})"
