"""How fast the screen is: first paint, map latency, and what it costs while nothing happens.

    python benchmarks/tui.py [--pods 1000] [--idle 10]

First paint is measured on a pseudo-terminal from the start of `liqolab learn` to the first cells on it, and then to the
lesson's text, with no cluster.
Latency is from a new picture of the clusters to its drawing, and idle the share of a core that the interface takes
while three clusters of so many pods each do not change, both with made-up clusters: no server takes part.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))

_START = "from liqolab.cli import main; main()"


def first_paint(runs: int) -> tuple[float, float]:
    """Median seconds from start to the first cells, and to the text of the lesson."""
    from tests.tui.pty_screen import PtyScreen

    painted, opened = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "LIQOLAB_HOME": folder, "TERM": "xterm-256color", "PYTHONPATH": str(CHECKOUT)}
            with PtyScreen(["-c", _START, "learn"], environment) as terminal:
                painted.append(terminal.until("liqolab"))
                opened.append(terminal.until("./setup.sh"))
                terminal.press("\x11")
                terminal.end()
    return statistics.median(painted), statistics.median(opened)


async def map_latency_and_idle(pods: int, seconds: float) -> tuple[float, float]:
    """Seconds from news to drawing (median of twenty), and the share of a core while idle."""
    from liqolab_tui.app import LiqolabApp
    from liqolab_tui.session import Session
    from liqolab_tui.widgets.map_view import MapView

    from liqolab.atlas.world import Pod, World
    from tests.tui.fakes import FakeAtlas, FakeWalkthrough, world

    def crowded(turn: int) -> World:
        many = tuple(
            Pod("liqo-demo", f"app-{i}-x-{turn}", "Running", True, "liqo-naples", f"app-{i}") for i in range(pods)
        )
        return World(tuple(replace(view, pods=(*view.pods[:5], *many)) for view in world().clusters))

    atlas = FakeAtlas(crowded(0))
    app = LiqolabApp(Session(open=lambda _: FakeWalkthrough(), atlas=atlas))  # type: ignore[arg-type,return-value]
    taken: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(1)
        await pilot.press("v")
        await pilot.pause(1)
        view = app.screen.query_one("#world", MapView)
        for turn in range(1, 21):
            before, began = view.picture, time.perf_counter()
            atlas.show(crowded(turn))
            while view.picture is before:
                await pilot.pause(0.001)
            taken.append(time.perf_counter() - began)
        used = time.process_time()
        await asyncio.sleep(seconds)
        idle = (time.process_time() - used) / seconds
        app.exit(0)
    app.close()
    return statistics.median(taken), idle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=1000)
    parser.add_argument("--idle", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    painted, opened = first_paint(arguments.runs)
    print(f"first paint   {painted * 1000:7.0f} ms   (budget 500)")
    print(f"lesson text   {opened * 1000:7.0f} ms")
    latency, idle = asyncio.run(map_latency_and_idle(arguments.pods, arguments.idle))
    print(f"map latency   {latency * 1000:7.0f} ms   (budget 200)")
    print(f"idle          {idle * 100:7.1f} %    (budget 5, of one core)")


if __name__ == "__main__":
    main()
