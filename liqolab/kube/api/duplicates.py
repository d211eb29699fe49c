"""Fields that a document spells more than once, told as the API server tells them: JSON by the field's path, YAML by
the line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What was spelt twice.

    Attributes:
        warnings: one text each.
        strict: the same as parts of a strict decoding error.
    """

    warnings: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.warnings)

    def prefixed(self, head: str) -> Duplicates:
        """The same texts after a word about the kind of document."""
        return Duplicates(tuple(head + text for text in self.warnings), tuple(head + text for text in self.strict))


NO_DUPLICATES: Final = Duplicates()


class _Pairs(list[tuple[str, Any]]):
    """An object of the document with everything that it spells, in order."""


def in_json(raw: bytes) -> Duplicates:
    """The duplicates of a JSON document, in its order."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        plain = dict(pairs)
        found = found or len(plain) < len(pairs)
        return plain

    json.loads(raw, object_pairs_hook=look)
    if not found:
        return NO_DUPLICATES
    texts = tuple(f'duplicate field "{path}"' for path in _paths(json.loads(raw, object_pairs_hook=_Pairs), ""))
    return Duplicates(texts, texts)


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, below in value:
            where = f"{path}.{name}" if path else name
            if name in seen:
                yield where
            seen.add(name)
            yield from _paths(below, where)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, f"{path}[{index}]")


def of_lines(lines: list[str]) -> Duplicates:
    """The duplicates of a YAML document, which tells them by the line."""
    if not lines:
        return NO_DUPLICATES
    strict = "yaml: unmarshal errors:\n" + "\n".join(f"  {line}" for line in lines)
    return Duplicates(tuple(lines), (strict,))
