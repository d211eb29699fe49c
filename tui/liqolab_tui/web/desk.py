"""The instructor's desk in a browser on this machine, served as the walkthrough is.

python -m liqolab_tui.web.desk FILE is the program for a visitor: nobody types this.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

from liqolab.learn.texts import Texts, choose_language
from liqolab_tui.desk import main as show
from liqolab_tui.web.access import HOSTS, Access
from liqolab_tui.web.main import log_to, serve


def main(path: Path, port: int = 0) -> int:
    """Serve the desk of the class in that file until it is interrupted; the exit code."""
    say = Texts(choose_language(None))
    try:
        listening = socket.create_server((HOSTS[0], port))
    except (OSError, OverflowError) as error:
        sys.stderr.write(say("web.no_port", port=port, reason=str(error)) + "\n")
        return 1
    log_to(path.parent.parent / "web.log")
    with listening:
        access = Access(listening.getsockname()[1])
        command = [sys.executable, "-P", "-m", __name__, str(path)]
        ended_by = asyncio.run(serve(listening, access, command, say, f"Class {path.stem}"))
    return 0 if ended_by == signal.SIGINT else 128 + ended_by


def visited() -> int:
    """The desk for one visitor, painting on the standard output in packets."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        return show(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(visited())
