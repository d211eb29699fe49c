"""The files of a container that are in no volume: its own layer, and the programs of its image."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from liqolab.kube.node.machine.interpreter import new_files

if TYPE_CHECKING:
    from bashkit import FileSystem


_STUB = re.compile(rb'(\S+) "\$@"\n')


def stub(program: str) -> bytes:
    """What is in the file of a program."""
    return f'{program} "$@"\n'.encode()


def program_of(content: bytes) -> str | None:
    """The program whose file has this content; None if that is none."""
    found = _STUB.fullmatch(content)
    return found[1].decode() if found else None


def make_folder(files: FileSystem, path: str) -> None:
    if path != "/" and not files.exists(path):
        files.mkdir(path, recursive=True)


@cache
def programs(names: Iterable[str]) -> FileSystem:
    """``/bin``: a file for each program, so that it is found by its path and by `which`."""
    files = new_files()
    for name in names:
        files.write_file(f"/{name}", stub(name))
        files.chmod(f"/{name}", 0o755)
    return files
