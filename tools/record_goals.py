"""Record where each step of the lessons leads, as worlds in ``scenarios/LESSON/goals/``.

Plays each lesson on clusters of its own and looks at them after every step, once nothing moves any more. Two runs
give the same bytes; with ``--check`` nothing is written, and what would change is named.

    python tools/record_goals.py [--check] [LESSON ...]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from liqolab.atlas.documents import world_document
from liqolab.atlas.goal import load_goal, save_goal
from liqolab.atlas.live import Atlas
from liqolab.atlas.normal import goal_of, is_settled
from liqolab.atlas.snapshot import collect
from liqolab.atlas.world import World
from liqolab.playground import home
from liqolab.playground.home import Playground
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.scenario.library import lesson_names
from liqolab.scenario.runner import Player
from liqolab.scenario.session import close_playground, open_lab
from liqolab.steps.failing.error import CheckFailedError

QUIET_SECONDS = 1.5
"""Nothing that matters has changed for so long: the step has led where it leads."""
PATIENCE_SECONDS = 60.0


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Record where each step of the lessons leads.")
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when something would change")
    options = parser.parse_args()
    changed = False
    for name in options.lessons or lesson_names():
        lesson = load_lesson(name)
        for step, goal in goals(lesson):
            same = load_goal(name, step) == goal
            changed |= not same
            print(f"{name}: {step}: {'as it was' if same else 'changed'}", flush=True)
            if options.check and not same:
                print(json.dumps(world_document(goal), indent=1))
            elif not options.check:
                save_goal(lesson.files.parent, step, goal)
    return 1 if options.check and changed else 0


def goals(lesson: Lesson) -> Iterator[tuple[str, World]]:
    """Play a lesson; the goal of each step as soon as it is reached."""
    playground = home.resolve(f"goals-{secrets.token_hex(3)}")
    names = tuple(cluster.name for cluster in lesson.clusters)
    try:
        with open_lab(playground, lesson) as lab:
            player = Player(lesson, lab)
            for step in lesson.steps:
                player.reach(step.id)
                asyncio.run(_settled(playground, names))
                yield step.id, goal_of(collect(lab, names))
    except CheckFailedError as error:
        sys.exit(f"{lesson.name} does not pass, so it leads nowhere:\n{error}")
    finally:
        close_playground(playground)


async def _settled(playground: Playground, names: tuple[str, ...]) -> None:
    """Wait until nothing has moved for a while."""

    def kubeconfigs() -> dict[str, Path]:
        return {name: playground.clusters / name / "kubeconfig" for name in names}

    async with asyncio.timeout(PATIENCE_SECONDS), Atlas(kubeconfigs) as atlas:
        changes = aiter(atlas.changes())
        coming = asyncio.ensure_future(anext(changes))
        while True:
            done, _ = await asyncio.wait([coming], timeout=QUIET_SECONDS)
            if done:
                coming = asyncio.ensure_future(anext(changes))
            elif is_settled(atlas.world):
                coming.cancel()
                return


if __name__ == "__main__":
    sys.exit(main())
