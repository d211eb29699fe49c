"""The table of what Liqo does and which test holds it, from ``tests/liqo_upstream/behaviours.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tests/liqo_upstream/behaviours.yaml"


def parts() -> list[dict[str, Any]]:
    """The table: parts, each with its rows."""
    table: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text())
    return table


def node_ids() -> list[str]:
    """Every test that a row names."""
    return [test for part in parts() for row in part["rows"] for test in row.get("tests", ())]


def behaviours_table() -> str:
    """The table as Markdown; tests of one file stand together."""
    lines = ["| | Behaviour | Held by | Left out, and why |", "|---|---|---|---|"]
    for part in parts():
        for row in part["rows"]:
            lines.append(
                f"| {part['part']} | {row['what']} | {_held(row.get('tests', []))} | {row.get('without', '')} |"
            )
    return "\n".join(lines) + "\n"


def _held(tests: list[str]) -> str:
    files: dict[str, list[str]] = {}
    for test in tests:
        file, _, name = test.partition("::")
        files.setdefault(file, []).append(f"`{name.removeprefix('test_')}`")
    return "; ".join(f"`{file}`: {', '.join(names)}" for file, names in files.items())
