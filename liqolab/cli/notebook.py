"""``liqolab notebook``."""

from __future__ import annotations

import os
import secrets
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from rich.console import Console

from liqolab import installed
from liqolab.cli.completion import lessons
from liqolab.cli.options import kubeconfig_option, lessons_option, maker_options
from liqolab.cli.run import parse_report_options
from liqolab.learn.opening import Arguments, default_playground
from liqolab.learn.texts import choose_language, languages
from liqolab.notebook.document import SIDES, Side
from liqolab.playground import home
from liqolab.playground.home import PLAYGROUND_VARIABLE, Playground
from liqolab.report.collecting import begin_run, end_run
from liqolab.report.formats import FORMATS, Request, write_reports
from liqolab.scenario import DEFAULT_LESSON
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.scenario.report import ConsoleReporter, print_summary
from liqolab.scenario.runner import ScenarioResult, problems
from liqolab.scenario.session import close_playground

if TYPE_CHECKING:
    from liqolab.notebook.document import Notebook

language_option = click.option(
    "--language", metavar="LANGUAGE", help=f"One of {', '.join(languages())}; default: the environment's."
)
side_option = click.option(
    "--side", type=click.Choice(SIDES), default="learner", help="With commands in the cells, or to be typed."
)


@click.group()
def notebook() -> None:
    """Lessons as Jupyter notebooks: open one, write one to a file, prove one.

    \b
    Examples:
      liqolab notebook open                        JupyterLab with the lesson, in your browser
      liqolab notebook export -o lesson.ipynb      the notebook as a file
      liqolab notebook check --side solution       play it from end to end, and see its checks hold
    """


@notebook.command("open")
@click.argument("scenario", default=DEFAULT_LESSON, shell_complete=lessons)
@lessons_option
@click.option("-p", "--playground", "name", metavar="NAME", help="Which playground; default: one for each lesson.")
@maker_options
@kubeconfig_option
@language_option
@click.option("--solution", is_flag=True, help="With the commands in the cells, to be run and not typed.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="The notebook; default: SCENARIO.ipynb.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where JupyterLab listens; default: any free.")
@click.option("--no-browser", is_flag=True, help="Open none; print the address only.")
def open_(
    scenario: str,
    name: str | None,
    provider: str | None,
    node_image: str | None,
    liqo: str | None,
    dialect: str | None,
    kubeconfigs: tuple[str, ...],
    language: str | None,
    solution: bool,
    file: Path | None,
    port: int,
    no_browser: bool,
) -> None:
    """Open a lesson in JupyterLab on this machine.

    The notebook is written into the current folder, unless it is there already: then it is opened as you left it. The
    lesson stands where you left it, in whichever face that was. JupyterLab listens on loopback only, its address has a
    token, and Ctrl-C ends it with all its kernels. The clusters stay.

    \b
    Examples:
      liqolab notebook open
      liqolab notebook open --solution --language it
    """
    _require()
    from liqolab.notebook.opening import serve

    clusters = (provider, node_image, kubeconfigs, liqo, dialect)
    arguments = Arguments(scenario, name or default_playground(scenario), _language(language), None, *clusters)
    side: Side = "solution" if solution else "learner"
    sys.exit(serve(arguments, side, file, port=port, browser=not no_browser))


@notebook.command()
@click.argument("scenario", default=DEFAULT_LESSON, shell_complete=lessons)
@lessons_option
@language_option
@side_option
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file in .ipynb or .md (MyST).")
def export(scenario: str, language: str | None, side: str, output: Path | None) -> None:
    """Write a lesson as a notebook: .ipynb, or MyST Markdown by the ending of the file. Without -o, to the output.

    \b
    Examples:
      liqolab notebook export -o lesson.ipynb
      liqolab notebook export --side solution --language it -o lezione.md
    """
    from liqolab.notebook.document import notebook as make
    from liqolab.notebook.formats import IPYNB, MYST, encode, write

    document = make(load_lesson(scenario, choose_language(_language(language))), cast("Side", side))
    if output is None:
        click.echo(encode(document, IPYNB), nl=False)
        return
    if output.suffix == MYST:
        _require()
    write(document, output)


@notebook.command()
@click.argument("what", default=DEFAULT_LESSON, metavar="[LESSON|FILE.ipynb|FILE.md]", shell_complete=lessons)
@lessons_option
@click.option("-p", "--playground", "name", metavar="NAME", help="Play in this playground instead of one of its own.")
@language_option
@side_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the played notebook there."
)
@click.option(
    "--report",
    "reports",
    metavar="FORMAT=PATH",
    multiple=True,
    help=f"Write a report; may be repeated. FORMAT is one of {', '.join(FORMATS)}.",
)
@click.option("-v", "--verbose", is_flag=True, help="Print every sentence.")
def check(
    what: str,
    name: str | None,
    language: str | None,
    side: str,
    output: Path | None,
    reports: tuple[str, ...],
    verbose: bool,
) -> None:
    """Play a notebook in a real kernel, every cell in order, and report how its checks went.

    A lesson's own notebook is made first; a file of yours is played as it is, if it is of a lesson. The learner's side
    has nothing typed into it, so its checks fail; the solution's hold.

    Exit codes: as those of `liqolab run`.

    \b
    Examples:
      liqolab notebook check --side solution
      liqolab notebook check mine.ipynb --report junit=report.xml
    """
    _require()
    from liqolab.notebook.document import notebook as make
    from liqolab.notebook.formats import read
    from liqolab.notebook.playing import played_lesson

    requests = parse_report_options(reports)
    if Path(what).suffix in (".ipynb", ".md"):
        document = read(Path(what))
        lesson_name, spoken = played_lesson(document)
        if not lesson_name:
            raise click.BadParameter(f"{what} is the notebook of no lesson")
        lesson = load_lesson(lesson_name, spoken)
    else:
        lesson = load_lesson(what, choose_language(_language(language)))
        document = make(lesson, cast("Side", side))
    playground = home.resolve(name or f"notebook-{secrets.token_hex(3)}")
    sys.exit(_check(document, lesson, playground, output, requests, verbose=verbose, keep=name is not None))


def _check(
    document: Notebook,
    lesson: Lesson,
    playground: Playground,
    output: Path | None,
    requests: list[Request],
    *,
    verbose: bool,
    keep: bool,
) -> int:
    from liqolab.notebook.formats import write
    from liqolab.notebook.playing import play

    record = begin_run("liqolab notebook check", lesson.title)
    record.clusters = [spec.name for spec in lesson.clusters]
    record.features = [lesson.feature.record()]
    problems(lesson.feature, record.features[0])
    pairs = zip(lesson.feature.scenarios, record.features[0].scenarios, strict=True)
    results = [ScenarioResult(*pair) for pair in pairs]
    console, started = Console(highlight=False), time.monotonic()
    reporter = ConsoleReporter(console, verbose=verbose)
    try:
        played = play(document, lesson, {**os.environ, PLAYGROUND_VARIABLE: playground.name}, results, reporter)
    finally:
        reporter.close()
        if not keep:
            close_playground(playground)
        end_run(record)
    if output is not None:
        write(played, output)
    print_summary(console, results, time.monotonic() - started)
    missing = write_reports(record, requests, lambda request: click.echo(f"Report: {request.path}"))
    for problem in missing:
        click.echo(f"Error: {problem}", err=True)
    return 1 if missing or any(result.status != "passed" for result in results) else 0


def _language(language: str | None) -> str | None:
    if language is not None and language not in languages():
        raise click.UsageError(f'there is no language "{language}"; known: {", ".join(languages())}')
    return language


def _require() -> None:
    """The packages of the extra are there, or the command says how to get them."""
    needed = ("jupyterlab", "ipykernel", "nbclient", "anywidget", "jupytext")
    if missing := [package for package in needed if find_spec(package) is None]:
        raise click.ClickException(
            f"notebooks need packages that are not there ({', '.join(missing)}); install them with: "
            f"{installed.install('notebook')}"
        )
