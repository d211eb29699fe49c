"""The other lessons of the course in lines: typed as they stand, all tasks are done, and the end says what is next."""

from __future__ import annotations

import pytest

from liqolab.learn.curriculum import following
from liqolab.learn.steps import stages
from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import lesson_names
from tests.laboratory import LESSON
from tests.plain.conftest import School

pytestmark = [pytest.mark.embedded, pytest.mark.journey]

_PATIENCE = 300
"""Some commands of a lesson wait for a minute and a half at the most, on a machine that has nothing else to do."""


@pytest.mark.parametrize("name", [name for name in lesson_names() if name != LESSON])
def test_a_lesson_is_finished_by_typing_its_commands(name: str, school: School) -> None:
    lesson = load_lesson(name)
    terminal = school.sit_down(name)
    terminal.timeout = _PATIENCE
    said = terminal.prompt()
    assert f"Step 1 of {len(lesson.steps)}: {lesson.steps[0].title}" in said
    assert "Afterwards you will be able to:" in said
    for stage in stages(lesson):
        for command in stage.view.commands:
            said = terminal.type(command.text)
            assert "Remark:" not in said, said
        checked = terminal.ask("c")
        assert checked.count("Done: ") == len(stage.view.tasks), checked
        told = said + checked + terminal.ask("n")
    said = told
    assert "What you have learnt:" in said
    assert "Your times:" in said
    onward = following(lesson)
    assert (f"learn {onward.name}" if onward is not None else "the last lesson") in said
    assert f"({name})\n" in terminal.ask("o")
    assert "done in " in terminal.ask("lessons")
