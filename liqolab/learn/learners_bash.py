"""The learner's bash: it lives as long as the walkthrough, and another one takes its place without anybody noticing.

It is started by the first command. After every command its state is written down, so that the bash of the next session
(or of the same one, after an ``exit``) goes on where this one stopped, whatever ended it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from liqolab.learn.completing import Completion, answered, question
from liqolab.process import Session
from liqolab.scenario.bash_state import BashState, load_state, read_state, save_state

_COMPLETION_SECONDS = 5.0
"""A cluster that is asked for names may be gone; who has pressed Tab does not wait longer."""

Heard = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that is over.

    Attributes:
        environment: the variables that it saw.
        folder: where it ran.
        timed_out, wanted_screen: as `Completed` has them.
    """

    text: str
    code: int
    output: str
    seconds: float
    environment: Mapping[str, str]
    folder: Path
    timed_out: bool = False
    wanted_screen: bool = False


class LearnersBash:
    """One bash at a time; `run` is for one thread at a time, the rest for any."""

    def __init__(self, environment: Mapping[str, str], folder: Path, memory: Path) -> None:
        """`memory` is the file in which the state is kept; what it holds is where this bash begins."""
        self._environment = dict(environment)
        self._start = folder
        self._memory = memory
        self._session: Session | None = None
        self._fresh: BashState | None = None
        self._state = load_state(memory) or BashState()
        self._lock = Lock()
        self._running = False

    @property
    def running(self) -> bool:
        return self._running

    @property
    def state(self) -> BashState:
        """As of the end of the last command."""
        return self._state

    @property
    def folder(self) -> Path:
        """Where it stands."""
        named = Path(self._state.folder) if self._state.folder else self._start
        return named if named.is_dir() else self._start

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a command sees, as far as they are plain; PWD among them."""
        own = {name: value for name in self._state.variables if (value := self._state.value(name)) is not None}
        kept = {name: value for name, value in self._environment.items() if name not in self._state.gone}
        return {**kept, **own, "PWD": str(self.folder)}

    @property
    def exported(self) -> dict[str, str]:
        """The variables that a program sees which is started from it."""
        return {
            name: value
            for name, value in self.environment.items()
            if name not in self._state.variables or "x" in self._state.variables[name].split()[1]
        }

    def run(self, text: str, heard: Heard | None = None, timeout: float | None = None) -> Ran:
        """Run a command to its end."""
        self._running = True
        try:
            session = self._ready()
            environment, folder = self.environment, self.folder
            started = time.monotonic()
            done = session.run(text, timeout, heard)
            seconds = time.monotonic() - started
            self._remember(session)
        finally:
            self._running = False
        return Ran(text, done.code, done.output, seconds, environment, folder, done.timed_out, done.wanted_screen)

    def complete(self, line: str) -> Completion:
        """What Tab would offer at the end of `line`; nothing while a command runs. For the thread that may `run`."""
        text, word = question(line)
        if not text or self._running:
            return Completion(word)
        done = self._ready().run(text, _COMPLETION_SECONDS)
        return Completion(word) if done.timed_out else answered(word, done.output)

    def interrupt(self) -> None:
        """Ctrl-C for the command that runs, if one does."""
        with self._lock:
            session = self._session
        if session is not None and self._running:
            session.interrupt()

    def become(self, state: BashState) -> None:
        """Go on as a new bash with this state."""
        self._end()
        self._state = state
        save_state(state, self._memory)

    def reload(self) -> None:
        """Go on with what another face has written down."""
        self._end()
        self._state = load_state(self._memory) or BashState()

    def close(self) -> None:
        """End it; a command that runs is ended too."""
        self._end()

    def _ready(self) -> Session:
        with self._lock:
            session = self._session
        if session is not None and session.alive:
            return session
        self._end()
        # With the playground goes what a killed walkthrough could not clean up.
        session = Session(self._environment, self._start, self._memory.parent)
        with self._lock:
            self._session = session
        self._fresh = read_state(session, self._memory.parent)
        if self._state != BashState():
            session.run(self._state.commands())
        return session

    def _remember(self, session: Session) -> None:
        if session.alive:
            self._state = read_state(session, self._memory.parent, self._fresh)
            save_state(self._state, self._memory)

    def _end(self) -> None:
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()
