"""What lint says of a feature and what a run makes of it: neither knows a scenario that the other does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.author.lint.linter import lint_feature
from liqolab.scenario.feature import load_feature
from liqolab.scenario.library import LessonError

CHECK = '    When I run "true"\n    Then the command succeeds\n'
OUTLINE = 'Feature: F\n\n  Scenario Outline: A <n>\n    When I run "<n>"\n    Then the command succeeds\n'
OTHER = f"\n  Scenario: B\n{CHECK}"

REFUSING = {"feature-syntax", "feature-empty", "scenario-empty", "outline-without-examples", "file-binary"}
REFUSING |= {"file-encoding"}
"""Rules whose findings say that something does not run as it is written."""


@pytest.mark.parametrize(
    ("text", "runs", "rules"),
    [
        pytest.param(f"Feature: F\n\n  Scenario: A\n{CHECK}", 1, set(), id="plain"),
        pytest.param(f"Feature: F\n\n  Scenario: A\n    # When I dance\n{CHECK}", 1, set(), id="comment"),
        pytest.param(f"Feature: F\n\n  Scenario: A\n{CHECK}\n  Scenario: A\n{CHECK}", 2, set(), id="two of a name"),
        pytest.param(
            f"Feature: F\n\n  Rule: R\n\n    Scenario: A\n{CHECK}\n  Rule: Q\n\n    Scenario: A\n{CHECK}", 2, set()
        ),
        pytest.param('Feature: F\n\n  Scenario: A\n    * I run "true"\n', 1, set(), id="star"),
        pytest.param(OUTLINE, 1, {"outline-without-examples"}, id="no examples"),
        pytest.param(f"{OUTLINE}\n    Examples:\n      | n |\n      | a |\n      | b |\n", 2, set(), id="rows"),
        pytest.param(f"{OUTLINE}\n    Examples:\n      | n |\n{OTHER}", 0, {"outline-without-examples"}, id="no rows"),
        pytest.param(f"{OUTLINE}\n    Examples:\n{OTHER}", 0, {"outline-without-examples"}, id="no header"),
        pytest.param(
            f"{OUTLINE}\n    Examples:\n      | n |\n\n    Examples: more\n      | n |\n      | a |\n",
            0,
            {"outline-without-examples"},
            id="one of two tables without rows",
        ),
        pytest.param(
            f"Feature: F\n\n  Scenario: A <n>\n{CHECK}\n    Examples:\n      | n |\n",
            0,
            {"outline-without-examples"},
            id="a Scenario with examples without rows",
        ),
        pytest.param(
            '# language: it\nFunzionalità: F\n\n  Schema dello scenario: A\n    Quando eseguo "<n>"\n'
            "    Allora il comando riesce\n\n    Esempi:\n      | n |\n",
            0,
            {"outline-without-examples"},
            id="Italian, no rows",
        ),
        pytest.param(f"Feature: F\n\n  Scenario: A\n{OTHER}", 0, {"scenario-empty"}, id="no steps"),
        pytest.param(
            "Feature: F\n\n  Background:\n    Given x\n\n  Scenario: A\n", 0, {"scenario-empty"}, id="only those above"
        ),
        pytest.param("Feature: F\n\n  Background:\n    Given x\n", 0, {"feature-empty"}, id="only a Background"),
        pytest.param("# nothing\n", 0, {"feature-empty"}, id="only comments"),
        pytest.param(f"{OUTLINE}\n    Examples:\n      | n | m |\n      | a |\n", 0, {"feature-syntax"}, id="ragged"),
        pytest.param(f"Feature: F\n{OTHER}\nFeature: G\n{OTHER}", 0, {"feature-syntax"}, id="two features"),
        pytest.param('Feature: F\n\n  Scenario: A\n    When I run:\n      """\n', 0, {"feature-syntax"}, id="no end"),
        pytest.param(f"# language: xx\nFeature: F\n{OTHER}", 0, {"feature-syntax"}, id="unknown language"),
        pytest.param(f"Feature: F\0\n{OTHER}", 0, {"file-binary"}, id="a zero byte"),
        pytest.param(f"Feature: \udcff\n{OTHER}", 0, {"file-encoding"}, id="not UTF-8"),
    ],
)
def test_lint_and_a_run_agree(text: str, runs: int, rules: set[str], tmp_path: Path) -> None:
    path = tmp_path / "f.feature"
    path.write_bytes(text.encode(errors="surrogateescape"))
    try:
        found = len(load_feature(path).scenarios)
    except LessonError:
        found = 0
    assert found == runs
    assert {finding.rule for finding in lint_feature(path)} & REFUSING == rules


def test_what_does_not_run_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "f.feature"
    path.write_text(f"{OUTLINE}\n    Examples:\n      | n |\n{OTHER}")
    with pytest.raises(LessonError, match=r'f\.feature:7: these Examples of "A <n>" have no rows'):
        load_feature(path)
    assert [finding.line for finding in lint_feature(path) if finding.rule in REFUSING] == [7]


def test_an_outline_without_examples_is_said_to_run_once(tmp_path: Path) -> None:
    path = tmp_path / "f.feature"
    path.write_text(OUTLINE)
    told = [finding.message for finding in lint_feature(path) if finding.rule in REFUSING]
    assert told == ["this outline has no examples, so it runs once, as it is written"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"Feature: F\n\n  Rule: R\n\n  Rule: Q\n\n    Scenario: A\n{CHECK}", "this Rule has no scenario"),
        (
            f"{OUTLINE}\n    Examples:\n      | n | n |\n      | a | b |\n",
            "the column <n> stands twice; only the first is used",
        ),
    ],
)
def test_what_says_nothing_is_told(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "f.feature"
    path.write_text(text)
    assert told in [finding.message for finding in lint_feature(path)]
