"""The type checker: finds what can be found before there are values, and leaves in the tree what the planner needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from liqolab.kube.cel import syntax, types
from liqolab.kube.cel.errors import Issue
from liqolab.kube.cel.functions import load
from liqolab.kube.cel.literals import literal_issues
from liqolab.kube.cel.parser import qualified
from liqolab.kube.cel.types import BOOL, DYN, ERROR, INT, STRING, Bindings, Type
from liqolab.kube.cel.values import TypeValue, type_name

_TYPE_CONSTANTS: Final = {
    **{name: name for name in ("bool", "int", "uint", "double", "string", "bytes", "list", "map", "type", "null_type")},
    "optional_type": "optional_type",
    "google.protobuf.Timestamp": "google.protobuf.Timestamp",
    "google.protobuf.Duration": "google.protobuf.Duration",
    "net.IP": "net.IP",
    "net.CIDR": "net.CIDR",
    "kubernetes.URL": "kubernetes.URL",
    "kubernetes.Quantity": "kubernetes.Quantity",
    "kubernetes.Semver": "kubernetes.Semver",
    "kubernetes.NamedFormat": "kubernetes.NamedFormat",
}
_LITERALS: Final = {"null_type": types.NULL, "bool": BOOL, "int": INT, "uint": types.UINT, "double": types.DOUBLE}
_LITERALS_TOO: Final = {"string": STRING, "bytes": types.BYTES}
_RANGE: Final = "expression of type '{}' cannot be range of a comprehension (must be list, map, or dynamic)"

Messages = Mapping[str, Type]
"""Types that an expression may make values of, by name."""


class Checker:
    """Checks one expression.

    Args:
        variables: their types.
        messages: types that may be written as ``Name{field: value}``.
    """

    def __init__(self, variables: Mapping[str, Type], messages: Messages | None = None) -> None:
        self._scopes: list[Mapping[str, Type]] = [variables]
        self._messages = messages or {}
        self._functions = load()
        self._bindings = Bindings()
        self._visited: list[syntax.Node] = []
        self.issues: list[Issue] = []
        self.variables: set[str] = set()
        """The variables that the expression uses."""

    def check(self, root: syntax.Node) -> Type:
        """The type of the whole; `issues` has what is wrong, and every node its type."""
        self._check(root)
        for node in self._visited:
            assert node.type is not None, "every visited node has got a type"
            node.type = self._bindings.resolve(node.type, free_is_dyn=True)
        if not self.issues:
            self.issues = list(literal_issues(self._visited))
        assert root.type is not None, "the root has been visited"
        return root.type

    def _check(self, node: syntax.Node) -> Type:
        node.type = _VISITORS[type(node)](self, node)
        self._visited.append(node)
        return node.type

    def _say(self, offset: int, message: str) -> Type:
        self.issues.append(Issue(offset, message))
        return ERROR

    def _mismatch(self, offset: int, expected: Type, found: Type) -> Type:
        resolve = self._bindings.resolve
        shown = (resolve(expected, free_is_dyn=True), resolve(found, free_is_dyn=True))
        return self._say(offset, f"expected type '{shown[0]}' but found '{shown[1]}'")

    def _undeclared(self, offset: int, name: str) -> Type:
        return self._say(offset, f"undeclared reference to '{name}' (in container '')")

    # ------------------------------------------------------------------ names

    def _lookup(self, name: str) -> Type | None:
        name = name.removeprefix(".")
        for depth, scope in enumerate(reversed(self._scopes)):
            if name in scope:
                if depth == len(self._scopes) - 1:
                    self.variables.add(name)
                return scope[name]
        return None

    def _literal(self, node: syntax.Literal) -> Type:
        name = type_name(node.value)
        return _LITERALS.get(name) or _LITERALS_TOO[name]

    def _ident(self, node: syntax.Ident) -> Type:
        found = self._lookup(node.name)
        if found is not None:
            return found
        if node.name in _TYPE_CONSTANTS:
            node.constant = TypeValue(_TYPE_CONSTANTS[node.name])
            return types.TYPE
        return self._undeclared(node.offset, node.name)

    def _select(self, node: syntax.Select) -> Type:
        name = qualified(node)
        if name in _TYPE_CONSTANTS:
            node.constant = TypeValue(_TYPE_CONSTANTS[name])
            return types.TYPE
        if name is not None and not node.test and (found := self._lookup(name)) is not None:
            node.variable = name
            return found
        operand = self._bindings.resolve(self._check(node.operand))
        inner, was_optional = types.unwrap_optional(operand)
        result = self._field(node, inner)
        if node.test:
            return BOOL
        return types.optional_of(result) if was_optional or node.optional else result

    def _field(self, node: syntax.Select, inner: Type) -> Type:
        node.key = node.name
        if inner.kind == "map":
            return inner.params[1]
        if inner.kind == "object":
            field = (inner.fields or {}).get(node.name)
            if field is None:
                return self._say(node.offset, f"undefined field '{node.name}'")
            node.key, node.typed = field.key, True
            return field.type
        if inner.kind == "param":
            self._bindings.assignable(DYN, inner)
            return DYN
        if inner.kind not in ("dyn", "error"):
            shown = self._bindings.resolve(inner, free_is_dyn=True)
            return self._say(node.offset, f"type '{shown}' does not support field selection")
        return DYN

    # ------------------------------------------------------------------ calls

    def _call(self, node: syntax.Call) -> Type:
        for arg in node.args:
            self._check(arg)
        target = node.target
        if target is not None and (prefix := qualified(target)) is not None:
            name = f"{prefix}.{node.function}"
            if name in self._functions and self._lookup(prefix.partition(".")[0]) is None:
                node.function, node.target = name, None
                return self._resolve(node)
        if target is not None:
            self._check(target)
        if node.function not in self._functions:
            return self._undeclared(node.offset, node.function)
        return self._resolve(node)

    def _resolve(self, node: syntax.Call) -> Type:
        given: list[syntax.Node] = [*([node.target] if node.target is not None else []), *node.args]
        arguments = [arg.type or ERROR for arg in given]
        if node.function in ("_||_", "_&&_"):
            return self._logical(node, arguments)
        result: Type | None = None
        fitting = []
        for overload in self._functions[node.function]:
            if overload.member != (node.target is not None):
                continue
            *params, returned = self._bindings.instantiate([*overload.params, overload.result])
            if not self._bindings.all_assignable(arguments, params):
                continue
            fitting.append(overload)
            found = self._bindings.resolve(returned)
            if result is None:
                result = found
            elif result.kind != "dyn" and found != result:
                result = DYN
        node.overloads = fitting
        if result is None:
            shown = [str(self._bindings.resolve(argument, free_is_dyn=True)) for argument in arguments]
            signature = f"{shown[0]}.({', '.join(shown[1:])})" if node.target is not None else f"({', '.join(shown)})"
            text = f"found no matching overload for '{node.function}' applied to '{signature}'"
            return self._say(node.offset, text)
        return result

    def _logical(self, node: syntax.Call, arguments: list[Type]) -> Type:
        wrong = False
        for arg, found in zip(node.args, arguments, strict=True):
            if not self._bindings.assignable(found, BOOL):
                self._mismatch(arg.offset, BOOL, found)
                wrong = True
        node.overloads = self._functions[node.function]
        return ERROR if wrong else BOOL

    # ------------------------------------------------------------------ literals of many parts

    def _join(self, before: Type | None, found: Type) -> Type:
        if before is None:
            return found
        return types.more_general(before, found) if self._bindings.assignable(before, found) else DYN

    def _element(self, optional: bool, node: syntax.Node) -> Type:
        found = self._check(node)
        if not optional:
            return found
        inner, was_optional = types.unwrap_optional(self._bindings.resolve(found))
        if not was_optional and inner.kind != "dyn":
            self._mismatch(node.offset, types.optional_of(inner), inner)
        return inner

    def _list(self, node: syntax.ListLiteral) -> Type:
        element: Type | None = None
        for optional, item in node.items:
            element = self._join(element, self._element(optional, item))
        return types.list_of(element or self._bindings.fresh())

    def _map(self, node: syntax.MapLiteral) -> Type:
        key: Type | None = None
        value: Type | None = None
        for optional, key_node, value_node in node.entries:
            key = self._join(key, self._check(key_node))
            value = self._join(value, self._element(optional, value_node))
        return types.map_of(key or self._bindings.fresh(), value or self._bindings.fresh())

    def _message(self, node: syntax.Message) -> Type:
        found = self._messages.get(node.name.removeprefix("."))
        if found is None:
            self._undeclared(node.offset, node.name)
        for offset, name, value in node.entries:
            given = self._check(value)
            field = (found.fields or {}).get(name) if found is not None else None
            if found is not None and field is None:
                self._say(offset, f"undefined field '{name}'")
            elif field is not None and not self._bindings.assignable(field.type, given):
                text = f"expected type of field '{name}' is '{field.type}' but provided type is '{given}'"
                self._say(offset, text)
        return found or ERROR

    # ------------------------------------------------------------------ macros

    def _comprehension(self, node: syntax.Comprehension) -> Type:
        over = self._bindings.resolve(self._check(node.range))
        scope = self._variables_of(node, over)
        self._scopes.append(scope)
        if node.condition is not None:
            self._expect_bool(node.condition)
        if node.macro in ("all", "exists", "exists_one", "filter"):
            self._expect_bool(node.body)
            result = BOOL
        else:
            result = self._check(node.body)
        self._scopes.pop()
        if node.macro == "filter":
            return types.list_of(scope[node.names[0]])
        if node.macro in ("map", "transformList"):
            return types.list_of(result)
        if node.macro == "transformMap":
            return types.map_of(scope[node.names[0]], result)
        return self._bindings.resolve(result) if node.macro == "transformMapEntry" else BOOL

    def _expect_bool(self, node: syntax.Node) -> None:
        found = self._check(node)
        if not self._bindings.assignable(found, BOOL):
            self._mismatch(node.offset, BOOL, found)

    def _variables_of(self, node: syntax.Comprehension, over: Type) -> Mapping[str, Type]:
        """The types of a macro's variables: of a list elements (or index and element), of a map keys (and values)."""
        if over.kind == "list":
            values: tuple[Type, ...] = (INT, over.params[0]) if len(node.names) == 2 else over.params
        elif over.kind == "map":
            values = over.params[: len(node.names)]
        else:
            if over.kind == "param":
                self._bindings.assignable(DYN, over)
            elif over.kind not in ("dyn", "error"):
                self._say(node.range.offset, _RANGE.format(over))
            values = (DYN,) * len(node.names)
        return dict(zip(node.names, values, strict=True))

    def _optional_map(self, node: syntax.OptionalMap) -> Type:
        operand = self._bindings.resolve(self._check(node.operand))
        inner, was_optional = types.unwrap_optional(operand)
        if not was_optional and operand.kind not in ("dyn", "error"):
            self._mismatch(node.operand.offset, types.optional_of(operand), operand)
        self._scopes.append({node.name: inner})
        result = self._check(node.body)
        self._scopes.pop()
        if not node.flat:
            return types.optional_of(result)
        return result if result.kind == "optional" else types.optional_of(DYN)


_VISITORS: Final[dict[type[syntax.Node], Callable[[Checker, Any], Type]]] = {
    syntax.Literal: Checker._literal,
    syntax.Ident: Checker._ident,
    syntax.Select: Checker._select,
    syntax.Call: Checker._call,
    syntax.ListLiteral: Checker._list,
    syntax.MapLiteral: Checker._map,
    syntax.Message: Checker._message,
    syntax.Comprehension: Checker._comprehension,
    syntax.OptionalMap: Checker._optional_map,
}
