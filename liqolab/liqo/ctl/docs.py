"""``docs``: a page for each command, in Markdown or for ``man``, named as upstream names them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from liqolab.commandline.commands import Command
from liqolab.commandline.help import help_text
from liqolab.liqo.ctl.commands import Invocation


def run(invocation: Invocation) -> int:
    """Write the pages; the folder must be there."""
    kinds = {"markdown": _markdown, "man": _manual}
    kind = invocation.option("type")
    if kind not in kinds:
        sys.stderr.write(f'error: unknown doc type "{kind}". Try "markdown" or "man"\n')
        return 1
    folder = Path(invocation.option("dir"))
    try:
        for path in _pages((invocation.path[0],)):
            name, text = kinds[kind](path, headers=bool(invocation.option("generate-headers")))
            (folder / name).write_text(text)
    except OSError as error:
        sys.stderr.write(f"error: {error.filename}: {error.strerror}\n")
        return 1
    return 0


def _pages(path: tuple[Command, ...]) -> Iterator[tuple[Command, ...]]:
    """Every command that people are meant to find, as the way to it."""
    yield path
    for below in path[-1].commands:
        if not below.hidden and below.name != "help":
            yield from _pages((*path, below))


def _markdown(path: tuple[Command, ...], *, headers: bool) -> tuple[str, str]:
    words = [command.name for command in path]
    command = path[-1]
    parts = [f"## {' '.join(words)}", command.short]
    if command.long:
        parts += ["### Synopsis", command.long]
    parts += ["### Usage", f"```\n{_body(path)}```"]
    links = [(" ".join(words[:-1]), "_".join(words[:-1]), path[-2].short)] if len(path) > 1 else []
    below = [each for each in command.commands if not each.hidden and each.name != "help"]
    links += [(" ".join([*words, each.name]), "_".join([*words, each.name]), each.short) for each in below]
    if links:
        parts += ["### SEE ALSO", "\n".join(f"* [{name}]({page}.md) - {about}" for name, page, about in links)]
    title = f'---\ntitle: "{" ".join(words).title()}"\n---\n\n' if headers else ""
    return f"{'_'.join(words)}.md", title + "\n\n".join(parts) + "\n"


def _manual(path: tuple[Command, ...], *, headers: bool) -> tuple[str, str]:
    words = [command.name for command in path]
    command = path[-1]
    lines = [
        '.TH "LIQOCTL" "1" "" "" ""',
        ".SH NAME",
        f"{'-'.join(words)} \\- {_escaped(command.short)}",
        ".SH DESCRIPTION",
        _escaped(command.long or command.short),
        ".SH USAGE",
        ".nf",
        _escaped(_body(path).rstrip()),
        ".fi",
    ]
    return f"{'-'.join(words)}.1", "\n".join(lines) + "\n"


def _body(path: tuple[Command, ...]) -> str:
    """The help without the words that the page has said already."""
    return help_text(path, path[0].name, "Usage").partition("\n\n")[2]


def _escaped(text: str) -> str:
    """Text in which troff finds no requests."""
    quoted = text.replace("\\", "\\\\").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in quoted.split("\n"))
