"""The other lessons of the course in the interface, each finished with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from liqolab_tui.app import LiqolabApp
from liqolab_tui.session import Session
from liqolab_tui.widgets.command_block import CommandBlock

from liqolab.learn.opening import Arguments, default_playground, open_walkthrough
from liqolab.playground import home
from liqolab.playground.home import Playground
from liqolab.scenario.library import lesson_names
from liqolab.scenario.session import close_playground
from tests.laboratory import LESSON
from tests.tui import test_seed_lesson as keyboard

pytestmark = [pytest.mark.embedded, pytest.mark.journey]


@pytest.fixture(params=[name for name in lesson_names() if name != LESSON])
def playground(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Playground]]:
    monkeypatch.setenv("LIQOLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(keyboard, "_PATIENCE", 300.0)
    found = home.resolve(default_playground(request.param))
    yield request.param, found
    close_playground(found)


async def test_a_lesson_is_finished_with_the_keyboard_alone(playground: tuple[str, Playground]) -> None:
    name, place = playground
    app = LiqolabApp(Session(open=lambda _: open_walkthrough(Arguments(name, place.name)), strict=True))
    state = app.lesson.state
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await keyboard.until(pilot, lambda: state.opened and isinstance(app.focused, CommandBlock), "it is open")
            order = [step.id for step in state.steps]
            for number, step in enumerate(order):
                await keyboard.do_step(app, pilot, step)
                if number + 1 < len(order):
                    await pilot.press("n")
                    await keyboard.until(pilot, lambda number=number: state.current == order[number + 1], step)
            assert [state.progress[step].state for step in order] == ["passed"] * len(order)
            assert not any(state.progress[step].solved for step in order)
            await pilot.press("n")
            await keyboard.until(pilot, lambda: "What you have learnt:" in keyboard.screen(pilot), "the end is told")
            app.exit(0)
    finally:
        app.close()
