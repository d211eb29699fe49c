"""Options that several commands share."""

from __future__ import annotations

import click

playground_option = click.option(
    "-p",
    "--playground",
    "playground_name",
    metavar="NAME",
    help="Which playground; default: $LIQOLAB_PLAYGROUND, else the only one there is, else 'default'.",
)
