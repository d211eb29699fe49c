"""From tokens to a tree, macros included. One function reads one level of precedence; mistakes are told in the words of
Kubernetes' parser where those are short enough to be useful.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from liqolab.kube.cel import syntax
from liqolab.kube.cel.errors import CompileError, Issue
from liqolab.kube.cel.lexer import SyntaxProblem, Token, integer, tokenize
from liqolab.kube.cel.macros import MACROS, MacroError

_STARTS: Final = (
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
)
_RESERVED: Final = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
_BINARY: Final = {
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "in"), 1),
    **dict.fromkeys(("+", "-"), 2),
    **dict.fromkeys(("*", "/", "%"), 3),
}
"""Operators that associate to the left, by how tightly they bind."""

_OPERATOR_NAMES: Final = {"in": "@in", "-": "_-_"}

MAX_DEPTH: Final = 100
"""Nested parentheses, brackets and calls: four Python frames each, of the thousand that Python allows."""

MAX_SIZE: Final = 100_000
"""Characters of an expression, as upstream."""


def parse(source: str) -> syntax.Node:
    """The tree of an expression.

    Raises:
        CompileError: it is none.
    """
    if len(source) > MAX_SIZE:
        text = f"expression code point size exceeds limit: size: {len(source)}, limit {MAX_SIZE}"
        raise CompileError(source, [Issue(0, text)])
    try:
        return _Parser(tokenize(source)).whole()
    except SyntaxProblem as problem:
        raise CompileError(source, [problem.issue]) from None


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._index = 0
        self._depth = 0

    # ------------------------------------------------------------------ tokens

    @property
    def _now(self) -> Token:
        return self._tokens[self._index]

    def _next(self) -> Token:
        token = self._now
        self._index += 1
        return token

    def _at(self, *texts: str) -> bool:
        return self._now.kind == "operator" and self._now.text in texts

    def _take(self, text: str) -> bool:
        if not self._at(text):
            return False
        self._index += 1
        return True

    def _expect(self, text: str) -> Token:
        if not self._at(text):
            raise self._missing(text)
        return self._next()

    def _missing(self, text: str) -> SyntaxProblem:
        """A bracket that is not there, or comes one word late."""
        token, after = self._now, self._tokens[min(self._index + 1, len(self._tokens) - 1)]
        if after.kind == "operator" and after.text == text:
            return SyntaxProblem(token.offset, f"Syntax error: extraneous input '{token.text}' expecting '{text}'")
        return SyntaxProblem(token.offset, f"Syntax error: missing '{text}' at '{token.text}'")

    def _mismatched(self, expected: str) -> SyntaxProblem:
        token = self._now
        return SyntaxProblem(token.offset, f"Syntax error: mismatched input '{token.text}' expecting {expected}")

    # ------------------------------------------------------------------ operators

    def whole(self) -> syntax.Node:
        node = self._expression()
        if self._now.kind != "end":
            token = self._now
            raise SyntaxProblem(token.offset, f"Syntax error: extraneous input '{token.text}' expecting <EOF>")
        return node

    def _expression(self) -> syntax.Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SyntaxProblem(self._now.offset, f"expression recursion limit exceeded: {MAX_DEPTH}")
        node = self._logical("||", lambda: self._logical("&&", lambda: self._binary(1)))
        if self._at("?"):
            offset = self._next().offset
            then = self._logical("||", lambda: self._logical("&&", lambda: self._binary(1)))
            self._expect(":")
            node = syntax.Call(offset, "_?_:_", [node, then, self._expression()])
        self._depth -= 1
        return node

    def _logical(self, operator: str, below: Callable[[], syntax.Node]) -> syntax.Node:
        terms, offset = [below()], -1
        while self._at(operator):
            found = self._next().offset
            offset = found if offset < 0 else offset
            terms.append(below())
        return terms[0] if len(terms) == 1 else syntax.Call(offset, f"_{operator}_", terms)

    def _binary(self, level: int) -> syntax.Node:
        left = self._unary() if level > 3 else self._binary(level + 1)
        length = 0
        while self._now.kind == "operator" and _BINARY.get(self._now.text) == level:
            token = self._next()
            length += 1
            if length > MAX_DEPTH:
                raise SyntaxProblem(token.offset, f"expression recursion limit exceeded: {MAX_DEPTH}")
            right = self._unary() if level > 2 else self._binary(level + 1)
            name = _OPERATOR_NAMES.get(token.text, f"_{token.text}_")
            left = syntax.Call(token.offset, name, [left, right])
        return left

    def _unary(self) -> syntax.Node:
        if not self._at("!", "-"):
            return self._member()
        first = self._next()
        count = 1
        while self._take(first.text):
            count += 1
        following = self._now
        if first.text == "-" and following.kind == "value" and following.text[0] in "0123456789.":
            operand = self._member(negative=True)
            count -= 1
        else:
            operand = self._member()
        if count % 2 == 0:
            return operand
        return syntax.Call(first.offset, "!_" if first.text == "!" else "-_", [operand])

    # ------------------------------------------------------------------ members

    def _member(self, *, negative: bool = False) -> syntax.Node:
        node = self._primary(negative)
        length = 0
        while True:
            length += 1
            if length > MAX_DEPTH:
                raise SyntaxProblem(self._now.offset, f"expression recursion limit exceeded: {MAX_DEPTH}")
            if self._at("."):
                node = self._selection(node)
            elif self._at("["):
                offset = self._next().offset
                optional = self._take("?")
                index = self._expression()
                self._expect("]")
                node = syntax.Call(offset, "_[?_]" if optional else "_[_]", [node, index])
            elif self._at("{") and (name := qualified(node)) is not None:
                node = self._message(name)
            else:
                return node

    def _selection(self, operand: syntax.Node) -> syntax.Node:
        dot = self._next()
        optional = self._take("?")
        if self._now.kind == "end":
            raise SyntaxProblem(self._now.offset, f"Syntax error: no viable alternative at input '{dot.text}'")
        if self._now.kind != "name":
            raise self._mismatched("IDENTIFIER")
        name = self._next()
        if optional or not self._at("("):
            return syntax.Select(dot.offset, operand, name.text, optional)
        opening = self._next()
        return self._call(opening.offset, name.text, operand, self._until(")"))

    def _call(self, offset: int, name: str, target: syntax.Node | None, args: list[syntax.Node]) -> syntax.Node:
        macro = MACROS.get((name, target is not None, len(args)))
        if macro is None:
            return syntax.Call(offset, name, args, target)
        try:
            found = macro(offset, target, args)
        except MacroError as error:
            raise SyntaxProblem(error.offset, error.text) from None
        return found if found is not None else syntax.Call(offset, name, args, target)

    def _until(self, closing: str) -> list[syntax.Node]:
        items: list[syntax.Node] = []
        while not self._take(closing):
            items.append(self._expression())
            if not self._at(",") and not self._at(closing):
                raise self._missing(closing)
            if self._take(",") and closing == ")" and self._at(closing):
                raise self._mismatched(_STARTS)
        return items

    def _message(self, name: str) -> syntax.Node:
        offset = self._next().offset
        rows: list[tuple[int, str, syntax.Node]] = []
        while not self._take("}"):
            self._take("?")
            field = self._next()
            if field.kind != "name":
                raise SyntaxProblem(field.offset, f"Syntax error: mismatched input '{field.text}' expecting IDENTIFIER")
            colon = self._expect(":")
            rows.append((colon.offset, field.text, self._expression()))
            if not self._take(",") and not self._at("}"):
                raise self._missing("}")
        return syntax.Message(offset, name, rows)

    # ------------------------------------------------------------------ primaries

    def _primary(self, negative: bool) -> syntax.Node:
        token = self._now
        if token.kind == "value":
            self._index += 1
            return syntax.Literal(token.offset, _constant(token, negative))
        if token.kind == "name" or self._at("."):
            return self._name()
        if self._take("("):
            node = self._expression()
            self._expect(")")
            return node
        if self._at("["):
            return self._list()
        if self._at("{"):
            return self._map()
        raise self._mismatched(_STARTS)

    def _name(self) -> syntax.Node:
        leading = "." if self._take(".") else ""
        if self._now.kind != "name":
            raise self._mismatched("IDENTIFIER")
        token = self._next()
        if token.text in _RESERVED:
            raise SyntaxProblem(token.offset, f"reserved identifier: {token.text}")
        if self._at("("):
            opening = self._next()
            return self._call(opening.offset, token.text, None, self._until(")"))
        return syntax.Ident(token.offset, leading + token.text)

    def _list(self) -> syntax.Node:
        offset = self._next().offset
        items: list[tuple[bool, syntax.Node]] = []
        while not self._take("]"):
            optional = self._take("?")
            items.append((optional, self._expression()))
            if not self._take(",") and not self._at("]"):
                raise self._missing("]")
        return syntax.ListLiteral(offset, items)

    def _map(self) -> syntax.Node:
        offset = self._next().offset
        entries: list[tuple[bool, syntax.Node, syntax.Node]] = []
        while not self._take("}"):
            optional = self._take("?")
            key = self._expression()
            self._expect(":")
            entries.append((optional, key, self._expression()))
            if not self._take(",") and not self._at("}"):
                raise self._missing("}")
        return syntax.MapLiteral(offset, entries)


def _constant(token: Token, negative: bool) -> object:
    if isinstance(token.value, str) and token.text[0] in "0123456789":
        return integer(token.value, token.offset, negative=negative)
    return -token.value if negative and isinstance(token.value, float) else token.value


def qualified(node: syntax.Node) -> str | None:
    """The dotted name that a tree of selections spells; None for everything else."""
    if isinstance(node, syntax.Ident):
        return node.name
    if isinstance(node, syntax.Select) and not node.optional and not node.test:
        prefix = qualified(node.operand)
        return None if prefix is None else f"{prefix}.{node.name}"
    return None
