"""`liqolab run`, the README's first command: the whole lesson, headless."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laboratory import LESSON, Laboratory

pytestmark = pytest.mark.embedded


def test_the_tour_passes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    lab = Laboratory(tmp_path)
    said = lab.liqolab("run", LESSON)
    assert "9 of 9 steps passed" in said
    for title in ("Provision the playground", "Tune namespace offloading", "Destroy the clusters"):
        assert any(line.startswith(title) and " passed " in line for line in said.splitlines()), said
    assert lab.left_behind() == []


@pytest.mark.journey
def test_the_lesson_passes_in_the_releases_words_too(tmp_path: Path) -> None:
    lab = Laboratory(tmp_path)
    said = lab.liqolab("run", LESSON, "--dialect", "release")
    assert "9 of 9 steps passed" in said
    assert lab.left_behind() == []
