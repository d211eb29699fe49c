"""What operators work on, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from liqolab.author.sabotage.shell import SimpleCommand, parse, replaced


@dataclass(frozen=True, slots=True)
class Block:
    """Commands that a learner types one after the other."""

    commands: tuple[str, ...]

    def simple_commands(self) -> Iterator[tuple[int, SimpleCommand]]:
        """Every simple command with the number of the line it stands in."""
        for number, text in enumerate(self.commands):
            for command in parse(text):
                yield number, command

    def with_command(self, number: int, text: str | None) -> tuple[str, ...]:
        """The commands with one of them replaced, or left out for None."""
        middle = () if text is None else (text,)
        return (*self.commands[:number], *middle, *self.commands[number + 1 :])

    def with_span(self, number: int, start: int, end: int, new: str) -> tuple[str, ...]:
        """The commands with a part of one of them replaced."""
        return self.with_command(number, replaced(self.commands[number], start, end, new))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a learner could mix up with what.

    Attributes:
        kubeconfigs: cluster → its kubeconfig's file in the working folder, in the order of the lesson.
        labels: label key → the values that the lesson's clusters have under it.
        files: path in the working folder → text, for manifests.
    """

    kubeconfigs: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def others(self, cluster: str) -> list[str]:
        """The other clusters, beginning with the next one."""
        known = list(self.kubeconfigs)
        index = known.index(cluster)
        return known[index + 1 :] + known[:index]


@dataclass(frozen=True, slots=True)
class Change:
    """A sabotaged block.

    Attributes:
        commands: what is typed in its place.
        what: what was done, in a few words.
        files: path in the working folder → text that the learner is given instead.
    """

    commands: tuple[str, ...]
    what: str
    files: tuple[tuple[str, str], ...] = ()


Operator = Callable[[Block, Surroundings], Iterator[Change]]
