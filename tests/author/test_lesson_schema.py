"""One table says what may stand in lesson.yaml: what reading refuses, lint reports in the line where it stands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from liqolab.author.lint.linter import lint_lesson
from liqolab.scenario.lesson import read_lesson
from liqolab.scenario.library import LessonError, lesson_folder


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    minutes: 4\n", "    minuets: 4\n"),
        ("    minutes: 4\n", "    minutes: four\n"),
        ("    title: Peer the clusters\n", "    title: ' '\n"),
        ("      nudge: You made", "      shove: You made"),
        ("fails: true", "fails: maybe"),
        ("command: '^\\s*sudo\\b'", "command: '(sudo'"),
        ("clusters:", "clusters: []\nothers:"),
    ],
)
def test_what_reading_refuses_is_reported_in_its_line(tmp_path: Path, old: str, new: str) -> None:
    folder = tmp_path / "offloading-with-policies"
    shutil.copytree(lesson_folder(folder.name), folder)
    file = folder / "lesson.yaml"
    text = file.read_text()
    line = text[: text.index(old)].count("\n") + 1
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(LessonError, match=r"lesson\.yaml"):
        read_lesson(folder)
    found = [finding.line for finding in lint_lesson(folder) if finding.rule == "lesson-schema"]
    assert found[:1] == [line], found
