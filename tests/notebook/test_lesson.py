"""Whole lessons in notebooks, as the command that proves them plays them, and as a person goes back and forth."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liqolab.learn.steps import stages
from liqolab.notebook.document import source
from liqolab.notebook.results import MACHINES
from liqolab.scenario.lesson import load_lesson
from tests.laboratory import Laboratory, used
from tests.notebook.conftest import kernel

pytestmark = [pytest.mark.embedded, pytest.mark.journey]

LESSON = "offloading-with-policies"
STEPS = [step.id for step in load_lesson(LESSON).steps]
TASKS = [len(stage.view.tasks) for stage in stages(load_lesson(LESSON))]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Laboratory]:
    with used(tmp_path, 900) as laboratory:
        yield laboratory


def checks(file: Path) -> list[dict[str, Any]]:
    """What the check cells of a played notebook say, in order."""
    outputs = [output for cell in json.loads(file.read_text())["cells"] for output in cell.get("outputs", ())]
    return [output["data"][MACHINES] for output in outputs if MACHINES in output.get("data", {})]


def nbmake(own: Laboratory, file: str, code: int) -> str:
    """What pytest says of a notebook, which has its outputs then."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbmake", "--overwrite", file],
        cwd=own.person,
        env={**own.environment, "LIQOLAB_PLAYGROUND": "proof"},
        capture_output=True,
        text=True,
        timeout=own.patience,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def errors(file: Path) -> list[str]:
    """The cells that failed."""
    cells = json.loads(file.read_text())["cells"]
    return [
        source(cell) for cell in cells if any(output["output_type"] == "error" for output in cell.get("outputs", ()))
    ]


def test_all_checks_of_the_solution_hold(own: Laboratory) -> None:
    played, junit = own.person / "played.ipynb", own.person / "report.xml"
    report = f"junit={junit}"
    said = own.liqolab("notebook", "check", "--side", "solution", "-o", str(played), "--report", report)
    assert "9 of 9 steps passed" in said
    assert 'failures="0"' in junit.read_text()
    assert errors(played) == []
    found = checks(played)
    assert [(check["step"], check["done"], len(check["tasks"])) for check in found] == [
        (step, True, tasks) for step, tasks in zip(STEPS, TASKS, strict=True)
    ]
    assert own.processes() == {}


def test_pytest_plays_the_solution_with_nbmake_as_often_as_one_likes(own: Laboratory) -> None:
    own.liqolab("notebook", "export", "--side", "solution", "-o", str(own.person / "lesson.ipynb"))
    for _ in range(2):
        own.liqolab("down", "--playground", "proof")
        assert "1 passed" in nbmake(own, "lesson.ipynb", code=0)
        played = checks(own.person / "lesson.ipynb")
        assert [(check["step"], check["done"]) for check in played] == [(step, True) for step in STEPS]
    own.liqolab("notebook", "export", "-o", str(own.person / "empty.ipynb"))
    own.liqolab("down", "--playground", "proof")
    assert 'of step "Provision the playground" are done' in nbmake(own, "empty.ipynb", code=1)


def test_all_checks_of_the_learners_notebook_fail_in_order(own: Laboratory) -> None:
    played = own.person / "played.ipynb"
    said = own.liqolab("notebook", "check", "--language", "it", "-o", str(played), code=1)
    assert "0 of 9 steps passed" in said
    assert 'there is no cluster "venice" in this playground' in said
    assert errors(played) == [f"%lab check {step}" for step in STEPS]
    assert [(check["step"], check["done"]) for check in checks(played)] == [(step, False) for step in STEPS]


def test_what_is_begun_in_a_notebook_goes_on_in_the_terminal_and_back(own: Laboratory) -> None:
    with kernel(own) as notebook:
        assert notebook.run("%%python\nassert lab.step('provision').solve()").status == "ok"
        assert "6 of 6 tasks done" in notebook.run("%lab check provision").shown[0]["text/plain"]
        assert notebook.run("kept='from the notebook'").status == "ok"

        failed = notebook.run("%lab check peer")
        assert failed.error[0] == "NotDoneError"
        assert '<div class="causes"><h4>Cause</h4>' in failed.shown[0]["text/html"]
        for form in ("text/plain", "text/markdown"):
            assert "florence" in failed.shown[0][form]
        code = """%%python
        from kubernetes.client import CoreV1Api
        print([node.metadata.name for node in CoreV1Api(lab.clusters["venice"]).list_node().items])
        """
        assert notebook.run(code.replace("        ", "")).text == "['venice-control-plane']\n"

        terminal = own.liqolab("learn", "--plain", typed="l\n$ echo $kept\n$ export again=1\nS\nq\n")
        assert "1. provision: Provision the playground, done" in terminal
        assert "from the notebook" in terminal
        assert "The step is solved." in terminal

        notebook.restart()
        assert notebook.run("echo $kept $again").text == "from the notebook 1\n"
        again = notebook.run("%lab check peer")
        assert again.status == "ok"
        greeting = notebook.run("%lab open")
        assert "You are back where you left off, at step 3" in greeting.shown[0]["text/plain"]
        assert 'aria-label="venice: 3 nodes' in greeting.shown[1]["text/html"]

        notebook.run("%%python\nlab.goto('relax')")
        assert "↳" in notebook.run("%lab why pod/app-center").shown[0]["text/plain"]
        backwards = notebook.run("%%python\nlab.step('peer').run()")
        assert 'lab.goto("peer") goes back to it' in backwards.error[1]
