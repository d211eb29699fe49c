"""The words of kubectl, liqoctl and kind: which flags stand alone, what flags are short for, what kinds are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from liqolab.shelltext.words import Command, Word

PROGRAMS = ("kubectl", "liqoctl", "kind")

SHORT_FLAGS = {
    "A": "all-namespaces", "L": "label-columns", "R": "recursive", "c": "container", "f": "filename", "h": "help",
    "i": "stdin", "k": "kustomize", "l": "selector", "n": "namespace", "o": "output", "p": "patch", "q": "quiet",
    "t": "tty", "w": "watch", "y": "yes",
}  # fmt: skip

SWITCHES = frozenset(
    """all all-namespaces dry-run force help ignore-not-found it no-headers only-command overwrite prune purge quiet
    recursive show-labels skip-confirm stdin tty v verbose wait watch yes""".split()  # noqa: SIM905 (read as such)
)
"""Flags that stand alone, by their long names."""

CLUSTER_FLAGS = ("kubeconfig", "context", "cluster")
REMOTE_CLUSTER_FLAGS = ("remote-kubeconfig", "remote-context")
NAMESPACE_FLAGS = ("namespace", "remote-namespace")
LABEL_FLAGS = ("selector", "labels", "cluster-labels", "cluster-selector")
FILE_FLAGS = ("filename", "kustomize", "config", "values")
OUTPUT_FLAGS = ("output", "watch", "show-labels", "no-headers", "v")

_KINDS = {
    "pods": ("pod", "po"),
    "nodes": ("node", "no"),
    "namespaces": ("namespace", "ns"),
    "services": ("service", "svc"),
    "endpoints": ("ep",),
    "configmaps": ("configmap", "cm"),
    "secrets": ("secret",),
    "serviceaccounts": ("serviceaccount", "sa"),
    "events": ("event", "ev"),
    "persistentvolumeclaims": ("persistentvolumeclaim", "pvc"),
    "persistentvolumes": ("persistentvolume", "pv"),
    "replicationcontrollers": ("replicationcontroller", "rc"),
    "resourcequotas": ("resourcequota", "quota"),
    "deployments": ("deployment", "deploy"),
    "replicasets": ("replicaset", "rs"),
    "daemonsets": ("daemonset", "ds"),
    "statefulsets": ("statefulset", "sts"),
    "jobs": ("job",),
    "cronjobs": ("cronjob", "cj"),
    "ingresses": ("ingress", "ing"),
    "storageclasses": ("storageclass", "sc"),
    "poddisruptionbudgets": ("poddisruptionbudget", "pdb"),
    "certificatesigningrequests": ("certificatesigningrequest", "csr"),
    "customresourcedefinitions": ("customresourcedefinition", "crd", "crds"),
    "foreignclusters": ("foreigncluster",),
    "namespaceoffloadings": ("namespaceoffloading", "nsof"),
    "resourceoffers": ("resourceoffer", "offer"),
}

KINDS = {word: plural for plural, others in _KINDS.items() for word in (plural, *others)}
"""The words for a kind that kubectl takes → its plural."""

NICKNAMES = {"fc": "foreignclusters", "nso": "namespaceoffloadings", "clusters": "cluster"}
"""What people type for a kind although no definition says so; ``clusters`` are those of kind."""

_NAMED_BEHIND = frozenset({*KINDS, "out-of-band", "in-band", "cluster"})


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a command line.

    Attributes:
        name: as it is written, with its dashes and without a value.
        word: the word in which the name stands.
        value: the word in which the value stands: the same one for ``--flag=value``, None for a switch.
        offset: where in `value` the value begins.
    """

    name: str
    word: Word
    value: Word | None
    offset: int = 0

    @property
    def long(self) -> str:
        """Its long name, without dashes."""
        bare = self.name.lstrip("-")
        return SHORT_FLAGS.get(bare, bare)

    @property
    def start(self) -> int:
        return self.word.start

    @property
    def end(self) -> int:
        return (self.value or self.word).end

    @property
    def raw(self) -> str:
        """The value as it was typed."""
        if self.value is None:
            return ""
        whole = self.value.raw
        # Quotes around a whole --flag=value end behind the value.
        return whole[self.offset : -1] if self.offset and whole[0] in "'\"" else whole[self.offset :]

    @property
    def raw_start(self) -> int:
        """Where the value begins in the text."""
        return self.value.start + self.offset if self.value is not None else self.word.end


def flags(command: Command) -> Iterator[Flag]:
    """The flags of a command, in order; none behind ``--``, which ends them."""
    words = iter(command.arguments)
    word = next(words, None)
    while word is not None and word.raw != "--":
        following = next(words, None)
        if word.text.startswith("-") and word.text != "-":
            flag = _flag(word, following)
            yield flag
            if flag.value is following:
                following = next(words, None)
        word = following


def _flag(word: Word, following: Word | None) -> Flag:
    name, equals, _ = word.text.partition("=")
    short = SHORT_FLAGS.get(name[1:2])
    if equals:
        return Flag(name, word, word, word.raw.index("=") + 1)
    if len(name) > 2 and short is not None and short not in SWITCHES and name[1:] not in SWITCHES:
        # Its value may stand right behind a short name, as in -owide.
        return Flag(name[:2], word, word, word.raw.index(name[1]) + 1)
    flag = Flag(name, word, None)
    if flag.long in SWITCHES or following is None or (following.raw.startswith("-") and following.raw != "-"):
        return flag
    return Flag(name, word, following)


def positions(command: Command) -> list[Word]:
    """The arguments that are neither flags nor their values."""
    taken = {word for flag in flags(command) for word in (flag.word, flag.value)}
    return [word for word in command.arguments if word not in taken and word.raw != "--"]


def names(command: Command) -> Iterator[tuple[str, Word]]:
    """The names of objects among the arguments, each with the kind that stands before it."""
    words = positions(command)
    for before, word in pairwise(words):
        if before.text in _NAMED_BEHIND:
            yield before.text, word
    for word in words:
        kind, slash, name = word.text.partition("/")
        if slash and kind in KINDS and name:
            yield kind, word
