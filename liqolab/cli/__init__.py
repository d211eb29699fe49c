"""`liqolab`: the command line of playgrounds and lessons.

Commands are imported when they are called, so that ``--help`` answers at once. Exit codes: 0 all went well, 1 it
did not (a check failed, a cluster did not come up), 2 the command line was wrong, 3 a feature says what no step means,
130 interrupted.
"""

from __future__ import annotations

import importlib
import signal
import sys

import click

from liqolab import __version__
from liqolab.launch import importing

_COMMANDS = {
    "learn": ("liqolab.cli.learn", "Walk through a lesson in front of living clusters."),
    "notebook": ("liqolab.cli.notebook", "Lessons as Jupyter notebooks: open, export, check."),
    "class": ("liqolab.cli.classes", "Hold a class: learners on their own laptops, and grades that can be checked."),
    "up": ("liqolab.cli.lifecycle", "Bring a playground's clusters up, with Liqo on them."),
    "down": ("liqolab.cli.lifecycle", "Take a playground down and leave nothing behind."),
    "status": ("liqolab.cli.lifecycle", "Show playgrounds and their clusters."),
    "doctor": ("liqolab.cli.doctor", "Say what this machine has for clusters, and what is missing."),
    "run": ("liqolab.cli.run", "Play a lesson, commands and checks, without a learner."),
    "shell": ("liqolab.cli.shell", "Open a shell in which kubectl, liqoctl and kind work."),
    "image": ("liqolab.cli.image", "Make container images of Liqo for real clusters."),
    "snapshot": ("liqolab.cli.snapshot", "Save, restore and list whole states of a playground."),
    "chaos": ("liqolab.cli.chaos", "Break clusters and the links between them, and mend them."),
    "lessons": ("liqolab.cli.lessons", "List the lessons."),
    "test": ("liqolab.cli.test", "Run features as acceptance tests, on embedded clusters or on your own."),
    "steps": ("liqolab.cli.steps", "List, search and explain the sentences of the features."),
    "lint": ("liqolab.cli.lint", "Find mistakes in features and lessons before anything runs."),
    "completion": ("liqolab.cli.completion", "Print a script for the Tab key: bash, zsh or fish."),
    "author": ("liqolab.cli.author", "Prove a lesson: each step both ways, and by sabotage."),
}


class _LazyGroup(click.Group):
    """Knows its commands by name and one line of help, and imports one when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        with importing():
            module = importlib.import_module(_COMMANDS[cmd_name][0])
        # `class` is a word of Python's.
        command: click.Command = getattr(module, "class_" if cmd_name == "class" else cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="liqolab")
def liqolab() -> None:
    """A laboratory for multi-cluster Kubernetes with Liqo.

    \b
    Examples:
      liqolab learn                            sit down in front of three clusters, with a lesson beside them
      liqolab run offloading-with-policies     play the whole tutorial, checked at every step
      liqolab up                               three clusters with Liqo, ready to be used
      liqolab shell                            a shell in which kubectl, liqoctl and kind work
      liqolab test features/                   your own acceptance tests, on clusters of their own
      liqolab down                             take everything down again
    """


def main() -> None:
    """Run the command line; no traceback reaches a person."""
    # A cancelled job is told to end with SIGTERM, and has the same to clean up as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # A command that leaves with an exit code of its own makes it click's answer; others answer nothing.
        code = liqolab(standalone_mode=False, prog_name="liqolab")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except Exception as error:
        _explain(error)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: Exception) -> None:
    """Say what happened, and what to do next."""
    click.echo(f"Error: {error or type(error).__name__}", err=True)
    hint = getattr(error, "hint", "")
    if hint:
        click.echo(f"  {hint}", err=True)
    elif not type(error).__module__.startswith("liqolab") and not isinstance(error, OSError):
        # Not an error that this project foresaw: name its kind, which a report of it needs.
        click.echo(f"  ({type(error).__name__}; this was not foreseen, please report it)", err=True)
