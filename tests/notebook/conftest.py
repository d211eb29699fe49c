"""The kernel "Liqo lab" as Jupyter has it: a process, and messages to and from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.laboratory import Laboratory, used

PATIENCE = 300


@dataclass
class Said:
    """What came of a cell.

    Attributes:
        status: ``ok`` or ``error``.
        text: what was printed.
        shown: the data of everything that was displayed, by types.
        error: name and value of the error; the value with its hint.
        messages: everything that the kernel told meanwhile.
    """

    status: str = ""
    text: str = ""
    shown: list[dict[str, Any]] = field(default_factory=list)
    error: tuple[str, str] = ("", "")
    messages: list[dict[str, Any]] = field(default_factory=list)


class Kernel:
    """A kernel that runs."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(self, cell: str, printed: Callable[[str], object] = lambda text: None) -> Said:
        """What comes of a cell; `printed` is called with all that it has printed, whenever it prints."""
        said = Said()

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            said.messages.append(message)
            match message["msg_type"]:
                case "stream":
                    said.text += content["text"]
                    printed(said.text)
                case "display_data" | "execute_result":
                    said.shown.append(content["data"])
                case "error":
                    said.error = content["ename"], "\n".join([content["evalue"], *content["traceback"][1:]])

        reply = self.client.execute_interactive(cell, timeout=PATIENCE, output_hook=hear)
        said.status = reply["content"]["status"]
        return said

    def words(self, code: str) -> list[str]:
        """What Tab offers behind the code."""
        reply = self.client.complete(code, reply=True, timeout=PATIENCE)
        return list(reply["content"]["matches"])

    def restart(self) -> None:
        self.manager.restart_kernel()
        self.client.wait_for_ready(timeout=PATIENCE)


@contextmanager
def kernel(laboratory: Laboratory, name: str = "liqolab") -> Iterator[Kernel]:
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(env=laboratory.environment, cwd=str(laboratory.person))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with used(tmp_path_factory.mktemp("notebook"), PATIENCE) as laboratory:
        yield laboratory


@pytest.fixture(scope="module")
def lab(laboratory: Laboratory) -> Iterator[Kernel]:
    with kernel(laboratory) as running:
        yield running


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path
