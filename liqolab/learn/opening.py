"""From a command line to a walkthrough: which playground, which language, begun where."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liqolab import installed
from liqolab.learn.texts import choose_language
from liqolab.playground import home
from liqolab.playground.home import Playground
from liqolab.playground.providers import settle_for
from liqolab.scenario import DEFAULT_LESSON

if TYPE_CHECKING:
    from liqolab.learn.walkthrough import Walkthrough

DEFAULT_PLAYGROUND = "learn"
_LONGEST_NAME = 40


def default_playground(scenario: str) -> str:
    """Where a lesson is learnt unless somebody says otherwise.

    Each has a playground of its own: its clusters, saved states and resets are then nobody else's.
    """
    if scenario == DEFAULT_LESSON:
        return DEFAULT_PLAYGROUND
    return f"{DEFAULT_PLAYGROUND}-{scenario}"[:_LONGEST_NAME].rstrip("-")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a face is started with.

    Attributes:
        scenario: name of the lesson.
        playground: name of the playground.
        language: one that was asked for; None for that of the environment.
        step: where to go first; None for where the learner left off.
        provider, node_image, kubeconfigs, liqo, dialect: who gives the clusters, as the command line says it.
    """

    scenario: str
    playground: str = DEFAULT_PLAYGROUND
    language: str | None = None
    step: str | None = None
    provider: str | None = None
    node_image: str | None = None
    kubeconfigs: tuple[str, ...] = ()
    liqo: str | None = None
    dialect: str | None = None

    def again(self, language: str, *options: str) -> str:
        """What to type to come back to where the learner left, in the language that was spoken last."""
        words = ["learn", *([self.scenario] if self.scenario != DEFAULT_LESSON else []), *options]
        if self.playground != default_playground(self.scenario):
            words += ["--playground", self.playground]
        if language != choose_language():
            words += ["--language", language]
        return installed.command(" ".join(words))

    def mend(self) -> str:
        """What to type to bring back clusters that have died."""
        return installed.command(f"up --playground {self.playground}")

    def end(self) -> str:
        """What to type to take the clusters down."""
        return installed.command(f"down --playground {self.playground}")


def open_walkthrough(arguments: Arguments) -> Walkthrough:
    """Open what the arguments name; no cluster is touched, and `step` is left to the face.

    Raises:
        LessonError: there is no such lesson, or it contradicts itself.
        PlaygroundError: the name of the playground is not valid, its folder cannot be written, or it has clusters of
            another provider.
    """
    from liqolab.learn.walkthrough import Walkthrough
    from liqolab.scenario.lesson import load_lesson

    language = choose_language(arguments.language)
    playground = home.resolve(arguments.playground)
    asked = arguments.provider, arguments.node_image, arguments.kubeconfigs, arguments.liqo, arguments.dialect
    settle_for(playground, *asked)
    return Walkthrough(playground, load_lesson(arguments.scenario, language), language)


def begin_anew(playground: Playground, scenario: str) -> None:
    """Forget what a playground has of a lesson, and all its clusters; saved states and other lessons' journals stay.

    Raises:
        PlaygroundError: a cluster does not end.
    """
    from liqolab.playground.providers import delete_clusters

    delete_clusters(playground)
    memory = playground.root / "learn"
    for folder in (memory / scenario, *memory.glob(f"places/{scenario}.*"), playground.work(scenario)):
        shutil.rmtree(folder, ignore_errors=True)
