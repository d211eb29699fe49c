"""Screenshots of the main screens, compared with those in ``screenshots/``.

``LIQOLAB_SCREENSHOTS=new pytest tests/tui/test_screenshots.py`` paints them anew; look at each one then. A
screenshot is the SVG that Textual exports, with what differs from run to run (identifiers made from a hash) replaced.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from liqolab_tui import themes
from liqolab_tui.widgets.top_bar import TopBar

from tests.tui.conftest import Stage, staged
from tests.tui.test_modes import run_state

pytestmark = pytest.mark.journey

FOLDER = Path(__file__).with_name("screenshots")
SMALL, LARGE = (80, 24), (120, 40)
DARK, LIGHT, CONTRAST, COLOURBLIND, TERMINAL = themes.names()

Scene = tuple[str, str]
"""A scene and a theme."""

TOURS: list[tuple[tuple[int, int], str, list[Scene]]] = [
    (
        SMALL,
        "en",
        [
            *(("lesson", DARK), ("reset", DARK), ("map", DARK), ("explorer", DARK), ("acceptance", DARK)),
            ("snapshots", LIGHT),
        ],
    ),
    (SMALL, "it", [("lesson", DARK), ("keys", DARK), ("steps", LIGHT)]),
    (LARGE, "en", [*(("lesson", theme) for theme in themes.names()), ("map", TERMINAL), ("map", DARK)]),
    (LARGE, "it", [("lesson", DARK), ("map", LIGHT), ("explorer", CONTRAST), ("acceptance", COLOURBLIND)]),
]
"""Size and language, and what is looked at one after the other: starting the interface takes longer than drawing it."""


@pytest.mark.parametrize(("size", "language", "scenes"), TOURS, ids=["small-en", "small-it", "large-en", "large-it"])
async def test_screens_look_as_they_did(size: tuple[int, int], language: str, scenes: list[Scene]) -> None:
    different = []
    async with staged(size, theme=scenes[0][1], language=language) as stage:
        for scene, theme in scenes:
            await _dress(stage, theme)
            await _SCENES[scene](stage)
            stage.app.clear_notifications()
            await stage.until(lambda: not stage.app.screen.query("Toast"))
            screenshot = _steady(stage.app.export_screenshot(title="liqolab"))
            file = FOLDER / f"{scene}-{size[0]}x{size[1]}-{theme.removeprefix('liqolab-')}-{language}.svg"
            if os.environ.get("LIQOLAB_SCREENSHOTS") == "new":
                file.write_text(screenshot)
            if screenshot != file.read_text():
                different.append(file.name)
            await stage.press("escape")
    assert different == [], "these look different; paint them anew if that is meant"


async def _dress(stage: Stage, theme: str) -> None:
    """Put on a theme, and wait until everything wears it."""
    if stage.app.theme != theme:
        bar = stage.app.screen.query_one(TopBar)
        stage.app.choose_theme(theme)
        await stage.until(lambda: any(now is not bar for now in stage.app.screen.query(TopBar)))


def _steady(svg: str) -> str:
    return re.sub(r"terminal-\d+-", "terminal-", svg)


async def _lesson(stage: Stage) -> None:
    if stage.app.lesson.state.ended:
        await stage.until(lambda: "created" in stage.text)
        stage.app.screen.query_one("#lesson").scroll_home(animate=False)
        return
    await stage.press("enter")
    await stage.until(lambda: stage.app.lesson.state.ended and stage.app.lesson.state.running is None)
    stage.walkthrough.light(1, "dark", "pod app-center-75cbd9c78c-zc2lq runs on node venice-control-plane")
    await stage.press("h")
    await stage.until(lambda: stage.app.lesson.state.hints)
    await stage.until(lambda: stage.app.screen.query("Collapsible"))
    stage.app.screen.query_one("#lesson").scroll_home(animate=False)


async def _map(stage: Stage) -> None:
    await stage.press("f3") if stage.app.current_mode != "map" else None
    await stage.until(lambda: "═" in stage.text)
    while (chosen := stage.app.screen.query_one("#world").chosen) is None or "app-center" not in chosen.name:  # type: ignore[attr-defined]
        await stage.press("down")
    await stage.until(lambda: "Name: " in stage.text)


async def _explorer(stage: Stage) -> None:
    await stage.press("f4")
    await stage.until(lambda: "pods · 3 " in stage.text)
    await stage.press("w")
    await stage.until(lambda: "no node fits" in stage.text)


async def _acceptance(stage: Stage) -> None:
    stage.app.acceptance.state = run_state("passed", "failed", "skipped")
    stage.app.acceptance.state.seconds = 0.6
    await stage.press("f5")
    await stage.until(lambda: "✗ Deploy" in stage.text)


async def _snapshots(stage: Stage) -> None:
    stage.walkthrough.save_snapshot("deploy-1")
    stage.walkthrough.save_snapshot("before-the-mistake")
    await stage.press("f7")
    await stage.until(lambda: "before-the-mistake" in stage.text)


async def _keys(stage: Stage) -> None:
    await stage.press("question_mark")
    await stage.until(lambda: len(stage.app.screen_stack) > 1)


async def _reset(stage: Stage) -> None:
    await stage.press("x")
    await stage.until(lambda: len(stage.app.screen_stack) > 1)


async def _steps(stage: Stage) -> None:
    await stage.press("g")
    await stage.until(lambda: len(stage.app.screen_stack) > 1)


_SCENES = {
    "lesson": _lesson,
    "map": _map,
    "explorer": _explorer,
    "acceptance": _acceptance,
    "snapshots": _snapshots,
    "keys": _keys,
    "reset": _reset,
    "steps": _steps,
}
