"""The clusters of a moment as one drawing: a box a cluster, in it its nodes with their pods, below it the peerings.

The drawing is plain SVG whose colours come from the page, so it follows light and dark and prints. Shapes and words
carry the meaning: a dashed box is a virtual node, a ring a pod that waits, a cross one that fails; what changed has a
sign (+, − or ~) at its left. Pods of one application in one state are one line with a count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from liqolab.atlas.world import ClusterView, Node, Pod, World
from liqolab.report.html.changes import SIGNS, Kind, Marks
from liqolab.report.html.markup import Html, joined, tag

_BOX = 204
_GAP = 22
_MARGIN = 8
_LINE = 19
_LANE = 26
_MOST_LINES = 12
"""Lines of pods of one node, and of namespaces of one cluster; the rest is counted."""

_POD_SIGNS = {
    "Running": "●",
    "Pending": "○",
    "Unschedulable": "◌",
    "Failing": "✕",
    "Failed": "✕",
    "Succeeded": "✓",
    "Terminating": "◍",
}


@dataclass(slots=True)
class _Canvas:
    """Collects shapes from top to bottom."""

    x: float
    y: float
    shapes: list[Html] = field(default_factory=list)

    def text(
        self, text: str, class_: str = "", *, indent: float = 0, mark: Kind | None = None, title: str = ""
    ) -> None:
        """One line of text; a mark stands at its left."""
        baseline = self.y + 13
        if mark:
            self.shapes.append(
                tag("text", SIGNS[mark], x=self.x + indent - 11, y=baseline, class_=f"mark {mark}", aria_hidden="true")
            )
        most = int((_BOX - indent - 26) / 6.6)
        short = text if len(text) <= most else f"{text[: most - 1]}…"
        tip = tag("title", title or text) if title or short != text else None
        self.shapes.append(tag("text", short, tip, x=self.x + indent, y=baseline, class_=class_ or None))
        self.y += _LINE

    def box(self, height: float, class_: str, *, inset: float = 0) -> None:
        """A box from here, with what is drawn later on top of it."""
        self.shapes.append(
            tag("rect", x=self.x + inset, y=self.y, width=_BOX - 2 * inset, height=height, rx=7, class_=class_)
        )


def width(world: World) -> int:
    """Units of the drawing, as wide as its clusters need."""
    return max(1, len(world.clusters)) * (_BOX + _GAP) - _GAP + 2 * _MARGIN


def draw(world: World, marks: Marks) -> tuple[Html, int]:
    """The shapes of a drawing and its height; `marks` are what came, went or changed."""
    shapes: list[Html] = []
    bottoms: dict[str, tuple[float, float]] = {}
    for index, view in enumerate(world.clusters):
        canvas = _Canvas(_MARGIN + index * (_BOX + _GAP), _MARGIN)
        _cluster(canvas, view, marks)
        shapes += canvas.shapes
        bottoms[view.name] = (canvas.x + _BOX / 2, canvas.y)
    depth = max((bottom for _, bottom in bottoms.values()), default=0.0)
    lanes = [*_lanes(world, marks)]
    for number, lane in enumerate(lanes):
        shapes.append(_link(lane, bottoms, depth + 14 + number * _LANE, number))
    return joined(shapes), round(depth + _MARGIN + (14 + len(lanes) * _LANE if lanes else 0))


def describe(world: World) -> str:
    """The drawing in a sentence a cluster, for those who do not see it."""
    if not world.clusters:
        return "No clusters."
    return " ".join(_describe(view) for view in world.clusters)


def _describe(view: ClusterView) -> str:
    if view.error:
        return f"{view.name} cannot be reached."
    states = Counter(pod.state for pod in _own_pods(view))
    pods = ", ".join(f"{count} {state}" for state, count in states.items()) or "none of their own"
    virtual = [f"{node.name} stands for {node.cluster}" for node in view.nodes if node.virtual]
    nodes = f"{len(view.nodes)} nodes" + (f" ({'; '.join(virtual)})" if virtual else "")
    return f"{view.name}: {nodes}, pods: {pods}."


def _cluster(canvas: _Canvas, view: ClusterView, marks: Marks) -> None:
    """The box of one cluster; afterwards the canvas stands at its bottom edge."""
    inner = _Canvas(canvas.x + 16, canvas.y + 8)
    mark = marks.get((view.name, "cluster", view.name))
    inner.text(view.name, "name", mark=mark)
    inner.text(_subtitle(view), "quiet", title=view.error)
    inner.y += 5
    if not view.error:
        for node in view.nodes:
            _node(inner, view, node, marks)
        _unscheduled(inner, view, marks)
        _namespaces(inner, view, marks)
    height = inner.y + 6 - canvas.y
    state = "lost" if view.error else "cluster"
    canvas.box(height, f"{state} {mark or ''}".strip())
    canvas.shapes += inner.shapes
    canvas.y += height


def _subtitle(view: ClusterView) -> str:
    if view.error:
        return f"cannot be reached: {view.error}"
    return " · ".join(filter(None, ["Liqo" if view.liqo else "no Liqo", view.version]))


def _node(canvas: _Canvas, view: ClusterView, node: Node, marks: Marks) -> None:
    pods = [pod for pod in _own_pods(view) if pod.node == node.name]
    hidden = sum(1 for pod in view.pods if pod.node == node.name) - len(pods)
    inner = _Canvas(canvas.x, canvas.y + 3)
    mark = marks.get((view.name, "node", node.name))
    inner.text(node.name, "node-name", indent=6, mark=mark)
    inner.text(_node_words(node), "quiet", indent=6)
    _pod_lines(inner, view, pods, marks)
    if hidden:
        inner.text(f"{hidden} of the system", "quiet", indent=16)
    height = inner.y - canvas.y + 3
    outer = _Canvas(canvas.x - 16, canvas.y)
    outer.box(height, f"{'virtual' if node.virtual else 'node'} {mark or ''}".strip(), inset=7)
    canvas.shapes += [*outer.shapes, *inner.shapes]
    canvas.y += height + 6


def _node_words(node: Node) -> str:
    words = [f"⇢ {node.cluster}" if node.virtual else "node"]
    words += [value for key, value in node.labels if key.endswith("/region")]
    if not node.ready:
        words.append("not Ready")
    if not node.schedulable:
        words.append("cordoned")
    return " · ".join(words)


def _unscheduled(canvas: _Canvas, view: ClusterView, marks: Marks) -> None:
    known = {node.name for node in view.nodes}
    waiting = [pod for pod in _own_pods(view) if pod.node not in known]
    if waiting:
        canvas.text("on no node", "quiet")
        _pod_lines(canvas, view, waiting, marks)
        canvas.y += 4


def _pod_lines(canvas: _Canvas, view: ClusterView, pods: Iterable[Pod], marks: Marks) -> None:
    groups: dict[tuple[str, str, str], list[Pod]] = {}
    for pod in pods:
        groups.setdefault((pod.namespace, pod.app or pod.name, pod.state), []).append(pod)
    for (namespace, app, state), members in [*groups.items()][:_MOST_LINES]:
        kinds = [marks.get((view.name, "pod", f"{pod.namespace}/{pod.name}")) for pod in members]
        times = f" ×{len(members)}" if len(members) > 1 else ""
        word = "" if state == "Running" else f" {state}"
        canvas.text(
            f"{_POD_SIGNS.get(state, '•')} {app}{times}{word}",
            f"pod {state}",
            indent=16,
            mark=next(filter(None, kinds), None),
            title=f"{state}: {', '.join(pod.name for pod in members)} in namespace {namespace}",
        )
    if len(groups) > _MOST_LINES:
        canvas.text(f"and {len(groups) - _MOST_LINES} more", "quiet", indent=16)


def _namespaces(canvas: _Canvas, view: ClusterView, marks: Marks) -> None:
    own = [entry for entry in view.namespaces if not entry.system and entry.name != "default"]
    if not own:
        return
    canvas.text("namespaces", "quiet")
    for namespace in own[:_MOST_LINES]:
        words = namespace.name
        if namespace.offloading:
            words += f" ⇢ {', '.join(namespace.offloaded_to) or '?'}"
        if namespace.offloaded_from:
            words += f" ⇠ {namespace.offloaded_from}"
        if namespace.phase != "Active":
            words += f" {namespace.phase}"
        canvas.text(words, "namespace", indent=16, mark=marks.get((view.name, "namespace", namespace.name)))
    if len(own) > _MOST_LINES:
        canvas.text(f"and {len(own) - _MOST_LINES} more", "quiet", indent=16)


@dataclass(frozen=True, slots=True)
class _Lane:
    """One peering: who uses whose resources, and how it stands."""

    consumer: str
    provider: str
    phase: str
    mark: Kind | None


def _lanes(world: World, marks: Marks) -> Iterator[_Lane]:
    known = {view.name for view in world.clusters}
    for view in world.clusters:
        for peering in view.peerings:
            if peering.cluster in known and peering.outgoing not in ("None", ""):
                mark = marks.get((view.name, "peering with", peering.cluster))
                yield _Lane(view.name, peering.cluster, peering.outgoing, mark)


def _link(lane: _Lane, bottoms: Mapping[str, tuple[float, float]], y: float, number: int) -> Html:
    """A line from the consumer down, across, and up to the provider, with an arrow head at its end."""
    (start, top), (end, rise) = bottoms[lane.consumer], bottoms[lane.provider]
    shift = (number - 1) * 9
    start, end = start + shift, end + shift
    state = "established" if lane.phase == "Established" else "unsettled"
    label = f"{SIGNS[lane.mark] + ' ' if lane.mark else ''}peering {lane.phase}"
    half = len(label) * 3.4 + 5
    middle = (start + end) / 2
    return tag(
        "g",
        tag("path", d=f"M{start:g} {top:g}V{y:g}H{end:g}V{rise + 6:g}", class_="line"),
        tag("path", d=f"M{end - 4:g} {rise + 8:g}l4 -7l4 7z", class_="head"),
        tag("rect", x=round(middle - half, 1), y=y - 9, width=round(2 * half, 1), height=18, rx=9, class_="label"),
        tag("text", label, x=round(middle, 1), y=y + 4, text_anchor="middle"),
        class_=f"peering {state} {lane.mark or ''}".strip(),
    )


def _own_pods(view: ClusterView) -> list[Pod]:
    """Pods that people made: those of system namespaces are only counted."""
    system = {namespace.name for namespace in view.namespaces if namespace.system}
    return [pod for pod in view.pods if pod.namespace not in system]
