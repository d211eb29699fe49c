"""All operators by the name that reports and ``sabotage.yaml`` call them, and what they make of a block together."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from liqolab.author.sabotage.block import Block, Change, Operator, Surroundings
from liqolab.author.sabotage.change_manifest import change_manifest
from liqolab.shelltext import kubectl
from liqolab.shelltext.kubectl import KINDS, flags, names, positions
from liqolab.shelltext.reader import unquoted
from liqolab.shelltext.words import Command, Word, shown

_TALKS_TO_CLUSTER = ("kubectl", "liqoctl", "bash", "sh", "helm")
_CLUSTER_FLAGS = (*kubectl.CLUSTER_FLAGS, *kubectl.REMOTE_CLUSTER_FLAGS)

_ELSEWHERE = "liqolab_was=${{KUBECONFIG-}}; export KUBECONFIG={file}; {command}\nliqolab_code=$?; " + (
    "export KUBECONFIG=$liqolab_was; (exit $liqolab_code)"
)

_LABEL = re.compile(r"(?P<key>[A-Za-z0-9./_-]+)(?P<sign>!?==?)(?P<value>[A-Za-z0-9._-]+)")

_CHOICES = (
    ("EnforceSameName", "DefaultName"),
    ("LocalAndRemote", "Local", "Remote"),
    ("json", "merge", "strategic"),
    ("true", "false"),
    ("NodePort", "ClusterIP", "LoadBalancer"),
)
"""Values of which a command line takes one; each is a likely mistake for the others of its row."""

# Flags whose values other operators change, or that only shape what is printed.
_NO_PLAIN_VALUE = (
    *(*_CLUSTER_FLAGS, *kubectl.NAMESPACE_FLAGS, *kubectl.LABEL_FLAGS, *kubectl.FILE_FLAGS, *kubectl.OUTPUT_FLAGS),
    *("name", "cluster-name"),
)


def changes(block: Block, around: Surroundings) -> Iterator[tuple[str, Change]]:
    """Every sabotage of a block with its operator's name; what two operators make alike is tried once."""
    seen: set[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {(block.commands, ())}
    for name, operator in OPERATORS.items():
        for change in operator(block, around):
            made = (change.commands, change.files)
            if made not in seen:
                seen.add(made)
                yield name, change


def drop_command(block: Block, _: Surroundings) -> Iterator[Change]:
    """Leave out one command after the other."""
    for number, command in enumerate(block.commands):
        yield Change(block.with_command(number, None), f"without: {shown(command, 200)}")


def stop_halfway(block: Block, _: Surroundings) -> Iterator[Change]:
    """Keep the first command, the first two, and so on; at first none. The learner goes on to the next step."""
    for kept in range(len(block.commands)):
        yield Change(block.commands[:kept], f"stopped before: {shown(block.commands[kept])}")


def wrong_cluster(block: Block, around: Surroundings) -> Iterator[Change]:
    """Take another cluster wherever one is named, and run what names none with another cluster's kubeconfig."""
    for number, command in block.simple_commands():
        for word, offset in _mentions(command):
            for cluster in around.kubeconfigs:
                for found in _occurrences(word.raw[offset:], cluster):
                    start = word.start + offset + found.start()
                    for other in around.others(cluster):
                        new = other.upper() if found.group().isupper() else other
                        commands = block.with_span(number, start, start + len(cluster), new)
                        yield Change(commands, f"{other} instead of {cluster} in: {shown(block.commands[number])}")
    for number in dict.fromkeys(number for number, command in block.simple_commands() if _uses_default(command)):
        text = block.commands[number]
        for other in list(around.kubeconfigs)[1:]:
            file = f'"$PWD"/{shlex.quote(around.kubeconfigs[other])}'
            commands = block.with_command(number, _ELSEWHERE.format(file=file, command=text))
            yield Change(commands, f"in {other}: {shown(text)}")


def wrong_label(block: Block, around: Surroundings) -> Iterator[Change]:
    """Change the value, then the key, of every label on the command line."""
    for number, command in block.simple_commands():
        for start, raw in _labelled(command):
            for found in _LABEL.finditer(raw):
                for value in around.other_values(found["key"], found["value"]):
                    commands = block.with_span(number, start + found.start("value"), start + found.end("value"), value)
                    yield Change(commands, f"{found['key']}={value} instead of {found['value']}")
                place = start + found.end("key")
                yield Change(
                    block.with_span(number, place, place, "s"), f"label {found['key']}s instead of {found['key']}"
                )


def wrong_namespace(block: Block, _: Surroundings) -> Iterator[Change]:
    """Take ``default``, or a name with a slip of the finger, for every namespace."""
    for number, command in block.simple_commands():
        for flag in flags(command):
            if flag.long in kubectl.NAMESPACE_FLAGS and flag.value is not None:
                name = unquoted(flag.raw)
                for other in _other_namespaces(name):
                    yield Change(block.with_value(number, flag, other), f"{flag.name} {other} instead of {name}")
        verb = " ".join(word.text for word in command.words[:2])
        for kind, word in names(command):
            if KINDS.get(kind) == "namespaces":
                for other in _other_namespaces(word.text):
                    what = f"{verb} {kind} {other} instead of {word.text}"
                    yield Change(block.with_word(number, word, other), what)


def wrong_name(block: Block, around: Surroundings) -> Iterator[Change]:
    """Misspell the name of every object but namespaces and clusters, which have operators of their own."""
    for number, command in block.simple_commands():
        for kind, word in names(command):
            if KINDS.get(kind) != "namespaces" and word.text not in around.kubeconfigs:
                name = word.text + "s"
                yield Change(block.with_word(number, word, name), f"{kind} {name} instead of {word.text}")


def wrong_value(block: Block, _: Surroundings) -> Iterator[Change]:
    """Give every flag whose value is a choice, a number or a JSON document another one."""
    for number, flag in block.flags():
        if flag.value is not None and flag.long not in _NO_PLAIN_VALUE:
            value = unquoted(flag.raw)
            for other in _other_values(value):
                yield Change(block.with_value(number, flag, other), f"{flag.name} {other} instead of {value}")


def drop_flag(block: Block, _: Surroundings) -> Iterator[Change]:
    """Leave out one flag after the other, value included; flags that only shape what is printed stay."""
    for number, command in block.simple_commands():
        for flag in flags(command) if command.program in kubectl.PROGRAMS else ():
            if flag.long not in kubectl.OUTPUT_FLAGS:
                text = block.commands[number]
                # The blanks before it go, too, or a continued line would end in the middle.
                start = len(text[: flag.start].rstrip(" "))
                commands = block.with_span(number, start, flag.end, "" if start < flag.start else " ")
                yield Change(commands, f"without {shown(text[flag.start : flag.end])} in: {shown(text)}")


OPERATORS: dict[str, Operator] = {
    "drop-command": drop_command,
    "stop-halfway": stop_halfway,
    "wrong-cluster": wrong_cluster,
    "wrong-label": wrong_label,
    "wrong-namespace": wrong_namespace,
    "wrong-name": wrong_name,
    "wrong-value": wrong_value,
    "drop-flag": drop_flag,
    "change-manifest": change_manifest,
}


def _mentions(command: Command) -> Iterator[tuple[Word, int]]:
    """The words that may name a cluster, and where in each what is meant begins: not the variable that is assigned.

    What is within a substitution is a command of its own.
    """
    for word in (*command.assignments, *command.words):
        if not any(part.script for part in word.parts):
            yield word, word.raw.index("=") + 1 if word in command.assignments else 0


def _occurrences(text: str, cluster: str) -> Iterator[re.Match[str]]:
    # A name within a longer word of letters is another word; underscores and hyphens separate.
    return re.finditer(rf"(?<![A-Za-z0-9]){re.escape(cluster)}(?![A-Za-z0-9])", text, re.IGNORECASE)


def _uses_default(command: Command) -> bool:
    return command.program in _TALKS_TO_CLUSTER and not any(flag.long in _CLUSTER_FLAGS for flag in flags(command))


def _labelled(command: Command) -> Iterator[tuple[int, str]]:
    """Where labels are written: behind the flags that take some, and as arguments of ``kubectl label``."""
    for flag in flags(command):
        if flag.long in kubectl.LABEL_FLAGS and flag.value is not None:
            yield flag.raw_start, flag.raw
    words = positions(command)
    if command.program == "kubectl" and words and words[0].text == "label":
        for word in words[1:]:
            yield word.start, word.raw


def _other_namespaces(name: str) -> list[str]:
    return [other for other in ("default", f"{name}s") if other != name]


def _other_values(value: str) -> list[str]:
    for row in _CHOICES:
        if value in row:
            return [other for other in row if other != value]
    if value.isdigit():
        return [str(int(value) + 1)]
    if value[:1] not in ("[", "{"):
        return []
    try:
        document = json.loads(value)
    except ValueError:
        return []
    return [json.dumps(changed) for changed in _other_documents(document)]


def _other_documents(value: Any) -> Iterator[Any]:
    """The document with each of its strings and numbers changed, one at a time."""
    if isinstance(value, dict):
        for key, part in value.items():
            for other in _other_documents(part):
                yield {**value, key: other}
    elif isinstance(value, list):
        for index, part in enumerate(value):
            for other in _other_documents(part):
                yield [*value[:index], other, *value[index + 1 :]]
    elif isinstance(value, str):
        yield f"{value}s"
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value + 1
