"""JupyterLab on this machine with one notebook open, from its start to Ctrl-C.

It listens on loopback, with a token made for this one time, and ends with whoever started it: its kernels, the bashes
of their lessons, its port. Clusters stay, as they do for every face.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

KERNELS = Path(__file__).parent
"""A folder as Jupyter looks for kernels in: it has ``kernels/NAME/kernel.json``."""

_START_SECONDS = 120.0
_END_SECONDS = 20.0
_LOOK_SECONDS = 0.1
_LAST_WORDS = 2000

_SETTINGS = {
    # The picture stays in the file as it was seen last.
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    # Nobody's news are asked for over the network.
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


class ServerError(Exception):
    """JupyterLab did not come up; the text has its last words."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Server:
    """A JupyterLab that answers.

    Attributes:
        address: of the notebook in it, with the token.
    """

    def __init__(self, process: subprocess.Popen[bytes], address: str) -> None:
        self.address = address
        self._process = process

    def wait(self) -> None:
        """Until it ends by itself."""
        self._process.wait()


@contextmanager
def serving(file: Path, environment: Mapping[str, str], port: int = 0) -> Iterator[Server]:
    """JupyterLab with that notebook, as long as the block lasts.

    Args:
        file: the notebook; what is beside it can be opened as well.
        environment: variables of the kernels.
        port: where it listens; 0 for any that is free.

    Raises:
        ServerError: it did not come up.
    """
    token, number = secrets.token_urlsafe(24), port or _free_port()
    with tempfile.TemporaryDirectory(prefix="liqolab-notebook-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as words:
            process = subprocess.Popen(
                _command(file, number),
                env={**jupyter_environment(environment, Path(folder)), "JUPYTER_TOKEN": token},
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                # Ctrl-C is for whoever waits here.
                start_new_session=True,
            )
        try:
            base = f"http://127.0.0.1:{number}"
            _await(process, f"{base}/api/status?token={token}", log)
            yield Server(process, f"{base}/lab/tree/{quote(file.name)}?token={token}")
        finally:
            _end(process)


def jupyter_environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Variables by which Jupyter's programs find the kernel, and settings of ours that a person's own go before."""
    settings = folder / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(_SETTINGS))
    return {
        **environment,
        "JUPYTER_PATH": _with(str(KERNELS), environment.get("JUPYTER_PATH")),
        "JUPYTER_CONFIG_PATH": _with(str(folder / "config"), environment.get("JUPYTER_CONFIG_PATH")),
    }


def _with(folder: str, others: str | None) -> str:
    return os.pathsep.join([folder, *([others] if others else [])])


def _command(file: Path, port: int) -> list[str]:
    options = {
        "ip": "127.0.0.1",
        "port": port,
        "port_retries": 0,
        "open_browser": False,
        # Its own warning is about networks, and this one has none.
        "allow_root": os.geteuid() == 0,
        "root_dir": file.parent,
    }
    flags = [f"--ServerApp.{name}={value}" for name, value in options.items()]
    return [sys.executable, "-P", "-m", "jupyterlab", *flags]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Until it answers. It tells nobody when it is ready, so it is asked."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310 (http, and ours)
            return
        time.sleep(_LOOK_SECONDS)
    words = log.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:].strip()
    raise ServerError(words or f"nothing answered within {_START_SECONDS:.0f} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, which ends its kernels; then insist."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    process.wait()
