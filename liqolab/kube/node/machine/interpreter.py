"""A sandboxed bash: scripts are carried out by a library, in files that exist in memory and commands that are ours.

`bashkit` is an interpreter with its own file system and some 160 commands in Rust; it starts no process and opens no
file of the machine but below folders that it was given. It is 40 MB, so it is loaded when the first script runs: a
cluster without one pays nothing. Platforms without a build of it (musl) have `MissingInterpreterError` say so.

Output comes in the order in which it was printed and is handed over in bursts: a script that prints without pause is
slowed down instead of taking the event loop for itself.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from liqolab.kube.node.meter import Meter

if TYPE_CHECKING:
    from bashkit import FileSystem

MAX_OUTPUT = 10 * 1024 * 1024
"""What one script may print, in bytes: the library keeps what it hands over, and stops there."""

_BURST_SECONDS = 0.02
"""Output is passed on that often: quick enough for who reads along, and some 50 turns of the loop a second at most."""

_BURST_CHARACTERS = 16 * 1024
"""A script that has printed so much since the last burst waits for the next one."""

_STOP_SECONDS = 5.0
"""What a script is given to stop between two commands; the longest that one of the library's takes is well below."""

_TERMINATED_CODE = 143
_UNREAD_CODE = 141


class MissingInterpreterError(Exception):
    """The library is not installed here."""

    def __init__(self) -> None:
        super().__init__(
            "commands of containers are not carried out: bashkit is not installed (it is built for glibc Linux, macOS "
            "and Windows): pip install bashkit"
        )


class Output(Protocol):
    async def write(self, data: bytes) -> None: ...


class Invocation(Protocol):
    """One call of a command, as `bashkit.CommandContext` has it.

    Attributes:
        name, argv: the command, and its arguments without it.
        env: the exported variables.
        cwd: the working directory.
        fs: the container's files.
        stdin: yields what is piped in; ends at once where nothing is.
        stdout, stderr: take bytes.
    """

    name: str
    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdin: AsyncIterator[bytes]

    @property
    def fs(self) -> FileSystem: ...

    @property
    def stdout(self) -> Output: ...

    @property
    def stderr(self) -> Output: ...


T = TypeVar("T")

_KEPT_OUT = "_liqolab_kept_out_of_contexts"

Sink = Callable[[bytes], Coroutine[Any, Any, None]]
"""Takes a piece of output."""

Command = Callable[[Invocation], Coroutine[Any, Any, int]]
"""Carries a command out; returns its exit code."""


@cache
def _library() -> Any:
    try:
        return importlib.import_module("bashkit")
    except ImportError as error:
        raise MissingInterpreterError from error


def new_files() -> FileSystem:
    """An empty file system in memory.

    Raises:
        MissingInterpreterError: see there.
    """
    files: FileSystem = _library().FileSystem()
    return files


def folder(path: Path) -> FileSystem:
    """A folder of this machine as a file system to mount and to read; links in it are not followed."""
    files: FileSystem = _library().FileSystem.real(str(path), writable=False)
    return files


def imported(capsule: Any) -> FileSystem:
    """A file system that is none of the library's, see `foreign_files`."""
    files: FileSystem = _library().FileSystem.from_capsule(capsule)
    return files


@cache
def own_commands() -> frozenset[str]:
    """The programs that the library brings."""
    return frozenset(_library().Bash().execute_sync("ls /bin").stdout.split())


@cache
def shell_words() -> frozenset[str]:
    """What is part of the shell itself: its builtins and keywords."""
    return frozenset(_library().Bash().execute_sync("compgen -b; compgen -k").stdout.split())


def commands_in(script: str) -> frozenset[str] | None:
    """The programs that a script names, as far as one sees without running it; None when it cannot be read."""
    library = _library()
    try:
        found = library.Bash().analyze(script)
    except library.BashError:
        return None
    return frozenset(found.command_names) - frozenset(found.functions) - shell_words()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a script ended.

    Attributes:
        code: its exit code.
        fault: what the interpreter itself had against it: a syntax error, a limit of the sandbox; or nothing.
        last: the end of what it wrote to its standard error.
    """

    code: int
    fault: str = ""
    last: str = ""


def _apart(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task in a context of its own: the library calls us in that of the execution, see `Interpreter._execute`."""
    return asyncio.get_running_loop().create_task(work, context=copy_context())


def _keep_out_of_contexts(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop run what threads hand to it in a copy of the context that comes with it, and never in that one.

    A context can be entered once at a time, and the library's threads enter that of an execution at any moment.
    """
    if getattr(loop, _KEPT_OUT, False):
        return
    hand_over = loop.call_soon_threadsafe

    def call_soon_threadsafe(callback: Any, *arguments: Any, context: Context | None = None) -> asyncio.Handle:
        return hand_over(callback, *arguments, context=context.copy() if context is not None else None)

    loop.call_soon_threadsafe = call_soon_threadsafe  # type: ignore[assignment]
    setattr(loop, _KEPT_OUT, True)


class Interpreter:
    """One shell in a container.

    Args:
        files: the container's, shared by all of its shells.
        mounts: where other file systems appear in it, and whether they are only to be read.
        env: what the shell is started with.
        directory: where it starts.
        hostname: the pod's.
        commands: name → what carries it out, in place of the library's own.
        prelude: carried out before the first script.
        write: takes what is printed, in pieces, on the event loop.
        reword: says what is printed on standard error as the image's shell would.
        full: told once that a script has printed `MAX_OUTPUT`: what comes then is lost.
        meter: told while a script computes, which is when it runs and none of `commands` does.
        waits: told that one of `commands` is called: what came before has been printed.
        read_only: whether `files` are only to be read.

    Raises:
        MissingInterpreterError: see there.
    """

    def __init__(
        self,
        files: FileSystem,
        mounts: Mapping[str, tuple[FileSystem, bool]],
        *,
        env: Mapping[str, str],
        directory: str,
        hostname: str,
        commands: Mapping[str, Command],
        prelude: str,
        write: Callable[[str], None],
        reword: Callable[[str], str],
        full: Callable[[], None],
        waits: Callable[[], None] = lambda: None,
        read_only: bool = False,
        meter: Meter | None = None,
    ) -> None:
        library = _library()
        self._calls = _Calls(waits, meter or Meter())
        profile = library._bashkit.ExecutionProfile.Interactive  # The one without a limit to commands in a session.
        self._bash = library.Bash(username="root", hostname=hostname, cwd=directory, env=dict(env), profile=profile)
        self._bash.mount("/", files, read_only=read_only)
        for path, (mounted, read_only) in mounts.items():
            self._bash.mount(path, mounted, read_only=read_only)
        for name, command in commands.items():
            self._bash.add_command(name, self._calls.stoppable(command))
        self._prelude = prelude
        self._lost = False
        self._write = write
        self._reword = reword
        self._full = full

    async def run(self, script: str) -> Outcome:
        """Carry a script out; variables and functions stay for the next one.

        When cancelled, the script is stopped between two commands, or in one of ours, and what it is told for signals
        can still be asked for and carried out.
        """
        await self._prepare()
        bursts = _Bursts(self._write, self._reword, self._full)
        running = self._begin(script, on_output=bursts.take)
        try:
            result = await asyncio.shield(running)
        except asyncio.CancelledError:
            bursts.close()
            await self._stop(running)
            raise
        bursts.close()
        return Outcome(result.exit_code, result.error or "", bursts.last_error)

    async def stream(self, script: str, output: Sink, error: Sink) -> Outcome:
        """Carry a script out as `run` does, its two outputs apart and as bytes, which wait until they are taken."""
        await self._prepare()

        last = ""

        async def complain(data: bytes) -> None:
            nonlocal last
            text = self._reword(data.decode(errors="replace"))
            last = (last + text)[-_BURST_CHARACTERS:]
            await _apart(error(text.encode()))

        async def show(data: bytes) -> None:
            await _apart(output(data))

        running = self._begin(script, capture=0, stdout=show, stderr=complain)
        try:
            result = await asyncio.shield(running)
        except asyncio.CancelledError:
            await self._stop(running)
            raise
        return Outcome(result.exit_code, result.error or "", last)

    def know(self, name: str, command: Command) -> None:
        """Have one more command, from the next script on."""
        self._bash.add_command(name, self._calls.stoppable(command))

    def trap(self, signal: str) -> str | None:
        """The script that the shell has set for a signal (``TERM``); None where it has not."""
        if self._lost:
            return None
        found: str | None = self._bash.shell_state().traps.get(signal)
        return found

    @property
    def directory(self) -> str:
        """Where the shell is."""
        return str(self._bash.shell_state().cwd)

    def entries(self, path: str) -> list[tuple[str, bool]]:
        """The names in a directory, and whether each is one; none where there is no such directory. Call it on a
        thread: some file systems are ours.
        """
        try:
            rows = self._bash.read_dir(path)
        except RuntimeError:
            return []
        return [(row["name"], row["metadata"]["file_type"] == "directory") for row in rows]

    def variable(self, name: str) -> str:
        """A variable's value; empty where it has none."""
        return str(self._bash.shell_state().variables.get(name, ""))

    def _begin(self, script: str, **outputs: Any) -> asyncio.Future[Any]:
        running = self._execute(script, **outputs)
        meter = self._calls.meter
        meter.begin()
        running.add_done_callback(lambda _: meter.end())
        return running

    def _execute(self, script: str, **outputs: Any) -> asyncio.Future[Any]:
        """Hand a script to the library in a context of its own.

        The library calls us from its threads, each time in the context that `execute` was called in. That fails while
        the event loop is in the same one: in a step of the task that waits for the script, say, or in what the library
        itself has handed to the loop.
        """
        _keep_out_of_contexts(asyncio.get_running_loop())
        running: asyncio.Future[Any] = copy_context().run(
            lambda: asyncio.ensure_future(self._bash.execute(script, **outputs))
        )
        return running

    async def _prepare(self) -> None:
        if self._prelude:
            await self._execute(self._prelude)
            self._prelude = ""

    async def _stop(self, running: asyncio.Future[Any]) -> None:
        """End what runs. Only a shell that has come to rest can be asked anything, or it would be waited for."""
        self._bash.cancel()
        self._calls.cancel()
        await asyncio.wait({running}, timeout=_STOP_SECONDS)
        if running.done():
            running.exception()
            self._bash.clear_cancel()
        else:
            self._lost = True
            running.cancel()


class _Calls:
    """The calls of our commands that are under way in one shell.

    The library's shell holds the commands that it was given, and Python cannot look into it for circles: whatever a
    command refers to must not refer to the shell, or no shell that ever was would be let go of, nor its descriptors.
    """

    def __init__(self, waits: Callable[[], None], meter: Meter) -> None:
        self.meter = meter
        self._waits = waits
        self._tasks: set[asyncio.Task[Any]] = set()

    def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    def stoppable(self, command: Command) -> Command:
        """The same command, ended with the script it is part of."""

        async def call(invocation: Invocation) -> int:
            task = _apart(command(invocation))
            if not self._tasks:
                self.meter.end()
            self._tasks.add(task)
            # Not before the command has taken its first step: a server listens by then.
            asyncio.get_running_loop().call_soon(self._waits)
            try:
                return await task
            except asyncio.CancelledError:
                return _TERMINATED_CODE
            except BrokenPipeError:
                # Nobody reads what it prints any more: it ends without a word, as by SIGPIPE.
                return _UNREAD_CODE
            finally:
                self._tasks.discard(task)
                if not self._tasks:
                    self.meter.begin()

        return call


class _Bursts:
    """Takes output on the library's threads and passes it on from the event loop."""

    def __init__(self, write: Callable[[str], None], reword: Callable[[str], str], full: Callable[[], None]) -> None:
        self.last_error = ""
        self._write = write
        self._reword = reword
        self._full = full
        self._printed = 0
        self._loop = asyncio.get_running_loop()
        self._pending: list[str] = []
        self._size = 0
        self._scheduled = False
        self._closed = False
        self._room = threading.Condition()

    def take(self, output: str, error: str) -> None:
        """Called on a thread of the library; waits there while too much is pending."""
        with self._room:
            if self._closed:
                return
            error = self._reword(error)
            self._count(output, error)
            self._pending += (output, error)
            self._size += len(output) + len(error)
            if error:
                self.last_error = (self.last_error + error)[-_BURST_CHARACTERS:]
            if not self._scheduled:
                self._scheduled = True
                self._loop.call_soon_threadsafe(self._pass_on)
            while self._size > _BURST_CHARACTERS and not self._closed:
                self._room.wait()

    def _count(self, *texts: str) -> None:
        before = self._printed
        self._printed += sum(len(text.encode()) for text in texts)
        if before < MAX_OUTPUT <= self._printed:
            self._loop.call_soon_threadsafe(self._full)

    def _pass_on(self) -> None:
        with self._room:
            pending, self._pending, self._size = self._pending, [], 0
            if pending and not self._closed:
                # The next burst, and none before.
                self._loop.call_later(_BURST_SECONDS, self._pass_on)
            else:
                self._scheduled = False
            self._room.notify_all()
        if text := "".join(pending):
            self._write(text)

    def close(self) -> None:
        """The script is over: pass the rest on, and let nobody wait."""
        with self._room:
            self._closed = True
        self._pass_on()
