"""The acceptance test of the lesson in lines, in a playground of its own that is gone afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from liqolab.gherkin_tree import Scenario
from liqolab.plain.face import Face, Left
from liqolab.playground import home
from liqolab.scenario.runner import Player, ScenarioResult, StepResult
from liqolab.scenario.session import close_playground, open_lab
from liqolab.steps.lab import Lab
from liqolab.steps.text import StepText


def rehearse(face: Face, arguments: list[str]) -> None:
    """``a [STEP]``: play the lesson's feature, up to a step or whole."""
    known = [view.id for view in face.walkthrough.steps]
    if arguments and (len(arguments) > 1 or arguments[0] not in known):
        face.misused("plain.wants", word="a", usage=face.texts("plain.acceptance.usage") + ": " + ", ".join(known))
        return
    face.say("plain.acceptance.begin")
    until = arguments[0] if arguments else ""
    labs: list[Lab] = []
    try:
        results = face.work(lambda: _play(face, until, labs), lambda: _interrupt(labs))
    except Left:
        _interrupt(labs)
        raise
    passed = sum(1 for result in results if result.status == "passed")
    face.say("plain.acceptance.end", passed=passed, count=len(results))
    face.judge(well=passed == len(results))


def _play(face: Face, until: str, labs: list[Lab]) -> Sequence[ScenarioResult]:
    """Play; `labs` gets the one that can be interrupted meanwhile."""
    playground = home.resolve(f"rehearsal-{secrets.token_hex(3)}")
    lesson = face.walkthrough.lesson
    try:
        with open_lab(playground, lesson) as lab:
            labs.append(lab)
            return Player(lesson, lab).play(_Teller(face), until)
    finally:
        close_playground(playground)


def _interrupt(labs: Sequence[Lab]) -> None:
    for lab in labs:
        lab.interrupt()


class _Teller:
    """A reporter of one line a sentence."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def scenario_started(self, scenario: Scenario) -> None:
        self._face.say("plain.acceptance.scenario", name=scenario.name)

    def step_started(self, step: StepText) -> None:
        pass

    def step_ended(self, result: StepResult) -> None:
        text = f"{result.step.keyword} {result.step.text}"
        key = result.status if result.status in ("passed", "failed") else "other"
        self._face.say(f"plain.acceptance.{key}", text=text, status=result.status)
        if result.error:
            self._face.printer.lines(f"    {line}" for line in result.error.splitlines())

    def scenario_ended(self, result: ScenarioResult) -> None:
        pass
