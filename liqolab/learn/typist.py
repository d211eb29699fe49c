"""Types commands into the learner's bash; tells what they print, notes down what they did, and remarks on them."""

from __future__ import annotations

from collections.abc import Callable

from liqolab.learn.learners_bash import LearnersBash, Ran
from liqolab.learn.notes import Notes
from liqolab.learn.notices import CommandEnded, CommandStarted, OutputArrived
from liqolab.learn.steps import Stage
from liqolab.learn.teaching import Lectern
from liqolab.learn.turns import Turns
from liqolab.process import Completed

_NOTED = 4000
"""Characters of a command that the journal keeps."""


class Typist:
    """For one thread at a time."""

    def __init__(
        self, bash: LearnersBash, lectern: Lectern, notes: Notes, turns: Turns, printed: Callable[[], None]
    ) -> None:
        """`printed` is called when a command prints: it changes the clusters as it goes."""
        self._bash = bash
        self._lectern = lectern
        self._notes = notes
        self._turns = turns
        self._printed = printed

    def type(
        self, stage: Stage, text: str, timeout: float | None = None, *, solving: bool = False
    ) -> tuple[Ran, CommandEnded]:
        """Run a command to its end.

        Args:
            stage: the step that it is typed in.
            text: the command.
            timeout: seconds after which it is interrupted.
            solving: whether it is typed for the learner, who needs no remarks about it then.

        Raises:
            WalkthroughError: the disk is full.
        """
        self._notes.clock.touch()
        self._turns.tell(CommandStarted(text, solving))
        ran = self._bash.run(text, self._heard, timeout)
        remark = "" if solving else self._lectern.remark(stage, ran)
        if not self._turns.closed:
            self._notes.note(
                "command",
                step=stage.id,
                text=text[:_NOTED],
                code=ran.code,
                seconds=round(ran.seconds, 3),
                cluster=self._lectern.cluster(ran),
                done=self._lectern.done(stage, ran),
                solving=solving,
            )
            self._notes.spend(stage.id)
        return ran, CommandEnded(text, ran.code, ran.seconds, remark)

    def solve(self, stage: Stage, text: str, timeout: float) -> Completed:
        """The same for the learner, who is told."""
        ran, ended = self.type(stage, text, timeout, solving=True)
        self._turns.tell(ended)
        return Completed(ran.code, ran.output, ran.timed_out)

    def _heard(self, text: str) -> None:
        self._turns.tell(OutputArrived(text))
        self._printed()
