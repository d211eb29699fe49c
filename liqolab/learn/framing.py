"""What stands around the steps of a lesson: what it is for before the first one, what was learnt behind the last one.

Both are Markdown, made of what ``lesson.yaml`` says and of the words of the lesson's language, so that every face shows
the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from liqolab.learn.model import StepProgress, StepView
from liqolab.learn.texts import Texts
from liqolab.scenario.lesson import Lesson


def opening(lesson: Lesson) -> str:
    """What the lesson is for, what one will be able to do, how long it takes; empty where it does not say."""
    say = Texts(lesson.language)
    parts = [lesson.purpose.strip()] if lesson.purpose else []
    if lesson.able:
        parts += [say("lesson.able"), _bullets(lesson.able)]
    if parts:
        parts.append(say.many("lesson.takes", len(lesson.steps), minutes=lesson.minutes))
    return "\n\n".join(parts)


def ending(lesson: Lesson, steps: Iterable[StepView], progress: Mapping[str, StepProgress], onward: str) -> str:
    """What was learnt, how long it took, and what comes next.

    Args:
        lesson: the one that is finished.
        steps: its steps.
        progress: of each step.
        onward: what comes next, as a sentence.
    """
    say = Texts(lesson.language)
    parts = [say("lesson.recap"), _bullets(lesson.recap)] if lesson.recap else []
    parts += [say("lesson.times"), _bullets(_times(steps, progress, say))]
    spent = sum(progress[step.id].seconds for step in steps)
    parts += [say("lesson.total", spent=clock(spent), minutes=lesson.minutes), onward]
    return "\n\n".join(parts)


def clock(seconds: float) -> str:
    """Minutes and seconds, as a watch shows them."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _times(steps: Iterable[StepView], progress: Mapping[str, StepProgress], say: Texts) -> Iterator[str]:
    for step in steps:
        here = progress[step.id]
        text = say("lesson.time", title=step.title, spent=clock(here.seconds), minutes=step.minutes)
        yield text + (f", {say('plain.list.solved')}" if here.solved else "")


def _bullets(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)
