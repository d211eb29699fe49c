"""Has a container engine make the images, unless it has them as they would become."""

from __future__ import annotations

import asyncio
import fcntl
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from liqolab.playground.containers.engine import Engine, last_line
from liqolab.playground.containers.own_images import own_base
from liqolab.playground.containers.own_images.recipe import DIGEST_LABEL, Image, Recipe, complete, images
from liqolab.playground.errors import PlaygroundError

BASE_VARIABLE: Final = "LIQOLAB_IMAGE_BASE"
_SECONDS: Final = 1800.0
_LOOK: Final = """\
import platform, sys
print("liqolab", sys.platform, *sys.version_info[:2], platform.machine(), platform.libc_ver()[0])
"""
"""What a base is asked. Libraries of another Python, machine or C library would not load there."""

_HINT: Final = f"name an image with a python3 that this machine has or can pull: liqolab image build --base IMAGE, or \
{BASE_VARIABLE}; on Linux, {own_base.OWN_BASE} packs the Python of this machine"


def default_base() -> str:
    """A small public image with the Python of this installation."""
    return "docker.io/library/python:{}.{}-slim".format(*sys.version_info[:2])


async def build(
    engine: Engine, say: Callable[[str], None], *, base: str = "", repository: str = "", anew: bool = False
) -> list[Image]:
    """Make all images that are not up to date; all images.

    Args:
        engine: makes them.
        say: told what takes its time.
        base: what they stand on; empty for what the environment names, else `default_base`, else this machine's Python.
        repository: what their names begin with; empty for the charts' own.
        anew: also those that are.

    Raises:
        PlaygroundError: one cannot be made; the text is what the engine said.
    """
    wanted = images(repository)
    chosen = base or os.environ.get(BASE_VARIABLE, "")
    base = chosen or default_base()
    recipe = Recipe(base, wanted)
    if anew or not await _up_to_date(engine, recipe):
        with await asyncio.to_thread(_alone):
            if anew or not await _up_to_date(engine, recipe):
                await _make(engine, recipe, base, say, instead=not chosen)
    return wanted


async def _make(engine: Engine, recipe: Recipe, base: str, say: Callable[[str], None], *, instead: bool) -> None:
    wanted = recipe.wanted
    try:
        real = await _base(engine, base, say, instead=instead)
        copied = complete() and await _fits(engine, real)
        source = "this installation" if copied else "the package index"
        say(f"Building {len(wanted)} images of Liqo on {real}, with libraries of {source} ...")
        with tempfile.TemporaryDirectory(prefix="liqolab-image-") as folder:
            await asyncio.to_thread(recipe.write, Path(folder), real, copied=copied)
            for image in wanted:
                await _call(engine, "build", "--target", image.stage, "--tag", image.reference, folder)
    except PlaygroundError as error:
        raise PlaygroundError(f"the images of Liqo cannot be made: {error}", error.hint or _HINT) from None


async def _up_to_date(engine: Engine, recipe: Recipe) -> bool:
    """Whether all images are there, as this recipe would make them."""
    form = f'{{{{index .Config.Labels "{DIGEST_LABEL}"}}}}'
    done = await engine.ask("image", "inspect", "--format", form, *(image.reference for image in recipe.wanted))
    return done.code == 0 and set(done.output.split()) == {recipe.digest}


def _alone() -> AbstractContextManager[None]:
    """Wait until nobody else on this machine makes them: a lesson's script creates its clusters side by side."""
    path = Path(tempfile.gettempdir()) / f"liqolab-images-{os.getuid()}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return _holding(descriptor)


@contextmanager
def _holding(descriptor: int) -> Iterator[None]:
    """The lock goes with its descriptor."""
    try:
        yield
    finally:
        os.close(descriptor)


async def _base(engine: Engine, base: str, say: Callable[[str], None], *, instead: bool) -> str:
    """The image that is meant by a base, on this machine; `instead` of one that cannot be pulled, its own will do."""
    if base == own_base.OWN_BASE:
        return await _own_base(engine, say)
    if not await engine.has(base):
        pulled = await engine.ask("pull", base, seconds=_SECONDS)
        if pulled.code != 0:
            why = last_line(pulled.output)
            if not instead or sys.platform != "linux":
                raise PlaygroundError(f"{base} cannot be pulled: {why}")
            say(f"{base} cannot be pulled ({why}).")
            return await _own_base(engine, say)
    return base


async def _own_base(engine: Engine, say: Callable[[str], None]) -> str:
    """This machine's own Python as an image; made once."""
    files = await asyncio.to_thread(own_base.files)
    name = f"liqolab/base:{own_base.digest(files)}"
    if not await engine.has(name):
        say("Packing the Python of this machine ...")
        with tempfile.TemporaryDirectory(prefix="liqolab-base-") as folder:
            archive = Path(folder) / "base.tar"
            await asyncio.to_thread(own_base.pack, files, archive)
            await _call(engine, "import", str(archive), name)
    return name


async def _fits(engine: Engine, base: str) -> bool:
    """Whether libraries of this installation would load in the base."""
    if sys.platform != "linux":
        return False
    said = await _call(engine, "run", "--rm", "--entrypoint", "python3", base, "-c", _LOOK)
    here = ["liqolab", sys.platform, *map(str, sys.version_info[:2]), platform.machine(), platform.libc_ver()[0]]
    return any(line.split() == here for line in said.splitlines())


async def _call(engine: Engine, *arguments: str) -> str:
    done = await engine.ask(*arguments, seconds=_SECONDS)
    if done.timed_out:
        raise PlaygroundError(f"{engine.name} {arguments[0]} did not end within {_SECONDS:g}s")
    if done.code != 0:
        raise PlaygroundError(f"{engine.name} {arguments[0]}: " + "\n".join(done.output.strip().splitlines()[-8:]))
    return done.output
