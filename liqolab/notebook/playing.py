"""Plays a notebook from its first cell to its last, as a person who runs all of them does, and judges it by its checks.

The cells go through a real kernel (nbclient); what its check cells say fills in the record of the lesson's feature, so
it is reported as `liqolab run` reports.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from liqolab.notebook.document import KERNEL, OURS, Cell, Notebook, lesson_of, source
from liqolab.notebook.results import MACHINES
from liqolab.notebook.server import jupyter_environment
from liqolab.report.record import Status, StepRecord
from liqolab.scenario.lesson import Lesson
from liqolab.scenario.outline import Outline, outline
from liqolab.scenario.runner import Reporter, ScenarioResult
from liqolab.steps.failing.redaction import presentable
from liqolab.steps.text import StepText

_CELL_SECONDS = 600
_START_SECONDS = 120


def play(
    document: Notebook,
    lesson: Lesson,
    environment: Mapping[str, str],
    results: list[ScenarioResult],
    reporter: Reporter,
) -> Notebook:
    """Run all cells, past those that fail; the notebook with its outputs.

    Args:
        document: a notebook of the lesson.
        lesson: the same.
        environment: variables of the kernel.
        results: of each step; filled in.
        reporter: is told of steps as they begin and end.
    """
    import nbformat
    from nbclient import NotebookClient

    played = nbformat.from_dict(document)
    judge = _Judge(lesson, results, reporter)
    with tempfile.TemporaryDirectory(prefix="liqolab-notebook-") as folder:
        variables = jupyter_environment(environment, Path(folder))
        client = NotebookClient(
            played,
            timeout=_CELL_SECONDS,
            startup_timeout=_START_SECONDS,
            kernel_name=KERNEL,
            allow_errors=True,
            on_cell_execute=lambda cell, cell_index: judge.begin(cell),
            on_cell_executed=lambda cell, cell_index, execute_reply: judge.end(cell),
        )
        with _looking_for_kernels(variables["JUPYTER_PATH"]):
            client.execute(env=variables, cwd=folder)
    judge.finish()
    return dict(played)


@contextmanager
def _looking_for_kernels(path: str) -> Iterator[None]:
    """Jupyter looks where this process's own environment says."""
    before = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = path
    try:
        yield
    finally:
        os.environ.pop("JUPYTER_PATH")
        if before is not None:
            os.environ["JUPYTER_PATH"] = before


class _Judge:
    """Puts what cells said into the results of the steps that they belong to."""

    def __init__(self, lesson: Lesson, results: list[ScenarioResult], reporter: Reporter) -> None:
        self._results = {result.scenario.step: result for result in results}
        self._outlines = {name: outline(result.scenario) for name, result in self._results.items()}
        self._reporter = reporter
        self._step = ""
        self._began = 0.0

    def begin(self, cell: Cell) -> None:
        told = cell["metadata"].get(OURS, {})
        step = str(told.get("step", ""))
        if step in self._results and step != self._step:
            self.finish()
            self._step = step
            self._begin_step(self._results[step])
        self._began = time.monotonic()

    def end(self, cell: Cell) -> None:
        told = cell["metadata"].get(OURS, {})
        result = self._results.get(str(told.get("step", "")))
        if result is None:
            return
        plan = self._outlines[result.scenario.step]
        seconds = time.monotonic() - self._began
        if told.get("role") == "run" and source(cell).strip():
            sentences = [typed.sentence for typed in plan.commands if typed.id == told.get("command")]
            error = _error(cell)
            self._say(result, sentences, "failed" if error else "passed", seconds, error)
        elif told.get("role") == "check":
            self._check(result, plan, cell, seconds)

    def finish(self) -> None:
        """The step that is being played is over."""
        result = self._results.get(self._step)
        if result is not None:
            result.record.seconds = time.time() - result.record.started
            self._reporter.scenario_ended(result)
        self._step = ""

    def _begin_step(self, result: ScenarioResult) -> None:
        self._reporter.scenario_started(result.scenario)
        result.record.started = time.time()
        for step in result.steps:
            # That an earlier step is reached is what the cells before this one are for.
            if step.step.kind == "given":
                _fill(step.record, "passed", 0.0, "")

    def _check(self, result: ScenarioResult, plan: Outline, cell: Cell, seconds: float) -> None:
        told = _checked(cell)
        for goal in plan.goals:
            task = told.get(goal.id, {})
            well = task.get("state") == "on"
            # Of the sentences of one goal nobody knows which one it was.
            sentences = [*goal.sentences] if well else [*goal.sentences[:1]]
            reason = "" if well else str(task.get("told") or task.get("reason") or _error(cell) or "it was not checked")
            self._say(
                result, sentences, "passed" if well else "failed", seconds if goal is plan.goals[0] else 0.0, reason
            )

    def _say(
        self, result: ScenarioResult, sentences: list[StepText], status: Status, seconds: float, message: str
    ) -> None:
        for step in result.steps:
            if any(step.step.location == sentence.location for sentence in sentences):
                _fill(step.record, status, seconds, message)
                self._reporter.step_ended(step)


def _fill(record: StepRecord, status: Status, seconds: float, message: str) -> None:
    record.status, record.seconds, record.started = status, seconds, time.time() - seconds
    record.message = presentable(message)


def _checked(cell: Cell) -> dict[str, dict[str, Any]]:
    """What a check cell says of its tasks, by id."""
    for output in cell["outputs"]:
        if found := output.get("data", {}).get(MACHINES):
            return {task["id"]: task for task in found["tasks"]}
    return {}


def _error(cell: Cell) -> str:
    """Why a cell failed; empty when it did not."""
    return next((str(output["evalue"]) for output in cell["outputs"] if output["output_type"] == "error"), "")


def played_lesson(document: Notebook) -> tuple[str, str]:
    """Lesson and language of a notebook; empty texts for one that is of no lesson."""
    told = lesson_of(document)
    return told.get("lesson", ""), told.get("language", "en")
