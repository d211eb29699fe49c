"""One cluster as the lines of a card: its state, its nodes, its namespaces with their pods, what the rest amounts to.

A card is for a glance. It shows every pod while there are few, counts by state where there are many, and puts what
belongs to the machinery into one line. Marks of differences stand before the line that they are about.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from liqolab.atlas.deviation import Deviation
from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World
from liqolab_tui.drawing import glyphs, placing
from liqolab_tui.drawing.canvas import Line, Span
from liqolab_tui.reference import Reference
from liqolab_tui.wording import Say, shortened

_NONE = ("", "None")
_SHORTEST_TAIL, _LONGEST_TAIL = 9, 13


@dataclass(frozen=True, slots=True)
class CardStyle:
    """How cards are drawn.

    Attributes:
        pods: so many pods of a namespace are shown one by one.
        peerings: whether a card lists its peerings itself, for want of lines between the cards.
        deviations: differences to be marked.
        brief: whether what belongs to the machinery is left out.
        world: what the pods' twins are looked for in.
        regions: cluster → region, for the titles.
        mend: the command that brings a cluster back which is gone; empty where there is none.
    """

    say: Say
    pods: int = 8
    peerings: bool = False
    deviations: Sequence[Deviation] = ()
    brief: bool = False
    world: World = field(default_factory=World)
    regions: Mapping[str, str] = field(default_factory=dict)
    mend: str = ""


def card_lines(view: ClusterView, width: int, style: CardStyle) -> list[Line]:
    """The inside of one cluster's card, `width` cells wide."""
    marks = _Marks(view.name, style)
    lines = [_status(view, width, style)]
    if not view.reachable and not view.waiting and style.mend:
        told = textwrap.wrap(style.say("tui.map.mend", command=style.mend), width)
        lines += [Line((Span(line, "key"),)) for line in told]
    if view.nodes:
        lines += [_node(view, node, width, style, marks) for node in view.nodes]
    lines += marks.missing("node", width)
    shown = [namespace for namespace in view.namespaces if not _is_machinery(view, namespace)]
    for namespace in shown:
        lines += _namespace(view, namespace, width, style, marks)
    lines += marks.missing("namespace", width)
    lines += _rest(view, {namespace.name for namespace in shown}, width, style)
    if style.peerings:
        shown_peerings = [peering for peering in view.peerings if _is_told(peering, style)]
        lines += [_peering(view, peering, width, style) for peering in shown_peerings]
    return [*lines, *marks.missing("peering", width)]


def is_link(peering: Peering) -> bool:
    """Whether there is anything between the two clusters."""
    return peering.outgoing not in _NONE or peering.incoming not in _NONE


def _is_told(peering: Peering, style: CardStyle) -> bool:
    """A brief card tells of a peering at the consumer's end only; the line leads to the other one."""
    return is_link(peering) and (not style.brief or peering.outgoing not in _NONE)


def link_words(peering: Peering, say: Say) -> str:
    """What a link says of itself, such as ``Established · tunnel up``."""
    state = peering.outgoing if peering.outgoing not in _NONE else peering.incoming
    tunnel = say("tui.map.tunnel_up") if peering.networking == "Established" else peering.networking or "None"
    return say("tui.map.link", state=state, tunnel=tunnel)


def is_up(peering: Peering) -> bool:
    """Whether bytes can travel."""
    return peering.networking == "Established"


class _Marks:
    """The differences of one cluster, by what they are about."""

    def __init__(self, cluster: str, style: CardStyle) -> None:
        self._cluster = cluster
        self._say = style.say
        self._of = [deviation for deviation in style.deviations if deviation.cluster == cluster]

    def about(self, what: str) -> Deviation | None:
        return next((deviation for deviation in self._of if deviation.what == what), None)

    def sign(self, what: str) -> tuple[Span, ...]:
        found = self.about(what)
        return (
            () if found is None else (Span(f"{glyphs.DEVIATIONS[found.kind][0]} ", glyphs.DEVIATIONS[found.kind][1]),)
        )

    def missing(self, word: str, width: int, of: str = "") -> list[Line]:
        """Lines for what the goal has and the cluster has not."""
        found = [entry for entry in self._of if entry.kind == "missing" and entry.what.startswith(f"{word} ")]
        sign, role = glyphs.DEVIATIONS["missing"]
        here = [entry for entry in found if not of or entry.what.endswith(f" in {of}")]
        return [Line((Span(shortened(f"{sign} {entry.what}", width), role),)) for entry in here]


def _status(view: ClusterView, width: int, style: CardStyle) -> Line:
    target = Reference(view.name)
    if not view.reachable:
        sign, role = glyphs.cluster_sign(view)
        words = style.say("tui.map.waiting" if view.waiting else "tui.map.unreachable")
        return Line((Span(shortened(f"{sign} {words}", width), role),), target)
    ready = Span(f"{glyphs.READY} {style.say('tui.map.ready')}", "good")
    liqo = style.say("tui.map.liqo" if view.liqo else "tui.map.no_liqo")
    rest = f" · {liqo}" + (f" · {view.version}" if view.version else "")
    room = width - len(ready.text)
    text = rest if len(rest) <= room else f" · {liqo}"
    return Line((ready, Span(text[:room], "muted")), target)


def _node(view: ClusterView, node: Node, width: int, style: CardStyle, marks: _Marks) -> Line:
    sign = glyphs.VIRTUAL if node.virtual else glyphs.PHYSICAL
    role = "bad" if not node.ready else "virtual" if node.virtual else "text"
    right = _node_tail(view, node, width, style)
    lead = marks.sign(f"node {node.name}")
    state = "" if node.ready else " NotReady"
    room = width - sum(len(span.text) for span in (*lead, *right)) - len(state) - 3
    name = shortened(node.name, room)
    return _spread((*lead, Span(f"{sign} {name}{state}", role)), right, width, Reference(view.name, "node", node.name))


def _node_tail(view: ClusterView, node: Node, width: int, style: CardStyle) -> tuple[Span, ...]:
    """What stands at the right of a node: what the policy says of it, and its pods."""
    counts = pod_counts(pod for pod in view.pods if pod.node == node.name)
    verdict = placing.allowed(view, node)
    if verdict is None:
        return counts
    sign, role = glyphs.POLICY[verdict]
    word = f" {style.say('tui.map.allowed' if verdict else 'tui.map.forbidden')}"
    # The sign says it, too; the name is worth more than the word.
    if len(node.name) + len(word) + sum(len(span.text) for span in counts) + 8 > width:
        word = ""
    return (Span(f"{sign}{word}", role), *((Span("  ", "muted"), *counts) if counts else ()))


def _namespace(view: ClusterView, namespace: Namespace, width: int, style: CardStyle, marks: _Marks) -> list[Line]:
    pods = [pod for pod in view.pods if pod.namespace == namespace.name]
    lead = marks.sign(f"namespace {namespace.name}")
    where = ""
    if namespace.offloaded_to:
        where = f" {glyphs.TOWARDS} {', '.join(namespace.offloaded_to)}"
    elif namespace.offloaded_from:
        where = f" {glyphs.FROM} {namespace.offloaded_from}"
    name = shortened(namespace.name, max(width - len(where) - 2 * len(lead), 4))
    title = Line(
        (*lead, Span(name, "head"), Span(shortened(where, width - len(name) - 2 * len(lead)), "virtual")),
        Reference(view.name, "namespace", namespace.name),
    )
    lines = [title, *(_pod(view, pod, width, style, marks) for pod in pods[: style.pods])]
    if len(pods) > style.pods:
        more = style.say("tui.map.more_pods", count=len(pods) - style.pods)
        lines.append(_spread((Span(f"  {more}", "muted"),), pod_counts(pods[style.pods :]), width))
    elif not pods and namespace.phase != "Active":
        lines.append(Line((Span(f"  {namespace.phase}", "wait"),)))
    return [*lines, *marks.missing("pod", width, namespace.name)]


def _pod(view: ClusterView, pod: Pod, width: int, style: CardStyle, marks: _Marks) -> Line:
    sign, role = glyphs.PODS.get(pod.state, ("?", "muted"))
    lead = marks.sign(f"pod {pod.app} in {pod.namespace}") or (Span("  "),)
    there, home = placing.elsewhere(style.world, view, pod)
    well = pod.node if pod.state in ("Running", "Succeeded") else pod.state
    where = f"{glyphs.TOWARDS} {there}" if there else f"{glyphs.FROM} {home}" if home else well
    room = width - 4
    name = _pod_name(pod, room, len(where))
    left = room - len(name) - 1
    tail = shortened(where, left) if left >= min(len(where), _SHORTEST_TAIL) else ""
    spans = (*lead, Span(f"{sign} ", role), Span(name, "text"))
    quiet = "virtual" if there or home else "muted" if pod.state in ("Running", "Succeeded") else role
    return _spread(spans, (Span(tail, quiet),), width, Reference(view.name, "pod", pod.name, pod.namespace))


def _pod_name(pod: Pod, room: int, beside: int) -> str:
    """As much of the pod's name as leaves room for what stands beside it, or as fits alone where nothing else does."""
    names = (pod.name, f"{pod.app}-…{pod.name[-5:]}", pod.app)
    together = room - min(beside, _LONGEST_TAIL) - 1
    return next((name for name in names if name and len(name) <= together), shortened(pod.app or pod.name, room))


def _rest(view: ClusterView, shown: set[str], width: int, style: CardStyle) -> list[Line]:
    pods = [pod for pod in view.pods if pod.namespace not in shown]
    if not pods or style.brief:
        return []
    words = shortened(style.say("tui.map.machinery"), width - 6)
    return [_spread((Span(words, "muted"),), pod_counts(pods), width)]


def _peering(view: ClusterView, peering: Peering, width: int, style: CardStyle) -> Line:
    sign = glyphs.TOWARDS if peering.outgoing not in _NONE else glyphs.FROM
    text = shortened(f"{sign} {peering.cluster}  {link_words(peering, style.say)}", width)
    target = Reference(view.name, "foreigncluster", peering.cluster)
    return Line((Span(text, "link" if is_up(peering) else "wait"),), target)


def pod_counts(pods: Iterable[Pod]) -> tuple[Span, ...]:
    """How many pods in which state, such as ``● 9 ◌ 1``; nothing for none."""
    counted = Counter(pod.state for pod in pods)
    parts = [(sign, role, counted[state]) for state, (sign, role) in glyphs.PODS.items() if counted[state]]  # type: ignore[index]
    return tuple(
        Span(f" {sign} {count}" if i else f"{sign} {count}", role) for i, (sign, role, count) in enumerate(parts)
    )


def _is_machinery(view: ClusterView, namespace: Namespace) -> bool:
    if namespace.offloading or namespace.offloaded_from or namespace.offloaded_to:
        return False
    # A namespace that everybody has tells nothing until something is in it.
    return namespace.system or (
        namespace.name == "default" and not any(pod.namespace == "default" for pod in view.pods)
    )


def _spread(left: Sequence[Span], right: Sequence[Span], width: int, target: Reference | None = None) -> Line:
    """`left` at the left edge, `right` at the right one."""
    used = sum(len(span.text) for span in (*left, *right))
    return Line((*left, Span(" " * max(width - used, 1 if right else 0)), *right), target)
