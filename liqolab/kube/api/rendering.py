"""From records to the bytes of an answer, in the form that the client asked for.

The plain forms are made by joining the bytes that the store keeps; only a Table, metadata views and YAML look inside.

The columns of a Table come from the kind; a kind without any is printed as Name and Created At. All cells are sent,
wide ones too: which of them to show is the client's business (it hides those of priority > 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

import orjson
from aiohttp import web

from liqolab.apimachinery import clock
from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.api import answers
from liqolab.kube.api.listing import Page
from liqolab.kube.api.negotiation import Answer, dump
from liqolab.kube.api.storage import Storage
from liqolab.kube.api.watching import INITIAL_EVENTS_END, Event, Watch
from liqolab.kube.kinds.printers.common import SCALE
from liqolab.kube.kinds.printers.descriptions import description
from liqolab.kube.kinds.spec import Column, KindSpec, Printer
from liqolab.kube.store.record import Record

# ---------------------------------------------------------------------- tables

Include = Literal["Metadata", "Object", "None"]

DEFAULT: Final = Printer(
    columns=(
        Column("Name", format="name"),
        Column("Created At", "date"),
    ),
    cells=lambda obj, now: [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")],
)


def _definitions(spec: KindSpec, printer: Printer) -> list[Object]:
    resource = f"{spec.resource.api_version}/{spec.resource.plural}"
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description or description(resource, column.name),
            "priority": column.priority,
        }
        for column in printer.columns
    ]


def partial(obj: Object, version: str = "v1") -> Object:
    """Only the metadata of an object."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": obj.get("metadata") or {},
    }


class TableMaker:
    """Tables of one kind for one client; a watch keeps one, because only its first event names the columns."""

    def __init__(self, spec: KindSpec, answer: Answer, include: Include) -> None:
        self._spec = spec
        self._printer = spec.printer or DEFAULT
        self._version = answer.version
        self._include = include
        self._columns_sent = False

    def table(self, objects: Iterable[Object], metadata: Object) -> Object:
        """A Table of these objects."""
        now = clock.time()
        if self._printer.order is not None:
            objects = sorted(objects, key=self._printer.order)
        return self._whole([self._row(obj, now) for obj in objects], metadata)

    def bookmark(self, obj: Object) -> Object:
        """A Table of one row without content, around an object that only carries a revision."""
        empty: list[Any] = [None] * len(self._printer.columns)
        empty[0] = ""
        row = {"cells": empty, "object": partial(obj, self._version)}
        return self._whole([row], {"resourceVersion": obj["metadata"]["resourceVersion"]})

    def _whole(self, rows: list[Object], metadata: Object) -> Object:
        columns = None if self._columns_sent else _definitions(self._spec, self._printer)
        self._columns_sent = True
        return {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{self._version}",
            "metadata": metadata,
            "columnDefinitions": columns,
            "rows": rows,
        }

    def _row(self, obj: Object, now: float) -> Object:
        row: Object = {"cells": self._printer.cells(obj, now)}
        if self._printer.conditions is not None and (conditions := self._printer.conditions(obj)):
            row["conditions"] = conditions
        if self._include == "Object":
            row["object"] = obj
        elif self._include == "Metadata":
            row["object"] = partial(obj, self._version)
        else:
            row["object"] = None
        return row


# ---------------------------------------------------------------------- objects and lists


def render(storage: Storage, record: Record, answer: Answer, include: Include) -> bytes:
    """One object."""
    if not answer.view:
        encoded = storage.encode(record)
        return encoded if not answer.yaml else dump(orjson.loads(encoded), answer)
    obj = storage.object(record)
    if answer.view == "PartialObjectMetadataList":
        raise _wrong_view(answer, storage.spec, is_list=False)
    if answer.view == "Table":
        metadata = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        return dump(TableMaker(storage.spec, answer, include).table([obj], metadata), answer)
    return dump(partial(obj, answer.version), answer)


def _list_metadata(page: Page, *, custom: bool) -> Object:
    metadata: Object = {}
    if page.continue_ or custom:
        metadata["continue"] = page.continue_
    if page.remaining is not None:
        metadata["remainingItemCount"] = page.remaining
    metadata["resourceVersion"] = str(page.revision)
    return metadata


def render_list(storage: Storage, page: Page, answer: Answer, include: Include) -> bytes:
    """A list of objects."""
    spec = storage.spec
    if answer.view == "PartialObjectMetadata":
        raise _wrong_view(answer, spec, is_list=True)
    metadata = _list_metadata(page, custom=spec.custom and not answer.view)
    if answer.view == "Table":
        maker = TableMaker(spec, answer, include)
        return dump(maker.table(map(storage.object, page.records), metadata), answer)
    if answer.view:
        items = [partial(obj, answer.version) for obj in map(storage.object, page.records)] or None
        partial_list = {"kind": "PartialObjectMetadataList", "apiVersion": f"meta.k8s.io/{answer.version}"}
        return dump({**partial_list, "metadata": metadata, "items": items}, answer)
    head: Object = {
        "kind": spec.list_kind or f"{spec.resource.kind}List",
        "apiVersion": spec.resource.api_version,
        "metadata": metadata,
    }
    encoded = b",".join([storage.encode_item(record) for record in page.records])
    body = orjson.dumps(head)[:-1] + b',"items":[' + encoded + b"]}"
    return body if not answer.yaml else dump(orjson.loads(body), answer)


_PRINTERS: Final[Mapping[str, Printer]] = {"Scale": SCALE}
"""Kinds that are never stored, and have columns of their own all the same."""


def render_document(document: Object, spec: KindSpec, answer: Answer) -> bytes:
    """What is no stored object: a review, a Scale, a Status."""
    if answer.view and document.get("kind") != "Status":
        if answer.view == "PartialObjectMetadataList":
            raise _wrong_view(answer, spec, is_list=False)
        if answer.view == "Table":
            metadata = {"resourceVersion": (document.get("metadata") or {}).get("resourceVersion", "")}
            printed = replace(spec, printer=_PRINTERS.get(document.get("kind", "")))
            return dump(TableMaker(printed, answer, "Metadata").table([document], metadata), answer)
        return dump(partial(document, answer.version), answer)
    return dump(document, answer)


def _wrong_view(answer: Answer, spec: KindSpec, *, is_list: bool) -> ApiError:
    """406: metadata of one object of a list, or of a list of one object."""
    package = spec.resource.group.partition(".")[0] or "core"
    name = "unstructured.Unstructured" if spec.custom else f"{package}.{spec.resource.kind}"
    what = f"a list (*{name}List)" if is_list else f"not a list (*{name})"
    text = f"you requested {answer.view}, but the requested object is {what}"
    return status_error(406, "NotAcceptable", text)


# ---------------------------------------------------------------------- watches


class _Lines:
    """Events as lines, in the form that one client asked for."""

    def __init__(self, watch: Watch, answer: Answer, include: Include) -> None:
        self._storage = watch.storage
        self._answer = answer
        self._tables = TableMaker(watch.storage.spec, answer, include) if answer.view == "Table" else None

    def line(self, event: Event) -> bytes:
        return b'{"type":"' + event.type.encode() + b'","object":' + self._object(event) + b"}\n"

    def _object(self, event: Event) -> bytes:
        if event.error is not None:
            return orjson.dumps(event.error.status)
        if event.record is None:
            return orjson.dumps(self._bookmark(event))
        if self._answer.view in ("", "PartialObjectMetadataList"):
            # Nothing that changes is a list: the object is sent as it is.
            return self._storage.encode(event.record)
        obj = self._storage.object(event.record)
        if self._tables is not None:
            version = {"resourceVersion": obj["metadata"]["resourceVersion"]}
            return orjson.dumps(self._tables.table([obj], version))
        return orjson.dumps(partial(obj, self._answer.version))

    def _bookmark(self, event: Event) -> Object:
        resource = self._storage.spec.resource
        metadata: Object = {"resourceVersion": str(event.revision)}
        if event.initial_end:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        if self._tables is not None:
            return self._tables.bookmark(obj)
        return partial(obj, self._answer.version) if self._answer.view == "PartialObjectMetadata" else obj


async def stream(
    request: web.BaseRequest, watch: Watch, answer: Answer, include: Include, warnings: Iterable[str] = ()
) -> web.StreamResponse:
    """Send a watch, one JSON document a line, in chunks of what has happened since the last, until it ends or the
    client leaves.
    """
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"},
    )
    for text in warnings:
        response.headers.add("Warning", answers.warning(text))
    response.enable_chunked_encoding()
    answers.mark(request, response)
    lines = _Lines(watch, answer, include)
    async with watch:
        await response.prepare(request)
        while events := await watch.batch():
            await response.write(b"".join([lines.line(event) for event in events]))
        await response.write_eof()
    return response
