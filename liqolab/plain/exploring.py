"""The explorer in lines: clusters, kinds, tables, manifests, events, logs, and why something is as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from liqolab.atlas.explorer import Explorer
from liqolab.atlas.explorer_model import AtlasError, Table
from liqolab.plain.face import Face
from liqolab.plain.telling import table_lines
from liqolab.steps.failing.failure import Target

_VIEWS = ("yaml", "events", "logs", "why")
_DEFAULT_NAMESPACE = "default"


def explore(face: Face, arguments: list[str]) -> None:
    """``e CLUSTER [KIND [NAME] [-n NAMESPACE] [yaml|events|logs|why]]``."""
    known = face.walkthrough.kubeconfigs()
    if not arguments:
        face.say("plain.explore.clusters", names=", ".join(known) or face.texts("plain.map.nothing"))
        return
    cluster, *rest = arguments
    if cluster not in known:
        face.misused("plain.explore.no_cluster", cluster=cluster, known=", ".join(known))
        return
    namespace = None
    if "-n" in rest[:-1]:
        at = rest.index("-n")
        namespace = rest[at + 1]
        del rest[at : at + 2]
    view = rest.pop() if len(rest) > 2 and rest[-1] in _VIEWS else "yaml"
    if len(rest) > 2:
        face.misused("plain.wants", word="e", usage=face.texts("plain.explore.usage"))
        return
    try:
        lines = face.work(lambda: _lines(face, cluster, rest, namespace, view))
    except AtlasError as error:
        face.printer.line(str(error))
        face.judge(well=False)
    else:
        face.printer.lines(lines)


def _lines(face: Face, cluster: str, rest: list[str], namespace: str | None, view: str) -> list[str]:
    explorer = Explorer(cluster, face.walkthrough.kubeconfigs()[cluster])

    async def ask() -> Iterable[str]:
        try:
            if not rest:
                kinds = await explorer.kinds()
                return [face.texts("plain.explore.kinds", cluster=cluster), *(kind.word for kind in kinds)]
            if len(rest) == 1:
                return table_lines(await explorer.table(rest[0], namespace, ""), face.texts)
            return await _view(explorer, rest[0], rest[1], namespace or _DEFAULT_NAMESPACE, view)
        finally:
            await explorer.close()

    if view == "why" and len(rest) == 2:
        target = Target(cluster, rest[0], rest[1], namespace or _DEFAULT_NAMESPACE)
        return face.walkthrough.explain(target) or [face.texts("plain.explore.nothing")]
    lines = list(asyncio.run(ask()))
    return lines or [face.texts("plain.explore.events" if view == "events" else "plain.map.nothing")]


async def _view(explorer: Explorer, kind: str, name: str, namespace: str, view: str) -> Iterable[str]:
    if view == "logs":
        return [line async for line in explorer.logs(name, namespace, None, follow=False, tail=200, previous=False)]
    if view == "events":
        return _rows(await explorer.events(kind, name, namespace))
    return (await explorer.manifest(kind, name, namespace, reveal=False)).splitlines()


def _rows(table: Table) -> list[str]:
    return [", ".join(cell for cell in row.cells if cell) for row in table.rows]
