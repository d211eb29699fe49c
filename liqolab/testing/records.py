"""Records of scenarios on their way to the reports: parts of them come from every process, one process writes."""

from __future__ import annotations

import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from liqolab import __version__
from liqolab.documents import from_document, to_document
from liqolab.report.formats import write_reports
from liqolab.report.record import FeatureRecord, RunRecord, ScenarioRecord, merged
from liqolab.scenario.feature import load_feature
from liqolab.scenario.library import LessonError
from liqolab.testing.plan import Plan
from liqolab.testing.settings import Settings

Part = dict[str, Any]
"""One scenario's record with that of its feature around it, as JSON; ``path`` is the file."""


def part_of(plan: Plan, record: ScenarioRecord) -> Part:
    """What travels. The feature's source does not: whoever writes the reports can read it."""
    feature = plan.feature.record()
    feature.source = ""
    feature.scenarios = [record]
    return {"path": str(plan.feature.path), "feature": to_document(feature)}


class Records:
    """All that came in so far.

    Attributes:
        told: lines for the person, about reports that were written or could not be.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._started = time.time()
        self._parts: list[Part] = []
        self.told: list[str] = []

    def keep(self, report: object) -> None:
        """Take the parts that a report of pytest's carries."""
        if self._settings.reports:
            self._parts += getattr(report, "liqolab", [])

    def write(self, *, interrupted: bool) -> bool:
        """Write every report that was asked for; whether all could be written."""
        if not self._settings.reports:
            return True
        record = self._record()
        record.interrupted = interrupted
        problems = write_reports(record, self._settings.reports)
        self.told += problems or [f"report: {request.path}" for request in self._settings.reports]
        return not problems

    def _record(self) -> RunRecord:
        names = [entry.name for entry in self._settings.kubeconfigs] or list(self._settings.topology.names)
        return RunRecord(
            started=self._started,
            seconds=time.time() - self._started,
            runner="pytest",
            title=self._settings.folder.name,
            versions={
                "liqolab": __version__,
                "Python": platform.python_version(),
                "pytest": version("pytest"),
                "pytest-bdd": version("pytest-bdd"),
            },
            provider=self._settings.provider,
            clusters=names,
            features=merged([_feature(part) for part in self._parts]),
        )


def _feature(part: Part) -> FeatureRecord:
    feature = from_document(FeatureRecord, part["feature"])
    try:
        feature.source = load_feature(Path(part["path"])).source
    except LessonError:
        feature.source = ""
    return feature
