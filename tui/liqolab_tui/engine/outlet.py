"""How controllers reach the interface: news, words of the moment, and faults that a person can act on."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from liqolab_tui.messages import Faulted
from liqolab_tui.wording import Say


@dataclass(frozen=True, slots=True)
class Outlet:
    """Used from any thread.

    Attributes:
        post: hands a value to the interface's loop.
        words: answers the words of the moment: the person may change the language.
        log: where details of unexpected errors go.
    """

    post: Callable[[object], None]
    words: Callable[[], Say]
    log: Path | None = None

    def say(self, key: str, /, **values: object) -> str:
        return self.words()(key, **values)

    def fault(self, error: BaseException, key: str, /, **values: object) -> Faulted:
        """The message for `error`: what happened (the text of `key`), why, what to do next.

        Errors that this project raises on purpose say all there is to say. Any other is a mistake of the program's: its
        details are appended to `log`, for a report, and the message names the file.
        """
        what_happened = [getattr(error, name, None) for name in ("what", "why", "next")]
        if all(isinstance(part, str) for part in what_happened):
            return Faulted(*map(str, what_happened))
        what, hint = self.say(key, **values), getattr(error, "hint", None)
        if isinstance(hint, str) or type(error).__module__.startswith("liqolab."):
            return Faulted(what, str(error), hint or "")
        if isinstance(error, OSError) and error.strerror:
            return Faulted(what, f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
        written = _write(error, what, self.log)
        onward = self.say("tui.fault.report", log=written) if written else ""
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
