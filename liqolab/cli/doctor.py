"""``liqolab doctor``."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

import click

from liqolab.cli.options import print_table
from liqolab.playground.examination import examine
from liqolab.playground.providers import MAKERS

_WORDS = {"ok": "ok", "scarce": "could be better", "missing": "MISSING"}


@click.command()
@click.option("--provider", type=click.Choice(MAKERS), help="Look only at what this provider needs; default: all.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def doctor(provider: str | None, output: str) -> None:
    """Say what this machine has of what clusters need, what is missing, and how to get it.

    Nothing is changed. Exits 0 when nothing is missing, 1 when something is; what merely could be better is no reason.

    \b
    Examples:
      liqolab doctor
      liqolab doctor --provider kind && liqolab up --provider kind
    """
    findings = asyncio.run(examine(provider))
    if output == "json":
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        rows = [(entry.provider, entry.what, _WORDS[entry.state], entry.found) for entry in findings]
        print_table([("PROVIDER", "WHAT", "STATE", "FOUND"), *rows])
        for entry in findings:
            if entry.remedy:
                click.echo(f"{entry.provider}, {entry.what}: {entry.remedy}", err=True)
    sys.exit(1 if any(entry.state == "missing" for entry in findings) else 0)
