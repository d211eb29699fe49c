"""A shell with a prompt, for a person at a terminal.

Every line is a script of its own, in a shell that keeps variables, functions and directory. What is not complete is
asked for further; Ctrl-C ends what runs, Ctrl-D or `exit` the session.
"""

from __future__ import annotations

import asyncio
import shlex
from itertools import pairwise
from typing import TYPE_CHECKING

from liqolab.kube.node.machine.completion import begun, candidates
from liqolab.kube.node.machine.interpreter import Interpreter
from liqolab.kube.node.machine.line_editor import End, LineEditor
from liqolab.kube.node.machine.session import INTERRUPTED_CODE, Session, for_terminal, prompt, until_interrupted
from liqolab.kube.node.machine.standard_input import StandardInput, reads_input
from liqolab.shelltext.reader import read

if TYPE_CHECKING:
    from liqolab.kube.node.machine.machine import Machine

ENDED = "__liqolab_ended"
NOTICE_EXIT = f'exit() {{ {ENDED}=1; builtin exit "$@"; }}; logout() {{ exit "$@"; }}'
"""A line may end with any code: whether it was to end the shell is told by this."""


class Console:
    """One interactive shell.

    Args:
        machine: the container.
        shell: carries out what is typed.
        session: the person.
        name: of the shell.
    """

    def __init__(self, machine: Machine, shell: Interpreter, session: Session, name: str) -> None:
        self._machine = machine
        self._shell = shell
        self._session = session
        self._output = for_terminal(session.write)
        self._name = name
        self._editor = LineEditor()
        self._code = 0

    async def run(self) -> int:
        """Ask and carry out until the person leaves; returns the last exit code."""
        await self._shell.stream(NOTICE_EXIT, self._output, self._output)
        while not self._shell.variable(ENDED):
            line = await self._command()
            if line is None:
                await self._output(b"exit\n" if self._name == "bash" else b"\n")
                break
            if line.strip():
                await self._carry_out(line)
        return self._code

    async def _command(self) -> str | None:
        """A complete command; None when the person is done."""
        identity = self._machine.identity
        question = prompt(self._name, self._shell.directory, identity.user_name, identity.hostname)
        text = ""
        while True:
            line = await self._line("> " if text else question)
            if line is End.CLOSED:
                return None
            if line is End.INTERRUPTED:
                text, self._code = "", INTERRUPTED_CODE
                continue
            text += str(line)
            if not read(text).waits:
                return text
            text += "\n"

    async def _line(self, question: str) -> str | End:
        await self._session.write(self._editor.ask(question).encode())
        while True:
            shown, line = self._editor.next()
            if shown:
                await self._session.write(shown.encode())
            if line is End.COMPLETING:
                await self._session.write((await self._completed()).encode())
                continue
            if line is not None:
                return line
            piece = await self._session.input.get()
            if piece is None:
                # Whatever comes after the end is the end again.
                self._session.input.put_nowait(None)
                return End.CLOSED
            self._editor.type(piece)

    async def _completed(self) -> str:
        before, home = self._editor.before, self._machine.identity.home
        found = await asyncio.to_thread(
            candidates, before, self._machine.programs(), self._shell.directory, home, self._shell.entries
        )
        return self._editor.complete(begun(before), found)

    async def _with_line(self, command: str) -> str:
        """`read`, with the line that it asks for."""
        question = next((after for word, after in pairwise(shlex.split(command)) if word == "-p"), "")
        answer = await self._line(question)
        return f"{command} <<< {shlex.quote(answer)}" if isinstance(answer, str) else "false"

    async def _carry_out_with_input(self, line: str) -> None:
        typed = StandardInput(self._session, self._session.write, self._editor.untype())
        outcome = await typed.carry_out(self._shell, line, self._output, self._output)
        self._editor.type(typed.left)
        self._code = INTERRUPTED_CODE if outcome is None else outcome.code
        if outcome is not None and outcome.fault:
            await self._output(f"{self._name}: {outcome.fault}\n".encode())

    async def _carry_out(self, line: str) -> None:
        words = line.split()
        if words[0] == "read":
            line = await self._with_line(line)
        elif reads_input(line):
            await self._carry_out_with_input(line)
            return
        script = f"(builtin exit {self._code}); {line}" if self._code else line
        running = asyncio.ensure_future(self._shell.stream(script, self._output, self._output))
        watching = asyncio.ensure_future(until_interrupted(self._session, self._editor.type))
        try:
            await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                outcome = running.result()
                self._code = outcome.code
                if outcome.fault:
                    await self._output(f"{self._name}: {outcome.fault}\n".encode())
            else:
                self._code = INTERRUPTED_CODE
                await self._output(b"^C\n")
        finally:
            for task in (running, watching):
                task.cancel()
            await asyncio.gather(running, watching, return_exceptions=True)
