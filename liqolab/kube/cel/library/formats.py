"""Named formats: ``format.dns1123Label().validate(x)`` is what is wrong with a text, if anything."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from liqolab.apimachinery import names
from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.functions import declare, traversal
from liqolab.kube.cel.library.net import url
from liqolab.kube.cel.library.times import parse_timestamp
from liqolab.kube.cel.values import NOTHING, Opaque, OptionalValue

_TYPE: Final = "kubernetes.NamedFormat"
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class NamedFormat(Opaque):
    """A format and its name."""

    name: str
    problems: Callable[[str], list[str]]
    type_name = _TYPE


def _prefix(check: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """What may be followed by something generated may end in a dash."""
    return lambda text: check(f"{text[:-1]}a" if len(text) > 1 and text.endswith("-") else text)


def _check(text: str, test: Callable[[str], object], problem: str) -> list[str]:
    try:
        return [] if test(text) else [problem]
    except (ValueError, EvaluationError, binascii.Error):
        return [problem]


def _uri(text: str) -> list[str]:
    try:
        url(text)
    except EvaluationError as error:
        return [str(error).removeprefix("URL parse error during conversion from string: ")]
    return []


def _base64(text: str) -> bool:
    return base64.b64decode(text, validate=True) is not None


_FORMATS: Final[dict[str, Callable[[str], list[str]]]] = {
    "dns1123Label": names.dns1123_label,
    "dns1123Subdomain": names.dns1123_subdomain,
    "dns1035Label": names.dns1035_label,
    "qualifiedName": names.qualified_name,
    "dns1123LabelPrefix": _prefix(names.dns1123_label),
    "dns1123SubdomainPrefix": _prefix(names.dns1123_subdomain),
    "dns1035LabelPrefix": _prefix(names.dns1035_label),
    "labelValue": names.label_value,
    "uri": _uri,
    "uuid": lambda text: _check(text, _UUID.fullmatch, "does not match the UUID format"),
    "byte": lambda text: _check(text, _base64, "invalid base64"),
    "date": lambda text: _check(text, lambda given: len(given) == 10 and date.fromisoformat(given), "invalid date"),
    "datetime": lambda text: _check(text, parse_timestamp, "invalid datetime"),
}
_NAMED: Final = {name: NamedFormat(name, problems) for name, problems in _FORMATS.items()}

for _name in _NAMED:
    declare(f"format.{_name}() -> {_TYPE}")(lambda name=_name: _NAMED[name])


@declare(f"format.named(string) -> optional<{_TYPE}>")
def named(name: str) -> OptionalValue:
    return OptionalValue(True, _NAMED[name]) if name in _NAMED else NOTHING


@declare(f"{_TYPE}:validate(string) -> optional<list<string>>", cost=lambda args: traversal(args[1:]))
def validate(form: NamedFormat, text: str) -> OptionalValue:
    problems = form.problems(text)
    return OptionalValue(True, problems) if problems else NOTHING
