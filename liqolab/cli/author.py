"""``liqolab author``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liqolab.cli import completion
from liqolab.cli.options import lessons_option

if TYPE_CHECKING:
    from liqolab.author.trial.outcome import Trial
    from liqolab.author.trial.run import Settings

_REPORTS = ("json", "junit")


@click.group()
def author() -> None:
    """Tools for those who write lessons.

    \b
    Examples:
      liqolab author new moving-pods
      liqolab author test moving-pods
      liqolab author parity
    """


@author.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...", shell_complete=completion.lessons)
@lessons_option
@click.option("--step", default="", metavar="ID", help="Sabotage this step only, and play the lesson no further.")
@click.option("--sabotage/--no-sabotage", default=True, show_default=True, help="Spoil the commands, too.")
@click.option(
    "--mutants",
    "count",
    type=click.IntRange(1),
    metavar="N",
    help="Try N sabotages, of which none may survive unexplained; default: all of them.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Settles which ones are tried and confirmed.")
@click.option("--confirm", type=click.IntRange(0), default=4, show_default=True, metavar="N",
              help="Try N of those that were caught again, with all the patience of a real run.")  # fmt: skip
@click.option("-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Playgrounds side by side.")
@click.option("-o", "--output", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--report", "reports", multiple=True, metavar="FORMAT=PATH", help="Write json or junit; repeatable.")
def test(
    lessons: tuple[str, ...],
    step: str,
    sabotage: bool,
    count: int | None,
    seed: int,
    confirm: int,
    jobs: int,
    form: str,
    reports: tuple[str, ...],
) -> None:
    """Play lessons both ways, then sabotage them. LESSON is a name or a folder; without any, all lessons are played.

    Before the commands of a step at least one of its checks has to fail, afterwards all have to hold, and at the end
    nothing may be left. Then each command is spoilt in many ways (forgotten, sent to another cluster, with another
    label, namespace, name or value), and each time a check, or the command itself, has to notice.

    Exits 1 when a step does not work both ways, when less than 95 % of the sabotages are noticed, or when one survives
    that sabotage.yaml of the lesson does not explain. Each run has playgrounds of its own, and leaves none.

    \b
    Examples:
      liqolab author test
      liqolab author test offloading-with-policies --step peer
      liqolab author test --no-sabotage --report junit=author.xml
      liqolab author test -j 2 -o json > sabotage.json
    """
    from liqolab.author.trial.run import Settings
    from liqolab.scenario.library import lesson_names

    targets = [_target(text) for text in reports]
    settings = Settings(step, sabotage, count, seed, confirm)
    started = time.time()
    trials = [_try(name, settings, jobs) for name in lessons or lesson_names()]
    _show(trials, form)
    for name, path in targets:
        _write(trials, started, name, path)
    sys.exit(1 if any(trial.problems() for trial in trials) else 0)


@author.command()
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="FOLDER",
              help="The folder that has, or will have, features and scenarios; default: the current one.")  # fmt: skip
@click.option("--cluster", "clusters", multiple=True, metavar="NAME", help="A cluster; repeatable; default: one, rome.")
def new(name: str, into: Path, clusters: tuple[str, ...]) -> None:
    """Begin a lesson: a feature that plays, prose, hints and working files, all of which lint clean.

    \b
    Examples:
      liqolab author new moving-pods
      liqolab author new two-cities --cluster rome --cluster milan
    """
    from liqolab.author.scaffold import scaffold

    for path in scaffold(into, name, clusters or ("rome",)):
        click.echo(path)
    click.echo(f"Next: edit them, then: liqolab lint, liqolab run {name}, liqolab author test {name}")


@author.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...", shell_complete=completion.lessons)
@lessons_option
def parity(lessons: tuple[str, ...]) -> None:
    """Compare what learners are shown, in every language and face, with the feature: the same commands and checks.

    Exits 1 when they differ.

    \b
    Examples:
      liqolab author parity
    """
    from liqolab.author.parity import compare
    from liqolab.scenario.library import lesson_names

    different = False
    for name in lessons or lesson_names():
        for line in compare(name):
            click.echo(f"{name}   {line.language}   {line.face:<11}   {line.digest[:16]}   {line.verdict}")
            different = different or not line.same
    sys.exit(1 if different else 0)


def _try(name: str, settings: Settings, jobs: int) -> Trial:
    from rich.console import Console

    from liqolab.author.trial.display import ConsoleListener
    from liqolab.author.trial.run import try_lesson
    from liqolab.scenario.lesson import open_lesson

    lesson = open_lesson(name)
    with ConsoleListener(Console(stderr=True, highlight=False)) as listener:
        if jobs > 1 and settings.sabotage:
            from liqolab.author.trial.workers import try_lesson_side_by_side

            return try_lesson_side_by_side(name, settings, listener, jobs)
        return try_lesson(lesson, settings, listener)


def _show(trials: list[Trial], form: str) -> None:
    from rich.console import Console

    from liqolab.author.trial.display import print_trial

    if form == "json":
        click.echo(json.dumps([trial.to_document() for trial in trials], indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        # Whoever reads it in a file can scroll, and a table that is cut says less than a wide one.
        console.width = 160
    for trial in trials:
        console.print(f"[bold]{trial.lesson}[/bold]\n")
        print_trial(console, trial)


def _target(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if name not in _REPORTS or not separator or not path:
        raise click.UsageError(f'"{text}" is not FORMAT=PATH with one of {", ".join(_REPORTS)}')
    if Path(path).is_dir():
        raise click.UsageError(f"{path} is a folder; name a file")
    return name, Path(path)


def _write(trials: list[Trial], started: float, name: str, path: Path) -> None:
    if name == "json":
        documents = [trial.to_document() for trial in trials]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(documents, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    from liqolab.author.trial.record import run_record
    from liqolab.report.formats import FORMATS
    from liqolab.report.harmless import harmless_run

    FORMATS[name](harmless_run(run_record(trials, started)), path)
