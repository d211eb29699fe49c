"""What a process costs: time of a command, processor time and memory of a running process as Linux tells them."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_MEBIBYTE = 1024 * 1024


class FailedError(Exception):
    """A command that was to be measured did not succeed; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, and seconds of processor time of the command and the children that it waited for."""

    wall: float
    cpu: float


def timed(command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> Cost:
    """Run a command to its end.

    Raises:
        FailedError: it exits with another code than 0.
    """
    before, started = _children_cpu(), time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    cost = Cost(time.perf_counter() - started, _children_cpu() - before)
    if done.returncode != 0:
        raise FailedError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return cost


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_seconds(pid: int) -> float:
    """Processor time that a running process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a process in MB (2**20 bytes).

    Attributes:
        rss: resident pages, each counted in full by every process that has it.
        pss: resident pages, each divided by the number of processes that have it; adds up over clusters.
    """

    rss: float
    pss: float


def memory(pid: int) -> Memory:
    """The memory of a running process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return Memory(kilobytes["Rss"] * 1024 / _MEBIBYTE, kilobytes["Pss"] * 1024 / _MEBIBYTE)
