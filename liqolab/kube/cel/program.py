"""An expression, ready to run: what everybody outside of this package works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from liqolab.kube.cel.budget import Meter
from liqolab.kube.cel.checker import Checker, Messages
from liqolab.kube.cel.errors import CompileError, EvaluationError, InstantiationError, Issue
from liqolab.kube.cel.frame import Frame, Step
from liqolab.kube.cel.parser import parse
from liqolab.kube.cel.planner import plan
from liqolab.kube.cel.sizes import Sizes
from liqolab.kube.cel.syntax import Node
from liqolab.kube.cel.types import Type

_TOO_DEEP = "expression recursion limit exceeded"


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression.

    Attributes:
        type: of its value.
        variables: those that it uses.
        cost: what it can cost at most, where somebody asked; else 0.
    """

    source: str
    type: Type
    variables: frozenset[str]
    _step: Step
    cost: int = 0

    def run(self, variables: Mapping[str, Any], meter: Meter) -> Any:
        """The value.

        Args:
            variables: their values as JSON has them; a function is called when the variable is first used.
            meter: counts what it costs.

        Raises:
            EvaluationError: there is none.
            BudgetExceededError: it takes too much work.
        """
        meter.begin()
        try:
            return self._step(Frame(variables, meter))
        except RecursionError:
            raise EvaluationError(_TOO_DEEP) from None


def compile_expression(
    source: str, variables: Mapping[str, Type], messages: Messages | None = None, sizes: Sizes | None = None
) -> Program:
    """Make an expression ready.

    Args:
        source: the expression.
        variables: the types of what it may use.
        messages: the types that it may make values of.
        sizes: how large its variables can be, to have its cost estimated.

    Raises:
        CompileError: it is malformed, or its types do not fit.
        InstantiationError: a constant in it is none.
    """
    try:
        root = parse(source)
        checker = Checker(variables, messages)
        result = checker.check(root)
        if checker.issues:
            raise CompileError(source, checker.issues)
        program = Program(source, result, frozenset(checker.variables), plan(root))
        return program if sizes is None else replace(program, cost=_estimated(root, sizes))
    except EvaluationError as error:
        raise InstantiationError(str(error)) from None
    except RecursionError:
        raise CompileError(source, [Issue(0, _TOO_DEEP)]) from None


def _estimated(root: Node, sizes: Sizes) -> int:
    from liqolab.kube.cel.estimate import Estimator

    return Estimator(sizes).cost(root)
