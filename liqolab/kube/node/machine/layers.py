"""The files of a container that are in no volume: its own layer, and the programs of its image."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from liqolab.kube.node.machine.interpreter import new_files

if TYPE_CHECKING:
    from bashkit import FileSystem


def make_folder(files: FileSystem, path: str) -> None:
    if path != "/" and not files.exists(path):
        files.mkdir(path, recursive=True)


@cache
def programs(names: Iterable[str]) -> FileSystem:
    """``/bin``: a file for each program, so that it is found by its path and by `which`."""
    files = new_files()
    for name in names:
        files.write_file(f"/{name}", f'{name} "$@"\n'.encode())
        files.chmod(f"/{name}", 0o755)
    return files
