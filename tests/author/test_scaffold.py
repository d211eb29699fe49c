"""A new lesson lints clean, plays, and is there whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from liqolab.author.lint.linter import find, lint
from liqolab.author.parity import compare
from liqolab.author.scaffold import scaffold
from liqolab.cli.author import author as command
from liqolab.scenario.library import LessonError, lesson_names


def test_a_new_lesson_plays_both_ways(author: Any) -> None:
    (author.root / "scratch").mkdir()
    scaffold(author.root, "a-city", ["rome"])
    lesson = author.root / "scenarios" / "a-city" / "lesson.yaml"
    lesson.write_text(lesson.read_text().replace("feature: ", f"feature: {author.root}/features/"))
    done = author.liqolab("test", str(lesson.parent), "--no-sabotage")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3 steps passed both ways" in done.stdout
    assert author.left() == []


@pytest.mark.parametrize("clusters", [["rome"], ["rome", "a", "a-very-long-name-for-a-cluster"]])
def test_a_new_lesson_lints_clean_whatever_its_clusters_are_called(tmp_path: Path, clusters: list[str]) -> None:
    scaffold(tmp_path, "a-b", clusters)
    assert not lint(find([tmp_path]))


def test_what_exists_is_not_touched_and_bad_names_are_refused(tmp_path: Path) -> None:
    scaffold(tmp_path, "a-b", ["rome"])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    for name, clusters in (("a-b", ["rome"]), ("../x", ["rome"]), ("x", ["Rome"]), ("-x", ["rome"])):
        with pytest.raises(LessonError):
            scaffold(tmp_path, name, clusters)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_the_command_says_what_it_made_and_what_comes_next(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["new", "a-b", "--into", str(tmp_path)])
    assert done.exit_code == 0
    *files, last = done.output.splitlines()
    assert all(Path(file).is_file() for file in files) and len(files) == 7
    assert last.startswith("Next: ")


@pytest.mark.parametrize("name", lesson_names())
def test_every_language_of_every_lesson_has_the_same_commands_and_checks(name: str) -> None:
    sides = list(compare(name))
    assert [side.verdict for side in sides if not side.same] == []
    assert sides[0].language == "en"
