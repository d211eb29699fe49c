"""Clusters in the hands of scenarios: given back as they were, or made anew, and never in two hands at once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from liqolab.testing.locks import Turn, Turns
from tests.testing.conftest import LOADED, Project

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.embedded

ONE_CLUSTER = "liqo: false\nclusters:\n  - name: venice\n"

# Notes who is where, in one file for all processes.
NOTING = """
import os
import subprocess
import sys
from pathlib import Path
from pytest_bdd import given, when, then

@given("I come in")
def _({lab}request):
    note(f"in {{os.getpid()}} {{request.node.name}}")

@when("I work for a while")
def _():
    # Long enough for others to come in, if nothing kept them out.
    for _ in range(5):
        subprocess.run([sys.executable, "-c", "import json"], check=True)

@then("I go out")
def _(request):
    note(f"out {{os.getpid()}} {{request.node.name}}")

def note(line):
    handle = os.open("notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{{line}}\\n".encode())
    os.close(handle)
"""


def _pairs(project: Project) -> list[tuple[str, str]]:
    """Notes two by two, each without its first word."""
    lines = (project.folder / "notes").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["in", "out"] * (len(lines) // 2), "\n".join(lines)
    told = [line.partition(" ")[2] for line in lines]
    return list(zip(told[::2], told[1::2], strict=True))


def test_what_a_scenario_does_is_taken_back_and_what_it_leaves_is_named(
    project: Project, given_clusters: list[str]
) -> None:
    project.write(
        "conftest.py",
        "from pytest_bdd import given\nfrom liqolab.steps.undo import Undo\n"
        "@given('two things to be taken back')\n"
        "def _(lab):\n"
        "    for name in ('first', 'second'):\n"
        "        lab.undo.append(Undo(name, lambda name=name: print(f'took back the {name}')))\n",
    )
    left = '    When I run "kubectl create namespace left-{namespace}"\n'
    project.write(
        "a.feature",
        "Feature: A\n  Scenario: Undone\n    Given two things to be taken back\n"
        '    When I create namespace "mine-{namespace}" in cluster "naples"\n'
        f"  Scenario: Left\n{left}",
    )
    outcome = project.run(*given_clusters, "-rPE", "-s", "--liqolab-report", "cucumber-json=ours.json")
    outcome.assert_outcomes(passed=2, errors=1)
    assert re.search("took back the second.*took back the first", outcome.stdout.str(), re.DOTALL)
    name = re.search(r"namespace (left-\S+) is new", outcome.stdout.str())
    assert name, "the namespace that was left is not named"
    assert "ERROR a.feature::Left" in outcome.stdout.str()

    outcome = project.run(*given_clusters, "-k", "Left", "--liqolab-residue", "warn")
    outcome.assert_outcomes(passed=1, deselected=1)
    assert "left-" in outcome.stdout.str()
    outcome = project.run(*given_clusters, "-k", "Left", "--liqolab-residue", "off")
    outcome.assert_outcomes(passed=1, deselected=1)
    assert "left-" not in outcome.stdout.str()


def test_a_playground_that_broke_is_replaced_and_one_that_is_clean_used_again(project: Project) -> None:
    project.write("one.yaml", ONE_CLUSTER)
    look = '    When I run "echo $KUBECONFIG_VENICE >> {file}"\n    Then cluster "venice" is reachable\n'
    kill = '    When I run "kill -9 $(cat $(dirname $KUBECONFIG_VENICE)/lock)"\n'
    project.write(
        "a.feature",
        "Feature: A\n"
        + "".join(f"  Scenario: {name}\n{look.format(file='paths')}" for name in "AB")
        + f"  Scenario: Kills\n{kill}  Scenario: D\n{look.format(file='paths')}",
    )
    outcome = project.run("--liqolab-topology", "one.yaml")
    outcome.assert_outcomes(passed=4, errors=1)
    outcome.stdout.fnmatch_lines(["ERROR a.feature::Kills - *"])
    first, second, third = (project.folder / "paths").read_text().split()
    assert first == second != third


def test_a_failed_scenarios_clusters_can_be_kept(project: Project) -> None:
    project.write("one.yaml", ONE_CLUSTER)
    project.write("a.feature", 'Feature: A\n  Scenario: A\n    When I run "false"\n    Then the command succeeds\n')
    outcome = project.run("--liqolab-topology", "one.yaml", "--liqolab-keep")
    outcome.assert_outcomes(failed=1)
    kept = re.search(r"kept: liqolab shell --playground (\S+)", outcome.stdout.str())
    assert kept
    subprocess.run([sys.executable, "-m", "liqolab.cli", "down", "-p", kept.group(1)], check=True, capture_output=True)


def test_ctrl_c_leaves_nothing(project: Project) -> None:
    project.write("one.yaml", ONE_CLUSTER)
    project.write("a.feature", 'Feature: A\n  Scenario: A\n    When I run "echo > here; sleep 600"\n')
    os.mkfifo(project.folder / "here")
    command = [sys.executable, "-m", "pytest", *LOADED, "--liqolab-topology", "one.yaml"]
    process = subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    # Waits for whoever writes into the pipe, which is the command of the scenario.
    (project.folder / "here").read_text()
    process.send_signal(signal.SIGINT)
    said = process.communicate()[0]
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    assert "Traceback" not in said


def test_two_runs_and_their_workers_take_turns_on_the_same_clusters(
    project: Project, given_clusters: list[str]
) -> None:
    project.write("conftest.py", NOTING.format(lab="lab, "))
    rows = "".join(f"      | {number} |\n" for number in range(3))
    project.write(
        "a.feature",
        "Feature: A\n  Scenario Outline: A\n    Given I come in\n    When I work for a while\n"
        f"    Then I go out\n    Examples:\n      | n |\n{rows}",
    )
    command = [sys.executable, "-m", "pytest", *LOADED, *given_clusters, "--liqolab-residue", "off", "-n"]
    runs = [
        subprocess.Popen([*command, workers], cwd=project.folder, stdout=subprocess.PIPE, text=True)
        for workers in ("0", "2")
    ]
    for run in runs:
        said = run.communicate()[0]
        assert run.returncode == 0, said
    pairs = _pairs(project)
    assert len(pairs) == 6
    assert all(entered == left for entered, left in pairs)


def test_during_a_serial_scenario_no_other_one_runs(project: Project) -> None:
    project.write("conftest.py", NOTING.format(lab=""))
    rows = "".join(f"      | {number} |\n" for number in range(4))
    project.write(
        "a.feature",
        "Feature: A\n  @serial\n  Scenario Outline: A\n    Given I come in\n    When I work for a while\n"
        f"    Then I go out\n    Examples:\n      | n |\n{rows}",
    )
    project.run("-n", "2", processes=True).assert_outcomes(passed=4)
    assert all(entered == left for entered, left in _pairs(project))


def test_a_test_in_python_gets_a_lab_too(project: Project, given_clusters: list[str]) -> None:
    project.write(
        "test_plain.py",
        "def test_plain(lab):\n"
        "    assert lab.names == ('venice', 'naples')\n"
        "    assert lab.cluster('venice').list('namespace').items\n",
    )
    project.run(*given_clusters).assert_outcomes(passed=1)


def test_needs_that_are_not_met_skip(project: Project) -> None:
    project.write("conftest.py", NOTING.format(lab=""))
    project.write(
        "a.feature",
        "Feature: A\n  @needs(existing)\n  Scenario: A\n    Given I come in\n"
        "  @needs(no-such-program)\n  Scenario: B\n    Given I come in\n"
        "  @needs(bash)\n  Scenario: C\n    Given I come in\n    Then I go out\n",
    )
    outcome = project.run("-rs")
    outcome.assert_outcomes(passed=1, skipped=2)
    outcome.stdout.fnmatch_lines(["*needs the provider existing*", "*needs no-such-program*"])


def test_a_lock_outlives_nobody(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "one"
    turn = Turn(path)
    turn.take()
    waited = []
    other = Turn(path)
    holder = subprocess.Popen(["sleep", "600"])
    try:
        turn.give_back()
        other.take(lambda: waited.append(True))
    finally:
        holder.kill()
        holder.wait()
    assert not waited, "a child that was started meanwhile holds the lock"
    other.give_back()
    both = Turns(["a", "b", "a"], tmp_path / "locks")
    both.take()
    both.give_back()
    assert not list((tmp_path / "locks").iterdir())
