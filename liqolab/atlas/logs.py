"""Lines of an endless answer, made harmless: logs are what any container likes to write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from liqolab.steps.failing.redaction import printable

_LINE_BYTES: Final = 16 * 1024
"""A line that is longer is handed on in pieces."""


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines without their ends, empty ones too."""
    rest = b""
    async for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            yield line
        if len(rest) > _LINE_BYTES:
            yield rest
            rest = b""
    if rest:
        yield rest


async def log_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The lines of a log as text without anything that a terminal would obey."""
    async for line in _lines(chunks):
        for start in range(0, len(line) or 1, _LINE_BYTES):
            piece = line[start : start + _LINE_BYTES].rstrip(b"\r")
            yield printable(piece.decode(errors="replace"), _LINE_BYTES)
