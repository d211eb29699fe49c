"""A manifest is not what it should be: another label, another affinity, another number of replicas, another image."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.shelltext.kubectl import FILE_FLAGS
from liqolab.shelltext.reader import unquoted

_WORKLOADS = ("Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job")

Path = tuple[str | int, ...]


def change_manifest(block: Block, around: Surroundings) -> Iterator[Change]:
    """Change one value at a time in every file of manifests that a command names."""
    seen = set()
    for _, flag in block.flags():
        file = str(PurePosixPath(unquoted(flag.raw))) if flag.value is not None else ""
        if flag.long in FILE_FLAGS and file in around.files and file not in seen:
            seen.add(file)
            for text, what in _changed_texts(around.files[file], around):
                yield Change(block.commands, f"{file}: {what}", ((file, text),))


def _changed_texts(text: str, around: Surroundings) -> Iterator[tuple[str, str]]:
    try:
        documents = [document for document in yaml.safe_load_all(text) if isinstance(document, dict)]
    except yaml.YAMLError:
        return
    for index, document in enumerate(documents):
        name = f"{document.get('kind')} {document.get('metadata', {}).get('name')}"
        for changed, what in _changed(document, around):
            others = [*documents[:index], changed, *documents[index + 1 :]]
            yield yaml.safe_dump_all(others, sort_keys=False), f"{name}: {what}"


def _changed(document: dict[str, Any], around: Surroundings) -> Iterator[tuple[dict[str, Any], str]]:
    for path, value in _walk(document, ()):
        key = path[-1] if path else ""
        if key == "affinity":
            yield _without(document, path), "without its affinity"
        elif key == "nodeSelector":
            yield _without(document, path), "without its node selector"
        elif key == "matchExpressions":
            yield from _expressions(document, path, value, around)
        elif key == "image":
            yield _with(document, path, f"{value}-other"), f"image {value}-other"
        elif len(path) > 1 and path[-2] == "labels" and path[0] == "spec":
            yield _with(document, path, f"{value}x"), f"pods labelled {key}={value}x"
    if document.get("kind") in _WORKLOADS and isinstance(document.get("spec"), dict):
        replicas = document["spec"].get("replicas", 1)
        for other in {0, replicas + 1} - {replicas}:
            yield _with(document, ("spec", "replicas"), other), f"{other} replicas"


def _expressions(
    document: dict[str, Any], path: Path, value: Any, around: Surroundings
) -> Iterator[tuple[dict[str, Any], str]]:
    for index, expression in enumerate(value if isinstance(value, list) else ()):
        for position, chosen in enumerate(expression.get("values") or ()):
            for other in around.other_values(expression.get("key", ""), chosen):
                place = (*path, index, "values", position)
                yield _with(document, place, other), f"affinity to {other} instead of {chosen}"
        opposite = {"In": "NotIn", "NotIn": "In", "Exists": "DoesNotExist"}.get(expression.get("operator", ""))
        if opposite:
            yield _with(document, (*path, index, "operator"), opposite), f"affinity with {opposite}"


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _walk(part, (*path, key))


def _with(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    _parent(changed, path)[path[-1]] = value
    return changed


def _without(document: dict[str, Any], path: Path) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    del _parent(changed, path)[path[-1]]
    return changed


def _parent(document: Any, path: Path) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document
