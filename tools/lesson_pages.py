"""A page for each lesson of the course, made of what the lesson itself consists of, and the list of them.

The commands are the feature's, the checks are what its tasks say, so a page is as true as the lesson that is played.
"""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.learn.curriculum import curriculum, following
from liqolab.learn.model import Prose
from liqolab.learn.steps import stages
from liqolab.scenario.lesson import Lesson, load_lesson


def course() -> list[Lesson]:
    """The lessons of the course, in order."""
    return [standing.lesson for standing in curriculum() if standing.lesson.order is not None]


def lesson_page(lesson: Lesson) -> str:
    """All that a lesson says before one asks it for help."""
    return "\n".join(_lines(lesson)) + "\n"


def lesson_list() -> str:
    """The list of all pages, for the documentation's index."""
    lines = [
        f"{number}. [{lesson.title}](tutorial/lessons/{lesson.name}.md), {lesson.minutes} minutes: {lesson.summary}"
        for number, lesson in enumerate(course(), 1)
    ]
    return "\n".join(lines) + "\n"


def _lines(lesson: Lesson) -> Iterator[str]:
    yield from (f"# {lesson.title}", "", lesson.summary, "", "```console", f"$ liqolab learn {lesson.name}", "```", "")
    if lesson.after:
        before = [load_lesson(name) for name in lesson.after]
        yield from (f"It builds on {', '.join(f'[{known.title}]({known.name}.md)' for known in before)}.", "")
    for number, stage in enumerate(stages(lesson), 1):
        for place, block in enumerate(stage.view.blocks):
            # The first block of all says what the lesson is for, and stands above the first step.
            if place == (1 if number == 1 else 0):
                yield from (f"## {number}. {stage.view.title}", "")
            if isinstance(block, Prose):
                yield from (block.markdown, "")
            else:
                yield from ("```bash", block.text, "```", "")
        yield "Then:"
        yield ""
        yield from (f"- {task.text}" for task in stage.view.tasks)
        yield ""
    yield from ("## What you have learnt", "", *(f"- {point}" for point in lesson.recap), "")
    onward = following(lesson)
    if onward is None:
        yield "This was the last lesson. `liqolab lessons` shows all of them, and how far you are."
    else:
        yield f"Next: [{onward.title}]({onward.name}.md)."
