"""``liqolab learn --class``: beside whichever face, the journal goes to a class."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from liqolab.learn.opening import Arguments
from liqolab.playground import home
from liqolab.scenario import DEFAULT_LESSON

_WHAT_IS_SENT = """You take part in the class "{name}" as {nickname}. Its desk at {where} is sent, signed by your seat:
  - the commands that you type, with exit code, time and cluster (what looks like a secret is taken out);
  - which steps you enter, pass and begin anew, and which tasks were done, when;
  - which hints and solutions you ask for.
It is not sent: what commands print, your files, your user's or your machine's name.
A copy of all that is sent is in {copy}"""


def lesson_of(code: str, scenario: str) -> str:
    """The lesson of a class, which the learner need not name.

    Raises:
        ClassError: that is no code.
        UsageError: the learner named another.
    """
    from liqolab.classroom.codes import read_code

    lesson = read_code(code).lesson
    if scenario not in (lesson, DEFAULT_LESSON):
        raise click.UsageError(f"the class is about {lesson}, not {scenario}")
    return lesson


@contextlib.contextmanager
def attending(
    arguments: Arguments, code: str | None, nickname: str | None, drop: Path | None, *, has_screen: bool
) -> Iterator[None]:
    """Take part while the block lasts; nothing where there is no class.

    With a screen, what the class has to say waits until the screen is gone.

    Raises:
        ClassError: the code is none, or the seat that lies in the playground is damaged.
        Abort: the learner does not want what is sent to be sent.
    """
    if code is None:
        yield
        return
    from liqolab.classroom.codes import read_code
    from liqolab.classroom.lessons import outline_of, version_of
    from liqolab.classroom.seat import Seat
    from liqolab.classroom.taking_part import over_folder, over_tls, taking_part

    read = read_code(code)
    playground = home.resolve(arguments.playground)
    playground.create()
    name = nickname or f"guest-{secrets.token_hex(2)}"
    seat = Seat(playground.root / "learn" / read.lesson, read, name, version_of(outline_of(read.lesson)))
    try:
        if seat.taken:
            click.echo("Another face on this machine brings what you do to the class already.")
            yield
            return
        where = str(drop) if drop else f"{read.host}:{read.port}"
        click.echo(_WHAT_IS_SENT.format(name=read.name, nickname=seat.nickname, where=where, copy=seat.chain))
        if not seat.agreed:
            if sys.stdin.isatty():
                click.confirm("Do you agree?", default=True, abort=True)
            seat.agree()
        road = over_folder(read, drop) if drop else over_tls(read)
        later: list[str] = []
        try:
            with taking_part(seat, road, later.append if has_screen else _say):
                yield
        finally:
            for text in later:
                _say(text)
    finally:
        seat.close()


def _say(text: str) -> None:
    click.echo(f"Class: {text}", err=True)
