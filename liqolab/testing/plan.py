"""The scenario behind a test, as written: the same plain value however the test came to be.

A test comes from a feature file that this plugin collected, or from a Python module that binds scenarios with
``pytest_bdd.scenarios``. pytest-bdd's own values of a scenario lack what a report and a check need (rows of outlines,
places, all tags), so both kinds are looked up in the feature file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry

from liqolab.gherkin_tree import Scenario
from liqolab.scenario.feature import Feature, load_feature
from liqolab.scenario.library import LessonError


@dataclass(frozen=True, slots=True)
class Plan:
    """One scenario (or row of an outline) with its feature."""

    feature: Feature
    scenario: Scenario

    @property
    def key(self) -> tuple[str, int]:
        """The file, and the line of the keyword: what a scenario is, whoever binds it."""
        return str(self.feature.path), self.scenario.line


PLAN = pytest.StashKey[Plan | None]()


def plan_of(item: pytest.Item) -> Plan | None:
    """The scenario that a test runs; None for a test that runs none."""
    if PLAN not in item.stash:
        item.stash[PLAN] = _bound(item)
    return item.stash[PLAN]


def refusal(item: pytest.Item) -> tuple[str, str] | None:
    """The feature that a Python module binds, and why it cannot be run; None where it can.

    pytest-bdd is content with less: from examples without rows it makes a test that is skipped.
    """
    template = _template(item)
    if template is not None:
        try:
            load_feature(Path(template.feature.filename))
        except LessonError as error:
            return template.feature.filename, str(error)
    return None


def _template(item: pytest.Item) -> Any:
    function = getattr(item, "function", None)
    return scenario_wrapper_template_registry.get(function) if function is not None else None


def _bound(item: pytest.Item) -> Plan | None:
    template = _template(item)
    if template is None:
        return None
    try:
        feature = load_feature(Path(template.feature.filename))
    except LessonError:
        # See `refusal`: the run ends before it begins.
        return None
    row: dict[str, Any] = {}
    if hasattr(item, "callspec"):
        row = item.callspec.params.get("_pytest_bdd_example", {})
    for scenario in feature.scenarios:
        if scenario.line == template.line_number and dict(scenario.examples) == row:
            return Plan(feature, scenario)
    return None
