"""Records the moment that the documentation's screens show: plays the lesson up to it, on clusters that run.

``build_screens.py --record`` calls it. The playgrounds are taken down again.
"""

from __future__ import annotations

import asyncio
import copy
import os
import tempfile
from pathlib import Path
from typing import Any

from liqolab_tui.engine.acceptance import AcceptanceController
from liqolab_tui.engine.outlet import Outlet
from liqolab_tui.run_state import RunState
from screens_tape import LESSON, STEP, Tape

from liqolab.atlas.live import Atlas
from liqolab.atlas.normal import is_settled
from liqolab.learn.notices import CommandEnded, CommandStarted, OutputArrived
from liqolab.learn.opening import Arguments, open_walkthrough
from liqolab.learn.texts import Texts
from liqolab.learn.walkthrough import Walkthrough
from liqolab.playground import home
from liqolab.scenario.session import close_playground

QUIET_SECONDS = 1.5
"""Nothing has changed for so long: this is how it is."""
SHOWN_SENTENCE = 5
"""The sentence of the step that runs in the screenshot of an acceptance run."""


def record(language: str) -> Tape:
    """Play the lesson in a language."""
    with tempfile.TemporaryDirectory(prefix="liqolab-screens-") as folder:
        os.environ[home.HOME_VARIABLE] = folder
        playground = home.resolve("learn")
        try:
            with open_walkthrough(Arguments(LESSON, playground.name, language)) as walkthrough:
                tape = _walk(walkthrough)
        finally:
            close_playground(playground)
        tape.run = _acceptance(language)
    _refuse_paths(tape, folder)
    return tape


def _walk(walkthrough: Walkthrough) -> Tape:
    said: list[Any] = []
    while walkthrough.current != STEP:
        for command in walkthrough.step().commands:
            walkthrough.run(command.text)
        walkthrough.check()
        if not walkthrough.next():
            raise SystemExit(f"step {walkthrough.current} is not done: {walkthrough.lights()}")
    saved = [walkthrough.save_snapshot("offloaded")]
    walkthrough.subscribe(said.append)
    walkthrough.run(walkthrough.step().commands[0].text)
    walkthrough.check()
    # What many would type first; the teacher has something to say about it.
    walkthrough.run("kubectl get pods -n liqo-demo")
    hints = [walkthrough.hint() for _ in range(2)]
    saved.append(walkthrough.save_snapshot("app-center-pending"))
    tape = asyncio.run(_look(walkthrough))
    tape.said = [notice for notice in said if isinstance(notice, CommandStarted | OutputArrived | CommandEnded)]
    tape.lights = {step.id: walkthrough.lights(step.id) for step in walkthrough.steps}
    tape.progress = {step.id: walkthrough.progress(step.id) for step in walkthrough.steps}
    tape.hints, tape.saved = hints, saved
    return tape


async def _look(walkthrough: Walkthrough) -> Tape:
    """What the clusters show, once nothing moves any more."""
    async with Atlas(walkthrough.kubeconfigs) as atlas:
        changes = aiter(atlas.changes())
        coming = asyncio.ensure_future(anext(changes))
        while True:
            done, _ = await asyncio.wait([coming], timeout=QUIET_SECONDS)
            if done:
                coming = asyncio.ensure_future(anext(changes))
            elif is_settled(atlas.world):
                coming.cancel()
                break
        first = atlas.world.clusters[0]
        pod = next(pod for pod in first.pods if pod.app == "app-center")
        who, explorer = ("pods", pod.name, pod.namespace), atlas.explorer(first.name)
        tape = Tape(atlas.world, chosen=pod.name, kinds=list(await explorer.kinds()))
        for view in atlas.world.clusters:
            tape.tables[view.name] = {kind: await atlas.explorer(view.name).table(kind) for kind in ("pods", "nodes")}
        tape.sides = {
            "summary": await explorer.summary(*who),
            "manifest": await explorer.manifest(*who),
            "events": await explorer.events(*who),
            "why": await atlas.why(first.name, *who),
            "choices": await atlas.choices(first.name, *who[1:]),
        }
        return tape


def _acceptance(language: str) -> RunState:
    """A run as it is while a sentence of the step is being judged."""
    shown: list[RunState] = []
    texts = Texts(language)

    def look(_: object) -> None:
        scenarios = [scenario for _, scenario in controller.state.all() if scenario.id == STEP]
        if not shown and scenarios and scenarios[0].sentences[SHOWN_SENTENCE].status == "running":
            shown.append(copy.deepcopy(controller.state))

    controller = AcceptanceController(Outlet(look, lambda: texts), lambda: language)
    controller._load()
    for feature in controller.state.features:
        if feature.lesson == LESSON:
            places = [scenario.id for scenario in feature.scenarios]
            controller.state.chosen = {(LESSON, name) for name in places[: places.index(STEP) + 1]}
    controller.run()
    controller._thread.join()
    return shown[0]


def _refuse_paths(tape: Tape, folder: str) -> None:
    """Where the run's files were is nobody's business and nothing steady."""
    if folder in repr(tape):
        raise SystemExit(f"the recording names {Path(folder)}")
