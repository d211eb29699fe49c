"""Two answers side by side: where they differ, and which differences are known.

``differences.yaml`` lists what is different on purpose, with the reason and with what we answer, so that a difference
cannot change unseen; one that no longer occurs has to leave the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

_LISTED = Path(__file__).parent / "differences.yaml"

ABSENT = "<absent>"
ANY = "<any>"


@dataclass(frozen=True)
class Difference:
    """One place in which one exchange was answered differently."""

    exchange: str
    path: str
    real: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.exchange}\n    {self.path}\n      real: {self.real!r}\n      ours: {self.ours!r}"


@dataclass(frozen=True)
class Known:
    """An entry of the list: the places of a script that it is about, and why they differ."""

    exchange: str
    reason: str
    path: str = "*"
    ours: Any = ANY

    def covers(self, found: Difference) -> bool:
        """`exchange` and `path` may be patterns; what we answer may not."""
        named = fnmatchcase(found.exchange, self.exchange) and fnmatchcase(found.path, self.path)
        return named and self.ours in (ANY, found.ours)


def known(script: str) -> list[Known]:
    """The entries for a script."""
    listed = yaml.load(_LISTED.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    return [Known(**entry) for entry in listed.get(script, [])]


def differences(real: dict[str, Any], ours: dict[str, Any]) -> list[Difference]:
    """Every place in which the answers to one script differ."""
    titles = list(dict.fromkeys([*real, *ours]))
    return [
        Difference(title, path, one, other)
        for title in titles
        for path, one, other in _between(real.get(title, ABSENT), ours.get(title, ABSENT), "")
    ]


def _between(real: Any, ours: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in dict.fromkeys([*real, *ours]):
            yield from _between(real.get(key, ABSENT), ours.get(key, ABSENT), f"{path}.{key}" if path else key)
    elif isinstance(real, list) and isinstance(ours, list):
        for at in range(max(len(real), len(ours))):
            one = real[at] if at < len(real) else ABSENT
            other = ours[at] if at < len(ours) else ABSENT
            yield from _between(one, other, f"{path}[{at}]")
    elif real != ours or isinstance(real, bool) != isinstance(ours, bool):
        yield path, real, ours
