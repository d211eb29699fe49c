"""A lesson's files are read strictly: what is wrong is named with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from liqolab.learn.model import Command, Prose
from liqolab.learn.steps import stages
from liqolab.scenario.lesson import read_lesson
from liqolab.scenario.library import LessonError, lesson_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "offloading-with-policies"
    shutil.copytree(lesson_folder(copy.name), copy)
    return copy


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    minutes: 4\n", "    minuets: 4\n", r"lesson.yaml: steps\[0\]: unknown: minuets"),
        ("    minutes: 4\n", "    minutes: four\n", r"steps\[0\]: minutes is not a number above 0"),
        ("    title: Peer the clusters\n", "", r"steps\[1\]: title is missing: a text is needed"),
        ("      nudge: You made", "      shove: You made", r"steps\[6\]: hints are nudge, concept, command, not shove"),
        ("fails: true", "fails: maybe", r"when: fails is not true or false"),
        ("command: '^\\s*sudo\\b'", "command: '(sudo'", r"when.command: not a regular expression"),
        ("  - id: destroy\n", "  - id: demolish\n", "demolish.md cannot be read"),
        ("feature: off", "feature: on", r"onloading_with_policies.feature cannot be read"),
        ("clusters:", "clusters: []\nothers:", "clusters is not a list with something in it"),
        ("title: Offloading", "title: [Offloading", "is not YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(folder: Path, old: str, new: str, said: str) -> None:
    file = folder / "lesson.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(LessonError, match=said):
        read_lesson(folder)


def test_steps_and_scenarios_have_to_be_the_same_in_the_same_order(folder: Path) -> None:
    file = folder / "lesson.yaml"
    head, _, rest = file.read_text().partition("  - id: unpeer\n")
    file.write_text(head)
    with pytest.raises(LessonError, match="do not agree on destroy, uninstall, unpeer"):
        read_lesson(folder)
    unpeer, marker, behind = rest.partition("  - id: uninstall\n")
    file.write_text(head + marker + behind + "  - id: unpeer\n" + unpeer)
    with pytest.raises(LessonError, match="in another order"):
        read_lesson(folder)


def test_tasks_and_marks_have_to_fit_the_feature(folder: Path) -> None:
    file = folder / "lesson.yaml"
    file.write_text(file.read_text().replace("      - Venice is gone\n", ""))
    with pytest.raises(LessonError, match="step destroy: 2 tasks for 3 goals"):
        stages(read_lesson(folder))
    shutil.copy(lesson_folder(folder.name) / "lesson.yaml", file)
    (folder / "steps" / "peer.md").write_text("One.\n\n{{run 2}}\n\nTwo.\n\n{{run 1}}\n")
    with pytest.raises(LessonError, match=r"step peer: \{\{run 1\}\} is out of order"):
        stages(read_lesson(folder))


def test_commands_stand_where_the_prose_marks_them_and_the_rest_behind(folder: Path) -> None:
    (folder / "steps" / "peer.md").write_text("One.\n\n{{run 2}}\n\nTwo.\n")
    view = next(stage.view for stage in stages(read_lesson(folder)) if stage.id == "peer")
    shape = [block.markdown if isinstance(block, Prose) else block.id for block in view.blocks]
    assert shape == ["One.", "peer.1", "peer.2", "Two.", "peer.3", "peer.4"]
    assert all(isinstance(block, Command) for block in view.commands)


def test_what_a_translation_lacks_is_in_english_and_named(folder: Path) -> None:
    (folder / "it" / "peer.md").unlink()
    file = folder / "it" / "lesson.yaml"
    file.write_text(file.read_text().replace("    title: Collega i cluster\n", ""))
    lesson = read_lesson(folder, "it")
    assert set(lesson.untranslated) == {"peer.md", "steps.peer.title"}
    assert lesson.steps[1].title == "Peer the clusters"
    assert lesson.steps[0].title == "Prepara il laboratorio"
