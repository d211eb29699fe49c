"""From text to tokens: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from liqolab.kube.cel.errors import Issue
from liqolab.kube.cel.values import INT_MAX, UINT_MAX, Uint, whole

Kind = Literal["name", "value", "operator", "end"]

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|//[^\n]*)
    |(?P<string>(?:[rRbB]|[bB][rR]|[rR][bB])?(?:\"\"\"|'''|"|'))
    |(?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    |(?P<int>0[xX][0-9a-fA-F]+[uU]?|[0-9]+[uU]?)
    |(?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
    |(?P<operator>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(
    r"""\\(?:(?P<plain>[abfnrtv"'`?\\])|[xX](?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<w>[0-9a-fA-F]{8})"""
    r"""|(?P<octal>[0-3][0-7]{2})|(?P<bad>.|$))""",
    re.DOTALL,
)
_PLAIN = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_CONSTANTS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the source: `value` is what a constant stands for."""

    kind: Kind
    text: str
    offset: int
    value: Any = None


class SyntaxProblem(Exception):  # noqa: N818 (raised and caught inside of the parser)
    """The text is no expression; carries the issue."""

    def __init__(self, offset: int, message: str) -> None:
        self.issue = Issue(offset, message)
        super().__init__(message)


def tokenize(source: str) -> list[Token]:
    """All tokens, the last of kind ``end``.

    Raises:
        SyntaxProblem: something is no token.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _unknown(source, position)
        kind, text = match.lastgroup, match[0]
        if kind == "string":
            token, position = _string(source, position, text)
            tokens.append(token)
            continue
        if kind == "name" and text in _CONSTANTS:
            tokens.append(Token("value", text, position, _CONSTANTS[text]))
        elif kind == "name":
            tokens.append(Token("operator" if text == "in" else "name", text, position))
        elif kind == "operator":
            tokens.append(Token("operator", text, position))
        elif kind != "space":
            tokens.append(Token("value", text, position, float(text) if kind == "float" else text))
        position = match.end()
    tokens.append(Token("end", "<EOF>", len(source)))
    return tokens


def _unknown(source: str, position: int) -> SyntaxProblem:
    return SyntaxProblem(position, f"Syntax error: token recognition error at: '{source[position : position + 1]}'")


def integer(text: str, offset: int, *, negative: bool) -> int:
    """The number that an integer token spells.

    Raises:
        SyntaxProblem: it does not fit into 64 bits.
    """
    unsigned = text[-1] in "uU"
    digits = text[:-1] if unsigned else text
    number = int(digits, 16) if digits[:2] in ("0x", "0X") else whole(digits)
    if unsigned:
        if number > UINT_MAX:
            raise SyntaxProblem(offset, "invalid uint literal")
        return Uint(number)
    number = -number if negative else number
    if number > INT_MAX or number < -INT_MAX - 1:
        raise SyntaxProblem(offset, "invalid int literal")
    return number


def _string(source: str, start: int, opening: str) -> tuple[Token, int]:
    quote = opening.lstrip("rRbB")
    prefix = opening[: len(opening) - len(quote)].lower()
    raw, position = "r" in prefix, start + len(opening)
    end = position
    while not source.startswith(quote, end):
        if end >= len(source) or (len(quote) == 1 and source[end] in "\r\n"):
            raise SyntaxProblem(start, f"Syntax error: token recognition error at: '{source[start:end]}'")
        end += 2 if source[end] == "\\" and not raw else 1
    body = source[position:end]
    value: Any
    if "b" in prefix:
        value = body.encode() if raw else _unescape_bytes(body, position)
    else:
        value = body if raw else _unescape(body, position)
    return Token("value", source[start : end + len(quote)], start, value), end + len(quote)


def _unescape(body: str, offset: int) -> str:
    return _ESCAPE.sub(lambda match: _character(match, offset), body) if "\\" in body else body


def _character(match: re.Match[str], offset: int) -> str:
    if match["plain"]:
        return _PLAIN.get(match["plain"], match["plain"])
    digits = match["x"] or match["u"] or match["w"]
    if match["bad"] is not None:
        raise SyntaxProblem(offset + match.start(), f"Syntax error: token recognition error at: '{match[0]}'")
    return chr(int(digits, 16)) if digits else chr(int(match["octal"], 8))


def _unescape_bytes(body: str, offset: int) -> bytes:
    parts: list[bytes] = []
    last = 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[last : match.start()].encode())
        narrow = match["x"] or match["octal"]
        one = int(narrow, 16 if match["x"] else 8) if narrow else None
        parts.append(bytes((one,)) if one is not None else _character(match, offset).encode())
        last = match.end()
    return b"".join([*parts, body[last:].encode()])
