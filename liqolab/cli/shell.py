"""``liqolab shell``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from liqolab import installed
from liqolab.cli.completion import lessons
from liqolab.cli.options import lessons_option, maker_options, playground_option
from liqolab.playground import home
from liqolab.playground.home import Playground
from liqolab.playground.providers import settle_for
from liqolab.playground.shell import hand_over, prepare
from liqolab.scenario import DEFAULT_LESSON

if TYPE_CHECKING:
    from liqolab.scenario.lesson import Lesson


@click.command()
@click.argument("scenario", default=DEFAULT_LESSON, shell_complete=lessons)
@lessons_option
@playground_option
@maker_options
@click.option("-c", "--command", "commands", metavar="COMMANDS", help="Run these commands instead of asking for some.")
def shell(
    scenario: str,
    playground_name: str | None,
    provider: str | None,
    node_image: str | None,
    liqo: str | None,
    dialect: str | None,
    commands: str | None,
) -> None:
    """Open a bash in the lesson's working folder, with kubectl, liqoctl and kind on its PATH.

    With -c it runs the commands and exits with their exit code.

    \b
    Examples:
      liqolab shell offloading-with-policies
      liqolab shell offloading-with-policies -c './setup.sh && liqoctl --kubeconfig liqo_kubeconf_venice status'
    """
    from liqolab.scenario.lesson import load_lesson

    lesson = load_lesson(scenario)
    playground = home.resolve(playground_name)
    settle_for(playground, provider, node_image, liqo=liqo, dialect=dialect)
    ready = prepare(playground, lesson.name, lesson.files)
    if commands is None:
        click.echo(f"{lesson.title}, in {ready.folder}")
        click.echo(_first_step(playground, lesson))
        arguments = ["bash", "--rcfile", str(ready.rc), "-i"]
    else:
        arguments = ["bash", "--noprofile", "--norc", "-c", commands]
    code = hand_over(arguments, ready.environment, ready.folder)
    _leave(playground, interactive=commands is None)
    sys.exit(code)


def _first_step(playground: Playground, lesson: Lesson) -> str:
    """What to type first; the script of the lesson would make clusters anew that are up already."""
    if playground.is_empty:
        return "Begin with ./setup.sh, which creates the clusters; leave with exit."
    first = lesson.kubeconfig_name(lesson.clusters[0].name)
    clusters = ", ".join(sorted(folder.name for folder in playground.clusters.iterdir()))
    return f'Clusters: {clusters}. Begin with export KUBECONFIG="$PWD/{first}"; leave with exit.'


def _leave(playground: Playground, *, interactive: bool) -> None:
    """Nothing stays of a playground without clusters; of one with clusters, say how to end it."""
    if playground.is_empty:
        playground.remove()
    elif interactive:
        clusters = sorted(folder.name for folder in playground.clusters.iterdir())
        click.echo(f"Clusters keep running: {', '.join(clusters)}. End them with: {installed.command('down')}")
