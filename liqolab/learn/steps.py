"""The steps of a lesson as they are shown: prose with the feature's commands in it, and goals in words for learners."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from liqolab.gherkin_tree import Scenario
from liqolab.learn.framing import opening
from liqolab.learn.model import Command, Prose, StepView, Task
from liqolab.scenario.lesson import Lesson, LessonStep
from liqolab.scenario.library import LessonError
from liqolab.scenario.outline import Outline, Typed, outline

_MARK = re.compile(r"^\{\{run (\d+)\}\}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step from all sides: what is shown, what is asked, what the lesson and its feature say."""

    view: StepView
    outline: Outline
    step: LessonStep
    scenario: Scenario

    @property
    def id(self) -> str:
        return self.view.id


def stages(lesson: Lesson) -> tuple[Stage, ...]:
    """All steps, in order.

    Raises:
        LessonError: tasks or marks do not fit the feature.
        UndefinedStepError, AmbiguousStepError: a sentence of the feature means nothing, or several things.
    """
    found = [_stage(*pair) for pair in zip(lesson.steps, lesson.feature.scenarios, strict=True)]
    if found and (text := opening(lesson)):
        first = found[0].view
        found[0] = replace(found[0], view=replace(first, blocks=(Prose(text), *first.blocks)))
    return tuple(found)


def shown(lesson: Lesson) -> dict[str, tuple[list[str], list[str]]]:
    """What a walkthrough has a learner type and judges, by step: commands, and ids of goals, as they are shown."""
    return {
        stage.id: ([command.text for command in stage.view.commands], [task.id for task in stage.view.tasks])
        for stage in stages(lesson)
    }


def _stage(step: LessonStep, scenario: Scenario) -> Stage:
    plan = outline(scenario)
    if step.tasks and len(step.tasks) != len(plan.goals):
        wanted = "; ".join(goal.sentences[0].text for goal in plan.goals)
        raise LessonError(f"step {step.id}: {len(step.tasks)} tasks for {len(plan.goals)} goals: {wanted}")
    tasks = []
    for number, goal in enumerate(plan.goals):
        text = step.tasks[number] if step.tasks else "; ".join(part.text.rstrip(":") for part in goal.sentences)
        tasks.append(Task(goal.id, text, goal.kind))
    view = StepView(step.id, step.title, step.minutes, tuple(_blocks(step, plan.commands)), tuple(tasks))
    return Stage(view, plan, step, scenario)


def _blocks(step: LessonStep, commands: tuple[Typed, ...]) -> list[Prose | Command]:
    """Commands stand where the prose marks them; one without a mark follows the one before it."""
    blocks: list[Prose | Command] = []
    placed = 0
    position = 0
    for mark in _MARK.finditer(step.prose):
        number = int(mark[1])
        if not placed < number <= len(commands):
            raise LessonError(f"step {step.id}: {mark[0].strip()} is out of order, or there is no such command")
        blocks += _prose(step.prose[position : mark.start()])
        blocks += [Command(typed.id, typed.text) for typed in commands[placed:number]]
        placed, position = number, mark.end()
    blocks += _prose(step.prose[position:]) if position else []
    rest: list[Prose | Command] = [Command(typed.id, typed.text) for typed in commands[placed:]]
    return blocks + rest if position else _prose(step.prose) + rest


def _prose(markdown: str) -> list[Prose | Command]:
    text = markdown.strip()
    return [Prose(text)] if text else []
