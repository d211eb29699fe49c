"""``liqolab up``, ``down`` and ``status``."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import click

from liqolab import installed
from liqolab.cli.completion import lessons
from liqolab.cli.options import lessons_option, maker_options, playground_option, print_table
from liqolab.controller.kubeconfig import write_private
from liqolab.playground import home, snapshot, users
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.liqo import install_liqo
from liqolab.playground.provider import ClusterStatus, Provider
from liqolab.playground.providers import EMBEDDED, provider_of, settle_for, settled
from liqolab.playground.shell import Shell, prepare
from liqolab.playground.topology import ClusterSpec
from liqolab.scenario import DEFAULT_LESSON
from liqolab.scenario.lesson import Lesson, load_lesson


@click.command()
@click.argument("scenario", default=DEFAULT_LESSON, shell_complete=lessons)
@lessons_option
@playground_option
@maker_options
@click.option("--without-liqo", is_flag=True, help="Leave Liqo to be installed by you.")
def up(
    scenario: str,
    playground_name: str | None,
    provider: str | None,
    node_image: str | None,
    liqo: str | None,
    dialect: str | None,
    without_liqo: bool,
) -> None:
    """Bring the clusters of a lesson up, with Liqo on each.

    Clusters that run are left alone, and those that stopped (or were killed) come back with all they held, so the
    command can be repeated at any time.

    \b
    Examples:
      liqolab up
      liqolab up --playground second
      liqolab up --provider kind
    """
    playground = home.resolve(playground_name)
    lesson = load_lesson(scenario)
    started = time.monotonic()
    settle_for(playground, provider, node_image, liqo=liqo, dialect=dialect)
    created = asyncio.run(_bring_up(playground, lesson, without_liqo=without_liqo))
    click.echo(f"Playground {playground.name} is up ({time.monotonic() - started:.1f}s): {created}")
    click.echo(f"Next: {installed.command(f'shell --playground {playground.name}')}")


@click.command()
@playground_option
@click.option("--all", "everything", is_flag=True, help="All playgrounds of this machine.")
@click.option("-y", "--yes", is_flag=True, help="With --all: also those that a running program uses, unasked.")
def down(playground_name: str | None, everything: bool, yes: bool) -> None:
    """Take a playground down: its clusters' processes, ports and files.

    Snapshots are kept; `liqolab snapshot delete` removes them. Playgrounds that a running program uses, such as a
    test session or an open lesson, are asked about where there is somebody to ask, and left alone otherwise.

    \b
    Examples:
      liqolab down
      liqolab down --all
      liqolab down --all --yes
    """
    from liqolab.scenario.session import close_playground

    chosen = home.existing() if everything else [home.resolve(playground_name)]
    for playground in chosen:
        if not playground.exists:
            click.echo(f"Playground {playground.name} is not there; nothing to take down.")
            continue
        if everything and not yes and not _may_be_taken(playground):
            continue
        close_playground(playground)
        click.echo(f"Playground {playground.name} is down.")
        if kept := snapshot.find(playground):
            names = ", ".join(entry.name for entry in kept)
            delete = installed.command(f"snapshot delete --playground {playground.name} NAME")
            click.echo(f"Snapshots of it stay: {names}. Delete one with: {delete}")


def _may_be_taken(playground: Playground) -> bool:
    """Whether nobody uses a playground, or whoever types gives it up."""
    used_by = ", ".join(map(str, users.others(playground)))
    if not used_by:
        return True
    click.echo(f"Playground {playground.name} is used by {used_by}.")
    if sys.stdin.isatty():
        return click.confirm("Take it down all the same?")
    click.echo(f"  it is left alone; take it down with: {installed.command(f'down --playground {playground.name}')}")
    return False


@click.command()
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def status(output: str) -> None:
    """Show every playground's clusters: whether they run, where, and what they cost.

    \b
    Examples:
      liqolab status
      liqolab status -o json
    """
    found = [(playground, _statuses(playground)) for playground in home.existing()]
    if output == "json":
        click.echo(json.dumps([_as_json(playground, statuses) for playground, statuses in found], indent=2))
        return
    rows = [
        (
            playground.name,
            entry.name,
            entry.state,
            entry.server,
            str(entry.pid or ""),
            _memory(entry.pid),
            settled(playground).dialect,
        )
        for playground, statuses in found
        for entry in statuses
    ]
    if not rows:
        click.echo("No playground is up. Start one with: liqolab up")
        return
    print_table([("PLAYGROUND", "CLUSTER", "STATE", "SERVER", "PID", "MEMORY", "DIALECT"), *rows])


def _statuses(playground: Playground) -> list[ClusterStatus]:
    """A playground whose provider does not answer keeps nobody from seeing the others."""
    try:
        return asyncio.run(provider_of(playground).status())
    except PlaygroundError as error:
        click.echo(f"Playground {playground.name}: {error}", err=True)
        return []


async def _bring_up(playground: Playground, lesson: Lesson, *, without_liqo: bool) -> str:
    """Start what stopped and make what is missing, with Liqo on it: whole or, on an error or Ctrl-C, not at all."""
    provider = provider_of(playground)
    try:
        shell = prepare(playground, lesson.name, lesson.files)
        known = {entry.name: entry for entry in await provider.status()}
        missing = [spec for spec in lesson.clusters if spec.name not in known]
        await _start(provider, [entry.name for entry in known.values() if entry.state == "stopped"])
        await _create(provider, missing, lesson, shell, without_liqo=without_liqo)
        for spec in lesson.clusters:
            await _hand_out(provider, spec.name, shell.folder / lesson.kubeconfig_name(spec.name))
    except BaseException:
        if playground.is_empty:
            playground.remove()
        raise
    return ", ".join(sorted({spec.name for spec in lesson.clusters} | set(known)))


async def _start(provider: Provider, stopped: list[str]) -> None:
    if stopped:
        click.echo(f"Starting {', '.join(stopped)} again ...", err=True)
        await provider.start(stopped)


async def _create(
    provider: Provider, missing: list[ClusterSpec], lesson: Lesson, shell: Shell, *, without_liqo: bool
) -> None:
    if not missing:
        return
    # They are about what embedded clusters do not do.
    for spec in missing if provider.name == EMBEDDED else ():
        for warning in spec.warnings:
            click.echo(f"Warning: {spec.name}: {warning}", err=True)
    click.echo(f"Creating {', '.join(spec.name for spec in missing)} ...", err=True)
    await provider.create(missing)
    try:
        kubeconfigs = {spec.name: shell.folder / lesson.kubeconfig_name(spec.name) for spec in missing}
        for name, copy in kubeconfigs.items():
            await _hand_out(provider, name, copy)
        if not without_liqo:
            click.echo("Installing Liqo ...", err=True)
            await install_liqo(kubeconfigs, {spec.name: spec.liqo_labels for spec in missing}, shell.environment)
    except BaseException:
        # A cluster without Liqo would look like one of those that run and are left alone.
        await asyncio.shield(provider.delete([spec.name for spec in missing]))
        raise


async def _hand_out(provider: Provider, name: str, copy: Path) -> None:
    write_private(copy, (await provider.kubeconfig(name)).read_text())


def _as_json(playground: Playground, statuses: list[ClusterStatus]) -> dict[str, object]:
    clusters = [
        {"name": entry.name, "state": entry.state, "server": entry.server, "pid": entry.pid} for entry in statuses
    ]
    dialect = settled(playground).dialect
    return {"playground": playground.name, "folder": str(playground.root), "dialect": dialect, "clusters": clusters}


def _memory(pid: int | None) -> str:
    """Resident memory of a process as Linux tells it; empty elsewhere."""
    if pid is None or sys.platform != "linux":
        return ""
    try:
        with Path(f"/proc/{pid}/status").open() as stream:
            lines = dict(line.split(":", 1) for line in stream if ":" in line)
    except OSError:
        return ""
    return f"{int(lines['VmRSS'].split()[0]) // 1024} MiB"
