"""Lines of an endless answer, made harmless: logs are what any container likes to write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

from liqolab.steps.failing.redaction import printable

_LINE_BYTES: Final = 16 * 1024
"""A line that is longer is handed on in pieces."""


async def log_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The lines of a log as text without their ends and without anything that a terminal would obey."""
    rest = b""
    async for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LINE_BYTES:
            complete, rest = [*complete, rest], b""
        for line in complete:
            for piece in _pieces(line):
                yield piece
    if rest:
        for piece in _pieces(rest):
            yield piece


def _pieces(line: bytes) -> Iterator[str]:
    for start in range(0, len(line) or 1, _LINE_BYTES):
        piece = line[start : start + _LINE_BYTES].rstrip(b"\r")
        yield printable(piece.decode(errors="replace"), _LINE_BYTES)
