"""Runs the plain face from its first line to the last, and leaves in good order whatever ends it."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from liqolab.learn.walkthrough import Walkthrough
from liqolab.plain.commands import dispatch
from liqolab.plain.face import Face, Left

_ENDING = (signal.SIGHUP, signal.SIGTERM)


def run(walkthrough: Walkthrough, step: str | None = None) -> int:
    """Walk, from `step` on, until the learner leaves.

    Returns:
        The exit code: 1 when the last check failed, 2 when a script had a line that means nothing.
    """
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            # Whatever bytes come: what is not UTF-8 is shown as terminals show it, and means nothing.
            stream.reconfigure(encoding="utf-8", errors="replace")
    face = Face(walkthrough, sys.stdin, sys.stdout)
    try:
        with _leaving_on_signals():
            _greet(face)
            if step is not None:
                dispatch(face, f"g {step}")
            face.loop(dispatch)
    except (Left, BrokenPipeError):
        pass
    finally:
        face.close()
    return face.code


def _greet(face: Face) -> None:
    walkthrough = face.walkthrough
    face.say("plain.welcome", title=walkthrough.lesson.title, summary=walkthrough.lesson.summary)
    face.say("plain.playground", name=walkthrough.playground.name, folder=walkthrough.folder)
    if walkthrough.resumed:
        face.say("plain.resumed")
    face.say("plain.how")
    face.printer.line()


@contextlib.contextmanager
def _leaving_on_signals() -> Iterator[None]:
    """A terminal that is closed, or a job that is cancelled, ends the lesson as ``q`` does."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise Left

    before = {number: signal.signal(number, leave) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
