"""The program that the server runs for a visitor: the face, painting on its standard output in packets.

python -m liqolab_tui.web.served --scenario NAME --playground NAME [--language LANGUAGE] [--step ID]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

from liqolab.learn.opening import Arguments
from liqolab_tui.main import main as show

DRIVER = "liqolab_tui.web.driver:ServedDriver"


def command(arguments: Arguments) -> list[str]:
    """How to start this module for `arguments`."""
    line = [
        sys.executable,
        "-P",
        "-m",
        __name__,
        "--scenario",
        arguments.scenario,
        "--playground",
        arguments.playground,
    ]
    for option, value in (("--language", arguments.language), ("--step", arguments.step)):
        if value is not None:
            line += [option, value]
    return line


def main() -> int:
    """The exit code of the face."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--playground", required=True)
    parser.add_argument("--language")
    parser.add_argument("--step")
    options = parser.parse_args()
    # What is said to a terminal on leaving would be taken for packets.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        return show(Arguments(options.scenario, options.playground, options.language, options.step))


if __name__ == "__main__":
    sys.exit(main())
