"""The magics ``%lab`` and ``%%lab``: the lesson and its bash in any IPython, by ``%load_ext liqolab``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from IPython.display import display

from liqolab.learn.texts import Texts, choose_language
from liqolab.notebook import desk
from liqolab.notebook.errors import CellError, NotDoneError
from liqolab.shelltext.reader import split


def load(shell: Any) -> None:
    """Give the shell the magics."""
    register: Any = shell.register_magic_function
    register(lab_line, "line", "lab")
    register(lab_cell, "cell", "lab")


def lab_cell(line: str, cell: str) -> None:
    """Run the cell in the lesson's bash."""
    if not _says_something(cell):
        return
    with _telling():
        lab = desk.current()
    lab.run(cell.rstrip("\n"))


def lab_line(line: str) -> Any:
    """``%lab open|check|hint|solve|reset|goto|why|picture``; without a word, the `lab` itself."""
    word, *rest = line.split() or [""]
    with _telling():
        if not word:
            return desk.current()
        if word not in WORDS:
            texts = Texts(choose_language())
            known = ", ".join(WORDS)
            said = texts("notebook.error.magic", said=word)
            raise CellError(said, texts("notebook.error.magic_hint", known=known))
        return WORDS[word](rest)


def _open(words: Sequence[str]) -> None:
    given = _opening(words)
    patient = bool(given.pop("patient"))
    lab = desk.open_lab(desk.arguments(**given))
    lab.patient = patient
    display(lab.greeting)
    display(lab.picture())


def _check(words: Sequence[str]) -> None:
    lab = desk.current()
    step = lab.step(words[0] if words else None)
    checked = step.check()
    display(checked)
    if not checked.done:
        done = sum(1 for light in checked.lights if light.state == "on")
        count = len(checked.lights)
        raise NotDoneError(lab.texts("notebook.check.fails", step=step.view.title, done=done, count=count))


def _hint(words: Sequence[str]) -> Any:
    return desk.current().step().hint()


def _solve(words: Sequence[str]) -> Any:
    return desk.current().step(words[0] if words else None).solve()


def _reset(words: Sequence[str]) -> Any:
    return desk.current().step().reset()


def _goto(words: Sequence[str]) -> Any:
    return desk.current().goto(" ".join(words))


def _why(words: Sequence[str]) -> Any:
    return desk.current().why(" ".join(words))


def _picture(words: Sequence[str]) -> Any:
    return desk.current().picture()


WORDS: dict[str, Callable[[Sequence[str]], Any]] = {
    "open": _open,
    "check": _check,
    "hint": _hint,
    "solve": _solve,
    "reset": _reset,
    "goto": _goto,
    "why": _why,
    "picture": _picture,
}


@click.command(add_help_option=False)
@click.argument("lesson", required=False)
@click.option("--playground")
@click.option("--language")
@click.option("--provider")
@click.option("--patient", is_flag=True)
def _open_words(**given: str | bool | None) -> dict[str, str | bool]:
    return {name: value for name, value in given.items() if value is not None}


def _opening(words: Sequence[str]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = _open_words.main([*words], standalone_mode=False, prog_name="%lab open")
    except click.ClickException as error:
        raise CellError(error.format_message(), "%lab open LESSON [--playground NAME] [--language LANGUAGE]") from None
    return found


def _says_something(cell: str) -> bool:
    """Whether there is a command in it, and not only blanks and comments."""
    return any(not line.lstrip().startswith("#") for line in split(cell))


class _telling:  # noqa: N801 (used as a statement)
    """An error that says what to do next is shown without a traceback."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, at: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, CellError):
            hint = getattr(error, "hint", None)
            if hint is not None or type(error).__module__.startswith("liqolab."):
                raise CellError(str(error), str(hint or "")) from None
