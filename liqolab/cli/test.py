"""``liqolab test``: pytest in liqolab's words, for people who want to run features and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from liqolab.cli.options import dialect_option, lessons_option, liqo_option, node_image_option

if TYPE_CHECKING:
    import pytest

_USAGE = 4
_WRONG = 2
_INTERRUPTED = 130
"""pytest has one exit code for a wrong feature and for Ctrl-C, and another one for a wrong command line. Commands of
liqolab say 2 of whatever was wrong before anything ran, and 130 of Ctrl-C."""

_QUIET = ("-W", "ignore:Module already imported so cannot be rewritten; liqolab:pytest.PytestAssertRewriteWarning")
"""pytest would rewrite the assertions of the packages of its plugins, and this process is one of them already."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, metavar="[PATH | PYTEST-OPTION]...")
@lessons_option
@click.option("--provider", metavar="NAME", help="embedded (default), kind or existing.")
@click.option("--kubeconfig", "kubeconfigs", metavar="NAME=PATH[:CONTEXT]", multiple=True, help="A cluster of yours.")
@node_image_option
@liqo_option
@dialect_option
@click.option("--topology", metavar="FILE|LESSON", help="Embedded clusters of scenarios that ask for none.")
@click.option("--report", "reports", metavar="FORMAT=PATH", multiple=True, help="junit, cucumber-json, messages, html.")
@click.option("--residue", metavar="error|warn|off", help="What objects left by a scenario are.")
@click.option("--keep", is_flag=True, help="Leave the clusters as a scenario that failed left them.")
@click.option("--dry-run", is_flag=True, help="Print what every step would do, and run nothing.")
@click.option("-n", "workers", metavar="N", help="Run on N workers, each with clusters of its own.")
@click.option("-k", "keywords", metavar="WORDS", help="Only scenarios whose names have these words.")
@click.option("-m", "tags", metavar="TAGS", help="Only scenarios with these tags: -m 'smoke and not slow'.")
def test(
    arguments: tuple[str, ...],
    provider: str | None,
    kubeconfigs: tuple[str, ...],
    node_image: str | None,
    liqo: str | None,
    dialect: str | None,
    topology: str | None,
    reports: tuple[str, ...],
    residue: str | None,
    keep: bool,
    dry_run: bool,
    workers: str | None,
    keywords: str | None,
    tags: str | None,
) -> None:
    """Run features as acceptance tests, on embedded clusters or on your own.

    This is pytest with liqolab's plugin, and takes pytest's other options as well.

    Exits 0 when every scenario passed, 1 when one did not, 2 when the command line or a feature was wrong and nothing
    ran, 3 on an internal error, 5 when there was no scenario, 130 when it was interrupted.

    \b
    Examples:
      liqolab test features/
      liqolab test features/peer.feature --report html=report.html
      liqolab test --provider kind features/
      liqolab test features/peer.feature:18
      liqolab test --kubeconfig venice=~/.kube/venice --kubeconfig naples=~/.kube/all:naples features/
      liqolab test -n 4 -m "smoke and not slow" features/
      liqolab test --dry-run features/
    """
    import pytest

    options = [
        *_option("provider", [provider]),
        *_option("kubeconfig", kubeconfigs),
        *_option("node-image", [node_image]),
        *_option("liqo", [liqo]),
        *_option("dialect", [dialect]),
        *_option("topology", [topology]),
        *_option("report", reports),
        *_option("residue", [residue]),
        *(["--liqolab-keep"] if keep else []),
        *(["--liqolab-steps-dry-run"] if dry_run else []),
        *(part for name, value in (("-n", workers), ("-k", keywords), ("-m", tags)) if value for part in (name, value)),
    ]
    listener = _Listener()
    code = int(pytest.main([*_QUIET, *_plugin(), *options, *arguments], plugins=[listener]))
    sys.exit(_INTERRUPTED if listener.interrupted else _WRONG if code == _USAGE else code)


class _Listener:
    """Hears of Ctrl-C, which pytest's exit code does not tell from other reasons to stop."""

    interrupted = False

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # What pytest raises itself to end a run is a KeyboardInterrupt, too, of a kind of its own.
        self.interrupted = excinfo.type is KeyboardInterrupt


def _option(name: str, values: Sequence[str | None]) -> Iterator[str]:
    return (f"--liqolab-{name}={value}" for value in values if value)


def _plugin() -> list[str]:
    """Load the plugin by name where no entry point does, as in a checkout that is not installed."""
    from importlib.metadata import entry_points

    named = {entry.value for entry in entry_points(group="pytest11")}
    return [] if "liqolab.pytest_plugin" in named else ["-p", "liqolab.pytest_plugin"]
