"""The one door to other programs: commands that run to their end, and the lesson's persistent bash.

Nothing else imports `sh` or `pexpect`. Commands are argument lists, never shell strings, and get exactly the
environment they are given; only `Session` takes shell text, because typing shell commands is what a lesson is about.
"""

from __future__ import annotations

import os
import shlex
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pexpect
import sh

_INTERRUPTED = 130
_INTERRUPT_GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Completed:
    """What a command said and how it ended.

    Attributes:
        code: exit code; 130 when it was interrupted.
        output: standard output and standard error, in the order in which they came.
        timed_out: whether it was interrupted because its time was up.
    """

    code: int
    output: str
    timed_out: bool = False


class ProgramNotFoundError(Exception):
    """A program that is not on the PATH."""


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    timeout: float | None = None,
) -> Completed:
    """Run a program to its end.

    Args:
        command: program and arguments.
        environment: the whole environment; None passes this process's own.
        folder: working folder.
        timeout: seconds until it is killed; the result then says so.

    Raises:
        ProgramNotFoundError: there is no such program.
    """
    program, *arguments = command
    chunks: list[str] = []
    try:
        result = sh.Command(program)(
            *arguments,
            _env=dict(environment) if environment is not None else None,
            _cwd=str(folder) if folder else None,
            _timeout=timeout,
            _ok_code=list(range(256)),
            # sh gives a terminal by default, and programs colour and page for terminals.
            _tty_out=False,
            _out=chunks.append,
            _err=chunks.append,
            _return_cmd=True,
        )
    except sh.CommandNotFound:
        raise ProgramNotFoundError(program) from None
    except sh.TimeoutException:
        return Completed(_INTERRUPTED, "".join(chunks), timed_out=True)
    except sh.SignalException as error:
        return Completed(128 - error.exit_code if error.exit_code < 0 else error.exit_code, "".join(chunks))
    return Completed(result.exit_code, "".join(chunks))


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done: half a start of something could not be cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    # A handler, because blocking the signal would be inherited by what the block starts.
    before = signal.signal(signal.SIGINT, lambda number, _: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if waiting:
            signal.raise_signal(signal.SIGINT)


class Session:
    """One bash in which commands follow one another and keep their variables, as in a learner's terminal.

    Each command is sourced from a file, so here-documents, quotes and long lines arrive unharmed, and its output goes
    to a file, so no terminal echo or buffering gets between the program and the check. The terminal itself only carries
    a marker with the exit code, and Ctrl-C.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        """Start the bash; use it as a context manager, or call `close`."""
        self._scratch = tempfile.TemporaryDirectory(prefix="liqolab-session-")
        self._command = Path(self._scratch.name) / "command"
        self._output = Path(self._scratch.name) / "output"
        self._count = 0
        quiet = {"PS1": "", "PS2": "", "TERM": "dumb", "HISTFILE": "", "BASH_SILENCE_DEPRECATION_WARNING": "1"}
        self._bash = pexpect.spawn(
            "bash",
            ["--noprofile", "--norc", "--noediting"],
            env={**environment, **quiet},
            cwd=str(folder),
            echo=False,
            encoding="utf-8",
            codec_errors="replace",
            timeout=None,
        )
        # By default it sleeps before each line, for programs that switch echoing off late; here it is off already.
        self._bash.delaybeforesend = None
        self._marked(f"stty -echo; PS1= PS2=; {self._mark_command()}", None)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, text: str, timeout: float | None = None) -> Completed:
        """Run shell text in the session.

        Args:
            text: any bash; may be several lines.
            timeout: seconds after which it is interrupted with Ctrl-C.

        Returns:
            The exit code and output. A command that ends the shell (``exit 3``) ends the session; its code is returned.
        """
        self._command.write_text(text + "\n")
        self._output.write_text("")
        source, output = shlex.quote(str(self._command)), shlex.quote(str(self._output))
        code = self._marked(f". {source} >{output} 2>&1 </dev/null; {self._mark_command()}", timeout)
        timed_out = code is None
        if code is None:
            code = self.interrupt()
        return Completed(code, _overwritten(self._output.read_bytes().decode(errors="replace")), timed_out)

    def interrupt(self) -> int:
        """Send Ctrl-C to whatever runs in the session, and give it time to clean up; the exit code it ends with."""
        self._bash.sendintr()
        # An interrupted `source` also drops the rest of the line, so the marker has to be asked for again.
        code = self._marked(self._mark_command(), _INTERRUPT_GRACE_SECONDS)
        return _INTERRUPTED if code in (0, None) else code

    @property
    def alive(self) -> bool:
        return bool(self._bash.isalive())

    def close(self) -> None:
        """End the bash and everything it started in its terminal."""
        self._bash.close(force=True)
        self._scratch.cleanup()

    def _mark_command(self) -> str:
        self._count += 1
        # Written in two parts, so that an echo of the command could never be taken for the marker itself.
        return f"printf 'liqolab-%s:{self._count}:%s:\\n' done $?"

    def _marked(self, line: str, timeout: float | None) -> int | None:
        """Send a line that ends in the current marker; the exit code it reports, or None when time is up."""
        self._bash.sendline(line)
        return self._await_mark(timeout)

    def _await_mark(self, timeout: float | None) -> int | None:
        pattern = f"liqolab-done:{self._count}:(\\d+):"
        found = self._bash.expect([pattern, pexpect.EOF, pexpect.TIMEOUT], timeout=timeout)
        if found == 0:
            return int(self._bash.match.group(1))
        if found == 1:
            self._bash.close()
            status = self._bash.exitstatus
            return int(status) if status is not None else _INTERRUPTED
        return None


def _overwritten(text: str) -> str:
    """What is left to see where a program went back to the beginning of a line with a carriage return."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def without_terminal(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A copy of an environment that tells programs not to colour or page."""
    return {**environ, "TERM": "dumb", "NO_COLOR": "1"}
