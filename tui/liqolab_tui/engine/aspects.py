"""The sides of an object as lines of text, asked of the atlas."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from liqolab.atlas.explorer_model import Choices, Table
from liqolab_tui.engine.clusters import ClusterController
from liqolab_tui.messages import Aspect
from liqolab_tui.reference import Reference
from liqolab_tui.wording import Say

_KINDS = {"pod": "pods", "node": "nodes", "namespace": "namespaces", "foreigncluster": "foreignclusters"}


async def aspect_lines(
    clusters: ClusterController, target: Reference, aspect: Aspect, say: Say
) -> AsyncIterator[list[str]]:
    """Lines as they come: one piece for most sides, without an end for logs.

    Raises:
        AtlasError: it cannot be shown.
    """
    if not target.kind:
        yield await _cluster(clusters, target, aspect, say)
        return
    kind = _KINDS.get(target.kind, target.kind)
    who = (kind, target.name, target.namespace or None)
    match aspect:
        case "summary":
            yield await clusters.ask(lambda atlas: atlas.explorer(target.cluster).summary(*who))
        case "yaml":
            yield (await clusters.ask(lambda atlas: atlas.explorer(target.cluster).manifest(*who))).splitlines()
        case "events":
            found = table_lines(await clusters.ask(lambda atlas: atlas.explorer(target.cluster).events(*who)))
            yield found[1:] or [say("tui.detail.no_events")]
        case "why":
            chain = await clusters.ask(lambda atlas: atlas.why(target.cluster, *who))
            lines = [f"{'→ ' if i else '  '}{'  ' * i}{line}" for i, line in enumerate(chain)]
            yield lines or [say("tui.detail.no_why")]
            if kind == "pods" and target.namespace:
                space = target.namespace
                where = await clusters.ask(lambda atlas: atlas.choices(target.cluster, target.name, space))
                yield choice_lines(where, say) if where is not None else []
        case "logs":
            if kind != "pods":
                yield [say("tui.detail.no_logs")]
                return
            async for line in clusters.stream(
                lambda atlas: atlas.explorer(target.cluster).logs(target.name, target.namespace or "default")
            ):
                yield [line]


def choice_lines(found: Choices, say: Say) -> list[str]:
    """Each node, what the pod requires of it, and what the namespace allows; nothing where neither demands anything."""
    if not (found.requires or found.allows):
        return []
    anything = say("tui.detail.anything")
    heading = (
        say("tui.detail.node"),
        say("tui.detail.requires", what=found.requires or anything),
        say("tui.detail.allows", what=found.allows or anything),
        "",
    )

    def marked(*, good: bool) -> str:
        return f"✓ {say('tui.detail.yes')}" if good else f"✗ {say('tui.detail.no')}"

    rows = [
        (
            choice.node,
            marked(good=choice.required),
            marked(good=choice.allowed),
            say("tui.detail.would_do") if choice.required and choice.allowed else "",
        )
        for choice in found.nodes
    ]
    return ["", *aligned([heading, *rows])]


async def _cluster(clusters: ClusterController, target: Reference, aspect: Aspect, say: Say) -> list[str]:
    view = clusters.world.cluster(target.cluster)
    if view is None:
        return [say("tui.detail.gone")]
    if aspect == "why":
        return [f"→ {view.error}"] if view.error else [say("tui.detail.no_why")]
    if aspect in ("summary", "events"):
        kind = "nodes" if aspect == "summary" else "events"
        return table_lines(await clusters.ask(lambda atlas: atlas.explorer(target.cluster).table(kind)))
    return [say("tui.detail.of_objects")]


def table_lines(table: Table, *, wide: bool = True) -> list[str]:
    """A table as kubectl prints one."""
    shown = [place for place, column in enumerate(table.columns) if wide or not column.wide]
    rows = [
        [table.columns[place].name for place in shown],
        *([row.cells[place] for place in shown] for row in table.rows),
    ]
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells in columns, three spaces apart."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
