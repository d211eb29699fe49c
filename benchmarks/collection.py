"""``python -m benchmarks.collection``: what the pytest plugin costs, beside pytest-bdd alone, in one run.

The same thousand steps are collected twice: bound by a module with ``pytest_bdd.scenarios``, and from their feature
file by the plugin, which also finds out what each step means. For people who have liqolab installed and write no
features there is a third figure: what loading the plugin adds to a pytest that has nothing to do with it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.processes import timed

SCENARIOS: Final = 100
STEPS: Final = 10
AIM_SECONDS: Final = 1.0

_SENTENCES: Final = (
    'pod "app-{n}" in namespace "demo-{n}" in cluster "venice" is Running within {n}s',
    'node "node-{n}" in cluster "naples" is Ready',
    'deployment "app-{n}" in namespace "demo" in cluster "florence" is Available within 60s',
    'the output contains "{n}"',
    'configmap "settings-{n}" in namespace "demo" in cluster "venice" exists for 10s',
)
_PLAIN: Final = ("-p", "no:liqolab", "-p", "no:cacheprovider", "-q", "--collect-only")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code: 0 when the aim is met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collection", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="how often each is measured (default: 3)")
    repeat = parser.parse_args(arguments).repeat
    with tempfile.TemporaryDirectory(prefix="liqolab-bench-") as name:
        folder = Path(name)
        _write(folder)
        loaded = (*_plugin(), *_PLAIN[2:])
        bdd = _seconds(folder, repeat, *_PLAIN, "bound")
        ours = _seconds(folder, repeat, *loaded, "features")
        idle = _seconds(folder, repeat, *_PLAIN, "idle")
        beside = _seconds(folder, repeat, *loaded, "idle")
    beyond = ours - bdd
    print(f"load {os.getloadavg()[0]:.1f}; {SCENARIOS * STEPS} steps, medians of {repeat}")
    print(f"pytest-bdd collects them       {bdd:6.2f}s")
    print(f"the plugin collects and checks {ours:6.2f}s   {ours / bdd:.2f} times as long")
    print(f"  beyond pytest-bdd            {beyond:6.2f}s   {beyond / AIM_SECONDS:.0%} of the aim")
    print(f"pytest without any feature     {idle:6.2f}s")
    print(f"  with the plugin loaded       {beside:6.2f}s   {beside / idle:.2f} times as long")
    return 0 if beyond < AIM_SECONDS else 1


def _plugin() -> list[str]:
    """Load the plugin by name where this checkout is not installed."""
    named = {entry.value for entry in entry_points(group="pytest11")}
    return [] if "liqolab.pytest_plugin" in named else ["-p", "liqolab.pytest_plugin"]


def _seconds(folder: Path, repeat: int, *arguments: str) -> float:
    """Processor time, which suffers less from whatever else the machine does than time by the clock."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-m", "pytest", *arguments]
    timed(command, environment, folder)
    return median(timed(command, environment, folder).cpu for _ in range(repeat))


def _write(folder: Path) -> None:
    steps = iter(range(SCENARIOS * STEPS))
    lines = ["Feature: Many"]
    for number in range(SCENARIOS):
        lines.append(f"  Scenario: Number {number}")
        lines += [f"    Then {_SENTENCES[step % len(_SENTENCES)].format(n=next(steps))}" for step in range(STEPS)]
    for name in ("features", "bound", "idle"):
        (folder / name).mkdir()
    (folder / "features" / "many.feature").write_text("\n".join(lines))
    (folder / "bound" / "test_many.py").write_text(
        "from pytest_bdd import scenarios\nscenarios('../features/many.feature')\n"
    )
    (folder / "idle" / "test_idle.py").write_text("def test_nothing(): pass\n")


if __name__ == "__main__":
    sys.exit(main())
