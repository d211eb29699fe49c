"""The API server on the wire: from an HTTP request to the pipeline, and back.

aiohttp's low-level server is used because it hands the verified client certificate to the handler and lets a connection
be taken over. One `ApiServer` serves any number of listening addresses.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from aiohttp import web

from liqolab.apimachinery.errors import ApiError, bad_request, internal, status_error
from liqolab.apimachinery.resources import Resource
from liqolab.controller.dialing import MAX_LINE
from liqolab.kube.access.authn import RequestAuthenticator
from liqolab.kube.access.authz import User
from liqolab.kube.access.rbac_rules import Request
from liqolab.kube.api import answers, deletion, listing, options, patching, reading, rendering, routing, watching
from liqolab.kube.api.documents import Documents
from liqolab.kube.api.flow_control import FlowControl, Sort
from liqolab.kube.api.list_options import ListOptions
from liqolab.kube.api.negotiation import PLAIN, Answer, dump, negotiate, negotiate_watch
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.rendering import Include
from liqolab.kube.api.request import ResourcePath, ResourceRequest, parse_path, split_target
from liqolab.kube.api.routing import NoPageError
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources import CONNECTED, call_subresource
from liqolab.kube.kinds.field_errors import invalid_value
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.record import Record

log = logging.getLogger(__name__)

MAX_BODY: Final = 3 * 1024 * 1024
_KEEP_ALIVE: Final = 150.0
"""Longer than the 90 s after which Go clients drop an idle connection, so that they never race with a close."""


_READS: Final = ("get", "list", "watch")
_UNLIMITED: Final = frozenset((*CONNECTED, "log"))
"""Subresources whose requests last as long as they like, and belong to no flow."""
_FORMLESS: Final = (*CONNECTED, "log")
"""Subresources whose answers are somebody else's bytes."""


class ApiServer:
    """Handles requests for one cluster."""

    def __init__(self, pipeline: Pipeline, authenticator: RequestAuthenticator, documents: Documents) -> None:
        self._pipeline = pipeline
        self._authenticator = authenticator
        self._documents = documents
        self._flows = FlowControl(pipeline.store)
        self._server = web.Server(
            self.handle,
            request_factory=self._make_request,
            handler_cancellation=True,
            keepalive_timeout=_KEEP_ALIVE,
            max_line_size=MAX_LINE,
            access_log=None,
        )

    @property
    def protocol_factory(self) -> web.Server:
        """What a listener makes its connections from."""
        return self._server

    async def shutdown(self) -> None:
        """Close every connection; watches have been ended by closing the store's subscriptions."""
        await self._server.shutdown(timeout=0.2)

    @staticmethod
    def _make_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; every failure becomes a Status, unless the answer has begun: then the connection ends."""
        start = time.perf_counter()
        path, query = split_target(request.raw_path)
        target = parse_path(path)
        response = await self._answer(request, path, query, target)
        answers.mark(request, response)
        name = target.plural if target is not None and response.status != 404 else ""
        self._documents.metrics.observe(request.method, name, response.status, time.perf_counter() - start)
        return response

    async def _answer(
        self, request: web.BaseRequest, path: str, query: Mapping[str, str], target: ResourcePath | None
    ) -> web.StreamResponse:
        try:
            user = await self._authenticator.authenticate(request)
            if target is None or target.subresource not in _UNLIMITED:
                sort = _sort_of(request.method, path, query, target)
                if sort.verb != "watch":
                    options.check_timeout(query)
                request[answers.FLOW] = self._flows.headers(user, sort)
            if target is None:
                return await self._documents.answer(user, request, path, query)
            return await self._resource(request, user, target, query)
        except NoPageError:
            return answers.no_page()
        except ApiError as error:
            answer = answers.failure(request, error)
        except web.HTTPRequestEntityTooLarge:
            text = f"Request entity too large: limit is {MAX_BODY}"
            answer = answers.failure(request, status_error(413, "RequestEntityTooLarge", text))
        except ConnectionError:
            # The client has left, which is its good right; aiohttp puts the connection away.
            raise
        except Exception as error:
            # One request that finds a defect must not take the others along.
            log.exception("%s %s failed", request.method, request.path)
            answer = answers.failure(request, internal(f"{type(error).__name__}: {error}"))
        if request.writer.output_size:
            raise ConnectionResetError("the answer had begun")
        return answer

    async def _resource(
        self, http: web.BaseRequest, user: User, target: ResourcePath, query: Mapping[str, str]
    ) -> web.StreamResponse:
        verb = routing.verb_of(http.method, target, query)
        try:
            spec = routing.find(self._pipeline.registry, target)
            routing.check(spec, http.method, verb, target)
            request = ResourceRequest(
                user=user,
                verb=verb,
                spec=spec,
                namespace=target.namespace,
                name=target.name,
                subresource=target.subresource,
                tail=target.tail,
                query=query,
                http=http,
            )
            answer = self._negotiate(http, request)
            if verb not in _READS and request.subresource not in CONNECTED:
                await reading.read(http, request)
        except (ApiError, NoPageError) as error:
            # Whoever may not ask is told that before anything else, and what he may not ask for need not exist.
            self._authorize(user, verb, target)
            if isinstance(error, reading.UnreadablePatchError):
                await self._pipeline.get(replace(request, verb="get"))
            raise
        if spec.deprecation and request.verb in spec.verbs:
            request.warnings.append(spec.deprecation)
        try:
            return await self._dispatch(http, request, answer)
        except ApiError as error:
            if request.warnings:
                error.headers["Warning"] = ", ".join(map(answers.warning, request.warnings))
            raise

    def _authorize(self, user: User, verb: str, target: ResourcePath) -> None:
        group = Resource(target.group, target.version, target.plural, target.plural, bool(target.namespace))
        wanted = Request.of(verb, group, target.namespace, target.name, target.subresource)
        self._pipeline.authorizer.check(user, wanted)

    @staticmethod
    def _negotiate(http: web.BaseRequest, request: ResourceRequest) -> Answer:
        """The form of the answer. What takes the connection over has no form.

        Raises:
            ApiError: 406.
        """
        accept, spec = http.headers.get("Accept", ""), request.spec
        if not accept or request.subresource in _FORMLESS:
            return PLAIN
        tables = "get" in (spec.verbs if not request.subresource else _verbs_of(spec, request.subresource))
        if request.verb == "watch":
            return negotiate_watch(accept, routed=not spec.custom, tables=tables)
        listed = not request.name and "watch" in spec.verbs and request.verb == "list"
        return negotiate(accept, routed=not spec.custom, tables=tables, listed=listed)

    async def _dispatch(self, http: web.BaseRequest, request: ResourceRequest, answer: Answer) -> web.StreamResponse:
        if request.verb in ("list", "watch"):
            return await self._collection(http, request, answer)
        posted_only = request.verb == "create" and "get" not in request.spec.verbs
        if request.subresource not in ("", "status") or posted_only:
            return await self._connect(http, request, answer)
        if request.verb in ("delete", "deletecollection"):
            return await self._delete(http, request, answer)
        if request.verb == "get":
            return self._object(http, request, await self._pipeline.get(request), answer)
        return await self._write(http, request, answer)

    async def _write(self, http: web.BaseRequest, request: ResourceRequest, answer: Answer) -> web.StreamResponse:
        pipeline = self._pipeline
        if request.verb == "create":
            return self._object(http, request, await pipeline.create(request), answer, 201)
        if request.verb == "update":
            return self._object(http, request, await pipeline.update(request), answer)
        record = await patching.patch(pipeline, request)
        created = request.patch_type == "apply" and request.verb == "create"
        return self._object(http, request, record, answer, 201 if created else 200)

    async def _collection(self, http: web.BaseRequest, request: ResourceRequest, answer: Answer) -> web.StreamResponse:
        include = _include(request.query, answer)
        watch = request.verb == "watch"
        wanted = ListOptions.parse(request.query, request.spec, watch=watch, name=request.name)
        if watch:
            opened = watching.watch(self._pipeline, request, wanted)
            return await rendering.stream(http, opened, answer, include, request.warnings)
        page = await listing.converted_page(self._pipeline, request, wanted)
        body = rendering.render_list(storage_of(request.spec), page, answer, include)
        return answers.document(http, body, answer=answer, warnings=request.warnings)

    async def _delete(self, http: web.BaseRequest, request: ResourceRequest, answer: Answer) -> web.StreamResponse:
        include = _include(request.query, answer)
        if request.verb == "deletecollection":
            records, at = await deletion.delete_collection(self._pipeline, request)
            body = rendering.render_list(storage_of(request.spec), listing.Page(records, at), answer, include)
            return answers.document(http, body, answer=answer, warnings=request.warnings)
        deleted = await deletion.delete(self._pipeline, request)
        status = deleted.answer(request.spec)
        if status is None:
            # Only the oldest way of asking for dependents to go tells apart what is still there.
            code = 202 if not deleted.gone and request.body.get("orphanDependents") is False else 200
            return self._object(http, request, deleted.record, answer, code)
        return answers.document(http, dump(status, answer), answer=answer, warnings=request.warnings)

    async def _connect(self, http: web.BaseRequest, request: ResourceRequest, answer: Answer) -> web.StreamResponse:
        if request.spec.conversion is not None and request.spec.storage is not None:
            # A Scale reads the same in every version.
            request.spec = self._pipeline.registry.find(request.spec.storage) or request.spec
        document = await call_subresource(self._pipeline, request)
        if not isinstance(document, dict):
            return document
        code = 201 if request.verb == "create" else 200
        body = rendering.render_document(document, request.spec, answer)
        return answers.document(http, body, code, answer=answer, warnings=request.warnings)

    @staticmethod
    def _object(
        http: web.BaseRequest, request: ResourceRequest, record: Record, answer: Answer, code: int = 200
    ) -> web.StreamResponse:
        body = rendering.render(storage_of(request.spec), record, answer, _include(request.query, answer))
        return answers.document(http, body, code, answer=answer, warnings=request.warnings)


def _sort_of(method: str, path: str, query: Mapping[str, str], target: ResourcePath | None) -> Sort:
    if target is None:
        return Sort(method.lower(), path=path)
    resource = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    namespace = target.namespace or (target.name if target.plural == "namespaces" and not target.group else "")
    return Sort(routing.verb_of(method, target, query), target.group, resource, namespace)


def _verbs_of(spec: KindSpec, subresource: str) -> tuple[str, ...]:
    row = spec.subresource(subresource)
    return row.verbs if row is not None else ()


def _include(query: Mapping[str, str], answer: Answer) -> Include:
    """How much of its object each row of a Table carries.

    Raises:
        ApiError: 400.
    """
    wanted = query.get("includeObject") or "Metadata"
    if answer.view == "Table" and wanted not in ("Metadata", "Object", "None"):
        wrong = invalid_value("includeObject", wanted, "must be 'Metadata', 'Object', 'None', or empty")
        raise bad_request(f"Unable to convert to Table as requested: {wrong}")
    return cast("Include", wanted)
