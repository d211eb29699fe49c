"""Scripts that try to get out of a container, made by chance: ``make fuzz-containers SEED=1``.

Each is carried out in a machine of a process of its own, in which everything is a trap: a folder of canaries with a
secret in it, whose every opening is seen by the kernel (inotify), a port on loopback that nobody may connect to, and
Python's audit hook for files, processes and connections. With ``--strace`` all system calls are looked at besides, the
sandbox's native ones among them. Whatever gets out is printed with the script that did it, and the seed.

What scripts are made of stands in ``data/attempts.txt``, a line each.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import os
import random
import re
import resource
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from liqolab.kube.node.disks import Disks
from liqolab.kube.node.machine.machine import NotStartedError
from liqolab.kube.node.machine.userlands import ALPINE, BUSYBOX, DEBIAN, UNKNOWN
from tests.node.machines import machine

_SCRIPT_SECONDS = 0.5
_BEGIN, _END = "/liqolab-fuzzing-begins", "/liqolab-fuzzing-ends"
_OPENED = 0x20 | 0x01 | 0x02 | 0x04 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
"""inotify: opened, read, written, attributes, moved in or out, made, removed."""

_FORBIDDEN = re.compile(
    r"subprocess|os\.(exec|fork|forkpty|posix_spawn|system|spawn|startfile|kill)|pty\.|socket\.(connect|bind)"
)
_ON_FILES = re.compile(
    r"open|os\.(remove|rename|mkdir|rmdir|chmod|chown|link|symlink|truncate|utime|listdir|scandir|walk)|shutil\."
)
ATTEMPTS = Path(__file__).parent / "data" / "attempts.txt"


_JUNK = ("'", '"', "$", "\\", "`", "(", ")", "\x00", "\n", "é", "\U0001f600", "&", ";", "<<", "\t")


class Traps:
    """What must not be touched."""

    def __init__(self, root: Path) -> None:
        self.secret = secrets.token_hex(16)
        self.folder = root / "canaries"
        (self.folder / "deep").mkdir(parents=True)
        for name in ("secret", "deep/secret", ".profile"):
            (self.folder / name).write_text(self.secret)
        self._before = self._listing()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._library = ctypes.CDLL(None, use_errno=True)
        self._watch = self._library.inotify_init1(os.O_NONBLOCK)
        for folder in (self.folder, self.folder / "deep"):
            assert self._library.inotify_add_watch(self._watch, os.fsencode(folder), _OPENED) >= 0

    def _listing(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(self.folder.rglob("*"))}

    def sprung(self) -> list[str]:
        """What has happened since the last time."""
        found = []
        with contextlib.suppress(BlockingIOError):
            if os.read(self._watch, 65536):
                found.append("a canary was touched")
        if select.select([self._listener], [], [], 0)[0]:
            self._listener.accept()[0].close()
            found.append("somebody has connected to the loopback")
        children = [each.read_text() for each in Path("/proc/self/task").glob("*/children")]
        if any(text.strip() for text in children):
            found.append(f"there are child processes: {children}")
        return found

    def changed(self) -> bool:
        """Whether any canary is not as it was; asked at the end, since looking opens them."""
        return self._listing() != self._before


class Grammar:
    """Makes scripts."""

    def __init__(self, seed: int, traps: Traps) -> None:
        self._random = random.Random(seed)
        folder, up, pid = str(traps.folder), "../" * 12, os.getpid()
        roots = ["", up, "/proc/self/root", "/proc/1/root", f"/proc/{pid}/root", "/etc/config/../.."]
        roots += ["/data/../../..", "//", "./"]
        names = ("secret", "deep/secret", "new", ".profile", "*", "deep")
        self._paths = [f"{root}{folder}/{name}" for root in roots for name in names]
        self._paths += ["/etc/config/link", "/data/link", "/etc/config/link/secret", f"/proc/{pid}/environ"]
        self._paths += ["/dev/kmsg", "/dev/sda", "/proc/sysrq-trigger", "/var/run/docker.sock", "~/x", "$P/secret"]
        self._attempts = ATTEMPTS.read_text().splitlines()
        self._names = {"folder": folder, "port": str(traps.port), "pid": str(pid)}

    def script(self) -> str:
        body = "\n".join(self._statement(3) for _ in range(self._random.randint(1, 4)))
        text = f"P={self._names['folder']}\n{body}"
        return self._mutated(text) if self._random.random() < 0.15 else text

    def _one(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _path(self) -> str:
        path = self._random.choice(self._paths)
        return self._one(path, f'"{path}"', f"$(echo {path})", f"${{X:-{path}}}")

    def _statement(self, depth: int) -> str:
        if depth == 0 or self._random.random() < 0.4:
            return self._simple()
        inner, other = (self._statement(depth - 1) for _ in range(2))
        return self._one(
            f"if {inner}; then {other}; fi",
            f"for i in 1 2 3; do {inner}; done",
            f"n=0; while [ $n -lt 3 ]; do n=$((n+1)); {inner}; done",
            f"( {inner}; {other} )",
            f"{{ {inner}; }} | {{ {other}; }}",
            f"f() {{ {inner}; }}; f; {other}",
            f'echo "$({inner})"; X=`{other}`; echo $X',
            f"eval '{inner.replace(chr(39), '')}'",
            f"bash -c '{inner.replace(chr(39), '')}' & wait; {other}",
            f"sh <<END\n{inner}\nEND",
            f"trap '{inner.replace(chr(39), '')}' EXIT TERM; {other}",
            f"case x in *) {inner};; esac || {other}",
            f"printf '%s\\n' '{inner.replace(chr(39), '')}' | xargs -I% sh -c '%'",
            f"echo {self._path()} | while read X; do {inner}; done",
        )

    def _simple(self) -> str:
        text = self._random.choice(self._attempts)
        for name, value in self._names.items():
            text = text.replace(f"{{{name}}}", value)
        return text.replace("{here}", self._path()).replace("{there}", self._path())

    def _mutated(self, text: str) -> str:
        rows = list(text)
        for _ in range(self._random.randint(1, 6)):
            at = self._random.randrange(len(rows))
            rows[at] = self._one("", rows[at] * 2, *_JUNK)
        return "".join(rows)


def _mounted(root: Path, target: Path) -> Path:
    """A folder to mount, with a link in it that leads out."""
    folder = Path(tempfile.mkdtemp(dir=root))
    (folder / "link").symlink_to(target)
    return folder


async def _play(script: str, folder: Path, disks: Disks, userland: Any) -> str:
    """What a script prints, whatever becomes of it."""
    printed: list[str] = []
    here = machine(folder, printed.append, userland, notice=printed.append, disks=disks)
    work = asyncio.create_task(here.run(["sh", "-c", script]))
    await asyncio.wait({work}, timeout=_SCRIPT_SECONDS)
    work.cancel()
    for error in await asyncio.gather(work, return_exceptions=True):
        if isinstance(error, Exception) and not isinstance(error, (NotStartedError, asyncio.CancelledError)):
            printed.append(f"DEFECT {type(error).__name__}: {error}")
    return "\n".join(printed)


async def _round(scripts: int, seed: int, told: Callable[[str], None]) -> int:
    """Carry scripts out; the number of those that got out, or came upon a defect."""
    root = Path(tempfile.mkdtemp(prefix="liqolab-fuzzing-"))
    traps, failures, current = Traps(root), 0, [""]
    grammar, disks = Grammar(seed, traps), Disks(root / "disks.db")
    events: list[str] = []
    # What is loaded once.
    await _play("ls; cat /etc/config/greeting; curl -s web", _mounted(root, traps.folder), disks, BUSYBOX)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if not current[0]:
            return
        if _FORBIDDEN.match(event):
            events.append(f"{event} {arguments}")
        elif _ON_FILES.match(event) and isinstance(arguments[0], (str, bytes)):
            path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100 - which looks at no file
            own = (sys.prefix, sys.base_prefix, str(root), str(Path.cwd() / "liqolab"))
            if not path.startswith(own) or path.startswith(str(traps.folder)):
                events.append(f"{event} {arguments}")

    sys.addaudithook(audit)
    with contextlib.suppress(OSError):
        os.stat(_BEGIN)  # noqa: PTH116 - a mark for strace
    started = time.monotonic()
    for number in range(scripts):
        script, mounted = grammar.script(), _mounted(root, traps.folder)
        current[0] = script
        printed = await _play(script, mounted, disks, (BUSYBOX, ALPINE, DEBIAN, UNKNOWN)[number % 4])
        current[0] = ""
        found = [*events, *traps.sprung()]
        events.clear()
        if traps.secret in printed:
            found.append("the secret was printed")
        found += [line for line in printed.splitlines() if line.startswith("DEFECT")]
        if found:
            failures += 1
            told(f"--- script {number} of seed {seed}:\n{script}\n=> {found}")
    with contextlib.suppress(OSError):
        os.stat(_END)  # noqa: PTH116 - as above
    disks.close()
    if traps.changed():
        failures += 1
        told("the canaries have changed")
    shutil.rmtree(root)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told(
        f"{scripts} scripts of seed {seed} in {time.monotonic() - started:.0f} s, {peak} MB at most: {failures} got out"
    )
    return failures


_CALL = re.compile(r'^\d+ +(\w+)\((?:AT_FDCWD, )?"?([^",)]*)')
_NEVER = frozenset(("execve", "execveat", "connect", "bind", "kill"))
_LIBRARIES = (
    "/proc/self", "/sys/fs/cgroup", "/etc/localtime", "/usr/share/zoneinfo", "/etc/ld.so", "/lib", "/usr/lib",
    # The C library asks before it gives a thread's memory back.
    "/proc/sys/vm/overcommit_memory",
    # It counts the processors when threads compete for memory, to know how many arenas are worth having.
    "/sys/devices/system/cpu/online", "/proc/stat", "/proc/cpuinfo",
)  # fmt: skip
"""What programs look at for themselves."""


def _straced(arguments: list[str]) -> int:
    """The same in a process whose system calls are looked at: between the marks, none is about anybody's files."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "calls"
        command = ["strace", "-f", "-qq", "-e", "trace=%file,execve,execveat,connect,bind,kill", "-o", str(log)]
        done = subprocess.run([*command, sys.executable, "-m", "tests.node.fuzzing", *arguments], check=False)
        lines = log.read_text(errors="replace").splitlines()
    marks = [number for number, line in enumerate(lines) if _BEGIN in line or _END in line]
    odd = [line for line in lines[marks[0] + 1 : marks[1]] if _is_odd(line)]
    print("\n".join([*odd[:20], f"{len(odd)} system calls that should not be"]))
    return done.returncode or min(len(odd), 1)


def _is_odd(line: str) -> bool:
    found = _CALL.match(line)
    if found is None or "AT_EMPTY_PATH" in line:
        return False
    call, path = found.groups()
    if call in _NEVER:
        return True
    if "/canaries" in path:
        # A link that was put into a mounted folder is followed as far as to see that it leads out.
        return call not in ("readlink", "symlink")
    own = (sys.prefix, sys.base_prefix, str(Path.cwd()), f"{tempfile.gettempdir()}/liqolab-fuzzing-", *_LIBRARIES)
    return not (path == tempfile.gettempdir() or path.startswith(own) or "/task" in path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strace", action="store_true")
    chosen = parser.parse_args()
    if chosen.strace:
        return _straced(["--scripts", str(chosen.scripts), "--seed", str(chosen.seed)])
    return min(asyncio.run(_round(chosen.scripts, chosen.seed, print)), 1)


if __name__ == "__main__":
    sys.exit(main())
