"""From an exception to a message for a person: what happened, why, what to do next; the rest goes to a log file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from liqolab_tui.messages import Faulted
from liqolab_tui.wording import Say


def fault(error: BaseException, what: str, say: Say, log: Path | None = None) -> Faulted:
    """The message for `error`, which came while doing `what`.

    Errors that this project raises on purpose say all there is to say. Any other is a mistake of the program's: its
    details are appended to `log`, for a report, and the message names the file.
    """
    what_happened = [getattr(error, name, None) for name in ("what", "why", "next")]
    if all(isinstance(part, str) for part in what_happened):
        return Faulted(*map(str, what_happened))
    hint = getattr(error, "hint", None)
    if isinstance(hint, str) or type(error).__module__.startswith("liqolab."):
        return Faulted(what, str(error), hint or "")
    if isinstance(error, OSError) and error.strerror:
        return Faulted(what, f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
    written = _write(error, what, log)
    onward = say("tui.fault.report", log=written) if written else ""
    return Faulted(what, f"{type(error).__name__}: {error}", onward, written)


def _write(error: BaseException, what: str, log: Path | None) -> str:
    if log is None:
        return ""
    import traceback

    text = "".join(traceback.format_exception(error))
    try:
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
            file.write(f"{datetime.now(UTC).isoformat()} {what}\n{text}\n")
    except OSError:
        return ""
    return str(log)
