"""One browser tab and, while it has the lesson, the application that runs for it.

The packets between the two are textual-serve's. What is added: the program is started without a shell and in a process
group of its own, so that Ctrl-C reaches the server alone; it is waited for, and ended by force when it does not end;
and a tab that goes away while it is painted to is nobody's error.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from liqolab_tui.web import served

ENTER: Final = "\r"

_LARGEST: Final = 1000
"""Columns and rows; nobody has more, and each one costs memory."""
_ENDING_SECONDS: Final = 15.0


class Visit:
    """A tab.

    Attributes:
        insisted: set when the learner pressed Enter while another tab had the lesson.
    """

    def __init__(self, socket: web.WebSocketResponse, size: tuple[int, int]) -> None:
        self.socket = socket
        self.insisted = asyncio.Event()
        self._size = size
        self._program: Program | None = None

    async def take(self, message: str) -> None:
        """What the tab sent: ``[kind, value]``; anything else is passed over."""
        try:
            kind, *values = json.loads(message)
            await self._take(kind, values[0] if values else None)
        except (ValueError, TypeError, KeyError, AttributeError):
            return

    async def _take(self, kind: str, value: Any) -> None:
        program = self._program
        match kind:
            case "stdin" if program is not None:
                await program.send_bytes(value.encode(errors="replace"))
            case "stdin" if ENTER in value:
                self.insisted.set()
            case "resize":
                self._size = bounded(value["width"], value["height"])
                if program is not None:
                    await program.set_terminal_size(*self._size)
            case "ping":
                await self.socket.send_json(["pong", value])
            case "focus" if program is not None:
                await program.focus()
            case "blur" if program is not None:
                await program.blur()

    async def say(self, text: str) -> None:
        """Write on the tab's empty terminal, in the middle."""
        width, height = self._size
        lines = text.split("\n")
        top, left = max(1, (height - len(lines)) // 2), max(1, (width - max(map(len, lines))) // 2)
        placed = "".join(f"\x1b[{top + row};{left}H{line}" for row, line in enumerate(lines))
        await self.send(f"\x1b[2J\x1b[?25l{placed}".encode())

    async def send(self, data: bytes) -> None:
        """To the terminal, if it is still there."""
        with contextlib.suppress(ConnectionError):
            await self.socket.send_bytes(data)

    async def show(self, command: Sequence[str], share: Callable[[Path], str]) -> None:
        """Run the application for this tab until one of the two ends; then close the tab's connection.

        Args:
            command: the program.
            share: makes a file of this machine readable by the browser, and answers its address.
        """
        self._program = program = Program(self, command, share)
        try:
            await program.start(*self._size)
            await program.over()
        finally:
            # Whatever ends this, the program is not left alone before it is over.
            await asyncio.shield(program.stop())
            self._program = None
        await self.socket.close()


class Program(AppService):
    """The application of one visit."""

    def __init__(self, visit: Visit, command: Sequence[str], share: Callable[[Path], str]) -> None:
        super().__init__(
            " ".join(command),
            write_bytes=visit.send,
            write_str=self._write_text,
            close=self._paint_to_the_end,
            download_manager=DownloadManager(),
        )
        self._visit = visit
        self._line = command
        self._share = share

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        environment = {**self._build_environment(width, height), "TEXTUAL_DRIVER": served.DRIVER}
        self._process = process = await asyncio.create_subprocess_exec(
            *self._line, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, process_group=0
        )
        self._stdin = process.stdin
        return process

    async def over(self) -> None:
        """Wait until the application has closed its output."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        """Ask the application to end, and see that it does; its bash and its threads end with it."""
        process = self._process
        if process is None:
            return
        await self.send_meta({"type": "quit"})
        self.stdin.close()
        try:
            async with asyncio.timeout(_ENDING_SECONDS):
                await self.over()
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def on_meta(self, data: bytes) -> None:
        """As its base, but a file that is to be opened goes through the server: the browser may not read it itself."""
        meta = json.loads(data)
        if meta.get("type") == "open_url" and (url := urlsplit(meta["url"])).scheme == "file":
            meta["url"] = self._share(Path(unquote(url.path)))
        await super().on_meta(json.dumps(meta).encode())

    async def _write_text(self, text: str) -> None:
        with contextlib.suppress(ConnectionError):
            await self._visit.socket.send_str(text)

    async def _paint_to_the_end(self) -> None:
        """The application says that it will exit; `Visit.show` closes the connection when it has."""


def bounded(width: Any, height: Any) -> tuple[int, int]:
    """A size that a terminal can have.

    Raises:
        ValueError, TypeError: these are no numbers.
    """
    return max(1, min(int(width), _LARGEST)), max(1, min(int(height), _LARGEST))
