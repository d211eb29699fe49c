"""The steps of a lesson in order, and moving between them: on by solving what lies between, back by restoring.

Everything here is done by whoever has the turn, except following another face, which takes the turn when it is free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from liqolab.learn.goals import Goals
from liqolab.learn.learners_bash import LearnersBash
from liqolab.learn.lights import Lights
from liqolab.learn.notes import Notes
from liqolab.learn.notices import ProgressChanged, StepEntered
from liqolab.learn.solving import Solver
from liqolab.learn.step_starts import StepStarts
from liqolab.learn.steps import Stage
from liqolab.learn.turns import Turns
from liqolab.learn.typist import Typist
from liqolab.scenario.bash_state import BashState


class Course:
    """Where the learner is, and how to get elsewhere.

    Attributes:
        order: ids of the steps.
        current: the id of the current one; empty until `begin`.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        starts: StepStarts,
        bash: LearnersBash,
        typist: Typist,
        goals: Goals,
        lights: Lights,
        notes: Notes,
        turns: Turns,
        lay_out: Callable[[], object],
    ) -> None:
        """`lay_out` puts the lesson's own files where the bash begins."""
        self._stages = {stage.id: stage for stage in stages}
        self.order = list(self._stages)
        self._starts, self._bash, self._typist = starts, bash, typist
        self._goals, self._lights, self._notes, self._turns = goals, lights, notes, turns
        self._lay_out = lay_out
        self._moves = notes.progress.moves
        self.current = notes.progress.current if notes.progress.current in self._stages else ""

    def begin(self) -> None:
        """Begin at the first step, or go on where the journal ends."""
        if self.current:
            self._goals.judge(self.stage())
        else:
            self.enter(self.order[0])

    def __contains__(self, step: object) -> bool:
        return step in self._stages

    @property
    def position(self) -> int:
        """The place of the current step, from 0."""
        return self.order.index(self.current)

    def stage(self, step: str | None = None) -> Stage:
        """A step by id; None: the current one."""
        return self._stages[step or self.current]

    def is_passed(self, step: str) -> bool:
        return self._notes.progress.step(step).state == "passed"

    def solver(self, stage: Stage) -> Solver:
        """Knows what remains to be typed of a step."""
        on = {light.task.id for light in self._lights.of(stage) if light.state == "on"}
        return Solver(stage, self._notes.progress.step(stage.id).done, on)

    def solve(self, stage: Stage) -> bool:
        """Type what remains of a step; whether all its tasks are done then."""
        self._notes.note("solved", step=stage.id)
        for attempt in range(2):
            if attempt:
                # What the learner had done is in the way of the lesson's own commands: from the beginning, then.
                self.begin_anew(stage.id)
            verdicts = self.solver(stage).play(
                self._goals.looking,
                lambda text, timeout: self._typist.solve(stage, text, timeout),
                lambda: self._turns.stopping,
                self._goals.reason,
            )
            self._turns.tell(*self._lights.take(stage, verdicts), ProgressChanged())
            if self._lights.done(stage):
                return True
            if self._turns.stopping or not self._starts.has(stage.id):
                return False
        return False

    def go_to(self, step: str) -> bool:
        """Make a step the current one; False when one on the way could not be solved, and is the current one then."""
        if self.order.index(step) < self.position:
            self.begin_anew(step)
        return self._advance(step)

    def _advance(self, step: str) -> bool:
        while self.current != step:
            if not self.is_passed(self.current) and not self.solve(self.stage()):
                return False
            self.enter(self.order[self.position + 1])
        return True

    def enter(self, step: str) -> None:
        """Keep how a step begins, and make it the current one."""
        with self._turns.busy("busy.saving"):
            self._notes.spend(self.current)
            self._starts.keep(step, self._bash.state)
        self._notes.note("entered", lasting=True, step=step)
        self.arrive(step)

    def begin_anew(self, step: str) -> None:
        """Go back to how a step began, or the nearest one before it of which that is kept.

        Where clusters have no snapshots, what lies between that and the step is played again.
        """
        asked = step
        earlier = self.order[: self.order.index(step) + 1]
        step = next((name for name in reversed(earlier) if self._starts.has(name)), self.order[0])
        later = self.order[self.order.index(step) + 1 :]
        with self._turns.busy("busy.restoring"):
            self._goals.discard()
            self._notes.spend(self.current)
            if self._starts.has(step):
                bash = self._starts.restore(step)
            else:
                self._starts.clear()
                bash = BashState()
            self._bash.become(bash)
            self._lay_out()
            self._starts.forget(later)
            self._notes.note("began_anew", lasting=True, step=step, later=later)
        if not self._starts.has(step):
            self._starts.keep(step, bash)
        self._notes.note("entered", lasting=True, step=step)
        self.arrive(step)
        if not self._starts.keeps:
            self._advance(asked)

    def arrive(self, step: str) -> None:
        """Be at a step that the journal says is the current one."""
        self.current = step
        self._moves = self._notes.progress.moves
        self._goals.judge(self.stage())
        self._turns.tell(StepEntered(step), ProgressChanged())

    def follow(self) -> None:
        """Go where another face has gone, unless something is being done here; its end then comes back to this."""
        if self._notes.progress.moves == self._moves:
            return
        with self._turns.taken_if_free() as free:
            if free:
                self._bash.reload()
                self.arrive(self._notes.progress.current)
