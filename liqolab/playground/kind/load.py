"""``kind load``: embedded nodes know images by their names and pull nothing, so there is little to do but to check."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import IO

from liqolab.commandline.commands import UsageError
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind.invocation import Invocation


async def docker_image(invocation: Invocation) -> int:
    """Images by name."""
    if not invocation.words:
        raise UsageError("a list of image names is required")
    nodes = _nodes(invocation, '"{}"')
    for image in dict.fromkeys(invocation.words):
        _tell(invocation, image, nodes)
    return 0


async def image_archive(invocation: Invocation) -> int:
    """Images of archives as ``docker save`` writes them."""
    if not invocation.words:
        raise UsageError("name of image archive is required")
    archives = {name: _images(Path(name)) for name in invocation.words}
    nodes = _nodes(invocation, "{}")
    for images in archives.values():
        for image in images:
            _tell(invocation, image, nodes)
    return 0


def _nodes(invocation: Invocation, quoted: str) -> list[str]:
    """The nodes to load into."""
    known = invocation.nodes(invocation.name)
    if not known:
        raise PlaygroundError(f'no nodes found for cluster "{invocation.name}"')
    chosen: list[str] = invocation.options["nodes"]
    for name in chosen:
        if name not in known:
            raise PlaygroundError(f"unknown node: {quoted.format(name)}")
    return chosen or known


def _tell(invocation: Invocation, image: str, nodes: list[str]) -> None:
    shown = ", ".join(f'"{node}"' for node in nodes)
    invocation.say(f'Image: "{image}" needs no loading: embedded nodes pull nothing ({shown})')


def _images(path: Path) -> list[str]:
    """The tags in an archive of Docker's or of the OCI's form; its file name where it has none.

    Raises:
        PlaygroundError: the file is missing or is no such archive.
    """
    try:
        path.stat()
    except OSError as error:
        raise PlaygroundError(f"stat {path}: {(error.strerror or '').lower()}") from None
    try:
        with tarfile.open(path) as archive:
            for name, read in (("manifest.json", _docker_tags), ("index.json", _oci_tags)):
                if name in archive.getnames() and (member := archive.extractfile(name)):
                    return read(member) or [path.name]
    except (OSError, tarfile.TarError, ValueError, TypeError, AttributeError) as error:
        raise PlaygroundError(f"failed to load image: {path} is not an image archive: {error}") from None
    raise PlaygroundError(f"failed to load image: {path} is not an image archive: it has no manifest.json")


def _docker_tags(member: IO[bytes]) -> list[str]:
    return [str(tag) for image in json.load(member) for tag in image.get("RepoTags") or ()]


def _oci_tags(member: IO[bytes]) -> list[str]:
    key = "org.opencontainers.image.ref.name"
    annotations = [image.get("annotations") or {} for image in json.load(member).get("manifests") or ()]
    return [str(each[key]) for each in annotations if key in each]
