"""Which running programs use a playground: so that nobody takes clusters away from under somebody else unasked.

Each program holds a lock on a file of its own as long as it lives, so what is found is true however a program ended:

    HOME/playgrounds/NAME/users/PID        what the program calls itself
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from liqolab.playground.home import Playground

_held: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class User:
    """A running program."""

    process: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.process})"


def enter(playground: Playground) -> None:
    """Be a user of a playground until `leave`, or until this process ends; again it does nothing."""
    path = _folder(playground) / str(os.getpid())
    if path in _held and path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, _own_name().encode())
    if (before := _held.pop(path, None)) is not None:
        # The playground was taken down meanwhile, and made again.
        os.close(before)
    _held[path] = descriptor


def leave(playground: Playground) -> None:
    """Use it no longer; nothing happens if it was not used."""
    path = _folder(playground) / str(os.getpid())
    if (descriptor := _held.pop(path, None)) is not None:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def others(playground: Playground) -> list[User]:
    """The programs that use it now, this one aside."""
    folder = _folder(playground)
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [user for path in files if path.name != str(os.getpid()) and (user := _alive(path)) is not None]


def _folder(playground: Playground) -> Path:
    return playground.root / "users"


def _alive(path: Path) -> User | None:
    with contextlib.suppress(FileNotFoundError), path.open() as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return User(int(path.name), stream.read())
    return None


def _own_name() -> str:
    """``liqolab learn``, ``pytest``: the program, and what liqolab was asked to do."""
    program = Path(sys.argv[0]).name or "python"
    words = [word for word in sys.argv[1:2] if not word.startswith("-")]
    return " ".join(["liqolab" if program == "__main__.py" else program, *(words if "liqolab" in program else ())])
