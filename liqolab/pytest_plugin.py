"""The pytest plugin: features as tests, on embedded clusters or on anybody's own, without a line of Python.

Everybody who has liqolab installed loads this module with every pytest run, so it only declares options and watches for
a reason to do more: a feature file, a scenario that pytest-bdd bound, or an option of its own. Then `liqolab.testing`
takes over; pytest-bdd runs the scenarios, so its hooks, fixtures and step definitions work as everywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from liqolab.testing.marks import NAME, UNCLEAR, tag_mark

if TYPE_CHECKING:
    from liqolab.steps.lab import Lab
    from liqolab.testing.plugin import Testing


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and ini settings."""
    group = parser.getgroup("liqolab", "liqolab: features on multi-cluster Kubernetes")
    add = group.addoption
    add("--liqolab-provider", metavar="NAME", help="who gives the clusters: embedded (default), kind or existing")
    add(
        "--liqolab-liqo",
        metavar="own|upstream",
        help="whose Liqo the clusters get; upstream's is installed by its liqoctl",
    )
    add("--liqolab-dialect", metavar="seed|release", help="whose texts Liqo uses: the seed's, or release 0.5.4's")
    add("--liqolab-node-image", metavar="IMAGE", help="of all nodes, in the place of the topology's")
    add(
        "--liqolab-kubeconfig",
        metavar="NAME=PATH[:CONTEXT]",
        action="append",
        default=[],
        help="run on this cluster of yours, called NAME in features (repeatable; implies the provider existing)",
    )
    add(
        "--liqolab-topology",
        metavar="FILE|LESSON",
        help="embedded clusters of scenarios that ask for none: a YAML file, or a lesson's name",
    )
    add("--liqolab-keep", action="store_true", help="leave the clusters as a scenario that failed left them")
    add("--liqolab-steps-dry-run", action="store_true", help="print what every step would do, and run nothing")
    add(
        "--liqolab-report",
        metavar="FORMAT=PATH",
        action="append",
        default=[],
        help="write a report (repeatable): junit, cucumber-json, messages or html",
    )
    add("--liqolab-residue", metavar="error|warn|off", help="what objects left by a scenario are (default: error)")
    add("--liqolab-unused", metavar="error|warn|off", help="what step definitions of yours that no step uses are")
    parser.addini("liqolab_collect", "collect *.feature files that no Python module binds", "bool", default=True)
    parser.addini("liqolab_residue", "default of --liqolab-residue", default="error")
    parser.addini("liqolab_unused", "default of --liqolab-unused", default="warn")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse bad options before anything starts; register the marks that tags of features become."""
    config.addinivalue_line("markers", "needs(what): a provider or a program without which a scenario is skipped")
    config.addinivalue_line("markers", "serial: a scenario during which no other one runs")
    if _asked_for(config):
        _testing(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen to the workers of pytest-xdist: the process that they work for collects nothing itself."""
    spread = session.config.pluginmanager.get_plugin("dsession")
    if spread is not None and not session.config.option.continue_on_collection_errors:
        session.config.pluginmanager.register(_Listener(spread), f"{NAME}.listener")


class _Listener:
    """Stops all workers when one of them finds that something is wrong."""

    def __init__(self, spread: Any) -> None:
        self._spread = spread

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if hasattr(report, "liqolab"):
            self._spread.shouldstop = UNCLEAR


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """A dry run prints one plan, so it wants no other processes."""
    if config.option.liqolab_steps_dry_run and hasattr(config.option, "numprocesses"):
        config.option.numprocesses = 0
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Understand ``peer.feature:18``, which pytest takes for the name of a file."""
    if any(".feature:" in argument for argument in session.config.args):
        _testing(session.config).at_lines()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a feature file."""
    if file_path.suffix != ".feature" or not parent.config.getini("liqolab_collect"):
        return None
    return _testing(parent.config).feature_file(file_path, parent)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take over what was collected, also the scenarios that Python modules bind."""
    bound = sys.modules.get("pytest_bdd.scenario")
    if config.pluginmanager.has_plugin(NAME) or (bound is not None and bound.scenario_wrapper_template_registry):
        _testing(config).collected(items)


# Before pytest-bdd's own, which makes a mark of every tag, and fails on those that --strict-markers does not know.
@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_bdd_apply_tag(tag: str, function: Any) -> bool:
    """Make a mark of a tag: ``@slow``, ``@req:NS-1``, ``@needs(kind)``; a lesson's step ids are none."""
    mark = tag_mark(tag)
    if mark is not None:
        mark(function)
    return True


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The clusters and the bash that a scenario's sentences work with; for step definitions and tests of your own."""
    with _testing(request.config).lab(request) as opened:
        yield opened


def _asked_for(config: pytest.Config) -> bool:
    given = (name for name in vars(config.option) if name.startswith("liqolab_"))
    return any(config.getoption(name) for name in given)


def _testing(config: pytest.Config) -> Testing:
    """The part that does the work; imported and registered when it is first needed."""
    from liqolab.testing.plugin import start

    return start(config)
