"""What the picture shows at one moment, as plain values, and as HTML for where nothing lives.

The drawing is that of the HTML report. Signs mark what differs from the goal: ``+`` is still to come, ``−`` is too
much, ``~`` is not yet as it should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liqolab.atlas.goal import Deviation, compare, load_goal
from liqolab.atlas.world import World
from liqolab.learn.model import Light
from liqolab.learn.texts import Texts
from liqolab.learn.walkthrough import Walkthrough
from liqolab.notebook.results import LIGHT_SIGNS
from liqolab.report.html.changes import Key, Kind, Marks
from liqolab.report.html.drawing import describe, draw, width
from liqolab.report.html.markup import Html, tag

_KINDS: dict[str, Kind] = {"missing": "added", "extra": "removed", "different": "changed"}


@dataclass(frozen=True, slots=True)
class View:
    """One moment of a lesson.

    Attributes:
        goal: where the step leads; None where that was not recorded.
        deviations: how the clusters differ from it.
    """

    world: World
    goal: World | None
    deviations: tuple[Deviation, ...]
    step: str
    title: str
    number: int
    count: int
    lights: tuple[Light, ...]

    def values(self, texts: Texts) -> dict[str, Any]:
        """As JSON, for the living picture."""
        say = texts
        return {
            "step": say("notebook.picture.step", number=self.number, count=self.count, title=self.title),
            "id": self.step,
            "now": self.drawing(texts),
            "goal": drawing(self.goal, self.marks("missing"), say) if self.goal is not None else "",
            "differences": [str(entry) for entry in self.deviations],
            "told": self.told(texts),
            "lights": [
                {
                    "state": light.state,
                    "sign": LIGHT_SIGNS[light.state],
                    "text": light.task.text,
                    "word": say(f"notebook.check.light.{light.state}"),
                }
                for light in self.lights
            ],
        }

    def drawing(self, texts: Texts) -> Html:
        """The clusters as they are."""
        return drawing(self.world, self.marks("extra", "different"), texts)

    def marks(self, *kinds: str) -> Marks:
        """What differs in one of these ways, for the drawing."""
        return dict(_marks([entry for entry in self.deviations if entry.kind in kinds], self.world))

    def told(self, texts: Texts) -> str:
        """How far the clusters are from the goal, in a sentence."""
        if self.goal is None:
            return texts("notebook.picture.no_goal")
        return texts("notebook.picture.differences") if self.deviations else texts("notebook.picture.same")

    def still(self, texts: Texts, at: datetime) -> Html:
        """The same without life, for files, printers and viewers that run nothing."""
        heading = tag("p", tag("strong", self.values(texts)["step"]))
        lights = [
            tag(
                "li",
                tag("span", LIGHT_SIGNS[light.state], class_="sign", aria_hidden="true"),
                tag("span", light.task.text),
                tag("span", texts(f"notebook.check.light.{light.state}"), class_="word"),
                class_=f"light {light.state}",
            )
            for light in self.lights
        ]
        figure = tag("figure", tag("figcaption", texts("notebook.picture.now")), self.drawing(texts))
        words = [tag("li", str(entry)) for entry in self.deviations]
        different = tag("details", tag("summary", self.told(texts)), tag("ul", words)) if words else None
        time = tag("p", texts("notebook.picture.still", time=at.strftime("%H:%M:%S")), class_="quiet")
        body = (heading, figure, tag("ul", lights, class_="lights"), different, time)
        return tag("section", body, class_="picture", aria_label=texts("notebook.picture.label"))

    def text(self, texts: Texts) -> str:
        """For a terminal."""
        rows = [f"{LIGHT_SIGNS[light.state]} {light.task.text}" for light in self.lights]
        clusters = describe(self.world) if self.world.clusters else texts("notebook.picture.no_clusters")
        return "\n".join([self.values(texts)["step"], clusters, *rows, *map(str, self.deviations)])


def look(walkthrough: Walkthrough, world: World) -> View:
    """How things stand; quick, as no cluster is asked."""
    step = walkthrough.step()
    order = [view.id for view in walkthrough.steps]
    goal = load_goal(walkthrough.lesson.name, step.id)
    deviations = compare(goal, world) if goal is not None else ()
    number = order.index(step.id) + 1
    return View(world, goal, deviations, step.id, step.title, number, len(order), walkthrough.lights(step.id))


def drawing(world: World, marks: Marks, texts: Texts) -> Html:
    """Clusters as a drawing that says in words what it shows."""
    if not world.clusters:
        return tag("p", texts("notebook.picture.no_clusters"), class_="quiet empty")
    shapes, height = draw(world, marks)
    box = f"0 0 {width(world)} {height}"
    style = f"--w:{width(world)}px"
    svg = tag("svg", shapes, viewBox=box, style=style, class_="world", role="img", aria_label=describe(world))
    # Keyboards scroll what has the focus; a narrow screen shows a part of the drawing.
    return tag("div", svg, class_="scroll", tabindex=0, role="group", aria_label=texts("notebook.picture.label"))


def _marks(deviations: Sequence[Deviation], world: World) -> Iterable[tuple[Key, Kind]]:
    for entry in deviations:
        kind = _KINDS[entry.kind]
        what, _, name = entry.what.rpartition(" ")
        if entry.what == "cluster":
            yield (entry.cluster, "cluster", entry.cluster), kind
        elif entry.what.startswith("pod "):
            app, _, namespace = entry.what.removeprefix("pod ").partition(" in ")
            yield (entry.cluster, "pod", f"{namespace}/{app}"), kind
            view = world.cluster(entry.cluster)
            for pod in view.pods if view is not None else ():
                if (pod.namespace, pod.app) == (namespace, app):
                    yield (entry.cluster, "pod", f"{namespace}/{pod.name}"), kind
        else:
            yield (entry.cluster, what, name), kind
