"""The course: its lessons to choose from, and what is said at the end of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from textual.content import Content

from liqolab.learn.curriculum import Standing
from liqolab_tui.drawing import glyphs
from liqolab_tui.screens.dialogs import Choose, Show
from liqolab_tui.wording import Say, clock

_MARKED = re.compile(r"\*\*(.+?)\*\*|`([^`]+)`", re.DOTALL)


class CourseScreen(Choose):
    """All lessons in order, with what each takes and how far one is; answers the name of the chosen one."""

    def __init__(self, say: Say, course: Sequence[Standing], at: str) -> None:
        own = [standing for standing in course if standing.lesson.order is not None]
        minutes = sum(standing.lesson.minutes for standing in own)
        title = say("course.title", count=len(own), minutes=minutes)
        super().__init__(say, title, [*_options(say, course)], at)


class EndingScreen(Show):
    """What was learnt, how long it took, what comes next."""

    def __init__(self, say: Say, title: str, markdown: str) -> None:
        super().__init__(say, title, marked_up(markdown))


def marked_up(markdown: str) -> Content:
    """Plain Markdown (bold, code, bullets) as a text to be shown."""
    parts: list[str | tuple[str, str]] = []
    position = 0
    text = re.sub(r"^- ", "• ", markdown, flags=re.MULTILINE)
    for match in _MARKED.finditer(text):
        parts.append(text[position : match.start()])
        parts.append((match[1], "bold $lab-head") if match[1] else (match[2], "$lab-key"))
        position = match.end()
    return Content.assemble(*parts, text[position:])


def _options(say: Say, course: Sequence[Standing]) -> Iterator[tuple[str, Content]]:
    for number, standing in enumerate(course, 1):
        lesson = standing.lesson
        sign, role = glyphs.STEPS[standing.state]
        place = f"{number} " if lesson.order is not None else ""
        takes = say("course.minutes", steps=len(lesson.steps), minutes=lesson.minutes)
        steps = len(lesson.steps)
        how_far = say(f"course.{standing.state}", step=standing.step, steps=steps, spent=clock(standing.seconds))
        text = Content.assemble(
            (f"{sign} ", f"$lab-{role}"), f"{place}{lesson.title}\n", (f"    {takes}; {how_far}", "$lab-muted")
        )
        yield lesson.name, text
