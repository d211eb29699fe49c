"""What is typed or piped into a command while it runs, handed on as it comes.

The sandbox takes no input, but its pipes carry what a command of ours writes, piece by piece. So a script that is to be
told something is the last stage of a pipeline whose first is such a command; it ends when the script has ended, even if
nobody ever ends what is typed.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex

from liqolab.kube.node.machine.interpreter import Interpreter, Invocation, Outcome, Sink, commands_in
from liqolab.kube.node.machine.line_editor import End, LineEditor
from liqolab.kube.node.machine.session import Session

_OPERANDS = {
    "cat": 0, "tac": 0, "rev": 0, "nl": 0, "sort": 0, "uniq": 0, "wc": 0, "head": 0, "tail": 0, "cut": 0, "bc": 0,
    "od": 0, "xxd": 0, "md5sum": 0, "sha256sum": 0, "base64": 0, "grep": 1, "sed": 1, "awk": 1, "tr": 2, "tee": 9,
    "xargs": 9,
}  # fmt: skip
"""Programs that read standard input → the most operands with which they do."""

_DEAF = frozenset({
    "apk", "apt", "apt-get", "curl", "df", "dig", "getent", "host", "hostname", "id", "ip", "mount", "nslookup", "ping",
    "sleep", "sysctl", "top", "touch", "usleep", "wget", "whoami",
})  # fmt: skip
"""Commands of ours that read no standard input. What is waiting there is lost all the same when the sandbox calls one:
they are called with none, so that it is for who reads after them.
"""

_HEARS = re.compile(r"@-|\s-T")
"""What makes ``curl`` read standard input."""

_GIVE, _OVER = "__liqolab_input", "__liqolab_over"


class StandardInput:
    """One command's input, from a session's.

    Args:
        session: where it is typed; at a terminal it is shown and can be mended until the line is entered.
        show: what a person at a terminal sees of it.
        typed: what was typed before.
    """

    def __init__(self, session: Session, show: Sink, typed: bytes = b"") -> None:
        self._typed = typed
        self._session = session
        self._editor = LineEditor()
        self._show = show
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._over = asyncio.Event()
        self._interrupted = asyncio.Event()

    async def carry_out(self, shell: Interpreter, script: str, output: Sink, error: Sink) -> Outcome | None:
        """Carry a script out that may read; None when Ctrl-C has ended it."""
        shell.know(_GIVE, self._give)
        shell.know(_OVER, self._end)
        names = commands_in(script)
        piped = script if names is None else f"{_GIVE} | {{ ( {_deafen(names, script)}{script}\n); {_OVER} $?; }}"
        running = asyncio.ensure_future(shell.stream(piped, output, error))
        pump = asyncio.ensure_future(self._pump_lines() if self._session.terminal else self._pump())
        interrupted = asyncio.ensure_future(self._interrupted.wait())
        try:
            await asyncio.wait({running, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            return running.result() if running.done() else None
        finally:
            for task in (running, pump, interrupted):
                task.cancel()
            await asyncio.gather(running, pump, interrupted, return_exceptions=True)

    @property
    def left(self) -> bytes:
        """What was typed and not read."""
        pieces = []
        while not self._pieces.empty():
            pieces.append(self._pieces.get_nowait() or b"")
        return b"".join(pieces) + self._editor.untype()

    async def _pump(self) -> None:
        while (piece := await self._session.input.get()) is not None:
            self._pieces.put_nowait(piece)
        self._pieces.put_nowait(None)
        self._session.input.put_nowait(None)

    async def _pump_lines(self) -> None:
        """As a terminal does: lines, when they are entered; Ctrl-D ends the input, Ctrl-C the command."""
        self._editor.ask("")
        piece: bytes | None = self._typed
        while piece is not None:
            self._editor.type(piece)
            await self._enter()
            if self._interrupted.is_set():
                return
            piece = await self._session.input.get()
        self._pieces.put_nowait(None)
        self._session.input.put_nowait(None)

    async def _enter(self) -> None:
        line: str | End | None = ""
        while line is not None:
            shown, line = self._editor.next()
            if shown:
                await self._show(shown.encode())
            if line is End.INTERRUPTED:
                # What was typed after it is for the next command.
                self._interrupted.set()
                return
            if line is not None:
                self._pieces.put_nowait(None if line is End.CLOSED else f"{line}\n".encode())
                self._editor.ask("")

    async def _give(self, call: Invocation) -> int:
        over = asyncio.ensure_future(self._over.wait())
        try:
            while not self._over.is_set():
                piece = asyncio.ensure_future(self._pieces.get())
                await asyncio.wait({piece, over}, return_when=asyncio.FIRST_COMPLETED)
                if not piece.done():
                    piece.cancel()
                    break
                if (data := piece.result()) is None:
                    break
                with contextlib.suppress(BrokenPipeError):
                    await call.stdout.write(data)
        finally:
            over.cancel()
        return 0

    async def _end(self, call: Invocation) -> int:
        # Whoever reads the other end of the pipe has gone.
        self._over.set()
        return int(call.argv[0])


def _deafen(names: frozenset[str], script: str) -> str:
    """What goes before a script that calls these commands."""
    deaf = names & _DEAF - ({"curl"} if _HEARS.search(script) else set())
    aliases = "".join(f" {name}='{name} </dev/null'" for name in sorted(deaf))
    return f"shopt -s expand_aliases; alias{aliases}\n" if deaf else ""


def mentions_readers(script: str) -> bool:
    """Whether a script names a program that reads standard input, or ``read``; what it does with it is not asked."""
    return not {"read", *_OPERANDS}.isdisjoint(re.findall(r"[\w-]+", script))


def reads_input(line: str) -> bool:
    """Whether what is typed after a line at a prompt is for its first command, rather than the next line."""
    try:
        words = shlex.split(line.partition("|")[0].partition(";")[0], comments=True)
    except ValueError:
        return False
    if not words or any(word.startswith("<") for word in words):
        return False
    if words[0] == "while":
        return words[1:2] == ["read"] and "<" not in line
    operands = [word for word in words[1:] if not word.startswith("-") and not word.isdigit()]
    redirected = 2 * sum(word in (">", ">>", "2>") for word in operands)
    redirected += sum(word[:1] in (">", "2", "&") for word in operands)
    return words[0] in _OPERANDS and len(operands) - redirected <= _OPERANDS[words[0]]
