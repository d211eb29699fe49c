"""The course in the interface: its page, going to another lesson, and the end of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.learn.model import StepProgress
from liqolab.scenario.lesson import load_lesson
from tests.tui.conftest import staged
from tests.tui.fakes import FakeWalkthrough


@pytest.fixture(autouse=True)
def _nobody_has_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIQOLAB_HOME", str(tmp_path))


async def test_f8_shows_all_lessons_and_one_that_is_chosen_is_gone_to() -> None:
    first = load_lesson("your-first-peering")
    async with staged((80, 24)) as stage:
        await stage.press("f8")
        await stage.until(lambda: first.title in stage.text)
        assert f"about {first.minutes} minutes" in stage.text
        await stage.press("escape")
        await stage.until(lambda: first.title not in stage.text)
        assert stage.app.onward is None
        await stage.press("f8")
        await stage.until(lambda: first.title in stage.text)
        await stage.press("home", "enter")
        await stage.until(lambda: "Leave this lesson for" in stage.text)
        await stage.press("y")
        await stage.until(lambda: stage.app.onward == first.name)


async def test_n_at_the_end_tells_what_was_learnt_and_what_comes_next() -> None:
    walkthrough = FakeWalkthrough(at="relax")
    walkthrough._progress["relax"] = StepProgress("passed", 30.0)
    async with staged((120, 40), walkthrough=walkthrough) as stage:
        await stage.until(lambda: "You have finished the lesson" in stage.text)
        await stage.press("n")
        await stage.until(lambda: "What comes next:" in stage.text)
        assert "• to peer" in stage.text
        assert "**" not in stage.text
