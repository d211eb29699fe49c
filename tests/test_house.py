"""What holds for all of the source, whatever it is about."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dealing import NAMED

ROOT = Path(__file__).parents[1]


def raised(node: ast.AST) -> Iterator[int]:
    """The lines that raise when `node` runs; a function that is defined in it does not run yet."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise):
            yield child.lineno
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from raised(child)


def raised_from_groups(source: str) -> list[int]:
    if not re.search(r"except\s*\*", source):  # quicker than to parse all there is
        return []
    tries = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.TryStar)]
    return [line for node in tries for handler in node.handlers for line in raised(handler)]


def test_nothing_is_raised_where_a_group_is_caught() -> None:
    """Up to Python 3.11.3 it comes out wrapped in a group, which nobody expects."""
    files = [path for folder in ("liqolab", "tui") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    found = {str(path): lines for path in files if (lines := raised_from_groups(path.read_text(encoding="utf-8")))}
    assert not found
    nested = "try:\n    f()\nexcept* OSError:\n    if g():\n        raise\n    def h():\n        raise ValueError\n"
    assert raised_from_groups(nested) == [5]


@pytest.mark.parametrize("command", ["liqolab --help", "liqoctl --help", "liqoctl version --client"])
def test_short_commands_do_not_load_what_makes_certificates(command: str) -> None:
    """It takes longer to import than they run."""
    program, *arguments = command.split()
    line = [sys.executable, "-X", "importtime", str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "liqolab.launch" in done.stderr
    assert "cryptography" not in done.stderr


def test_what_is_dealt_out_together_or_first_is_there() -> None:
    assert [name for name in NAMED if not (ROOT / name).exists()] == []


def soft(source: str) -> list[int]:
    """The lines of assertions that hold whatever comes, or that leave open which of several things must be."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assert)
        and (
            isinstance(node.test, ast.Constant | ast.Tuple | ast.JoinedStr)
            or (isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or))
        )
    ]


def test_assertions_say_what_must_be() -> None:
    assert soft("assert a or b\nassert (a == 1, 'always')\nassert 'always'\nassert (a or b) == c\n") == [1, 2, 3]
    files = [path for folder in ("tests", "tests_browser") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    assert not {str(path): lines for path in files if (lines := soft(path.read_text(encoding="utf-8")))}
