"""The part of the plugin that works: registered with pytest when there are features, or options that ask for it.

Collects, checks before anything runs, gives scenarios their clusters, and keeps their records. In a run of pytest-xdist
each worker does that for its share; what has to be told once (problems, reports) is told by the process that was
started, to which records travel with pytest's own reports.
"""

from __future__ import annotations

import asyncio
import os
import sys
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.existing import ExistingClusters
from liqolab.playground.providers import EXISTING
from liqolab.report.formats import wants_worlds
from liqolab.steps.lab import Lab
from liqolab.testing import vocabulary
from liqolab.testing.checking import Checker, Meaning, Problem, matches, needs_clusters, planned_record, print_plan
from liqolab.testing.cluster_pools import ClusterPools
from liqolab.testing.collection import FeatureFile, ScenarioItem
from liqolab.testing.lines import Lines
from liqolab.testing.marks import NAME, UNCLEAR, Registration
from liqolab.testing.plan import Plan, plan_of
from liqolab.testing.records import Records, part_of
from liqolab.testing.running import RUN, ScenarioRun, explain, finish_all
from liqolab.testing.settings import read_settings

_EXPLAINED = "liqolab_explained"
"""Set on the report of a scenario that failed; it travels between processes with it."""


def start(config: pytest.Config) -> Testing:
    """The plugin of this pytest; made when it is asked for first."""
    known = config.pluginmanager.get_plugin(NAME)
    if known is None:
        known = Testing(config)
        config.pluginmanager.register(known, NAME)
        config.pluginmanager.register(vocabulary, f"{NAME}.vocabulary")
        config.pluginmanager.register(known.pools, f"{NAME}.pools")
    assert isinstance(known, Testing)
    return known


class Testing:
    """pytest's hooks.

    Attributes:
        pools: where clusters come from.
    """

    __test__ = False

    def __init__(self, config: pytest.Config) -> None:
        """Read the settings.

        Raises:
            pytest.UsageError: an option makes no sense.
        """
        self._config = config
        self._worker = hasattr(config, "workerinput")
        self._settings = read_settings(config)
        self.pools = ClusterPools(config, self._settings, self._tell)
        self._checker = Checker(self.pools.names)
        self._records = Records(self._settings)
        self._problems: list[Problem] = []
        self._lines = Lines((), self._settings.folder)

    def pytest_sessionstart(self) -> None:
        """Look whether the clusters that were given answer: one message now, and not one for each scenario."""
        option = self._config.option
        if self._settings.kubeconfigs and not (self._worker or option.collectonly or self._settings.dry_run):
            try:
                asyncio.run(ExistingClusters(self._settings.kubeconfigs, Path()).identities())
            except PlaygroundError as error:
                raise pytest.UsageError(f"--liqolab-kubeconfig: {error.told('; ')}") from None

    def at_lines(self) -> None:
        """Run only what stands at the lines that the arguments name."""
        self._lines = Lines(self._config.args, self._settings.folder)
        self._config.args = self._lines.arguments

    def feature_file(self, path: Path, parent: pytest.Collector) -> FeatureFile:
        """The collector of a feature file."""
        found: FeatureFile = FeatureFile.from_parent(parent, path=path)
        return found

    def collected(self, items: list[pytest.Item]) -> None:
        """Drop scenarios that a Python module binds as well: their module may bring fixtures that they need."""
        bound = {plan.key for item in items if not isinstance(item, ScenarioItem) and (plan := plan_of(item))}
        items[:] = [item for item in items if not (isinstance(item, ScenarioItem) and _plan(item).key in bound)]
        items[:], elsewhere = self._lines.choose(items)
        if elsewhere:
            self._config.hook.pytest_deselected(items=elsewhere)
        # With strict markers, pytest asks that whatever -m names is registered.
        for name in sorted({mark.name for item in items if plan_of(item) is not None for mark in item.iter_markers()}):
            self._config.addinivalue_line("markers", Registration(name))

    # The worker of pytest-xdist tells in this hook that it is done collecting; problems have to be told before.
    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Check every step; what is wrong becomes errors of collection, so nothing runs."""
        scenarios = [item for item in session.items if plan_of(item) is not None]
        self.pools.expect(session.items)
        self._problems = self._checker.problems(session.items)
        self._find_unused(session)
        if not self._problems or self._settings.dry_run:
            return
        parts = [part_of(_plan(item), planned_record(_plan(item), self._meanings(item))) for item in scenarios]
        for file in sorted({problem.file for problem in self._problems}):
            text = "\n".join(str(problem) for problem in self._problems if problem.file == file)
            report = pytest.CollectReport(file, "failed", text, [], liqolab=parts)
            parts = []
            session.config.hook.pytest_collectreport(report=report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what workers send."""
        self._records.keep(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Print the plan instead of running it, where that is asked for."""
        if not self._settings.dry_run:
            return None
        scenarios = [item for item in session.items if plan_of(item) is not None]
        print_plan([(_plan(item), self._meanings(item)) for item in scenarios], self._config.get_terminal_writer())
        if self._problems or session.testsfailed:
            raise session.Interrupted(UNCLEAR)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what cannot run here; wait where only one may run."""
        plan = plan_of(item)
        if plan is None:
            return
        lacking = self.pools.unmet(item)
        if lacking:
            pytest.skip(lacking)
        self.pools.take_turn(item)
        run = ScenarioRun(
            plan,
            [matches(meaning) for meaning in self._meanings(item)],
            lambda run: self.pools.lease(run.plan),
            worlds=wants_worlds(self._settings.reports),
        )
        item.stash[RUN] = run

    # Around all others: fixtures and ``yield`` steps of users have cleaned up when this goes on.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Clean up, look for what was left, give the clusters back."""
        try:
            return (yield)
        finally:
            self._finish(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Say what failed in a few lines; send the record along with the last report of a test."""
        report = yield
        plan = plan_of(item)
        if plan is None:
            return report
        run = item.stash.get(RUN, None)
        if run is not None and report.failed and call.excinfo is not None:
            report.longrepr = explain(run, call.excinfo)
            setattr(report, _EXPLAINED, True)
        if call.when == "teardown":
            record = run.record if run is not None else planned_record(plan, self._meanings(item))
            report.liqolab = [part_of(plan, record)]  # type: ignore[attr-defined]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record, in the process that writes the reports."""
        self._records.keep(report)

    def pytest_bdd_before_scenario(self, request: pytest.FixtureRequest) -> None:
        run = request.node.stash[RUN]
        run.begin(clusters=needs_clusters(self._meanings(request.node)))

    def pytest_bdd_before_step(self, request: pytest.FixtureRequest) -> None:
        request.node.stash[RUN].step_started()

    def pytest_bdd_after_step(self, request: pytest.FixtureRequest) -> None:
        request.node.stash[RUN].step_ended()

    def pytest_bdd_step_error(self, request: pytest.FixtureRequest, exception: BaseException) -> None:
        request.node.stash[RUN].step_ended(exception)

    def pytest_bdd_step_func_lookup_error(self, request: pytest.FixtureRequest, exception: BaseException) -> None:
        run = request.node.stash[RUN]
        run.step_started()
        run.step_ended(exception)

    def pytest_bdd_after_scenario(self, request: pytest.FixtureRequest) -> None:
        """A step that was broken off without an error of its own, by a skip or Ctrl-C, is still open."""
        request.node.stash[RUN].step_ended(sys.exc_info()[1])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Give everything back; then write the reports."""
        # Fixtures of the session may still want the clusters: pytest ends them in this hook as well, after us.
        session._setupstate.teardown_exact(None)
        finish_all()
        self.pools.close()
        if not self._worker:
            interrupted = exitstatus == pytest.ExitCode.INTERRUPTED and not self._problems
            if not self._records.write(interrupted=interrupted) and exitstatus == pytest.ExitCode.OK:
                # Whoever asked for a report and did not get it should not see green.
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell where the reports are, and what was kept."""
        for line in [*self._records.told, *self.pools.told()]:
            terminalreporter.write_line(line)
        failed = any(hasattr(report, _EXPLAINED) for report in terminalreporter.stats.get("failed", ()))
        if failed and self._settings.provider != EXISTING and not self._settings.keep:
            terminalreporter.write_line("the clusters are gone; to have them kept after a failure: --liqolab-keep")

    @contextmanager
    def lab(self, request: pytest.FixtureRequest) -> Iterator[Lab]:
        """The lab of the scenario that asks, or, for a test that is none, one on a lease of its own."""
        run = request.node.stash.get(RUN, None)
        if run is not None:
            yield run.lab
            return
        lease = self.pools.lease(None)
        try:
            yield lease.lab
        finally:
            lease.end(failed=False)

    def _finish(self, item: pytest.Item) -> None:
        run = item.stash.get(RUN, None)
        try:
            if run is not None:
                run.finish()
        finally:
            self.pools.end_turn()

    def _meanings(self, item: pytest.Item) -> list[Meaning]:
        return self._checker.meanings(item)

    def _find_unused(self, session: pytest.Session) -> None:
        """Definitions are judged where everything that could use them was collected."""
        if self._settings.unused == "off" or session.testsfailed or self._problems or self._narrowed():
            return
        folders = [path for argument in self._config.args if (path := self._settings.folder / argument).is_dir()]
        found = self._checker.unused(folders)
        if self._settings.unused == "error":
            self._problems += found
        elif os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
            # Every worker finds the same.
            for problem in found:
                try:
                    warnings.warn_explicit(problem.text, pytest.PytestWarning, problem.file, problem.line)
                except pytest.PytestWarning:
                    # Whoever makes errors of all warnings means this one, too.
                    self._problems.append(problem)

    def _narrowed(self) -> bool:
        option = self._config.option
        return bool(option.keyword or option.markexpr or getattr(option, "lf", False) or option.deselect)

    def _tell(self, text: str) -> None:
        """Say something to the person who waits; workers have no terminal."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        capturing = self._config.pluginmanager.get_plugin("capturemanager")
        if reporter is not None and not self._worker and self._config.option.verbose >= 0:
            with capturing.global_and_fixture_disabled() if capturing is not None else nullcontext():
                reporter.ensure_newline()
                reporter.write_line(f"liqolab: {text}")


def _plan(item: pytest.Item) -> Plan:
    plan = plan_of(item)
    assert plan is not None
    return plan
