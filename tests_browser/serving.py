"""liqolab as somebody has it who typed a command that serves pages, up to the address that it prints."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGINT

LIQOLAB = [sys.executable, "-P", "-m", "liqolab.launch", "liqolab.cli", "liqolab"]


@asynccontextmanager
async def served(home: Path, *words: str) -> AsyncIterator[tuple[str, Process]]:
    """``liqolab WORDS``: the address that it prints, and the process. The clusters are taken down after it."""
    environment = {**os.environ, "LIQOLAB_HOME": str(home), "HOME": str(home), "LANG": "C.UTF-8"}
    process = await asyncio.create_subprocess_exec(
        *LIQOLAB, *words, stdout=PIPE, env=environment, cwd=home.parent, process_group=0
    )
    try:
        assert process.stdout is not None
        said = (await process.stdout.readuntil(b"token=") + await process.stdout.readline()).decode()
        found = re.search(r"http://\S+", said)
        assert found is not None, said
        yield found[0], process
    finally:
        if process.returncode is None:
            process.send_signal(SIGINT)
        await process.communicate()
        down = await asyncio.create_subprocess_exec(
            *LIQOLAB, "down", "--all", stdout=PIPE, env=environment, cwd=home.parent
        )
        await down.communicate()
    assert (process.returncode, down.returncode) == (0, 0)


def journal(home: Path) -> list[dict[str, object]]:
    """Everything that the walkthrough wrote down."""
    (file,) = home.glob("playgrounds/learn/learn/**/*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]
