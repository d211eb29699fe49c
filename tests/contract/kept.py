"""What a real control plane answered: one file a script, written by ``make contract``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.contract.player import Answers

_FOLDER = Path(__file__).parent / "goldens"
_WIDTH = 140
_PLAIN = re.compile(r"[A-Za-z][\w /-]*[A-Za-z]")


def golden(script: str) -> Answers:
    """The answers to a script; empty for one that was never played."""
    path = _path(script)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) if path.exists() else {}


def keep(script: str, answers: Answers) -> None:
    """Write them down."""
    _path(script).write_text("\n".join(_lines(answers, "")) + "\n", encoding="utf-8")


def forget(scripts: set[str]) -> list[str]:
    """Remove what belongs to none of `scripts`; their names."""
    gone = [path for path in _FOLDER.glob("*.yaml") if path.stem not in scripts]
    for path in gone:
        path.unlink()
    return [path.stem for path in gone]


def _lines(value: Any, indent: str) -> Iterator[str]:
    """YAML in which everything that fits on a line stands on one, as JSON: a third of the usual length."""
    told = [(f"{_key(key)}:", item) for key, item in value.items()] if isinstance(value, dict) else []
    told = told or [("-", item) for item in value]
    for mark, item in told:
        line = f"{indent}{mark} {json.dumps(item, ensure_ascii=False)}"
        if len(line) <= _WIDTH or not item or not isinstance(item, dict | list):
            yield line
        else:
            yield f"{indent}{mark}"
            yield from _lines(item, indent + "  ")


def _key(key: str) -> str:
    return key if _PLAIN.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _path(script: str) -> Path:
    return _FOLDER / f"{script}.yaml"
