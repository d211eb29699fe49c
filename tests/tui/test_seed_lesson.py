"""The seed lesson, finished with the keyboard alone on 80 by 24 cells, on real clusters; and what else shows them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from liqolab_tui.app import LiqolabApp
from liqolab_tui.session import Session
from liqolab_tui.widgets.command_block import CommandBlock
from liqolab_tui.widgets.detail import Detail
from textual.pilot import Pilot

from liqolab.learn.opening import Arguments, open_walkthrough
from liqolab.playground import home
from liqolab.playground.embedded import process_id
from liqolab.playground.home import Playground
from liqolab.scenario.session import close_playground
from tests.tui.conftest import Stage, staged
from tests.tui.fakes import FakeAtlas, FakeWalkthrough

pytestmark = [pytest.mark.embedded, pytest.mark.journey]

_PATIENCE = 60.0


@pytest.fixture
def playground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Playground]:
    monkeypatch.setenv("LIQOLAB_HOME", str(tmp_path / "home"))
    found = home.resolve("learn")
    yield found
    close_playground(found)


async def until(pilot: Pilot[int], condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}\n{screen(pilot)}"
        await pilot.pause(0.05)


def screen(pilot: Pilot[int]) -> str:
    return Stage(pilot.app, pilot, FakeWalkthrough(), FakeAtlas()).text  # type: ignore[arg-type]


async def test_the_seed_lesson_is_finished_with_the_keyboard_alone(playground: Playground) -> None:
    app = LiqolabApp(Session(open=lambda _: open_walkthrough(Arguments("offloading-with-policies")), strict=True))
    state = app.lesson.state
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: state.opened and isinstance(app.focused, CommandBlock), "the lesson is open")
            order = [step.id for step in state.steps]
            for place, step in enumerate(order):
                await do_step(app, pilot, step)
                if step == "deploy":
                    await _look_around(app, pilot, playground)
                if place + 1 < len(order):
                    await pilot.press("n")
                    await until(pilot, partial(_is_at, app, order[place + 1]), order[place + 1])
            assert [state.progress[step].state for step in order] == ["passed"] * len(order)
            assert not any(state.progress[step].solved for step in order)
            app.exit(0)
    finally:
        app.close()


async def do_step(app: LiqolabApp, pilot: Pilot[int], step: str) -> None:
    state = app.lesson.state

    def is_passed() -> bool:
        return state.progress[step].state == "passed"

    while not is_passed():
        block = app.focused
        if isinstance(block, CommandBlock) and block.command.text not in state.ended:
            text = block.command.text
            await pilot.press("enter")
            await until(pilot, partial(_has_run, app, text), text)
            await pilot.pause()
        else:
            await until(pilot, is_passed, f"{step}: {[light for light in state.lights[step] if light.state != 'on']}")


async def _look_around(app: LiqolabApp, pilot: Pilot[int], playground: Playground) -> None:
    """Explorer and details of what is Pending; a snapshot; a cluster that dies and is brought back by it."""
    await pilot.press("f4", "1", "slash", *"app-center", "enter")
    await until(pilot, lambda: "pods · 1 " in screen(pilot) and "app-center" in screen(pilot), "the pod is listed")
    for key, wanted in (
        ("d", "app-center"),
        ("y", "apiVersion: v1"),
        ("e", "FailedScheduling"),
        ("w", "the namespace allows region=south"),
    ):
        await pilot.press(key)
        await until(pilot, partial(_says, app, wanted), f"{key}: {wanted}")

    await pilot.press("f7", "s")
    await until(pilot, lambda: "Save this state as" in screen(pilot), "the name is asked")
    await pilot.press("enter")
    await until(pilot, lambda: app.lesson.state.snapshots, "it is saved")

    await pilot.press("f3")
    pid = process_id(playground.clusters / "naples")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(pilot, lambda: "unreachable" in screen(pilot), "the map tells of the dead cluster")
    await pilot.press("f7", "enter")
    await until(pilot, lambda: "Restore “deploy-1”?" in screen(pilot), "it is asked")
    await pilot.press("y")
    await until(pilot, lambda: all(view.reachable for view in app.clusters.world.clusters), "all clusters are back")
    await until(pilot, lambda: app.lesson.state.busy is None, "it is restored")
    await pilot.press("f2")
    await until(pilot, lambda: app.lesson.state.progress["deploy"].state == "passed", "the step is still done")


def _is_at(app: LiqolabApp, step: str) -> bool:
    return app.lesson.state.current == step


def _has_run(app: LiqolabApp, command: str) -> bool:
    return command in app.lesson.state.ended and app.lesson.state.running is None


def _says(app: LiqolabApp, text: str) -> bool:
    return text in _words(app)


def _words(app: LiqolabApp) -> str:
    """What the open tab of the details says."""
    from textual.widgets import RichLog

    detail = app.screen.query_one(Detail)
    return " ".join(line.text.strip() for line in detail.query_one(f"#{detail.aspect}-text", RichLog).lines)


async def test_a_scenario_is_run_on_clusters_of_its_own_which_are_gone_afterwards(playground: Playground) -> None:
    async with staged((120, 40), log=playground.home / "tui.log") as stage:
        run = stage.app.acceptance.state
        await stage.press("f5")
        await until(stage.pilot, lambda: "☐ · Provision the playground" in stage.text, "the scenarios are listed")
        await stage.press("space", "r")
        await until(stage.pilot, lambda: run.ran and not run.running, "the run is over")
        await stage.until(lambda: "1 of 1 scenarios passed" in stage.text)
    assert "Provision the playground" in _read(run.report)
    assert home.resolve(run.playground).is_empty


def _read(file: str) -> str:
    return Path(file).read_text()
