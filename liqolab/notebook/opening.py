"""``liqolab notebook open``: the lesson's notebook in the current folder, and JupyterLab around it until Ctrl-C."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path

import click

from liqolab import installed
from liqolab.learn.opening import Arguments, default_playground
from liqolab.learn.texts import LANGUAGE_VARIABLE, Texts, choose_language
from liqolab.notebook.document import Side, notebook
from liqolab.notebook.formats import IPYNB, write
from liqolab.notebook.server import ServerError, serving
from liqolab.playground import home
from liqolab.playground.home import PLAYGROUND_VARIABLE
from liqolab.playground.providers import settle_for
from liqolab.scenario.lesson import load_lesson


def serve(arguments: Arguments, side: Side, file: Path | None, *, port: int, browser: bool) -> int:
    """Serve until Ctrl-C. A notebook that is there already is opened as the person left it.

    Raises:
        LessonError, PlaygroundError, NotebookError, ServerError: it cannot be.
    """
    language = choose_language(arguments.language)
    texts = Texts(language)
    lesson = load_lesson(arguments.scenario, language)
    playground = home.resolve(arguments.playground)
    asked = arguments.provider, arguments.node_image, arguments.kubeconfigs, arguments.liqo, arguments.dialect
    settle_for(playground, *asked)
    path = (file or Path(_file_name(lesson.name, side))).absolute()
    if not path.exists():
        write(notebook(lesson, side), path)
    environment = {**os.environ, LANGUAGE_VARIABLE: language}
    environment.pop(PLAYGROUND_VARIABLE, None)
    # A notebook of another lesson may be opened beside this one: unless somebody says otherwise, each has its own.
    if playground.name != default_playground(lesson.name):
        environment[PLAYGROUND_VARIABLE] = playground.name
    try:
        with serving(path, environment, port) as server:
            click.echo(texts("notebook.open.serving", address=server.address, file=path.name))
            if browser:
                webbrowser.open(server.address)
            server.wait()
    except KeyboardInterrupt:
        pass
    except ServerError as error:
        raise ServerError(texts("notebook.open.died", words=error)) from None
    click.echo(texts("notebook.open.over", command=installed.command(_again(arguments, side, file))))
    return 0


def _file_name(lesson: str, side: Side) -> str:
    return f"{lesson}{'' if side == 'learner' else f'-{side}'}{IPYNB}"


def _again(arguments: Arguments, side: Side, file: Path | None) -> str:
    words = ["notebook open", arguments.scenario]
    if side != "learner":
        words.append(f"--{side}")
    if file is not None:
        words.append(f"--file {file}")
    return " ".join(words)
