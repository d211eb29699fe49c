"""Notebooks as files: made of the lesson alone, valid, the same every time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from liqolab.author import parity
from liqolab.author.lint.lesson_faces import face_drift
from liqolab.author.lint.lesson_folder import LessonFolder
from liqolab.cli.notebook import notebook as command
from liqolab.learn.steps import stages
from liqolab.notebook.document import SIDES, Side, lesson_of, notebook, source, text
from liqolab.notebook.formats import read, write
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.scenario.library import lesson_folder

LESSON = "offloading-with-policies"


def cells(document: dict[str, Any], role: str) -> list[dict[str, Any]]:
    return [cell for cell in document["cells"] if cell["metadata"].get("liqolab", {}).get("role") == role]


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("side", SIDES)
def test_a_notebook_has_the_lessons_commands_and_checks_in_order(language: str, side: Side) -> None:
    lesson = load_lesson(LESSON, language)
    document = notebook(lesson, side)
    nbformat.validate(nbformat.from_dict(document))  # type: ignore[no-untyped-call]
    assert text(notebook(lesson, side)) == text(document)
    told = stages(lesson)
    commands = [block.text for stage in told for block in stage.view.commands]
    assert [source(cell) for cell in cells(document, "check")] == [f"%lab check {stage.id}" for stage in told]
    typed = [source(cell) for cell in cells(document, "run")]
    assert typed == (commands if side == "solution" else [""] * len(commands))
    prose = "\n".join(source(cell) for cell in document["cells"] if cell["cell_type"] == "markdown")
    assert [f"```bash\n{block}\n```" in prose for block in commands] == [side == "learner"] * len(commands)
    for stage in told:
        assert f": {stage.view.title}\n" in prose
        assert all(task.text in prose for task in stage.view.tasks)
    assert lesson_of(document) == {"lesson": LESSON, "language": language, "side": side}


def test_myst_markdown_is_the_same_notebook(tmp_path: Path) -> None:
    document = notebook(load_lesson(LESSON, "it"), "solution")
    write(document, tmp_path / "lesson.md")
    back = read(tmp_path / "lesson.md")
    assert [(cell["cell_type"], source(cell)) for cell in back["cells"]] == [
        (cell["cell_type"], source(cell)) for cell in document["cells"]
    ]
    assert [cell["metadata"] for cell in cells(back, "check")] == [
        cell["metadata"] for cell in cells(document, "check")
    ]
    assert lesson_of(back)["lesson"] == LESSON


def test_export_writes_what_is_asked_for(elsewhere: Path) -> None:
    run = CliRunner()
    assert run.invoke(command, ["export", "-o", "lesson.ipynb", "--language", "it"]).exit_code == 0
    assert json.loads(Path("lesson.ipynb").read_text())["metadata"]["liqolab"]["language"] == "it"
    printed = run.invoke(command, ["export", "--side", "solution", "--language", "en"])
    assert json.loads(printed.output) == notebook(load_lesson(LESSON), "solution")
    refused = run.invoke(command, ["export", "-o", "lesson.txt"])
    assert refused.exit_code == 1
    assert "name a file in .ipynb or .md" in getattr(refused.exception, "hint", "")


@pytest.mark.parametrize(
    ("content", "said"), [("{", "cannot be read"), ("[]", "no cells"), (None, "No such file or directory")]
)
def test_what_is_no_notebook_is_refused(elsewhere: Path, content: str | None, said: str) -> None:
    if content is not None:
        Path("mine.ipynb").write_text(content)
    done = CliRunner().invoke(command, ["check", "mine.ipynb"])
    assert done.exit_code == 1
    assert said in str(done.exception)


def test_what_jupyter_is_for_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    monkeypatch.setattr("liqolab.cli.notebook.find_spec", lambda name: None)
    for arguments in (["open"], ["check"], ["export", "-o", "lesson.md"]):
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == 1
        assert "[notebook]" in done.output
    assert [*elsewhere.iterdir()] == []


def test_lint_notices_a_face_that_shows_another_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lesson_folder(LESSON)
    known = parity.faces()
    assert {*known} == {"notebook", "walkthrough"}
    assert [*face_drift(LessonFolder(folder, LESSON))] == []

    def without_last(lesson: Lesson) -> parity.Shown:
        found = known["notebook"](lesson)
        return {**found, "peer": (found["peer"][0][:-1], found["peer"][1])}

    monkeypatch.setattr(parity, "faces", lambda: {**known, "notebook": without_last})
    said = [spot.message for spot in face_drift(LessonFolder(folder, LESSON))]
    assert said == [f"notebook ({language}) shows something else in peer" for language in ("en", "it")]
    differing = [side for side in parity.compare(LESSON) if not side.same]
    assert [(side.face, side.language) for side in differing] == [("notebook", "en"), ("notebook", "it")]
