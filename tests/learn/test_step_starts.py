"""How steps began, where clusters have no snapshots: only the beginning without clusters is kept."""

from __future__ import annotations

from pathlib import Path

from liqolab.learn.step_starts import StepStarts
from liqolab.playground.home import Playground
from liqolab.playground.providers import KIND, Choice, settle
from liqolab.scenario.bash_state import BashState
from liqolab.scenario.lesson import load_lesson


def test_only_the_beginning_is_kept_of_clusters_without_snapshots(tmp_path: Path) -> None:
    playground = Playground("learn", tmp_path)
    settle(playground, Choice(KIND))
    starts = StepStarts(playground, load_lesson("offloading-with-policies"))
    starts.keep("provision", BashState())
    (playground.clusters / "venice").mkdir()
    starts.keep("peer", BashState())
    assert not starts.keeps
    assert starts.has("provision")
    # Whoever wants to go there plays from the beginning.
    assert not starts.has("peer")
