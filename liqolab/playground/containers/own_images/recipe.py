"""What is in the images: this installation's own code, the libraries that it needs in a pod, one entry point an image.

All images are one: they share every layer and differ in the program that they start. Which images there are is told by
entry points (`liqolab.program.IMAGES_GROUP`), so this room knows no program. Code comes from the running installation.
Libraries come from there as well where the base image has the same Python, so that nothing is fetched; else pip gets
the same versions inside of the build.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Final

import liqolab
from liqolab.playground.errors import PlaygroundError
from liqolab.program import IMAGES_GROUP

DIGEST_LABEL: Final = "io.liqolab.content"
"""Of an image: what it was made from, so that nobody has to guess whether it is up to date."""

STAGE: Final = "programs"
_HOME: Final = "/opt/liqolab"
_LIBRARIES: Final = ("aiohttp", "cryptography", "orjson", "pyroute2", "pyyaml")
"""What programs import in a pod; what these need themselves is found out."""
_CODE: Final = (
    "__init__.py",
    "apimachinery",
    "certificates.py",
    "controller",
    "documents.py",
    "liqo",
    "pod",
    "program.py",
)
"""The parts of this package that a pod needs. Making an image imports its programs, and so finds what is missing."""
_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9._-]+)")

_DOCKERFILE: Final = """\
FROM {base} AS {stage}
# Positions within lines cost a tenth of all code in memory; one heap is enough for one thread.
ENV PYTHONPATH={home} PYTHONUNBUFFERED=1 PYTHONNODEBUGRANGES=1 MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072
COPY site {home}
{libraries}RUN ["python3", "-m", "compileall", "-q", "{home}"]
RUN ["python3", "-m", "liqolab.pod", "--check", {programs}]
LABEL {label}={digest} org.opencontainers.image.version={version} org.opencontainers.image.licenses=Apache-2.0
"""
_PIP: Final = """\
COPY requirements.txt /tmp/
RUN ["python3", "-m", "pip", "install", "--no-cache-dir", "--no-deps", "-t", "{home}", "-r", "/tmp/requirements.txt"]
"""
_IMAGE: Final = """
FROM {stage} AS {name}
ENV LIQOLAB_IMAGE={image}
ENTRYPOINT ["python3", "-m", "liqolab.pod", "{where}"]
"""


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its reference, and the program that it starts.

    Attributes:
        stage: of the Dockerfile.
    """

    reference: str
    where: str

    @property
    def stage(self) -> str:
        return self.reference.rpartition("/")[2].partition(":")[0]


def images(repository: str = "") -> list[Image]:
    """All images, as the charts name them, or in another repository."""
    found: dict[str, str] = {}
    for entry in metadata.entry_points(group=IMAGES_GROUP):
        found |= entry.load()
    return [Image(_moved(reference, repository), where) for reference, where in sorted(found.items())]


def _moved(reference: str, repository: str) -> str:
    return f"{repository.rstrip('/')}/{reference.rpartition('/')[2]}" if repository else reference


class Recipe:
    """What a container engine is to build.

    Args:
        base: the image that it stands on, with a ``python3``.
        wanted: the images to be made.
    """

    def __init__(self, base: str, wanted: Sequence[Image]) -> None:
        self.wanted = wanted
        self._base = base
        self._libraries = libraries()

    @property
    def digest(self) -> str:
        """Changes with everything that an image is made from, as far as this installation knows it."""
        parts = [self._base, sys.version, self._dockerfile("", copied=True), self._libraries]
        total = hashlib.sha256(json.dumps(parts).encode())
        for path, inside in _code():
            total.update(f"{inside}\0".encode() + path.read_bytes())
        return total.hexdigest()[:32]

    def write(self, folder: Path, base: str, *, copied: bool) -> None:
        """Write the build context.

        Args:
            folder: an empty one.
            base: the image that is meant by the recipe's.
            copied: whether libraries are this installation's own; else pip gets them.

        Raises:
            PlaygroundError: a library is not installed here, or the disk is full.
        """
        site = folder / "site"
        try:
            for path, inside in _code():
                _copy(path, site / "liqolab" / inside)
            for name in self._libraries if copied else ():
                for file in metadata.distribution(name).files or ():
                    if ".." not in file.parts and "__pycache__" not in file.parts:
                        _copy(Path(str(file.locate())), site / file)
            (folder / "requirements.txt").write_text("".join(f"{k}{v}\n" for k, v in self._libraries.items()))
            (folder / "Dockerfile").write_text(self._dockerfile(base, copied=copied))
        except OSError as error:
            raise PlaygroundError(f"the image's files cannot be gathered: {error}", "free some space") from None

    def _dockerfile(self, base: str, *, copied: bool) -> str:
        common = _DOCKERFILE.format(
            base=base,
            stage=STAGE,
            home=_HOME,
            libraries="" if copied else _PIP.format(home=_HOME),
            programs=", ".join(sorted({f'"{image.where}"' for image in self.wanted})),
            label=DIGEST_LABEL,
            digest=self.digest if base else "",
            version=liqolab.__version__,
        )
        return common + "".join(
            _IMAGE.format(stage=STAGE, name=image.stage, image=image.reference, where=image.where)
            for image in self.wanted
        )


def libraries() -> Mapping[str, str]:
    """Every library that a pod needs → the versions that will do: the one that is installed here, if it is."""
    found: dict[str, str] = {}
    pending = list(_LIBRARIES)
    while pending:
        name = pending.pop()
        if name in found:
            continue
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            found[name] = _wanted(name)
            continue
        found[name] = f"=={installed.version}"
        pending += [each for text in installed.requires or () if (each := _needed(text))]
    return dict(sorted(found.items()))


def complete() -> bool:
    """Whether all of them are installed here."""
    return all(pin.startswith("==") for pin in libraries().values())


def _needed(requirement: str) -> str:
    """The name of a library that another one needs on every Linux; empty for what is optional."""
    # pytest brings it along; it takes a while to load.
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    parsed = Requirement(requirement)
    if parsed.marker is not None and not parsed.marker.evaluate(
        {"extra": "", "sys_platform": "linux", "platform_system": "Linux"}
    ):
        return ""
    return canonicalize_name(parsed.name)


def _wanted(name: str) -> str:
    """What this project itself asks of a library."""
    for text in metadata.requires("liqolab") or ():
        head = text.partition(";")[0].strip()
        if (match := _REQUIREMENT.match(head)) and match[1].lower() == name:
            return head[match.end() :].strip()
    return ""


def _code() -> Iterator[tuple[Path, PurePosixPath]]:
    """Files of this package, and where in the package they are."""
    root = Path(liqolab.__file__).parent
    for part in _CODE:
        files = sorted((root / part).rglob("*")) if (root / part).is_dir() else [root / part]
        for path in files:
            inside = path.relative_to(root)
            if path.is_file() and "__pycache__" not in inside.parts:
                yield path, PurePosixPath(*inside.parts)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
