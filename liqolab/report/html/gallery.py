"""The worlds before and after each scenario. Most are alike, so each distinct drawing is in the page once."""

from __future__ import annotations

from liqolab.atlas.world import World
from liqolab.report.html.changes import SIGNS, Change, Marks, changes
from liqolab.report.html.drawing import describe, draw, width
from liqolab.report.html.markup import Html, tag
from liqolab.report.html.words import plural
from liqolab.report.record import ScenarioRecord

_MOST_CHANGES = 30


class Gallery:
    """All drawings of a page; figures refer to them."""

    def __init__(self) -> None:
        self._ids: dict[Html, str] = {}

    def scenario(self, scenario: ScenarioRecord) -> Html | None:
        """The clusters before and after a scenario, with what changed marked and told; None where nobody looked."""
        before, after = scenario.before, scenario.after
        if before is None or after is None:
            only = before or after
            return _pair(self._figure("As it was", only, {})) if only is not None else None
        found = changes(before, after)
        if not found:
            return _pair(self._figure("Before and after (nothing that a picture shows has changed)", after, {}))
        gone: Marks = {change.key: change.kind for change in found if change.kind == "removed"}
        come: Marks = {change.key: change.kind for change in found if change.kind != "removed"}
        return tag("div", _pair(self._figure("Before", before, gone), self._figure("After", after, come)), _told(found))

    def definitions(self) -> Html:
        """The drawings themselves."""
        if not self._ids:
            return Html("")
        drawings = [tag("g", shapes, id=id_) for shapes, id_ in self._ids.items()]
        return tag("svg", tag("defs", drawings), class_="drawings", width=0, height=0, aria_hidden="true")

    def _figure(self, caption: str, world: World, marks: Marks) -> Html:
        if not world.clusters:
            return tag("figure", tag("figcaption", caption), tag("p", "no clusters", class_="quiet empty"))
        shapes, height = draw(world, marks)
        id_ = self._ids.setdefault(shapes, f"drawing-{len(self._ids) + 1}")
        drawing = tag(
            "svg",
            tag("use", href=f"#{id_}"),
            viewBox=f"0 0 {width(world)} {height}",
            style=f"--w:{width(world)}px",
            class_="world",
            role="img",
            aria_label=describe(world),
        )
        # Keyboards scroll what has the focus; a narrow screen shows a part of the drawing.
        scroller = tag("div", drawing, class_="scroll", tabindex=0, role="group", aria_label=f"{caption}: the clusters")
        return tag("figure", tag("figcaption", caption), scroller)


def _pair(*figures: Html) -> Html:
    return tag("div", figures, class_="pictures")


def _told(found: list[Change]) -> Html:
    rows = [
        tag("li", tag("span", SIGNS[change.kind], class_=f"mark {change.kind}", aria_label=change.kind), change.text)
        for change in found[:_MOST_CHANGES]
    ]
    if len(found) > _MOST_CHANGES:
        rows.append(tag("li", f"and {len(found) - _MOST_CHANGES} more"))
    return tag("details", tag("summary", plural(len(found), "change"), " in words"), tag("ul", rows, class_="changes"))
