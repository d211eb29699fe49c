"""``python -m liqolab.kube serve DIR…``: run embedded clusters."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def _quick_import() -> Iterator[None]:
    """Spare the import what a fifth of its time would go to: collecting garbage that is none, and the machine's CA
    bundle, which aiohttp parses when it is imported and no cluster uses.
    """
    found = {name: os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    os.environ.update(dict.fromkeys(found, os.devnull))
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        for name, value in found.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.foreground and len(options.folders) > 1:
        parser.error("--foreground runs one cluster only")
    with _quick_import():
        from liqolab.kube import serve

        serve.warm_up()
    folders = [folder.absolute() for folder in options.folders]
    if options.foreground:
        return serve.foreground(folders[0])
    return serve.daemons(folders)


if __name__ == "__main__":
    sys.exit(main())
