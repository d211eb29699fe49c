"""Entry point of ``kind``: reads the command line, runs the command, turns every failure into a line and a code.

Exit codes are KinD's: 0 done, 1 not; 130 after Ctrl-C.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from liqolab.commandline.commands import Command, UsageError
from liqolab.commandline.parsing import parse
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind.invocation import Invocation
from liqolab.playground.kind.tree import ROOT, VERSION

_INTERRUPTED = 130
_QUIET = ("-q", "--quiet")


def main() -> NoReturn:
    """Run the process's command line and end with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        # A terminal that closes, or a script that is stopped, undoes half made things just as Ctrl-C does.
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        raise SystemExit(run(sys.argv[1:]))
    except BrokenPipeError:
        # Whoever read the output has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def run(line: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        return _run(list(line))
    except UsageError as error:
        problem = str(error)
    except PlaygroundError as error:
        problem = error.told()
    except BrokenPipeError:
        raise
    except Exception as error:
        # Whatever it was: people get a line.
        problem = f"{error or type(error).__name__} ({type(error).__name__}; this was not foreseen, please report it)"
    except KeyboardInterrupt:
        _complain("interrupted; nothing was left half made", line)
        return _INTERRUPTED
    _complain(problem, line)
    return 1


def subcommand_required(invocation: Invocation) -> int:
    """What a command that only groups others does on its own: its help, and an error."""
    _show_help(invocation.path)
    raise UsageError("Subcommand is required")


def version(invocation: Invocation) -> int:
    """``kind version``."""
    from liqolab import __version__

    system = f"{platform.system().lower()}/{platform.machine()}"
    invocation.answer(VERSION if invocation.quiet else f"kind v{VERSION} (embedded in liqolab v{__version__}) {system}")
    return 0


def _run(line: list[str]) -> int:
    if line[:1] == ["help"]:
        line = [*line[1:], "--help"]
    parsed = parse(ROOT, line)
    if parsed.options.get("version") and not parsed.options["help"]:
        sys.stdout.write(f"kind version {VERSION}\n")
        return 0
    if parsed.options["help"] or not parsed.path[-1].run:
        _show_help(parsed.path)
        return 0
    module, _, function = parsed.path[-1].run.partition(":")
    invocation = Invocation(parsed.path, tuple(parsed.words), parsed.options, frozenset(parsed.given))
    result = getattr(import_module(module), function)(invocation)
    return int(result if isinstance(result, int) else asyncio.run(result))


def _show_help(path: tuple[Command, ...]) -> None:
    from liqolab.commandline.help import help_text

    sys.stdout.write(help_text(path, "kind"))


def _complain(problem: str, line: Sequence[str]) -> None:
    if not any(flag in line for flag in _QUIET):
        sys.stderr.write(f"ERROR: {problem}\n")


if __name__ == "__main__":
    main()
