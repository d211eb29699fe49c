"""`liqolab run`, the README's first command: the whole lesson, headless."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.embedded


def test_the_tour_passes_and_leaves_nothing_behind(laboratory, tmp_path) -> None:
    lab = laboratory(tmp_path)
    said = lab.liqolab("run", "offloading-with-policies")
    assert "9 of 9 steps passed" in said
    for title in ("Provision the playground", "Tune namespace offloading", "Destroy the clusters"):
        assert any(line.startswith(title) and " passed " in line for line in said.splitlines()), said
    assert not lab.home.exists()
    assert not list(lab.scratch.iterdir())
