"""What is collected from feature files, by which names, and what is said of features that cannot run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.testing.conftest import Project

pytest_plugins = ["pytester"]

STEPS = """
from pytest_bdd import given, then, parsers

@given(parsers.parse("{count:d} things"), target_fixture="count")
def _(count): return count

@then(parsers.parse("there are {wanted:d}"))
def _(count, wanted): assert count == wanted

@given(parsers.parse("{count:d} cose"), target_fixture="count")
def _(count): return count

@then(parsers.parse("ce ne sono {wanted:d}"))
def _(count, wanted): assert count == wanted
"""

FEATURE = """
@things @req:NS-1
Feature: Things
  Background:
    Given 3 things

  Scenario: All there
    Then there are 3

  Scenario Outline: Some of them
    Given <count> things
    Then there are <count>

    @few
    Examples:
      | count |
      | 1     |
      | 2     |

    Examples:
      | count |
      | 9     |

  Rule: The same name may come again
    @slow
    Scenario: All there
      Then there are 3
"""

ITALIAN = """# language: it
Funzionalità: Cose
  Scenario: Ci sono
    Dato 2 cose
    Allora ce ne sono 2
"""

NAMES = [
    "features/italian.feature::Ci sono",
    "features/things.feature::All there",
    "features/things.feature::Some of them[1]",
    "features/things.feature::Some of them[2]",
    "features/things.feature::Some of them[9]",
    "features/things.feature::All there[line 26]",
]


@pytest.fixture
def things(project: Project) -> Any:
    project.write("features/things.feature", FEATURE)
    project.write("features/italian.feature", ITALIAN)
    project.write("conftest.py", STEPS)
    return project


def _ids(outcome: pytest.RunResult) -> list[str]:
    return [line.removesuffix(" ") for line in outcome.outlines if "::" in line]


def test_features_need_no_python(things: Any) -> None:
    assert _ids(things.run("--collect-only", "-q")) == NAMES
    things.run().assert_outcomes(passed=6)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["features/italian.feature"], NAMES[:1]),
        (["features/things.feature::All there"], [NAMES[1], NAMES[5]]),
        (["features/things.feature::Some of them[2]"], [NAMES[3]]),
        (["-k", "Some and not 9"], NAMES[2:4]),
        (["-m", "few"], NAMES[2:4]),
        (["-m", "things and slow"], [NAMES[5]]),
        (["-m", "req:NS-1 and not few"], [NAMES[1], NAMES[4], NAMES[5]]),
    ],
)
def test_scenarios_are_chosen_as_tests_are(things: Any, arguments: Any, expected: Any) -> None:
    assert _ids(things.run("--collect-only", "-q", *arguments)) == expected


def test_a_scenario_that_a_module_binds_is_collected_once(things: Any) -> None:
    things.write(
        "tests/test_things.py",
        "from pytest_bdd import scenario, scenarios\n"
        "@scenario('../features/italian.feature', 'Ci sono')\ndef test_bound(): pass\n",
    )
    collected = _ids(things.run("--collect-only", "-q"))
    assert collected == [*NAMES[1:], "tests/test_things.py::test_bound"]


def test_collection_can_be_switched_off(things: Any) -> None:
    things.write("pytest.ini", "[pytest]\nliqolab_collect = false\n")
    assert things.run("--collect-only").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_everything_that_is_wrong_is_told_at_once_and_nothing_runs(project: Project) -> None:
    project.write(
        "conftest.py",
        "from pytest_bdd import given\nfrom liqolab.steps.registry import then\n"
        "@given('a bomb')\ndef _(): raise SystemExit(77)\n"
        "@then('the command succeeds')\ndef mine(lab): pass\n",
    )
    project.write(
        "a.feature",
        "Feature: A\n  Scenario: A\n    Given a bomb\n    When I run:\n"
        '    Then node "x" in cluster "venice" never is Ready\n'
        '    And node "x" in cluster "venice" is Redy\n'
        "    And the command succeeds\n",
    )
    project.write(
        "b.feature",
        "Feature: B\n  Scenario: B\n    Given a bomb\n      | x |\n    Then the komand succeeds\n    And a bomb\n",
    )
    project.write("c.feature", "Feature: C\n  Scenario: C\n    Given x\n  nonsense\n")
    outcome = project.run()
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    outcome.stdout.fnmatch_lines_random(
        [
            "a.feature:4: this step needs a text block below it: I run:",
            'a.feature:5: no step is defined for: node "x" in cluster "venice" never is Ready',
            '*"never" needs a time*',
            "a.feature:7: 2 definitions claim: the command succeeds",
            "    conftest.py:5: the command succeeds",
            "    *commands.py:*: the command succeeds",
            "b.feature:3: this step takes no table: a bomb",
            "b.feature:5: no step is defined for: the komand succeeds",
            "b.feature:6: this is said with Given, and here it stands behind Then: a bomb",
            "    conftest.py:3: a bomb",
            "    did you mean: the command succeeds",
            "*c.feature:4:3:*",
        ]
    )


@pytest.mark.parametrize("bound", [False, True])
def test_examples_without_rows_end_the_run_before_it_begins(project: Project, bound: bool) -> None:
    project.write("conftest.py", "from pytest_bdd import given\n@given('it')\ndef _(): pass\n")
    outline = "  Scenario Outline: A <n>\n    Given it\n    Examples:\n      | n |\n"
    project.write("a.feature", f"Feature: A\n{outline}  Scenario: B\n    Given it\n")
    if bound:
        project.write("test_a.py", "from pytest_bdd import scenarios\nscenarios('a.feature')\n")
    outcome = project.run(*(["test_a.py"] if bound else []))
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    outcome.stdout.fnmatch_lines(['*a.feature:4: these Examples of "A <n>" have no rows: nothing would run*'])


def test_the_nearer_of_two_definitions_of_one_sentence_counts(project: Project) -> None:
    project.write("conftest.py", "from pytest_bdd import given\n@given('it')\ndef _(): assert False, 'the far one'\n")
    project.write("near/conftest.py", "from pytest_bdd import given\n@given('it')\ndef _(): pass\n")
    project.write("near/a.feature", "Feature: A\n  Scenario: A\n    Given it\n")
    project.run().assert_outcomes(passed=1)


def test_definitions_that_nothing_uses_are_told(project: Project) -> None:
    project.write("conftest.py", "from pytest_bdd import given\n@given('used')\n@given('unused')\ndef _(): pass\n")
    project.write("a.feature", "Feature: A\n  Scenario: A\n    Given used\n  Scenario: B\n    Given used\n")
    outcome = project.run()
    outcome.assert_outcomes(passed=2, warnings=1)
    outcome.stdout.fnmatch_lines(["*conftest.py:2: PytestWarning: no step uses this definition: unused"])
    # Who runs a part of the features knows that the rest uses something else.
    project.run("-k", "B").assert_outcomes(passed=1, deselected=1)
    outcome = project.run("--liqolab-unused", "error")
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    outcome.stdout.fnmatch_lines(["conftest.py:2: no step uses this definition: unused"])


def test_every_step_of_every_feature_of_this_project_means_one_thing(project: Project) -> None:
    outcome = project.run("--liqolab-steps-dry-run", str(Path(__file__).parents[2] / "features"))
    assert outcome.ret == pytest.ExitCode.OK
    assert any(line.endswith("steps; nothing was run") for line in outcome.outlines)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--liqolab-provider", "cloud"], 'there is no provider "cloud"; known: embedded, kind, existing'),
        (["--liqolab-provider", "existing"], "add --liqolab-kubeconfig NAME=PATH"),
        (["--liqolab-kubeconfig", "venice"], '"venice" is not of the form NAME=PATH'),
        (["--liqolab-kubeconfig", "venice=nowhere"], "there is no kubeconfig *nowhere"),
        (["--liqolab-kubeconfig", "venice=away:other"], 'context "other" does not exist (known: there)'),
        (["--liqolab-kubeconfig", "venice=away"], "*does not answer*see that the clusters run*"),
        (["--liqolab-kubeconfig", "a=away", "--liqolab-kubeconfig", "a=away"], 'cluster "a" is given twice'),
        (["--liqolab-kubeconfig", "a=away", "--liqolab-provider", "embedded"], "use one"),
        (["--liqolab-topology", "moon"], '"moon" is neither a file nor a lesson; lessons: *offloading-with-policies*'),
        (["--liqolab-topology", "strange.yaml"], '"cluster" is not known here; known: clusters, dialect, liqo'),
        (["--liqolab-report", "pdf=x"], "there is no report format*"),
        (["--liqolab-residue", "maybe"], '"maybe" is none of error, warn, off'),
    ],
)
def test_bad_options_are_refused_before_anything_starts(things: Any, arguments: Any, told: Any) -> None:
    things.write("strange.yaml", "cluster: []\n")
    things.write("away", AWAY)
    outcome = things.run(*arguments)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines([f"ERROR: *{told}*"])


AWAY = """
apiVersion: v1
kind: Config
current-context: there
contexts: [{name: there, context: {cluster: there, user: me}}]
clusters: [{name: there, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: me, user: {token: secret}}]
"""


def test_a_report_that_cannot_be_written_is_told_and_not_green(things: Any) -> None:
    things.write("file", "in the way")
    outcome = things.run("--liqolab-report", "junit=file/report.xml", "--liqolab-report", "html=fine.html")
    outcome.assert_outcomes(passed=6)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    outcome.stdout.fnmatch_lines(["*file/report.xml cannot be written*"])
    assert (things.folder / "fine.html").exists()


PLACES = """Feature: Places
  Scenario: One
    Given 1 things
    Then there are 1

  @slow
  Scenario: Two
    Given 2 things
    Then there are 2

  Scenario Outline: Some
    Given <count> things
    Then there are <count>

    Examples:
      | count |
      | 3     |
      | 4     |
"""


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["f.feature:2"], ["One"]),
        (["f.feature:5"], ["One"]),
        (["f.feature:6"], ["Two"]),
        (["f.feature:8"], ["Two"]),
        (["f.feature:12"], ["Some[3]", "Some[4]"]),
        (["f.feature:18"], ["Some[4]"]),
        (["f.feature:3", "f.feature:17"], ["One", "Some[3]"]),
        (["f.feature:1"], ["One", "Two", "Some[3]", "Some[4]"]),
        (["f.feature:99"], ["Some[3]", "Some[4]"]),
        (["f.feature:2", "f.feature"], ["One", "Two", "Some[3]", "Some[4]"]),
    ],
)
def test_a_line_of_a_file_selects_what_stands_there(project: Project, arguments: list[str], wanted: list[str]) -> None:
    project.write("conftest.py", STEPS)
    project.write("f.feature", PLACES)
    outcome = project.run("--collect-only", "-q", *arguments)
    assert [line.partition("::")[2] for line in outcome.outlines if "::" in line] == wanted


def test_words_that_cannot_have_been_meant_are_told_before_anything_runs(project: Project) -> None:
    table = "    Given a playground with clusters:\n      | name |\n      | milan |\n"
    slips = '    Then nod "x" in cluster "millan" is Reddy\n'
    project.write("f.feature", f"Feature: F\n  Scenario: S\n{table}{slips}")
    outcome = project.run()
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(
        [
            'f.feature:6: no kind is called "nod"; did you mean: node',
            '    no object is ever "Reddy"; did you mean: Ready',
            '    there is no cluster "millan" in this scenario; did you mean: milan',
        ]
    )
