"""Manifests of Secrets within a text: as YAML or JSON, alone or in a list, as ``kubectl`` and annotations show them.

What makes a value secret is the ``kind`` of the map that its ``data`` stands in, which may come before or after it, so
YAML is read line by line with the open maps on a stack: one pass, whatever the text is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FIELDS = ("data", "stringData")
_KEY = re.compile(r"^([ \t]*(?:- )*)([^\s:#-][^:\n]{0,256}):(?:[ \t]+(.*))?$")


def _json_string(quote: str, inside: str) -> str:
    return f"{quote}(?:{inside})*+{quote}"


@dataclass(frozen=True, slots=True)
class _Json:
    """JSON in one way of quoting: by itself, or within a JSON string (an annotation in ``-o json``)."""

    kind: re.Pattern[str]
    data: re.Pattern[str]
    entry: re.Pattern[str]
    quote: str

    @classmethod
    def quoted(cls, quote: str, inside: str, plain: str) -> _Json:
        text, blank = _json_string(quote, inside), r"[ \t\n]*+"
        entry = rf"({text}{blank}:{blank}){text}"
        fields = "|".join(_FIELDS)
        return cls(
            re.compile(rf"{quote}kind{quote}{blank}:{blank}{quote}Secret{quote}"),
            re.compile(rf"({quote}(?:{fields}){quote}{blank}:{blank}\{{)((?:{blank}{entry}{blank},?)++)"),
            re.compile(entry),
            plain,
        )

    def masked(self, text: str, mask: str) -> str:
        if self.kind.search(text) is None:
            return text
        value = (self.quote + mask + self.quote).replace("\\", r"\\")
        return self.data.sub(lambda found: found[1] + self.entry.sub(rf"\g<1>{value}", found[2]), text)


_JSON = (
    _Json.quoted('"', r'[^"\\]|\\.', '"'),
    _Json.quoted(r"\\\"", r"[^\"\\]|\\\\(?:\\\")?|\\[^\"\\]", '\\"'),
)


def without_secret_data(text: str, mask: str) -> str:
    """`text` with every value under ``data`` and ``stringData`` of a Secret replaced by `mask`."""
    if "Secret" not in text:
        return text
    for notation in _JSON:
        text = notation.masked(text, mask)
    return _without_yaml_data(text, mask) if "kind: Secret" in text else text


@dataclass(slots=True)
class _Map:
    """One open YAML map: how far its keys are indented, whether it is a Secret, and the lines of its data."""

    indent: int
    secret: bool = False
    in_data: bool = False
    data: list[int] = field(default_factory=list)


def _without_yaml_data(text: str, mask: str) -> str:
    lines = text.split("\n")
    secret = set(_secret_lines(lines))
    shown = []
    for number, line in enumerate(lines):
        if number not in secret:
            shown.append(line)
        elif found := _KEY.match(line):
            # A line without a key is one more line of a value that is masked already, and is left out.
            shown.append(f"{found[1]}{found[2]}: {mask}")
    return "\n".join(shown)


def _secret_lines(lines: list[str]) -> list[int]:
    marked: list[int] = []
    stack: list[_Map] = []
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        found = _KEY.match(line)
        indent = len(found[1]) if found else len(line) - len(line.lstrip())
        ends_all = line.startswith("---")
        _close(stack, -1 if ends_all else indent, marked, anew=bool(found and "- " in found[1]))
        if stack and stack[-1].in_data and indent > stack[-1].indent:
            stack[-1].data.append(number)
        elif found is not None:
            if not stack or stack[-1].indent < indent:
                stack.append(_Map(indent))
            key, value = found[2].strip("\"' "), (found[3] or "").strip("\"' ")
            stack[-1].in_data = key in _FIELDS and not value
            stack[-1].secret = stack[-1].secret or (key, value) == ("kind", "Secret")
    _close(stack, -1, marked, anew=False)
    return marked


def _close(stack: list[_Map], indent: int, marked: list[int], *, anew: bool) -> None:
    """Leave the maps that a line of this indentation is no part of; a dash begins a map anew."""
    while stack and (stack[-1].indent > indent or (anew and stack[-1].indent == indent)):
        closed = stack.pop()
        if closed.secret:
            marked += closed.data
