"""``liqolab completion``, and what the Tab key finds behind the commands."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import get_completion_class

from liqolab.playground import home
from liqolab.playground.errors import PlaygroundError

_VARIABLE = "_LIQOLAB_COMPLETE"
"""What click's scripts set when they ask the program for proposals."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that has the Tab key complete commands, options, lessons and playgrounds.

    \b
    Examples:
      source <(liqolab completion bash)
      liqolab completion zsh > "${fpath[1]}/_liqolab"
      liqolab completion fish > ~/.config/fish/completions/liqolab.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(click.get_current_context().find_root().command, {}, "liqolab", _VARIABLE).source())


def lessons(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The lessons whose names begin so."""
    from liqolab.scenario.library import LessonError, lesson_names

    try:
        return [name for name in lesson_names() if name.startswith(begun)]
    except LessonError:
        return []


def playgrounds(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The playgrounds whose names begin so."""
    return [playground.name for playground in home.existing() if playground.name.startswith(begun)]


def snapshots(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The snapshots of the playground that is meant whose names begin so."""
    from liqolab.playground import snapshot

    named: Any = context.params.get("playground_name")
    try:
        return [found.name for found in snapshot.find(home.resolve(named)) if found.name.startswith(begun)]
    except PlaygroundError:
        return []


def clusters(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The clusters of the playground that is meant whose names begin so."""
    return [name for name in _clusters(context) if name.startswith(begun)]


def links(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The links between them, from the cluster on that is being written."""
    known = _clusters(context)
    return [link for a in known for b in known if a != b and (link := f"{a}-{b}").startswith(begun)]


def clusters_and_links(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Both."""
    return [*clusters(context, parameter, begun), *links(context, parameter, begun)]


def _clusters(context: click.Context) -> list[str]:
    """Their names, without asking a provider: the Tab key does not wait."""
    named: Any = context.params.get("playground_name")
    try:
        folder = home.resolve(named).clusters
    except PlaygroundError:
        return []
    return sorted(entry.name for entry in folder.glob("*") if entry.is_dir())
