"""Macros over lists and maps, evaluated. Every round costs, so that none goes on for long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from liqolab.kube.cel import syntax
from liqolab.kube.cel.conversion import convert
from liqolab.kube.cel.errors import EvaluationError, no_overload
from liqolab.kube.cel.frame import Frame, Step
from liqolab.kube.cel.types import Type, contains_raw
from liqolab.kube.cel.values import NOTHING, OptionalValue

_ROUND_COST: Final = 3
"""The steps of a round besides the body: is it over, is the condition met, what is the result now."""

_ABSENT: Final = object()


Plan = Callable[[syntax.Node], Step]


def plan_macro(node: syntax.Node, plan: Plan) -> Step:
    """The function that evaluates a comprehension or a mapping of an optional; `plan` makes those of its parts."""
    if isinstance(node, syntax.OptionalMap):
        return _optional_map(node, plan)
    assert isinstance(node, syntax.Comprehension), "there is no other macro"
    return _LOOPS[node.macro](_Loop(node, plan))


class _Loop:
    """A range, the variables and the body of a comprehension."""

    def __init__(self, node: syntax.Comprehension, plan: Plan) -> None:
        self._range = plan(node.range)
        self._names = node.names
        self._element = _element(node.range.type)
        self.condition = plan(node.condition) if node.condition is not None else None
        self.body = plan(node.body)
        self.macro = node.macro

    def rounds(self, frame: Frame) -> Iterator[tuple[Any, ...]]:
        """Set the variables to one element after the other; their values are what is yielded."""
        over = self._range(frame)
        variables, names = frame.variables, self._names
        before = {name: variables.get(name, _ABSENT) for name in names}
        try:
            for values in self._elements(over):
                frame.meter.spend(_ROUND_COST)
                for name, value in zip(names, values, strict=True):
                    variables[name] = value
                yield values
        finally:
            for name, value in before.items():
                if value is _ABSENT:
                    variables.pop(name, None)
                else:
                    variables[name] = value

    def _elements(self, over: Any) -> Iterator[tuple[Any, ...]]:
        two = len(self._names) == 2
        element = self._element
        if isinstance(over, Mapping):
            for key, value in over.items():
                yield (key, value) if two else (key,)
        elif isinstance(over, list | tuple):
            for index, item in enumerate(over):
                value = item if element is None else convert(item, element)
                yield (index, value) if two else (value,)
        else:
            raise no_overload()

    def matches(self, frame: Frame) -> bool:
        """Whether the element of this round counts."""
        return self.condition is None or _truth(self.condition(frame))


def _element(over: Type | None) -> Type | None:
    """The type that elements are converted to; None when they are what they are."""
    if over is None or over.kind != "list" or not contains_raw(over.params[0]):
        return None
    return over.params[0]


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise no_overload()
    return value


def _decisive(loop: _Loop) -> Step:
    """``all`` and ``exists``: an element that decides makes up for those that fail."""
    wanted = loop.macro == "exists"

    def run(frame: Frame) -> bool:
        failure: EvaluationError | None = None
        rounds = loop.rounds(frame)
        try:
            for _ in rounds:
                try:
                    if _truth(loop.body(frame)) is wanted:
                        return wanted
                except EvaluationError as error:
                    failure = failure or error
        finally:
            rounds.close()  # type: ignore[attr-defined]  # a generator: the variables go with it, not with its garbage
        if failure is not None:
            raise failure
        return not wanted

    return run


def _exists_one(loop: _Loop) -> Step:
    return lambda frame: sum(_truth(loop.body(frame)) for _ in loop.rounds(frame)) == 1


def _filter(loop: _Loop) -> Step:
    return lambda frame: [values[0] for values in loop.rounds(frame) if _truth(loop.body(frame))]


def _transform_list(loop: _Loop) -> Step:
    return lambda frame: [loop.body(frame) for _ in loop.rounds(frame) if loop.matches(frame)]


def _transform_map(loop: _Loop) -> Step:
    return lambda frame: {values[0]: loop.body(frame) for values in loop.rounds(frame) if loop.matches(frame)}


def _transform_entries(loop: _Loop) -> Step:
    def run(frame: Frame) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for _ in loop.rounds(frame):
            if not loop.matches(frame):
                continue
            entry = loop.body(frame)
            if not isinstance(entry, Mapping):
                raise no_overload()
            for key, value in entry.items():
                if key in result:
                    raise EvaluationError(f"insert failed: key {key} already exists")
                result[key] = value
        return result

    return run


_LOOPS: Final[dict[str, Callable[[_Loop], Step]]] = {
    "all": _decisive,
    "exists": _decisive,
    "exists_one": _exists_one,
    "filter": _filter,
    "map": _transform_list,
    "transformList": _transform_list,
    "transformMap": _transform_map,
    "transformMapEntry": _transform_entries,
}


def _optional_map(node: syntax.OptionalMap, plan: Plan) -> Step:
    operand, body, name, flat = plan(node.operand), plan(node.body), node.name, node.flat

    def run(frame: Frame) -> Any:
        optional = operand(frame)
        frame.meter.spend(1)
        if not isinstance(optional, OptionalValue):
            raise no_overload()
        if not optional.present:
            return NOTHING
        before = frame.variables.get(name, _ABSENT)
        frame.variables[name] = optional.value
        try:
            value = body(frame)
        finally:
            if before is _ABSENT:
                frame.variables.pop(name, None)
            else:
                frame.variables[name] = before
        return value if flat else OptionalValue(True, value)

    return run
