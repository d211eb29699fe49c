"""What pytest prints of a scenario that failed: the step, its place and what it said; of machinery, nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest._code.code import ExceptionChainRepr, ReprEntryNative, ReprFileLocation, ReprTraceback

from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.redaction import presentable
from liqolab.steps.registry import AmbiguousStepError, UndefinedStepError
from liqolab.testing.running import ScenarioRun

_MACHINERY = ("pytest_bdd", "_pytest", "pluggy", "liqolab", "asyncio")


def explain(run: ScenarioRun, excinfo: pytest.ExceptionInfo[BaseException]) -> ExceptionChainRepr:
    """The text for a failure of a scenario, in the form that pytest prints, counts and sends between processes."""
    error = excinfo.value
    step = run.culprit
    where = f"{step.location}: {step.keyword} {step.text}" if step is not None else ""
    text = presentable(str(error)) or type(error).__name__
    if not isinstance(error, (CheckFailedError, UndefinedStepError, AmbiguousStepError)):
        text = "\n".join([*_own_code(excinfo), f"{type(error).__name__}: {presentable(str(error))}"])
    shown = (
        text if not where or (step is not None and step.text in text and step.location in text) else f"{where}\n{text}"
    )
    path = step.path if step is not None else run.plan.feature.uri
    line = step.line if step is not None else run.plan.scenario.line
    told = error.failure.summary if isinstance(error, CheckFailedError) else str(error)
    first = presentable(told).strip().partition("\n")[0] or type(error).__name__
    crash = ReprFileLocation(path, line, first)
    traceback = ReprTraceback([ReprEntryNative([f"{shown}\n"])], None, "native")
    return ExceptionChainRepr([(traceback, crash, None)])


def _own_code(excinfo: pytest.ExceptionInfo[BaseException]) -> list[str]:
    """The traceback through code of the users: where, and the line."""
    lines = []
    for entry in excinfo.traceback:
        module = str(entry.frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _MACHINERY:
            continue
        path = Path(str(entry.path))
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        lines.append(f"{shown}:{entry.lineno + 1}: in {entry.name}\n    {str(entry.statement).strip()}")
    return lines[-5:]
