"""What a session of the interface is started with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from liqolab_tui.engine.contracts import AtlasMaker, Walkthrough
from liqolab_tui.keymap import UserKeys


@dataclass(slots=True)
class Session:
    """What the application is given by whoever starts it.

    Attributes:
        open: makes the walkthrough in a language; called in a thread.
        atlas: makes the atlas; None for the real one.
        keys: the user's own.
        step: where to go first; None for where the learner left off.
        mend: the command that brings back clusters that have died; empty where there is none.
        log: where details of unexpected errors go.
        strict: whether a mistake of the interface's ends it at once, with its traceback; for tests.
    """

    open: Callable[[str], Walkthrough]
    language: str = "en"
    step: str | None = None
    atlas: AtlasMaker | None = None
    keys: UserKeys | None = None
    keys_file: str = ""
    mend: str = ""
    log: Path | None = None
    theme: str = ""
    strict: bool = False
