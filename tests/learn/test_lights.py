"""Who waits for the tasks to be judged is let go when the lesson is closed: the process could not end before."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from liqolab.learn.journal import Journal
from liqolab.learn.lights import Lights
from liqolab.learn.progress import Progress

_FOR_EVER, _PATIENCE = 1e6, 60.0


def test_a_check_that_is_under_way_does_not_outlive_the_lesson(tmp_path: Path) -> None:
    lights = Lights(Journal(tmp_path / "journal.jsonl"), Progress())
    answers: list[bool] = []
    waiting = [Thread(target=lambda: answers.append(lights.next_round(0, _FOR_EVER)), daemon=True) for _ in range(2)]
    waiting[0].start()
    lights.close()
    # Also who comes afterwards.
    waiting[1].start()
    for thread in waiting:
        thread.join(_PATIENCE)
    assert answers == [False, False]
