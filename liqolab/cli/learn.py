"""``liqolab learn``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import click

from liqolab import installed
from liqolab.cli.attending import attending, lesson_of
from liqolab.cli.completion import lessons
from liqolab.cli.options import kubeconfig_option, lessons_option, maker_options
from liqolab.learn.opening import Arguments, begin_anew, default_playground, open_walkthrough
from liqolab.learn.texts import PSEUDO_LANGUAGE, Texts, choose_language, languages
from liqolab.playground import home
from liqolab.scenario import DEFAULT_LESSON

_FACES = "liqolab.faces"
_POOR_TERMINALS = ("dumb", "unknown", "")

Face = Callable[..., int]
"""Takes `Arguments`; the one for browsers takes the port as well."""


@click.command()
@click.argument("scenario", default=DEFAULT_LESSON, shell_complete=lessons)
@lessons_option
@click.option("-p", "--playground", "name", metavar="NAME", help="Which playground; default: one for each lesson.")
@maker_options
@kubeconfig_option
@click.option("--plain", is_flag=True, help="Lines only, for screen readers, pipes and logs.")
@click.option("--web", is_flag=True, help="Serve the walkthrough to a browser on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="With --web: where; default: any free port.")
@click.option("--language", metavar="LANGUAGE", help=f"One of {', '.join(languages())}; default: the environment's.")
@click.option("--step", metavar="ID", help="Go to this step first, solving what lies between.")
@click.option("--fresh", is_flag=True, help="Begin anew: forget how far you were, and delete the clusters.")
@click.option("--class", "class_code", metavar="CODE", help="Take part in a class; its desk shows the code.")
@click.option("--nickname", metavar="N", help="With --class: what you are called there; default: a made-up name.")
@click.option(
    "--drop", type=click.Path(path_type=Path), metavar="DIR", help="With --class: by a shared folder instead."
)
@click.option("--list", "listing", is_flag=True, help="Show the steps and how far you are, and leave.")
def learn(
    scenario: str,
    name: str | None,
    provider: str | None,
    node_image: str | None,
    liqo: str | None,
    dialect: str | None,
    kubeconfigs: tuple[str, ...],
    plain: bool,
    web: bool,
    port: int | None,
    language: str | None,
    step: str | None,
    fresh: bool,
    class_code: str | None,
    nickname: str | None,
    drop: Path | None,
    listing: bool,
) -> None:
    """Walk through a lesson: read, type, and see three living clusters change.

    Where you are is kept in the playground, so you can leave at any time and come back with the same command. On a
    terminal the lesson has a screen; elsewhere, and with --plain, it speaks in lines. A script on the standard input
    is followed to its end, and the exit code tells how the last check went.

    \b
    Examples:
      liqolab learn                                    go on where you left off
      liqolab learn --language it                      lo stesso in italiano
      liqolab learn --step deploy                      go to that step, whatever it takes
      liqolab learn --provider kind                    on KinD's own clusters, by your kind and Docker
      liqolab learn --plain                            for a screen reader
      liqolab learn --web                              in a browser on this machine
      liqolab learn --plain < answers.txt              in a script: one answer a line, and an exit code
      liqolab learn --class CODE --nickname ada        in a class: it is told what you do, and you are shown what
    """
    if language is not None and language not in (*languages(), PSEUDO_LANGUAGE):
        raise click.UsageError(f'there is no language "{language}"; known: {", ".join(languages())}')
    if port is not None and not web:
        raise click.UsageError("--port is the browser's; it goes with --web")
    if class_code is None and (nickname is not None or drop is not None):
        raise click.UsageError("--nickname and --drop are a class's; they go with --class")
    if class_code is not None:
        scenario = lesson_of(class_code, scenario)
    clusters = (provider, node_image, kubeconfigs, liqo, dialect)
    arguments = Arguments(scenario, name or default_playground(scenario), language, step, *clusters)
    if fresh:
        begin_anew(home.resolve(arguments.playground), scenario)
    if listing:
        _list(arguments)
        return
    face, reason = (None, "") if plain else _screen(web=web)
    with attending(arguments, class_code, nickname, drop, has_screen=face is not None):
        if face is None:
            sys.exit(_plain(arguments, reason))
        sys.exit(face(arguments, port or 0) if web else face(arguments))


def _screen(*, web: bool) -> tuple[Face | None, str]:
    """The face with a screen, or the key of the text that says why there is none."""
    if not web and not (sys.stdout.isatty() and sys.stdin.isatty()):
        return None, "plain.fallback.not_a_terminal"
    if not web and os.environ.get("TERM", "") in _POOR_TERMINALS:
        return None, "plain.fallback.dumb"
    found = entry_points(group=_FACES, name="web" if web else "tui")
    if not found or find_spec("textual_serve" if web else "textual") is None:
        if web:
            raise click.ClickException(
                f"the browser needs one package more; install it with: {installed.install('web')}"
            )
        return None, "plain.fallback.no_tui"
    return cast("Face", next(iter(found)).load()), ""


def _plain(arguments: Arguments, reason: str) -> int:
    from liqolab.plain.main import run

    texts = Texts(choose_language(arguments.language))
    if reason:
        click.echo(texts(reason, term=os.environ.get("TERM", ""), install=installed.install("tui")))
    with open_walkthrough(arguments) as walkthrough:
        code = run(walkthrough, arguments.step)
        running = ", ".join(walkthrough.kubeconfigs())
    _say_goodbye(texts, arguments, running)
    return code


def _say_goodbye(texts: Texts, arguments: Arguments, running: str) -> None:
    """How to come back, and how to end what goes on."""
    try:
        if running:
            click.echo(texts("plain.leave.clusters", names=running))
            click.echo(texts("plain.leave.down", command=arguments.end()))
        click.echo(texts("plain.leave.back", command=arguments.again(texts.language)))
    except OSError:
        # The terminal is gone, and with it whoever would read this.
        return


def _list(arguments: Arguments) -> None:
    """The steps and how far the learner is; who only looks leaves nothing behind."""
    from liqolab.plain.telling import progress_lines

    playground = home.resolve(arguments.playground)
    known = playground.exists
    with open_walkthrough(arguments) as walkthrough:
        for line in progress_lines(walkthrough):
            click.echo(line)
    if not known:
        playground.remove()
