"""Has a container engine make the images, unless it has them as they would become."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.image.own_base import OWN_BASE, pack
from liqolab.playground.image.recipe import DIGEST_LABEL, Image, Recipe, complete, images
from liqolab.process import Completed, ProgramNotFoundError, run

BASE_VARIABLE: Final = "LIQOLAB_IMAGE_BASE"
_SECONDS: Final = 1800.0
_LOOK: Final = """\
import platform, sys
print("liqolab", sys.platform, *sys.version_info[:2], platform.machine(), platform.libc_ver()[0])
"""
"""What a base is asked. Libraries of another Python, machine or C library would not load there."""


def default_base(environ: Mapping[str, str] = os.environ) -> str:
    """A small public image with the Python of this installation, unless the environment names another one."""
    return environ.get(BASE_VARIABLE) or "docker.io/library/python:{}.{}-slim".format(*sys.version_info[:2])


class Builder:
    """Makes the images with one engine.

    Args:
        engine: the program: ``docker``, ``podman`` or ``nerdctl``.
        environment: of that program.
        say: told what takes its time.
    """

    def __init__(self, engine: str, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._engine = engine
        self._environment = environment
        self._say = say

    def build(self, base: str = "", repository: str = "", *, anew: bool = False) -> list[Image]:
        """Make all images that are not up to date; all images.

        Args:
            base: what they stand on; empty for `default_base`.
            repository: what their names begin with; empty for the charts' own.
            anew: also those that are.

        Raises:
            PlaygroundError: the engine is not there, or one cannot be made.
        """
        wanted = images(repository)
        base = base or default_base(self._environment)
        if base == OWN_BASE:
            base = self._own_base()
        copied = Recipe(base, wanted, copied=True)
        fetched = Recipe(base, wanted, copied=False)
        there = self._digests(wanted)
        if not anew and any(all(found == recipe.digest for found in there) for recipe in (copied, fetched)):
            return wanted
        recipe = copied if complete() and self._fits(base) else fetched
        libraries = "libraries from here" if recipe.copied else "libraries from the package index"
        self._say(f"Building {len(wanted)} images of Liqo on {base} ({libraries}) ...")
        with tempfile.TemporaryDirectory(prefix="liqolab-image-") as folder:
            recipe.write(Path(folder))
            for image in wanted:
                self._call("build", "--target", image.stage, "--tag", image.reference, folder)
        return wanted

    def _own_base(self) -> str:
        """This machine's own Python as an image; made once."""
        with tempfile.TemporaryDirectory(prefix="liqolab-base-") as folder:
            archive = Path(folder) / "base.tar"
            name = f"liqolab/base:{pack(archive)}"
            if self._run("image", "inspect", name).code != 0:
                self._say("Packing the Python of this machine ...")
                self._call("import", str(archive), name)
        return name

    def _digests(self, wanted: Sequence[Image]) -> list[str]:
        """What the images that are there were made from; fewer than wanted count as none."""
        form = f'{{{{index .Config.Labels "{DIGEST_LABEL}"}}}}'
        done = self._run("image", "inspect", "--format", form, *(image.reference for image in wanted))
        found = done.output.split()
        return found if done.code == 0 and len(found) == len(wanted) else [""]

    def _fits(self, base: str) -> bool:
        """Whether libraries of this installation would load in the base."""
        if sys.platform != "linux":
            return False
        said = self._call("run", "--rm", "--entrypoint", "python3", base, "-c", _LOOK)
        here = ["liqolab", sys.platform, *map(str, sys.version_info[:2]), platform.machine(), platform.libc_ver()[0]]
        return any(line.split() == here for line in said.splitlines())

    def _call(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.code != 0:
            what = f"{Path(self._engine).name} {arguments[0]}"
            lines = "\n".join(done.output.strip().splitlines()[-8:])
            raise PlaygroundError(
                f"{what} did not end within {_SECONDS:g}s" if done.timed_out else f"{what} failed: {lines}",
                f"another base may do: --base IMAGE, or {BASE_VARIABLE}; it needs a python3",
            )
        return done.output

    def _run(self, *arguments: str) -> Completed:
        try:
            return run([self._engine, *arguments], environment=self._environment, timeout=_SECONDS)
        except ProgramNotFoundError:
            raise PlaygroundError(f"there is no {self._engine} on this machine", "see: liqolab doctor") from None
