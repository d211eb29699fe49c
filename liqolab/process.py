"""The one door to other programs: commands that run to their end, and the lesson's persistent bash.

Nothing else imports `sh` or `pexpect`. Commands are argument lists, never shell strings, and get exactly the
environment they are given; only `Session` takes shell text, because typing shell commands is what a lesson is about.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import re
import select
import shlex
import signal
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pexpect

from liqolab.hangup import GROUP, HANG_UP_SECONDS, SESSION, hang_up, members

_INTERRUPTED = 130
_INTERRUPT_GRACE_SECONDS = 10.0
_SETTLING_SECONDS = 0.2
_CHUNK = 65536
_AT_A_PLACE = re.compile(r"\x1b\[\d+;\d+H")
_DRAWN_SECONDS = 1.0
"""Whoever has drawn a screen and then is silent for so long waits for keys."""
_LOCAL_MODES = 3
"""Their place in what termios tells."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a command said and how it ended.

    Attributes:
        code: exit code; 130 when it was interrupted.
        output: standard output and standard error, in the order in which they came.
        timed_out: whether it was interrupted because its time was up.
        wanted_screen: whether it was ended because it took the terminal for itself, as editors do.
    """

    code: int
    output: str
    timed_out: bool = False
    wanted_screen: bool = False


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
    import sh  # a lesson's commands do without it, and it takes a while to load

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


async def run_async(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    typed: bytes = b"",
    timeout: float | None = None,
) -> Completed:
    """`run` beside other things of an event loop. A program whose wait is cancelled is ended, and waited for.

    Args:
        command: program and arguments. It leads a session of its own: Ctrl-C is for whoever waits for it here.
        environment: the whole environment; None passes this process's own.
        typed: its standard input.
        timeout: seconds until it is ended; the result then says so.

    Raises:
        ProgramNotFoundError: there is no such program.
    """
    import sh  # see `run`

    program, *arguments = command
    chunks: list[str] = []
    try:
        running = sh.Command(program)(
            *arguments,
            _env=dict(environment) if environment is not None else None,
            _in=typed,
            _ok_code=list(range(256)),
            _tty_out=False,
            _out=chunks.append,
            _err=chunks.append,
            _bg=True,
            _bg_exc=False,
            _new_session=True,
        )
    except sh.CommandNotFound:
        raise ProgramNotFoundError(program) from None

    def wait() -> int:
        try:
            return int(running.wait().exit_code)
        except sh.SignalException as error:
            return 128 - error.exit_code if error.exit_code < 0 else int(error.exit_code)

    waiting = asyncio.ensure_future(asyncio.to_thread(wait))
    try:
        return Completed(await asyncio.wait_for(asyncio.shield(waiting), timeout), "".join(chunks))
    except TimeoutError:
        await _end_group(running.pid, waiting)
        return Completed(_INTERRUPTED, "".join(chunks), timed_out=True)
    except asyncio.CancelledError:
        await _end_group(running.pid, waiting)
        raise


async def _end_group(leader: int, waiting: asyncio.Future[int]) -> None:
    """Ask a program to end, then insist; with it what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, number)
        done, _ = await asyncio.wait([waiting], timeout=_INTERRUPT_GRACE_SECONDS)
        if done:
            return


@contextlib.contextmanager
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
    through a pipe, so no terminal echo gets between the program and the check, and whoever listens hears it as it
    comes. The terminal itself only carries a marker with the exit code, and Ctrl-C. A program that wants the terminal
    for itself, such as an editor, would wait there for keys that nobody can type, so it is ended.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, scratch: Path | None = None) -> None:
        """Start the bash; use it as a context manager, or call `close`.

        Args:
            environment: all variables of the bash.
            folder: where it begins.
            scratch: an existing folder for what it needs on disk; None for that of the machine.
        """
        self._scratch = tempfile.TemporaryDirectory(prefix="liqolab-session-", dir=scratch)
        self._command = Path(self._scratch.name) / "command"
        self._pipe = Path(self._scratch.name) / "output"
        os.mkfifo(self._pipe, 0o600)
        # Also open for writing, or the pipe would end whenever nobody writes for a moment.
        self._output = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)
        self._count = 0
        self._pending = ""
        self._busy, self._interrupting = threading.Lock(), threading.Lock()
        self._wanted_screen = False
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
        self._bash.sendline(f"stty -echo; PS1= PS2=; {self._next_mark()}")
        self._await_mark(None, _Collector())
        self._modes = termios.tcgetattr(self._bash.child_fd)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, text: str, timeout: float | None = None, on_output: Callable[[str], None] | None = None) -> Completed:
        """Run shell text in the session.

        Args:
            text: any bash; may be several lines.
            timeout: seconds after which it is interrupted with Ctrl-C.
            on_output: told of output as it comes, in pieces that need not be whole lines; what jobs in the background
                said since the last command comes first and is not part of the result.

        Returns:
            The exit code and output. A command that ends the shell (``exit 3``) ends the session; its code is returned.
        """
        with self._busy:
            self._command.write_bytes(_as_typed(text + "\n"))
            late = _Collector(on_output)
            self._drain(late)
            late.finish()
            collector = _Collector(on_output)
            self._wanted_screen = False
            self._restore_modes()
            source, pipe = shlex.quote(str(self._command)), shlex.quote(str(self._pipe))
            self._bash.sendline(f". {source} >{pipe} 2>&1 </dev/null; {self._next_mark()}")
            code = self._await_mark(timeout, collector)
            timed_out = code is None
            if code is None:
                self._send_interrupt()
                code = _interrupted(self._await_mark(_INTERRUPT_GRACE_SECONDS, collector))
            return Completed(code, _overwritten(collector.finish()), timed_out, self._wanted_screen)

    def interrupt(self) -> int:
        """Send Ctrl-C to whatever runs in the session, and give it time to clean up; the exit code it ends with.

        Another thread may call it while `run` waits, which then returns. What takes too long, or is interrupted once
        more meanwhile, is ended; in the worst case the bash is.
        """
        if not self._interrupting.acquire(blocking=False):
            group, _ = self._foreground()
            # It may be ending just now, and then the bash, which has the terminal next, must not be taken for it.
            if self._busy.acquire(timeout=_SETTLING_SECONDS):
                self._busy.release()
            elif group and group == self._foreground()[0]:
                hang_up(members(GROUP, group))
            return _INTERRUPTED
        try:
            if not self._acquire_by_interrupt():
                self._end_foreground()
                self._send_interrupt()
                if not self._busy.acquire(timeout=HANG_UP_SECONDS):
                    self._bash.kill(signal.SIGKILL)
                    return _INTERRUPTED
            try:
                # The thread in `run` has taken the marker; without one (Ctrl-C broke `run` off) it is still to come.
                return _interrupted(self._await_mark(_INTERRUPT_GRACE_SECONDS, _Collector()) if self._awaited else None)
            finally:
                self._busy.release()
        finally:
            self._interrupting.release()

    @property
    def alive(self) -> bool:
        return bool(self._bash.isalive())

    def close(self) -> None:
        """End the bash and everything it started in its terminal; a `run` of another thread returns."""
        if not self._busy.acquire(blocking=False):
            # It passes the hang-up on to its jobs, and the end of its terminal wakes the thread that waits in `run`.
            self._bash.kill(signal.SIGHUP)
            self._busy.acquire(timeout=_INTERRUPT_GRACE_SECONDS)
        self._bash.close(force=True)
        _end_session(self._bash.pid)
        if self._output >= 0:
            os.close(self._output)
            self._output = -1
        self._scratch.cleanup()

    def _next_mark(self) -> str:
        self._count += 1
        self._awaited = True
        return self._mark()

    def _mark(self) -> str:
        # Written in two parts, so that an echo of the command could never be taken for the marker itself.
        return f"builtin printf 'liqolab-%s:{self._count}:%s:\\n' done $?"

    def _send_interrupt(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._bash.sendintr()
        # An interrupted `source` also drops the rest of the line, so the marker has to be asked for again.
        self._send(self._mark())

    def _send(self, line: str) -> None:
        # Another thread may have seen the bash end, and have closed its terminal.
        with contextlib.suppress(OSError, ValueError):
            self._bash.sendline(line)

    def _acquire_by_interrupt(self) -> bool:
        """Send Ctrl-C until `run` lets the bash go; whether it has done so in time."""
        while True:
            reached = self._foreground()
            self._send_interrupt()
            patience = time.monotonic() + HANG_UP_SECONDS
            while not self._busy.acquire(timeout=_SETTLING_SECONDS):
                # Ctrl-C is lost on a program that bash was only just starting, which on a busy machine takes its time;
                # one that cleans up must not get another.
                if self._foreground() != reached:
                    break
                if time.monotonic() > patience:
                    # A builtin that reads from the terminal has taken the request for a marker as its input.
                    self._send(self._mark())
                    return self._busy.acquire(timeout=_INTERRUPT_GRACE_SECONDS)
            else:
                return True

    def _end_foreground(self) -> None:
        """End what has the terminal, which may be the bash itself."""
        group, _ = self._foreground()
        if group:
            hang_up(members(GROUP, group))

    def _foreground(self) -> tuple[int, str]:
        """What a Ctrl-C would reach: the process group, and the program that its leader runs by now."""
        try:
            group = os.tcgetpgrp(self._bash.child_fd)
            return group, Path(f"/proc/{group}/comm").read_text()
        except OSError:
            return 0, ""

    def _await_mark(self, timeout: float | None, collector: _Collector) -> int | None:
        """Collect output until the current marker; the exit code it reports, or None when time is up."""
        deadline = None if timeout is None else time.monotonic() + timeout
        pattern = re.compile(rf"liqolab-done:{self._count}:(\d+):")
        while True:
            remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
            if collector.drew:
                remaining = min(_DRAWN_SECONDS, _DRAWN_SECONDS if remaining is None else remaining)
            ready, _, _ = select.select([self._bash.child_fd, self._output], [], [], remaining)
            if self._output in ready:
                self._drain(collector)
            if self._bash.child_fd in ready:
                try:
                    self._pending += self._bash.read_nonblocking(_CHUNK, timeout=0)
                except pexpect.EOF:
                    return self._ended(collector)
                except pexpect.TIMEOUT:
                    continue
                if found := pattern.search(self._pending):
                    self._pending, self._awaited = "", False
                    # Everything was written before the marker was, so it is in the pipe by now.
                    self._drain(collector)
                    return int(found.group(1))
                self._pending = self._pending[-_CHUNK:]
                if self._reads_keys():
                    self._refuse_screen()
            if not ready and collector.drew:
                self._refuse_screen()
                collector.drew = False
            if not ready and deadline is not None and time.monotonic() >= deadline:
                return None

    def _reads_keys(self) -> bool:
        """Whether a program wants to hear of every key."""
        try:
            flags: int = termios.tcgetattr(self._bash.child_fd)[_LOCAL_MODES]
        except termios.error:
            # The bash is gone.
            return False
        return not flags & termios.ICANON

    def _refuse_screen(self) -> None:
        """End a program that has drawn a screen, or waits for keys."""
        self._wanted_screen = True
        self._end_foreground()
        self._restore_modes()

    def _restore_modes(self) -> None:
        """Have the terminal as it was before some program changed it."""
        with contextlib.suppress(termios.error, ValueError):
            termios.tcsetattr(self._bash.child_fd, termios.TCSANOW, self._modes)

    def _ended(self, collector: _Collector) -> int:
        """The bash is gone; its exit code."""
        self._awaited = False
        self._drain(collector)
        self._bash.close()
        status = self._bash.exitstatus
        return int(status) if status is not None else _INTERRUPTED

    def _drain(self, collector: _Collector) -> None:
        """Take what is in the pipe."""
        while True:
            try:
                chunk = os.read(self._output, _CHUNK)
            except BlockingIOError:
                return
            collector.add(chunk)


class _Collector:
    """Output in the making: bytes come in pieces, characters go on whole.

    Attributes:
        drew: whether something was put at a place on a screen.
    """

    def __init__(self, listener: Callable[[str], None] | None = None) -> None:
        self._listener = listener
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parts: list[str] = []
        self.drew = False

    def add(self, chunk: bytes, *, final: bool = False) -> None:
        text = self._decoder.decode(chunk, final)
        if text:
            self._parts.append(text)
            self.drew = self.drew or _AT_A_PLACE.search(text) is not None
            if self._listener is not None:
                self._listener(text)

    def finish(self) -> str:
        """All of it; what was left of a broken character is shown as such."""
        self.add(b"", final=True)
        return "".join(self._parts)


def _end_session(leader: int) -> None:
    """End what a terminal's session has left behind.

    Programs with sessions of their own, such as clusters, are none of its members.
    """
    hang_up(process for process in members(SESSION, leader) if process != leader)


def _as_typed(text: str) -> bytes:
    """The bytes of shell text; those that were no UTF-8 when they were read are what they were."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="replace")


def _interrupted(code: int | None) -> int:
    return _INTERRUPTED if code in (0, None) else code


def _overwritten(text: str) -> str:
    """What is left to see where a program went back to the beginning of a line with a carriage return."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def without_terminal(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A copy of an environment that tells programs not to colour or page."""
    return {**environ, "TERM": "dumb", "NO_COLOR": "1"}
