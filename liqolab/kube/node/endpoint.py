"""The kubelet's HTTPS endpoint: logs, commands, usage, pods and health, for the API server.

It listens on the fabric only, at the node's address, where pods (and whoever may open a connection through a service)
reach it as well. So, health apart, it answers only to a certificate of the cluster's own authority that stands for an
administrator, as the API server's does.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from aiohttp import web

from liqolab.apimachinery import clock, meta
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import parse
from liqolab.controller.dialing import MAX_LINE
from liqolab.controller.informer import Informer
from liqolab.kube.node import texts
from liqolab.kube.node.container import FIELDS
from liqolab.kube.node.context import NodeContext
from liqolab.kube.node.execution import attach, execute
from liqolab.kube.node.kubelet import Kubelet
from liqolab.kube.node.logs import LogQuery, read_file
from liqolab.kube.node.sandbox import log_path
from liqolab.kube.node.states import Waiting
from liqolab.kube.node.usage import resource_metrics, summary

_EXEC = re.compile(r"^/(?P<verb>exec|attach)/(?P<namespace>[^/]+)/(?P<pod>[^/]+)/(?P<container>[^/]+)/?$")
_LOGS = re.compile(r"^/containerLogs/(?P<namespace>[^/]+)/(?P<pod>[^/]+)/(?P<container>[^/]+)/?$")


ADMINISTRATORS = "system:masters"


class RequestError(Exception):
    """The request cannot be fulfilled; answered as plain text with an HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Endpoint:
    """An aiohttp handler for one node."""

    def __init__(self, context: NodeContext, kubelet: Kubelet, pods: Informer) -> None:
        self._context = context
        self._kubelet = kubelet
        self._pods = pods

    def server(self) -> web.Server:
        """The protocol factory to listen with."""
        return web.Server(self.handle, access_log=None, max_line_size=MAX_LINE)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, text="method not allowed\n")
        if request.path == "/healthz":
            return web.Response(text="ok")
        if not _is_administrator(request):
            return web.Response(status=401, text="Unauthorized")
        if request.path == "/pods":
            body = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": self._pods.list()}
            return web.Response(text=json.dumps(body), content_type="application/json")
        if request.path == "/stats/summary":
            body = summary(self._context.config.name, self._kubelet.workers.values())
            return web.Response(text=json.dumps(body), content_type="application/json")
        if request.path == "/metrics/resource":
            series = resource_metrics(self._context.config.name, self._kubelet.workers.values())
            return web.Response(text=series, content_type="text/plain", charset="utf-8")
        try:
            if found := _LOGS.match(request.path):
                return await self._logs(request, **found.groupdict())
            if found := _EXEC.match(request.path):
                return await self._execute(request, **found.groupdict())
            return web.Response(status=404, text="404 page not found\n")
        except RequestError as error:
            return web.Response(status=error.status, text=str(error))

    async def _logs(self, request: web.BaseRequest, namespace: str, pod: str, container: str) -> web.StreamResponse:
        item = self._pods.get(pod, namespace)
        if item is None:
            raise RequestError(404, f'pod "{pod}" not found')
        pieces = self._pieces(item, container, request.query)
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
        return response

    async def _execute(
        self, request: web.BaseRequest, verb: str, namespace: str, pod: str, container: str
    ) -> web.StreamResponse:
        item = self._pods.get(pod, namespace)
        if item is None:
            raise RequestError(404, f'pod "{pod}" not found')
        worker = self._kubelet.workers.get(meta.uid(item))
        unit = worker.unit(container) if worker else None
        if unit is None or not unit.running:
            raise RequestError(500, texts.NOT_RUNNING.format(container=container))
        words, query = request.query.getall("command", []), request.query
        if verb == "attach":
            return await attach(request, unit, stdin=_flag(query, "input"))
        if unit.machine is None:
            raise RequestError(500, texts.not_startable(words[0] if words else ""))
        return await execute(request, unit.machine, words, stdin=_flag(query, "input"), terminal=_flag(query, "tty"))

    def _pieces(self, pod: Object, container: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The log's lines.

        Raises:
            RequestError: there is no such log.
        """
        fields = dict.fromkeys(FIELDS.values())
        names = [row["name"] for field in fields for row in pod["spec"].get(field) or ()]
        if container not in names:
            raise RequestError(404, texts.NO_SUCH_CONTAINER.format(container=container, pod=meta.name(pod)))
        wanted = log_query(query)
        folder = self._context.pods_directory / meta.uid(pod)
        if _flag(query, "previous"):
            path = log_path(folder, container, previous=True)
            if not path.exists():
                raise RequestError(400, texts.NO_PREVIOUS.format(container=container, pod=meta.name(pod)))
            return read_file(path, wanted)
        worker = self._kubelet.workers.get(meta.uid(pod))
        unit = worker.unit(container) if worker else None
        if unit is not None and unit.log is not None:
            return unit.log.read(wanted)
        path = log_path(folder, container)
        if path.exists():
            return read_file(path, wanted)
        reason = unit.state.reason if unit and isinstance(unit.state, Waiting) else "ContainerCreating"
        raise RequestError(400, texts.WAITING_TO_START.format(container=container, pod=meta.name(pod), reason=reason))


def log_query(query: Mapping[str, str]) -> LogQuery:
    """The query of a ``containerLogs`` request.

    Raises:
        RequestError: a value is not of the right kind.
    """
    try:
        since = None
        if query.get("sinceTime"):
            since = parse(query["sinceTime"])
        elif query.get("sinceSeconds"):
            since = datetime.fromtimestamp(clock.time() - float(query["sinceSeconds"]), UTC)
        tail, limit = query.get("tailLines"), query.get("limitBytes")
        return LogQuery(
            follow=_flag(query, "follow"),
            tail=int(tail) if tail not in (None, "", "-1") else None,
            since=since,
            timestamps=_flag(query, "timestamps"),
            limit_bytes=int(limit) if limit else None,
        )
    except (ValueError, OverflowError) as error:
        raise RequestError(400, f"invalid log query: {error}") from error


def _is_administrator(request: web.BaseRequest) -> bool:
    """Whether the client has shown a certificate (verified by TLS) with the group of administrators."""
    certificate = request.get_extra_info("peercert") or {}
    return any(pair == ("organizationName", ADMINISTRATORS) for row in certificate.get("subject", ()) for pair in row)


def _flag(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("true", "1")
