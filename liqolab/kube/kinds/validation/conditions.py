"""Expressions of webhooks and policies, looked at when they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import duplicate, each_invalid, invalid_value, required, too_many

if TYPE_CHECKING:
    from liqolab.kube.cel.program import Program
    from liqolab.kube.cel.requests import Expressions
    from liqolab.kube.cel.types import Type

_MOST_CONDITIONS: Final = 64


def expression_errors(
    expressions: Expressions, source: str, path: str, *allowed: Type, shown: str | None = None, authorizer: bool = True
) -> tuple[list[FieldError], Program | None]:
    """What is wrong with an expression, or the compiled expression.

    Args:
        expressions: knows its variables.
        source: the expression.
        path: where it stands.
        allowed: the types that its value may have; dyn allows all.
        shown: what errors quote instead of the source.
        authorizer: whether it may use the authorizer.
    """
    from liqolab.kube.cel.errors import CompileError, InstantiationError
    from liqolab.kube.cel.requests import output_problem

    quoted = source if shown is None else shown
    try:
        program = expressions.compile(source, authorizer=authorizer)
    except CompileError as error:
        return [invalid_value(path, quoted, f"compilation failed: {error}")], None
    except InstantiationError as error:
        text = f"program instantiation failed: {error}"
        return [FieldError(path, "InternalError", f"Internal error: {text}")], None
    if problem := output_problem(program, *allowed):
        return [invalid_value(path, quoted, problem)], None
    return [], program


def match_condition_errors(rows: list[Object], path: str, *, params: bool = False) -> Iterator[FieldError]:
    """What is wrong with ``matchConditions``."""
    if not rows:
        return
    from liqolab.kube.cel.requests import Expressions
    from liqolab.kube.cel.types import BOOL

    if len(rows) > _MOST_CONDITIONS:
        yield too_many(path, len(rows), _MOST_CONDITIONS)
    expressions = Expressions(params=params)
    seen: set[str] = set()
    for index, row in enumerate(rows):
        where, name, source = f"{path}[{index}]", row.get("name") or "", str(row.get("expression") or "").strip()
        if not source:
            yield required(f"{where}.expression")
        else:
            yield from expression_errors(expressions, source, f"{where}.expression", BOOL)[0]
        if not name:
            yield required(f"{where}.name")
        else:
            yield from each_invalid(f"{where}.name", name, names.qualified_name(name))
        if name and name in seen:
            yield duplicate(f"{where}.name", name)
        seen.add(name)


def has_line_breaks(text: Any) -> bool:
    return "\n" in str(text) or "\r" in str(text)
