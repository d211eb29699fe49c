"""``python -m liqolab.kube serve DIR…``: run embedded clusters."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m liqolab.kube", description="Embedded Kubernetes clusters.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="start clusters",
        description="Start one daemon for each folder, wait until all are ready, print one JSON line a cluster.",
        epilog="example: python -m liqolab.kube serve ~/.liqolab/venice ~/.liqolab/naples",
    )
    serve.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="a cluster's folder, with cluster.json")
    serve.add_argument("--foreground", action="store_true", help="run one cluster here, until interrupted")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.foreground and len(options.folders) > 1:
        parser.error("--foreground runs one cluster only")
    from liqolab.kube import serve

    folders = [folder.absolute() for folder in options.folders]
    if options.foreground:
        return serve.foreground(folders[0])
    return serve.daemons(folders)


if __name__ == "__main__":
    sys.exit(main())
