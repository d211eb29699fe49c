"""A lesson being walked through by a person: one object that every face drives.

`Walkthrough` is thread-safe. Its methods block until done and are meant for worker threads; what happens meanwhile is
told to listeners. One thing at a time is done to the clusters and the bash: what is asked for meanwhile is refused.
No cluster is touched by opening a walkthrough, and closing it leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from liqolab.atlas import snapshot as atlas_snapshot
from liqolab.atlas.goal import Deviation, compare, load_goal
from liqolab.atlas.world import World
from liqolab.learn.core import WalkthroughCore, WalkthroughError
from liqolab.learn.hints import hint as make_hint
from liqolab.learn.model import Hint, Light, Saved, StepProgress, StepView
from liqolab.learn.notices import (
    CommandEnded,
    ProgressChanged,
)
from liqolab.steps.failing.failure import Target

__all__ = ["Walkthrough", "WalkthroughError"]

_ROUND_SECONDS = 20.0
_QUIET_SECONDS = 2.0
_ROUNDS = 15


class Walkthrough(WalkthroughCore):
    """One lesson in one playground.

    Attributes:
        lesson, language: what is shown, and in which language.
        resumed: whether the learner has been here before.
        texts: the catalogue of that language.
        steps: all steps, in order.
        folder: where the bash begins.
    """

    def __enter__(self) -> Walkthrough:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def step(self, step: str | None = None) -> StepView:
        """A step by id; None: the current one."""
        return self._stage(step).view

    def lights(self, step: str | None = None) -> tuple[Light, ...]:
        """How the tasks of a step stand, as far as they have been judged; does not block."""
        return self._lights.of(self._stage(step))

    def progress(self, step: str | None = None) -> StepProgress:
        """How far the learner is with a step; does not block."""
        name = self._stage(step).id
        known = self._progress.step(name).view()
        if name != self._current:
            return known
        return StepProgress(known.state, known.seconds + self._clock.waiting, known.hints, known.solved)

    def run(self, text: str) -> CommandEnded:
        """Type a command into the bash and wait for its end; its checks follow in the background.

        Raises:
            WalkthroughError: something else is being done.
        """
        with self._alone():
            ran, ended = self._type(text, None)
            self._tell([ended])
            self._judge_output(ran)
        self._judge.again()
        return ended

    def interrupt(self) -> None:
        """Ctrl-C for what runs in the bash, and an end to solving; does not wait for anything but the command."""
        self._stopping = True
        self._bash.interrupt()

    @property
    def running(self) -> bool:
        """Whether a command runs in the bash."""
        return self._bash.running

    def settle(self) -> tuple[Light, ...]:
        """Judge the current step's tasks as they are at this moment."""
        seen = self._lights.rounds
        self._judge.again()
        self._lights.next_round(seen, _ROUND_SECONDS)
        return self.lights()

    def check(self) -> tuple[Light, ...]:
        """Judge the current step's tasks, giving clusters that are on their way a moment to get there."""
        self._clock.touch()
        stage = self._stage(None)
        self.settle()
        for _ in range(_ROUNDS):
            if self._closed or all(light.state == "on" for light in self._states(stage)):
                break
            if not self._lights.next_round(self._lights.rounds, _QUIET_SECONDS):
                break
        return self.lights()

    def clusters_changed(self) -> None:
        """Somebody saw the clusters change: judge again soon; does not block."""
        self._judge.again()

    def hint(self) -> Hint | None:
        """The next rung of the step's ladder; the last one again when there is no further.

        Raises:
            WalkthroughError: the disk is full.
        """
        stage = self._stage(None)
        found = make_hint(stage, self._progress.step(stage.id).hints + 1, self._solver(stage).next_command, self.texts)
        if found is not None:
            self._note("hint", step=stage.id, level=found.level)
            self._tell([ProgressChanged()])
        return found

    @property
    def next_command(self) -> str:
        """What the step's feature has the learner type next; empty when all of it is typed."""
        return self._solver(self._stage(None)).next_command

    def solve(self) -> bool:
        """Type what remains of the current step; whether all its tasks are done then.

        Raises:
            WalkthroughError: something else is being done.
        """
        with self._alone():
            return self._solve(self._stage(None))

    def reset(self) -> None:
        """Bring clusters, files and bash back to where the current step began.

        Raises:
            WalkthroughError: something else is being done.
            PlaygroundError: that state cannot be brought back.
        """
        with self._alone():
            self._begin_anew(self._current)

    def go_to(self, step: str) -> bool:
        """Make a step the current one: forward by solving what lies between, backward by restoring how it began.

        Returns:
            False when a step on the way could not be solved; the current step is that one then.

        Raises:
            WalkthroughError: there is no such step, or something else is being done.
            PlaygroundError: a state cannot be kept or brought back.
        """
        if step not in self._stages:
            known = ", ".join(self._order)
            raise WalkthroughError(self.texts("error.no_step", step=step), self.texts("error.known", known=known))
        with self._alone():
            if self._order.index(step) < self._order.index(self._current):
                self._begin_anew(step)
            while self._current != step:
                stage = self._stage(None)
                if self._progress.step(stage.id).state != "passed" and not self._solve(stage):
                    return False
                self._enter(self._order[self._order.index(self._current) + 1])
        return True

    def next(self) -> bool:
        """Go on; False when the current step is not done (it stays), or was the last.

        Raises:
            WalkthroughError: something else is being done.
            PlaygroundError: the state cannot be kept.
        """
        position = self._order.index(self._current)
        if self._progress.step(self._current).state != "passed" or position + 1 == len(self._order):
            return False
        with self._alone():
            self._enter(self._order[position + 1])
        return True

    def previous(self) -> bool:
        """Go back by restoring; False at the first step.

        Raises:
            WalkthroughError, PlaygroundError: as `go_to`.
        """
        position = self._order.index(self._current)
        return position > 0 and self.go_to(self._order[position - 1])

    def snapshots(self) -> tuple[Saved, ...]:
        """What the learner saved, oldest first."""
        return self._shelf.saved()

    def save_snapshot(self, name: str) -> Saved:
        """Save clusters, files, bash and position.

        Raises:
            PlaygroundError: there are no clusters, the name is taken or no name, or the disk is full.
            WalkthroughError: something else is being done.
        """
        with self._alone(), self._busy("busy.saving"):
            return self._shelf.save(name, self._bash.state, self._progress.document())

    def restore_snapshot(self, name: str) -> None:
        """Bring a saved state back.

        Raises:
            PlaygroundError: there is none of that name, or it cannot be brought back.
            WalkthroughError: something else is being done.
        """
        with self._alone(), self._busy("busy.restoring"), self._unjudged():
            bash, position = self._shelf.restore(name)
            self._bash.become(bash)
            if position is not None and position.get("current") in self._stages:
                self._note("restored", lasting=True, step=position["current"], position=position)
            self._arrive(self._progress.current)

    def delete_snapshot(self, name: str) -> None:
        """Forget a saved state.

        Raises:
            PlaygroundError: there is none of that name.
        """
        self._shelf.delete(name)

    @property
    def environment(self) -> Mapping[str, str]:
        """For a real terminal beside the bash: what a program started from the bash would see."""
        return self._bash.exported

    def world(self) -> World:
        """A picture of the clusters now."""
        with self._looking:
            return atlas_snapshot.take(self._lab, list(self.kubeconfigs()))

    def deviations(self, world: World | None = None) -> tuple[Deviation, ...] | None:
        """How the clusters differ from where the current step leads; None where no goal was recorded."""
        goal = load_goal(self.lesson.name, self._current)
        return None if goal is None else compare(goal, world if world is not None else self.world())

    def explain(self, target: Target) -> list[str]:
        """Why something is as it is, from what is seen to the root; nothing where nothing known is wrong."""
        from liqolab.steps.why.causes import explain

        with self._looking:
            return explain(self._lab, target)

    def touch(self) -> None:
        """The learner did something (a key, a click): time counts as spent on the step."""
        self._clock.touch()
