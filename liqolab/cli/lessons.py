"""``liqolab lessons``."""

from __future__ import annotations

import click

from liqolab.cli.options import lessons_option
from liqolab.learn.curriculum import curriculum
from liqolab.learn.texts import PSEUDO_LANGUAGE, Texts, choose_language, languages
from liqolab.plain.telling import course_lines


@click.command()
@lessons_option
@click.option("--language", metavar="LANGUAGE", help=f"One of {', '.join(languages())}; default: the environment's.")
def lessons(language: str | None) -> None:
    """Show the course: its lessons in order, what they take and build on, how far you are, and what to do next.

    Lessons of your own follow those of the course.

    \b
    Examples:
      liqolab lessons
      liqolab lessons --language it
      liqolab lessons --lessons ~/lessons
    """
    if language is not None and language not in (*languages(), PSEUDO_LANGUAGE):
        raise click.UsageError(f'there is no language "{language}"; known: {", ".join(languages())}')
    texts = Texts(choose_language(language))
    for line in course_lines(curriculum(texts.language), texts):
        click.echo(line)
