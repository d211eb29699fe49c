"""What an expression can cost at most, known before it ever runs: a rule of a definition that may cost too much is
refused together with the definition.

The numbers are part of Kubernetes' API: a rule that one server takes, all others have to take as well. They follow
``checker/cost.go`` of cel-go and ``k8s.io/apiserver/pkg/cel/library/cost.go``. Macros stand in our trees as such; what
a real parser makes of them is counted here without being made. Only the most that a cost can be is kept; sizes have
the least they can be as well, because some costs depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from liqolab.kube.cel import syntax
from liqolab.kube.cel.sizes import Sizes
from liqolab.kube.cel.types import Type

MOST: Final = 2**64 - 1
_TEXT: Final = 0.1
_PATTERN: Final = 0.25
_CHECK: Final = 350_000
_LIST, _MAP, _MESSAGE = 10, 30, 40


class Size(NamedTuple):
    """What a text, a list or a map has at least and at most."""

    least: int
    most: int

    def united(self, other: Size) -> Size:
        return Size(min(self.least, other.least), max(self.most, other.most))

    def plus(self, other: Size) -> Size:
        return Size(_capped(self.least + other.least), _capped(self.most + other.most))

    def times(self, other: Size) -> Size:
        return Size(_capped(self.least * other.least), _capped(self.most * other.most))


_UNKNOWN: Final = Size(0, MOST)
_ONE: Final = Size(1, 1)
_SCALARS: Final = frozenset(("bool", "double", "duration", "int", "timestamp", "uint"))
_TEXTS: Final = frozenset(("string", "bytes"))

Path = tuple[str, ...]
Estimate = tuple[int, Size | None]
"""A cost, and the size of the result where it is known."""


def _capped(number: float) -> int:
    return min(int(number), MOST)


def _part(size: int, factor: float) -> int:
    """So much of a size, rounded up."""
    return _capped(math.ceil(size * factor))


class _Local(NamedTuple):
    path: Path
    size: Size | None
    entry: Size | None


class Estimator:
    """Estimates the cost of one checked expression.

    Args:
        root: the sizes of what its variables hold.
    """

    def __init__(self, root: Sizes) -> None:
        self._root = root
        self._paths: dict[int, Path] = {}
        self._sizes: dict[int, Size] = {}
        self._entries: dict[int, Size] = {}
        self._locals: dict[str, list[_Local]] = {}

    def cost(self, node: syntax.Node) -> int:
        """The most that it can cost."""
        return _capped(_COSTS[type(node)](self, node))

    # ------------------------------------------------------------------ names and literals

    def _literal(self, node: syntax.Literal) -> int:
        return 0

    def _ident(self, node: syntax.Ident) -> int:
        found = self._local(node.name)
        self._paths[id(node)] = found.path if found else (node.name,)
        return 1

    def _select(self, node: syntax.Select) -> int:
        if node.constant is not None or node.variable:
            return 1
        below = self.cost(node.operand)
        if node.test:
            return below
        if node.optional:
            return below + 1
        self._paths[id(node)] = (*self._path(node.operand), node.name)
        kind = node.operand.type.kind if node.operand.type else ""
        return below + (kind in ("map", "object", "param", "opaque"))

    def _list(self, node: syntax.ListLiteral) -> int:
        total = _LIST + sum(self.cost(item) for _, item in node.items)
        self._entries[id(node)] = self._span([item for _, item in node.items])
        return total

    def _map(self, node: syntax.MapLiteral) -> int:
        total = _MAP + sum(self.cost(key) + self.cost(value) for _, key, value in node.entries)
        self._entries[id(node)] = self._span([value for _, _, value in node.entries])
        return total

    def _message(self, node: syntax.Message) -> int:
        return _MESSAGE + sum(self.cost(value) for _, _, value in node.entries)

    def _span(self, nodes: Sequence[syntax.Node]) -> Size:
        sizes = [self._size_or_unknown(node) for node in nodes]
        return Size(min((size.least for size in sizes), default=0), max((size.most for size in sizes), default=0))

    # ------------------------------------------------------------------ calls

    def _call(self, node: syntax.Call) -> int:
        if node.function == "dyn":
            below = self.cost(node.args[0])
            self._copy(node, node.args[0])
            return 1 + below
        costs = [self.cost(arg) for arg in node.args]
        target = self.cost(node.target) if node.target is not None else 0
        if node.function in ("_&&_", "_||_"):
            return sum(costs)
        if node.function == "_?_:_":
            self._set(node, self._size_or_unknown(node.args[1]).united(self._size_or_unknown(node.args[2])))
            entries = [self._entry(arg) for arg in node.args[1:]]
            if entries[0] is not None and entries[1] is not None:
                self._entries[id(node)] = entries[0].united(entries[1])
            return costs[0] + max(costs[1:])
        found, size = self._function(node)
        if node.function == "_[_]":
            size = self._index(node)
        self._set(node, size if size is not None else self._size(node))
        return target + sum(costs) + found

    def _index(self, node: syntax.Call) -> Size | None:
        over = node.args[0]
        kind = over.type.kind if over.type else ""
        if kind in ("list", "map"):
            self._paths[id(node)] = (*self._path(over), "@items" if kind == "list" else "@values")
            return self._entry(over)
        return None

    def _function(self, node: syntax.Call) -> Estimate:
        if (special := _FUNCTIONS.get(node.function)) is not None and (found := special(self, node)) is not None:
            return found
        estimates = [self._overload(node, overload.params) for overload in node.overloads]
        sizes = [size for _, size in estimates if size is not None]
        united = Size(min(size.least for size in sizes), max(size.most for size in sizes)) if sizes else None
        return max((cost for cost, _ in estimates), default=0), united

    def _overload(self, node: syntax.Call, params: Sequence[Type]) -> Estimate:
        """The cost of one variant of one of CEL's own functions."""
        kind, args = params[0].kind if params else "", [self._size_or_unknown(arg) for arg in node.args]
        name = node.function
        if name == "_+_" and (kind in _TEXTS or kind == "list"):
            size = args[0].plus(args[1])
            entries = [self._entry(arg) for arg in node.args]
            if entries[0] is not None and entries[1] is not None:
                self._entries[id(node)] = entries[0].united(entries[1])
            return (1 if kind == "list" else _part(size.most, _TEXT)), size
        if name in ("_==_", "_!=_") or (name in ("_<_", "_<=_", "_>_", "_>=_") and kind in _TEXTS):
            return _part(min(args[0].most, args[1].most), _TEXT), None
        if name == "@in" and len(params) == 2 and params[1].kind == "list":
            return args[1].most, None
        if name == "bytes" and kind == "string":
            return _part(args[0].most, _TEXT), Size(args[0].least, _capped(args[0].most * 4))
        if name == "string" and kind == "bytes":
            return _part(args[0].most, _TEXT), Size(args[0].least // 4, args[0].most)
        return 1, None

    # ------------------------------------------------------------------ macros

    def _comprehension(self, node: syntax.Comprehension) -> int:
        over = self.cost(node.range)
        self._push(node)
        condition = self.cost(node.condition) if node.condition is not None else None
        body, size = self.cost(node.body), self._size_or_unknown(node.body)
        filtered = self._size_or_unknown(syntax.Ident(0, node.names[0])) if node.macro == "filter" else _ONE
        for name in node.names:
            self._locals[name].pop()
        start, round_cost, end = _ROUNDS[node.macro](body, condition)
        count = self._size_or_unknown(node.range)
        self._sizes[id(node)] = count if start else _ONE
        if node.macro in ("map", "transformList"):
            self._entries[id(node)] = Size(0, size.most)
        elif node.macro == "filter":
            self._entries[id(node)] = Size(0, filtered.most)
        return over + start + end + _capped(count.most * round_cost)

    def _push(self, node: syntax.Comprehension) -> None:
        over = node.range
        kind, path, entry = (over.type.kind if over.type else ""), self._path(over), self._entry(over)
        listed = kind == "list"
        steps: tuple[tuple[str, Size | None], ...]
        if len(node.names) == 2:
            steps = (("@indices", None), ("@items", entry)) if listed else (("@keys", None), ("@values", entry))
        else:
            steps = ((("@items", entry) if listed else ("@keys", None)),)
        for name, (step, size) in zip(node.names, steps, strict=True):
            self._locals.setdefault(name, []).append(_Local((*path, step), size, None))

    def _optional_map(self, node: syntax.OptionalMap) -> int:
        operand = self.cost(node.operand)
        self._locals.setdefault(node.name, []).append(_Local((), None, None))
        body = self.cost(node.body)
        self._locals[node.name].pop()
        bound = _LIST + (operand + 1) + body
        return (operand + 1) + max(bound + (not node.flat), 1)

    # ------------------------------------------------------------------ sizes and paths

    def _local(self, name: str) -> _Local | None:
        stack = self._locals.get(name)
        return stack[-1] if stack else None

    def _path(self, node: syntax.Node) -> Path:
        if isinstance(node, syntax.Ident) and (found := self._local(node.name)):
            return found.path
        return self._paths.get(id(node), ())

    def _set(self, node: syntax.Node, size: Size | None) -> None:
        if size is not None:
            self._sizes[id(node)] = size

    def _copy(self, node: syntax.Node, source: syntax.Node) -> None:
        self._set(node, self._size(source))
        if (entry := self._entry(source)) is not None:
            self._entries[id(node)] = entry

    def _entry(self, node: syntax.Node) -> Size | None:
        if id(node) in self._entries:
            return self._entries[id(node)]
        found = self._local(node.name) if isinstance(node, syntax.Ident) else None
        return found.entry if found else None

    def _size_or_unknown(self, node: syntax.Node) -> Size:
        found = self._size(node)
        return found if found is not None else _UNKNOWN

    def _size(self, node: syntax.Node) -> Size | None:
        if id(node) in self._sizes:
            return self._sizes[id(node)]
        if (written := _written(node)) is not None:
            return Size(written, written)
        if (declared := self.declared(self._path(node))) is not None:
            return declared
        if node.type is not None and _is_scalar(node.type):
            return _ONE
        found = self._local(node.name) if isinstance(node, syntax.Ident) else None
        return found.size if found else None

    def declared(self, path: Path) -> Size | None:
        """What the schema says of a path, whose first step is a variable."""
        if not path:
            return None
        place: Sizes | None = self._root
        for step in path[1:]:
            if place is None:
                return None
            if step in ("@items", "@values"):
                place = place.element
            elif step == "@keys":
                place = place.key
            else:
                place = place.fields.get(step)
        return Size(0, place.most) if place is not None else None

    def elements(self, node: syntax.Node) -> Size | None:
        """The size of the elements of a list of texts; `_ONE` of a list of others, None of what is no list."""
        if node.type is None or not node.type.params:
            return None
        if node.type.params[0].kind not in _TEXTS:
            return _ONE
        path = self._path(node)
        return self.declared((*path, "@items")) or _UNKNOWN if path else _UNKNOWN


def _written(node: syntax.Node) -> int | None:
    if isinstance(node, syntax.Literal):
        return len(node.value) if isinstance(node.value, str | bytes) else 1
    if isinstance(node, syntax.ListLiteral):
        return len(node.items)
    return len(node.entries) if isinstance(node, syntax.MapLiteral) else None


def _is_scalar(type: Type) -> bool:
    return type.kind in _SCALARS or (type.kind == "optional" and _is_scalar(type.params[0]))


_COSTS: Final[dict[type[syntax.Node], Callable[[Estimator, syntax.Node], int]]] = {
    syntax.Literal: Estimator._literal,  # type: ignore[dict-item]
    syntax.Ident: Estimator._ident,  # type: ignore[dict-item]
    syntax.Select: Estimator._select,  # type: ignore[dict-item]
    syntax.Call: Estimator._call,  # type: ignore[dict-item]
    syntax.ListLiteral: Estimator._list,  # type: ignore[dict-item]
    syntax.MapLiteral: Estimator._map,  # type: ignore[dict-item]
    syntax.Message: Estimator._message,  # type: ignore[dict-item]
    syntax.Comprehension: Estimator._comprehension,  # type: ignore[dict-item]
    syntax.OptionalMap: Estimator._optional_map,  # type: ignore[dict-item]
}


# ---------------------------------------------------------------------- rounds of macros


def _appended(body: int, condition: int | None) -> tuple[int, int, int]:
    added = 1 + (_LIST + body) + 1
    return _LIST, added if condition is None else condition + added, 1


def _inserted(extra: int) -> Callable[[int, int | None], tuple[int, int, int]]:
    def rounds(body: int, condition: int | None) -> tuple[int, int, int]:
        added = 2 + extra + body
        return _MAP, added if condition is None else condition + added, 1

    return rounds


_ROUNDS: Final[dict[str, Callable[[int, int | None], tuple[int, int, int]]]] = {
    "all": lambda body, _: (0, 2 + 1 + body, 1),
    "exists": lambda body, _: (0, 3 + 1 + body, 1),
    "exists_one": lambda body, _: (0, body + 2, 2),
    "filter": lambda body, _: (_LIST, body + 1 + (_LIST + 1) + 1, 1),
    "map": _appended,
    "transformList": _appended,
    "transformMap": _inserted(1),
    "transformMapEntry": _inserted(0),
}
"""Macro → what it costs to begin, each round, and in the end, from the costs of its body and its condition."""


# ---------------------------------------------------------------------- functions

_Special = Callable[[Estimator, syntax.Call], Estimate | None]


def _fixed(cost: int) -> _Special:
    return lambda estimator, call: (cost, None)


def _of_argument(factor: float, *, sized: bool = False) -> _Special:
    """A walk over the first argument."""

    def special(estimator: Estimator, call: syntax.Call) -> Estimate | None:
        if not call.args:
            return None
        size = estimator._size_or_unknown(call.args[0])
        return _part(size.most, factor), size if sized else None

    return special


def _of_target(factor: float) -> _Special:
    """A walk over the receiver, which the result is no longer than."""

    def special(estimator: Estimator, call: syntax.Call) -> Estimate | None:
        if call.target is None:
            return None
        size = estimator._size_or_unknown(call.target)
        return _part(size.most, factor), size

    return special


def _searched(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    """Functions of lists that look at every element, and two that texts have as well."""
    if call.target is None:
        return None
    size, element = estimator._size_or_unknown(call.target), estimator.elements(call.target)
    if element is None:
        return _part(size.most, _TEXT), None
    texts = call.target.type is not None and call.target.type.params[0].kind in _TEXTS
    return _capped(size.most * (1 + (_part(element.most, _TEXT) if texts else 0))), None


def _replace(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    if call.target is None or len(call.args) < 2:
        return None
    size, old, new = map(estimator._size_or_unknown, (call.target, *call.args[:2]))
    if old.least == 0:
        most = _capped(_capped(size.most + 1) * new.most) + size.most
    elif new.most <= old.least:
        most = size.most
    else:
        most = math.ceil(size.most / old.least) * new.most
    return _part(size.most, 2 * _TEXT), Size(0, _capped(most))


def _split(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    if call.target is None:
        return None
    size = estimator._size_or_unknown(call.target)
    most = size.most
    if len(call.args) > 1 and isinstance(call.args[1], syntax.Literal) and isinstance(call.args[1].value, int):
        most = call.args[1].value % 2**64
    return _part(size.most, 2 * _TEXT), Size(0, most)


def _join(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    if call.target is None:
        return None
    count, total = estimator._size_or_unknown(call.target), 0
    if (element := estimator.elements(call.target)) is not None:
        total = _capped(count.most * element.most)
    if call.args:
        total += estimator._size_or_unknown(call.args[0]).most * max(count.most - 1, 0)
    size = Size(0, _capped(total))
    return _part(size.most, _TEXT), size


def _matched(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    """A pattern, of whose states only its length is known."""
    given = [*([call.target] if call.target is not None else []), *call.args]
    if len(given) < 2:
        return None
    text, pattern = map(estimator._size_or_unknown, given[:2])
    cost = _part(_capped(text.most + 1), _TEXT) * _part(pattern.most, _PATTERN)
    return _capped(cost), None if call.function == "matches" else Size(0, text.most)


def _contains(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    if call.target is None or not call.args:
        return None
    whole, part = map(estimator._size_or_unknown, (call.target, call.args[0]))
    return _capped(_part(whole.most, _TEXT) * _part(part.most, _TEXT)), None


def _in_network(base: int) -> _Special:
    def special(estimator: Estimator, call: syntax.Call) -> Estimate | None:
        if not call.args:
            return None
        parsed = call.args[0].type is None or call.args[0].type.kind in ("string", "dyn")
        return base + (_part(estimator._size_or_unknown(call.args[0]).most, _TEXT) if parsed else 0), None

    return special


def _sets(factor: int) -> _Special:
    def special(estimator: Estimator, call: syntax.Call) -> Estimate | None:
        if len(call.args) != 2:
            return None
        one, other = map(estimator._size_or_unknown, call.args)
        return _capped(one.most * other.most * factor) + 1, None

    return special


def _listed(size: Size, factor: float) -> Estimate:
    return _part(size.most, factor) + 1 + _LIST, size


def _whole_number(node: syntax.Node | None, default: int) -> int:
    given = node.value if isinstance(node, syntax.Literal) else None
    return given if isinstance(given, int) and given >= 0 else default


def _lists(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    """Functions that make a list of one."""
    if call.function == "lists.range":
        most = _whole_number(call.args[0], MOST)
        return _listed(Size(most, most), 1)
    if call.target is None:
        return None
    size, first = estimator._size_or_unknown(call.target), call.args[0] if call.args else None
    if call.function == "slice":
        most = max(_whole_number(call.args[1], size.most) - _whole_number(first, 0), 0)
        return _listed(Size(most, most), 1)
    if call.function == "flatten":
        return _listed(size, _whole_number(first, MOST) if first is not None else 1)
    if call.function == "reverse":
        kind = call.target.type.kind if call.target.type else ""
        return _listed(size, 1) if kind == "list" else None
    texts = call.function == "sort" and call.target.type is not None and call.target.type.params[0].kind in _TEXTS
    return _listed(size.times(size), 2 + (_TEXT if texts else 0))


def _selector(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    size = estimator._size_or_unknown(call.args[0]).most
    return _LIST + _part(size, _TEXT) + _capped(_part(size, 0.5) * (_LIST + _MESSAGE)), None


def _equal(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    """What is opaque is compared at once."""
    kinds = [arg.type.kind if arg.type else "" for arg in call.args]
    return (1, None) if kinds == ["opaque", "opaque"] else None


def _format(estimator: Estimator, call: syntax.Call) -> Estimate | None:
    return None if call.target is None else (_part(estimator._size_or_unknown(call.target).most, _TEXT), None)


_FUNCTIONS: Final[dict[str, _Special]] = {
    "check": _fixed(_CHECK),
    **dict.fromkeys(
        (
            *("serviceAccount", "path", "group", "resource", "subresource", "namespace", "name", "allowed", "reason"),
            *("error", "errored", "masked", "prefixLength", "family", "isUnspecified", "isLoopback", "format.named"),
            *("isLinkLocalMulticast", "isLinkLocalUnicast", "isGlobalUnicast", "sign", "asInteger", "isInteger"),
            *(
                "asApproximateFloat",
                "isGreaterThan",
                "isLessThan",
                "compareTo",
                "add",
                "sub",
                "major",
                "minor",
                "patch",
            ),
            *("getScheme", "getHostname", "getHost", "getPort", "getEscapedPath", "getQuery"),
        ),
        _fixed(1),
    ),
    **dict.fromkeys(("slice", "flatten", "lists.range", "reverse", "distinct", "sort"), _lists),
    **dict.fromkeys(("fieldSelector", "labelSelector"), _selector),
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), _searched),
    **dict.fromkeys(("url", "jsonpatch.escapeKey"), _of_argument(_TEXT, sized=True)),
    **dict.fromkeys(("lowerAscii", "upperAscii", "substring", "trim"), _of_target(_TEXT)),
    **dict.fromkeys(
        ("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver", "startsWith", "endsWith"),
        _of_argument(_TEXT),
    ),
    "ip": lambda estimator, call: (1, None) if call.target is not None else _of_argument(_TEXT)(estimator, call),
    "ip.isCanonical": _of_argument(2 * _TEXT),
    "replace": _replace,
    "split": _split,
    "join": _join,
    **dict.fromkeys(("matches", "find", "findAll"), _matched),
    "contains": _contains,
    # Two addresses of sixteen bytes, and for networks one of them once more.
    "containsIP": _in_network(4),
    "containsCIDR": _in_network(4 + 2 + 1),
    "sets.contains": _sets(1),
    "sets.intersects": _sets(1),
    "sets.equivalent": _sets(2),
    "_==_": _equal,
    "format": _format,
    "strings.quote": _of_argument(_TEXT),
    "validate": lambda estimator, call: (
        _part(_part(estimator._size_or_unknown(call.args[0]).most, _TEXT), 128 * _PATTERN),
        None,
    ),
}
