"""The table of behaviours names tests that exist, so the reference cannot promise what nothing holds."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tools import behaviours_page

ROOT = Path(__file__).parents[2]


@cache
def _tests(file: str) -> frozenset[str]:
    """The tests that pytest would collect from a file, by name."""
    path = ROOT / file
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def test_every_test_that_a_row_names_exists() -> None:
    named = [test.partition("::") for test in behaviours_page.node_ids()]
    missing = [(file, name) for file, _, name in named if name not in _tests(file)]
    assert missing == []


def test_every_row_is_held_or_says_why_it_is_left_out() -> None:
    rows = [row for part in behaviours_page.parts() for row in part["rows"]]
    assert [row["what"] for row in rows if not row.get("tests") and not row.get("without")] == []
    assert len({row["what"] for row in rows}) == len(rows)
