"""The one lesson that a process has open: cells, magics and `liqolab.open` all mean this one."""

from __future__ import annotations

import atexit
import os

from liqolab.learn.opening import Arguments, default_playground, open_walkthrough
from liqolab.notebook.lab import Lab
from liqolab.playground.home import PLAYGROUND_VARIABLE
from liqolab.scenario import DEFAULT_LESSON

_open: list[tuple[Arguments, Lab]] = []


def arguments(
    lesson: str = DEFAULT_LESSON,
    *,
    playground: str | None = None,
    language: str | None = None,
    provider: str | None = None,
) -> Arguments:
    """What to open; a playground that is not named is that of the process's environment, else the one in which all
    faces have this lesson.
    """
    name = playground or os.environ.get(PLAYGROUND_VARIABLE) or default_playground(lesson)
    return Arguments(lesson, name, language, provider=provider)


def open_lab(wanted: Arguments) -> Lab:
    """Open a lesson; one that is open already stays so, another one is closed.

    Raises:
        LessonError: there is no such lesson, or it contradicts itself.
        PlaygroundError: the playground's name is not valid, or its folder cannot be written.
    """
    if _open:
        before, lab = _open[0]
        if before == wanted and not lab.closed:
            return lab
        close()
    lab = Lab(open_walkthrough(wanted))
    _open.append((wanted, lab))
    return lab


def current() -> Lab:
    """The lesson that is open; the first cell of a notebook may have been passed over."""
    return _open[0][1] if _open else open_lab(arguments())


def close() -> None:
    """Close what is open; the clusters stay."""
    while _open:
        _open.pop()[1].close()


atexit.register(close)
