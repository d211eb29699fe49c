"""``liqolab lessons``."""

from __future__ import annotations

import click

from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import lesson_names


@click.command()
def lessons() -> None:
    """List the lessons."""
    for known in lesson_names():
        click.echo(f"{known}   {load_lesson(known).summary}")
