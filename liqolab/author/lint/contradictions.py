"""A rule about commands and checks together: what a scenario makes or deletes is not checked for the opposite.

Only what command lines say by themselves is used: `kubectl create` and `kubectl delete` of named objects,
`--kubeconfig`, and the KUBECONFIG that the feature exported last. Where a command and a check may be about different
clusters or namespaces, nothing is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from liqolab.author.lint.feature_file import FeatureFile, Sentence, feature_rule
from liqolab.author.lint.rule import Spot, example
from liqolab.shelltext.kubectl import KINDS, flags
from liqolab.shelltext.reader import read
from liqolab.shelltext.words import Command, shown, walk

_OTHERWISE = frozenset({"dry-run", "selector", "all", "filename", "context", "cluster"})
"""Flags with which a command does not do what its words say, or not where."""


@dataclass(frozen=True, slots=True)
class _Settled:
    """What a command leaves behind: whether an object is there.

    Attributes:
        namespace: as the command line names it; empty where it does not.
        cluster: what names its kubeconfig; empty where nothing does.
    """

    exists: bool
    namespace: str
    cluster: str
    command: str
    line: int


@feature_rule(
    "check-contradicted",
    what="No check wants the opposite of what its scenario's commands have done.",
    why="The check can only fail, or hold because it looks before the command has had its effect.",
    bad=example('When I run "kubectl create namespace shop"', 'Then namespace "shop" does not exist'),
    good=example('When I run "kubectl create namespace shop"', 'Then namespace "shop" exists'),
)
def check_contradicted(feature: FeatureFile) -> Iterator[Spot]:
    written = {step.line: step for _, step in feature.steps()}
    home = ""
    for scenario in feature.played:
        settled: dict[tuple[str, str], _Settled] = {}
        for text in scenario.steps:
            step = written[text.line]
            for sentence in feature.said(step):
                if sentence.text == text and sentence.step is not None:
                    if told := _contradicted(sentence, settled):
                        wanted = "does not exist" if told.exists else "exists"
                        did = f"{shown(told.command)} (line {told.line})"
                        yield Spot(step.line, step.text_column, f"that it {wanted} contradicts {did}")
                    home, more = _settled_by(sentence, home)
                    settled |= more


def _settled_by(sentence: Sentence, home: str) -> tuple[str, dict[tuple[str, str], _Settled]]:
    """What KUBECONFIG is afterwards, and what is there and what is not, by plural and name."""
    found: dict[tuple[str, str], _Settled] = {}
    if sentence.step is None or not sentence.step.types_commands:
        return home, found
    cluster = sentence.arguments.get("cluster") or ""
    for command in walk(read(sentence.text.docstring or sentence.arguments.get("command", "")).script):
        exported = [word.raw for word in command.assignments if word.raw.startswith("KUBECONFIG=")]
        home = exported[-1] if exported and not command.program.startswith("kube") else home
        words = _plain_words(command)
        given = {flag.long: flag.raw.strip("'\"") for flag in flags(command)}
        if command.program != "kubectl" or words[:1] not in (["create"], ["delete"]) or given.keys() & _OTHERWISE:
            continue
        target = given.get("kubeconfig") or cluster or home
        for name in words[2:] if words[0] == "delete" else words[2:3]:
            done = " ".join(word.raw for word in command.words)
            settled = _Settled(words[0] == "create", given.get("namespace", ""), target, done, sentence.text.line)
            found[_plural(words[1]), name] = settled
    return home, found


def _plain_words(command: Command) -> list[str]:
    """The arguments that are neither flags nor values of flags."""
    taken = {id(word) for flag in flags(command) for word in (flag.word, flag.value) if word is not None}
    return [word.text for word in command.arguments if id(word) not in taken]


def _plural(kind: str) -> str:
    return KINDS.get(kind.lower(), kind.lower())


def _contradicted(sentence: Sentence, settled: dict[tuple[str, str], _Settled]) -> _Settled | None:
    step, said = sentence.step, sentence.arguments
    if step is None or not step.existence or "kind" not in said or "name" not in said:
        return None
    told = settled.get((_plural(said["kind"]), said["name"]))
    if told is None or told.exists is not step.negative:
        return None
    if told.namespace != (said.get("namespace") or "") and _plural(said["kind"]) != "namespaces":
        return None
    # A check that names no cluster looks at the one whose commands name none either.
    named = (said.get("cluster") or "").lower()
    return told if named in told.cluster.lower() and (named or "$" not in told.cluster) else None
