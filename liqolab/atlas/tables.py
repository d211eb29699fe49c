"""Tables as API servers lay them out: the columns that kubectl prints, for any kind, once or followed by a watch."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.atlas.explorer_model import Column, Kind, Row, Table
from liqolab.atlas.logs import lines
from liqolab.controller.http import HttpClient
from liqolab.controller.rest import WATCH_SECONDS
from liqolab.steps.failing.redaction import printable, redact

_TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"
_CELL_LIMIT: Final = 1000
_NAME_LIMIT: Final = 63
"""Longer texts are no names of anything."""
_FRAME_SECONDS: Final = 0.05
_LABELS: Final = "-l "
_NOT: Final = "!"


class LiveTable:
    """The rows of one kind, first loaded and then followed."""

    def __init__(self, kind: Kind, namespace: str | None) -> None:
        self._kind = kind
        self._namespace = namespace
        self._columns: tuple[Column, ...] = ()
        self._rows: dict[tuple[str, str], Row] = {}
        self._revision = ""

    def table(self) -> Table:
        """The rows by namespace and name."""
        return Table(self._kind, self._columns, tuple(self._rows[key] for key in sorted(self._rows)))

    async def load(self, client: HttpClient, selector: str) -> None:
        """One LIST. Raises `ApiError`, and `OSError` when there is no answer."""
        path = self._kind.resource.path(self._namespace)
        document = await client.document(path, query={"labelSelector": selector}, accept=_TABLE)
        self._revision = str(meta.get_path(document, "metadata", "resourceVersion", default=""))
        self._rows.clear()
        self._take_columns(document)
        for row in document.get("rows") or ():
            self._take(row)

    async def follow(self, client: HttpClient, selector: str) -> AsyncIterator[None]:
        """One WATCH from where the table was loaded; yields after changes, at most twenty times a second.

        It ends when the server ends the stream or has forgotten the revision; then the table is to be loaded again.
        """
        query = {
            "watch": "true",
            "resourceVersion": self._revision,
            "timeoutSeconds": str(WATCH_SECONDS),
            "labelSelector": selector,
        }
        loop, next_at = asyncio.get_running_loop(), 0.0
        changed, failure = asyncio.Event(), []

        async def read() -> None:
            try:
                path = self._kind.resource.path(self._namespace)
                async for line in lines(client.stream(path, query=query, accept=_TABLE)):
                    self._apply(orjson.loads(line))
                    changed.set()
            except (ApiError, OSError) as error:
                failure.append(error)
            ended.set()
            changed.set()

        ended = asyncio.Event()
        reading = asyncio.create_task(read())
        try:
            while not ended.is_set():
                await changed.wait()
                await asyncio.sleep(max(0.0, next_at - loop.time()))
                changed.clear()
                if not ended.is_set():
                    next_at = loop.time() + _FRAME_SECONDS
                    yield
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
        for error in failure:
            if not isinstance(error, ApiError) or error.code != 410:
                raise error

    def _apply(self, event: Object) -> None:
        if event.get("type") == "ERROR":
            raise ApiError(event["object"])
        document = event.get("object") or {}
        if event.get("type") == "BOOKMARK":
            return
        self._take_columns(document)
        for row in document.get("rows") or ():
            if event.get("type") == "DELETED":
                self._rows.pop(_key(row), None)
            else:
                self._take(row)

    def _take_columns(self, document: Object) -> None:
        definitions = document.get("columnDefinitions")
        if not definitions:
            # A watch tells them with its first event only.
            return
        own = tuple(Column(str(entry["name"]), bool(entry.get("priority"))) for entry in definitions)
        self._columns = (Column("Namespace"), *own) if self._across_namespaces else own

    def _take(self, row: Object) -> None:
        namespace, name = key = _key(row)
        cells = tuple(_cell(value) for value in row.get("cells") or ())
        created = str(meta.get_path(row, "object", "metadata", "creationTimestamp", default=""))
        self._rows[key] = Row(name, namespace, (namespace, *cells) if self._across_namespaces else cells, created)

    @property
    def _across_namespaces(self) -> bool:
        return self._kind.namespaced and self._namespace is None


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


def _key(row: Object) -> tuple[str, str]:
    item = row.get("object") or {}
    return meta.namespace(item), meta.name(item)


def _cell(value: Any) -> str:
    if value is None:
        return "<none>"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = printable(str(value), _CELL_LIMIT)
    # Nearly all there is are names, numbers and states; to look for secrets in them would take longer than the rest.
    return redact(text) if len(text) > _NAME_LIMIT or " " in text or "=" in text else text
