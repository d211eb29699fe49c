"""The desk in a browser: the same screen, for whoever has the address, and for nobody else."""

from __future__ import annotations

import asyncio
import re
import signal
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import pytest

from liqolab.classroom.lessons import outline_of, version_of
from liqolab.classroom.store import Store
from tests.classroom.test_desk import failing, fill
from tests.laboratory import LIQOLAB
from tests.tui.web.conftest import Served, environment


async def test_the_desk_follows_the_class_in_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIQOLAB_HOME", str(tmp_path / "liqolab"))
    outline = outline_of("offloading-with-policies")
    store = Store.create("networks-101", outline, version_of(outline))
    process = await asyncio.create_subprocess_exec(
        *LIQOLAB, "class", "desk", "networks-101", "--web", stdout=PIPE, stderr=STDOUT, env=environment(tmp_path)
    )
    try:
        assert process.stdout is not None
        said = b""
        while b"token=" not in said:
            line = await process.stdout.readline()
            assert line, said.decode()
            said += line
        found: Any = re.search(rb"http://\S+", said)
        served = Served(process, found[0].decode(), tmp_path)
        async with served.client(known=False) as stranger, stranger.get(served.origin) as answer:
            assert answer.status == 403
        async with served.client() as known:
            visitor = await served.visit(known)
            await visitor.until("Nobody has taken a seat yet.")
            fill(store, "ann", failing())
            await visitor.until("Needs help: commands fail (exit code 1): kubectl nonsense 1")
        assert (await served.end(signal.SIGINT))[0] == 0
    finally:
        store.close()
        if process.returncode is None:
            process.terminate()
            await process.communicate()
