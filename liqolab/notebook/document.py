"""A lesson as a notebook: its prose, its commands and its checks as cells, in the order in which they are gone through.

Nothing is written for notebooks: the cells are made of what every face shows. The learner's side shows a command to be
typed into the empty cell below it; in the solution it stands in the cell. A notebook is a plain document here (nbformat
4.5), the same bytes for the same lesson, so this needs nothing of Jupyter's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args

from liqolab.learn.model import Command, StepView
from liqolab.learn.steps import Stage, stages
from liqolab.learn.texts import Texts
from liqolab.scenario.lesson import Lesson

Side = Literal["learner", "solution"]
SIDES: tuple[str, ...] = get_args(Side)

Cell = dict[str, Any]
Notebook = dict[str, Any]

KERNEL = "liqolab"
"""Name of the kernel in Jupyter's eyes."""

KERNEL_TITLE = "Liqo lab"
OURS = "liqolab"
"""Under this key of the metadata stands what a cell or a notebook is to the lesson."""

_NOT_FOR_IDS = re.compile(r"[^a-zA-Z0-9-]")
_LONGEST_ID = 64


def notebook(lesson: Lesson, side: Side = "learner") -> Notebook:
    """The lesson as a notebook, in the lesson's language.

    Raises:
        LessonError: the lesson contradicts itself.
        UndefinedStepError, AmbiguousStepError: a sentence of its feature means nothing, or several things.
    """
    texts = Texts(lesson.language)
    found = stages(lesson)
    cells = [*_opening(lesson, texts, side)]
    for number, stage in enumerate(found, 1):
        cells += _step(stage, number, len(found), texts, side)
    cells.append(_markdown("end", texts("notebook.document.end")))
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": KERNEL_TITLE, "language": "bash", "name": KERNEL},
            "language_info": {"name": "bash", "mimetype": "text/x-sh", "file_extension": ".sh"},
            OURS: {"lesson": lesson.name, "language": lesson.language, "side": side},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def shown(lesson: Lesson) -> dict[str, tuple[list[str], list[str]]]:
    """What a notebook of the lesson has a learner type and judges, by step: commands, and ids of checks.

    Read from the cells, so it is what people see.
    """
    found: dict[str, tuple[list[str], list[str]]] = {step.id: ([], []) for step in lesson.steps}
    for cell in notebook(lesson, "solution")["cells"]:
        told = cell["metadata"].get(OURS, {})
        if told.get("role") == "run":
            found[told["step"]][0].append(source(cell))
        elif told.get("role") == "check":
            found[told["step"]][1].extend(told["tasks"])
    return found


def text(document: Notebook) -> str:
    """The content of an ``.ipynb`` file."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def source(cell: Cell) -> str:
    """The text of a cell, which files have as one text or as lines."""
    found = cell["source"]
    return found if isinstance(found, str) else "".join(found)


def lesson_of(document: Notebook) -> dict[str, str]:
    """Lesson, language and side of a notebook that was made here; empty for any other."""
    told = document.get("metadata", {}).get(OURS, {})
    return {key: str(told[key]) for key in ("lesson", "language", "side") if key in told}


def _opening(lesson: Lesson, texts: Texts, side: Side) -> Iterator[Cell]:
    yield _markdown("title", f"# {lesson.title}\n\n{lesson.summary}\n\n{texts(f'notebook.document.how_{side}')}")
    # Nobody reads between these commands, so each has to wait for what a person would have seen before typing it.
    options = f"--language {lesson.language}{' --patient' if side == 'solution' else ''}"
    yield _code("open", f"%lab open {lesson.name} {options}", {"role": "open"})


def _step(stage: Stage, number: int, count: int, texts: Texts, side: Side) -> Iterator[Cell]:
    view = stage.view
    heading = texts("notebook.document.heading", number=number, count=count, title=view.title)
    minutes = texts.many("plain.step.minutes", view.minutes)
    prose = [f"## {heading}", f"*{minutes}*"]
    block = 0
    for part in view.blocks:
        if not isinstance(part, Command):
            prose.append(part.markdown)
            continue
        block += 1
        if side == "learner":
            prose.append(f"```bash\n{part.text}\n```")
        if prose:
            yield _markdown(f"{view.id}-text-{block}", "\n\n".join(prose))
        prose = []
        yield _code(
            f"{view.id}-run-{block}",
            part.text if side == "solution" else "",
            {"role": "run", "step": view.id, "command": part.id},
        )
    prose.append(_tasks(view, texts))
    yield _markdown(f"{view.id}-tasks", "\n\n".join(prose))
    tasks = [goal.id for goal in stage.outline.goals]
    yield _code(f"{view.id}-check", f"%lab check {view.id}", {"role": "check", "step": view.id, "tasks": tasks})


def _tasks(view: StepView, texts: Texts) -> str:
    rows = "\n".join(f"- {task.text}" for task in view.tasks)
    return f"**{texts('notebook.document.tasks')}**\n\n{rows}"


def _markdown(name: str, said: str) -> Cell:
    return {"cell_type": "markdown", "id": _id(name), "metadata": {}, "source": said}


def _code(name: str, said: str, told: dict[str, Any]) -> Cell:
    return {
        "cell_type": "code",
        "id": _id(name),
        "metadata": {OURS: told, "tags": [f"liqolab:{told['role']}"]},
        "execution_count": None,
        "outputs": [],
        "source": said,
    }


def _id(name: str) -> str:
    return _NOT_FOR_IDS.sub("-", name)[:_LONGEST_ID]
