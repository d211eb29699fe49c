"""What operators work on, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from liqolab.shelltext.kubectl import Flag, flags
from liqolab.shelltext.reader import read
from liqolab.shelltext.words import Command, Word, requoted, walk


@dataclass(frozen=True, slots=True)
class Block:
    """Commands that a learner types one after the other."""

    commands: tuple[str, ...]

    def simple_commands(self) -> Iterator[tuple[int, Command]]:
        """Every command with the number of the line it stands in; of compound ones only their words are looked at."""
        for number, text in enumerate(self.commands):
            for command in walk(read(text).script):
                if command.words or command.assignments:
                    yield number, command

    def flags(self) -> Iterator[tuple[int, Flag]]:
        """Every flag, likewise."""
        for number, command in self.simple_commands():
            for flag in flags(command):
                yield number, flag

    def with_command(self, number: int, text: str | None) -> tuple[str, ...]:
        """The commands with one of them replaced, or left out for None."""
        middle = () if text is None else (text,)
        return (*self.commands[:number], *middle, *self.commands[number + 1 :])

    def with_span(self, number: int, start: int, end: int, new: str) -> tuple[str, ...]:
        """The commands with a part of one of them replaced."""
        text = self.commands[number]
        return self.with_command(number, text[:start] + new + text[end:])

    def with_word(self, number: int, word: Word, text: str) -> tuple[str, ...]:
        """The commands with another word in the place of one, in its quotes."""
        return self.with_span(number, word.start, word.end, requoted(word.raw, text))

    def with_value(self, number: int, flag: Flag, text: str) -> tuple[str, ...]:
        """The commands with another value for a flag, in its quotes."""
        return self.with_span(number, flag.raw_start, flag.raw_start + len(flag.raw), requoted(flag.raw, text))


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

    def other_values(self, label: str, value: str) -> list[str]:
        """What else a label could be: the lesson's other values of it, or a misspelt one."""
        return [known for known in self.labels.get(label, ()) if known != value] or [f"{value}x"]


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
