"""How errors are put to people: in kubectl's words, which say what refused and why."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.errors import ApiError
from liqolab.liqo.gen05.messages import TIMED_OUT

TRACEBACK: Final = "LIQOCTL_TRACEBACK"
"""Environment variable for developers: let exceptions through."""


class CommandError(Exception):
    """A command cannot go on; the message is complete."""


class StepFailedError(Exception):
    """A step of a command failed, and has said so."""


def explain(error: BaseException) -> str:
    """The text for an error of the API, of the network or of a command."""
    if isinstance(error, ApiError):
        return _status(error)
    if isinstance(error, TimeoutError):
        return str(error) or TIMED_OUT
    if isinstance(error, CommandError | OSError | ValueError):
        return str(error)
    return f"internal error: {type(error).__name__}: {error}; set {TRACEBACK}=1 to see where"


def _status(error: ApiError) -> str:
    if error.code == 404 and not (error.status.get("details") or {}).get("name"):
        return f"Error from server (NotFound): {error.message} (is Liqo installed in this cluster?)"
    if error.code == 401:
        return "You must be logged in to the server (Unauthorized)"
    return (
        f"Error from server ({error.reason}): {error.message}"
        if error.reason
        else f"Error from server: {error.message}"
    )
