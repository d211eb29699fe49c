"""What a kind teacher would say about a command: which cluster it went to, what it was probably meant to be.

A command that went to the wrong cluster comes first, then the usual mistakes that the lesson's author wrote down, then
what can be found by comparing the command with those of the step, and last what goes wrong in every lesson. A command
that is as good as the step's own, or has nothing to do with it and did not fail, is passed over in silence.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from liqolab.learn.commands import Simple, cluster_of_context, simple_commands
from liqolab.learn.learners_bash import Ran
from liqolab.learn.texts import Texts
from liqolab.scenario.mistakes import Attempt, Mistake, recognise
from liqolab.shelltext.kubectl import CLUSTER_FLAGS

_ALIKE = 0.6
_CHANGING = frozenset(
    """annotate apply create delete drain edit install label offload patch peer replace scale set taint uninstall
    unoffload unpeer""".split()  # noqa: SIM905 (a list of words is read as such)
)
_NOT_FOUND_CODE, _NOT_FOUND = 127, "command not found"

ClusterOf = Callable[[str, str], str]
"""Kubeconfig file and context (either may be empty) → name of the cluster; empty for none that is known."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A command of the step, and the cluster that it is for; empty for none."""

    simple: Simple
    cluster: str


class Teacher:
    """Remarks about the commands of one lesson."""

    def __init__(self, texts: Texts, cluster_of: ClusterOf) -> None:
        self._texts = texts
        self._cluster_of = cluster_of

    def remark(self, said: Ran, expected: Sequence[Expected], mistakes: tuple[Mistake, ...]) -> str:
        """One or two sentences; empty for nothing to say.

        Args:
            said: what was run, and what came of it.
            expected: the commands of the step.
            mistakes: usual ones.
        """
        commands, _ = simple_commands(said.text, said.environment)
        clusters = [self.cluster(command) for command in commands]
        pairs = list(zip(commands, clusters, strict=True))
        attempts = [Attempt(said.text, said.code, said.output, cluster) for cluster in dict.fromkeys([*clusters, ""])]
        about_cluster = tuple(mistake for mistake in mistakes if mistake.when.cluster)
        if found := _first(about_cluster, attempts):
            return found.say
        for command, cluster in pairs:
            if text := self._elsewhere(command, cluster, expected):
                return text
        if found := _first(mistakes, attempts):
            return found.say
        for command, _ in pairs:
            if text := self._compare(command, expected, failed=said.code != 0):
                return text
        return self._general(said, commands)

    def cluster(self, command: Simple) -> str:
        """Which cluster a command addresses; empty for none, or none that is known."""
        if command.program == "kind":
            return command.flags.get("name", "")
        if command.kubeconfig is None:
            return ""
        return self._cluster_of(command.kubeconfig, command.context)

    def _elsewhere(self, command: Simple, cluster: str, expected: Sequence[Expected]) -> str:
        """Whether a command of the step, or one much like it, went to another cluster than the step's."""
        same = [entry for entry in expected if entry.simple.bare == command.bare]
        near = self._nearest(command, expected)
        if near is not None and near.simple.positional != command.positional and not _changes(command):
            # Looking around is free.
            near = None
        alike = [entry for entry in expected if near is not None and entry.simple.verbs == near.simple.verbs]
        wanted = list(dict.fromkeys(entry.cluster for entry in same or alike))
        return self._wrong_cluster(command, cluster, wanted) if wanted and cluster not in wanted else ""

    def _compare(self, command: Simple, expected: Sequence[Expected], *, failed: bool) -> str:
        """In what a command differs from the one of the step that was probably meant."""
        if any(entry.simple.bare == command.bare for entry in expected):
            return ""
        near = self._nearest(command, expected)
        return self._difference(command, near.simple) if near is not None and (failed or _changes(command)) else ""

    def _wrong_cluster(self, command: Simple, cluster: str, wanted: Sequence[str]) -> str:
        *most, last = [name for name in wanted if name] or [""]
        names = self._texts("remark.or").join([*([", ".join(most)] if most else []), last])
        if not names or command.kubeconfig is None:
            return ""
        if not cluster and not command.kubeconfig and not command.context:
            return self._texts("remark.no_cluster", wanted=names)
        if not cluster:
            where = command.context and cluster_of_context(command.context)
            return self._texts("remark.unknown_cluster", actual=where or command.kubeconfig, wanted=names)
        return self._texts("remark.wrong_cluster", actual=cluster, wanted=names)

    @staticmethod
    def _nearest(command: Simple, expected: Sequence[Expected]) -> Expected | None:
        """The command of the step that was probably meant."""
        rated = [(_likeness(command, entry.simple), n, entry) for n, entry in enumerate(expected)]
        best = max(rated, key=lambda item: (item[0], -item[1]), default=None)
        return best[2] if best is not None and best[0] >= _ALIKE else None

    def _difference(self, command: Simple, meant: Simple) -> str:
        say = self._texts
        if command.program != meant.program:
            if difflib.get_close_matches(command.program, [meant.program], 1, 0.6):
                return say("remark.spelling", wanted=meant.program)
            return say("remark.program", actual=command.program, wanted=meant.program)
        for actual, wanted in zip(command.positional, meant.positional, strict=False):
            if actual != wanted:
                return say("remark.word", actual=actual, wanted=wanted)
        if len(command.positional) < len(meant.positional):
            return say("remark.missing_word", wanted=meant.positional[len(command.positional)])
        for name, value in meant.flags.items():
            if name in CLUSTER_FLAGS:
                continue
            if name not in command.flags:
                close = difflib.get_close_matches(name, command.flags, 1, 0.7)
                if close:
                    return say("remark.flag_spelling", actual=close[0], wanted=name)
                shown = f"--{name}" if value == "true" else f"--{name} {value}"
                return say("remark.missing_flag", wanted=shown)
            if command.flags[name] != value:
                return say("remark.flag_value", flag=f"--{name}", actual=command.flags[name], wanted=value)
        return ""

    def _general(self, said: Ran, commands: Sequence[Simple]) -> str:
        if said.code == 0:
            return ""
        say = self._texts
        if said.code == _NOT_FOUND_CODE and commands and _NOT_FOUND in said.output:
            known = ("kubectl", "liqoctl", "kind", "export")
            close = difflib.get_close_matches(commands[0].program, known, 1, 0.6)
            return say("remark.spelling", wanted=close[0]) if close else say("remark.not_found")
        if any(command.kubeconfig == "" for command in commands):
            return say("remark.no_kubeconfig")
        if "connection refused" in said.output:
            return say("remark.refused")
        return ""


def expect(commands: Sequence[str], environment: Mapping[str, str], cluster_of: ClusterOf) -> list[Expected]:
    """What the commands of a step are for, if they are run as the lesson has them."""
    teacher = Teacher(Texts(), cluster_of)
    known = dict(environment)
    found: list[Expected] = []
    for text in commands:
        simples, known = simple_commands(text, known)
        found += [Expected(simple, teacher.cluster(simple)) for simple in simples]
    return found


def _changes(command: Simple) -> bool:
    return not _CHANGING.isdisjoint(command.positional)


def _first(mistakes: tuple[Mistake, ...], attempts: Sequence[Attempt]) -> Mistake | None:
    return next((found for attempt in attempts if (found := recognise(mistakes, attempt)) is not None), None)


def _likeness(one: Simple, other: Simple) -> float:
    """From 0 to 1; programs and verbs count more than the rest."""
    program = difflib.SequenceMatcher(None, one.program, other.program).ratio()
    words = difflib.SequenceMatcher(None, " ".join(one.positional), " ".join(other.positional)).ratio()
    flags = difflib.SequenceMatcher(None, " ".join(sorted(one.flags)), " ".join(sorted(other.flags))).ratio()
    return program * 0.3 + words * 0.65 + flags * 0.05 if program > 0.5 else 0.0
