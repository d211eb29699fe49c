"""Command lines of public manifests and documentation: containers print and end as real shells do, or as is told.

`commands.yaml` has what real shells do; the reference's list of differences is made of what it says of ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from liqolab.kube.node.machine.attending import attend
from liqolab.kube.node.machine.session import Session
from liqolab.kube.node.machine.userlands import BUSYBOX, DEBIAN, USERLANDS
from tests.node.machines import machine

ROWS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "commands.yaml").read_text())


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['shell']}: {row['script'][:40]}" for row in ROWS])
async def test_a_command_line_prints_and_ends_as_in_a_real_shell(row: dict[str, Any], tmp_path: Path) -> None:
    printed: list[bytes] = []

    async def show(data: bytes) -> None:
        printed.append(data)

    async def ignore(data: bytes) -> None:
        pass

    userland = USERLANDS[row["userland"]] if "userland" in row else BUSYBOX if row["shell"] == "sh" else DEBIAN
    session = Session(show, ignore, silent=True)
    code = await attend(machine(tmp_path, print, userland), [row["shell"], "-c", row["script"]], session)
    expected = row.get("ours", row)
    assert (b"".join(printed).decode(errors="replace"), code) == (expected["stdout"], expected["exit"])
