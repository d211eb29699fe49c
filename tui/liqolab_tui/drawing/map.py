"""The map: every cluster a box, every peering a line between two boxes.

Wide enough, the boxes stand side by side and the lines run above them; narrow, the boxes stand below each other and the
lines run at their left. Lines are nested, the longest outermost, so that they do not cross where they need not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from liqolab.atlas.world import ClusterView, Peering, World
from liqolab_tui.drawing import glyphs
from liqolab_tui.drawing.canvas import Canvas, Drawing, Line, Spot
from liqolab_tui.drawing.cards import CardStyle, card_lines, is_link, is_up, link_words
from liqolab_tui.reference import Reference
from liqolab_tui.wording import shortened

MINIMUM_COLUMN = 30
_GAP = 2
_WIDEST = 58


@dataclass(frozen=True, slots=True)
class Link:
    """A peering as it is drawn: from the consumer to the provider, by their places in the row of clusters."""

    consumer: int
    provider: int
    peering: Peering
    both_ways: bool

    @property
    def left(self) -> int:
        return min(self.consumer, self.provider)

    @property
    def right(self) -> int:
        return max(self.consumer, self.provider)


def draw_map(world: World, width: int, style: CardStyle) -> Drawing:
    """The whole drawing, `width` cells wide and as high as it needs to be."""
    if not world.clusters:
        return Drawing(width)
    links = find_links(world)
    style = replace(style, world=world)
    count = len(world.clusters)
    if width >= count * MINIMUM_COLUMN + (count - 1) * _GAP:
        return _side_by_side(world, links, width, style)
    return _stacked(world, links, width, style)


def find_links(world: World) -> list[Link]:
    """One link for each pair of clusters that have anything with each other, the longest first."""
    places = {view.name: place for place, view in enumerate(world.clusters)}
    found: dict[tuple[int, int], Link] = {}
    for place, view in enumerate(world.clusters):
        for peering in view.peerings:
            other = places.get(peering.cluster)
            if other is None or other == place or not is_link(peering):
                continue
            outgoing, incoming = (state not in ("", "None") for state in (peering.outgoing, peering.incoming))
            consumer, provider = (place, other) if outgoing else (other, place)
            pair = (min(place, other), max(place, other))
            if pair not in found or (outgoing and found[pair].consumer != place):
                found[pair] = Link(consumer, provider, peering, outgoing and incoming)
    return sorted(found.values(), key=lambda link: (link.left - link.right, link.left))


def _side_by_side(world: World, links: Sequence[Link], width: int, style: CardStyle) -> Drawing:
    count = len(world.clusters)
    gaps = [_gap(links, place) for place in range(count - 1)]
    column = min((width - sum(gaps)) // count, _WIDEST)
    lefts = [place * column + sum(gaps[:place]) for place in range(count)]
    cards = [card_lines(view, column - 4, style) for view in world.clusters]
    top = len(links)
    height = max(len(card) for card in cards)
    canvas = Canvas(lefts[-1] + column, top + height + 2)
    titles = [_title(view, style) for view in world.clusters]
    for view, card, left, title in zip(world.clusters, cards, lefts, titles, strict=True):
        _box(canvas, view, card, (left, top, column, height + 2), title)
    sizes = [len(shortened(title, column - 6)) + 4 for title in titles]
    ports = _ports(links, [left + size for left, size in zip(lefts, sizes, strict=True)], column, sizes)
    for lane, link in enumerate(links):
        row = _node_row(world, link, cards)
        if row is not None:
            ports[link] = _leave_node(
                canvas, link, lane, ports[link], (lefts[link.consumer], column, top + 1 + row), links
            )
        _lane(canvas, link, lane, top, ports[link], from_node=row is not None)
    for lane, link in enumerate(links):
        _label(canvas, link, lane, ports[link], style, world)
    return canvas.drawing()


def _gap(links: Sequence[Link], place: int) -> int:
    """The room between a box and the next: enough for the lines that come out of their sides there."""
    leaving = sum(_side(link) == place for link in links)
    return leaving + 2 if leaving else _GAP


def _side(link: Link) -> int:
    """The gap in which a line leaves its consumer, by the box at the left of it."""
    return link.consumer if link.provider > link.consumer else link.consumer - 1


def _title(view: ClusterView, style: CardStyle) -> str:
    region = style.regions.get(view.name, "")
    return f"{view.name} · {region}" if region else view.name


def _node_row(world: World, link: Link, cards: Sequence[Sequence[Line]]) -> int | None:
    """The row of the virtual node, in the consumer's card, that stands for the provider."""
    consumer, provider = world.clusters[link.consumer], world.clusters[link.provider].name
    names = {node.name for node in consumer.nodes if node.cluster == provider}
    rows = (
        row
        for row, line in enumerate(cards[link.consumer])
        if line.target is not None and line.target.kind == "node" and line.target.name in names
    )
    return next(rows, None)


def _leave_node(
    canvas: Canvas, link: Link, lane: int, ends: tuple[int, int], place: tuple[int, int, int], links: Sequence[Link]
) -> tuple[int, int]:
    """Draw a line from the node's row out of the box and up to its lane; the ends of the lane then."""
    left, column, row = place
    rightwards = link.provider > link.consumer
    same = [other for other in links if (other.consumer, _side(other)) == (link.consumer, _side(link))]
    # Outer lanes are further out, so that lines cross where they must only.
    step = len(same) - same.index(link)
    edge = left + column - 1 if rightwards else left
    x = edge + step if rightwards else edge - step
    up = is_up(link.peering)
    role = "link" if up else "wait"
    across, down = ("═", "║") if up else ("╌", "┆")
    canvas.put(edge, row, ("╞" if rightwards else "╡") if up else ("├" if rightwards else "┤"), role)
    for between in range(min(edge, x) + 1, max(edge, x)):
        canvas.put(between, row, across if canvas.at(between, row) == " " else "╫", role)
    canvas.put(x, row, ("╝" if rightwards else "╚") if up else ("┘" if rightwards else "└"), role)
    for y in range(lane + 1, row):
        canvas.put(x, y, down, role)
    return (x, ends[1]) if rightwards else (ends[0], x)


def _ports(
    links: Sequence[Link], lefts: Sequence[int], column: int, titles: Sequence[int]
) -> dict[Link, tuple[int, int]]:
    """Where each link touches its left and its right box, right of their titles.

    Lines to the left leave at the left, outer ones outside.
    """
    ports: dict[Link, list[int]] = {link: [0, 0] for link in links}
    for place, (left, title) in enumerate(zip(lefts, titles, strict=True)):
        leftwards = [(link, 1) for link in reversed(links) if link.right == place]
        rightwards = [(link, 0) for link in links if link.left == place]
        here = [*leftwards, *rightwards]
        for number, (link, end) in enumerate(here):
            ports[link][end] = left + max(column - title - 1, 2) * (number + 1) // (len(here) + 1)
    return {link: (ends[0], ends[1]) for link, ends in ports.items()}


def _lane(canvas: Canvas, link: Link, lane: int, top: int, ends: tuple[int, int], *, from_node: bool) -> None:
    up = is_up(link.peering)
    role = "link" if up else "wait"
    across, down = ("═", "║") if up else ("╌", "┆")
    first, last = ends
    for x in range(first + 1, last):
        canvas.put(x, lane, across if canvas.at(x, lane) == " " else "╫", role)
    canvas.put(first, lane, "╔" if up else "┌", role)
    canvas.put(last, lane, "╗" if up else "┐", role)
    provider = last if link.provider == link.right else first
    for x in (provider,) if from_node else ends:
        for y in range(lane + 1, top):
            canvas.put(x, y, down, role)
        canvas.put(x, top, "▼" if x == provider or link.both_ways else ("╨" if up else "┴"), role)


def _label(canvas: Canvas, link: Link, lane: int, ends: tuple[int, int], style: CardStyle, world: World) -> None:
    first, last = ends
    words = f" {link_words(link.peering, style.say)} "
    room = last - first - 3
    if len(words) > room:
        words = f" {words.split(' · ')[0].strip()} "
    text = words if len(words) <= room else f" {shortened(words.strip(), max(room - 2, 0))} "
    x = first + 2 + max((room - len(text)) // 2, 0)
    canvas.put(x, lane, text, "link" if is_up(link.peering) else "wait")
    consumer, provider = world.clusters[link.consumer].name, world.clusters[link.provider].name
    canvas.spots.append(Spot(x, lane, len(text), Reference(consumer, "foreigncluster", provider)))


def _stacked(world: World, links: Sequence[Link], width: int, style: CardStyle) -> Drawing:
    rail = 2 * len(links) + 1 if links else 0
    listing = replace(style, peerings=True)
    cards = [card_lines(view, width - rail - 4, listing) for view in world.clusters]
    tops: list[int] = []
    y = 0
    for card in cards:
        tops.append(y)
        y += len(card) + 2
    canvas = Canvas(width, y)
    for view, card, top in zip(world.clusters, cards, tops, strict=True):
        _box(canvas, view, card, (rail, top, width - rail, len(card) + 2), _title(view, style))
    for lane, link in enumerate(links):
        _rail(canvas, link, 2 * lane, rail, (_consumer_row(world, link, cards, tops), tops[link.provider]))
    return canvas.drawing()


def _consumer_row(world: World, link: Link, cards: Sequence[Sequence[Line]], tops: Sequence[int]) -> int:
    """The row of the virtual node in the consumer's card, else of the line that tells of the link."""
    if (node := _node_row(world, link, cards)) is not None:
        return tops[link.consumer] + 1 + node
    provider = world.clusters[link.provider].name
    for row, line in enumerate(cards[link.consumer]):
        if line.target is not None and line.target.kind == "foreigncluster" and line.target.name == provider:
            return tops[link.consumer] + 1 + row
    return tops[link.consumer]


def _rail(canvas: Canvas, link: Link, x: int, rail: int, rows: tuple[int, int]) -> None:
    up = is_up(link.peering)
    role = "link" if up else "wait"
    across, down = ("═", "║") if up else ("╌", "┆")
    consumer, provider = rows
    upper, lower = min(rows), max(rows)
    for y in range(upper + 1, lower):
        canvas.put(x, y, down if canvas.at(x, y) == " " else "╫", role)
    for y in rows:
        corner = ("╔" if up else "┌") if y == upper else ("╚" if up else "└")
        canvas.put(x, y, corner, role)
        for across_x in range(x + 1, rail):
            canvas.put(across_x, y, across if canvas.at(across_x, y) == " " else "╫", role)
    canvas.put(rail, consumer, "╞" if up else "├", role)
    canvas.put(rail - 1, provider, "▶", role)
    if link.both_ways:
        canvas.put(rail - 1, consumer, "▶", role)


def _box(canvas: Canvas, view: ClusterView, card: Sequence[Line], place: tuple[int, int, int, int], name: str) -> None:
    left, top, width, height = place
    role = "line" if view.reachable else glyphs.cluster_sign(view)[1]
    title = f" {shortened(name, width - 6)} "
    canvas.put(left, top, f"╭{'─' * (width - 2)}╮", role)
    canvas.put(left + 2, top, title, "head" if view.reachable else role)
    for row in range(1, height - 1):
        canvas.put(left, top + row, "│", role)
        canvas.put(left + width - 1, top + row, "│", role)
    canvas.put(left, top + height - 1, f"╰{'─' * (width - 2)}╯", role)
    for row, line in enumerate(card):
        x = left + 2
        for span in line.spans:
            canvas.put(x, top + 1 + row, span.text, span.role)
            x += len(span.text)
        if line.target is not None:
            canvas.spots.append(Spot(left + 2, top + 1 + row, width - 4, line.target))
