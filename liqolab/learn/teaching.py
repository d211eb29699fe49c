"""What a command of the learner's has to do with the lesson: which of its commands it is, and what to say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from liqolab.learn.commands import Simple, cluster_of_context, simple_commands
from liqolab.learn.learners_bash import Ran
from liqolab.learn.remarks import Expected, Teacher, expect
from liqolab.learn.steps import Stage
from liqolab.learn.texts import Texts
from liqolab.scenario.lesson import Lesson
from liqolab.scenario.outline import Goal, Typed
from liqolab.shelltext.reader import split

_LONGEST = 20_000
"""Characters of a command that is still looked at; what is longer was pasted by accident, or is a manifest."""


class Lectern:
    """Knows the commands of all steps and the clusters that they are for."""

    def __init__(self, lesson: Lesson, steps: Sequence[Stage], folder: Path, texts: Texts, terminal: str) -> None:
        """`terminal` is the command that opens a shell with a terminal of its own."""
        self._lesson = lesson
        self._folder = folder
        self._names = {lesson.kubeconfig_name(spec.name): spec.name for spec in lesson.clusters}
        self._teacher = Teacher(texts, self.cluster_of)
        self._texts, self._terminal = texts, terminal
        self._expected: dict[str, list[Expected]] = {}
        known: Mapping[str, str] = {"PWD": str(folder)}
        for stage in steps:
            for typed in stage.outline.commands:
                for part, text in parts(typed):
                    self._expected[part] = expect([text], known, self.cluster_of)
                    _, known = simple_commands(text, known)

    def remark(self, stage: Stage, ran: Ran) -> str:
        """What to say about a command; empty for nothing."""
        if ran.wanted_screen:
            return self._texts("remark.screen", command=self._terminal)
        if len(ran.text) > _LONGEST:
            return ""
        expected = [entry for part in self._parts(stage) for entry in self._expected[part]]
        return self._teacher.remark(ran, expected, stage.step.mistakes)

    def done(self, stage: Stage, ran: Ran) -> list[str]:
        """The parts of the step's commands that a command of the learner's did, by id (see `parts`)."""
        simples = self._simple(ran)
        said = {(simple.bare, self._teacher.cluster(simple)) for simple in simples}
        flat = " ".join(ran.text.split())
        found = []
        for typed in stage.outline.commands:
            for part, text in parts(typed):
                wanted = {(entry.simple.bare, entry.cluster) for entry in self._expected[part]}
                if (wanted and wanted <= said) or " ".join(text.split()) in flat:
                    found.append(part)
        return found

    def answers(self, stage: Stage, goal: Goal, ran: Ran) -> bool:
        """Whether what a command printed is what a goal is about: the same program does the same, in that cluster."""
        typed = next((entry for entry in stage.outline.commands if entry.id == goal.command), None)
        if typed is None:
            return False
        # As it stands it is what was asked for, also where its words say nothing of a program: echo "$PEER" | bash
        if typed.text.strip() == ran.text.strip():
            return True
        simples = self._simple(ran)
        said = {self._matter(simple, self._teacher.cluster(simple)) for simple in simples}
        last = parts(typed)[-1][0]
        wanted = {self._matter(entry.simple, entry.cluster) for entry in self._expected[last]}
        return bool(wanted) and wanted <= said

    def cluster(self, ran: Ran) -> str:
        """Which cluster a command addressed; empty for none or several."""
        named = {self._teacher.cluster(simple) for simple in self._simple(ran)} - {""}
        return named.pop() if len(named) == 1 else ""

    def cluster_of(self, kubeconfig: str, context: str) -> str:
        """Which cluster a kubeconfig, or a context in it, is for; empty where that cannot be told."""
        if context:
            return cluster_of_context(context)
        if not kubeconfig:
            return ""
        path = self._folder / kubeconfig
        if path.name in self._names and path.parent == self._folder:
            return self._names[path.name]
        try:
            current = yaml.safe_load(path.read_text(encoding="utf-8"))["current-context"]
        except (OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
            return ""
        return cluster_of_context(str(current))

    @staticmethod
    def _simple(ran: Ran) -> list[Simple]:
        return simple_commands(ran.text, ran.environment)[0] if len(ran.text) <= _LONGEST else []

    @staticmethod
    def _matter(simple: Simple, cluster: str) -> tuple[str, tuple[str, ...], str]:
        return simple.program, simple.verbs, cluster

    @staticmethod
    def _parts(stage: Stage) -> list[str]:
        return [part for typed in stage.outline.commands for part, _ in parts(typed)]


def parts(typed: Typed) -> list[tuple[str, str]]:
    """The single commands of a block, each with an id: ``peer.1/1``, ``peer.1/2``."""
    return [(f"{typed.id}/{number}", text) for number, text in enumerate(split(typed.text), 1)]
