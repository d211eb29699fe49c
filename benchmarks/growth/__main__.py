"""``python -m benchmarks.growth``: measure how costs grow, print the exponents, and draw them."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.growth import clusters, series
from benchmarks.growth.fit import exponent
from benchmarks.growth.planes import OURS, REAL, Oracle, Plane, embedded, real
from benchmarks.growth.plot import picture
from benchmarks.growth.series import Costs

_SIZES: Final = {
    "nodes": ((10, 30, 100, 300, 1000), (10, 30, 100)),
    "pods": ((100, 300, 1000, 3000, 10000), (100, 300, 1000)),
    "namespaces": ((10, 30, 100, 300, 1000), (10, 30, 100)),
    "definitions": ((10, 30, 100), (3, 10, 30)),
    "services": ((10, 25, 60, 150), (10, 25, 60)),  # a network of 254 addresses is usual where people compare
    "watchers": ((1, 3, 10, 30, 100), (1, 3, 10)),
    "peers": ((1, 3, 10), (1, 2)),
    "offloaded": ((10, 30, 100, 300, 1000), (10, 30, 100)),
    "clusters": ((3, 10, 30, 90), (1, 3)),
}
"""By what grows: the sizes, and those of a quick run."""

_PARTS: Final = ("nodes", *series.SERIES, "liqo", "clusters")
_UNITS: Final = {"memory": "MB", "processor": "%"}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    asked = _parser().parse_args(arguments)
    sizes = {name: _upto(quick if asked.quick else whole, asked.most) for name, (whole, quick) in _SIZES.items()}
    oracle = Oracle(asked.oracle.resolve(), asked.start.resolve()) if asked.oracle else None
    costs, busy = Costs(), [os.getloadavg()[0]]
    for kept in map(json.loads, (path.read_text() for path in asked.kept)):
        costs.take(kept["samples"])
        busy += kept["load"]
    for turn in range(asked.repeat if asked.parts or not asked.kept else 0):
        for part in asked.parts or _PARTS:
            for name in (OURS, REAL) if turn % 2 == 0 else (REAL, OURS):
                if name == OURS or (oracle is not None and part not in ("liqo", "clusters")):
                    print(f"measuring {part} of {name} ...", file=sys.stderr, flush=True)
                    _measure(part, name, oracle, costs, sizes)
                    busy.append(os.getloadavg()[0])
    load = f"load {min(busy):.1f} to {max(busy):.1f}"
    print(f"{os.cpu_count()} cores, {load}, Python {platform.python_version()}, {asked.repeat} time(s)\n")
    print(table(costs))
    if asked.json is not None:
        asked.json.write_text(json.dumps({"load": busy, "samples": costs.samples}, indent=1) + "\n")
    if asked.svg is not None:
        asked.svg.write_text(picture([(name, _unit(name), _lines(costs, name)) for name in costs.samples]))
    return 0


def _measure(part: str, name: str, oracle: Oracle | None, costs: Costs, sizes: Mapping[str, tuple[int, ...]]) -> None:
    if part == "liqo":
        clusters.liqo(costs, sizes["peers"], sizes["offloaded"])
    elif part == "clusters":
        clusters.at_rest(costs, sizes["clusters"])
    else:
        with _plane(name, oracle) as plane:
            if part == "nodes":
                series.nodes_and_pods(plane, costs, sizes["nodes"], sizes["pods"])
            else:
                series.SERIES[part](plane, costs, sizes[part])


@contextmanager
def _plane(name: str, oracle: Oracle | None) -> Iterator[Plane]:
    if name == OURS or oracle is None:
        with embedded() as planes:
            yield planes[0]
    else:
        with real(oracle) as plane:
            yield plane


def _upto(sizes: tuple[int, ...], most: int | None) -> tuple[int, ...]:
    return tuple(size for size in sizes if most is None or size <= most) or sizes[:1]


def _unit(name: str) -> str:
    return _UNITS.get(name.split()[0], "s of processor")


def _lines(costs: Costs, name: str) -> dict[str, dict[int, float]]:
    """Processor time, for that of the clock is everybody's; memory and shares as they are."""
    which = 0 if name.split()[0] in _UNITS else 1
    return {
        plane: {size: median(row[which] for row in rows) for size, rows in by_size.items()}
        for plane, by_size in costs.samples[name].items()
    }


def table(costs: Costs) -> str:
    """A line a series and plane: what the largest size costs, and the exponent."""
    lines = [f"{'':32} {'':12} {'size':>6} {'clock':>9} {'processor':>10} {'exponent':>9}"]
    for name, by_plane in costs.samples.items():
        for plane, line in _lines(costs, name).items():
            size = max(line)
            wall = median(row[0] for row in by_plane[plane][size])
            cpu = median(row[1] for row in by_plane[plane][size])
            slope = exponent(line)
            shown = "" if slope is None else f"{slope:.2f}"
            lines.append(f"{name:32} {plane:12} {size:6} {wall:9.2f} {cpu:10.2f} {shown:>9}")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth",
        description="Measure how the cost of a cluster grows with what is in it.",
        epilog="example: python -m benchmarks.growth --quick nodes watchers",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(_PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs, not how it grows")
    parser.add_argument("--most", type=int, metavar="N", help="leave larger sizes out")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="how often, in turns (default: 1)")
    parser.add_argument("--oracle", type=Path, metavar="DIR", help="a real control plane to compare with")
    parser.add_argument("--start", type=Path, metavar="SCRIPT", help="what starts it: SCRIPT DIR PORT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all samples to FILE")
    parser.add_argument(
        "--kept",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="samples of an earlier run, to go with these",
    )
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also draw them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
