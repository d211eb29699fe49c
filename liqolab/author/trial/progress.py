"""What a trial shows while it runs: on a terminal one line in place, elsewhere a line for each thing that was done."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from liqolab.author.trial.outcome import SabotageTrial
from liqolab.author.trial.run import Listener

_WIDTH = 100


class ConsoleListener(Listener):
    """Prints to a console; survivors stay to be seen on a terminal, too."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def __enter__(self) -> ConsoleListener:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def doing(self, text: str) -> None:
        if self._status is not None:
            self._status.update(escape(text[:_WIDTH]))
        else:
            self._console.print(escape(text), soft_wrap=True)

    def sabotaged(self, trial: SabotageTrial, number: int, total: int) -> None:
        if self._status is None or trial.verdict == "survived":
            line = f"{trial.verdict:<9}{trial.seconds:6.1f}s  {trial.step}: {trial.operator}: {trial.what}"
            self._console.print(escape(line), soft_wrap=True)
