"""``liqolab lessons``."""

from __future__ import annotations

import click

from liqolab.cli.options import lessons_option
from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import lesson_names


@click.command()
@lessons_option
def lessons() -> None:
    """List the lessons: your own, and those that come with liqolab.

    \b
    Examples:
      liqolab lessons
      liqolab lessons --lessons ~/lessons
    """
    for known in lesson_names():
        click.echo(f"{known}   {load_lesson(known).summary}")
