"""A command of somebody else's in a container: ``kubectl exec``, with or without a terminal.

Without a terminal a command gets all of the standard input at once, when that has ended; a shell reads its script from
it. With one, a shell is a prompt (`console`), and Ctrl-C ends what runs.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from liqolab.kube.node.machine.command_line import SHELLS, read_words
from liqolab.kube.node.machine.console import Console
from liqolab.kube.node.machine.interpreter import Interpreter, Outcome, Sink
from liqolab.kube.node.machine.session import INTERRUPTED_CODE, Session, for_terminal, until_interrupted

if TYPE_CHECKING:
    from liqolab.kube.node.machine.machine import Machine

_INPUT = "/dev/.stdin"
_INTERACTIVE = frozenset({"-i", "-l", "-il", "-li", "--login", "-"})


async def attend(machine: Machine, words: list[str], session: Session) -> int:
    """Carry out a command of somebody else's in a container; returns its exit code.

    Raises:
        NotStartedError: there is no such program in the image.
    """
    line = read_words(words)
    shell = machine.shell(words)
    output = for_terminal(session.write) if session.terminal else session.write
    error = for_terminal(session.complain) if session.terminal else session.complain
    if reads_commands(words):
        if session.terminal:
            return await Console(machine, shell, session, line.name).run()
        return await _from_input(shell, session, output, error)
    if session.terminal:
        return await _interruptible(shell.stream(line.script, output, error), session)
    # A script's input is that of all its commands, which a shell of its own sees to.
    script = shlex.join([line.name, *words[1:]]) if line.name in SHELLS else line.script
    return await _with_input(machine, shell, script, session)


def reads_commands(words: list[str]) -> bool:
    """Whether a command line is a shell that gets its commands from standard input."""
    return read_words(words).name in SHELLS and all(word in _INTERACTIVE for word in words[1:])


async def _from_input(shell: Interpreter, session: Session, output: Sink, error: Sink) -> int:
    """A shell without a terminal reads its script from standard input."""
    script = (await _all(session)).decode(errors="replace")
    return (await shell.stream(script, output, error)).code


async def _with_input(machine: Machine, shell: Interpreter, script: str, session: Session) -> int:
    content = await _all(session)
    if content:
        machine.write(_INPUT, content)
        script = f"{script} < {_INPUT}"
    return (await shell.stream(script, session.write, session.complain)).code


async def _all(session: Session) -> bytes:
    pieces = []
    while (piece := await session.input.get()) is not None:
        pieces.append(piece)
    return b"".join(pieces)


async def _interruptible(work: Awaitable[Outcome], session: Session) -> int:
    """The exit code of a command that Ctrl-C ends."""
    running = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(until_interrupted(session))
    try:
        await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result().code
        return INTERRUPTED_CODE
    finally:
        for task in (running, watching):
            task.cancel()
        await asyncio.gather(running, watching, return_exceptions=True)
