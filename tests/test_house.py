"""What holds for all of the source, whatever it is about."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
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


LOOKS_AT_ALL = {
    "controllers/census.py": 2,  # definitions, when there is another; objects of a resource that is no more
    "controllers/clusterroles.py": 1,  # roles that aggregate others: three, and whoever makes more
    "controllers/daemonset/controller.py": 2,  # daemon sets, for a node; nodes, for a set that has changed itself
    "controllers/flow_control.py": 1,  # flow schemas, when a priority level changes
    "controllers/services/addresses.py": 3,  # while a ServiceCIDR is deleted
    "controllers/volumes/binding.py": 2,  # storage classes; volumes, for a claim that has none
    "controllers/volumes/protection.py": 1,  # while a VolumeAttributesClass is deleted
    "node/endpoint.py": 1,  # the pods of a node, when they are asked for
    "node/kubelet.py": 1,  # the pods of a node
    "node/service_proxy.py": 1,  # headless services, for the name of an address
    "scheduler/picture.py": 2,  # volumes and budgets, for a pod that needs them
}
"""Modules that list all objects of a kind, how often, and why that is not at every event."""


def lists_of_all(source: str) -> int:
    """How often an informer is asked for everything. Requests to the API server, which are awaited, are seen by all."""
    tree = ast.parse(source)
    awaited = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Await)}
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "list"
        and all(each.arg != "namespace" for each in node.keywords)
        and not node.args
        and id(node) not in awaited
        for node in ast.walk(tree)
    )


def test_who_looks_at_everything_says_why() -> None:
    assert lists_of_all("self.pods.list()\nself.pods.list(space)\nawait client.list()\n") == 1
    found = Counter(
        {
            str(path.relative_to(ROOT / "liqolab/kube")): lists_of_all(path.read_text(encoding="utf-8"))
            for folder in ("controllers", "node", "scheduler")
            for path in (ROOT / "liqolab/kube" / folder).rglob("*.py")
        }
    )
    assert +found == LOOKS_AT_ALL
