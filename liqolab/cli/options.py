"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from liqolab.cli.completion import playgrounds
from liqolab.playground.dialect import DIALECT_VARIABLE, DIALECTS
from liqolab.playground.providers import MAKERS, NODE_IMAGE_VARIABLE, PROVIDER_VARIABLE
from liqolab.playground.upstream import LIQO_VARIABLE, LIQOS
from liqolab.scenario.library import LESSONS_VARIABLE

SomeCommand = TypeVar("SomeCommand", bound=Callable[..., Any])

playground_option = click.option(
    "-p",
    "--playground",
    "playground_name",
    metavar="NAME",
    shell_complete=playgrounds,
    help="Which playground; default: $LIQOLAB_PLAYGROUND, else the only one there is, else 'default'.",
)
provider_option = click.option(
    "--provider",
    metavar="|".join(MAKERS),
    help=f"Who makes the clusters; default: the playground's own, else ${PROVIDER_VARIABLE}, else embedded.",
)
node_image_option = click.option(
    "--node-image",
    metavar="IMAGE",
    help=f"For all nodes, in the place of the lesson's; default: ${NODE_IMAGE_VARIABLE}, else the lesson's.",
)
kubeconfig_option = click.option(
    "--kubeconfig",
    "kubeconfigs",
    metavar="NAME=PATH[:CONTEXT]",
    multiple=True,
    help="A cluster of yours to work on, by the name that the lesson has for it; may be repeated.",
)


liqo_option = click.option(
    "--liqo",
    metavar="|".join(LIQOS),
    help=f"Whose Liqo: this project's, or upstream's by its own liqoctl; default: ${LIQO_VARIABLE}, else own.",
)


dialect_option = click.option(
    "--dialect",
    metavar="|".join(DIALECTS),
    help=f"Whose texts Liqo uses, the seed's or release 0.5.4's; default: ${DIALECT_VARIABLE}, else what goes with "
    "--liqo.",
)


def _with_lessons_of(_: click.Context, __: click.Parameter, folders: tuple[str, ...]) -> None:
    """Whatever this command starts finds the same lessons, so they are named where all programs look."""
    if folders:
        before = os.environ.get(LESSONS_VARIABLE)
        os.environ[LESSONS_VARIABLE] = os.pathsep.join([*map(os.path.abspath, folders), *([before] if before else [])])


lessons_option = click.option(
    "--lessons",
    "lesson_folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(),
    callback=_with_lessons_of,
    expose_value=False,
    is_eager=True,
    help=f"A folder of yours with scenarios/ and features/; default: ${LESSONS_VARIABLE}, and the current folder.",
)


def maker_options(command: SomeCommand) -> SomeCommand:
    """Options of commands that may make clusters."""
    return provider_option(node_image_option(liqo_option(dialect_option(command))))


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Rows in columns, the first row as a heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
