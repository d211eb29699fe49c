"""Reads what a learner types, as far as one must to tell which cluster it is for and which command was meant.

This is no shell: bash runs the text, and this only looks at it. What it does not understand it leaves out, and nobody
is told anything about that.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

CLUSTER_FLAGS = ("kubeconfig", "context", "cluster")

_SHORT = {"n": "namespace", "l": "selector", "o": "output", "f": "filename", "p": "patch", "c": "container"}
_SWITCHES = frozenset(
    """A R all all-namespaces force h help i ignore-not-found it no-headers only-command purge show-labels t v verbose
    w wait watch y yes""".split()  # noqa: SIM905 (a list of words is read as such)
)
_PROGRAMS_WITH_KUBECONFIG = frozenset(["kubectl", "liqoctl", "helm", "k9s"])
_SHELLS = frozenset(["bash", "sh"])
_WORDS = {
    "po": "pods", "pod": "pods", "no": "nodes", "node": "nodes", "ns": "namespaces", "namespace": "namespaces",
    "deploy": "deployments", "deployment": "deployments", "svc": "services", "service": "services",
    "foreigncluster": "foreignclusters", "fc": "foreignclusters", "namespaceoffloading": "namespaceoffloadings",
    "nso": "namespaceoffloadings", "clusters": "cluster",
}  # fmt: skip

_PUNCTUATION = ";&|<>()"
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_CONTEXT_PREFIX = "kind-"


@dataclass(frozen=True, slots=True)
class Simple:
    """One command of a line: a program with its words and flags.

    Attributes:
        positional: words that are no flags, kinds by one of their names.
        flags: by long name without dashes; switches are "true".
        environment: variables that it sees, as far as they are known.
        fed_by: the command before it in a pipe.
    """

    program: str
    positional: tuple[str, ...]
    flags: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)
    fed_by: Simple | None = None

    @property
    def verbs(self) -> tuple[str, ...]:
        """What it does, without to what: the first two words."""
        return self.positional[:2]

    @property
    def bare(self) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
        """All that it says except about the cluster; equal for the same command."""
        flags = tuple(sorted((name, value) for name, value in self.flags.items() if name not in CLUSTER_FLAGS))
        return self.program, self.positional, flags

    @property
    def kubeconfig(self) -> str | None:
        """The kubeconfig file it reads; None for a program that reads none, "" where none is set."""
        if self.program in _PROGRAMS_WITH_KUBECONFIG or (self.program in _SHELLS and self.fed_by is not None):
            chosen = self.flags.get("kubeconfig") or self.environment.get("KUBECONFIG", "")
            return chosen.split(":")[0]
        return None

    @property
    def context(self) -> str:
        """The context it asks for; empty for the current one."""
        return self.flags.get("context", "") if self.kubeconfig is not None else ""


def cluster_of_context(context: str) -> str:
    """The cluster that KinD's name of a context stands for; empty for other contexts."""
    return context.removeprefix(_CONTEXT_PREFIX) if context.startswith(_CONTEXT_PREFIX) else ""


def simple_commands(text: str, environment: Mapping[str, str]) -> tuple[list[Simple], dict[str, str]]:
    """The commands of a text, in order, and the environment after them."""
    known = dict(environment)
    found: list[Simple] = []
    before: Simple | None = None
    for words, separator in _split(text, known):
        command = _simple(words, known, before if separator == "|" else None)
        if command is not None:
            found.append(command)
        before = command
    return found, known


def _split(text: str, known: Mapping[str, str]) -> Iterator[tuple[list[str], str]]:
    """Words of each simple command, and the separator in front of it."""
    for line in text.replace("\\\n", " ").partition("<<")[0].splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=_PUNCTUATION)
        lexer.whitespace_split = True
        words: list[str] = []
        separator = ""
        try:
            for token in lexer:
                if token.strip(_PUNCTUATION):
                    words.append(token)
                    continue
                yield [_expand(word, known) for word in words], separator
                words, separator = [], token
        except ValueError:
            # A quote is open: what was understood so far has to do.
            pass
        yield [_expand(word, known) for word in words], separator


def _expand(word: str, known: Mapping[str, str]) -> str:
    """Fill variables in; single quotes are gone by now, but what stands in them hardly looks like a known variable."""
    return _VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), word)


def _simple(words: Sequence[str], known: dict[str, str], fed_by: Simple | None) -> Simple | None:
    own = dict(known)
    rest = list(words)
    exporting = bool(rest) and rest[0] in ("export", "declare", "local")
    if exporting:
        rest = [word for word in rest[1:] if not word.startswith("-")]
    while rest and (found := _ASSIGNMENT.fullmatch(rest[0])):
        own[found[1]] = found[2]
        rest.pop(0)
    if not rest or exporting:
        known.update(own)
        if words and words[0] == "unset":
            known.pop(words[-1], None)
        return None
    if rest[0] == "unset":
        for name in rest[1:]:
            known.pop(name, None)
        return None
    program = rest[0].rpartition("/")[2]
    positional, flags = _arguments(rest[1:])
    return Simple(program, positional, flags, own, fed_by)


def _arguments(words: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    positional: list[str] = []
    flags: dict[str, str] = {}
    waiting = ""
    for word in words:
        if waiting and not word.startswith("--"):
            flags[waiting], waiting = word, ""
        elif word.startswith("-") and len(word) > 1:
            name, equals, value = word.lstrip("-").partition("=")
            if not word.startswith("--") and name[:1] in _SHORT and len(name) > 1 and not equals:
                name, value = name[0], name[1:]
            long = _SHORT.get(name, name)
            flags[long] = value or ("" if equals else "true")
            waiting = "" if equals or value or name in _SWITCHES else long
        else:
            positional.append(_WORDS.get(word, word))
            waiting = ""
    return tuple(positional), flags
