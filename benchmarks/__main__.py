"""``python -m benchmarks``: measure, and print the figures beside the aims."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import atlas, latency, measurements, notebook, sleepers
from benchmarks.figures import Report, table
from benchmarks.lab import temporary_lab
from benchmarks.processes import FailedError

_PARTS = {
    "commands": measurements.command_lines,
    "clusters": measurements.bare_clusters,
    "liqo": measurements.clusters_with_liqo,
    "tutorial": measurements.tutorial,
    "kind": measurements.on_kind,
    "atlas": atlas.measure,
    "sleepers": sleepers.measure,
    "notebook": notebook.measure,
}
_ASKED_FOR = ("kind",)
"""Parts that need more than every machine has, and are measured where they are named."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    if sys.platform != "linux":
        print("processor time and memory are read from Linux's /proc; run this on Linux", file=sys.stderr)
        return 1
    busy = os.getloadavg()[0]
    report = Report()
    try:
        if options.against is not None:
            latency.measure(options.against, report)
        else:
            with temporary_lab() as lab:
                for name in options.parts or [part for part in _PARTS if part not in _ASKED_FOR]:
                    print(f"measuring {name} ...", file=sys.stderr)
                    _PARTS[name](lab, report, options.repeat)
    except FailedError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{os.cpu_count()} cores, load {busy:.1f} before, Python {platform.python_version()}\n")
    print(table(report))
    if options.json is not None:
        options.json.write_text(json.dumps(report.as_json(), indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the lab, and print the figures beside the aims and those of real control planes.",
        epilog="example: python -m benchmarks --json figures.json liqo tutorial",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(_PARTS)} (default: all)")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="how often a start is measured (default: 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--against", type=Path, metavar="KUBECONFIG", help="only measure the latency of this cluster")
    return parser


if __name__ == "__main__":
    sys.exit(main())
