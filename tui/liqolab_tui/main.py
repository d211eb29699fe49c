"""The entry point of the face: ``main(arguments)``, which `liqolab learn` finds among the ``liqolab.faces``.

It says that it is coming before it imports the interface, and the interface begins with what its first frame needs.
The walkthrough, which knows clusters, is imported and opened by the application in a thread, when that frame is on
the screen.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from liqolab.learn.opening import Arguments, default_playground, open_walkthrough
from liqolab.learn.texts import Texts, choose_language
from liqolab.playground import home
from liqolab_tui.splash import Splash

if TYPE_CHECKING:
    from liqolab_tui.app import LiqolabApp

THEME_VARIABLE = "LIQOLAB_THEME"
_LOG = "tui.log"


def main(arguments: Arguments) -> int:
    """Show the lesson until the person leaves, and every other one that is chosen meanwhile; the exit code.

    Raises:
        PlaygroundError: the name of the playground is not valid.
    """
    code, onward = _show(arguments)
    while onward is not None:
        arguments = replace(onward, playground=default_playground(onward.scenario))
        code, onward = _show(arguments)
    return code


def _show(arguments: Arguments) -> tuple[int, Arguments | None]:
    """One lesson; the exit code, and what to go on with."""
    playground = home.resolve(arguments.playground)
    language = choose_language(arguments.language)
    with Splash(Texts(language)("tui.lesson.opening")) as splash:
        app = _application(arguments, language, playground.home / _LOG)
        splash.hand_over()
    try:
        code = app.run()
    finally:
        app.close()
    if app.onward is not None:
        return 0, replace(arguments, scenario=app.onward, language=app.session.language, step=None)
    _say_goodbye(app, arguments, clusters="" if playground.is_empty else arguments.playground)
    # Whoever leaves has said how; an application that ended without it, or over a mistake, has broken.
    left = code if code is not None else (app.return_code or 1)
    return left or (1 if app.broken is not None else 0), None


def _application(arguments: Arguments, language: str, log: Path) -> LiqolabApp:
    # Here, because a person should see something before all this is imported.
    from liqolab_tui.app import LiqolabApp
    from liqolab_tui.keymap import configuration_file, load_user_keys
    from liqolab_tui.session import Session

    keys_file = configuration_file()
    return LiqolabApp(
        Session(
            open=lambda language: open_walkthrough(replace(arguments, language=language)),
            language=language,
            step=arguments.step,
            keys=load_user_keys(keys_file),
            keys_file=str(keys_file),
            mend=arguments.mend(),
            log=log,
            theme=os.environ.get(THEME_VARIABLE, ""),
        )
    )


def _say_goodbye(app: LiqolabApp, arguments: Arguments, clusters: str) -> None:
    """What goes on, and how to come back; nothing to a terminal that is gone."""
    say = Texts(app.session.language)
    with contextlib.suppress(OSError):
        if app.broken is not None:
            lines = (app.broken.what, app.broken.why, app.broken.next)
            sys.stderr.write("\n".join(line for line in lines if line) + "\n")
        if clusters:
            sys.stdout.write(say("plain.leave.down", command=arguments.end()) + "\n")
        sys.stdout.write(say("plain.leave.back", command=arguments.again(say.language)) + "\n")
        sys.stdout.flush()
