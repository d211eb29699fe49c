"""Lessons of one's own, outside of any checkout: found by name wherever a lesson is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from liqolab.author.scaffold import scaffold
from liqolab.cli import liqolab
from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import LESSONS_VARIABLE, LessonError, lesson_folder, lesson_names
from tests.laboratory import LESSON


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lesson in it; one stands beside it."""
    scaffold(tmp_path / "own", "my-lesson", ["rome"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.delenv(LESSONS_VARIABLE, raising=False)
    return tmp_path / "own"


def said(*words: str, code: int = 0) -> str:
    """What a command says; it leaves the environment as it was."""
    before = dict(os.environ)
    try:
        result = CliRunner().invoke(liqolab, words)
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert result.exit_code == code, result.output
    return result.output


def test_the_current_folder_is_asked(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "my-lesson" not in said("lessons")
    monkeypatch.chdir(own)
    assert "(my-lesson)" in said("lessons")
    assert load_lesson("my-lesson").feature.uri == "features/my_lesson.feature"


def test_a_folder_can_be_named_by_option_and_by_environment(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "my-lesson" in said("lessons", "--lessons", "../own")
    assert said("lint", "--lessons", "../own") == "no findings\n"
    assert "my-lesson   en" in said("author", "parity", "--lessons", "../own", "my-lesson")
    monkeypatch.setenv(LESSONS_VARIABLE, f"../own{os.pathsep}")
    assert {"my-lesson", LESSON} <= {*lesson_names()}
    assert said("lint") == "no findings\n"


def test_the_first_of_two_lessons_with_one_name_is_meant(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scaffold(own, LESSON, ["rome"])
    assert [spec.name for spec in load_lesson(LESSON).clusters] == ["venice", "florence", "naples"]
    monkeypatch.setenv(LESSONS_VARIABLE, str(own))
    assert [spec.name for spec in load_lesson(LESSON).clusters] == ["rome"]


def test_a_folder_without_lessons_is_refused(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LESSONS_VARIABLE, str(own / "features"))
    with pytest.raises(LessonError, match=f"{LESSONS_VARIABLE}: .*features has no folder scenarios"):
        lesson_folder("my-lesson")
