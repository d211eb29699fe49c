"""Every sentence is used in a feature that runs; these are the features."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pytest_bdd import scenarios

from liqolab.steps.vocabulary import REGISTRY

pytestmark = pytest.mark.embedded

scenarios("vocabulary")


def test_every_sentence_has_an_example_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2] / "tools"), *sys.path])
    from vocabulary_page import uses

    assert [step.sentence for step in REGISTRY if step.sentence not in uses()] == []
