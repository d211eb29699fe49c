"""Draws the screens in docs/screens/: the real application, over a moment of a real run that was recorded once.

    python tools/build_screens.py [--check] [--record] [NAME ...]

With ``--record`` the lesson is played anew on embedded clusters, in each language, and the recording in
``docs/screens/recording/`` is replaced; the rest is drawn from it and gives the same bytes each time. A test runs this
with ``--check``, so that the screenshots cannot fall behind.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import screens_tape
from liqolab_tui import themes
from liqolab_tui.app import LiqolabApp
from liqolab_tui.screens.acceptance import AcceptanceScreen
from liqolab_tui.session import Session
from liqolab_tui.widgets.command_block import CommandBlock
from liqolab_tui.widgets.map_view import MapView
from liqolab_tui.widgets.object_table import ObjectTable
from liqolab_tui.widgets.scenario_list import ScenarioList
from screens_replay import ReplayedAtlas, ReplayedWalkthrough
from screens_tape import STEP, Tape
from textual.pilot import Pilot

from liqolab.learn.notices import CommandEnded

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/screens"
LANGUAGES = ("en", "it")
SMALL, LARGE = (80, 24), (120, 40)
DARK, *OTHERS = themes.names()
PATIENCE = 30.0


@dataclass(frozen=True)
class Screenshot:
    """One file."""

    scene: str
    size: tuple[int, int] = LARGE
    theme: str = DARK
    language: str = "en"
    name: str = ""

    @property
    def path(self) -> Path:
        width, height = self.size
        plain = f"{self.scene}-{width}x{height}-{self.theme.removeprefix('liqolab-')}-{self.language}"
        return FOLDER / f"{self.name or plain}.svg"


SCREENSHOTS = (
    Screenshot("lesson", name="readme"),
    *(Screenshot(scene) for scene in ("map", "explorer", "acceptance", "snapshots")),
    *(Screenshot(scene, SMALL) for scene in ("lesson", "map", "explorer")),
    *(Screenshot(scene, LARGE, language="it") for scene in ("lesson", "map", "explorer", "acceptance")),
    Screenshot("lesson", SMALL, language="it"),
    *(Screenshot("lesson", LARGE, theme) for theme in OTHERS),
)


def main() -> int:
    """Write the files, or with --check only name those that would change (exit code 1)."""
    parser = argparse.ArgumentParser(description="Draw the screens in docs/screens/.")
    parser.add_argument("--check", action="store_true", help="write nothing; name what would change")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of files, without .svg; default: all")
    parser.add_argument("--record", action="store_true", help="play the lesson anew first")
    options = parser.parse_args()
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ.pop("NO_COLOR", None)
    if options.record:
        from record_screens import record

        for language in LANGUAGES:
            screens_tape.write(language, record(language))
    wanted = [screenshot for screenshot in SCREENSHOTS if not options.names or screenshot.path.stem in options.names]
    drawn = asyncio.run(_draw_all(wanted))
    stale = {path: svg for path, svg in drawn.items() if not path.exists() or path.read_text() != svg}
    left = set(FOLDER.glob("*.svg")) - {screenshot.path for screenshot in SCREENSHOTS}
    for path in sorted([*stale, *left]):
        print(path.relative_to(ROOT))
        if not options.check:
            path.write_text(stale[path]) if path in stale else path.unlink()
    return 1 if options.check and (stale or left) else 0


async def _draw_all(screenshots: list[Screenshot]) -> dict[Path, str]:
    tapes = {language: screens_tape.read(language) for language in LANGUAGES}
    return {screenshot.path: await _draw(screenshot, tapes[screenshot.language]) for screenshot in screenshots}


async def _draw(screenshot: Screenshot, tape: Tape) -> str:
    walkthrough: Any = ReplayedWalkthrough(tape, screenshot.language)
    atlas: Any = ReplayedAtlas(tape)
    app = LiqolabApp(
        Session(
            open=lambda _: walkthrough, atlas=atlas, language=screenshot.language, theme=screenshot.theme, strict=True
        )
    )
    app.animation_level = "none"
    app.acceptance.state = tape.run
    try:
        async with app.run_test(size=screenshot.size) as pilot:
            await _until(pilot, lambda: app.lesson.state.opened and app.clusters.world.clusters and app.focused)
            await _until(pilot, lambda: isinstance(app.focused, CommandBlock))
            walkthrough.tell()
            await _until(pilot, lambda: len(app.lesson.state.ended) == sum(_ended(notice) for notice in tape.said))
            await SCENES[screenshot.scene](pilot, app, tape)
            app.clear_notifications()
            await pilot.pause(0.2)
            svg = app.export_screenshot(title="liqolab learn")
            app.exit(0)
    finally:
        app.close()
    return _plain(svg)


def _ended(notice: object) -> bool:
    return isinstance(notice, CommandEnded)


def _plain(svg: str) -> str:
    """Without names that are made anew each time, and without fonts from elsewhere."""
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    svg = re.sub(r"\s*@font-face \{.*?\n    \}\n", "", svg, flags=re.DOTALL)
    svg = svg.replace("font-family: Fira Code, monospace;", 'font-family: "Fira Code", ui-monospace, Menlo, monospace;')
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE).rstrip() + "\n"


async def _until(pilot: Pilot[int], condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"this never came; the screen is\n{_text(pilot.app)}")
        await pilot.pause(0.02)
    await pilot.pause()


def _text(app: Any) -> str:
    width, height = app.size
    return "\n".join(strip.text[:width] for strip in app.screen._compositor.render_strips()[:height])


async def _lesson(pilot: Pilot[int], app: LiqolabApp, tape: Tape) -> None:
    await pilot.press("h")
    await _until(pilot, lambda: app.lesson.state.hints and app.screen.query("Collapsible"))
    app.screen.query_one("#lesson").scroll_home(animate=False)


async def _map(pilot: Pilot[int], app: LiqolabApp, tape: Tape) -> None:
    await pilot.press("f3")
    await _until(pilot, lambda: app.screen.query("#world") and app.screen.query_one("#world", MapView).drawing.spots)
    world = app.screen.query_one("#world", MapView)
    while world.chosen is None or world.chosen.name != tape.chosen:
        await pilot.press("down")
        await pilot.pause()
    await _until(pilot, lambda: "Name: " in _text(app))


async def _explorer(pilot: Pilot[int], app: LiqolabApp, tape: Tape) -> None:
    await pilot.press("f4")
    await _until(pilot, lambda: app.screen.query(ObjectTable) and app.screen.query_one(ObjectTable).count)
    table = app.screen.query_one(ObjectTable)
    everything = table.count
    await pilot.press("slash", *"0/1", "enter")
    await _until(pilot, lambda: 0 < table.count < everything)
    while table.target is None or table.target.name != tape.chosen:
        await pilot.press("down")
    await pilot.press("w")
    await _until(pilot, lambda: tape.sides["why"][0][:20] in _text(app))


async def _acceptance(pilot: Pilot[int], app: LiqolabApp, tape: Tape) -> None:
    await pilot.press("f5")
    await _until(pilot, lambda: isinstance(app.screen, AcceptanceScreen))
    scenarios = app.screen.query_one(ScenarioList)
    while scenarios.scenario is None or scenarios.scenario[1] != STEP:
        await pilot.press("down")


async def _snapshots(pilot: Pilot[int], app: LiqolabApp, tape: Tape) -> None:
    await pilot.press("f7")
    await _until(pilot, lambda: "offloaded" in _text(app))


SCENES: dict[str, Callable[[Pilot[int], LiqolabApp, Tape], Awaitable[None]]] = {
    "lesson": _lesson,
    "map": _map,
    "explorer": _explorer,
    "acceptance": _acceptance,
    "snapshots": _snapshots,
}

if __name__ == "__main__":
    sys.exit(main())
