"""``liqolab chaos``: breaking a playground on purpose, and mending it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Final

import click

from liqolab import installed
from liqolab.cli import completion
from liqolab.cli.options import playground_option, print_table
from liqolab.playground import home
from liqolab.playground.chaos import Chaos
from liqolab.playground.faults import duration

_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_DURATION: Final = re.compile(f"(?:{_PART.pattern})+")


def _length(_: click.Context, __: click.Parameter, text: str) -> float:
    """The seconds of ``300ms`` or ``1h30m``."""
    if not _DURATION.fullmatch(text):
        raise click.BadParameter(f"{text!r} is no duration; write 300ms, 2s or 1m30s")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _jump(context: click.Context, parameter: click.Parameter, text: str) -> float:
    """The seconds of a duration that may have a sign."""
    length = _length(context, parameter, text.lstrip("+-"))
    return -length if text.startswith("-") else length


@click.group()
def chaos() -> None:
    """Break a playground on purpose, and mend it.

    A LINK is two clusters, written venice-naples or venice:naples.

    \b
    Examples:
      liqolab chaos kill naples
      liqolab chaos cut venice-naples
      liqolab chaos status
      liqolab chaos heal
    """


@chaos.command()
@click.argument("clusters", metavar="CLUSTER...", nargs=-1, required=True, shell_complete=completion.clusters)
@playground_option
def kill(clusters: tuple[str, ...], playground_name: str | None) -> None:
    """End all that runs of a cluster at once, as a power cut does; what it had acknowledged is kept.

    \b
    Examples:
      liqolab chaos kill naples
      liqolab chaos heal naples
    """
    breaker = Chaos(home.resolve(playground_name))
    for name in clusters:
        asyncio.run(breaker.kill(name))
        click.echo(f"{name} is killed: nothing of it runs. {_mend(name, playground_name)}")


@chaos.command()
@click.argument("clusters", metavar="CLUSTER...", nargs=-1, required=True, shell_complete=completion.clusters)
@playground_option
def pause(clusters: tuple[str, ...], playground_name: str | None) -> None:
    """Freeze a cluster: it answers nobody, and its connections stay open.

    \b
    Examples:
      liqolab chaos pause naples
    """
    breaker = Chaos(home.resolve(playground_name))
    for name in clusters:
        asyncio.run(breaker.pause(name))
        click.echo(
            f"{name} is paused: it answers nobody, and what is open to it stays open. {_mend(name, playground_name)}"
        )


@chaos.command()
@click.argument("links", metavar="LINK...", nargs=-1, required=True, shell_complete=completion.links)
@playground_option
def cut(links: tuple[str, ...], playground_name: str | None) -> None:
    """Cut the link between two clusters: what is open over it ends, and nothing new gets through.

    You still reach both: only what runs in one of them does not reach the other.

    \b
    Examples:
      liqolab chaos cut venice-naples
      liqolab chaos cut venice:naples venice:florence
    """
    breaker = Chaos(home.resolve(playground_name))
    for name in links:
        asyncio.run(breaker.cut(name))
        click.echo(f"{name} is cut: nothing passes between the two. {_mend(name, playground_name)}")


@chaos.command()
@click.argument("links", metavar="LINK...", nargs=-1, required=True, shell_complete=completion.links)
@click.option(
    "--by",
    "seconds",
    metavar="DURATION",
    callback=_length,
    default="200ms",
    show_default=True,
    help="How much longer a round trip takes.",
)
@playground_option
def slow(links: tuple[str, ...], seconds: float, playground_name: str | None) -> None:
    """Slow the link between two clusters down; what is open over it ends, and what is opened anew is slow.

    \b
    Examples:
      liqolab chaos slow venice-naples
      liqolab chaos slow venice-naples --by 1s
    """
    breaker = Chaos(home.resolve(playground_name))
    for name in links:
        asyncio.run(breaker.slow(name, seconds))
        click.echo(f"{name} is slow: every round trip takes {duration(seconds)} longer. {_mend(name, playground_name)}")


@chaos.command()
@click.argument("clusters", metavar="CLUSTER...", nargs=-1, required=True, shell_complete=completion.clusters)
@click.option(
    "--by",
    "seconds",
    metavar="[-]DURATION",
    callback=_jump,
    required=True,
    help="How far ahead of this machine's clock; behind it, with a minus.",
)
@playground_option
def clock(clusters: tuple[str, ...], seconds: float, playground_name: str | None) -> None:
    """Have a cluster's clock jump: what it writes, signs and judges is of another time from now on.

    \b
    Examples:
      liqolab chaos clock naples --by 1h
      liqolab chaos clock naples --by -30m
    """
    breaker = Chaos(home.resolve(playground_name))
    for name in clusters:
        asyncio.run(breaker.clock(name, seconds))
        jump = duration(seconds, sign=True)
        click.echo(f"{name} has another time: {jump} to this machine's. {_mend(name, playground_name)}")


@chaos.command()
@click.argument("what", metavar="[CLUSTER|LINK]...", nargs=-1, shell_complete=completion.clusters_and_links)
@playground_option
def heal(what: tuple[str, ...], playground_name: str | None) -> None:
    """Mend clusters and links; everything, when none is named.

    \b
    Examples:
      liqolab chaos heal
      liqolab chaos heal naples
      liqolab chaos heal venice-naples
    """
    breaker = Chaos(home.resolve(playground_name))
    for where in what:
        asyncio.run(breaker.heal(where))
        click.echo(f"{where} is healed.")
    if not what:
        healed = asyncio.run(breaker.heal_all())
        for fault in healed:
            click.echo(f"{fault.where} is healed: it was {fault}.")
        if not healed:
            click.echo("Nothing is broken.")


@chaos.command()
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@playground_option
def status(output: str, playground_name: str | None) -> None:
    """Show what is broken.

    \b
    Examples:
      liqolab chaos status
      liqolab chaos status -o json
    """
    found = asyncio.run(Chaos(home.resolve(playground_name)).in_effect())
    if output == "json":
        rows = [{"where": fault.where, "what": fault.what, "seconds": fault.seconds} for fault in found]
        click.echo(json.dumps(rows, indent=2))
    elif found:
        print_table([("WHERE", "WHAT"), *((fault.where, str(fault)) for fault in found)])
    else:
        click.echo("Nothing is broken.")


def _mend(where: str, playground_name: str | None) -> str:
    option = f" --playground {playground_name}" if playground_name else ""
    return f"Mend it with: {installed.command(f'chaos heal {where}{option}')}"
