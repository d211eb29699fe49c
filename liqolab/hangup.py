"""Ends processes as the end of their terminal would, and those that do not mind it for good (Linux)."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

HANG_UP_SECONDS = 2.0
"""What a program gets to put its things in order."""

GROUP, SESSION = 2, 3
"""Places in /proc/PID/stat, counted from behind the program's name."""


def hang_up(processes: Iterable[int]) -> None:
    """End processes: first as the terminal's end would, then for good."""
    if not hasattr(os, "pidfd_open"):
        return
    handles = []
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            handles.append(os.pidfd_open(process))
    for number in (signal.SIGHUP, signal.SIGKILL):
        for handle in handles:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGCONT)
                signal.pidfd_send_signal(handle, number)
        deadline = time.monotonic() + HANG_UP_SECONDS
        remaining = list(handles)
        while remaining and (seconds := deadline - time.monotonic()) > 0:
            ended, _, _ = select.select(remaining, [], [], seconds)
            remaining = [handle for handle in remaining if handle not in ended]
    for handle in handles:
        os.close(handle)


def members(field: int, number: int) -> Iterator[int]:
    """The processes of a session or of a process group, as Linux tells them."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # The name of the program, in parentheses, may contain anything.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[field]) == number:
            yield int(entry.name)
