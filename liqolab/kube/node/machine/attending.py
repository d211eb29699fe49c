"""A command of somebody else's in a container: ``kubectl exec``, with or without a terminal.

Commands get their input as it comes (`standard_input`). A shell without a terminal reads its script from it: all of it,
or what is there once nobody has added to it for a moment. With a terminal it is a prompt (`console`), and Ctrl-C ends
what runs.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from liqolab.kube.node.machine.command_line import SHELLS, read_words
from liqolab.kube.node.machine.console import ENDED, NOTICE_EXIT, Console
from liqolab.kube.node.machine.interpreter import Interpreter, Outcome, Sink
from liqolab.kube.node.machine.session import INTERRUPTED_CODE, Session, for_terminal
from liqolab.kube.node.machine.standard_input import StandardInput, mentions_readers
from liqolab.kube.node.machine.terminal_commands import terminal_commands
from liqolab.shelltext.reader import read

if TYPE_CHECKING:
    from liqolab.kube.node.machine.machine import Machine

_INTERACTIVE = frozenset({"-i", "-l", "-il", "-li", "--login", "-"})
_PAUSE_SECONDS = 0.2
"""Who types commands waits for what they do; who pipes a script in does not pause in it."""


async def attend(machine: Machine, words: list[str], session: Session) -> int:
    """Carry out a command of somebody else's in a container; returns its exit code.

    Raises:
        NotStartedError: there is no such program in the image.
    """
    line = read_words(words)
    shell = machine.shell(words)
    output = for_terminal(session.write) if session.terminal else session.write
    error = for_terminal(session.complain) if session.terminal else session.complain
    if session.terminal:
        for name, command in terminal_commands(session).items():
            shell.know(name, command)
    if reads_commands(words):
        if session.terminal:
            return await Console(machine, shell, session, line.name).run()
        return await _from_input(shell, session, output, error)
    if session.silent and not session.terminal:
        outcome: Outcome | None = await shell.stream(line.script, output, error)
    else:
        outcome = await StandardInput(session, session.write).carry_out(shell, line.script, output, error)
    if outcome is None:
        return INTERRUPTED_CODE
    told: list[str] = []
    code = machine.code(line, outcome, told.append)
    for text in told:
        await error(text.encode())
    return code


def reads_commands(words: list[str]) -> bool:
    """Whether a command line is a shell that gets its commands from standard input."""
    return read_words(words).name in SHELLS and all(word in _INTERACTIVE for word in words[1:])


def may_read(words: list[str]) -> bool:
    """Whether a command line may want something of standard input, so that it has to wait for who attaches."""
    return reads_commands(words) or mentions_readers(read_words(words).script)


async def _from_input(shell: Interpreter, session: Session, output: Sink, error: Sink) -> int:
    """A shell without a terminal reads its script from standard input."""
    code, noticing = 0, False
    while True:
        script, ended = await _next_part(session)
        if not ended and not noticing:
            noticing = True
            await shell.stream(NOTICE_EXIT, output, error)
        if script.strip():
            code = (await shell.stream(script, output, error)).code
        if ended or shell.variable(ENDED):
            return code


async def _next_part(session: Session) -> tuple[str, bool]:
    """Commands that can be carried out, and whether they are the last."""
    pieces: list[bytes] = []
    while True:
        try:
            async with asyncio.timeout(_PAUSE_SECONDS if pieces else None):
                piece = await session.input.get()
        except TimeoutError:
            text = b"".join(pieces).decode(errors="replace")
            if text.endswith("\n") and not read(text).waits:
                return text, False
            piece = await session.input.get()
        if piece is None:
            return b"".join(pieces).decode(errors="replace"), True
        pieces.append(piece)
