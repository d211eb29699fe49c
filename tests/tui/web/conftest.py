"""``liqolab learn --web`` as a process of its own, and visitors who speak HTTP and websockets without a browser."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pyte
import pytest

from tests.laboratory import LIQOLAB, processes

_PATIENCE = 30.0
_UNKNOWN = re.compile(rb"\x1b\[[?>=<][^a-zA-Z]*[$]?[a-zA-Z]|\x1b\[[\d;]*[ $'][a-z]")
"""What Textual asks of terminals, and pyte would write on its screen."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """A person's, with a home of their own."""
    kept = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    return {**kept, "HOME": str(home), "LIQOLAB_HOME": str(home / "liqolab"), **more}


@dataclass
class Visitor:
    """A terminal in a browser, without the browser."""

    socket: aiohttp.ClientWebSocketResponse
    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(100, 30))

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    async def until(self, wanted: str) -> str:
        """The screen as soon as it shows `wanted`."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._read_until(wanted)
        except TimeoutError:
            raise AssertionError(f"{wanted!r} never came; the screen is\n{self.text}") from None
        return self.text

    async def _read_until(self, wanted: str) -> None:
        stream = pyte.ByteStream(self.screen)
        while wanted not in self.text:
            message = await self.socket.receive()
            assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), (message, self.text)
            if message.type is aiohttp.WSMsgType.BINARY:
                stream.feed(_UNKNOWN.sub(b"", message.data))

    async def type(self, keys: str) -> None:
        await self.socket.send_json(["stdin", keys])

    async def closed(self) -> None:
        """Read on until the server ends it."""
        async with asyncio.timeout(_PATIENCE):
            async for _ in self.socket:
                pass


@dataclass
class Served:
    """The server, and how to come to it."""

    process: Process
    address: str
    home: Path

    @property
    def origin(self) -> str:
        return self.address.partition("/?")[0]

    def processes(self) -> dict[int, str]:
        """Everything that runs in that home: process id → command line."""
        return processes(self.home / "liqolab")

    @asynccontextmanager
    async def client(self, *, known: bool = True) -> AsyncIterator[aiohttp.ClientSession]:
        """A browser's memory; `known` when it has been shown the address with its token."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            if known:
                async with session.get(self.address) as answer:
                    assert (answer.status, str(answer.url)) == (200, f"{self.origin}/")
            yield session

    async def visit(self, session: aiohttp.ClientSession, **headers: str) -> Visitor:
        """A tab: a websocket as the page opens one."""
        headers = {"Origin": self.origin, **headers}
        return Visitor(await session.ws_connect(f"{self.origin}/ws?width=100&height=30", headers=headers))

    async def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """End it by a signal; its exit code, and what else it said, as if `liqolab` were on its PATH."""
        self.process.send_signal(number)
        async with asyncio.timeout(_PATIENCE):
            said, _ = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, re.sub(r"\S*/liqolab(?= )", "liqolab", said.decode())


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    process = await asyncio.create_subprocess_exec(
        *LIQOLAB, "learn", "--web", stdout=PIPE, stderr=STDOUT, env=environment(tmp_path), cwd=tmp_path, process_group=0
    )
    try:
        assert process.stdout is not None
        said = b""
        while b"token=" not in said:
            line = await process.stdout.readline()
            assert line, said.decode()
            said += line
        found: Any = re.search(rb"http://\S+", said)
        yield Served(process, found[0].decode(), tmp_path)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()
    assert not processes(tmp_path / "liqolab")
