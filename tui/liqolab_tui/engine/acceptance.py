"""Runs features for the acceptance screen, in a thread and on a playground of their own.

The player is the one that `liqolab run` uses; a lesson's scenarios stand on each other, so what comes before a chosen
one is run too. However a run ends, its clusters are taken down.
"""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from liqolab_tui.engine.outlet import Outlet
from liqolab_tui.messages import RunAdvanced, Told
from liqolab_tui.run_state import FeatureView, RunState, ScenarioView, SentenceView

if TYPE_CHECKING:
    from liqolab.gherkin_tree import Scenario
    from liqolab.playground.home import Playground
    from liqolab.report.record import RunRecord
    from liqolab.scenario.lesson import Lesson
    from liqolab.scenario.runner import ScenarioResult, StepResult
    from liqolab.steps.lab import Lab
    from liqolab.steps.text import StepText


REPORT = "acceptance-report.html"
"""The page that tells of the last run."""


class _StoppedError(Exception):
    """Somebody stopped the run."""


class AcceptanceController:
    """Owns the run of this session, if there is one."""

    def __init__(self, outlet: Outlet, language: Callable[[], str], reports: Path | None = None) -> None:
        """`reports` is the folder for the report of the last run; without one, it goes with this object."""
        self.state = RunState()
        self._outlet = outlet
        self._language = language
        self._thread: threading.Thread | None = None
        self._lab: Lab | None = None
        self._stop = threading.Event()
        self._closed = False
        self._reports = reports
        self._own: tempfile.TemporaryDirectory[str] | None = None

    def load(self) -> None:
        """Read what can be run; `RunAdvanced` is the news when it is there."""
        threading.Thread(target=self._guarded, args=(self._load,), name="features", daemon=True).start()

    def run(self) -> bool:
        """Run what is chosen; False when a run is under way."""
        if self.state.running or not self.state.chosen:
            return False
        self.state.running, self.state.stopped, self.state.report = True, False, ""
        for _, scenario in self.state.all():
            scenario.reset()
        self._stop.clear()
        self._thread = threading.Thread(target=self._guarded, args=(self._run,), name="acceptance")
        self._thread.start()
        return True

    def stop(self) -> None:
        """Stop the run; its clusters are taken down."""
        self._stop.set()
        if self._lab is not None:
            threading.Thread(target=self._lab.interrupt, name="acceptance-stop", daemon=True).start()

    def close(self) -> None:
        """Stop what runs and wait until its clusters are gone."""
        self._closed = True
        if self._thread is not None and self._thread.is_alive():
            self.stop()
            self._thread.join()
        if self._own is not None:
            self._own.cleanup()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # whatever it is, a person is told and the interface goes on
            if not self._closed:
                self._outlet.post(self._outlet.fault(error, "tui.fault.acceptance"))
        finally:
            if work == self._run:
                self.state.running = False
            self._tell()

    def _tell(self) -> None:
        if not self._closed:
            self._outlet.post(RunAdvanced())

    def _load(self) -> None:
        from liqolab.scenario.lesson import load_lesson
        from liqolab.scenario.library import lesson_names

        self.state.features = [_view(load_lesson(name, self._language())) for name in lesson_names()]

    def _run(self) -> None:
        from liqolab.playground import home

        playground = home.resolve(f"acceptance-{secrets.token_hex(3)}")
        self.state.playground = playground.name
        self._tell()
        began = time.monotonic()
        for feature in self.state.features:
            chosen = [
                scenario.id for scenario in feature.scenarios if (feature.lesson, scenario.id) in self.state.chosen
            ]
            if chosen and not self._stop.is_set():
                self._play(feature, chosen, playground)
                self.state.seconds = time.monotonic() - began
        if self._stop.is_set():
            self.state.stopped = True
            if not self._closed:
                self._outlet.post(Told(self._outlet.say("tui.acceptance.stopped")))

    def _play(self, feature: FeatureView, chosen: Sequence[str], playground: Playground) -> None:
        from liqolab.report.collecting import begin_run, end_run
        from liqolab.scenario.lesson import load_lesson
        from liqolab.scenario.runner import Player
        from liqolab.scenario.session import close_playground, open_lab

        lesson = load_lesson(feature.lesson, self._language())
        record = lesson.feature.record()
        run = begin_run("liqolab learn", lesson.title, provider="embedded")
        run.clusters = [spec.name for spec in lesson.clusters]
        run.features = [record]
        try:
            with open_lab(playground, lesson) as lab:
                self._lab = lab
                with suppress(_StoppedError):
                    Player(lesson, lab, record=record).play(_Reporter(self.advanced, feature), until=chosen[-1])
        finally:
            self._lab = None
            run.interrupted = self._stop.is_set()
            end_run(run)
            close_playground(playground)
        self.state.report = str(self._write(run))

    def _write(self, run: RunRecord) -> Path:
        """The report of the last run, as one page."""
        from liqolab.report.formats import FORMATS
        from liqolab.report.harmless import harmless_run

        if self._reports is None:
            self._own = self._own or tempfile.TemporaryDirectory(prefix="liqolab-report-")
        folder = self._reports or Path(self._own.name if self._own else "")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / REPORT
        FORMATS["html"](harmless_run(run), path)
        return path

    def advanced(self) -> None:
        """The player came further; stop here if somebody wants that."""
        self._tell()
        if self._stop.is_set():
            raise _StoppedError


class _Reporter:
    """Brings what the player tells into the views."""

    def __init__(self, advanced: Callable[[], None], feature: FeatureView) -> None:
        self._advanced = advanced
        self._scenarios = {view.id: view for view in feature.scenarios}
        self._sentences: Iterator[SentenceView] = iter(())
        self._sentence: SentenceView | None = None

    def scenario_started(self, scenario: Scenario) -> None:
        view = self._scenarios[scenario.step]
        self._sentences = iter(view.sentences)
        view.status = "running"
        self._advanced()

    def step_started(self, step: StepText) -> None:
        self._sentence = next(self._sentences)
        self._sentence.status = "running"
        self._advanced()

    def step_ended(self, result: StepResult) -> None:
        if (sentence := self._sentence) is not None:
            sentence.status, sentence.seconds, sentence.error = result.status, result.seconds, result.error
        self._advanced()

    def scenario_ended(self, result: ScenarioResult) -> None:
        view = self._scenarios[result.scenario.step]
        view.status, view.seconds = result.status, result.seconds
        for sentence in self._sentences:
            sentence.status = "skipped"
        self._advanced()


def _view(lesson: Lesson) -> FeatureView:
    scenarios = [
        ScenarioView(scenario.step, scenario.name, [SentenceView(_sentence_text(step)) for step in scenario.steps])
        for scenario in lesson.feature.scenarios
    ]
    return FeatureView(lesson.name, lesson.title, scenarios)


def _sentence_text(step: StepText) -> str:
    first = next((line.strip() for line in (step.docstring or "").splitlines() if line.strip()), "")
    return f"{step.keyword} {step.text}" + (f"  {first}" if first else "")
