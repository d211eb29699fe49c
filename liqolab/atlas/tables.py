"""Tables as API servers lay them out: the columns that kubectl prints, for any kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.atlas.explorer_model import Column, Kind, Row, Table
from liqolab.controller.http import HttpClient
from liqolab.steps.failing.redaction import printable, redact

_TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"
_CELL_LIMIT: Final = 1000
_NAME_LIMIT: Final = 63
"""Longer texts are no names of anything."""
_LABELS: Final = "-l "
_NOT: Final = "!"


async def load_table(client: HttpClient, kind: Kind, namespace: str | None, selector: str) -> Table:
    """One LIST, the rows by namespace and name. Raises `ApiError`, and `OSError` when there is no answer."""
    path = kind.resource.path(namespace)
    document = await client.document(path, query={"labelSelector": selector}, accept=_TABLE)
    columns = tuple(
        Column(str(entry["name"]), bool(entry.get("priority"))) for entry in document.get("columnDefinitions") or ()
    )
    rows = sorted((_row(row) for row in document.get("rows") or ()), key=lambda row: (row.namespace, row.name))
    if kind.namespaced and namespace is None:
        columns = (Column("Namespace"), *columns)
        rows = [replace(row, cells=(row.namespace, *row.cells)) for row in rows]
    return Table(kind, columns, tuple(rows))


def _row(row: Object) -> Row:
    item = row.get("object") or {}
    return Row(meta.name(item), meta.namespace(item), tuple(_cell(value) for value in row.get("cells") or ()))


def label_selector(filter: str) -> str:
    """The label selector in a filter; empty when it is about the text of rows."""
    return filter.removeprefix(_LABELS).strip() if filter.startswith(_LABELS) else ""


def filtered(table: Table, filter: str) -> Table:
    """The rows whose text contains the filter, whatever the case; with ``!`` in front, those whose text does not."""
    wanted = filter.strip().lower()
    if not wanted or filter.startswith(_LABELS):
        return table
    contains = not wanted.startswith(_NOT)
    text = wanted.removeprefix(_NOT).strip()
    rows = tuple(row for row in table.rows if (text in " ".join(row.cells).lower()) == contains)
    return Table(table.kind, table.columns, rows)


def _cell(value: Any) -> str:
    if value is None:
        return "<none>"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = printable(str(value), _CELL_LIMIT)
    # Nearly all there is are names, numbers and states; to look for secrets in them would take longer than the rest.
    return redact(text) if len(text) > _NAME_LIMIT or " " in text or "=" in text else text
