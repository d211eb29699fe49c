"""Starts a command line so that Ctrl-C ends it quietly from its first import on.

While a program is being imported it has begun nothing that would have to be undone, so the process may simply end.
Without this, Python prints a traceback out of the middle of some import, and an import that was broken off can break
others after it.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_INTERRUPTED = 130


@contextmanager
def importing() -> Iterator[None]:
    """Ctrl-C within the block ends the process at once, with exit code 130; for imports only."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        # Somebody has settled what Ctrl-C means: a program that hosts this one, or a shell that started it with `&`.
        yield
        return
    signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def launch(module: str) -> NoReturn:
    """Import `module`, run its ``main`` and exit with what that returns."""
    with importing():
        program = importlib.import_module(module)
    sys.exit(program.main())


def liqolab() -> NoReturn:
    """The console script ``liqolab``."""
    launch("liqolab.cli")


def liqoctl() -> NoReturn:
    """The console script ``liqoctl``."""
    launch("liqolab.liqo.ctl.main")


def _leave(*_: object) -> NoReturn:
    os.write(sys.stderr.fileno(), b"Interrupted.\n")
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    # python -m liqolab.launch MODULE NAME ARGUMENT…, where NAME is what the program calls itself.
    _, named, *sys.argv = sys.argv
    launch(named)
