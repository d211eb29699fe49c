"""A watch over HTTP: one JSON document a line, in chunks of everything that has happened since the last."""

from __future__ import annotations

import orjson
from aiohttp import web

from liqolab.apimachinery.resources import Object
from liqolab.kube.api.negotiation import Answer
from liqolab.kube.api.tables import Include, TableMaker, partial
from liqolab.kube.api.watching import INITIAL_EVENTS_END, Event, Watch


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
        if not self._answer.view:
            return self._storage.encode(event.record)
        obj = self._storage.object(event.record)
        if self._tables is not None:
            version = {"resourceVersion": obj["metadata"]["resourceVersion"]}
            return orjson.dumps(self._tables.table([obj], version))
        return orjson.dumps(partial(obj, self._answer.version))

    def _bookmark(self, event: Event) -> Object:
        resource = self._storage.spec.resource
        metadata: Object = {"resourceVersion": str(event.revision), "creationTimestamp": None}
        if event.initial_end:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        if self._tables is not None:
            return self._tables.bookmark(obj)
        return partial(obj, self._answer.version) if self._answer.view else obj


async def stream(request: web.BaseRequest, watch: Watch, answer: Answer, include: Include) -> web.StreamResponse:
    """Send a watch until it ends or the client leaves."""
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"},
    )
    response.enable_chunked_encoding()
    lines = _Lines(watch, answer, include)
    async with watch:
        await response.prepare(request)
        while events := await watch.batch():
            await response.write(b"".join([lines.line(event) for event in events]))
        await response.write_eof()
    return response
