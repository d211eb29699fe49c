"""`liqolab run` as its users meet it: a process, its exit code, and the files that it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

INTERRUPTED = """\
Feature: Mine
  Scenario: Holds
    When I run "kubectl get namespace default"
    Then the command succeeds
    And namespace "default" exists in cluster "venice"

  Scenario: Does not hold
    Then namespace "nowhere" exists in cluster "naples" immediately

  Scenario: Takes too long
    When I run "echo begun"
    And I run "echo >BEGUN; sleep 600"
    Then the command succeeds

  Scenario: Never reached
    When I run "echo unreachable"
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "LIQOLAB_HOME": str(tmp_path / "home"), "COLUMNS": "120"}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "liqolab.cli", "run", *arguments]


def _run(folder: Path, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        _command(*arguments),
        cwd=folder,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.journey
def test_ctrl_c_cleans_up_and_writes_every_report_with_what_is_known(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    (tmp_path / "mine.feature").write_text(INTERRUPTED.replace("BEGUN", str(begun)))
    reports = [f"--report={name}=out/{name}" for name in ("html", "junit", "cucumber-json", "messages")]
    with subprocess.Popen(
        _command("mine.feature", "--verbose", *reports),
        cwd=tmp_path,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if 'I run "echo begun"' in line:
                assert begun.read_text() == "\n"  # now the long command runs
                process.send_signal(signal.SIGINT)
    output = "".join(told)
    assert process.returncode == 130, output
    assert output.endswith("Interrupted.\n") and "Traceback" not in output
    shown = " ".join(output.split())
    assert 'Then namespace "nowhere" exists in cluster "naples" immediately found it does not exist' in shown
    assert "Report: out/html Report: out/junit Report: out/cucumber-json Report: out/messages" in shown
    [feature] = json.loads((tmp_path / "out" / "cucumber-json").read_text())
    statuses = [[step["result"]["status"] for step in element["steps"]] for element in feature["elements"]]
    assert statuses[:2] == [["passed", "passed", "passed"], ["failed"]]
    assert statuses[2] == ["passed", "failed", "skipped"]
    assert statuses[3] == ["skipped"]
    suite = ElementTree.parse(tmp_path / "out" / "junit").getroot()[0]
    assert suite.find("properties/property[@name='interrupted']") is not None
    assert "namespace &quot;nowhere&quot;" in (tmp_path / "out" / "html").read_text()
    last = json.loads((tmp_path / "out" / "messages").read_text().splitlines()[-1])
    assert last["testRunFinished"]["success"] is False
    assert not (tmp_path / "home" / "playgrounds").exists()


def test_a_step_that_means_nothing_ends_the_run_before_it_begins(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "typo.feature").write_text("Feature: Typo\n  Scenario: One\n    Then the command succeds\n")
    code, output = _run(tmp_path, environment, "typo.feature", "--report", "cucumber-json=report.json")
    assert code == 3, output
    assert "undefined typo.feature:3  Then the command succeds" in output
    assert "did you mean" in output
    report: Any = json.loads((tmp_path / "report.json").read_text())
    assert report[0]["elements"][0]["steps"][0]["result"]["status"] == "undefined"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["--report", "pdf=x"], 'there is no report format "pdf"'),
        (["--step", "nonsense"], 'the lesson has no step "nonsense"; it has provision, peer'),
        (["own.feature", "--step", "peer"], "--step: for lessons only, and own.feature is the feature of none"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_answered(
    arguments: list[str], answer: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "own.feature").write_text('Feature: Own\n  Scenario: One\n    When I run "true"\n')
    code, output = _run(tmp_path, environment, *arguments)
    assert (code, answer in " ".join(output.split())) == (2, True), output


def test_a_file_that_is_no_feature_is_told_without_a_traceback(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "bad.feature").write_text("Feature: x\n  Scenario: y\n    Given z\n    bad\n")
    code, output = _run(tmp_path, environment, "bad.feature")
    assert (code, "bad.feature:4:5: " in output, "Traceback" in output) == (1, True, False), output
