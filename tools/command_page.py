"""The reference page of all command lines.

Made of the definitions behind ``--help`` and not of its output, which every version of click breaks into lines in its
own way, and which says the same options of `liqoctl install` for each of its providers again.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import click

from liqolab.cli import liqolab
from liqolab.commandline.commands import Command, Flag
from liqolab.kubectl.main import kubectl
from liqolab.liqo.ctl.tree import ROOT
from liqolab.playground.kind.tree import ROOT as KIND

WIDTH = 120

_HEAD = """\
# Command lines

`liqolab` is for the machine you sit at: it makes playgrounds and plays lessons. `liqoctl` and `kind` are for clusters,
and follow upstream's. In the [lab's shell](../tutorial/first-playground.md) all three are on the `PATH`, and a small
`kubectl` where the machine has none. Every command takes `-h` and `--help`.

| `liqolab` exits with | when |
|---|---|
| 0 | all went well |
| 1 | it did not: a check failed, a cluster did not come up |
| 2 | the command line was wrong |
| 130 | it was interrupted |

`liqolab shell -c` exits with the code of its commands. `liqoctl` and `kind` exit with 0 or 1, and with 130 when
interrupted.

| Variable | Meaning |
|---|---|
| `LIQOLAB_HOME` | Where playgrounds and snapshots are kept. Default: `~/.local/state/liqolab`. |
| `LIQOLAB_PLAYGROUND` | The playground that commands mean. The lab's shell sets it. |
| `LIQOLAB_LESSONS` | Folders of your own with `scenarios` and `features`, separated by colons; asked first. |
| `LIQO_DIALECT` | Liqo's [texts](liqo.md#two-dialects): `seed` (default) or `release`. The lab's shell has it. |
| `KUBECONFIG` | The cluster that `kubectl`, `liqoctl` and `kind` mean. The lab's shell starts without it. |
| `NO_COLOR` | If set, `liqoctl` prints no colours. |
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One command as the page shows it; `options` are pairs of spelling and meaning."""

    name: str
    usage: str
    paragraphs: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()
    examples: tuple[str, ...] = ()

    def render(self, level: int) -> str:
        parts = [f"{'#' * level} {self.name}", *map(filled, self.paragraphs)]
        parts.append(f"```text\n{self.usage}\n```")
        if self.options:
            parts.append(_table(("Option", "Meaning"), self.options))
        if self.examples:
            parts.append("```console\n" + "\n".join(f"$ {example}" for example in self.examples) + "\n```")
        return "\n\n".join(parts) + "\n"


def command_page() -> str:
    """The page, in Markdown."""
    parts = [
        _HEAD,
        _click_entry(("liqolab",), liqolab).render(2),
        *(entry.render(3) for entry in _click_entries(("liqolab",), liqolab)),
        *_tree(ROOT),
        _unavailable(),
        *_tree(KIND),
        _small_kubectl(),
    ]
    return "\n".join(parts)


def filled(text: str) -> str:
    """`text` as one paragraph; options stay in one piece."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_on_hyphens=False)


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| `{left}` | {right} |" for left, right in ((_cell(left), _cell(right)) for left, right in rows)]
    return "\n".join([f"| {head[0]} | {head[1]} |", "|---|---|", *lines])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# --- liqolab and the small kubectl: click ---


def _click_entries(path: tuple[str, ...], group: click.Group) -> Iterator[Entry]:
    for name, command in _children(group):
        # A group that only groups needs no entry; one with examples has something to say.
        if not isinstance(command, click.Group) or "Examples:" in (command.help or ""):
            yield _click_entry((*path, name), command)
        if isinstance(command, click.Group):
            yield from _click_entries((*path, name), command)


def _children(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield name, command


def _click_entry(path: tuple[str, ...], command: click.Command) -> Entry:
    paragraphs = _paragraphs(command)
    examples = [line for text in paragraphs if text.startswith("Examples:") for line in text.splitlines()[1:]]
    options = [each for each in command.params if isinstance(each, click.Option)]
    words = [_placeholder(each) for each in command.params if isinstance(each, click.Argument)]
    name = " ".join(path)
    usage = [
        name,
        *(["[OPTIONS]"] if options else []),
        *words,
        *(["COMMAND"] if isinstance(command, click.Group) else []),
    ]
    return Entry(
        name,
        " ".join(usage),
        tuple(" ".join(text.split()) for text in paragraphs if not text.startswith("Examples:")),
        tuple((_spelling(option), _meaning(option)) for option in options),
        # What follows a gap in a line is a remark about the command.
        tuple(re.sub(r"( {3,})", r"\1# ", line.strip(), count=1) for line in examples),
    )


def _paragraphs(command: click.Command) -> list[str]:
    """The help text, without the mark that keeps click from filling a paragraph."""
    text = inspect.cleandoc(command.help or "").replace("\\b\n", "").replace("\b\n", "")
    return [part for part in text.split("\n\n") if part.strip()]


def _placeholder(argument: click.Argument) -> str:
    name = (argument.name or "").upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _spelling(option: click.Option) -> str:
    if option.is_flag:
        return ", ".join(option.opts)
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    value = option.metavar or "|".join(str(choice) for choice in choices) or option.type.name.upper()
    return f"{', '.join(option.opts)} {value}"


def _meaning(option: click.Option) -> str:
    default = f"Default: `{option.default}`." if option.show_default else ""
    return " ".join(part for part in (option.help, default) if part)


def _small_kubectl() -> str:
    commands = ((name, command.get_short_help_str(WIDTH)) for name, command in _children(kubectl))
    about = map(filled, _paragraphs(kubectl)[:2])
    return "\n\n".join(["## The small kubectl", *about, _table(("Command", "Meaning"), commands)]) + "\n"


# --- liqoctl and kind: trees of commands ---


def _tree(root: Command) -> Iterator[str]:
    yield _entry((root,)).render(2)
    for path in _paths((root,)):
        if not _is_unavailable(path) and path[-1].name != "help":
            yield _entry(path).render(3)


def _paths(path: tuple[Command, ...]) -> Iterator[tuple[Command, ...]]:
    """Paths to all commands that do something."""
    for command in path[-1].commands:
        below = (*path, command)
        if command.run and not command.hidden and not (command.commands and command.any_arguments):
            yield below
        yield from _paths(below)


def _entry(path: tuple[Command, ...]) -> Entry:
    command = path[-1]
    name = " ".join(each.name for each in path)
    paragraphs = [f"{command.short}.", *(" ".join(part.split()) for part in command.long.split("\n\n"))]
    if command.aliases:
        paragraphs.append(f"Also called {', '.join(f'`{alias}`' for alias in command.aliases)}.")
    if len(path) == 1:
        paragraphs.append("Every command takes the options below, before or behind its name.")
    for parent in path[1:-1]:
        if parent.inherited:
            flags = ", ".join(f"`--{flag.name}`" for flag in parent.inherited)
            way = " ".join(each.name for each in path[: path.index(parent) + 1])
            paragraphs.append(f"Takes also, as `{way}` does: {flags}.")
    return Entry(
        name,
        " ".join(part for part in (name, *command.arguments, command.usage, "[flags]") if part)
        if command.run
        else f"{name} COMMAND",
        tuple(text for text in paragraphs if text),
        tuple((_flag_spelling(flag), _flag_meaning(flag)) for flag in (*command.flags, *command.inherited)),
        tuple(example.format(program="liqoctl") for example in command.examples),
    )


def _is_unavailable(path: tuple[Command, ...]) -> bool:
    return path[-1].run.partition(":")[0].endswith(".unavailable")


def _unavailable() -> str:
    rows = [
        (" ".join(each.name for each in path), f"{path[-1].short}.")
        for path in _paths((ROOT,))
        if _is_unavailable(path)
    ]
    about = "Commands of upstream that this implementation does not have. They say so, and what to use instead."
    return "\n\n".join(["### Not available", about, _table(("Command", "What it would do"), rows)]) + "\n"


def _flag_spelling(flag: Flag) -> str:
    short = f"-{flag.short}, " if flag.short else ""
    return f"{short}--{flag.name} {flag.shown}" if flag.takes_value else f"{short}--{flag.name}"


def _flag_meaning(flag: Flag) -> str:
    if flag.required:
        return f"{flag.help}. Required."
    if flag.default and not flag.repeated and flag.takes_value:
        return f"{flag.help}. Default: `{flag.default}`."
    return f"{flag.help}."
