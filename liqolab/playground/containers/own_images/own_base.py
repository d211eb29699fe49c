"""A base image that is pulled from nowhere: the Python of this machine, with the C libraries that it loads and no more.

For machines that reach no registry. There is not even a shell in it: nothing of these images needs one.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
import sysconfig
import tarfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from liqolab.playground.containers.own_images.recipe import libraries
from liqolab.playground.errors import PlaygroundError
from liqolab.process import ProgramNotFoundError, run

OWN_BASE: Final = "host"
"""How this base is asked for."""

_HOME: Final = "usr/local"
_NOT_NEEDED: Final = {
    *(
        "__pycache__",
        "dist-packages",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "site-packages",
        "test",
        "tests",
    ),
    *("tkinter", "turtledemo"),
}
_LIBRARY: Final = re.compile(r"(/\S+\.so[^\s]*)")
_LDD_SECONDS: Final = 60.0
_TEXTS: Final = {
    "etc/passwd": "root:x:0:0:root:/root:/sbin/nologin\n",
    "etc/group": "root:x:0:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}


def files() -> dict[str, Path]:
    """What is in the base: where in the image → a file of this machine.

    Raises:
        PlaygroundError: this is no Linux, or has no ``ldd`` that tells the libraries.
    """
    if sys.platform != "linux":
        raise PlaygroundError(
            "only a Linux machine has a Python that runs in containers", "name another base: --base IMAGE"
        )
    return {inside: path for path, inside in _tree()}


def digest(files: Mapping[str, Path]) -> str:
    """Changes with every file."""
    total = hashlib.sha256()
    for inside, path in sorted(files.items()):
        seen = path.stat()
        total.update(f"{inside} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return total.hexdigest()[:12]


def pack(files: Mapping[str, Path], archive: Path) -> None:
    """Write the base's files into a tar archive that an engine imports."""
    with tarfile.open(archive, "w") as tar:
        for inside, path in sorted(files.items()):
            tar.add(path.resolve(), inside, recursive=False)
        for inside, text in _TEXTS.items():
            entry = tarfile.TarInfo(inside)
            entry.size, entry.mode = len(text), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
        for folder in ("tmp", "var", "proc", "sys", "dev"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)


def _tree() -> Iterator[tuple[Path, str]]:
    """Files of this machine → where in the image."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    standard = Path(sysconfig.get_path("stdlib"))
    program = Path(sys.executable).resolve()
    modules = [
        path
        for path in standard.rglob("*")
        if path.is_file() and not _NOT_NEEDED & set(path.relative_to(standard).parts) and path.suffix != ".a"
    ]
    yield program, f"{_HOME}/bin/python3"
    for path in modules:
        yield path, f"{_HOME}/lib/{version}/{path.relative_to(standard)}"
    for path in sorted(_linked([program, *(path for path in [*modules, *_extensions()] if ".so" in path.name)])):
        yield path, str(path).lstrip("/")


def _extensions() -> Iterator[Path]:
    for name in libraries():
        try:
            files = metadata.distribution(name).files or ()
        except metadata.PackageNotFoundError:
            continue
        yield from (Path(str(file.locate())) for file in files if ".so" in file.name)


def _linked(programs: list[Path]) -> set[Path]:
    """The shared libraries that programs and extensions load, as the loader finds them, and the loader."""
    try:
        said = run(["ldd", *map(str, programs)], timeout=_LDD_SECONDS).output
    except ProgramNotFoundError:
        raise PlaygroundError("there is no ldd on this machine", "name another base: --base IMAGE") from None
    # Lines that name the programs themselves end with a colon.
    found = {
        Path(match[1])
        for line in said.splitlines()
        if line.startswith("\t")
        for match in [_LIBRARY.search(line)]
        if match
    }
    return {path for path in found if path.exists()}
