"""What is known of the command lines of kubectl, liqoctl and kind: flags without a value, words that name things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from liqolab.author.sabotage.shell import SimpleCommand, Word

PROGRAMS = ("kubectl", "liqoctl", "kind")

SWITCHES = frozenset(
    {
        "--all",
        "--all-namespaces",
        "-A",
        "--dry-run",
        "--force",
        "--help",
        "-h",
        "--no-headers",
        "--only-command",
        "--overwrite",
        "--prune",
        "--purge",
        "--quiet",
        "-q",
        "--show-labels",
        "--skip-confirm",
        "--verbose",
        "-v",
        "--wait",
        "--watch",
        "-w",
    }
)
"""Flags that stand alone."""

KUBECONFIG_FLAGS = ("--kubeconfig", "--remote-kubeconfig", "--context", "--cluster", "--remote-context")
NAMESPACE_FLAGS = ("-n", "--namespace", "--remote-namespace")
LABEL_FLAGS = ("-l", "--selector", "--labels", "--cluster-labels", "--cluster-selector")
FILE_FLAGS = ("-f", "--filename", "-k", "--kustomize", "--config", "--values")
OUTPUT_FLAGS = ("-o", "--output", "-w", "--watch", "--show-labels", "--no-headers", "-v")

# fmt: off
KINDS = frozenset({
    "ns", "namespace", "namespaces", "po", "pod", "pods", "deploy", "deployment", "deployments", "svc",
    "service", "services", "no", "node", "nodes", "cm", "configmap", "configmaps", "secret", "secrets",
    "foreigncluster", "foreignclusters", "namespaceoffloading", "namespaceoffloadings", "job", "jobs",
    "daemonset", "daemonsets", "statefulset", "statefulsets", "replicaset", "replicasets",
})
# fmt: on
"""Words of kubectl and liqoctl behind which a name is expected."""

NAMESPACE_KINDS = ("namespace", "namespaces", "ns")

_VERBS_WITH_NAMES = frozenset({"out-of-band", "in-band", "cluster"})


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a command line.

    Attributes:
        name: with its dashes, without a value.
        word: the word in which the name stands.
        value: the word in which the value stands: the same one for ``--flag=value``, None for a switch.
        offset: where in `value` the value begins.
    """

    name: str
    word: Word
    value: Word | None
    offset: int = 0

    @property
    def start(self) -> int:
        return self.word.start

    @property
    def end(self) -> int:
        return (self.value or self.word).end

    @property
    def raw(self) -> str:
        """The value as it was typed."""
        return self.value.raw[self.offset :] if self.value is not None else ""

    @property
    def raw_start(self) -> int:
        """Where the value begins in the text."""
        return self.value.start + self.offset if self.value is not None else self.word.end


def flags(command: SimpleCommand) -> Iterator[Flag]:
    """The flags of a command, in order; none behind ``--``, which ends them."""
    words = command.arguments
    index = 0
    while index < len(words):
        word = words[index]
        if word.raw == "--":
            return
        if word.raw.startswith("-") and len(word.raw) > 1:
            name, equals, _ = word.raw.partition("=")
            following = words[index + 1] if index + 1 < len(words) else None
            if equals:
                yield Flag(name, word, word, len(name) + 1)
            elif name in SWITCHES or following is None or following.raw.startswith("-"):
                yield Flag(name, word, None)
            else:
                yield Flag(name, word, following)
                index += 1
        index += 1


def positions(command: SimpleCommand) -> list[Word]:
    """The arguments that are neither flags nor their values."""
    taken = {word.start for flag in flags(command) for word in (flag.word, flag.value) if word is not None}
    return [word for word in command.arguments if word.start not in taken and word.raw != "--"]


def names(command: SimpleCommand) -> Iterator[tuple[str, Word]]:
    """The names of objects among the arguments, each with the kind that stands before it."""
    words = positions(command)
    for before, word in pairwise(words):
        if before.text in KINDS or before.text in _VERBS_WITH_NAMES:
            yield before.text, word
    for word in words:
        kind, slash, name = word.text.partition("/")
        if slash and kind in KINDS and name:
            yield kind, word
