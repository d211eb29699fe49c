"""``liqolab steps`` and ``liqolab test``, from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from liqolab.cli import liqolab
from liqolab.steps.vocabulary import REGISTRY


def _say(*arguments: str) -> Result:
    return CliRunner().invoke(liqolab, list(arguments))


def test_all_sentences_are_listed() -> None:
    said = _say("steps", "list").output
    assert all(step.sentence in said for step in REGISTRY)
    documents = json.loads(_say("steps", "list", "-o", "json").output)
    assert [document["sentence"] for document in documents] == [step.sentence for step in REGISTRY]
    assert {document["role"] for document in documents} == {"given", "when", "then"}


def test_sentences_are_listed_in_a_language() -> None:
    said = _say("steps", "list", "--language", "it").output
    assert "Then  il comando riesce" in said
    refused = _say("steps", "list", "--language", "xx")
    assert refused.exit_code == 2
    assert "en, it" in refused.output


def test_sentences_are_found_by_words() -> None:
    found = json.loads(_say("steps", "search", "virtual NODE", "-o", "json").output)
    assert found
    assert all("virtual" in json.dumps(document).lower() for document in found)
    assert len(found) < len(list(REGISTRY)) / 4
    assert _say("steps", "search", "qwertyuiop").exit_code == 1


def test_a_sentence_is_explained_by_its_wording_or_by_a_step() -> None:
    by_wording = _say("steps", "docs", "the command fails with exit code {code:int}")
    by_step = _say("steps", "docs", "the command fails with exit code 3")
    assert by_wording.exit_code == by_step.exit_code == 0
    assert by_wording.output == by_step.output
    assert "commands.py" in by_step.output
    unknown = _say("steps", "docs", "the command fayls with exit code 3")
    assert unknown.exit_code == 1
    assert "did you mean" in unknown.output


@pytest.mark.parametrize(
    ("feature", "arguments", "code"),
    [
        ("Feature: A\n  Scenario: A\n    Given a thing\n", [], 0),
        ("Feature: A\n  Scenario: A\n    Given a broken thing\n", [], 1),
        ("Feature: A\n  Scenario: A\n    Given nothing\n", [], 2),
        ("Feature: A\n  Scenario: A\n    Given a thing\n", ["--provider", "moon"], 2),
        ("Feature: A\n  Scenario: A\n    Given a thing\n", ["-k", "other"], 5),
    ],
)
def test_exit_codes_of_a_run(tmp_path: Path, feature: str, arguments: list[str], code: int) -> None:
    (tmp_path / "conftest.py").write_text(
        "from pytest_bdd import given\n@given('a thing')\ndef _(): pass\n@given('a broken thing')\ndef _(): assert 0\n"
    )
    (tmp_path / "a.feature").write_text(feature)
    command = [sys.executable, "-m", "liqolab.cli", "test", "-p", "no:cacheprovider", *arguments, "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
