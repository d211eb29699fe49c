"""Feature files as pytest's collectors, scenarios as its tests; pytest-bdd runs the steps.

A feature file stands where a test module would: fixtures and step definitions of the conftests above it are seen, and
``features/peer.feature::Peer the clusters`` names a scenario on the command line. Each row of an outline is a test of
its own, ``Peer <one> with <other>[venice-naples]``.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from pytest_bdd import parser
from pytest_bdd.gherkin_parser import Cell, DataTable, Location, Row
from pytest_bdd.scenario import _execute_scenario

from liqolab.gherkin_tree import FeatureStep, Scenario
from liqolab.scenario.feature import Feature, load_feature
from liqolab.scenario.library import LessonError
from liqolab.testing.marks import tag_mark
from liqolab.testing.plan import PLAN, Plan

_LONGEST = 120


class FeatureFile(pytest.Module):
    """A feature file. A `pytest.Module`, because fixtures of that scope belong to a file here as well."""

    def _getobj(self) -> ModuleType:
        return ModuleType(self.path.stem)

    def collect(self) -> Iterator[ScenarioItem]:
        """One test for each scenario and each row of an outline."""
        try:
            feature = load_feature(self.path)
        except LessonError as error:
            raise self.CollectError(str(error)) from None
        translated = _feature(feature)
        names = [scenario.name for scenario in feature.scenarios]
        taken: set[str] = set()
        for scenario in feature.scenarios:
            name = _name(scenario, taken, unique=names.count(scenario.name) == 1)
            taken.add(name)
            function = _function(translated, scenario)
            item = ScenarioItem.from_parent(self, name=name, callobj=function)
            item.stash[PLAN] = Plan(feature, scenario)
            for tag in scenario.tags:
                if (mark := tag_mark(tag.removeprefix("@"))) is not None:
                    item.add_marker(mark)
            yield item


class ScenarioItem(pytest.Function):
    """One scenario as a test."""

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """File, line (counted from 0) and name, for reports and editors."""
        plan = self.stash[PLAN]
        assert plan is not None
        return self.path, (plan.scenario.row or plan.scenario.line) - 1, self.name


def _name(scenario: Scenario, taken: set[str], *, unique: bool) -> str:
    """What a test is called: its name alone where that says which one it is."""
    plain = _shown(scenario.name) or f"{scenario.keyword} in line {scenario.line}"
    if unique:
        return plain
    values = "-".join(_shown(value) for _, value in scenario.examples)
    name = f"{plain}[{values}]" if scenario.row else plain
    return f"{plain}[line {scenario.row or scenario.line}]" if name in taken else name


def _shown(text: str) -> str:
    """Text that can stand in a test's id, whatever somebody put into a table of examples."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:_LONGEST]


def _function(feature: parser.Feature, scenario: Scenario) -> Callable[..., None]:
    def run(request: pytest.FixtureRequest) -> None:
        __tracebackhide__ = True
        _execute_scenario(feature, _scenario(feature, scenario), request)

    run.__name__ = scenario.name
    run.__doc__ = f"{feature.name}: {scenario.name}"
    return run


def _feature(feature: Feature) -> parser.Feature:
    """What pytest-bdd's hooks are given."""
    return parser.Feature(
        scenarios=OrderedDict(),
        filename=str(feature.path),
        rel_filename=feature.uri,
        language=feature.language,
        keyword=feature.keyword,
        name=feature.name,
        tags={tag.removeprefix("@") for tag in feature.tags},
        background=None,
        line_number=feature.line,
        description=feature.description,
    )


def _scenario(feature: parser.Feature, scenario: Scenario) -> parser.Scenario:
    rule = parser.Rule("Rule", scenario.rule, "", set()) if scenario.rule else None
    return parser.Scenario(
        feature=feature,
        keyword=scenario.keyword,
        name=scenario.name,
        line_number=scenario.line,
        steps=[_step(step) for step in scenario.steps],
        description=scenario.description,
        tags={tag.removeprefix("@") for tag in scenario.tags},
        rule=rule,
    )


def _step(step: FeatureStep) -> parser.Step:
    return parser.Step(
        name=step.text,
        type=step.kind,
        indent=0,
        line_number=step.line,
        keyword=step.keyword,
        datatable=_table(step.datatable, step.line) if step.datatable is not None else None,
        docstring=step.docstring,
    )


def _table(rows: list[list[str]], line: int) -> DataTable:
    where = Location(column=1, line=line)
    return DataTable(where, [Row("", where, [Cell(where, value) for value in row]) for row in rows])
