"""`liqolab author test` on a tiny lesson: what a weak check lets through, and that nothing is ever left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from liqolab.cli.author import author as command
from liqolab.scenario.library import LessonError

pytestmark = pytest.mark.journey

EXPLANATIONS = """\
survivors:
  - step: note
    operator: drop-*
    what: "*"
    reason: never used, since an operator is no pattern
  - step: note
    operator: drop-flag
    what: without -n default in:*
    reason: It is the default.
"""


def test_a_weak_check_is_found_by_the_sabotage_that_it_lets_through(author: Any, tmp_path: Path) -> None:
    author.write(weak=True)
    (author.lesson / "sabotage.yaml").write_text(EXPLANATIONS)
    report = tmp_path / "report.xml"
    done = author.liqolab(
        "test", str(author.lesson), "--step", "note", "-o", "json", "--confirm", "1", "--report", f"junit={report}"
    )
    assert done.returncode == 1, done.stderr
    (trial,) = json.loads(done.stdout)
    made, noted = trial["steps"]
    assert made["passed"] and noted["passed"]
    assert noted["idle_before"] == ['Then namespace "default" exists in cluster "rome"']
    entries = {entry["what"].partition(" in: ")[0]: entry for entry in trial["sabotages"]}
    assert {what: entry["verdict"] for what, entry in entries.items()} == {
        "without: kubectl create configmap team --from-literal colour=blue -n default": "caught",
        "-n defaults instead of default": "refused",
        "configmap teams instead of team": "caught",
        "without --from-literal colour=blue": "survived",
        "without -n default": "survived",
    }
    assert 'namespaces "defaults" not found' in entries["-n defaults instead of default"]["noticed_by"]
    assert (entries["without -n default"]["explained"], trial["stale"]) == ("It is the default.", ["note: drop-*: *"])
    caught = [entry for entry in trial["sabotages"] if entry["verdict"] == "caught"]
    assert sorted(str(entry["confirmed"]) for entry in caught) == ["None", "True"]
    assert [problem.split(":")[0] for problem in trial["problems"]] == [
        "60.0% of the sabotages were noticed, less than 95%",
        "note",
    ]
    assert len(ElementTree.parse(report).findall(".//testcase")) == 2 + len(entries)
    assert author.left() == []


def test_a_strong_check_notices_all_of_it_in_two_playgrounds_side_by_side(author: Any) -> None:
    author.write(weak=False)
    done = author.liqolab("test", str(author.lesson), "--step", "note", "-j", "2", "--confirm", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    total = next(line for line in done.stdout.splitlines() if line.startswith("all"))
    assert total.split() == ["all", "3", "3", "0", "0", "0", "100.0%"]
    assert "With full patience: 1 of 1 tried again were noticed again" in done.stdout
    assert author.left() == []


def test_a_step_whose_checks_hold_before_anything_is_typed_does_not_pass(author: Any) -> None:
    author.write(weak=True)
    feature = author.root / "tiny.feature"
    feature.write_text(feature.read_text().replace('configmap "team"', 'configmap "kube-root-ca.crt"'))
    done = author.liqolab("test", str(author.lesson), "--no-sabotage")
    assert done.returncode == 1
    assert "all of its checks hold before anything is typed" in done.stdout
    assert "sabotages noticed" not in done.stdout
    assert author.left() == []


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_trial_leaves_nothing(author: Any, jobs: str) -> None:
    author.write(weak=False)
    line = [sys.executable, "-m", "liqolab.cli", "author", "test", str(author.lesson), "-j", jobs]
    with subprocess.Popen(line, env=author.environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = []
        for text in process.stderr:
            said.append(text)
            if text.startswith("Make a cluster: solved"):
                process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert said[-1] == "Interrupted.\n" and "Traceback" not in "".join(said)
    assert author.left() == []


def test_what_cannot_be_tried_is_said(author: Any) -> None:
    author.write(weak=False)
    lesson = str(author.lesson)
    for arguments, said in (
        (["nonsense"], 'there is no lesson "nonsense"'),
        (["./nowhere"], "it has no lesson.yaml"),
        ([lesson, "--step", "nonsense"], 'has no step "nonsense"; it has make, note'),
        (["--report", "pdf=x"], "not FORMAT=PATH"),
        (["--report", f"json={lesson}"], "is a folder"),
    ):
        done = CliRunner().invoke(command, ["test", *arguments])
        assert done.exit_code in (1, 2) and said in f"{done.output}{done.exception}", done.output
    (author.lesson / "sabotage.yaml").write_text("survivors: [{step: note}]\n")
    done = CliRunner().invoke(command, ["test", lesson])
    assert isinstance(done.exception, LessonError)
    assert "sabotage.yaml: survivors[0]: operator is missing: a text is needed" in str(done.exception)
