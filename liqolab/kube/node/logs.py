"""A container's log: what ``kubectl logs`` shows.

Lines are kept in a file (so that they survive the container and the cluster's process) whose size is bounded by
dropping the older half, and handed to followers as they are written.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from liqolab.apimachinery import clock

MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines are wanted, as the query of ``pods/log`` says.

    Attributes:
        follow: go on with lines that are yet to be written, until the container ends.
        tail: only so many last lines of those already there.
        since: only lines from this moment (aware) on.
        timestamps: prefix lines with their moment.
        limit_bytes: stop after so many bytes.
    """

    follow: bool = False
    tail: int | None = None
    since: datetime | None = None
    timestamps: bool = False
    limit_bytes: int | None = None


class ContainerLog:
    """One run of one container. The file has lines of the form ``<RFC 3339 moment> <text>``; where the container's last
    line has no end, its moment has no ``Z``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._followers: set[asyncio.Queue[str | None]] = set()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(descriptor).st_size
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", newline="\n")

    @property
    def closed(self) -> bool:
        return self._file.closed

    def write(self, text: str, *, ended: bool = True) -> None:
        """Append a line (or several); `ended` is false for a last line without an end."""
        if self._file.closed:
            return
        moment = clock.utc().strftime("%Y-%m-%dT%H:%M:%S.%f000") + ("Z" if ended else "")
        for line in text.removesuffix("\n").split("\n"):
            row = f"{moment} {line}\n"
            self._file.write(row)
            self._size += len(row)
            for follower in self._followers:
                follower.put_nowait(row)
        self._file.flush()
        if self._size > MAX_BYTES:
            self._halve()

    def close(self) -> None:
        """The container has ended; followers see the end."""
        if not self._file.closed:
            self._file.close()
        for follower in self._followers:
            follower.put_nowait(None)

    def read(self, query: LogQuery) -> AsyncIterator[bytes]:
        """The lines that `query` asks for, in pieces."""
        return _pieces(self._rows(query), query)

    async def _rows(self, query: LogQuery) -> AsyncIterator[str]:
        follower: asyncio.Queue[str | None] = asyncio.Queue()
        # Subscribing and reading what is there happen without a pause between them: no line is lost or doubled.
        self._followers.add(follower)
        try:
            for row in wanted_rows(self._path, query):
                yield row
            while query.follow and not (self.closed and follower.empty()):
                fresh = await follower.get()
                if fresh is None:
                    return
                yield fresh
        finally:
            self._followers.discard(follower)

    def _halve(self) -> None:
        self._file.close()
        rows = _rows_of(self._path)
        kept = "".join(rows[len(rows) // 2 :])
        self._path.write_text(kept, encoding="utf-8")
        self._size = len(kept)
        self._file = self._path.open("a", encoding="utf-8")


def read_file(path: Path, query: LogQuery) -> AsyncIterator[bytes]:
    """The lines of a log that nobody writes any more."""

    async def rows() -> AsyncIterator[str]:
        for row in wanted_rows(path, query):
            yield row

    return _pieces(rows(), query)


async def _pieces(rows: AsyncIterator[str], query: LogQuery) -> AsyncIterator[bytes]:
    left = query.limit_bytes
    async for row in rows:
        piece = _shown(row, with_moment=query.timestamps).encode()
        if left is not None:
            piece = piece[:left]
            left -= len(piece)
        yield piece
        if left == 0:
            return


def _shown(row: str, *, with_moment: bool = False) -> str:
    """What the container printed."""
    moment, _, text = row.partition(" ")
    if not moment.endswith("Z"):
        moment, text = f"{moment}Z", text.removesuffix("\n")
    return f"{moment} {text}" if with_moment else text


def wanted_rows(path: Path, query: LogQuery) -> list[str]:
    """The rows of a log file that `query` asks for."""
    with contextlib.suppress(FileNotFoundError):
        rows = _rows_of(path)
        if query.since is not None:
            rows = list(_since(rows, query.since))
        return rows[len(rows) - query.tail :] if query.tail is not None and query.tail < len(rows) else rows
    return []


def _since(rows: list[str], since: datetime) -> Iterator[str]:
    start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return (row for row in rows if row[: len(start)] >= start)


def _rows_of(path: Path) -> list[str]:
    """The rows of a file; what else the Unicode standard takes for the end of a line is a part of one."""
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        return list(file)


def last_lines(path: Path) -> str:
    """The end of a log, as a termination message shows it (80 lines, 2 KiB)."""
    rows = wanted_rows(path, LogQuery(tail=80))
    return "".join(map(_shown, rows))[-2048:]


def rotate(current: Path, previous: Path) -> None:
    """Make the log of the last run the previous one."""
    with contextlib.suppress(FileNotFoundError):
        current.replace(previous)
