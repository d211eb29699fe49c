"""Every sentence is used in a feature that runs: those of the folder `features`, which pytest collects by itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from liqolab.steps.vocabulary import REGISTRY


def test_every_sentence_has_an_example_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2] / "tools"), *sys.path])
    from vocabulary_page import uses

    assert [step.sentence for step in REGISTRY if step.sentence not in uses()] == []
