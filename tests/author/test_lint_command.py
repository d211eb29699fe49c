"""`liqolab lint` as people and scripts meet it: output, exit codes, and files that nobody should have."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from liqolab.author.lint.catalogue import RULES
from liqolab.author.lint.source import LARGEST
from liqolab.author.scaffold import scaffold
from liqolab.cli.lint import lint

BAD = 'Feature: F\n\n  Scenario: S  \n    Then cluster "venice" does not exits\n'
GOOD = 'Feature: F\n\n  Scenario: S\n    Then cluster "venice" does not exist\n'


def _lint(*arguments: object) -> Result:
    """The command in this process: nothing it does needs one of its own."""
    return CliRunner().invoke(lint, [str(argument) for argument in arguments])


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad: 100%,.feature"
    path.write_text(BAD)
    return path


def test_a_person_sees_file_line_column_rule_and_message(bad: Path) -> None:
    done = _lint(bad)
    assert done.exit_code == 1
    first, second, total = done.stdout.splitlines()
    assert first == f"{bad}:3:14 trailing-space blanks at the end of the line"
    assert second.startswith(
        f"{bad}:4:10 step-undefined no sentence of the vocabulary says this; did you mean: cluster"
    )
    assert total == "2 findings in 1 file; 1 of them can be mended with --fix"


def test_exit_codes_tell_clean_from_findings_from_a_wrong_command_line(bad: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.feature"
    good.write_text(GOOD)
    assert (_lint(good).exit_code, _lint(good).stdout) == (0, "no findings\n")
    for wrong in (
        ["nowhere.feature"],
        [__file__],
        ["--select", "nonsense", good],
        ["-o", "xml", good],
        [tmp_path / "x"],
    ):
        assert _lint(*wrong).exit_code == 2, wrong
    (tmp_path / "x").mkdir()
    assert _lint(tmp_path / "x").exit_code == 2


def test_rules_are_selected_and_ignored_by_their_beginnings(bad: Path) -> None:
    assert "trailing-space" not in _lint(bad, "--select", "step-").stdout
    assert "step-undefined" not in _lint(bad, "--ignore", "step-,nonsense", "--ignore", "tab").stdout
    assert _lint(bad, "--ignore", "step-undefined,trailing-space").exit_code == 0


def test_json_has_all_that_the_text_has(bad: Path) -> None:
    first, second = json.loads(_lint(bad, "-o", "json").stdout)
    assert first == {
        "path": str(bad),
        "line": 3,
        "column": 14,
        "rule": "trailing-space",
        "severity": "warning",
        "message": "blanks at the end of the line",
        "fixable": True,
    }
    assert (second["line"], second["column"], second["rule"]) == (4, 10, "step-undefined")


def test_annotations_of_github_are_escaped(bad: Path) -> None:
    first = _lint(bad, "-o", "github").stdout.splitlines()[0]
    name = str(bad).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    assert first == f"::warning file={name},line=3,col=14,title=trailing-space::blanks at the end of the line"


def test_sarif_is_one_run_whose_results_refer_to_its_rules(bad: Path) -> None:
    document = json.loads(_lint(bad, "-o", "sarif").stdout)
    assert set(document) == {"$schema", "version", "runs"}
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert set(run) == {"tool", "columnKind", "results"}
    driver = run["tool"]["driver"]
    assert {"name", "version", "rules"} <= set(driver)
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"]
    assert [result["ruleId"] for result in run["results"]] == ["trailing-space", "step-undefined"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert "%25" in physical["artifactLocation"]["uri"] and " " not in physical["artifactLocation"]["uri"]
        assert physical["region"]["startLine"] >= 1 and physical["region"]["startColumn"] >= 1


HOSTILE = {
    "binary": (b"Feature: F\n\0\0", "file-binary", (2, 1)),
    "latin": ("Feature: Città\n".encode("latin-1"), "file-encoding", (1, 14)),
    "mark": (b"\xef\xbb\xbf" + GOOD.encode(), "file-encoding", (1, 1)),
    "huge": (b"# " + b"x" * LARGEST, "file-too-large", (1, 1)),
    "prose": (b"This is no feature.\n", "feature-syntax", (1, 1)),
    "open": (b'Feature: F\n  Scenario: S\n    When I run:\n      """\n      a\n', "feature-syntax", (6, 1)),
    "language": (b"# language: klingon\nFeature: F\n", "feature-syntax", (1, 1)),
    "empty": (b"", "feature-empty", (1, 1)),
    "escape": (b"Feature: \x1b[31mF\n  Scenario: S\n    Then \x1b]0;x\x07\n", "step-undefined", (3, 10)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_feature_is_one_clear_finding(tmp_path: Path, name: str) -> None:
    content, rule, place = HOSTILE[name]
    path = tmp_path / "f.feature"
    path.write_bytes(content)
    done = _lint(path, "-o", "json")
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit), done.output
    found = {entry["rule"]: (entry["line"], entry["column"]) for entry in json.loads(done.stdout)}
    assert found[rule] == place
    assert "\x1b" not in _lint(path).stdout


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("content", "rule", "line"),
    [
        (b"title: [unclosed\n", "lesson-yaml", 1),
        (b"- a list\n", "lesson-yaml", 1),
        (b"", "lesson-yaml", 1),
        (b"title: \xff\n", "file-encoding", 1),
        (BOMB.encode(), "lesson-yaml", 1),
        (b"a: &a [*a]\n", "lesson-yaml", 1),
        (b"[" * 5000, "lesson-yaml", 1),
        (b"[" * 101 + b"]" * 101, "lesson-yaml", 1),
        (b"title: 2026-99-99\nsteps: 3\nclusters: {}\n", "lesson-schema", 1),
        (b"!!python/object/apply:os.system [echo]\n", "lesson-yaml", 1),
        (b"? [a, b]\n: c\n", "lesson-schema", 1),
    ],
    ids=["open", "list", "empty", "latin", "bomb", "circle", "deep", "closed", "types", "python", "complex-key"],
)
def test_a_hostile_lesson_is_a_clear_finding(tmp_path: Path, content: bytes, rule: str, line: int) -> None:
    scaffold(tmp_path, "new-lesson", ["rome"])
    path = tmp_path / "scenarios" / "new-lesson" / "lesson.yaml"
    path.write_bytes(content)
    done = _lint(path, "-o", "json")
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit), done.output
    assert line in [entry["line"] for entry in json.loads(done.stdout) if entry["rule"] == rule]


def test_what_is_in_this_project_is_clean() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "liqolab.cli", "lint"], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "no findings\n")
