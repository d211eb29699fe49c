"""A lesson being walked through by a person: one object that every face drives.

`Walkthrough` is thread-safe. Its methods block until done and are meant for worker threads; what happens meanwhile is
told to listeners. One thing at a time is done to the clusters and the bash: what is asked for meanwhile is refused.
No cluster is touched by opening a walkthrough, and closing it leaves them as they are.

It is put together from parts with a duty each: who has the turn (`turns`), what lasts (`notes`), what is judged
(`goals`), what is typed (`typist`), where the learner is (`course`), how steps began and what was saved
(`step_starts`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from liqolab import installed
from liqolab.atlas import snapshot as atlas_snapshot
from liqolab.atlas.goal import Deviation, compare, load_goal
from liqolab.atlas.world import World
from liqolab.learn import curriculum
from liqolab.learn.completing import Completion
from liqolab.learn.course import Course
from liqolab.learn.framing import ending
from liqolab.learn.goals import Goals
from liqolab.learn.hints import hint as make_hint
from liqolab.learn.journal import Journal
from liqolab.learn.learners_bash import LearnersBash
from liqolab.learn.lights import Lights
from liqolab.learn.model import Hint, Light, Saved, StepProgress, StepView
from liqolab.learn.notes import Notes
from liqolab.learn.notices import CommandEnded, CompanyChanged, Listener, ProgressChanged
from liqolab.learn.step_starts import SavedStates, StepStarts
from liqolab.learn.steps import stages
from liqolab.learn.teaching import Lectern
from liqolab.learn.texts import Texts
from liqolab.learn.turns import Turns, WalkthroughError
from liqolab.learn.typist import Typist
from liqolab.learn.watching import NotingLab
from liqolab.playground.home import Playground
from liqolab.scenario.lesson import Lesson
from liqolab.scenario.session import kubeconfigs, lay_out, open_lab, open_lab_as
from liqolab.steps.failing.failure import Target
from liqolab.steps.failing.harmless import HarmlessFailure

__all__ = ["Walkthrough", "WalkthroughError"]


class Walkthrough:
    """One lesson in one playground.

    Attributes:
        lesson, language: what is shown, and in which language.
        resumed: whether the learner has been here before.
        texts: the catalogue of that language.
        steps: all steps, in order.
        folder: where the bash begins.
    """

    def __init__(self, playground: Playground, lesson: Lesson, language: str = "en") -> None:
        """Lay out the lesson's folder and go on where the journal ends.

        Raises:
            PlaygroundError: the folder cannot be written.
            LessonError: the lesson contradicts itself.
        """
        self.lesson, self.playground, self.language = lesson, playground, language
        self.texts = Texts(language)
        all_stages = stages(lesson)
        self.steps: tuple[StepView, ...] = tuple(stage.view for stage in all_stages)
        shell = lay_out(playground, lesson)
        self.folder = shell.folder
        memory = playground.root / "learn" / lesson.name
        self._turns = Turns(self.texts)
        self._notes = Notes(Journal(memory / "journal.jsonl"), self._turns)
        self._lights = Lights(self._notes.journal, self._notes.progress)
        self._bash = LearnersBash(shell.environment, self.folder, memory / "bash.json")
        judges = open_lab_as(NotingLab, playground, lesson)
        self._goals = Goals(open_lab(playground, lesson), judges, self._lights, self._turns, self.texts)
        command = f"liqolab shell {lesson.name} --playground {playground.name}"
        self._lectern = Lectern(lesson, all_stages, self.folder, self.texts, command)
        self._typist = Typist(self._bash, self._lectern, self._notes, self._turns, self._goals.again)
        self._saved = SavedStates(playground)
        self._course = Course(
            all_stages,
            StepStarts(playground, lesson),
            self._bash,
            self._typist,
            self._goals,
            self._lights,
            self._notes,
            self._turns,
            lambda: lay_out(playground, lesson),
        )
        self.resumed = bool(self._course.current)
        self._company = 0
        self._notes.journal.on_news(self._read_news)
        self._company = self.company
        self._course.begin()

    def __enter__(self) -> Walkthrough:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the bash and all threads; the clusters stay."""
        if self._turns.closed:
            return
        self._turns.closed = self._turns.stopping = True
        # How long the last minute was is no reason to leave anything behind.
        with contextlib.suppress(WalkthroughError):
            self._notes.spend(self.current)
        self._bash.close()
        self._goals.close()
        self._notes.journal.close()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` everything from now on; the answer ends that."""
        return self._turns.subscribe(listener)

    @property
    def company(self) -> int:
        """How many other faces have this lesson of this playground open: what is done in one moves all."""
        return self._notes.journal.company

    @property
    def current(self) -> str:
        """Id of the current step."""
        return self._course.current

    def kubeconfigs(self) -> Mapping[str, Path]:
        """The clusters that exist now; those of the lesson first, in its order. Cheap enough to ask often."""
        return kubeconfigs(self.playground, self.lesson)

    def step(self, step: str | None = None) -> StepView:
        """A step by id; None: the current one."""
        return self._course.stage(step).view

    def lights(self, step: str | None = None) -> tuple[Light, ...]:
        """How the tasks of a step stand, as far as they have been judged; does not block."""
        return self._lights.of(self._course.stage(step))

    def progress(self, step: str | None = None) -> StepProgress:
        """How far the learner is with a step; does not block."""
        name = self._course.stage(step).id
        known = self._notes.progress.step(name).view()
        return replace(known, seconds=known.seconds + self._notes.clock.waiting) if name == self.current else known

    def run(self, text: str) -> CommandEnded:
        """Type a command into the bash and wait for its end; its checks follow in the background.

        Raises:
            WalkthroughError: something else is being done.
        """
        with self._turn():
            stage = self._course.stage()
            ran, ended = self._typist.type(stage, text)
            self._turns.tell(ended)
            outputs = (goal for goal in stage.outline.goals if goal.kind == "output")
            asked = [goal for goal in outputs if self._lectern.answers(stage, goal, ran)]
            answered = self._goals.judge_output(stage, asked, ran)
        self._goals.again()
        return replace(ended, asked_for=answered)

    def wait_before(self, text: str) -> None:
        """Wait where the lesson waits before a command of the current step; for any other text not at all.

        Raises:
            WalkthroughError: something else is being done.
        """
        with self._turn():
            stage = self._course.stage()
            self._course.solver(stage).wait_before(text, self._goals.looking, self._goals.reason)

    def complete(self, line: str) -> Completion:
        """What Tab offers at the end of a line, as the lesson's bash says; nothing while something else is done."""
        with self._turns.taken_if_free() as free:
            return self._bash.complete(line) if free else Completion("")

    def interrupt(self) -> None:
        """Ctrl-C for what runs in the bash, and an end to solving; does not wait for anything but the command."""
        self._turns.stopping = True
        self._bash.interrupt()

    @property
    def running(self) -> bool:
        """Whether a command runs in the bash."""
        return self._bash.running

    def settle(self) -> tuple[Light, ...]:
        """Judge the current step's tasks as they are at this moment."""
        self._goals.settle()
        return self.lights()

    def check(self) -> tuple[Light, ...]:
        """Judge the current step's tasks, giving clusters that are on their way a moment to get there."""
        self.touch()
        self._goals.check(self._course.stage())
        return self.lights()

    def failures(self) -> Mapping[str, HarmlessFailure]:
        """Why tasks of the current step are not done, by id: with causes and evidence, for those that the clusters can
        be asked about.
        """
        stage = self._course.stage()
        open_tasks = {light.task.id for light in self._lights.of(stage) if light.state != "on"}
        return self._goals.failures(goal for goal in stage.outline.goals if goal.id in open_tasks)

    def clusters_changed(self) -> None:
        """Somebody saw the clusters change: judge again soon; does not block."""
        self._goals.again()

    def hint(self) -> Hint:
        """The next rung of the step's ladder; the last one again when there is no further.

        Raises:
            WalkthroughError: the disk is full.
        """
        stage = self._course.stage()
        level = self._notes.progress.step(stage.id).hints + 1
        found = make_hint(stage, level, self.next_command, self.texts)
        self._notes.note("hint", step=stage.id, level=found.level)
        self._turns.tell(ProgressChanged())
        return found

    @property
    def next_command(self) -> str:
        """What the step's feature has the learner type next; empty when all of it is typed."""
        return self._course.solver(self._course.stage()).next_command

    def solve(self) -> bool:
        """Type what remains of the current step; whether all its tasks are done then.

        Raises:
            WalkthroughError: something else is being done.
        """
        with self._turn():
            return self._course.solve(self._course.stage())

    def reset(self) -> None:
        """Bring clusters, files and bash back to where the current step began.

        Raises:
            WalkthroughError: something else is being done.
            PlaygroundError: that state cannot be brought back.
        """
        with self._turn():
            self._course.begin_anew(self.current)

    def go_to(self, step: str) -> bool:
        """Make a step the current one: forward by solving what lies between, backward by restoring how it began.

        Returns:
            False when a step on the way could not be solved; the current step is that one then.

        Raises:
            WalkthroughError: there is no such step, or something else is being done.
            PlaygroundError: a state cannot be kept or brought back.
        """
        if step not in self._course:
            known = ", ".join(self._course.order)
            raise WalkthroughError(self.texts("error.no_step", step=step), self.texts("error.known", known=known))
        with self._turn():
            return self._course.go_to(step)

    def next(self) -> bool:
        """Go on; False when the current step is not done (it stays), or was the last.

        Raises:
            WalkthroughError: something else is being done.
            PlaygroundError: the state cannot be kept.
        """
        course, following = self._course, self._course.position + 1
        if not course.is_passed(self.current) or following == len(course.order):
            return False
        with self._turn():
            course.enter(course.order[following])
        return True

    def previous(self) -> bool:
        """Go back by restoring; False at the first step.

        Raises:
            WalkthroughError, PlaygroundError: as `go_to`.
        """
        position = self._course.position
        return position > 0 and self.go_to(self._course.order[position - 1])

    def snapshots(self) -> tuple[Saved, ...]:
        """What the learner saved, oldest first."""
        return self._saved.saved()

    def save_snapshot(self, name: str) -> Saved:
        """Save clusters, files, bash and position.

        Raises:
            PlaygroundError: there are no clusters, the name is taken or no name, or the disk is full.
            WalkthroughError: something else is being done.
        """
        with self._turn(), self._turns.busy("busy.saving"):
            return self._saved.save(name, self._bash.state, self._notes.progress.document())

    def restore_snapshot(self, name: str) -> None:
        """Bring a saved state back.

        Raises:
            PlaygroundError: there is none of that name, or it cannot be brought back.
            WalkthroughError: something else is being done.
        """
        with self._turn(), self._turns.busy("busy.restoring"):
            self._goals.discard()
            bash, position = self._saved.restore(name)
            self._bash.become(bash)
            if position is not None and position.get("current") in self._course:
                self._notes.note("restored", lasting=True, step=position["current"], position=position)
            self._course.arrive(self._notes.progress.current)

    def delete_snapshot(self, name: str) -> None:
        """Forget a saved state.

        Raises:
            PlaygroundError: there is none of that name.
        """
        self._saved.delete(name)

    @property
    def environment(self) -> Mapping[str, str]:
        """For a real terminal beside the bash: what a program started from the bash would see."""
        return self._bash.exported

    def world(self) -> World:
        """How the clusters are now."""
        with self._goals.looking() as lab:
            return atlas_snapshot.take(lab, list(self.kubeconfigs()))

    def deviations(self, world: World | None = None) -> tuple[Deviation, ...] | None:
        """How the clusters differ from where the current step leads; None where no goal was recorded."""
        goal = load_goal(self.lesson.name, self.current)
        return None if goal is None else compare(goal, world if world is not None else self.world())

    def ending(self) -> str:
        """What was learnt, how long it took and what comes next, as Markdown: for whoever has finished."""
        following = curriculum.following(self.lesson)
        if following is None:
            onward = self.texts("lesson.last", command=installed.command("lessons"))
        else:
            command = installed.command(f"learn {following.name}")
            onward = self.texts("lesson.onward", title=following.title, summary=following.summary, command=command)
        progress = {step.id: self.progress(step.id) for step in self.steps}
        return ending(self.lesson, self.steps, progress, onward)

    def explain(self, target: Target) -> list[str]:
        """Why something is as it is, from what is seen to the root; nothing where nothing known is wrong."""
        from liqolab.steps.why.causes import explain

        with self._goals.looking() as lab:
            return explain(lab, target)

    def touch(self) -> None:
        """The learner did something (a key, a click): time counts as spent on the step."""
        self._notes.clock.touch()

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        with self._turns.taken():
            yield
        self._course.follow()

    def _read_news(self) -> None:
        """Another face has come, gone, or written something; called in the journal's thread."""
        if (company := self.company) != self._company:
            self._company = company
            self._turns.tell(CompanyChanged(company))
        self._notes.read()
        self._course.follow()
        self._turns.tell(ProgressChanged())
        self._goals.again()
