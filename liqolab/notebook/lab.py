"""`lab`: one lesson in one playground, for people who write Python in a notebook.

A thin and synchronous hand on `learn.Walkthrough`. What it is asked for is done while the person waits, and what its
commands print is printed; what it answers shows itself (`results`). The lesson stands where the journal says, so it can
be gone on with in any other face, also at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from liqolab.learn.model import Light
from liqolab.learn.notices import CommandEnded
from liqolab.learn.walkthrough import Walkthrough
from liqolab.notebook.errors import CellError, CommandFailedError
from liqolab.notebook.objects import find
from liqolab.notebook.results import Checked, Hinted, Reasons, Said, Shown
from liqolab.notebook.talking import attended

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

    from liqolab.notebook.picture import Picture

T = TypeVar("T")


class Lab:
    """A lesson that is open.

    Attributes:
        walkthrough: what it drives.
        clusters: by name, a client of the official Python client each.
        closed: whether it is over.
        patient: whether a command of the lesson waits for what the lesson waits for before it.
    """

    def __init__(self, walkthrough: Walkthrough) -> None:
        """The walkthrough is closed with the lab."""
        self.walkthrough = walkthrough
        self.texts = walkthrough.texts
        self.clusters: Mapping[str, ApiClient] = Clients(self)
        self._picture: Picture | None = None
        self.closed = False
        self.patient = False

    def __repr__(self) -> str:
        return self.greeting.text()

    def step(self, name: str | None = None) -> Step:
        """A step by its id; without one, the current step.

        Raises:
            CellError: the lesson has none of that id.
        """
        known = [view.id for view in self.walkthrough.steps]
        if name is not None and name not in known:
            said = self.texts("error.no_step", step=name)
            raise CellError(said, self.texts("error.known", known=", ".join(known)))
        return Step(self, name or self.walkthrough.current)

    @property
    def steps(self) -> list[str]:
        """The ids of all steps, in order."""
        return [view.id for view in self.walkthrough.steps]

    @property
    def greeting(self) -> Said:
        """Which lesson this is, and where in it the person stands."""
        walkthrough = self.walkthrough
        number = self.steps.index(walkthrough.current) + 1
        key = "notebook.opened.resumed" if walkthrough.resumed else "notebook.opened.fresh"
        title, step = walkthrough.lesson.title, walkthrough.step().title
        return Said(self.texts(key, title=title, name=walkthrough.playground.name, number=number, step=step))

    def run(self, text: str) -> CommandEnded:
        """Type shell text into the lesson's bash.

        Raises:
            CommandFailedError: it failed, and no task of the step wants it to.
            CellError: something else is being done.
        """
        self._follow(text)
        if self.patient:
            self.attend(lambda: self.walkthrough.wait_before(text))
        ended = self.attend(lambda: self.walkthrough.run(text))
        if ended.code and not ended.asked_for:
            said = self.texts("plain.ended.failed", code=ended.code, seconds=f"{ended.seconds:.1f}")
            remark = self.texts("plain.ended.remark", remark=ended.remark) if ended.remark else ""
            raise CommandFailedError(ended.code, said, remark)
        return ended

    def goto(self, step: str) -> Said:
        """Make a step the current one: forward by solving what lies between, backward by restoring how it began."""
        view = self.step(step).view
        well = self.attend(lambda: self.walkthrough.go_to(step))
        if not well:
            return Said(self.texts("notebook.solved.badly", step=self.walkthrough.step().title), well=False)
        return Said(self.texts("notebook.went", step=view.title))

    def why(self, what: str, *, cluster: str | None = None, namespace: str | None = None) -> Reasons:
        """Why an object is as it is, from what is seen to the root.

        Args:
            what: ``kind/name``; of a pod, what it belongs to will do: ``pod/app-center``.
            cluster: where it is; every cluster is searched without it.
            namespace: where it is; all are searched without it.

        Raises:
            CellError: there is no such object.
        """
        target = find(self.kubeconfigs(cluster), what, namespace, self.texts)
        causes = self.attend(lambda: self.walkthrough.explain(target))
        return Reasons(str(target), tuple(causes), self.texts)

    def picture(self) -> Picture:
        """The clusters, living: now and where the step leads, tasks as lights, and buttons."""
        from liqolab.notebook.picture import Picture

        if self._picture is None or self._picture.closed:
            step = _Quiet(self.walkthrough).step
            acts: dict[str, Callable[[], Shown]] = {
                "check": lambda: step().check(),
                "hint": lambda: step().hint(),
                "solve": lambda: step().solve(),
                "reset": lambda: step().reset(),
            }
            self._picture = Picture(self.walkthrough, acts)
        return self._picture

    def kubeconfigs(self, cluster: str | None = None) -> Mapping[str, Path]:
        """The clusters that there are; or the one that is asked for.

        Raises:
            CellError: there is none of that name.
        """
        known = self.walkthrough.kubeconfigs()
        if cluster is None:
            return known
        if cluster not in known:
            hint = self.texts("notebook.error.no_clusters_hint", known=", ".join(known) or "–")
            raise CellError(self.texts("notebook.error.no_cluster", cluster=cluster), hint)
        return {cluster: known[cluster]}

    def close(self) -> None:
        """End the bash and the picture; the clusters stay."""
        self.closed = True
        if self._picture is not None:
            self._picture.end()
        self.walkthrough.close()

    def attend(self, act: Callable[[], T]) -> T:
        """Do something while the person waits.

        Raises:
            CellError: it cannot be done, for a reason that the error says.
        """
        try:
            return self.wait(act)
        except Exception as error:
            if (hint := getattr(error, "hint", None)) is None:
                raise
            raise CellError(str(error), str(hint)) from None

    def wait(self, act: Callable[[], T]) -> T:
        """Do something, and print what it has to say."""
        return attended(self.walkthrough, act)

    def is_passed(self, step: str) -> bool:
        """Whether all tasks of a step were done."""
        return self.walkthrough.progress(step).state == "passed"

    def go_on_to(self, step: str) -> bool:
        """Go on to a step if it is the next one and the current one is done; whether it is the current one then."""
        position = self.steps.index(self.walkthrough.current)
        if self.steps[position + 1 : position + 2] == [step] and self.is_passed(self.walkthrough.current):
            self.attend(self.walkthrough.next)
        return self.walkthrough.current == step

    def _follow(self, text: str) -> None:
        """A command of the next step is typed there, if this one is done: cells are in order, and nobody says so."""
        position = self.steps.index(self.walkthrough.current)
        said = " ".join(text.split())
        for view in self.walkthrough.steps[position + 1 : position + 2]:
            here = [command.text for command in self.walkthrough.step().commands]
            there = [command.text for command in view.commands]
            if said in map(_flat, there) and said not in map(_flat, here):
                self.go_on_to(view.id)


class _Quiet(Lab):
    """The same lesson for buttons: they belong to no cell, so nothing is printed."""

    def wait(self, act: Callable[[], T]) -> T:
        return act()


class Step:
    """One step of an open lesson; what is done to it brings the lesson there first, if it lies ahead."""

    def __init__(self, lab: Lab, name: str) -> None:
        self._lab = lab
        self.id = name
        self.view = lab.walkthrough.step(name)

    def __repr__(self) -> str:
        return f"{self.id}: {self.view.title}"

    @property
    def commands(self) -> list[str]:
        """What the step has one type."""
        return [command.text for command in self.view.commands]

    @property
    def lights(self) -> tuple[Light, ...]:
        """How its tasks stand, as far as they were judged."""
        return self._lab.walkthrough.lights(self.id)

    def run(self, text: str | None = None) -> list[CommandEnded]:
        """Type a command, or else all that remains of the step's own, one after the other.

        Raises:
            CommandFailedError: one failed, and no task of the step wants it to.
            CellError: the step is behind, or cannot be got to.
        """
        self._be_here()
        if text is not None:
            return [self._lab.run(text)]
        return [*self._remaining()]

    def check(self) -> Checked:
        """Judge the tasks as the acceptance tests do, giving clusters that are on their way a moment.

        When all are done, the lesson goes on to the next step. Of a step that is not the current one it is told how it
        stands, and nothing is done.
        """
        lab, walkthrough = self._lab, self._lab.walkthrough
        if not lab.go_on_to(self.id):
            if lab.is_passed(self.id):
                return self._checked(lab.texts("notebook.check.passed_before"))
            current = walkthrough.step().title
            return self._checked(lab.texts("notebook.check.not_yet", step=self.view.title, current=current))
        lab.attend(walkthrough.check)
        checked = self._checked()
        if not checked.done:
            failures = lab.attend(walkthrough.failures)
            return Checked(self.id, self.view.title, self.lights, lab.texts, failures=failures)
        lab.attend(walkthrough.next)
        return checked

    def hint(self) -> Hinted:
        """The next rung of the step's ladder of hints."""
        self._be_here()
        return Hinted(self._lab.attend(self._lab.walkthrough.hint), self._lab.texts)

    def solve(self) -> Said:
        """Type what remains of the step, and wait where the lesson waits."""
        self._be_here()
        well = self._lab.attend(self._lab.walkthrough.solve)
        return Said(self._lab.texts(f"notebook.solved.{'well' if well else 'badly'}", step=self.view.title), well)

    def reset(self) -> Said:
        """Bring clusters, files and bash back to where the step began."""
        if self.id != self._lab.walkthrough.current:
            self._lab.goto(self.id)
        else:
            self._lab.attend(self._lab.walkthrough.reset)
        return Said(self._lab.texts("notebook.reset", step=self.view.title))

    def _checked(self, note: str = "") -> Checked:
        return Checked(self.id, self.view.title, self.lights, self._lab.texts, note)

    def _remaining(self) -> Iterator[CommandEnded]:
        """Runs the document's commands that were not run yet."""
        last = ""
        while (text := self._lab.walkthrough.next_command) and text != last:
            print("\n".join(f"$ {line}" for line in text.split("\n")))  # noqa: T201 (a cell's output)
            yield self._lab.run(text)
            last = text

    def _be_here(self) -> None:
        lab = self._lab
        here = lab.walkthrough.current
        if here == self.id:
            return
        if lab.steps.index(self.id) < lab.steps.index(here):
            hint = lab.texts("notebook.error.passed_by_hint", step=self.id)
            raise CellError(lab.texts("notebook.error.passed_by", step=self.view.title), hint)
        if not (arrived := lab.goto(self.id)):
            raise CellError(arrived.text())


class Clients(Mapping[str, "ApiClient"]):
    """The clusters that there are at the moment, each as a client of its own."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def __getitem__(self, cluster: str) -> Any:
        from kubernetes import config

        path = self._lab.kubeconfigs(cluster)[cluster]
        return config.new_client_from_config(config_file=str(path), persist_config=False)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lab.kubeconfigs())

    def __len__(self) -> int:
        return len(self._lab.kubeconfigs())

    def __contains__(self, cluster: object) -> bool:
        return cluster in self._lab.kubeconfigs()


def _flat(text: str) -> str:
    return " ".join(text.split())
