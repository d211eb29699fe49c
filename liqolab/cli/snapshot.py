"""``liqolab snapshot``."""

from __future__ import annotations

import asyncio
import time

import click

from liqolab.cli import completion
from liqolab.cli.options import playground_option
from liqolab.playground import home
from liqolab.playground import snapshot as snapshots


@click.group()
def snapshot() -> None:
    """Save, restore and list whole states of a playground.

    \b
    Examples:
      liqolab snapshot save peered
      liqolab snapshot list
      liqolab snapshot restore peered
    """


@snapshot.command()
@click.argument("name")
@playground_option
def save(name: str, playground_name: str | None) -> None:
    """Save the playground's state under NAME; its clusters pause for the moment of the copy."""
    started = time.monotonic()
    saved = snapshots.save(home.resolve(playground_name), name)
    click.echo(f"Saved {saved.name}: {', '.join(saved.clusters)} ({_size(saved.size)}, {_since(started)})")


@snapshot.command()
@click.argument("name", shell_complete=completion.snapshots)
@playground_option
def restore(name: str, playground_name: str | None) -> None:
    """Bring the state saved as NAME back, in the place of the current one."""
    started = time.monotonic()
    restored = asyncio.run(snapshots.restore(home.resolve(playground_name), name))
    click.echo(f"Restored {restored.name}: {', '.join(restored.clusters)} ({_since(started)})")


@snapshot.command("list")
@playground_option
def list_(playground_name: str | None) -> None:
    """List the saved states, oldest first."""
    playground = home.resolve(playground_name)
    found = snapshots.find(playground)
    if not found:
        click.echo(f"Playground {playground.name} has no snapshots. Save one with: liqolab snapshot save NAME")
    for entry in found:
        moment = entry.saved.strftime("%Y-%m-%d %H:%M:%S")
        click.echo(f"{entry.name}   {moment}   {_size(entry.size)}   {', '.join(entry.clusters)}")


@snapshot.command()
@click.argument("name", shell_complete=completion.snapshots)
@playground_option
def delete(name: str, playground_name: str | None) -> None:
    """Forget the state saved as NAME."""
    snapshots.delete(home.resolve(playground_name), name)
    click.echo(f"Deleted {name}.")


def _size(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MiB"


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f}s"
