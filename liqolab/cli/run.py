"""``liqolab run``."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from liqolab import installed
from liqolab.cli.completion import lessons
from liqolab.cli.options import kubeconfig_option, lessons_option, maker_options
from liqolab.playground import home
from liqolab.playground.providers import EXISTING, Choice, chosen, settle_for
from liqolab.report.collecting import begin_run, end_run
from liqolab.report.formats import FORMATS, ReportError, Request, parse_requests, wants_worlds, write_reports
from liqolab.report.record import RunRecord
from liqolab.scenario import DEFAULT_LESSON
from liqolab.scenario.feature import Feature, load_feature
from liqolab.scenario.lesson import Lesson, lessons_by_feature, load_lesson
from liqolab.scenario.report import ConsoleReporter, print_problems, print_summary
from liqolab.scenario.runner import FeaturePlayer, Look, Player, ScenarioResult, problems
from liqolab.scenario.session import close_playground, open_lab

if TYPE_CHECKING:
    from liqolab.testing.leases import ClusterPool
    from liqolab.testing.settings import Settings

UNPLAYABLE = 3
"""Exit code: a step is undefined or ambiguous, so nothing was run."""


@click.command()
@click.argument("scenario", default=DEFAULT_LESSON, metavar="[LESSON|FILE.feature]", shell_complete=lessons)
@lessons_option
@click.option("-p", "--playground", "name", metavar="NAME", help="Play in this playground instead of one of its own.")
@maker_options
@kubeconfig_option
@click.option("--keep", is_flag=True, help="Leave the playground as the lesson (or its failure) left it.")
@click.option("--step", metavar="ID", help="Stop after this step of the lesson.")
@click.option(
    "--report",
    "reports",
    metavar="FORMAT=PATH",
    multiple=True,
    help=f"Write a report; may be repeated. FORMAT is one of {', '.join(FORMATS)}.",
)
@click.option("-v", "--verbose", is_flag=True, help="Print every sentence.")
def run(
    scenario: str,
    name: str | None,
    provider: str | None,
    node_image: str | None,
    liqo: str | None,
    dialect: str | None,
    kubeconfigs: tuple[str, ...],
    keep: bool,
    step: str | None,
    reports: tuple[str, ...],
    verbose: bool,
) -> None:
    """Play a lesson headless: its commands are typed into a real bash, its checks made against the live clusters.

    A feature file of your own is played on clusters of its own, each scenario for itself. The playground is taken down
    afterwards unless --keep. With --kubeconfig it is played on clusters of yours, which stay; a lesson installs Liqo
    there, and uninstalls it.

    Exit codes: 0 every check held, 1 something did not, 2 the command line is wrong, 3 a step is undefined or
    ambiguous (nothing was run), 130 interrupted. Reports are written in every case but 2.

    \b
    Examples:
      liqolab run offloading-with-policies
      liqolab run offloading-with-policies --step peer --keep --playground mine
      liqolab run offloading-with-policies --provider kind
      liqolab run --report html=report.html --report junit=report.xml
      liqolab run features/mine.feature
    """
    options = _Options(parse_report_options(reports), verbose, (provider, node_image, kubeconfigs, liqo, dialect))
    if scenario.endswith(".feature"):
        feature = load_feature(Path(scenario))
        lesson = _lesson_of(feature)
        if lesson is None:
            _refuse(feature.uri, {"--step": step, "--playground": name, "--keep": keep})
            sys.exit(_run_feature(feature, options))
    else:
        lesson = load_lesson(scenario)
    if step is not None and step not in (known := [entry.id for entry in lesson.steps]):
        raise click.BadParameter(f'the lesson has no step "{step}"; it has {", ".join(known)}', param_hint="--step")
    sys.exit(_run_lesson(lesson, options, name, keep=keep, until=step or ""))


@dataclass(frozen=True, slots=True)
class _Options:
    """What every kind of run is told."""

    requests: list[Request]
    verbose: bool
    asked: tuple[str | None, str | None, tuple[str, ...], str | None, str | None] = (None, None, (), None, None)
    """Provider, node image, kubeconfigs, whose Liqo and its dialect, as the command line has them."""

    @property
    def look(self) -> Look | None:
        """Looking costs requests, so it is done only for a report that shows worlds."""
        if not wants_worlds(self.requests):
            return None
        from liqolab.atlas.snapshot import take

        return take


def parse_report_options(texts: tuple[str, ...]) -> list[Request]:
    """The reports that a command line asks for."""
    try:
        return parse_requests(texts)
    except ReportError as error:
        raise click.BadParameter(str(error), param_hint="--report") from None


def _lesson_of(feature: Feature) -> Lesson | None:
    """The lesson whose truth a feature is."""
    if not any(scenario.step for scenario in feature.scenarios):
        return None
    key = lessons_by_feature().get(feature.path.resolve())
    return load_lesson(*key) if key else None


def _refuse(uri: str, options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise click.UsageError(f"{', '.join(given)}: for lessons only, and {uri} is the feature of none")


def _run_lesson(lesson: Lesson, options: _Options, name: str | None, *, keep: bool, until: str) -> int:
    playground = home.resolve(name or f"run-{secrets.token_hex(3)}")
    fresh = not playground.exists
    choice = settle_for(playground, *options.asked)
    record = begin_run("liqolab run", lesson.title, provider=choice.provider)
    record.clusters = [spec.name for spec in lesson.clusters]
    record.features = [lesson.feature.record()]

    def play(reporter: ConsoleReporter) -> list[ScenarioResult]:
        try:
            with open_lab(playground, lesson) as lab:
                player = Player(lesson, lab, record=record.features[0], look=options.look)
                try:
                    return player.play(reporter, until)
                except KeyboardInterrupt:
                    lab.interrupt()
                    raise
        finally:
            if not keep and fresh:
                close_playground(playground)
            else:
                down = installed.command(f"down --playground {playground.name}")
                click.echo(f"The playground is kept; take it down with: {down}")

    return _run(lesson.feature, record, options, play, "step")


def _run_feature(feature: Feature, options: _Options) -> int:
    """Play a feature that is no lesson's, on clusters that come and go with it."""
    choice = chosen(*options.asked)
    record = begin_run("liqolab run", feature.name, provider=choice.provider)
    record.features = [feature.record()]

    def play(reporter: ConsoleReporter) -> list[ScenarioResult]:
        # This brings pytest-bdd along, which a lesson does without.
        from liqolab.testing.plan import Plan

        settings = _settings(choice)
        record.clusters = [entry.name for entry in choice.kubeconfigs] or list(settings.topology.names)
        pool = _pool(settings, reporter)
        try:
            player = FeaturePlayer(
                feature,
                lambda scenario: pool.lease(Plan(feature, scenario)),
                record=record.features[0],
                look=options.look,
            )
            return player.play(reporter)
        finally:
            pool.close()

    return _run(feature, record, options, play, "scenario")


def _pool(settings: Settings, reporter: ConsoleReporter) -> ClusterPool:
    if settings.provider == EXISTING:
        from liqolab.testing.kubeconfig_leases import KubeconfigPool

        return KubeconfigPool(settings, reporter.tell)
    from liqolab.testing.playgrounds import PlaygroundPool

    return PlaygroundPool(settings, reporter.tell)


def _settings(choice: Choice) -> Settings:
    """What `liqolab test` does when it is told nothing."""
    from liqolab.testing.settings import DEFAULT_TOPOLOGY, Settings
    from liqolab.testing.topology import load_topology

    return Settings(load_topology(DEFAULT_TOPOLOGY, Path.cwd()), Path.cwd(), choice)


def _run(
    feature: Feature,
    record: RunRecord,
    options: _Options,
    play: Callable[[ConsoleReporter], list[ScenarioResult]],
    noun: str,
) -> int:
    """Play unless a step cannot be; then, whatever happened, write the reports. The exit code."""
    console = Console(highlight=False)
    try:
        code = _judge(feature, record, options, play, noun, console)
    except BaseException as error:
        record.interrupted = isinstance(error, KeyboardInterrupt)
        if not record.interrupted:
            record.problems.append(str(error) or type(error).__name__)
        raise
    finally:
        end_run(record)
        missing = write_reports(record, options.requests, lambda request: click.echo(f"Report: {request.path}"))
        for problem in missing:
            click.echo(f"Error: {problem}", err=True)
    return code or (1 if missing else 0)


def _judge(
    feature: Feature,
    record: RunRecord,
    options: _Options,
    play: Callable[[ConsoleReporter], list[ScenarioResult]],
    noun: str,
    console: Console,
) -> int:
    if unplayable := problems(feature, record.features[0]):
        print_problems(console, unplayable)
        return UNPLAYABLE
    reporter = ConsoleReporter(console, verbose=options.verbose)
    started = time.monotonic()
    try:
        results = play(reporter)
    finally:
        reporter.close()
    print_summary(console, results, time.monotonic() - started, noun)
    return 0 if all(result.status == "passed" for result in results) else 1
