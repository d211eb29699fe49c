"""One container: its files, and the commands that are carried out in it.

All shells of a container (its own, its probes', its hooks') see the same files. They live in memory and end with the
run, as a container's writable layer does; volumes are the folders of the pod. Nothing is loaded or made until the first
command is carried out.
"""

from __future__ import annotations

import asyncio
import errno
import os
import posixpath
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from liqolab.apimachinery.resources import Object
from liqolab.kube.node import texts
from liqolab.kube.node.machine.command_line import CommandLine, read_words
from liqolab.kube.node.machine.commands import forever, local_commands, unavailable
from liqolab.kube.node.machine.direct import Direct
from liqolab.kube.node.machine.foreign_files import mountable
from liqolab.kube.node.machine.http_commands import http_commands
from liqolab.kube.node.machine.identity import Identity, identity_of, system_files
from liqolab.kube.node.machine.interpreter import (
    MAX_OUTPUT,
    Command,
    Interpreter,
    Invocation,
    Outcome,
    commands_in,
    folder,
    new_files,
    own_commands,
)
from liqolab.kube.node.machine.layers import make_folder, program_of, programs, stub
from liqolab.kube.node.machine.network_commands import network_commands
from liqolab.kube.node.machine.printing import Lines
from liqolab.kube.node.machine.session import Foreground
from liqolab.kube.node.machine.socket_commands import socket_commands
from liqolab.kube.node.machine.system_commands import system_commands
from liqolab.kube.node.machine.userlands import Userland, missing
from liqolab.kube.node.meter import Meter
from liqolab.kube.node.network import may_route
from liqolab.kube.node.storage import Place
from liqolab.program import Container

if TYPE_CHECKING:
    from bashkit import FileSystem

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FOLDERS = ("/bin", "/dev", "/etc", "/home", "/proc", "/root", "/run", "/tmp", "/usr/bin", "/var/log", "/var/run")  # noqa: S108 - in memory
_READ_ONLY = "Read-only file system"
_ERROR = re.compile(rf"^(\S+): line (\d+): (?:(\S+): command not found.*|(\S+): {_READ_ONLY}$)?", re.MULTILINE)
_UNBOUND = re.compile(r"(?:unbound|readonly) variable\s*\Z")
_UNSET = re.compile(r"^\S+: (?:line \d+: )?(\w+): [^\n]*\n?\Z", re.MULTILINE)
_UNBOUND_CODE = 2
_SYNTAX_CODE = 2
_NOT_FOUND_CODE = 127
_BEGUN_SECONDS = 0.1
"""Most scripts print and wait within a few milliseconds; nobody should wait for one that computes."""

_MAX_LAST_WORDS = 4096
"""Of a termination message, as the kubelet has it."""


class NotStartedError(Exception):
    """The container's command does not exist in its image; the text is what a container runtime says."""


@dataclass
class Machine:
    """See the module.

    Attributes:
        pod, spec: the pod, and the container of its spec.
        container: what it was started with.
        userland: what its image contains.
        nameserver: the cluster's.
        notice: told, in words for a person, of what cannot be carried out.
        servers: commands that are the image's own server.
        folders: what else the image has, empty.
        brought: path → text of files that the image has for its server.
        foreground: where the container's own command waits for what is typed.
        stand_in: what goes on where a program of an image that nobody here knows would run.
        places: container path → the volume that keeps data there.
        meter: counts what its scripts compute.
        carries_out: whether what the container does is carried out here, so that commands beside it see its effects.
    """

    pod: Object
    spec: Object
    container: Container
    userland: Userland
    nameserver: str
    notice: Callable[[str], None]
    servers: Mapping[str, Command] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    brought: Mapping[str, str] = field(default_factory=dict)
    foreground: Foreground | None = None
    stand_in: Callable[[], Awaitable[int]] = forever
    places: Mapping[str, Place] = field(default_factory=dict)
    carries_out: bool = False
    meter: Meter = field(default_factory=Meter)
    _files: FileSystem | None = None

    async def run(self, words: list[str], begun: Callable[[], None] = lambda: None) -> int:
        """Carry out the container's command line, printing to its log; returns the exit code.

        `begun` is called once the script waits for something, has ended or has run for a moment: whoever looks at the
        container then finds what it prints first.

        When cancelled, a trap for SIGTERM that the script has set is carried out, and its code returned.

        Raises:
            NotStartedError: there is no such program in the image.
            MissingInterpreterError: nothing can be carried out on this platform.
        """
        if (server := self.servers.get(words[0])) is not None:
            return await self._serve(server, words, begun)
        line = self._found(words)
        if line is None:
            begun()
            self.notice(texts.SIMULATED_COMMAND.format(command=" ".join(words)))
            return await self.stand_in()
        self.carries_out = True
        lines = Lines(self.container.log, self.container.log_unended)
        shell = self._shell(line, lines.take, begun)
        moment = asyncio.get_running_loop().call_later(_BEGUN_SECONDS, begun)
        try:
            return self.code(line, await shell.run(line.script), lines.take)
        except asyncio.CancelledError:
            trap = shell.trap("TERM")
            if trap is None:
                raise
            return (await shell.run(trap)).code
        finally:
            moment.cancel()
            lines.close()
            begun()

    async def _serve(self, server: Command, words: list[str], begun: Callable[[], None]) -> int:
        """Carry out the image's own server, for which no shell is needed."""
        self.carries_out = True
        lines = Lines(self.container.log, self.container.log_unended)
        moment = asyncio.get_running_loop().call_later(_BEGUN_SECONDS, begun)
        try:
            return await server(Direct(words, self.container.env, self.directory, lambda: self.files, lines))
        finally:
            moment.cancel()
            lines.close()
            begun()

    async def execute(self, words: list[str]) -> tuple[int, str]:
        """Carry out a command beside the container's own; its exit code, and what it printed.

        Raises:
            NotStartedError: there is no such program in the image.
        """
        line = self._found(words)
        if line is None:
            raise NotStartedError(texts.SIMULATED_COMMAND.format(command=" ".join(words)))
        printed: list[str] = []
        outcome = await self._shell(line, printed.append).run(line.script)
        code = self.code(line, outcome, printed.append)
        return code, "".join(printed)

    def shell(self, words: list[str]) -> Interpreter:
        """A shell beside the container's own, to carry out a command line that is known to be there.

        Raises:
            NotStartedError: there is no such program in the image.
        """
        line = self._found(words)
        if line is None:
            raise NotStartedError(texts.not_startable(words[0]))
        return self._shell(line, lambda text: None)

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Put a file into a volume, or into the container's own layer.

        Raises:
            OSError: nothing can be written there.
        """
        mount = self._mount_of(path)
        if (place := self.places.get(mount)) is not None and not place.read_only:
            place.directory.write(path[len(mount) :], content)
            place.directory.chmod(path[len(mount) :], mode)
        elif mount:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        else:
            make_folder(self.files, posixpath.dirname(path))
            self.files.write_file(path, content)

    def names(self, path: str) -> list[str]:
        """What is in a folder of a volume; empty where there is none."""
        mount = self._mount_of(path)
        try:
            if (place := self.places.get(mount)) is not None:
                return [name for name, _ in place.directory.list(path[len(mount) :])]
            found = sorted(
                entry.name for entry in self.container.path(path).iterdir() if not entry.name.startswith(".")
            )
        except OSError:
            found = []
        single = (posixpath.split(mounted) for mounted in (*self.container.mounts, *self.places))
        return found or [name for folder, name in single if folder == path]

    def mode(self, path: str) -> int | None:
        """The type and mode of what a volume has at a path; None where there is nothing."""
        mount = self._mount_of(path)
        try:
            if (place := self.places.get(mount)) is not None:
                return place.directory.stat(path[len(mount) :]).mode
            return self.container.path(path).stat().st_mode
        except OSError:
            return None

    @property
    def files(self) -> FileSystem:
        """The container's own layer."""
        if self._files is None:
            self._files = self._made_files()
        return self._files

    def last_words(self) -> str:
        """What the container has written to its ``terminationMessagePath``."""
        if self._files is None:
            return ""
        path = self.spec.get("terminationMessagePath") or "/dev/termination-log"
        content = self.read(path)
        return content[:_MAX_LAST_WORDS].decode(errors="replace") if content else ""

    def read(self, path: str) -> bytes | None:
        """A file of the container, in its volumes or in its own layer; None when there is none."""
        mount = self._mount_of(path)
        try:
            if (place := self.places.get(mount)) is not None:
                return place.directory.read(path[len(mount) :])
            return self.container.path(path).read_bytes()
        except OSError:
            if mount:
                # What the image has there is hidden.
                return None
        if self._files is None:
            text = self._system_files().get(path)
            return None if text is None else text.encode()
        try:
            return self._files.read_file(path)
        except RuntimeError:
            return None

    def _system_files(self) -> dict[str, str]:
        return {**system_files(self.pod, self.identity, self.userland.release, self.nameserver), **self.brought}

    def _mount_of(self, path: str) -> str:
        """The mount that a path lies in; empty where it lies in none."""
        mounts = (*self.places, *self.container.mounts)
        return max((mount for mount in mounts if f"{path}/".startswith(mount.rstrip("/") + "/")), key=len, default="")

    def _found(self, words: list[str]) -> CommandLine | None:
        """The command line, if it can be carried out; None where only the image itself could."""
        line = read_words(words)
        there = self._exists(line)
        if not there and self.userland.known:
            raise NotStartedError(texts.not_startable(line.program))
        return line if there else None

    def _exists(self, line: CommandLine) -> bool:
        if line.program in self.servers or line.name in self.servers:
            return True
        if not line.name:
            path = posixpath.normpath(posixpath.join(self.directory, line.program))
            content = self.read(path)
            # A program that was copied out of an image is one here only if it is known here too.
            return content is not None and program_of(content) in (None, *self.programs())
        return line.name in self.programs()

    def programs(self) -> frozenset[str]:
        """What its commands are called."""
        ours = frozenset(self._commands())
        return (self.userland.commands or own_commands() | ours | {"ash", "dash"}) | frozenset(self.servers)

    def _shell(
        self, line: CommandLine, write: Callable[[str], None], waits: Callable[[], None] = lambda: None
    ) -> Interpreter:
        identity = self.identity
        env = {"PATH": _PATH, "HOME": identity.home, **self.container.env}
        return Interpreter(
            self.files,
            self._mounts(),
            env=env,
            directory=self.directory,
            hostname=identity.hostname,
            commands=self._commands() | self._stand_ins(line),
            prelude=self.userland.prelude if line.shell in self.userland.shells else "",
            write=write,
            reword=partial(self._in_its_words, line),
            read_only=bool((self.spec.get("securityContext") or {}).get("readOnlyRootFilesystem")),
            full=lambda: self.notice(texts.OUTPUT_LIMIT.format(size=MAX_OUTPUT // 2**20)),
            waits=waits,
            meter=self.meter,
        )

    @property
    def directory(self) -> str:
        """Where commands start."""
        return self.spec.get("workingDir") or "/"

    @property
    def identity(self) -> Identity:
        return identity_of(self.pod, self.spec, self.container.pod_ip)

    def _commands(self) -> dict[str, Command]:
        network, identity = self.container.network, self.identity
        ours = (
            local_commands(identity)
            | system_commands(self.places)
            | http_commands(network)
            | network_commands(network, identity, may_change=may_route(self.spec))
            | socket_commands(network)
        )
        return {name: command for name, command in ours.items() if self.userland.has(name)} | dict(self.servers)

    def _stand_ins(self, line: CommandLine) -> dict[str, Command]:
        """For programs that the image has and the sandbox has not, or the other way round."""
        userland = self.userland
        have = own_commands() | self._commands().keys()
        if userland.known:
            absent: dict[str, Command] = dict.fromkeys(missing(userland) - self.servers.keys(), _absent)
            return absent | dict.fromkeys(userland.commands - have, unavailable)
        named = commands_in(line.script) or frozenset()
        return {name: self._awaited for name in named - have if "/" not in name}

    async def _awaited(self, call: Invocation) -> int:
        """A program of an image that nobody here knows: taken to run until it is stopped."""
        self.notice(texts.SIMULATED_COMMAND.format(command=" ".join([call.name, *call.argv])))
        return await self.stand_in()

    def _made_files(self) -> FileSystem:
        files = new_files()
        home = self.identity.home
        # A subPath that is a file: as a real one, it does not follow later changes.
        single = {path: source.read_bytes() for path, source in self.container.mounts.items() if source.is_file()}
        # So that listings of its folder know what it is.
        single |= {path: b"" for path, place in self.places.items() if place.is_file}
        mounts = [posixpath.normpath(path) for path in (*self.container.mounts, *self.places) if path not in single]
        for path in (*_FOLDERS, *self.folders, home, self.directory, *mounts):
            make_folder(files, path)
        system = {path: text.encode() for path, text in self._system_files().items()}
        for path, content in (system | single).items():
            make_folder(files, posixpath.dirname(posixpath.normpath(path)))
            files.write_file(posixpath.normpath(path), content)
        for path in self.servers:
            if path.startswith("/"):
                make_folder(files, posixpath.dirname(path))
                files.write_file(path, stub(posixpath.basename(path)))
                files.chmod(path, 0o755)
        return files

    def _mounts(self) -> dict[str, tuple[FileSystem, bool]]:
        folder_of_programs = programs(frozenset(name for name in self.programs() if "/" not in name))
        mounts: dict[str, tuple[FileSystem, bool]] = dict.fromkeys(("/bin", "/usr/bin"), (folder_of_programs, True))
        for path, source in sorted(self.container.mounts.items()):
            if source.is_dir():
                mounts[posixpath.normpath(path)] = (folder(source), True)
        for path, place in sorted(self.places.items()):
            mounts[posixpath.normpath(path)] = (mountable(place.directory), place.read_only)
        return mounts

    def _in_its_words(self, asked: CommandLine, text: str) -> str:
        """What the sandbox's bash complains of, as the image's shell would."""
        told = text.replace(": filesystem is read-only", f": {_READ_ONLY}")
        return _ERROR.sub(lambda found: self._complaint(asked, found), told)

    def _complaint(self, asked: CommandLine, found: re.Match[str]) -> str:
        # A shell calls itself as it was called.
        called = asked.program if asked.program.endswith(asked.shell) else asked.shell
        script, line, command, file = called if found[1] == "bash" else found[1], found[2], found[3], found[4]
        if command:
            return self.userland.not_found(asked.shell, script, line, command)
        if file:
            return self.userland.not_made(asked.shell, script, line, file, _READ_ONLY)
        return f"{script}: " if asked.shell in self.userland.shells else found[0]

    def code(self, line: CommandLine, outcome: Outcome, write: Callable[[str], None]) -> int:
        """The exit code that the image's shell would have ended with."""
        if outcome.fault.startswith("parse error"):
            write(f"{line.shell}: syntax error: {outcome.fault.partition(': ')[2]}\n")
            return _SYNTAX_CODE
        if outcome.fault:
            self.notice(texts.LIMIT_REACHED.format(why=outcome.fault))
        if outcome.code == 1 and _ends_shell(line.script, outcome.last):
            small = line.shell in self.userland.shells
            return _UNBOUND_CODE if small else 1 if _UNBOUND.search(outcome.last) else _NOT_FOUND_CODE
        return outcome.code


def _ends_shell(script: str, last: str) -> bool:
    """Whether the last error is one with which small shells end: of a variable that is not set, or cannot be."""
    if _UNBOUND.search(last):
        return True
    found = _UNSET.search(last)
    return found is not None and re.search(rf"\$\{{{found[1]}:?\?", script) is not None


async def _absent(call: Invocation) -> int:
    """A program of the sandbox that the image does not have."""
    await call.stderr.write(f"bash: line 1: {call.name}: command not found\n".encode())
    return _NOT_FOUND_CODE
