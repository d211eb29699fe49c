"""``liqolab run``."""

from __future__ import annotations

import secrets
import sys
import time

import click
from rich.console import Console

from liqolab.cli.options import DEFAULT_LESSON
from liqolab.playground import home
from liqolab.playground.home import Playground
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.scenario.report import ConsoleReporter, print_summary
from liqolab.scenario.runner import Player
from liqolab.scenario.session import close_playground, open_lab


@click.command()
@click.argument("scenario", default=DEFAULT_LESSON)
@click.option("-p", "--playground", "name", metavar="NAME", help="Play in this playground instead of one of its own.")
@click.option("--keep", is_flag=True, help="Leave the playground as the lesson (or its failure) left it.")
@click.option("-v", "--verbose", is_flag=True, help="Print every sentence.")
def run(scenario: str, name: str | None, keep: bool, verbose: bool) -> None:
    """Play a lesson headless: its commands are typed into a real bash, its checks made against the live clusters.

    Exits 0 only if every check held. The playground is taken down afterwards unless --keep.

    \b
    Examples:
      liqolab run offloading-with-policies
      liqolab run offloading-with-policies --keep --playground mine
    """
    lesson = load_lesson(scenario)
    playground = home.resolve(name or f"run-{secrets.token_hex(3)}")
    fresh = not playground.exists
    try:
        passed = _play(playground, lesson, verbose)
    finally:
        if not keep and fresh:
            close_playground(playground)
        else:
            click.echo(f"The playground is kept; take it down with: liqolab down --playground {playground.name}")
    sys.exit(0 if passed else 1)


def _play(playground: Playground, lesson: Lesson, verbose: bool) -> bool:
    console = Console(highlight=False)
    reporter = ConsoleReporter(console, verbose=verbose)
    started = time.monotonic()
    with open_lab(playground, lesson) as lab:
        try:
            results = Player(lesson, lab).play(reporter)
        except KeyboardInterrupt:
            lab.interrupt()
            raise
        finally:
            reporter.close()
    print_summary(console, results, time.monotonic() - started)
    return all(result.status == "passed" for result in results)
