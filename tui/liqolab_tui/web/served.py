"""The program that the server runs for a visitor: the face, painting on its standard output in packets.

python -m liqolab_tui.web.served ARGUMENTS, a document of `Arguments` in JSON: nobody types this.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from liqolab.learn.opening import Arguments
from liqolab_tui.main import main as show

DRIVER = "liqolab_tui.web.driver:ServedDriver"


def command(arguments: Arguments) -> list[str]:
    """How to start this module for `arguments`."""
    return [sys.executable, "-P", "-m", __name__, json.dumps(asdict(arguments))]


def main() -> int:
    """The exit code of the face."""
    # What is said to a terminal on leaving would be taken for packets.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        return show(Arguments(**json.loads(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
