"""What goes wrong in a cell: an error as Jupyter shows errors, in a line or two and without a traceback."""

from __future__ import annotations

_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


class CellError(Exception):
    """What happened and why; `hint` says what to do next. IPython asks the method for what it shows."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def _render_traceback_(self) -> list[str]:
        return [f"{_RED}{self}{_PLAIN}", *([self.hint] if self.hint else [])]


class CommandFailedError(CellError):
    """A command of a cell ended with an exit code that nothing asked for.

    Attributes:
        code: the exit code; 130 when it was interrupted.
    """

    def __init__(self, code: int, message: str, remark: str = "") -> None:
        super().__init__(message, remark)
        self.code = code


class NotDoneError(CellError):
    """A check says no."""
