"""What lasts of a walkthrough: the journal, the progress that it amounts to, and the time that a step took."""

from __future__ import annotations

from liqolab.learn.clock import Clock
from liqolab.learn.journal import Journal
from liqolab.learn.progress import Progress
from liqolab.learn.turns import Turns

_WORTH_NOTING_SECONDS = 0.05


class Notes:
    """Writes down and reads what all faces wrote; thread-safe.

    Attributes:
        progress: what the journal says.
        clock: how long the learner has been working.
    """

    def __init__(self, journal: Journal, turns: Turns) -> None:
        self.journal = journal
        self.progress = Progress()
        self.clock = Clock()
        self._turns = turns
        self.read()

    def read(self) -> None:
        """Take in what was written, by whichever face."""
        self.progress.catch_up(self.journal)

    def note(self, event: str, *, lasting: bool = False, **values: object) -> None:
        """Write down what happened.

        Raises:
            WalkthroughError: the disk is full.
        """
        with self._turns.telling_of_the_disk():
            self.journal.write(event, lasting=lasting, **values)
            self.read()

    def spend(self, step: str) -> None:
        """Write down the time since the last call as spent on a step."""
        seconds = self.clock.take()
        if step and seconds > _WORTH_NOTING_SECONDS:
            self.note("spent", step=step, seconds=round(seconds, 1))
