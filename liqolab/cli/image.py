"""``liqolab image``: container images of Liqo, for KinD and for anybody's clusters."""

from __future__ import annotations

import asyncio

import click

from liqolab.playground.containers.engine import find_engine, find_kind
from liqolab.playground.containers.own_images.building import BASE_VARIABLE, build
from liqolab.playground.errors import PlaygroundError
from liqolab.process import run


@click.group()
def image() -> None:
    """Make container images of Liqo, and load them into KinD's clusters.

    Clusters of `--provider kind` get them by themselves. All images are one that starts different programs: they share
    their layers.
    """


@image.command("build")
@click.option(
    "--base", metavar="IMAGE", help=f"What to build on; needs a python3. Default: ${BASE_VARIABLE}, else Python's slim."
)
@click.option("--repository", metavar="PREFIX", help="What their names begin with. Default: liqolab.")
@click.option("--anew", is_flag=True, help="Also if they are up to date.")
def build_images(base: str | None, repository: str | None, anew: bool) -> None:
    """Make the images with Docker, Podman or nerdctl, from this installation.

    Where the base has another Python than this machine, pip gets the libraries inside of the build. `--base host` pulls
    nothing: it packs the Python of this machine.

    \b
    Examples:
      liqolab image build
      liqolab image build --base host
      liqolab image build --repository registry.example/team/liqolab
    """
    made = asyncio.run(build(find_engine(), _say, base=base or "", repository=repository or "", anew=anew))
    for each in made:
        click.echo(each.reference)


@image.command("load")
@click.argument("clusters", nargs=-1, required=True)
@click.option("--repository", metavar="PREFIX", help="Of the images, as they were built.")
def load_images(clusters: tuple[str, ...], repository: str | None) -> None:
    """Load the images into KinD's clusters, whoever made these; makes them first where they are out of date.

    \b
    Examples:
      liqolab image load venice naples
    """
    made = asyncio.run(build(find_engine(), _say, repository=repository or ""))
    for cluster in clusters:
        done = run([find_kind(), "load", "docker-image", "--name", cluster, *(each.reference for each in made)])
        if done.code != 0:
            raise PlaygroundError(
                f"kind load: {done.output.strip()}", "known clusters are listed by: kind get clusters"
            )
        click.echo(f"{cluster}: {len(made)} images")


def _say(line: str) -> None:
    click.echo(line, err=True)
