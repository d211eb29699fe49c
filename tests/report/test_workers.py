"""The reports of a run are the same however many processes ran it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

CONFTEST = """\
import pytest
from pytest_bdd import given, parsers, then, when

given("a ledger")(lambda: None)
when(parsers.parse("I add {number:d}"), target_fixture="total")(lambda number: number)

@then(parsers.parse("the total is {number:d}"))
def _total(total, number):
    assert total == number

@then("nobody knows")
def _unknown():
    pytest.skip("not here")
"""

FEATURE = """\
@books
Feature: Ledger {number}
  Background:
    Given a ledger

  Scenario Outline: Sums
    When I add <added>
    Then the total is 2
    When I add 5

    Examples:
      | added |
      | 1     |
      | 2     |

  Scenario: Left out
    Then nobody knows
"""


# One test, because a module's tests may be spread over processes, and each would run pytest anew.
def test_four_workers_report_what_one_process_reports(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "features").mkdir()
    for number in range(4):
        (tmp_path / "features" / f"ledger{number}.feature").write_text(FEATURE.format(number=number))
    alone, shared = _run(tmp_path, "0"), _run(tmp_path, "4")

    results = _results(alone)
    assert results == _results(shared)
    statuses = [step["result"]["status"] for element in results[0]["elements"] for step in element["steps"]]
    assert Counter(statuses) == {"passed": 7, "failed": 1, "skipped": 2}

    cases = _cases(alone)
    assert cases == _cases(shared)
    assert Counter(tag for _, tag in cases) == {"failure": 4, "system-out": 4, "skipped": 4}

    messages = _messages(alone)
    assert messages == _messages(shared)
    assert messages["testCaseFinished"] == messages["testCaseStarted"] == messages["pickle"] == 12

    lanes = [(folder / "html").read_text().count('<div class="lane">') for folder in (alone, shared)]
    assert lanes[0] == 1 < lanes[1] <= 4


def _run(folder: Path, workers: str) -> Path:
    names = ("junit", "cucumber-json", "messages", "html")
    asked = [f"--liqolab-report={name}=out{workers}/{name}" for name in names]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", workers]
    done = subprocess.run(
        [*command, "features", *asked],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "4 failed, 4 passed, 4 skipped" in done.stdout, done.stdout
    return folder / f"out{workers}"


def _results(folder: Path) -> Any:
    """Cucumber JSON without times."""
    return _timeless(json.loads((folder / "cucumber-json").read_text()))


def _timeless(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _timeless(value) for key, value in part.items() if key not in ("duration", "start_timestamp")}
    return [_timeless(entry) for entry in part] if isinstance(part, list) else part


def _cases(folder: Path) -> list[tuple[str | None, str]]:
    """Names of JUnit's cases with the first thing that is said of them."""
    root = ElementTree.parse(folder / "junit").getroot()
    return [(case.get("name"), case[0].tag) for case in root.iter("testcase")]


def _messages(folder: Path) -> Counter[str]:
    """How many messages there are of each kind."""
    lines = [json.loads(line) for line in (folder / "messages").read_text().splitlines()]
    return Counter(next(iter(line)) for line in lines)
