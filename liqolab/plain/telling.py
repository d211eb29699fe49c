"""Puts what a walkthrough knows into lines; pure functions of plain values and the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from liqolab import installed
from liqolab.atlas.explorer_model import Table
from liqolab.atlas.goal import Deviation
from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World
from liqolab.learn.curriculum import Standing, next_lesson
from liqolab.learn.model import Command, Light, StepProgress, StepView
from liqolab.learn.texts import Texts
from liqolab.learn.walkthrough import Walkthrough
from liqolab.plain.printing import Verbatim

# A screen reader would read the asterisks out.
_EMPHASIS = re.compile(r"(\*\*?)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)


def step_lines(view: StepView, number: int, count: int, texts: Texts) -> Iterator[str]:
    """The whole text of a step: heading, prose, commands, tasks."""
    yield texts("plain.step.heading", number=number, count=count, title=view.title)
    yield texts.many("plain.step.minutes", view.minutes)
    block = 0
    for part in view.blocks:
        yield ""
        if isinstance(part, Command):
            block += 1
            yield from command_lines(part, block, texts)
        else:
            yield from prose_lines(part.markdown)
    yield ""


def prose_lines(markdown: str) -> list[str]:
    """Markdown as it is read aloud."""
    return _EMPHASIS.sub(r"\2", markdown).split("\n")


def command_lines(command: Command, number: int, texts: Texts) -> Iterator[str]:
    yield texts("plain.step.command", number=number)
    yield from (Verbatim(f"    {line}") for line in command.text.split("\n"))


def light_lines(lights: Iterable[Light], texts: Texts) -> Iterator[str]:
    """One line a task: how it stands, what it is, why, since when."""
    for light in lights:
        line = texts(f"plain.light.{light.state}", task=light.task.text)
        if light.since is not None:
            line += " " + texts("plain.light.since", time=light.since.strftime("%H:%M:%S"))
        yield line
        if light.reason:
            yield "    " + texts("plain.light.reason", reason=light.reason.splitlines()[0])


def progress_lines(walkthrough: Walkthrough) -> Iterator[str]:
    """One line a step: how far the learner is."""
    for number, view in enumerate(walkthrough.steps, 1):
        here = view.id == walkthrough.current
        yield _progress_line(view, number, walkthrough.progress(view.id), walkthrough.texts, current=here)


def _progress_line(view: StepView, number: int, progress: StepProgress, texts: Texts, *, current: bool) -> str:
    parts = [texts("plain.list.step", number=number, id=view.id, title=view.title)]
    parts.append(texts(f"plain.list.{progress.state}"))
    if progress.seconds >= 1:
        parts.append(duration(progress.seconds, texts))
    if progress.hints:
        parts.append(texts.many("plain.list.hints", progress.hints))
    if progress.solved:
        parts.append(texts("plain.list.solved"))
    if current:
        parts.append(texts("plain.list.current"))
    return ", ".join(parts)


def duration(seconds: float, texts: Texts) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return texts("plain.minutes_and_seconds", minutes=minutes, seconds=rest) if minutes else f"{rest} s"


def course_lines(course: Sequence[Standing], texts: Texts) -> Iterator[str]:
    """The course page: all lessons in order, how far the learner is with each, and what to do next."""
    own = [standing for standing in course if standing.lesson.order is not None]
    if own:
        minutes = sum(standing.lesson.minutes for standing in own)
        yield texts("course.title", count=len(own), minutes=minutes)
    for number, standing in enumerate(own, 1):
        name, title = standing.lesson.name, standing.lesson.title
        yield from ("", texts("course.lesson", number=number, title=title, name=name))
        yield from (f"   {line}" for line in standing_lines(standing, texts))
    if others := [standing for standing in course if standing.lesson.order is None]:
        yield from ("", texts("course.others"))
        for standing in others:
            yield from ("", texts("course.other", title=standing.lesson.title, name=standing.lesson.name))
            yield from (f"   {line}" for line in standing_lines(standing, texts))
    onward = next_lesson(course)
    word = "next" if onward is not None else "done"
    command = f"learn {onward.lesson.name}" if onward is not None else "learn LESSON --fresh"
    yield from ("", texts(f"course.{word}", command=installed.command(command)))


def standing_lines(standing: Standing, texts: Texts) -> Iterator[str]:
    """What a lesson is about, what it takes and builds on, and how far the learner is."""
    lesson = standing.lesson
    yield lesson.summary
    parts = [texts("course.minutes", steps=len(lesson.steps), minutes=lesson.minutes)]
    if lesson.after:
        parts.append(texts("course.builds_on", names=", ".join(lesson.after)))
    spent = duration(standing.seconds, texts)
    parts.append(texts(f"course.{standing.state}", step=standing.step, steps=len(lesson.steps), spent=spent))
    yield "; ".join(parts)


def world_lines(world: World, texts: Texts) -> Iterator[str]:
    """The map in words, cluster by cluster; what Kubernetes and Liqo made for themselves is counted only."""
    if not world.clusters:
        yield texts("plain.map.empty")
    for view in world.clusters:
        yield from _cluster_lines(view, texts)


def deviation_lines(deviations: Sequence[Deviation], texts: Texts) -> Iterator[str]:
    """How the clusters differ from where the step leads."""
    if not deviations:
        yield texts("plain.map.goal_reached")
    for entry in deviations:
        yield texts(
            f"plain.map.{entry.kind}",
            cluster=entry.cluster,
            what=entry.what,
            path=entry.path,
            goal=entry.goal or texts("plain.map.nothing"),
            now=entry.now or texts("plain.map.nothing"),
        )


def table_lines(table: Table, texts: Texts) -> Iterator[str]:
    """One line a row, each cell with the name of its column."""
    if not table.rows:
        yield texts("plain.explore.none", kind=table.kind.word)
    for row in table.rows:
        named = zip(table.columns, row.cells, strict=False)
        yield ", ".join(f"{column.name} {cell}" for column, cell in named if cell and not column.wide)


def _cluster_lines(view: ClusterView, texts: Texts) -> Iterator[str]:
    if view.error:
        yield texts("plain.map.unreachable", cluster=view.name, error=view.error)
    else:
        liqo = texts("plain.map.with_liqo" if view.liqo else "plain.map.without_liqo")
        yield texts("plain.map.cluster", cluster=view.name, version=view.version, liqo=liqo)
    yield from (_node_line(view.name, node, texts) for node in view.nodes)
    yield from (_peering_line(view.name, peering, texts) for peering in view.peerings)
    own = {space.name for space in view.namespaces if not space.system}
    yield from (_namespace_line(view.name, space, texts) for space in view.namespaces if space.name in own)
    yield from (_pod_line(view.name, pod, texts) for pod in view.pods if pod.namespace in own)
    others = [pod for pod in view.pods if pod.namespace not in own]
    if others:
        well = sum(1 for pod in others if pod.state in ("Running", "Succeeded"))
        yield texts("plain.map.system_pods", cluster=view.name, count=len(others), well=well)


def _node_line(cluster: str, node: Node, texts: Texts) -> str:
    key = "plain.map.virtual_node" if node.virtual else "plain.map.node"
    ready = texts("plain.map.ready" if node.ready else "plain.map.not_ready")
    return texts(key, cluster=cluster, node=node.name, behind=node.cluster, ready=ready)


def _peering_line(cluster: str, peering: Peering, texts: Texts) -> str:
    return texts(
        "plain.map.peering",
        cluster=cluster,
        peer=peering.cluster,
        outgoing=peering.outgoing,
        incoming=peering.incoming,
        networking=peering.networking,
    )


def _namespace_line(cluster: str, space: Namespace, texts: Texts) -> str:
    line = texts("plain.map.namespace", cluster=cluster, namespace=space.name, phase=space.phase)
    if space.offloaded_from:
        line += ", " + texts("plain.map.offloaded_from", origin=space.offloaded_from)
    if space.offloading:
        chosen = space.selector or texts("plain.map.all_clusters")
        targets = ", ".join(space.offloaded_to) or texts("plain.map.nothing")
        line += ", " + texts("plain.map.offloaded", selector=chosen, targets=targets, strategy=space.pod_strategy)
    return line


def _pod_line(cluster: str, pod: Pod, texts: Texts) -> str:
    place = texts("plain.map.on_node", node=pod.node) if pod.node else texts("plain.map.nowhere")
    line = texts("plain.map.pod", cluster=cluster, pod=pod.name, namespace=pod.namespace, state=pod.state, place=place)
    if pod.offloaded_from:
        line += ", " + texts("plain.map.offloaded_from", origin=pod.offloaded_from)
    return line + (f": {pod.message or pod.reason}" if pod.message or pod.reason else "")
