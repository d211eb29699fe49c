"""From a checked tree to functions that evaluate it.

Every node becomes a closure over its parts, so that nothing is decided at run time that is known before: which variant
of a function it is, the name of a property in the data, whether a JSON value must be converted for its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from liqolab.kube.cel import syntax
from liqolab.kube.cel.associative import associative
from liqolab.kube.cel.comprehensions import plan_macro
from liqolab.kube.cel.conversion import convert
from liqolab.kube.cel.errors import EvaluationError, no_overload
from liqolab.kube.cel.frame import Frame, Step
from liqolab.kube.cel.functions import Overload
from liqolab.kube.cel.types import Type, contains_raw
from liqolab.kube.cel.values import NOTHING, OptionalValue, checked_key, fits

_LIST_COST: Final = 10
_MAP_COST: Final = 30
_MESSAGE_COST: Final = 40
_ABSENT: Final = object()


def plan(node: syntax.Node) -> Step:
    """The function that evaluates a checked tree.

    It raises EvaluationError and BudgetExceededError.
    """
    return _PLANNERS[type(node)](node)


def _literal(node: syntax.Literal) -> Step:
    value = node.value
    return lambda frame: value


def _ident(node: syntax.Ident) -> Step:
    name, constant = node.name.removeprefix("."), node.constant
    if constant is not None:
        return lambda frame: constant
    return _variable(name, node.type)


def _variable(name: str, type: Type | None) -> Step:
    wanted = type if type is not None and contains_raw(type) else None

    def read(frame: Frame) -> Any:
        frame.meter.spend(1)
        try:
            value = frame.variables[name]
        except KeyError:
            raise EvaluationError(f"no such attribute(s): {name}") from None
        if callable(value):
            value = value()
        return value if wanted is None else convert(value, wanted)

    return read


# --- selection ------------------------------------------------------------------------------------------------------


def _select(node: syntax.Select) -> Step:
    if node.constant is not None:
        constant = node.constant
        return lambda frame: constant
    if node.variable:
        return _variable(node.variable, node.type)
    operand, key, typed = plan(node.operand), node.key, node.typed
    if node.test:
        return lambda frame: _is_set(operand(frame), key, typed)
    inner = node.type
    optional = inner is not None and inner.kind == "optional" and node.optional
    if inner is not None and inner.kind == "optional":
        inner = inner.params[0]
    wanted = inner if inner is not None and contains_raw(inner) else None

    def read(frame: Frame) -> Any:
        container = operand(frame)
        frame.meter.spend(1)
        if isinstance(container, OptionalValue):
            if not container.present:
                return NOTHING
            return _optional_field(container.value, key, wanted, typed)
        if optional:
            return _optional_field(container, key, wanted, typed)
        value = _field(container, key, typed)
        return value if wanted is None else convert(value, wanted)

    return read


def _field(container: Any, key: str, typed: bool) -> Any:
    if not isinstance(container, Mapping):
        raise no_overload()
    value = container.get(key, _ABSENT)
    if value is _ABSENT or (typed and value is None):
        raise EvaluationError(f"no such key: {key}")
    return value


def _optional_field(container: Any, key: str, wanted: Type | None, typed: bool) -> OptionalValue:
    if not isinstance(container, Mapping):
        raise no_overload()
    value = container.get(key, _ABSENT)
    if value is _ABSENT or (typed and value is None):
        return NOTHING
    return OptionalValue(True, value if wanted is None else convert(value, wanted))


def _is_set(container: Any, key: str, typed: bool) -> bool:
    if isinstance(container, OptionalValue):
        return _is_set(container.value, key, typed) if container.present else False
    if not isinstance(container, Mapping):
        raise no_overload()
    value = container.get(key, _ABSENT)
    return value is not _ABSENT and not (typed and value is None)


# --- calls ----------------------------------------------------------------------------------------------------------


def _call(node: syntax.Call) -> Step:
    if (special := _SPECIAL.get(node.function)) is not None:
        return special(node)
    given = [*([node.target] if node.target is not None else []), *node.args]
    steps = tuple(map(plan, given))
    if (literal := _folded(node)) is not None:
        return _literal(literal)
    special_equality = associative(node.function, [arg.type for arg in given])
    if special_equality is not None:
        return _fixed(steps, special_equality)
    arguments = [arg.type for arg in given]
    known = all(found is not None and not _open(found) for found in arguments)
    if known and len(node.overloads) == 1:
        return _fixed(steps, node.overloads[0])
    return _dispatched(steps, node.overloads)


_CONVERSIONS: Final = frozenset(("bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"))
"""Functions whose constants are converted once, ahead of time; what cannot be fails there."""


def _folded(node: syntax.Node) -> syntax.Literal | None:
    """A constant, also one that is converted; None when it is none."""
    if isinstance(node, syntax.Literal):
        return node
    if not isinstance(node, syntax.Call) or node.function not in _CONVERSIONS or len(node.args) != 1:
        return None
    inner = _folded(node.args[0])
    if inner is None or len(node.overloads) != 1:
        return None
    return syntax.Literal(node.offset, node.overloads[0].call(inner.value))


def _open(type: Type) -> bool:
    """Whether values of a type may turn out to be of another."""
    return type.kind in ("dyn", "error", "null") or any(map(_open, type.params))


def _fixed(steps: tuple[Step, ...], overload: Overload) -> Step:
    call, cost = overload.call, overload.cost

    def run(frame: Frame) -> Any:
        args = tuple([step(frame) for step in steps])
        frame.meter.spend(1 if cost is None else cost(args))
        return call(*args)

    return run


def _dispatched(steps: tuple[Step, ...], overloads: Any) -> Step:
    def run(frame: Frame) -> Any:
        args = tuple([step(frame) for step in steps])
        for overload in overloads:
            if all(map(fits, args, overload.params)):
                frame.meter.spend(1 if overload.cost is None else overload.cost(args))
                return overload.call(*args)
        raise no_overload()

    return run


def _logical(node: syntax.Call) -> Step:
    """``||`` and ``&&``: a term that decides makes up for those that fail."""
    steps = tuple(map(plan, node.args))
    decisive = node.function == "_||_"

    def run(frame: Frame) -> bool:
        failure: EvaluationError | None = None
        for step in steps:
            try:
                value = step(frame)
            except EvaluationError as error:
                failure = failure or error
                continue
            if not isinstance(value, bool):
                failure = failure or no_overload()
            elif value == decisive:
                return value
        if failure is not None:
            raise failure
        return not decisive

    return run


def _conditional(node: syntax.Call) -> Step:
    condition, then, otherwise = map(plan, node.args)

    def run(frame: Frame) -> Any:
        value = condition(frame)
        if not isinstance(value, bool):
            raise no_overload()
        return then(frame) if value else otherwise(frame)

    return run


def _or_value(node: syntax.Call) -> Step:
    """The alternative is evaluated only where it is needed."""
    if node.target is None:
        return _dispatched(tuple(map(plan, node.args)), node.overloads)
    first, second, whole = plan(node.target), plan(node.args[0]), node.function == "or"

    def run(frame: Frame) -> Any:
        value = first(frame)
        frame.meter.spend(1)
        if not isinstance(value, OptionalValue):
            raise no_overload()
        if value.present:
            return value if whole else value.value
        return second(frame)

    return run


_SPECIAL: Final[dict[str, Callable[[syntax.Call], Step]]] = {
    "_||_": _logical,
    "_&&_": _logical,
    "_?_:_": _conditional,
    "or": _or_value,
    "orValue": _or_value,
}


# --- literals of many parts -----------------------------------------------------------------------------------------


def _list(node: syntax.ListLiteral) -> Step:
    steps = [(optional, plan(item)) for optional, item in node.items]

    def run(frame: Frame) -> list[Any]:
        frame.meter.spend(_LIST_COST)
        result: list[Any] = []
        for optional, step in steps:
            value = step(frame)
            if not optional:
                result.append(value)
            elif not isinstance(value, OptionalValue):
                raise no_overload()
            elif value.present:
                result.append(value.value)
        return result

    return run


def _map(node: syntax.MapLiteral) -> Step:
    steps = [(optional, plan(key), plan(value)) for optional, key, value in node.entries]

    def run(frame: Frame) -> dict[Any, Any]:
        frame.meter.spend(_MAP_COST)
        result: dict[Any, Any] = {}
        for optional, key_step, value_step in steps:
            key, value = checked_key(key_step(frame)), value_step(frame)
            if optional:
                if not isinstance(value, OptionalValue):
                    raise no_overload()
                if not value.present:
                    continue
                value = value.value
            if key in result:
                raise EvaluationError(f"Failed with repeated key: {key}")
            result[key] = value
        return result

    return run


def _message(node: syntax.Message) -> Step:
    steps = [(name, plan(value)) for _, name, value in node.entries]
    assert node.type is not None, "the checker has been here"
    fields = node.type.fields or {}

    def run(frame: Frame) -> dict[str, Any]:
        frame.meter.spend(_MESSAGE_COST)
        return {fields[name].key: step(frame) for name, step in steps}

    return run


def _macro(node: syntax.Node) -> Step:
    return plan_macro(node, plan)


_PLANNERS: Final[dict[type[syntax.Node], Callable[[Any], Step]]] = {
    syntax.Literal: _literal,
    syntax.Ident: _ident,
    syntax.Select: _select,
    syntax.Call: _call,
    syntax.ListLiteral: _list,
    syntax.MapLiteral: _map,
    syntax.Message: _message,
    syntax.Comprehension: _macro,
    syntax.OptionalMap: _macro,
}
