"""Ten things that pytest-bdd does to a run, and what becomes of them here.

Each test shows both: what pytest-bdd alone makes of a feature, so that an answer that is no longer needed is found out,
and what the plugin makes of the same one.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.testing.conftest import Project

pytest_plugins = ["pytester"]

STEPS = """
import pytest
from pytest_bdd import given, when, then, parsers

@given("a basket", target_fixture="basket")
def _(): return []

@when(parsers.parse("I put {thing} in"))
def _(basket, thing): basket.append(thing)

@then(parsers.parse("it holds {count:d}"))
def _(basket, count): assert len(basket) == count

@then("I would rather not")
def _(): pytest.skip("not today")

@then("there is a list:")
def _(datatable): assert datatable

@then("there is a text:")
def _(docstring): assert docstring
"""


def test_1_reports_are_complete_with_workers(project: Project) -> None:
    project.write("conftest.py", STEPS)
    rows = "".join(f"      | {number} |\n" for number in range(6))
    project.write(
        "a.feature",
        "Feature: Baskets\n  Scenario Outline: Basket <n>\n    Given a basket\n    Then it holds 0\n"
        f"    Examples:\n      | n |\n{rows}",
    )
    outcome = project.run(
        "-n", "2", "--cucumber-json=theirs.json", "--liqolab-report", "cucumber-json=ours.json", processes=True
    )
    outcome.assert_outcomes(passed=6)
    assert project.json("theirs.json") == []
    assert project.statuses("ours.json") == {f"Basket {number}": ["passed", "passed"] for number in range(6)}


def test_2_an_undefined_step_is_reported_as_such(project: Project) -> None:
    project.write("conftest.py", STEPS)
    project.write(
        "a.feature",
        "Feature: F\n  Scenario: First\n    Given a bascket\n    Then it holds 0\n"
        "  Scenario: Second\n    Given a basket\n    Then it hold 0\n",
    )
    project.plain("--cucumber-json=theirs.json")
    theirs = project.statuses("theirs.json")
    assert theirs.get("First", []) == []
    assert "undefined" not in theirs.get("Second", [])

    outcome = project.run("--liqolab-report", "cucumber-json=ours.json")
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    outcome.stdout.fnmatch_lines(["a.feature:3: no step is defined for: a bascket", "*did you mean: a basket"])
    outcome.stdout.fnmatch_lines(["a.feature:7: no step is defined for: it hold 0"])
    assert project.statuses("ours.json") == {"First": ["undefined", "skipped"], "Second": ["skipped", "undefined"]}


def test_3_what_was_not_run_was_skipped_and_what_was_skipped_did_not_pass(project: Project) -> None:
    project.write("conftest.py", STEPS)
    project.write(
        "a.feature",
        "Feature: F\n"
        "  Scenario: Fails\n    Given a basket\n    Then it holds 1\n    And it holds 0\n"
        "  Scenario: Skips\n    Given a basket\n    Then I would rather not\n    And it holds 0\n"
        "  @skip\n  Scenario: Skipped\n    Given a basket\n",
    )
    project.plain("--cucumber-json=theirs.json")
    theirs = project.statuses("theirs.json")
    assert theirs["Fails"] == ["passed", "failed", "failed"]
    assert "skipped" not in theirs["Skips"]
    assert "Skipped" not in theirs

    project.run("--liqolab-report", "cucumber-json=ours.json").assert_outcomes(failed=1, skipped=2)
    assert project.statuses("ours.json") == {
        "Fails": ["passed", "failed", "skipped"],
        "Skips": ["passed", "skipped", "skipped"],
        "Skipped": ["skipped"],
    }


def test_4_reports_know_places_tables_texts_and_backgrounds(project: Project) -> None:
    project.write("conftest.py", STEPS)
    project.write(
        "a.feature",
        "Feature: F\n  Background:\n    Given a basket\n  Scenario: S\n"
        '    Then there is a list:\n      | a | b |\n    And there is a text:\n      """\n      words\n      """\n',
    )
    project.run("--cucumber-json=theirs.json", "--liqolab-report", "cucumber-json=ours.json").assert_outcomes(passed=1)
    (theirs,) = project.json("theirs.json")[0]["elements"]
    assert all(step["match"]["location"] == "" for step in theirs["steps"])
    assert not any("rows" in step or "doc_string" in step for step in theirs["steps"])
    assert len(theirs["steps"]) == 3

    background, scenario = project.json("ours.json")[0]["elements"]
    assert (background["type"], scenario["type"]) == ("background", "scenario")
    assert [step["match"]["location"] for step in scenario["steps"]] == ["conftest.py:17", "conftest.py:20"]
    assert scenario["steps"][0]["rows"] == [{"cells": ["a", "b"]}]
    assert scenario["steps"][1]["doc_string"]["value"] == "words"


def test_5_a_step_with_two_meanings_is_an_error(project: Project) -> None:
    project.write(
        "conftest.py",
        "from pytest_bdd import given, parsers\n"
        "@given('one thing')\ndef _(): pass\n"
        "@given(parsers.re('one .*'))\ndef _(): pass\n",
    )
    project.write("a.feature", "Feature: F\n  Scenario: S\n    Given one thing\n")
    project.plain().assert_outcomes(passed=1)

    outcome = project.run("--liqolab-report", "cucumber-json=ours.json")
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    outcome.stdout.fnmatch_lines(
        ["a.feature:3: 2 definitions claim: one thing", "    conftest.py:2: one thing", "    conftest.py:4: one *"]
    )
    assert project.statuses("ours.json") == {"S": ["ambiguous"]}


def test_6_a_coroutine_is_awaited(project: Project) -> None:
    project.write(
        "conftest.py",
        "import asyncio\nfrom pytest_bdd import given, then\n"
        "@given('something opened', target_fixture='opened')\n"
        "async def _():\n    yield asyncio.get_running_loop()\n    print('closed')\n"
        "@then('it cannot hold')\n"
        "async def _(opened):\n"
        "    assert opened is asyncio.get_running_loop(), 'another loop'\n"
        "    await asyncio.sleep(0)\n    assert 1 == 2\n",
    )
    project.write("a.feature", "Feature: F\n  Scenario: S\n    Given something opened\n    Then it cannot hold\n")
    project.plain().assert_outcomes(passed=1)

    outcome = project.run()
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["a.feature:4: Then it cannot hold", "*AssertionError: assert 1 == 2"])
    outcome.stdout.fnmatch_lines(["closed"])


def test_7_a_plan_is_printed_without_running_anything(project: Project) -> None:
    project.write("conftest.py", f"{STEPS}\n@given('a bomb')\ndef _(): raise SystemExit(77)\n")
    project.write("a.feature", "Feature: F\n  Scenario: S\n    Given a bomb\n    Then the command succeeds\n")
    assert "a.feature:2" not in project.plain("--collect-only").stdout.str()

    outcome = project.run("--liqolab-steps-dry-run")
    assert outcome.ret == pytest.ExitCode.OK
    outcome.stdout.fnmatch_lines(
        ["a.feature:2  S", "*3  Given a bomb  ->  conftest.py:23", "*4  Then the command succeeds  ->  *commands.py:*"]
    )
    project.write("a.feature", "Feature: F\n  Scenario: S\n    Given a bum\n")
    outcome = project.run("--liqolab-steps-dry-run")
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    outcome.stdout.fnmatch_lines(["*3  Given a bum  ->  undefined: no step is defined for: a bum"])


def test_8_junit_has_steps_and_no_machinery(project: Project) -> None:
    project.write("conftest.py", STEPS)
    steps = ("Given a basket", "Then it holds 1", "And it holds 0")
    project.write("a.feature", "\n".join(("Feature: Baskets", "  Scenario: Empty", *steps)))
    project.plain("--junitxml=theirs.xml")
    theirs = (project.folder / "theirs.xml").read_text()
    assert "call_fixture_func" in theirs
    assert not any(step in theirs for step in steps)

    project.run("--junitxml=pytests.xml", "--liqolab-report", "junit=ours.xml").assert_outcomes(failed=1)
    pytests = (project.folder / "pytests.xml").read_text()
    ours = (project.folder / "ours.xml").read_text()
    for text in (pytests, ours):
        assert "call_fixture_func" not in text
        assert "a.feature:4" in text
    case = next(ET.fromstring(ours).iter("testcase"))
    assert (case.get("classname"), case.get("name")) == ("a", "Empty")
    assert all(step in ours for step in steps)


@pytest.mark.embedded
def test_9_a_check_waits_and_tells_what_it_saw(project: Project, given_clusters: list[str]) -> None:
    project.write("conftest.py", STEPS)
    project.write(
        "a.feature",
        "Feature: F\n"
        "  Scenario: Late\n"
        '    Given I am using cluster "venice"\n'
        "    When I run:\n"
        '      """\n      (sleep 1; kubectl create configmap late-{namespace}) &\n      """\n'
        '    Then configmap "late-{namespace}" in namespace "default" exists within 20s\n'
        '    When I run "kubectl delete configmap late-{namespace}"\n'
        "  Scenario: Never\n"
        '    Then configmap "never" in namespace "default" in cluster "venice" exists within 1s\n',
    )
    outcome = project.run(*given_clusters)
    outcome.assert_outcomes(passed=1, failed=1)
    outcome.stdout.fnmatch_lines(["*a.feature:11*", "*timeline*0.0s*(timeout)"])


@pytest.mark.embedded
def test_10_scenarios_share_clusters_and_nothing_else(project: Project, given_clusters: list[str]) -> None:
    project.write("conftest.py", "")
    scenario = (
        '    Given I am using cluster "venice"\n'
        "    When I apply:\n"
        '      """\n      {"apiVersion": "v1", "kind": "ConfigMap",\n'
        '       "metadata": {"name": "mine", "labels": {"app": "mine"}}}\n      """\n'
        '    Then exactly 1 configmaps matching "app=mine" exist\n'
    )
    project.write("a.feature", f"Feature: F\n  Scenario: A\n{scenario}  Scenario: B\n{scenario}")
    project.run(*given_clusters).assert_outcomes(passed=2)
