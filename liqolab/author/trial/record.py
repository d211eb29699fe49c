"""A trial as a record of a run, for the report formats that know nothing of trials: JUnit, for CI systems."""

from __future__ import annotations

import platform

from liqolab import __version__
from liqolab.author.trial.outcome import SabotageTrial, StepTrial, Trial
from liqolab.report.record import FeatureRecord, RunRecord, ScenarioRecord, StepRecord
from liqolab.steps.failing.redaction import presentable


def run_record(trials: list[Trial], started: float) -> RunRecord:
    """A feature for the steps of each lesson, and one for its sabotages.

    Args:
        trials: what came of each lesson.
        started: when the run began, in seconds since the epoch.
    """
    features = []
    for trial in trials:
        steps = [_step(number, step) for number, step in enumerate(trial.steps, 1)]
        features.append(FeatureRecord(f"{trial.lesson}/both-ways", f"{trial.lesson}: both ways", scenarios=steps))
        if trial.sabotages:
            entries = [_sabotage(number, entry) for number, entry in enumerate(trial.sabotages, 1)]
            features.append(FeatureRecord(f"{trial.lesson}/sabotage", f"{trial.lesson}: sabotage", scenarios=entries))
    return RunRecord(
        started=started,
        seconds=sum(trial.seconds for trial in trials),
        runner="liqolab author test",
        title=", ".join(trial.lesson for trial in trials),
        versions={"liqolab": __version__, "Python": platform.python_version()},
        system=platform.system(),
        machine=platform.machine(),
        provider="embedded",
        features=features,
        # Everything else that is wrong is the failure of a scenario.
        problems=[f"left behind: {entry}" for trial in trials for entry in trial.leftovers],
    )


def _step(number: int, trial: StepTrial) -> ScenarioRecord:
    before = StepRecord("Given", f"{trial.red_before} of {len(trial.checks)} checks fail before", 0, "given")
    before.status = "passed" if trial.red_before else "failed"
    before.message = presentable("" if trial.red_before else "all checks hold before anything is typed")
    done = StepRecord("When", "its commands are typed", 0, "when", seconds=trial.seconds)
    done.status, done.message = "failed" if trial.problem else "passed", presentable(trial.problem)
    checks = []
    for check in trial.checks:
        record = StepRecord("Then", check.sentence, 0, "then", seconds=check.seconds)
        record.status = {True: "passed", False: "failed", None: "skipped"}[check.passed]  # type: ignore[assignment]
        record.message = presentable(check.problem)
        checks.append(record)
    return ScenarioRecord(trial.title, number, seconds=trial.seconds, steps=[before, done, *checks])


def _sabotage(number: int, trial: SabotageTrial) -> ScenarioRecord:
    spoilt = StepRecord("When", trial.what, 0, "when", status="passed", seconds=trial.seconds)
    noticed = StepRecord("Then", "a check or the command itself tells", 0, "then", status="passed")
    if trial.verdict == "survived":
        noticed.status = "skipped" if trial.explained else "failed"
        noticed.message = presentable(trial.explained or "nobody noticed")
    elif trial.confirmed is False:
        noticed.status, noticed.message = "failed", presentable("it was noticed out of impatience only")
    name = f"{trial.step}: {trial.operator}: {trial.what}"
    return ScenarioRecord(name, number, seconds=trial.seconds, steps=[spoilt, noticed])
