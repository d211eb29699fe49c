"""A project of a stranger: a folder with features, and pytest in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

# pytester forgets modules that a run inside of it imports; those that are there already stay, and cost once.
import liqolab.testing.plugin  # noqa: F401
from liqolab.steps.vocabulary import REGISTRY
from tests.laboratory import used

INSTALLED = "liqolab.pytest_plugin" in {entry.value for entry in entry_points(group="pytest11")}
LOADED = () if INSTALLED else ("-p", "liqolab.pytest_plugin")


class Project:
    """A folder with a feature and step definitions, and what two kinds of pytest make of it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.folder = pytester.path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, *arguments: str, processes: bool = False) -> pytest.RunResult:
        """With the plugin. In this process, unless workers are wanted."""
        options = (*LOADED, "-p", "no:cacheprovider", "--strict-markers", *arguments)
        run = self._pytester.runpytest_subprocess if processes else self._pytester.runpytest_inprocess
        return run(*options)

    def plain(self, *arguments: str, processes: bool = False) -> pytest.RunResult:
        """pytest-bdd alone, as it comes."""
        self.write("test_bound.py", "from pytest_bdd import scenarios\nscenarios('.')\n")
        options = ("-p", "no:liqolab", "-p", "no:cacheprovider", "-W", "ignore", *arguments)
        run = self._pytester.runpytest_subprocess if processes else self._pytester.runpytest_inprocess
        try:
            return run(*options)
        finally:
            (self.folder / "test_bound.py").unlink()

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def statuses(self, name: str) -> dict[str, list[str]]:
        """Scenario → the status of each of its steps, as a Cucumber JSON report tells it; Backgrounds left out."""
        return {
            element["name"]: [step["result"]["status"] for step in element["steps"]]
            for feature in self.json(name)
            for element in feature["elements"]
            if element.get("type", "scenario") == "scenario"
        }


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    # What this run was started with is no business of the one inside of it.
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    # A conftest's own sentences belong to its run, which is a process elsewhere.
    monkeypatch.setattr(REGISTRY, "_steps", list(REGISTRY))
    monkeypatch.setenv("LIQOLAB_HOME", str(pytester.path / "home"))
    yield Project(pytester)
    assert not (pytester.path / "home").exists(), "a playground was left"


@pytest.fixture(scope="module")
def given_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Clusters that somebody else made; the options that give them to a run."""
    with used(tmp_path_factory.mktemp("somebody")) as lab:
        lab.liqolab("up", "--without-liqo")
        yield [f"--liqolab-kubeconfig={name}={lab.kubeconfig(name)}" for name in ("venice", "naples")]
