"""The protocol of Redis (RESP 2): values as bytes and back, and as ``redis-cli`` shows them."""

from __future__ import annotations

import asyncio
import shlex
from typing import Any

from liqolab.kube.node.imitations.redis_data import RedisError

_LONGEST = 16 * 2**20


def encoded(value: Any) -> bytes:
    """A reply, or a command as a list of words."""
    if isinstance(value, RedisError):
        return f"-{value}\r\n".encode()
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, str):
        return f"+{value}\r\n".encode()
    if isinstance(value, bytes):
        return b"$%d\r\n%s\r\n" % (len(value), value)
    return b"*%d\r\n" % len(value) + b"".join(map(encoded, value))


class Reader:
    """Reads values from a stream; raises ValueError for what is none, IncompleteReadError at the end."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream

    async def command(self) -> list[str]:
        """A command: a list of words, or a line of them as one types it."""
        line = await self._line()
        if not line.startswith(b"*"):
            return shlex.split(line.decode(errors="replace"))
        parts = [await self.value() for _ in range(min(int(line[1:]), 10_000))]
        return [part.decode(errors="surrogateescape") for part in parts if isinstance(part, bytes)]

    async def value(self) -> Any:
        line = await self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        length = int(rest)
        if length < 0 or kind not in b"$*" or length > _LONGEST:
            return None
        if kind == b"*":
            return [await self.value() for _ in range(length)]
        return (await self._stream.readexactly(length + 2))[:-2]

    async def _line(self) -> bytes:
        return (await self._stream.readuntil(b"\n")).rstrip(b"\r\n")


def readable(value: Any, *, raw: bool, indent: str = "") -> str:
    """A reply as ``redis-cli`` prints it, for programs or (not `raw`) for a person."""
    if isinstance(value, RedisError):
        return f"{value}\n" if raw else f"(error) {value}"
    if isinstance(value, list):
        if raw:
            return "\n".join(readable(item, raw=True) for item in value)
        rows = [f"{number}) {readable(item, raw=False)}" for number, item in enumerate(value, 1)]
        return "\n".join(rows) or "(empty array)"
    if value is None:
        return "" if raw else "(nil)"
    if isinstance(value, int):
        return str(value) if raw else f"(integer) {value}"
    if isinstance(value, bytes):
        text = value.decode(errors="replace")
        return text if raw else '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return str(value)
