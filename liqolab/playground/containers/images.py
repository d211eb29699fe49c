"""Images that a new cluster of containers is given: those of Liqo, which are made here, and what a lesson would pull.

Liqo's own images are in no registry. A node pulls what else it does not find: where the machine's engine has an image
that a lesson's manifests name, or the one that probes are made of, it is loaded; what it does not have is left to the
nodes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from liqolab.playground.containers.engine import Engine
from liqolab.playground.containers.own_images.building import build
from liqolab.playground.provider import Provider
from liqolab.playground.upstream import OWN
from liqolab.playground.userland import PROBE_IMAGE


async def supply(provider: Provider, engine: Engine, names: Sequence[str], liqo: str) -> None:
    """Load into new clusters what they will need and this machine has or can make; `liqo` says whose Liqo that is.

    Raises:
        PlaygroundError: an image cannot be made or loaded.
    """
    # Upstream's are pulled from where its chart says.
    own = await build(engine, _say) if liqo == OWN else []
    wanted = sorted({PROBE_IMAGE, *_named(provider.playground.root / "work")})
    there = await asyncio.gather(*(engine.has(image) for image in wanted))
    found = [image for image, has in zip(wanted, there, strict=True) if has]
    await provider.load(names, [*(image.reference for image in own), *found])


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _named(folder: Path) -> Iterator[str]:
    """The images that the manifests below a folder name."""
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        try:
            documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, yaml.YAMLError):
            # A learner's file in the making: whoever applies it is told what is wrong with it.
            continue
        for document in documents:
            if not (isinstance(document, dict) and document.get("kind") == "Cluster"):
                yield from _images(document)


def _images(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "image" and isinstance(inner, str):
                yield inner
            else:
                yield from _images(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _images(inner)
