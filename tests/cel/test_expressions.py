"""CEL expressions: what a real API server 1.34 makes of them (see the data file), and that none takes long."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from liqolab.kube.cel.budget import PER_CALL, Meter
from liqolab.kube.cel.errors import BudgetExceededError, CompileError
from liqolab.kube.cel.program import compile_expression
from liqolab.kube.cel.schemas import declared_type
from liqolab.kube.schema.rules import Rules, compile_rule

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "expressions.json").read_text())
SCHEMA, SPEC = RECORDED["schema"]["properties"]["spec"], RECORDED["spec"]


def answers(expression: str) -> list[str]:
    """What a rule about an expression says: why it does not compile, or what it evaluates to."""
    row = {
        "rule": f"dyn({expression}) == dyn('~no~')",
        "messageExpression": f"'=> %s'.format([{expression}])",
    }
    self_type = declared_type(SCHEMA, resource=False)
    assert self_type is not None
    rule = compile_rule(row, self_type, SCHEMA)
    if rule.problem or rule.message_problem:
        problems = [rule.problem, f"msg {rule.message_problem}" if rule.message_problem else ""]
        return [text for text in problems if text]
    schema = {"type": "object", "properties": {"spec": {**SCHEMA, "x-kubernetes-validations": [row]}}}
    found = [error.message for error in Rules(schema).validate({"spec": SPEC}, None, [])]
    return [re.sub(r"dyn\(.*$", "", text, flags=re.DOTALL) if "rule: " in text else text for text in found]


def recorded(case: dict[str, Any]) -> list[str]:
    """An answer of the real server without the rule that it quotes."""
    return [re.sub(r"^Invalid value: \{.*?\}: (program)", r"\1", text, flags=re.DOTALL) for text in case["answer"]]


def test_expressions_mean_what_they_mean_to_a_real_server() -> None:
    cases = RECORDED["cases"]
    assert len(cases) > 300
    differing = {
        case["expression"]: (recorded(case), found)
        for case in cases
        if (found := answers(case["expression"])) != recorded(case)
    }
    assert differing == {}


def test_work_is_limited_however_it_is_spelt() -> None:
    numbers = f"[{', '.join(map(str, range(200)))}]"
    loops = f"{numbers}.all(a, {numbers}.all(b, {numbers}.all(c, {numbers}.all(d, a + b + c + d >= 0))))"
    growing = "'aaaaaaaaaa'" + ".replace('a', 'aaaaaaaaaa')" * 12
    for expression in (loops, growing):
        meter = Meter()
        with pytest.raises(BudgetExceededError, match="actual cost limit exceeded"):
            compile_expression(expression, {}).run({}, meter)
        assert meter.used > PER_CALL / 2000


def test_regular_expressions_take_no_longer_than_their_text() -> None:
    program = compile_expression("('a' + 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab').matches('^(a+)+$')", {})
    assert program.run({}, Meter()) is False


@pytest.mark.parametrize("expression", ["(" * 500 + "1" + ")" * 500, "1" + " + 1" * 5000, "x" + ".y" * 5000])
def test_nesting_is_limited(expression: str) -> None:
    with pytest.raises(CompileError, match="recursion limit exceeded"):
        compile_expression(expression, {})
