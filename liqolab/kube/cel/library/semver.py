"""Semantic versions: https://semver.org, and https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.functions import declare, traversal
from liqolab.kube.cel.values import Opaque, whole

_TYPE: Final = "kubernetes.Semver"
_NUMBER: Final = r"(0|[1-9][0-9]*)"
_FORM: Final = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
    r"(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Version(Opaque):
    """A version; what was built of it does not count."""

    numbers: tuple[int, int, int]
    prerelease: tuple[str, ...]
    type_name = _TYPE

    def rank(self) -> tuple[object, ...]:
        """Sorts as versions do: a release after all that led to it, numbers before words."""
        words = tuple((0, whole(word), "") if word.isdecimal() else (1, 0, word) for word in self.prerelease)
        return (self.numbers, not self.prerelease, words)


def _normalized(text: str) -> str:
    """Without a leading ``v`` and leading zeros, with the numbers that are missing."""
    match = re.match(r"v?([0-9.]*)(.*)", text, re.DOTALL)
    assert match is not None, "matches everything"
    numbers = [part.lstrip("0") or "0" if part else part for part in match[1].split(".")]
    return ".".join([*numbers, "0", "0"][: max(3, len(numbers))]) + match[2]


def _parse(text: str) -> Version | None:
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    prerelease = tuple(match[4].split(".")) if match[4] else ()
    return Version((whole(match[1]), whole(match[2]), whole(match[3])), prerelease)


@declare(f"semver(string) -> {_TYPE}", f"semver(string, bool) -> {_TYPE}", cost=traversal)
def semver(text: str, normalize: bool = False) -> Version:
    found = _parse(_normalized(text) if normalize else text)
    if found is None:
        if not text:
            raise EvaluationError("Version string empty")
        raise EvaluationError("No Major.Minor.Patch elements found")
    return found


@declare("isSemver(string) -> bool", "isSemver(string, bool) -> bool", cost=traversal)
def is_semver(text: str, normalize: bool = False) -> bool:
    return _parse(_normalized(text) if normalize else text) is not None


@declare(f"{_TYPE}:compareTo({_TYPE}) -> int")
def compare(one: Version, other: Version) -> int:
    first, second = one.rank(), other.rank()
    return (first > second) - (first < second)


declare(f"{_TYPE}:isGreaterThan({_TYPE}) -> bool")(lambda one, other: one.rank() > other.rank())
declare(f"{_TYPE}:isLessThan({_TYPE}) -> bool")(lambda one, other: one.rank() < other.rank())
for _index, _name in enumerate(("major", "minor", "patch")):
    declare(f"{_TYPE}:{_name}() -> int")(lambda version, index=_index: version.numbers[index])
