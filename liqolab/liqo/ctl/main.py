"""Entry point of ``liqoctl``: reads the command line, runs the command, turns every failure into a line and a code.

Exit codes are upstream's: 0, or 1 for any error; 130 after Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from liqolab.commandline.commands import UnknownCommandError, UsageError
from liqolab.commandline.parsing import parse
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.output import Printer
from liqolab.liqo.ctl.tree import ROOT

_INTERRUPTED = 130


def main(line: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return _main(list(sys.argv[1:] if line is None else line))
    except BrokenPipeError:
        # Whoever read the output has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _main(line: list[str]) -> int:
    program = program_name(sys.argv[0])
    if line[:1] in (["__complete"], ["__completeNoDesc"]):
        from liqolab.liqo.ctl.completion import suggest

        return suggest(line[1:], described=line[0] == "__complete")
    if line[:1] == ["help"]:
        line = [*line[1:], "--help"]
    try:
        parsed = parse(ROOT, line)
    except UsageError as error:
        usage = f"\nRun '{error.full} --help' for usage." if isinstance(error, UnknownCommandError) else ""
        sys.stderr.write(f"Error: {error}{usage}\n")
        return 1
    if parsed.options["help"] or not parsed.path[-1].run:
        from liqolab.commandline.help import help_text

        command = parsed.path[-1]
        about = f"{command.short}.\n\n{command.long}".rstrip()
        sys.stdout.write(help_text(parsed.path, program, about))
        return 0
    invocation = Invocation(
        program, parsed.path, tuple(parsed.words), parsed.options, frozenset(parsed.given), Printer(), os.environ
    )
    return _run(invocation)


def _run(invocation: Invocation) -> int:
    from importlib import import_module

    module, _, function = invocation.command.run.partition(":")
    try:
        result = getattr(import_module(module), function)(invocation)
        if isinstance(result, int):
            return result
        import asyncio

        return int(asyncio.run(result))
    except KeyboardInterrupt:
        from liqolab.liqo.gen05.messages import INTERRUPTED

        invocation.printer.write("\r\x1b[K" if invocation.printer.terminal else "")
        invocation.printer.error(INTERRUPTED)
        return _INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        # Whatever it was: people get a line, and a way to see more.
        from liqolab.liqo.ctl.failures import TRACEBACK, StepFailedError, explain

        if isinstance(error, StepFailedError):
            return 1
        if os.environ.get(TRACEBACK):
            raise
        invocation.printer.error(explain(error))
        return 1


def program_name(called: str) -> str:
    """How this program is to be named in texts, so that a copied line runs: its bare name when PATH leads here, else
    the path it was called by; ``kubectl liqo`` for a plugin called ``kubectl-liqo``.
    """
    name = os.path.basename(called)  # noqa: PTH119 - pathlib costs a tenth of this program's start
    if name.startswith("kubectl-"):
        return f"kubectl {name.removeprefix('kubectl-').replace('_', '-')}"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        candidate = os.path.join(folder, name)  # noqa: PTH118
        if os.access(candidate, os.X_OK):
            return name if os.path.realpath(candidate) == os.path.realpath(called) or called == name else called
    return called or "liqoctl"
