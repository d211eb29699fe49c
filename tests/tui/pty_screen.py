"""A real terminal's screen for tests: the program runs on a PTY, pyte keeps what it paints."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType

import pexpect
import pyte

_PATIENCE = 90.0


class PtyScreen:
    """One program on one PTY."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], columns: int = 80, rows: int = 24) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self.started = time.monotonic()
        self.child = pexpect.spawn(
            sys.executable, arguments, env=dict(environment), dimensions=(rows, columns), timeout=_PATIENCE
        )

    def __enter__(self) -> PtyScreen:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.child.close(force=True)

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def until(self, condition: Callable[[str], bool] | str) -> float:
        """Read until the screen is so; the seconds since the program was started."""
        wanted: Callable[[str], bool] = (lambda text: condition in text) if isinstance(condition, str) else condition
        deadline = time.monotonic() + _PATIENCE
        while not wanted(self.text):
            if time.monotonic() > deadline:
                raise AssertionError(f"this never came; the screen is\n{self.text}")
            self._read()
        return time.monotonic() - self.started

    def press(self, keys: str | bytes) -> None:
        self.child.send(keys)

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def end(self) -> int:
        """Read until the program is over; its exit code, negative for a signal."""
        deadline = time.monotonic() + _PATIENCE
        while self._read():
            if time.monotonic() > deadline:
                raise AssertionError(f"the program does not end; the screen is\n{self.text}")
        self.child.wait()
        return self.child.exitstatus if self.child.exitstatus is not None else -(self.child.signalstatus or 0)

    def hang_up(self) -> int:
        """Take the terminal away; how the program ended."""
        self.child.ptyproc.fileobj.close()
        self.child.closed = self.child.ptyproc.closed = True
        _, status = os.waitpid(self.child.pid, 0)
        self.child.terminated = self.child.ptyproc.terminated = True
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> bool:
        try:
            chunk = self.child.read_nonblocking(65536, timeout=0.2)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += chunk
        self._stream.feed(chunk)
        return True
