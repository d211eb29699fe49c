"""Both ends of a conversation with a container: what is typed, what is printed, and whether that is at a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

from liqolab.kube.node.machine.interpreter import Sink

INTERRUPTED_CODE = 130
"""What a command ends with that Ctrl-C has ended."""

_INTERRUPT = b"\x03"
_DEFAULT_SIZE = (24, 80)
_KEPT = 1 << 20
"""How many bytes are kept of what nobody has heard."""


@dataclass
class Session:
    """Both ends of a conversation.

    Attributes:
        write, complain: take what is printed on standard output and on standard error.
        terminal: whether a person sits there, in front of one.
        input: pieces of standard input; None is its end.
        silent: whether there is no standard input.
        size: rows and columns of the terminal.
    """

    write: Sink
    complain: Sink
    terminal: bool = False
    input: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    size: tuple[int, int] = _DEFAULT_SIZE
    silent: bool = False


async def until_interrupted(session: Session, keep: Callable[[bytes], None] = lambda data: None) -> None:
    """Return when Ctrl-C is pressed; what else is typed meanwhile is kept for what comes then."""
    while (piece := await session.input.get()) is not None:
        before, interrupt, after = piece.partition(_INTERRUPT)
        if interrupt:
            keep(after)
            return
        keep(before)
    session.input.put_nowait(None)
    await asyncio.Event().wait()


def for_terminal(sink: Sink) -> Sink:
    """A terminal in raw mode wants both characters at a line's end."""

    async def write(data: bytes) -> None:
        await sink(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    return write


class Foreground:
    """The session of a container's own command, where that waits for what is typed: whoever attaches takes part in it.

    Args:
        log: takes the lines that are printed.
        terminal: whether the container has one.
    """

    def __init__(self, log: Callable[[str], None], *, terminal: bool) -> None:
        self.session = Session(self._write, self._write, terminal)
        self.ended = asyncio.Event()
        self._log = log
        self._begun = ""
        self._unheard = b""
        self._attached: set[Sink] = set()

    def unheard(self) -> bytes:
        """What was printed when nobody was there, once: a person at a terminal can ask again, a pipe cannot."""
        said, self._unheard = self._unheard, b""
        return said

    def attach(self, sink: Sink) -> Callable[[], None]:
        """Show what is printed from now on; returns what ends that."""
        self._attached.add(sink)
        return lambda: self._attached.discard(sink)

    def end(self, log: Callable[[str], None]) -> None:
        """The command has ended; `log` takes a last line without an end, where there is one."""
        if self._begun:
            log(self._begun)
        self._begun = ""
        self.ended.set()

    async def _write(self, data: bytes) -> None:
        *lines, self._begun = (self._begun + data.decode(errors="replace").replace("\r", "")).split("\n")
        for line in lines:
            self._log(line)
        if not self._attached and not self.session.terminal:
            self._unheard = (self._unheard + data)[-_KEPT:]
        for sink in list(self._attached):
            with contextlib.suppress(ConnectionError):
                await sink(data)


def prompt(name: str, directory: str, user: str, hostname: str) -> str:
    """What the shell of an image asks with: bash with who and where one is, others with the directory."""
    sign = "#" if user == "root" else "$"
    if name == "bash":
        return f"{user or 'I have no name!'}@{hostname}:{posixpath.normpath(directory)}{sign} "
    return f"{directory} {sign} "
