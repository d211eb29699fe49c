"""A home of the benchmark's own, with playgrounds that are taken down whatever happens."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import Cost, cpu_seconds, timed

LIQOLAB = (sys.executable, "-m", "liqolab.cli")
LIQOCTL = (sys.executable, "-m", "liqolab.liqo.ctl")


class Lab:
    """Runs ``liqolab`` with a home and an environment of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        root = Path(__file__).parent.parent
        # Without compiled modules, every figure would measure Python's compiler.
        compileall.compile_dir(str(root / "liqolab"), quiet=1)
        self.environment = {
            **os.environ,
            "LIQOLAB_HOME": str(home),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH")))),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
        }

    def liqolab(self, *arguments: str) -> Cost:
        """Raises `FailedError` when it fails."""
        return timed([*LIQOLAB, *arguments], self.environment)

    @contextmanager
    def up(self, playground: str, *arguments: str) -> Iterator[Cost]:
        """A playground for the length of a ``with`` block, and what bringing it up has cost, its clusters' own
        processor time included.
        """
        try:
            cost = self.liqolab("up", "--playground", playground, *arguments)
            yield Cost(cost.wall, cost.cpu + sum(map(cpu_seconds, self.pids())))
        finally:
            self.liqolab("down", "--playground", playground)

    def pids(self) -> list[int]:
        """The processes of all clusters that run."""
        return [int(json.loads(path.read_text())["pid"]) for path in self._run_files()]

    def kubeconfigs(self) -> list[Path]:
        """The kubeconfigs of all clusters that run."""
        return [path.with_name("kubeconfig") for path in self._run_files()]

    def _run_files(self) -> list[Path]:
        return sorted(self.home.glob("playgrounds/*/clusters/*/run.json"))

    def follow(self, *arguments: str, heard: Callable[[str], None]) -> tuple[int, float]:
        """Run ``liqolab``, telling `heard` of every line as it is printed; returns exit code and seconds."""
        started = time.perf_counter()
        with subprocess.Popen(
            [*LIQOLAB, *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                heard(line)
        return process.returncode, time.perf_counter() - started


@contextmanager
def temporary_lab() -> Iterator[Lab]:
    """A lab in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="liqolab-bench-") as folder:
        lab = Lab(Path(folder))
        try:
            yield lab
        finally:
            lab.liqolab("down", "--all")
